"""`whinchat jobs` over a real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from whinchat import bootstrap, config
from whinchat.cli.main import main
from whinchat.core.ports import Batch, Job
from whinchat.infra.clock import SystemClock
from whinchat.infra.queue.sql import SqlQueue

Run = Callable[..., int]


@pytest.fixture
def whinchat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command over a database with a waiting job and one that was given up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHINCHAT_STORAGE__DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WHINCHAT_KEYS__PATH", str(tmp_path / "root.key"))

    async def fill() -> None:
        settings = config.load(apps={spec.name: spec.settings for spec in bootstrap.APPS})
        database, sealer = await bootstrap.prepare(settings)
        queue = SqlQueue(database, sealer, SystemClock(), Random(1))
        for key in ("good", "bad"):
            await database.commit(Batch(queue.add(Job(kind="test", key=key, max_attempts=1))))
            if key == "good":
                continue
            claims = await queue.claim_many({"test": 2}, 2)
            for claim in claims:
                if claim.key == "bad":
                    await queue.fail(claim, "broken")
                else:
                    await queue.release(claim)
        await database.close()

    asyncio.run(fill())
    return lambda *arguments: main(["jobs", *arguments])


def test_what_waits_and_what_was_given_up(whinchat: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert whinchat("status", "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        {"kind": "test", "state": "dead", "jobs": 1},
        {"kind": "test", "state": "waiting", "jobs": 1},
    ]
    assert whinchat("status") == 0
    assert "waiting" in capsys.readouterr().out
    assert whinchat("dead") == 0
    assert "broken" in capsys.readouterr().out


def test_a_dead_job_can_be_retried_or_discarded_once(whinchat: Run, capsys: pytest.CaptureFixture[str]) -> None:
    whinchat("dead", "--json")
    job = json.loads(capsys.readouterr().out)
    assert whinchat("retry", str(job["id"])) == 0
    assert "waits again" in capsys.readouterr().out
    for verb in ("retry", "discard"):
        assert whinchat(verb, str(job["id"])) == 2
        assert "whinchat jobs dead" in capsys.readouterr().err
    assert whinchat("dead") == 0
    assert "no job was given up" in capsys.readouterr().out


def test_a_dead_job_can_be_discarded(whinchat: Run, capsys: pytest.CaptureFixture[str]) -> None:
    whinchat("dead", "--json")
    job = json.loads(capsys.readouterr().out)
    assert whinchat("discard", str(job["id"])) == 0
    assert "is gone" in capsys.readouterr().out
    whinchat("status")
    assert "dead" not in capsys.readouterr().out
