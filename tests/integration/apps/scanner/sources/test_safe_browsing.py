"""Safe Browsing's lists: real files, the real web client, and a server that keeps to the documentation."""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.safe_browsing import batch, contents, hash_list, prefix_of, put_state, updater
from tests.support.sources.double import KEY, Fault, serving
from tests.support.sources.safe_browsing import KNOWN, SafeBrowsingDouble

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.scanner.app import APP as SCANNER
from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources.answers import Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.safe_browsing.client import Client
from whinchat.apps.scanner.sources.safe_browsing.jobs import SCHEDULE
from whinchat.apps.scanner.sources.safe_browsing.protocol import LISTS, lists_address
from whinchat.apps.scanner.sources.safe_browsing.source import SafeBrowsing
from whinchat.apps.scanner.sources.safe_browsing.store import FOLDER, STATE, PrefixStore, State
from whinchat.apps.scanner.sources.safe_browsing.updater import Updater
from whinchat.apps.scanner.sources.settings import SafeBrowsingSettings, SourcesSettings
from whinchat.core.errors import StorageError
from whinchat.core.secret import Secret
from whinchat.infra.http import AiohttpClient
from whinchat.testing.clock import START, FakeClock
from whinchat.testing.harness import BotHarness
from whinchat.testing.http import Answer

MINUTE = 60  # seconds
EVIL = prefix_of("evil.example.net/login")


class Desk:
    """A server, lists on the disk, and an updater of them."""

    def __init__(self, server: SafeBrowsingDouble, folder: Path, http: AiohttpClient) -> None:
        self.server = server
        self.folder = folder
        self.http = http
        self.clock = FakeClock()
        self.random = random.Random(7)
        self.updater = self.restarted()
        for name in LISTS:
            server.publish(name, self.random.sample(range(1 << 32), 200))

    def restarted(self, key: str = KEY) -> Updater:
        return updater(self.folder, self.http, self.clock, address=self.server.url, key=key)

    def source(self) -> SafeBrowsing:
        client = Client(self.http, Secret(KEY), self.server.url)
        return SafeBrowsing(client, PrefixStore(self.folder, self.clock), self.clock, self.random)

    async def update(self) -> State:
        state = await self.updater.update()
        assert state is not None
        return state

    def change(self, name: str, *more: int) -> None:
        """A new version: some go, some come."""
        kept = self.random.sample(self.server.current(name), 150)
        self.server.publish(name, {*kept, *self.random.sample(range(1 << 32), 40), *more})

    @property
    def held(self) -> dict[str, list[int]]:
        return contents(self.updater.store)

    @property
    def wanted(self) -> dict[str, list[int]]:
        return {name: self.server.current(name) for name in LISTS}

    @property
    def queries(self) -> list[dict[str, list[str]]]:
        return [parse_qs(urlsplit(asked.path).query) for asked in self.server.asked]

    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    http = AiohttpClient("whinchat/test")
    async with serving(SafeBrowsingDouble()) as server:
        yield Desk(server, tmp_path / "safe_browsing", http)
    await http.close()


def link(text: str) -> Link:
    found = parse_link(text)
    assert found is not None
    return found


# --- what is asked, and what becomes of it ---


async def test_at_first_every_list_comes_whole(desk: Desk) -> None:
    state = await desk.update()
    assert desk.held == desk.wanted
    assert (state.confirmed_at, state.failures, state.reason) == (START, 0, None)
    (asked,) = desk.server.asked
    assert (asked.method, urlsplit(asked.path).path, asked.body) == ("GET", "/v5/hashLists:batchGet", b"")
    assert asked.headers["x-goog-api-key"] == KEY
    assert KEY not in asked.path
    assert desk.queries == [{"names": list(LISTS), "alt": ["proto"]}]
    assert desk.files() == {STATE, *(f"{name}.prefixes" for name in LISTS)}


async def test_then_only_what_changed(desk: Desk) -> None:
    await desk.update()
    for _ in range(3):
        desk.clock.move(30 * MINUTE)
        desk.change("se-4b")
        desk.change("uws-4b", 0, (1 << 32) - 1)
        desk.server.asked.clear()
        await desk.update()
        assert desk.held == desk.wanted
        assert [len(query["version"]) for query in desk.queries] == [5]


async def test_what_has_not_changed_stays_as_it_is(desk: Desk) -> None:
    await desk.update()
    before = {path.name: path.stat().st_ino for path in desk.folder.glob("*.prefixes")}
    desk.clock.move(30 * MINUTE)
    state = await desk.update()
    assert state.confirmed_at == START + 30 * MINUTE * 1000
    assert {path.name: path.stat().st_ino for path in desk.folder.glob("*.prefixes")} == before


async def test_another_name_for_the_same_content_is_kept(desk: Desk) -> None:
    await desk.update()
    version = desk.server.publish("mw-4b", desk.server.current("mw-4b"))
    desk.clock.move(30 * MINUTE)
    await desk.update()
    desk.updater.store.look_again()
    assert desk.updater.store.lists["mw-4b"].description.version == version
    assert desk.held == desk.wanted


async def test_a_list_may_become_empty_and_come_back(desk: Desk) -> None:
    await desk.update()
    for prefixes in (set[int](), {1, 2, 3}):
        desk.server.publish("pha-4b", prefixes)
        desk.clock.move(30 * MINUTE)
        await desk.update()
        assert desk.held["pha-4b"] == sorted(prefixes)


async def test_the_server_says_when_to_come_again_also_over_restarts(desk: Desk) -> None:
    desk.server.wait = 3000.5
    assert (await desk.update()).next_at == START + 3_000_500
    desk.clock.move(3000)
    desk.updater = desk.restarted()
    assert await desk.updater.update() is None
    assert len(desk.server.asked) == 1
    desk.clock.move(1)
    await desk.update()
    assert len(desk.server.asked) == 2


async def test_a_server_that_names_no_time_is_not_asked_without_a_pause(desk: Desk) -> None:
    desk.server.wait = 0
    assert (await desk.update()).next_at == START + 60_000


# --- what does not fit ---


async def test_a_change_that_does_not_fit_its_checksum_is_followed_by_the_whole_list(desk: Desk) -> None:
    await desk.update()
    for name in LISTS:
        desk.change(name)
    desk.server.damaged = {"mw-4b", "pha-4b"}
    desk.server.asked.clear()
    desk.clock.move(30 * MINUTE)
    state = await desk.update()
    assert (state.failures, desk.held) == (0, desk.wanted)
    assert desk.queries[1] == {"names": ["mw-4b", "pha-4b"], "alt": ["proto"]}
    assert len(desk.queries) == 2


async def test_a_whole_list_that_does_not_fit_leaves_the_last_good_one(desk: Desk) -> None:
    await desk.update()
    before = desk.held
    desk.change("se-4b")
    desk.change("mw-4b")
    desk.server.broken = {"mw-4b"}
    desk.clock.move(30 * MINUTE)
    state = await desk.update()
    assert (state.failures, state.reason, state.confirmed_at) == (1, Missing.GARBLED, START)
    assert desk.held["mw-4b"] == before["mw-4b"]
    assert desk.held["se-4b"] == desk.server.current("se-4b")
    assert not any(name.startswith(".") for name in desk.files())


@pytest.mark.parametrize("damage", [b"", b"rubbish", None], ids=["empty", "rubbish", "a bit"])
async def test_a_list_that_is_damaged_on_the_disk_comes_whole(desk: Desk, damage: bytes | None) -> None:
    await desk.update()
    path = desk.updater.store.path("se-4b")
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(bytes(data) if damage is None else damage)
    desk.clock.move(30 * MINUTE)
    await desk.update()
    assert len(desk.queries[-1]["version"]) == 4
    assert desk.held == desk.wanted


async def test_after_three_failures_whole_lists_are_asked_for(desk: Desk) -> None:
    await desk.update()
    put_state(desk.folder, State(failures=3, key=desk.updater.state.key))
    await desk.update()
    assert "version" not in desk.queries[-1]
    assert desk.held == desk.wanted


# --- outages ---


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.SERVER_ERROR, Missing.FAILED),
        (Fault.QUOTA, Missing.QUOTA),
        (Fault.DROP, Missing.UNREACHABLE),
        (Fault.EMPTY, Missing.GARBLED),
        (Fault.HTML, Missing.GARBLED),
        (Fault.MALFORMED, Missing.GARBLED),
        (Fault.HUGE, Missing.GARBLED),
    ],
)
async def test_an_outage_costs_nothing_but_time(desk: Desk, fault: Fault, reason: Missing) -> None:
    await desk.update()
    before = desk.held
    desk.clock.move(30 * MINUTE)
    now = desk.clock.now()
    desk.server.fault = fault
    state = await desk.update()
    assert (state.failures, state.reason, state.confirmed_at, desk.held) == (1, reason, START, before)
    assert 15 * MINUTE <= (state.next_at - now) / 1000 <= 30 * MINUTE
    desk.server.fault = None
    desk.clock.move(30 * MINUTE)
    state = await desk.update()
    assert (state.failures, state.reason) == (0, None)


async def test_a_wrong_key_is_known_as_such_and_a_right_one_helps_at_once(desk: Desk) -> None:
    desk.updater = desk.restarted("wrong-key")
    assert (await desk.update()).reason is Missing.REFUSED
    assert await desk.source().ask(link(KNOWN)) == NoAnswer(Missing.REFUSED)
    assert "wrong-key" not in (desk.folder / STATE).read_text()
    desk.updater = desk.restarted()
    assert (await desk.update()).reason is None


async def test_a_server_that_names_a_time_is_left_alone_until_then(desk: Desk) -> None:
    desk.server.retry_after = 50_000
    desk.server.fault = Fault.QUOTA
    assert (await desk.update()).next_at == START + 50_000_000


async def test_a_disk_that_is_full_changes_nothing(desk: Desk) -> None:
    await desk.update()
    before = desk.held
    desk.change("se-4b")
    desk.clock.move(30 * MINUTE)
    path = desk.updater.store.path("se-4b")
    path.unlink()
    path.mkdir()  # nothing can be renamed to it
    with pytest.raises(StorageError):
        await desk.update()
    path.rmdir()
    assert desk.held == {name: numbers for name, numbers in before.items() if name != "se-4b"}
    assert not desk.updater.due
    desk.clock.move(30 * MINUTE)
    await desk.update()
    assert desk.held == desk.wanted


async def test_where_no_attempt_can_be_noted_none_is_made(desk: Desk) -> None:
    desk.folder.mkdir()
    (desk.folder / STATE).mkdir()
    with pytest.raises(StorageError):
        await desk.update()
    assert desk.server.asked == []


# --- killed ---


async def test_killed_anywhere_the_last_good_version_remains(desk: Desk, tmp_path: Path) -> None:
    await desk.update()
    put_state(desk.folder, State())
    before = shutil.copytree(desk.folder, tmp_path / "before")
    old = desk.held
    for name in LISTS:
        desk.change(name)
    for nth in itertools.count(1):
        finished = await killed(desk, nth)
        held = desk.held
        assert [held[name] in (old[name], desk.wanted[name]) for name in LISTS] == [True] * len(LISTS)
        assert all(each.sound() for each in desk.updater.store.lists.values())
        if finished:
            break
        assert len([name for name in desk.files() if name.startswith(".")]) == 1
        assert desk.updater.store.state.failures == (0 if nth == 1 else 1)
        shutil.rmtree(desk.folder)
        shutil.copytree(before, desk.folder)
    assert nth == len(LISTS) + 3  # the note of the attempt, the lists, the note of what came of it, and then none
    assert desk.held == desk.wanted


async def test_what_a_killed_update_left_behind_is_cleared_away(desk: Desk) -> None:
    desk.folder.mkdir()
    (desk.folder / ".new-left").write_bytes(b"half a list")
    await desk.update()
    assert not any(name.startswith(".") for name in desk.files())


async def killed(desk: Desk, nth: int) -> bool:
    """Whether it lived to the end."""
    command = (sys.executable, "-m", "tests.support.mortal_updates", str(desk.folder), desk.server.url, str(nth))
    process = await asyncio.create_subprocess_exec(*command)
    return await process.wait() == 0


# --- the source over these lists ---


async def test_lists_and_searches_work_together(desk: Desk) -> None:
    desk.change("se-4b", EVIL)
    source = desk.source()
    assert await source.ask(link(KNOWN)) == NoAnswer(Missing.HELD_BACK)
    await desk.update()
    desk.clock.move(2)
    assert await source.ask(link(KNOWN)) == Listed(Threat.PHISHING, lifetime=300)
    assert await source.ask(link("https://harmless.example.org/")) == NotListed()
    assert [urlsplit(asked.path).path for asked in desk.server.asked] == ["/v5/hashLists:batchGet", "/v5/hashes:search"]


async def test_what_google_takes_back_is_no_longer_asked_about(desk: Desk) -> None:
    desk.change("se-4b", EVIL)
    await desk.update()
    desk.server.publish("se-4b", set(desk.server.current("se-4b")) - {EVIL})
    desk.clock.move(30 * MINUTE)
    await desk.update()
    desk.server.asked.clear()
    assert await desk.source().ask(link(KNOWN)) == NotListed()
    assert desk.server.asked == []


# --- in the scanner ---


@pytest.mark.parametrize("non_commercial", [True, False])
async def test_the_scanner_keeps_the_lists_where_it_may(tmp_path: Path, non_commercial: bool) -> None:
    chosen = SafeBrowsingSettings(key=Secret(KEY), non_commercial=non_commercial)
    settings = ScannerSettings(sources=SourcesSettings(safe_browsing=chosen))
    bot = BotHarness((BASICS, replace(SCANNER, build=lambda given, _: SCANNER.build(given, settings))), tmp_path)
    bot.http.answer(lists_address(LISTS, ()), Answer(batch(*(hash_list(name, b"v1", {7}) for name in LISTS))))
    await bot.start()
    await bot.run_job(SCHEDULE.job)
    await bot.clock.advance(MINUTE)
    await bot.settle()
    await bot.stop()
    asked = [asked.url for asked in bot.http.asked if "hashLists" in asked.url]
    assert asked == ([lists_address(LISTS, ())] if non_commercial else [])
    held = contents(PrefixStore(tmp_path / "scanner" / FOLDER, bot.clock))
    assert held == ({name: [7] for name in LISTS} if non_commercial else {})
