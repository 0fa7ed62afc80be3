from __future__ import annotations

import stat
from pathlib import Path

import pytest

from whinchat.apps.scanner.sources.urlscan import evidence
from whinchat.apps.scanner.sources.urlscan.evidence import INERT, KEPT, Evidences, Kind
from whinchat.core.pages import Download, NotFound
from whinchat.testing.clock import FakeClock
from whinchat.testing.sealer import PlainSealer
from whinchat.testing.workers import InlineWorkers

SCAN = "0196d976-07f6-7aae-8a57-aa019145f31c"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


@pytest.fixture
def evidences(folder: Path, clock: FakeClock) -> Evidences:
    return Evidences(folder, PlainSealer(), clock, InlineWorkers())


async def test_what_was_seen_can_be_saved_and_not_run(evidences: Evidences) -> None:
    await evidences.keep(SCAN, Kind.SCREENSHOT, b"\x89PNG")
    await evidences.keep(SCAN, Kind.DOM, b"<script>alert(1)</script>")
    keys = evidences.of(SCAN)
    assert await evidences.download(keys[Kind.SCREENSHOT]) == Download("screenshot.png", INERT, b"\x89PNG")
    assert await evidences.download(keys[Kind.DOM]) == Download("page-source.txt", INERT, b"<script>alert(1)</script>")


async def test_the_disk_shows_neither_scan_nor_content_to_others(evidences: Evidences, folder: Path) -> None:
    await evidences.keep(SCAN, Kind.DOM, b"<html>")
    (file,) = folder.iterdir()
    assert SCAN not in file.name
    assert file.read_bytes() != b"<html>"  # sealed
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("key", ["", "../../whinchat.db", "0" * 32 + ".dom", "0" * 32 + ".exe", "x" * 500])
async def test_an_address_that_names_nothing_finds_nothing(evidences: Evidences, key: str) -> None:
    await evidences.keep(SCAN, Kind.DOM, b"<html>")
    assert await evidences.download(key) == NotFound()


async def test_a_file_that_is_damaged_or_of_another_key_is_gone(evidences: Evidences, folder: Path) -> None:
    await evidences.keep(SCAN, Kind.DOM, b"<html>")
    (file,) = folder.iterdir()
    file.write_bytes(b"something else")
    assert await evidences.download(evidences.key(SCAN, Kind.DOM)) == NotFound()
    assert list(folder.iterdir()) == []


async def test_one_file_does_not_stand_for_another(evidences: Evidences, folder: Path) -> None:
    await evidences.keep(SCAN, Kind.DOM, b"<html>")
    (folder / evidences.key(SCAN, Kind.DOM)).rename(folder / evidences.key(SCAN, Kind.SCREENSHOT))
    assert await evidences.download(evidences.key(SCAN, Kind.SCREENSHOT)) == NotFound()


async def test_what_is_too_large_is_not_kept(evidences: Evidences, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MOST", 10)
    await evidences.keep(SCAN, Kind.DOM, b"x" * 11)
    assert evidences.of(SCAN) == {}


async def test_after_its_time_it_goes(evidences: Evidences, clock: FakeClock) -> None:
    await evidences.keep("old", Kind.DOM, b"<html>")
    clock.move(KEPT / 2)
    await evidences.keep("new", Kind.DOM, b"<html>")
    clock.move(KEPT / 2 + 1)
    await evidences.prune()
    assert (evidences.of("old"), set(evidences.of("new"))) == ({}, {Kind.DOM})


async def test_the_oldest_make_room(
    evidences: Evidences, clock: FakeClock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        await evidences.keep(f"scan {number}", Kind.DOM, b"<html>")
        clock.move(1)
    size = next(folder.iterdir()).stat().st_size
    monkeypatch.setattr(evidence, "MOST_TOGETHER", 2 * size)
    await evidences.prune()
    assert [number for number in range(5) if evidences.of(f"scan {number}")] == [3, 4]


async def test_nothing_kept_is_nothing_to_tidy(evidences: Evidences) -> None:
    await evidences.prune()
    assert evidences.of(SCAN) == {}
