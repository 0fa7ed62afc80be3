"""kill -9 at every durable step, and at any moment: no job is lost, every effect is there once."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.queue import Ledger
from tests.support.queue_service import job, work_off

from whinchat.infra.clock import SystemClock
from whinchat.infra.queue.migrations import MIGRATIONS
from whinchat.infra.storage.migrate import migrate
from whinchat.infra.storage.sqlite import SqliteDatabase

JOBS = 3  # a plain one, one that fails at first, one that adds another
# Three additions; then a claim and an end for each run: plain, flaky twice, parent and its child.
COMMITS = JOBS + 2 * (JOBS + 2)


def start(path: Path, jobs: int, step: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.queue_service", str(path), str(jobs), step]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "whinchat.db"
    migrate(path, (*MIGRATIONS, Ledger.MIGRATION), None, SystemClock())
    return path


def expected(added: int) -> dict[str, int]:
    keys = [job(number).key for number in range(added)]
    return dict.fromkeys([*keys, *(f"child of {key}" for key in keys if key.startswith("parent"))], 1)


def most_urgent_first(key: str) -> int:
    return 9 if key.startswith("child") else -int(key.split()[1])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("commit", range(1, COMMITS + 1))
async def test_killed_at_any_commit_everything_is_done_once(path: Path, commit: int, when: str) -> None:
    with start(path, JOBS, f"{when}:{commit}") as service:
        assert service.wait(20) == -signal.SIGKILL
    async with SqliteDatabase(path) as database:
        waiting = await database.fetch("SELECT key FROM jobs WHERE state = 'waiting' AND due_at IS NULL")
        await work_off(database, at_once=1)
        effects = await Ledger(database).effects()
    added = min(JOBS, commit if when == "after" else commit - 1)
    assert effects == expected(added)
    # What the killed process held waits for its lease, and what failed for its pause; the rest runs by priority.
    free = {str(key) for (key,) in waiting if not str(key).startswith("flaky")}
    assert [key for key in effects if key in free] == sorted(free, key=most_urgent_first)


async def test_killed_at_random_again_and_again_everything_is_done_once(path: Path) -> None:
    jobs, chance = 600, random.Random(3)
    with start(path, jobs, "never") as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "added\n"
        await asyncio.sleep(chance.uniform(0.01, 0.05))
        service.kill()
    for _ in range(4):
        with start(path, 0, "never") as service:
            assert service.stdout is not None
            assert service.stdout.readline() == "added\n"
            await asyncio.sleep(chance.uniform(0.0, 0.1))
            service.kill()
    async with SqliteDatabase(path) as database:
        await work_off(database, at_once=8)
        assert await Ledger(database).effects() == expected(jobs)
