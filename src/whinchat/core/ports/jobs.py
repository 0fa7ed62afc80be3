"""Work that outlives the process."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from whinchat.core.ports.storage import Statement


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Work that may take long or touch the outside.

    While a job of the same (kind, key) waits, adding another changes nothing; one that is running may be added
    again and runs afterwards.
    """

    kind: str
    """`app.name`, such as `scanner.recheck`."""
    key: str
    """Unique within the kind; free of personal data, it is stored in the clear."""
    payload: bytes = b""
    """Sealed when stored."""
    priority: int = 0
    """Lower runs first."""
    delay: float = 0.0
    """Seconds before it may run."""
    max_attempts: int = 8
    cause: int | None = None
    """Inbox event that asked for it, for `trace`."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in a worker's hands until `expires`; `token` proves that the claim is still the worker's."""

    id: int
    kind: str
    key: str
    payload: bytes
    attempt: int
    """1 on the first run."""
    max_attempts: int
    token: int
    expires: int
    cause: int | None = None


class JobState(enum.StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DEAD = "dead"


class Queue(Protocol):
    """Durable jobs: at least once, effects once because a job's changes commit with `finish`."""

    def add(self, job: Job) -> tuple[Statement, ...]:
        """The statements that put the job in the queue, to be committed with what caused it."""
        ...

    def announce(self) -> None:
        """Tell the workers that something was added (after the commit)."""
        ...

    async def claim(self, kinds: Sequence[str]) -> Claim | None:
        """The next due job of these kinds, leased; None when there is none."""
        ...

    async def claim_many(self, room: Mapping[str, int], at_most: int) -> list[Claim]:
        """Up to `at_most` due jobs, leased, at most `room[kind]` of each kind; in order of priority."""
        ...

    async def extend(self, claim: Claim) -> Claim | None:
        """Heartbeat: a fresh lease, or None when the claim was lost."""
        ...

    def finish(self, claim: Claim) -> Statement:
        """The statement that ends the job; touches one row, or the claim was lost."""
        ...

    async def fail(self, claim: Claim, error: str, *, retry_after: float | None = None) -> JobState:
        """Back to waiting with backoff and jitter, or dead after the last attempt. `error` is a code.

        Raises:
            Conflict: the claim was lost.
        """
        ...

    async def release(self, claim: Claim) -> None:
        """Back to waiting at once and as if it had not been tried: the worker stops.

        Raises:
            Conflict: the claim was lost.
        """
        ...

    async def wait(self, seconds: float) -> None:
        """Until something was announced, at most `seconds`."""
        ...
