"""The service, as its pages need it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from whinchat.core.app import App, AppContext, AppSpec, Finding
from whinchat.core.engine import Engine
from whinchat.core.ports import JobState, Statement, Transport


class DeadJob(Protocol):
    """`error` is a code; `died_at` in milliseconds UTC."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def error(self) -> str: ...
    @property
    def died_at(self) -> int: ...


class JobTable(Protocol):
    """What pages need of the queue in use."""

    async def dead(self, limit: int) -> Sequence[DeadJob]: ...
    async def depths(self) -> dict[tuple[str, JobState], int]: ...
    def revival(self, job_id: int) -> tuple[Statement, ...]: ...
    def removal(self, job_id: int) -> Statement: ...


@dataclass(frozen=True, slots=True)
class Account:
    """`network`: `simulator`, `linked` or `cloud`."""

    network: str
    transport: Transport


@dataclass(frozen=True, slots=True)
class Whole:
    """`report`: what the health checks found; `memory`: bytes, with children."""

    given: AppContext
    apps: Sequence[tuple[AppSpec[Any], App]]
    engine: Engine
    jobs: JobTable
    accounts: Sequence[Account]
    report: Callable[[], Awaitable[Mapping[str, Finding]]]
    memory: Callable[[], int]
    version: str
