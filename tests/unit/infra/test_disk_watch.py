from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from whinchat.infra.disk_watch import EVERY, FREE, MEGABYTE, DiskWatch, free_bytes
from whinchat.testing.clock import FakeClock
from whinchat.testing.metrics import RecordedMetrics


class Disk:
    """A disk that is filled by the test."""

    def __init__(self, free_mb: float) -> None:
        self.free_mb = free_mb
        self.changes: list[bool] = []
        self.metrics = RecordedMetrics()
        self.clock = FakeClock()

    def free(self, _: Path) -> int:
        if self.free_mb < 0:
            raise FileNotFoundError
        return int(self.free_mb * MEGABYTE)

    def watch(self) -> DiskWatch:
        return DiskWatch(Path("data"), 64, self.metrics, self.clock, on_change=self.changes.append, free=self.free)


async def test_it_notices_a_full_disk_and_its_recovery() -> None:
    disk = Disk(100)
    watch = disk.watch()
    watching = asyncio.create_task(watch.run())
    await disk.clock.advance(0)
    assert (watch.full, (await watch.health()).ok) == (False, True)
    disk.free_mb = 63
    await disk.clock.advance(EVERY)
    finding = await watch.health()
    assert (watch.full, finding.ok, finding.critical) == (True, False, True)
    assert "storage.min_free_mb" in finding.hint
    disk.free_mb = 100
    await disk.clock.advance(EVERY)
    watching.cancel()
    assert not watch.full
    assert disk.changes == [True, False]
    assert disk.metrics.value(FREE) == 100 * MEGABYTE


def test_it_does_not_flap_at_the_edge() -> None:
    disk = Disk(63)
    watch = disk.watch()
    for free in (63, 65, 79, 64, 80, 70, 64):
        disk.free_mb = free
        watch.look()
    assert disk.changes == [True, False]


def test_a_folder_that_is_gone_is_a_full_disk() -> None:
    disk = Disk(-1)
    assert disk.watch().look()


def test_nobody_has_to_listen() -> None:
    disk = Disk(1)
    watch = DiskWatch(Path("data"), 64, disk.metrics, disk.clock, free=disk.free)
    assert watch.look()


def test_real_free_space_is_a_number(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0
    with pytest.raises(OSError, match="No such file"):
        free_bytes(tmp_path / "none")
