from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.infra.memory_watch import EVERY, MEGABYTE, MEMORY, Memory, MemoryWatch, parse_rollup, read_memory
from whinchat.testing.clock import FakeClock
from whinchat.testing.metrics import RecordedMetrics

ROLLUP = """\
55d0c0000000-7ffd00000000 ---p 00000000 00:00 0                          [rollup]
Rss:               60000 kB
Pss:               50000 kB
Pss_Anon:          30000 kB
Pss_File:          19000 kB
Pss_Shmem:          1000 kB
Anonymous:         31000 kB
Locked:                0 kB
"""


def test_anonymous_and_file_memory_are_told_apart() -> None:
    memory = parse_rollup(ROLLUP)
    assert (memory.anonymous, memory.file, memory.total) == (30000 * 1024, 20000 * 1024, 50000 * 1024)


def test_an_older_kernel_splits_less_finely() -> None:
    assert parse_rollup("Pss: 100 kB\nAnonymous: 40 kB\n") == Memory(40 * 1024, 60 * 1024)
    assert parse_rollup("Pss: 100 kB\nAnonymous: 140 kB\n") == Memory(100 * 1024, 0)


@given(text=st.text() | st.text("Ps:_Anon 0123456789kB\n"))
def test_garbage_counts_as_nothing_worse_than_zero(text: str) -> None:
    assert parse_rollup(text).total >= 0


def process(folder: Path, pid: int, rollup: str, *children: int) -> Path:
    """A process as /proc shows it."""
    (folder / f"{pid}/task/{pid}").mkdir(parents=True)
    (folder / f"{pid}/smaps_rollup").write_text(rollup)
    (folder / f"{pid}/task/{pid}/children").write_text(" ".join(map(str, children)))
    return folder / str(pid)


def test_children_and_their_children_are_counted(tmp_path: Path) -> None:
    process(tmp_path, 12, "Pss: 4 kB\nPss_Anon: 4 kB\n")
    process(tmp_path, 11, "Pss: 2 kB\nPss_Anon: 1 kB\n", 12)
    own, children = read_memory(process(tmp_path, 10, "Pss: 1 kB\n", 11, 99))
    assert own == Memory(0, 1024)
    assert children == Memory(5 * 1024, 1024)


def test_a_child_that_ends_meanwhile_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "10/task/11/children").mkdir(parents=True)
    _, children = read_memory(process(tmp_path, 10, "Pss: 1 kB\n"))
    assert children.total == 0


def test_without_proc_the_peak_is_better_than_nothing(tmp_path: Path) -> None:
    own, children = read_memory(tmp_path / "none")
    assert own.anonymous > MEGABYTE
    assert own.file == 0
    assert children.total >= 0


async def test_it_samples_and_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    metrics, clock, held = RecordedMetrics(), FakeClock(), Memory(80 * MEGABYTE, 10 * MEGABYTE)
    watch = MemoryWatch(metrics, clock, warn_mb=100, read=lambda: (held, Memory(5 * MEGABYTE, 0)))
    with caplog.at_level(logging.WARNING):
        watching = asyncio.create_task(watch.run())
        await clock.advance(EVERY)
        assert not caplog.records
        held = Memory(120 * MEGABYTE, 0)
        await clock.advance(EVERY * 3)
        watching.cancel()
    assert metrics.value(MEMORY, of="service", kind="anonymous") == 120 * MEGABYTE
    assert metrics.value(MEMORY, of="children", kind="anonymous") == 5 * MEGABYTE
    assert [record.__dict__["megabytes"] for record in caplog.records] == [125]


def test_no_ceiling_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    huge = Memory(10**12, 0)
    assert MemoryWatch(RecordedMetrics(), FakeClock(), read=lambda: (huge, huge)).sample().total == 2 * 10**12
    assert not caplog.records
