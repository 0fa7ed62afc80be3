"""The pages over real sockets: signing in, a stream that follows, and an end in good time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import aiohttp
import pytest
from tests.support.opinions import EVIL, Opinions, link, scanner
from tests.support.pages import Desk

from whinchat.admin import live
from whinchat.admin.server import Address, Listeners
from whinchat.admin.sessions import ROOT
from whinchat.apps.basics.app import APP as BASICS
from whinchat.core.types import ChatRef
from whinchat.infra.clock import SystemClock
from whinchat.testing.harness import BotHarness, running

PATHS = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


class Well:
    def live(self) -> bool:
        return True

    async def ready(self) -> tuple[bool, Mapping[str, object]]:
        return True, {}


@dataclass
class Served:
    """The pages of a bot in memory, and a browser that is signed in."""

    bot: BotHarness
    listeners: Listeners
    browser: aiohttp.ClientSession
    address: str
    family: ChatRef

    def stream(self, **headers: str) -> contextlib.AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self.browser.get(f"{self.address}/scanner", headers={"Accept": "text/event-stream", **headers})


@pytest.fixture
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    monkeypatch.setattr(live, "LOOK", 0.02)
    monkeypatch.setattr(live, "BEAT", 0.1)
    async with running(BASICS, scanner(Opinions())) as bot:
        desk = Desk(bot)
        desk.site._streams._clock = SystemClock()
        listeners = Listeners(private=Address("127.0.0.1", 0, "private"), health=Well(), metrics=lambda: b"")
        listeners.mount(ROOT, desk.entry.application())
        await listeners.start()
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            address = listeners.private_url + ROOT
            token = (await desk.entry.sign_in_path()).partition("token=")[2]
            headers = {"Origin": listeners.private_url}
            async with browser.post(f"{address}/sign-in", data={"token": token}, headers=headers) as answer:
                assert (answer.status, answer.url.path) == (200, "/admin/")
            yield Served(bot, listeners, browser, address, await bot.group("family", members=["eve"]))
        await listeners.stop()


async def event(answer: aiohttp.ClientResponse) -> str:
    """The next one, without the name of its fields."""
    lines: list[str] = []
    async with asyncio.timeout(5):
        while (line := (await answer.content.readline()).decode().rstrip("\n")) or not lines:
            if line.startswith("data: "):
                lines.append(line.removeprefix("data: "))
    return "\n".join(lines)


async def test_a_stream_tells_what_happens(served: Served) -> None:
    async with served.stream() as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "No link has been seen yet" in await event(answer)
        await served.bot.say("eve", served.family, link(EVIL))
        assert "evil-site[.]" in await event(answer)


async def test_a_silent_stream_shows_that_it_lives(served: Served) -> None:
    async with served.stream() as answer, asyncio.timeout(5):
        while (await answer.content.readline()) != b": here\n":
            pass


async def test_a_stream_ends_with_its_session(served: Served) -> None:
    async with served.stream() as answer:
        await event(answer)
        served.bot.clock.move(8 * 24 * 3600)
        async with asyncio.timeout(5):
            await answer.content.read()


async def test_readers_who_leave_make_room(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST", 1)
    async with served.stream() as answer:
        await event(answer)
        async with served.stream() as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (503, "30")
    async with asyncio.timeout(5):
        while True:
            async with served.stream() as answer:
                if answer.status == 200:
                    break
            await asyncio.sleep(0.02)


async def test_open_streams_do_not_hold_up_the_end(served: Served) -> None:
    async with served.stream() as answer:
        await event(answer)
        async with asyncio.timeout(2):
            await served.listeners.stop()


async def test_what_pages_are_made_of_is_served_and_kept(served: Served) -> None:
    async with served.browser.get(f"{served.address}/static/base.css") as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
        tag = answer.headers["ETag"]
    async with served.browser.get(f"{served.address}/static/base.css", headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304


async def test_pages_that_nobody_asked_for_are_not_made() -> None:
    async with running(BASICS) as bot:
        desk = Desk(bot)
        entry = type(desk.entry)(desk.whole)
        listeners = Listeners(private=Address("127.0.0.1", 0, "private"), health=Well(), metrics=lambda: b"")
        listeners.mount(ROOT, entry.application())
        await listeners.start()
        await listeners.stop()
        assert "_site" not in vars(entry)


def test_a_start_loads_nothing_of_the_pages() -> None:
    looked = "import sys, whinchat.bootstrap; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True, env=PATHS)
    loaded = found.stdout.split()
    assert "whinchat.admin.entry" in loaded
    unwanted = ("jinja2", "markupsafe", "whinchat.admin.site", "whinchat.admin.pages", "whinchat.apps.scanner.pages")
    assert [name for name in loaded if name.startswith(unwanted)] == []
