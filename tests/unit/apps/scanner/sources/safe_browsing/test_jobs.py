from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace
from tests.support.safe_browsing import put_lists, put_state, updater

from whinchat.apps.scanner.feeds.jobs import AGE, ENTRIES, UPDATES
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources.answers import Missing
from whinchat.apps.scanner.sources.safe_browsing.jobs import SCHEDULE, UPDATE, WATCH, KeepLists, keepers
from whinchat.apps.scanner.sources.safe_browsing.protocol import LISTS, lists_address
from whinchat.apps.scanner.sources.safe_browsing.source import make
from whinchat.apps.scanner.sources.safe_browsing.store import State
from whinchat.apps.scanner.sources.settings import SafeBrowsingSettings, SourcesSettings
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.ports import Claim, Clock, Database, HttpClient, Migration, Resolver, Workers
from whinchat.core.secret import Secret
from whinchat.testing.clock import START, FakeClock
from whinchat.testing.http import Answer, FakeHttp
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.workers import InlineWorkers

ADDRESS = "https://gsb.example"
MINUTE = 60_000  # milliseconds
HOUR, DAY = 60 * MINUTE, 1440 * MINUTE


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.http = FakeHttp()
        self.clock = FakeClock()
        self.metrics = RecordedMetrics()
        self.updater = updater(folder, self.http, self.clock, address=ADDRESS)
        self.job = KeepLists(self.updater, self.clock, random.Random(1), self.metrics)

    async def run(self, key: str) -> Outcome:
        return await self.job.run(Claim(1, SCHEDULE.job.kind, key, b"", 1, 8, 1, START))

    def put(self, state: State) -> None:
        """As the state that an update with this key led to."""
        put_state(self.folder, replace(state, key=self.updater.state.key))
        self.updater.store.look_again()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_lists_that_are_due_are_asked_for_within_a_minute(desk: Desk) -> None:
    assert (SCHEDULE.cron, SCHEDULE.job.key) == ("* * * * *", WATCH)
    first, second = await desk.run(WATCH), await desk.run(WATCH)
    (job,) = first.jobs
    assert (job.kind, job.key) == (SCHEDULE.job.kind, UPDATE)
    assert 0 <= job.delay < 60
    assert second.jobs[0].delay != job.delay


async def test_lists_that_are_not_due_are_left_alone_over_restarts(desk: Desk) -> None:
    desk.put(State(next_at=START + HOUR, confirmed_at=START))
    again = Desk(desk.folder)
    assert (await again.run(WATCH)).jobs == ()
    assert await again.run(UPDATE) == Outcome()
    assert again.http.asked == []
    again.clock.move(3600)
    assert len((await again.run(WATCH)).jobs) == 1


async def test_their_age_and_size_can_be_watched(desk: Desk) -> None:
    put_lists(desk.folder, {1, 2, 3}, confirmed_at=START)
    desk.clock.move(90)
    await desk.run(WATCH)
    assert desk.metrics.value(AGE, feed="safe_browsing") == 90
    assert desk.metrics.value(ENTRIES, feed="safe_browsing") == 3


async def test_that_updates_fail_is_said_once(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    desk.http.answer(lists_address(LISTS, (), ADDRESS), Answer(status=503))
    for _ in range(2):
        await desk.run(UPDATE)
        desk.clock.move(3600)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert desk.metrics.value(UPDATES, feed="safe_browsing", result="failed") == 2


@pytest.mark.parametrize(
    ("state", "ok", "told"),
    [
        (State(), True, "not here yet"),
        (State(failures=1, reason=Missing.TIMEOUT), False, "not here yet (timeout)"),
        (State(confirmed_at=START - 5 * MINUTE), True, "5 minutes old"),
        (State(confirmed_at=START - HOUR, failures=1, reason=Missing.FAILED), True, "60 minutes old (failed)"),
        (State(confirmed_at=START - 2 * DAY, failures=9, reason=Missing.FAILED), False, "2880 minutes old"),
        (State(confirmed_at=START, failures=1, reason=Missing.REFUSED), False, "does not accept the key"),
    ],
)
async def test_health_says_how_it_stands(desk: Desk, state: State, ok: bool, told: str) -> None:
    desk.put(state)
    finding = await desk.job.check()
    assert (finding.ok, finding.critical) == (ok, False)
    assert told in finding.detail
    if "key" in told:
        assert "apps.scanner.sources.safe_browsing.key" in finding.hint


async def test_another_key_is_tried_at_once(desk: Desk) -> None:
    desk.put(State(next_at=START + DAY, failures=8, reason=Missing.REFUSED))
    assert not desk.updater.due
    other = updater(desk.folder, desk.http, desk.clock, address=ADDRESS, key="another-key")
    assert other.due
    assert other.state.failures == 0
    assert "another-key" not in other.state.key


# --- whether it is on ---


@dataclass
class Given:
    """`means.Means` without a world."""

    data: Path
    http: HttpClient | None = field(default_factory=FakeHttp)
    resolver: Resolver | None = None
    clock: Clock = field(default_factory=FakeClock)
    random: Random = field(default_factory=Random)
    workers: Workers = field(default_factory=InlineWorkers)

    def open_database(self, path: Path, migrations: Sequence[Migration]) -> AbstractAsyncContextManager[Database]:
        raise NotImplementedError


KEY = Secret("a-key")
ON = SafeBrowsingSettings(key=KEY, non_commercial=True)


def settings(chosen: SafeBrowsingSettings) -> ScannerSettings:
    return ScannerSettings(sources=SourcesSettings(safe_browsing=chosen))


@pytest.mark.parametrize(
    ("chosen", "on", "warned"),
    [
        (SafeBrowsingSettings(), False, False),
        (SafeBrowsingSettings(key=KEY), False, True),
        (SafeBrowsingSettings(non_commercial=True), False, False),
        (ON, True, False),
        (replace(ON, enabled=False), False, False),
        (SafeBrowsingSettings(key=KEY, enabled=False), False, False),
    ],
)
def test_it_is_on_with_a_key_and_where_its_terms_are_met(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, chosen: SafeBrowsingSettings, on: bool, warned: bool
) -> None:
    found = settings(chosen)
    assert (make(Given(tmp_path), found) is not None) is on
    assert bool(keepers(Given(tmp_path), found, RecordedMetrics())) is on
    assert any("non-commercial" in record.message for record in caplog.records) is warned


def test_it_is_off_where_no_request_may_leave(tmp_path: Path) -> None:
    found = settings(ON)
    assert make(Given(tmp_path, http=None), found) is None
    assert keepers(Given(tmp_path, http=None), found, RecordedMetrics()) == ()
