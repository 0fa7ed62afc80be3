"""The soak's own machinery: two weeks in seconds, with a kill by day and one by night."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from benchmarks import bench_soak
from benchmarks.bench_soak import WEEK, Plan, played
from benchmarks.skipping import SkippingClock
from benchmarks.soak_result import summary


def test_two_weeks_pass_in_seconds_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_soak, "GROUPS", 3)
    monkeypatch.setattr(bench_soak, "KILLED", 0.5)
    monkeypatch.setattr(bench_soak, "QUIET", 0.0)
    state = tmp_path / "kept" / "state"
    result = played(Plan(intervals=2, seconds=0.5, rate=200.0, kill_every=1, skip=True), state)

    assert result["faults"] == []
    assert result["complete"]
    assert result["kills"] == 2
    assert result["missing"] == 0
    assert result["posted"] >= result["messages"] > 50
    assert min(result["threads"]) > 0
    about, *samples = map(json.loads, state.read_text().splitlines())
    assert summary(about, samples) == result


def clocks(folder: Path) -> tuple[SkippingClock, SkippingClock]:
    """Two on the same file."""
    (folder / "skipped").write_bytes(bytes(8))
    return SkippingClock(folder / "skipped"), SkippingClock(folder / "skipped")


def test_who_shares_a_clock_shares_what_is_skipped(tmp_path: Path) -> None:
    mine, theirs = clocks(tmp_path)
    now, beat = theirs.now(), theirs.monotonic()
    mine.skip(WEEK)
    assert WEEK <= theirs.now() - now < WEEK + 60_000
    assert 604_800 <= theirs.monotonic() - beat < 604_860


async def test_who_slept_through_what_is_skipped_wakes_up(tmp_path: Path) -> None:
    mine, theirs = clocks(tmp_path)
    asleep = asyncio.ensure_future(theirs.sleep(3600))
    await asyncio.sleep(0)
    mine.skip(WEEK)
    await asyncio.wait_for(asleep, 5)
