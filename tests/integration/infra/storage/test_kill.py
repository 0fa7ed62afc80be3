"""Processes that are killed at any moment: what was confirmed is there, what was begun can be begun again."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import apsw
import pytest
from tests.support.notes import made

from whinchat.core.ports import Migration
from whinchat.infra.clock import SystemClock
from whinchat.infra.storage.connection import connect
from whinchat.infra.storage.migrate import migrate

ROOT = Path(__file__).parents[4]

WRITER = """
import asyncio, sys
from pathlib import Path
from tests.support.notes import note
from whinchat.infra.storage.sqlite import SqliteDatabase

async def write(database, first):
    for number in range(first, 1_000_000, 20):
        await database.commit(note(f"{sys.argv[2]} {number}", bytes(500), durable=number % 50 == 0))
        print(f"{sys.argv[2]} {number}", flush=True)

async def main():
    async with SqliteDatabase(Path(sys.argv[1]), exclusive=True) as database:
        async with asyncio.TaskGroup() as group:
            for first in range(20):
                group.create_task(write(database, first))

asyncio.run(main())
"""

MIGRATOR = """
import sys
from pathlib import Path
from tests.integration.infra.storage import test_kill
from whinchat.infra.clock import SystemClock
from whinchat.infra.storage.migrate import migrate

migrate(Path(sys.argv[1]), test_kill.SLOW, None, SystemClock())
"""

MANY = 600_000
SLOW = (
    Migration("slow", 1, "first", {"sqlite": "CREATE TABLE first (id INTEGER PRIMARY KEY);"}),
    Migration(
        "slow",
        2,
        "second",
        {
            "sqlite": f"""
                INSERT INTO first VALUES (1);
                CREATE TABLE second AS
                    WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {MANY})
                    SELECT n FROM counted;"""
        },
    ),
    Migration("slow", 3, "third", {"sqlite": "INSERT INTO first SELECT n + 1 FROM second;"}),
)


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def kill(process: subprocess.Popen[str]) -> list[str]:
    process.kill()
    output, _ = process.communicate()
    return output.splitlines(keepends=True)


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_writer_loses_nothing_that_was_confirmed(tmp_path: Path, seed: int) -> None:
    path = made(tmp_path / "notes.db")
    process = start(WRITER, str(path), str(seed))
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(random.Random(seed).uniform(0.0, 0.15))
    confirmed = [line.rstrip() for line in (first, *kill(process)) if line.endswith("\n")]
    reader = connect(path)
    there = {name for (name,) in reader.execute("SELECT name FROM notes")}
    assert reader.execute("PRAGMA integrity_check").get == "ok"
    reader.close()
    assert len(confirmed) > 5
    assert set(confirmed) <= there
    assert len(there) <= len(confirmed) + 20  # at most what each of the twenty was waiting for


def test_a_killed_migration_can_be_started_again(tmp_path: Path) -> None:
    path = tmp_path / "slow.db"
    process = start(MIGRATOR, str(path))
    deadline = time.monotonic() + 20
    while steps(path) < 1 and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(0.03)
    kill(process)
    done = steps(path)
    assert 1 <= done < len(SLOW)
    taken = migrate(path, SLOW, None, SystemClock())
    assert [step.number for step in taken] == [1, 2, 3][done:]
    reader = connect(path)
    assert reader.execute("SELECT count(*) FROM first").get == MANY + 1
    reader.close()


def steps(path: Path) -> int:
    if not path.exists():
        return 0
    reader = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        found: int = reader.execute("SELECT count(*) FROM schema_migrations").get
    except apsw.Error:  # not there yet
        return 0
    else:
        return found
    finally:
        reader.close()
