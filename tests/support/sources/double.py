"""A provider's server on loopback, as its documentation describes it, and what servers do on bad days.

Each source has a file here with a subclass of `Double` and a `CASE` for `tests/contract/test_source.py`.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from tests.support.web_server import listening

from whinchat.apps.scanner.sources.answers import Facts, Listed, NotListed, Source
from whinchat.core.ports import HttpClient

KEY = "right-key"
"""The key that every double accepts."""


class Fault(enum.StrEnum):
    EMPTY = "empty"
    """200 with nothing in it."""
    MALFORMED = "malformed"
    """Half of a JSON document."""
    OTHER_FORM = "other_form"
    """JSON that has nothing to do with the documentation."""
    HTML = "html"
    """200 and a page for people, such as a captive portal's or a firewall's."""
    SERVER_ERROR = "server_error"
    SLOW = "slow"
    DROP = "drop"
    """Hangs up without a word."""
    HUGE = "huge"
    """More than anybody wants to read."""
    QUOTA = "quota"
    """As the provider says that it was asked too much (`Double.over_quota`)."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """As it was sent, with the query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Double:
    """`url` is its address without a slash at the end. It lists what is in `listed` and nothing else."""

    listed: set[str] = field(default_factory=set)
    fault: Fault | None = None
    delay: float = 0.0
    """Seconds before each answer."""
    asked: list[Request] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """A subclass answers as documented, also to a wrong key."""
        raise NotImplementedError

    def over_quota(self) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "30"})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Request(request.method, request.path_qs, headers, await request.read()))
        await asyncio.sleep(self.delay)
        return await self._faulty(request) if self.fault else await self.answer(request)

    async def _faulty(self, request: web.Request) -> web.StreamResponse:
        match self.fault:
            case Fault.SERVER_ERROR:
                return web.Response(status=500, text="Internal Server Error")
            case Fault.QUOTA:
                return self.over_quota()
            case Fault.SLOW:
                await asyncio.sleep(30)
            case Fault.DROP:
                assert request.transport is not None
                request.transport.abort()
            case Fault.HUGE:
                return web.Response(body=b'{"a": "' + b"x" * (3 << 20) + b'"}', content_type="application/json")
            case Fault.HTML:
                return web.Response(text="<!DOCTYPE html><title>Sign in</title>", content_type="text/html")
        bodies = {Fault.MALFORMED: '{"query_status": "ok", "matches": [{', Fault.OTHER_FORM: '[1, {"a": null}]'}
        return web.Response(text=bodies.get(self.fault or Fault.EMPTY, ""), content_type="application/json")


D = TypeVar("D", bound=Double)


@asynccontextmanager
async def serving(double: D) -> AsyncIterator[D]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", double.handle)
    async with listening(app) as double.url:
        yield double


@dataclass(frozen=True)
class Case(Generic[D]):
    """What the contract suite needs to know of one source."""

    name: str
    double: Callable[[], D]
    build: Callable[[HttpClient, str, str], Source]
    """From a client, the double's address and a key."""
    known: str
    """A link that the double lists."""
    known_answer: Listed | Facts
    """What the source must make of it."""
    unknown: str
    unknown_answer: NotListed | Facts
    requests: Callable[[D], None]
    """Asserts, field by field, what was sent to ask about `known`, from `double.asked`."""
    keyed: bool = True
    """Whether it needs a key."""
