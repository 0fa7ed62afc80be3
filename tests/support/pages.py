"""An admin at the pages of a bot in memory: no sockets, no browser; what is sent and shown is what it would be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from unittest import mock
from urllib.parse import urlencode

from aiohttp import HttpVersion11, web
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import StreamReader
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from whinchat.admin import site
from whinchat.admin.entry import Entry
from whinchat.admin.migrations import MIGRATIONS
from whinchat.admin.render import Renderer
from whinchat.admin.sessions import ROOT
from whinchat.admin.whole import Account, Whole
from whinchat.core.app import Finding
from whinchat.core.ports import JobState, Statement
from whinchat.testing.harness import BotHarness

HOST = "127.0.0.1:8466"
_NOBODY = mock.Mock(_reading_paused=False)
"""In the place of a connection."""
WELL = {"disk": Finding(ok=True, detail="plenty")}


@dataclass(frozen=True)
class Job:
    id: int
    kind: str = "scanner.deep"
    attempts: int = 8
    error: str = "timeout"
    died_at: int = 0


@dataclass
class Jobs:
    """The queue's table. Its statements only say what they would do."""

    given_up: list[Job] = field(default_factory=list)

    async def dead(self, limit: int) -> Sequence[Job]:
        return self.given_up[:limit]

    async def depths(self) -> dict[tuple[str, JobState], int]:
        return {("scanner.deep", JobState.WAITING): 2, ("scanner.deep", JobState.DEAD): len(self.given_up)}

    def revival(self, job_id: int) -> tuple[Statement, ...]:
        return (Statement("SELECT 'revived', :id", {"id": job_id}),)

    def removal(self, job_id: int) -> Statement:
        return Statement("SELECT 'removed', :id", {"id": job_id})


@dataclass(frozen=True)
class Shown:
    """An answer."""

    status: int
    headers: CIMultiDictProxy[str]
    html: str

    @property
    def text(self) -> str:
        """What a reader sees, with single spaces."""
        return " ".join(_read(self.html).said.split())

    @property
    def links(self) -> list[str]:
        return [given["href"] for tag, given in _read(self.html).tags if tag == "a"]

    @property
    def fields(self) -> dict[str, str]:
        """Of all forms: what a browser would send, were nothing touched."""
        return _read(self.html).fields

    @property
    def tags(self) -> list[tuple[str, dict[str, str]]]:
        return _read(self.html).tags


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.said = ""
        self.fields: dict[str, str] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.said += "" if tag == "wbr" else " "
        self.tags.append((tag, given))
        ticked = given.get("type") not in {"checkbox", "radio"} or "checked" in given
        if tag == "input" and "name" in given and ticked:
            self.fields[given["name"]] = given.get("value", "on")
        if tag == "select":
            self._select = given["name"]
        if tag == "option" and ("selected" in given or self._select not in self.fields):
            self.fields[self._select] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        self.said += " "

    def handle_data(self, data: str) -> None:
        self.said += data


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    return reader


def _renderer(templates: Mapping[str, Path], words: Sequence[Path], root: str) -> Renderer:
    """Templates never change, and compiling them takes longer than most tests."""
    return _cached_renderer(tuple(templates.items()), tuple(words), root)


@cache
def _cached_renderer(templates: tuple[tuple[str, Path], ...], words: tuple[Path, ...], root: str) -> Renderer:
    return Renderer(dict(templates), words, root)


def _request(method: str, target: str, headers: CIMultiDict[str], body: bytes) -> web.Request:
    """As the server would have read it, without a connection."""
    stream = StreamReader(_NOBODY, 2**16, loop=asyncio.get_running_loop())
    stream.feed_data(body)
    stream.feed_eof()
    raw = tuple((name.encode(), value.encode()) for name, value in headers.items())
    message = RawRequestMessage(
        method, target, HttpVersion11, CIMultiDictProxy(headers), raw, False, None, False, False, URL(target)
    )
    return web.Request(
        message,
        stream,
        _NOBODY,
        _NOBODY,
        _NOBODY,
        asyncio.get_running_loop(),
        client_max_size=2**22,
        scheme="http",
        remote="127.0.0.1",
    )


class Desk:
    """`bot` has been started. `cookies`: of the browser."""

    def __init__(
        self, bot: BotHarness, report: Mapping[str, Finding] | None = None, accounts: Sequence[Account] = ()
    ) -> None:
        for step in MIGRATIONS:
            bot.database._connection.executescript(step.sql["sqlite"])
        self.bot = bot
        self.jobs = Jobs()
        self.report = dict(report or WELL)
        self.cookies: dict[str, str] = {}
        self._csrf = ""
        self.whole = Whole(
            bot.given,
            list(zip(bot._specs, bot.apps, strict=True)),
            bot.engine,
            self.jobs,
            [Account("simulator", bot.transport), *accounts],
            self._report,
            lambda: 61_000_000,
            "1.2.3",
        )
        self.entry = Entry(self.whole)
        with mock.patch.object(site, "Renderer", _renderer):
            self.site = self.entry._site

    async def _report(self) -> Mapping[str, Finding]:
        return self.report

    async def sign_in(self) -> Shown:
        token = (await self.entry.sign_in_path()).partition("token=")[2]
        shown = await self.post("/sign-in", csrf=False, token=token)
        self._csrf = next((each.csrf for each in await self.site._tools.sessions.all()), "")
        return shown

    async def get(self, path: str, method: str = "GET", **headers: str) -> Shown:
        """`path` below the pages' root."""
        return await self._ask(method, path, headers, b"")

    async def post(
        self,
        path: str,
        fields: Mapping[str, str] | None = None,
        *,
        csrf: bool = True,
        origin: str = f"http://{HOST}",
        **more: str,
    ) -> Shown:
        """`csrf`: with the token that this session's pages have in their forms."""
        sent = {**(fields or {}), **more}
        if csrf:
            sent.setdefault("csrf", self._csrf)
        headers = {"Origin": origin} if origin else {}
        return await self._ask("POST", path, headers, urlencode(sent).encode())

    async def follow(self, shown: Shown) -> Shown:
        """Where an answer leads."""
        assert shown.status == 303, shown.text
        return await self.get(shown.headers["Location"].removeprefix(ROOT))

    async def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Shown:
        given = CIMultiDict(
            {"Host": HOST, "Accept": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
        )
        if self.cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body:
            given["Content-Type"] = "application/x-www-form-urlencoded"
            given["Content-Length"] = str(len(body))
        request = _request(method, f"{ROOT}{path}", given, body)
        answer = await self.entry._serve(request)
        for name, morsel in answer.cookies.items():
            if morsel["max-age"] == 0 or not morsel.value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
        html = answer.text or "" if isinstance(answer, web.Response) and answer.content_type == "text/html" else ""
        headers_sent = CIMultiDict(answer.headers)
        for morsel in answer.cookies.values():
            headers_sent.add("Set-Cookie", morsel.OutputString())
        return Shown(answer.status, CIMultiDictProxy(headers_sent), html)
