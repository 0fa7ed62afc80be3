from __future__ import annotations

import logging
import random
from pathlib import Path

import pytest
from tests.support.updates import Desk

from whinchat.apps.scanner.feeds import jobs
from whinchat.apps.scanner.feeds.jobs import AGE, ENTRIES, UPDATES, UpdateFeed, WatchFeeds
from whinchat.apps.scanner.feeds.sources import Source
from whinchat.core.ports import Claim, Job
from whinchat.testing.http import Answer, FakeHttp
from whinchat.testing.metrics import RecordedMetrics

URL = "https://lists.example/bad.txt"
HOUR = 3600  # seconds


class Clockwork:
    """The two jobs, run as the queue would run them."""

    def __init__(self, folder: Path, *sources: Source) -> None:
        self.http = FakeHttp()
        self.desk = Desk(folder, sources, self.http)
        self.metrics = RecordedMetrics()
        self.watch = WatchFeeds(self.desk.updater, folder, self.desk.clock, random.Random(1), self.metrics)
        self.updates = UpdateFeed(self.desk.updater, self.metrics)

    async def minute(self) -> list[str]:
        """The lists that were due, after they were updated."""
        due = (await self.watch.run(claim(jobs.WATCH))).jobs
        for job in due:
            assert 0 <= job.delay <= jobs.SPREAD
            await self.updates.run(claim(job))
        self.desk.clock.move(60)
        return [job.key for job in due]

    def results(self) -> dict[str, float]:
        known = ("updated", "unchanged", "postponed", "unreachable", "status_500", "refused")
        return {name: value for name in known if (value := self.metrics.value(UPDATES, feed="mine", result=name))}


def claim(job: Job) -> Claim:
    return Claim(1, job.kind, job.key, b"", 1, 1, 1, 0)


@pytest.fixture
def clockwork(tmp_path: Path) -> Clockwork:
    return Clockwork(tmp_path, Source(name="mine", url=URL, every=60))


async def test_a_list_is_updated_at_once_and_then_when_it_is_due(clockwork: Clockwork) -> None:
    clockwork.http.answer(URL, Answer(b"evil.example\n", headers={"ETag": '"1"'}), Answer(status=304))
    assert [await clockwork.minute() for _ in range(3)] == [["mine"], [], []]
    assert clockwork.metrics.value(ENTRIES, feed="mine") == 1
    assert clockwork.metrics.value(AGE, feed="mine") == 120

    clockwork.desk.clock.move(66 * 60)
    assert [await clockwork.minute() for _ in range(2)] == [["mine"], []]
    assert clockwork.metrics.value(AGE, feed="mine") == 60
    assert clockwork.results() == {"updated": 1, "unchanged": 1}


async def test_without_the_internet_it_stays_calm(clockwork: Clockwork, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert (await clockwork.watch.check()).ok
    tried = [await clockwork.minute() for _ in range(3 * 60)]
    assert 4 <= tried.count(["mine"]) <= 8
    (line,) = caplog.records
    assert (line.levelname, vars(line)["feed"], vars(line)["error"]) == ("WARNING", "mine", "unreachable")
    finding = await clockwork.watch.check()
    assert (finding.ok, finding.critical, finding.detail) == (False, False, "not up to date: mine (never had)")
    assert "whinchat feeds status" in finding.hint

    clockwork.http.answer(URL, Answer(b"evil.example\n"))
    for _ in range(70):
        await clockwork.minute()
    assert [record.message for record in caplog.records[1:]] == ["a list can be updated again", "a list was updated"]
    finding = await clockwork.watch.check()
    assert (finding.ok, finding.detail) == (True, "kept up to date: mine")

    clockwork.http.answer(URL, Answer(status=500))
    for _ in range(8):
        clockwork.desk.clock.move(HOUR)
        await clockwork.minute()
    assert (await clockwork.watch.check()).detail == "not up to date: mine (for 9 hours)"
    clockwork.desk.clock.move(3 * 24 * HOUR)
    assert (await clockwork.watch.check()).detail == "not up to date: mine (for 3 days)"
    assert len(caplog.records) == 4


async def test_an_import_in_the_way_is_no_failure(clockwork: Clockwork, caplog: pytest.LogCaptureFixture) -> None:
    clockwork.http.answer(URL, Answer(b"evil.example\n"))
    async with clockwork.desk.open_store() as (store, _), store._claimed():
        assert await clockwork.minute() == ["mine"]
    assert clockwork.results() == {"postponed": 1}
    assert caplog.records == []
    clockwork.desk.clock.move(60)
    assert await clockwork.minute() == ["mine"]
    assert clockwork.results() == {"postponed": 1, "updated": 1}


async def test_what_is_over_is_taken_out_though_no_list_is_followed(tmp_path: Path) -> None:
    clockwork = Clockwork(tmp_path, Source(name="mine", url=URL, lifetime=1))
    clockwork.http.answer(URL, Answer(b"evil.example\n"))
    await clockwork.minute()
    clockwork.desk.updater.sources = ()
    assert clockwork.desk.listed("evil.example") == ["mine"]
    (tmp_path / "feeds.db").touch()
    clockwork.desk.clock.move(25 * HOUR)
    assert await clockwork.minute() == []
    assert clockwork.desk.listed("evil.example") == []


async def test_without_any_list_nothing_is_opened(tmp_path: Path) -> None:
    clockwork = Clockwork(tmp_path)
    assert await clockwork.minute() == []
    assert list(tmp_path.iterdir()) == []
    assert (await clockwork.watch.check()).detail == "kept up to date: none"


async def test_a_list_that_is_followed_no_more_is_left_alone(clockwork: Clockwork) -> None:
    clockwork.desk.updater.sources = ()
    await clockwork.updates.run(Claim(1, "scanner.feed", "mine", b"", 1, 1, 1, 0))
    assert clockwork.results() == {}
