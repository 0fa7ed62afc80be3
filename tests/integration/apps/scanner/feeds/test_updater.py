from __future__ import annotations

import errno
import gzip
import os
import random
import tempfile
from pathlib import Path

import pytest
from tests.support.updates import Desk

from whinchat.apps.scanner.feeds import download
from whinchat.apps.scanner.feeds.attempts import Attempts
from whinchat.apps.scanner.feeds.claim import claim_imports
from whinchat.apps.scanner.feeds.snapshot import Trust
from whinchat.apps.scanner.feeds.sources import MINUTE, Source
from whinchat.apps.scanner.feeds.updater import Followed
from whinchat.apps.scanner.knowledge import Threat
from whinchat.core.errors import HttpError
from whinchat.core.secret import Secret
from whinchat.testing.clock import START
from whinchat.testing.http import Answer, FakeHttp

URL = "https://lists.example/bad.txt"
HOUR = 3600  # seconds
DAY = 24 * HOUR
NAMES = b"".join(b"h%d.example\n" % number for number in range(30))


def mine(**more: object) -> Source:
    return Source(**{"name": "mine", "url": URL, "every": 60, **more})  # type: ignore[arg-type]  # as the test says


@pytest.fixture
def http() -> FakeHttp:
    return FakeHttp()


@pytest.fixture
def desk(tmp_path: Path, http: FakeHttp) -> Desk:
    return Desk(tmp_path, [mine()], http)


async def test_a_list_is_taken_over_and_tried_again_when_it_is_due(desk: Desk, http: FakeHttp) -> None:
    http.answer(URL, Answer(b"evil.example\n"))
    updated = await desk.update()

    assert updated.imported is not None
    assert updated.imported.feed.entries == 1
    assert desk.listed("evil.example") == ["mine"]
    attempt = await desk.attempt()
    assert (attempt.failures, attempt.succeeded_at, attempt.error) == (0, START, None)
    assert 54 * MINUTE <= attempt.next_at - START <= 66 * MINUTE

    assert await desk.updater.update("mine", only_due=True) is None
    desk.clock.move(66 * 60)
    assert await desk.updater.update("mine", only_due=True) is not None
    assert await desk.updater.update("theirs") is None


async def test_what_has_not_changed_is_not_downloaded_again(desk: Desk, http: FakeHttp) -> None:
    answer = Answer(b"evil.example\n", headers={"ETag": '"7"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"})
    http.answer(URL, answer, Answer(status=304))
    await desk.update()
    desk.clock.move(HOUR)
    updated = await desk.update()

    assert (updated.imported, updated.error) == (None, None)
    assert http.asked[0].headers == {}
    assert http.asked[1].headers == {"If-None-Match": '"7"', "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}
    feed = await desk.feed()
    assert feed is not None
    assert (feed.imported_at, feed.confirmed_at, feed.etag) == (START, START + HOUR * 1000, '"7"')
    await desk.update()
    assert http.asked[2].headers == http.asked[1].headers


async def test_a_list_read_otherwise_is_asked_for_as_new(desk: Desk, http: FakeHttp, tmp_path: Path) -> None:
    http.answer(URL, Answer(b"evil.example\n", headers={"ETag": '"7"'}))
    await desk.update()
    desk.updater.sources = (mine(threat=Threat.MALWARE),)
    await desk.update()
    assert http.asked[1].headers == {}
    await desk.update(force=True)
    assert http.asked[2].headers == {}


async def test_the_same_content_without_a_version_changes_nothing(desk: Desk, http: FakeHttp) -> None:
    http.answer(URL, Answer(b"evil.example\n"))
    await desk.update()
    before = (desk.folder / "feeds.snap").read_bytes()
    desk.clock.move(HOUR)
    updated = await desk.update()

    assert (updated.imported, updated.error) == (None, None)
    assert (desk.folder / "feeds.snap").read_bytes() == before
    desk.clock.move(DAY)
    await desk.update()
    assert (desk.folder / "feeds.snap").read_bytes() != before  # which says how old it is, so once a day


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(b"too many", 429), "status_429"),
        (Answer(b"oops", 500), "status_500"),
        (Answer(b"evil.example\n", 206), "status_206"),
        (Answer(status=304), "status_304"),
        (Answer(error=HttpError("no", code="unreachable")), "unreachable"),
        (Answer(NAMES, error=HttpError("cut", code="truncated")), "truncated"),
        (Answer(b"<!DOCTYPE html><title>Sign in</title>"), "refused"),
        (Answer(b""), "refused"),
        (Answer(gzip.compress(NAMES)[:-9]), "refused"),
        (Answer(b"".join(b"popular%d.example\n" % number for number in range(50))), "suspicious_list"),
    ],
)
async def test_what_cannot_be_had_or_is_not_sound_costs_nothing(
    desk: Desk, http: FakeHttp, answer: Answer, code: str
) -> None:
    http.answer(URL, answer, Answer(NAMES), answer)
    assert await desk.error() == code
    assert desk.listed("h7.example") == []
    await desk.update()
    feed = await desk.feed()
    assert feed is not None
    assert await desk.error() == code

    attempt = await desk.attempt()
    assert (attempt.failures, attempt.code, attempt.succeeded_at) == (1, code, START)
    assert desk.listed("h7.example") == ["mine"]
    kept = await desk.feed()
    assert kept is not None
    assert (kept.sha256, kept.entries) == (feed.sha256, feed.entries)
    assert desk.leftovers() == []


async def test_who_cannot_be_reached_is_asked_less_and_less_often(desk: Desk, http: FakeHttp) -> None:
    waits = []
    for _ in range(6):
        assert await desk.error() == "unreachable"
        waits.append(((await desk.attempt()).next_at - desk.clock.now()) / MINUTE)
        desk.clock.move(1)
    for wait, expected in zip(waits, [5, 10, 20, 40, 60, 60], strict=True):
        assert 0.9 * expected <= wait <= 1.1 * expected
    assert len(set(waits)) == 6


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7200", 7200),
        ("Thu, 01 Jan 2026 03:00:00 GMT", 3 * HOUR),
        ("Thu, 01 Jan 2020 03:00:00 GMT", 300),
        ("999999999", DAY),
        ("soon", 300),
    ],
)
async def test_a_server_that_names_a_time_is_left_alone_until_then(
    desk: Desk, http: FakeHttp, header: str, seconds: float
) -> None:
    http.answer(URL, Answer(b"", 503, {"Retry-After": header}))
    assert await desk.error() == "status_503"
    wait = ((await desk.attempt()).next_at - START) / 1000
    assert 0.9 * seconds <= wait <= 1.1 * seconds


async def test_a_list_that_is_not_sound_is_asked_for_again_at_its_own_pace(desk: Desk, http: FakeHttp) -> None:
    http.answer(URL, Answer(b"<html>"))
    await desk.error()
    assert (await desk.attempt()).next_at - START >= 54 * MINUTE


@pytest.mark.parametrize(("count", "force"), [(9, False), (101, False), (101, True)])
async def test_a_list_must_be_of_the_size_that_it_has(desk: Desk, http: FakeHttp, count: int, force: bool) -> None:
    desk.updater.sources = (mine(least=10, most=100),)
    http.answer(URL, Answer(b"".join(b"h%d.example\n" % number for number in range(count))))
    updated = await desk.update(force=force)
    assert (updated.error is None) is force
    if updated.error is not None:
        assert f"{count} entries, expected are 10 to 100" in str(updated.error)


async def test_a_list_without_an_end_is_left_early(desk: Desk, http: FakeHttp) -> None:
    desk.updater.sources = (mine(most=100),)
    http.answer(URL, Answer(b"".join(b"h%d.example\n" % number for number in range(5_000))))
    assert "1,000 entries" in str((await desk.update()).error)


async def test_entries_that_left_a_rolling_list_count_until_their_lifetime_ends(desk: Desk, http: FakeHttp) -> None:
    desk.updater.sources = (mine(rolling=True, lifetime=2),)
    http.answer(
        URL, Answer(b"one.example\n"), Answer(b"two.example\n"), Answer(b"three.example\n"), Answer(b"four.example\n")
    )
    for _ in range(3):
        await desk.update()
        desk.clock.move(DAY)
    assert [desk.listed(f"{name}.example") for name in ("one", "two", "three")] == [["mine"]] * 3
    feed = await desk.feed()
    assert feed is not None
    assert (feed.listed, feed.entries) == (1, 3)

    await desk.update()
    assert [bool(desk.listed(f"{name}.example")) for name in ("one", "two", "three", "four")] == [
        False, True, True, True,
    ]  # fmt: skip


async def test_entries_that_left_another_list_are_gone(desk: Desk, http: FakeHttp) -> None:
    http.answer(URL, Answer(b"one.example\n"), Answer(b"two.example\n"))
    await desk.update()
    await desk.update()
    assert desk.listed("one.example") == []


async def test_entries_that_were_not_confirmed_for_their_lifetime_count_no_more(desk: Desk, http: FakeHttp) -> None:
    desk.updater.sources = (mine(lifetime=2),)
    answer = Answer(b"evil.example\n", headers={"ETag": '"1"'})
    http.answer(URL, answer, Answer(status=304), Answer(status=500))
    await desk.update()
    desk.clock.move(2 * DAY)
    await desk.update()
    desk.clock.move(2 * DAY)
    await desk.update()
    async with desk.open_store() as (store, _):
        assert not await store.expire()
        assert desk.listed("evil.example") == ["mine"]
        desk.clock.move(1)
        assert await store.expire()
        assert not await store.expire()
    assert desk.listed("evil.example") == []
    feed = await desk.feed()
    assert feed is not None
    assert feed.entries == 0


async def test_while_somebody_else_imports_a_list_is_not_to_blame(desk: Desk, http: FakeHttp) -> None:
    http.answer(URL, Answer(b"evil.example\n"))
    async with desk.open_store() as (_, database):
        claim = await claim_imports(database, desk.clock, random.Random(3))
        updated = await desk.update()
        assert updated.busy
        attempt = await desk.attempt()
        assert (attempt.failures, attempt.error) == (0, None)
        assert attempt.next_at - START <= 2 * MINUTE
        await claim.release()
    assert (await desk.update()).imported is not None


async def test_an_attempt_has_one_winner(desk: Desk) -> None:
    async with desk.open_store() as (_, database):
        attempts = Attempts(database)
        assert await attempts.begin("mine", None, START, START + 1)
        assert not await attempts.begin("mine", None, START, START + 1)
        before = (await attempts.all())["mine"]
        assert await attempts.begin("mine", before, START + 5, START + 6)
        assert not await attempts.begin("mine", before, START + 7, START + 8)
        assert (await attempts.all())["mine"].failures == 2


async def test_who_loses_the_race_does_not_ask(desk: Desk, http: FakeHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: object) -> bool:
        return False

    monkeypatch.setattr(Attempts, "begin", lost)
    assert (await desk.update()).busy
    assert http.asked == []


async def test_a_key_goes_to_its_list_and_into_no_error(tmp_path: Path, http: FakeHttp) -> None:
    source = mine(url="https://lists.example/online.csv?auth-key={auth_key}", needs_auth_key=True)
    desk = Desk(tmp_path, [source], http, auth_key=Secret("s3cret"))
    http.answer("https://lists.example/online.csv?auth-key=s3cret", Answer(b"", 403), Answer(b"evil.example\n"))

    assert "s3cret" not in str((await desk.update()).error)
    await desk.update()
    feed = await desk.feed()
    assert feed is not None
    assert "s3cret" not in repr(feed)


async def test_a_file_is_read_when_it_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "bad.txt"
    desk = Desk(tmp_path, [Source(name="mine", file=str(file))], None)
    assert await desk.error() == "unreachable"
    assert "No such file" in str((await desk.attempt()).error)

    file.write_text("evil.example\n")
    os.utime(file, (1, 1))
    assert (await desk.update()).imported is not None
    assert (await desk.update()).imported is None
    file.write_text("worse.example\n")
    os.utime(file, (2, 2))
    assert (await desk.update()).imported is not None
    assert desk.listed("worse.example") == ["mine"]


async def test_a_full_disk_is_told_and_tried_again_soon(
    desk: Desk, http: FakeHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    http.answer(URL, Answer(NAMES))

    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "TemporaryFile", full)
        updated = await desk.update()
    assert updated.error is not None
    assert (updated.error.code, "No space left" in str(updated.error)) == ("storage", True)
    assert (await desk.attempt()).next_at - START <= 6 * MINUTE
    assert (await desk.update()).imported is not None


async def test_a_list_that_is_demoted_can_be_forced(desk: Desk, http: FakeHttp) -> None:
    http.answer(
        URL,
        Answer(
            b"".join(b"h%d.example\n" % n for n in range(200))
            + b"popular1.example\npopular2.example\npopular3.example\n"
        ),
    )
    updated = await desk.update()
    assert updated.imported is not None
    assert updated.imported.demoted
    assert (await desk.update()).imported is None
    forced = await desk.update(force=True)
    assert forced.imported is not None
    assert forced.imported.feed.trust is Trust.DECISIVE


async def test_progress_is_told(desk: Desk, http: FakeHttp) -> None:
    http.answer(URL, Answer(NAMES, headers={"Content-Length": str(len(NAMES))}))
    told: list[tuple[int, int | None]] = []
    read: list[int] = []
    await desk.updater.update(
        "mine", advance=lambda done, total: told.append((done, total)), progress=lambda _, entries: read.append(entries)
    )
    assert told[-1] == (len(NAMES), len(NAMES))
    assert read == [30]


async def test_a_version_that_is_too_long_is_not_kept(desk: Desk, http: FakeHttp) -> None:
    http.answer(URL, Answer(b"evil.example\n", headers={"ETag": '"' + "x" * download.LONGEST_VALIDATOR + '"'}))
    await desk.update()
    feed = await desk.feed()
    assert feed is not None
    assert feed.etag == ""


async def test_a_list_is_overdue_when_it_fails_for_long(desk: Desk, http: FakeHttp) -> None:
    async def followed() -> Followed:
        return Followed(mine(), await desk.feed(), await desk.attempt())

    http.answer(URL, Answer(status=500), Answer(b"evil.example\n"), Answer(status=500))
    await desk.update()
    assert (await followed()).overdue(desk.clock.now())
    await desk.update()
    desk.clock.move(9 * HOUR)
    assert not (await followed()).overdue(desk.clock.now())
    await desk.update()
    assert (await followed()).overdue(desk.clock.now())
    assert not Followed(mine(), None, None).overdue(desk.clock.now())
