"""`python -m tests.support.killable`: the service, which kills itself at the durable step that `kill_at` names."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import click

from whinchat import bootstrap, config
from whinchat.cli.run import serve
from whinchat.core.ports import Batch, Database, Row, Value
from whinchat.service import Service

STEPS = {
    "store": "INSERT INTO events",
    "handle": "SET state = 'done'",
    "take": "SET state = 'sending'",
    "settle": "SET state = :state, settled_at",
    "delivery": "SET delivery = :status",
    "claim": "UPDATE jobs SET state = 'running'",
    "finish": "DELETE FROM jobs",
}

PAYING = {
    "show": "SET state = 'shown'",
    "confirm": "SET state = 'confirmed'",
    "submit": "SET state = 'submitting'",
    "pay": "SET state = 'paid'",
}
"""The same of a payment."""


ORDER = "kill-at"
"""A file in the folder of the service; it is gone when the order is carried out."""


def kill_at(folder: Path, step: str, when: str, nth: int = 1) -> None:
    """`step`: a kind of commit, a key of `STEPS` or `PAYING`; `when`: `before` or `after` the `nth` from now on."""
    (folder / "order").write_text(f"{step} {when} {nth}")
    (folder / "order").rename(folder / ORDER)


class Killing:
    """Another database's, until the commit that is meant."""

    def __init__(self, database: Database, order: Path) -> None:
        self._database = database
        self._order = order
        self._seen = 0

    async def commit(self, batch: Batch) -> tuple[tuple[Row, ...], ...]:
        when = self._fatal(batch)
        if when == "before":
            self._die()
        result = await self._database.commit(batch)
        if when == "after":
            self._die()
        return result

    def _fatal(self, batch: Batch) -> str | None:
        """When this is the commit to die at: before or after it."""
        if not self._order.exists():
            return None
        step, when, nth = self._order.read_text().split()
        mark = {**STEPS, **PAYING}[step]
        self._seen += any(mark in statement.sql for statement in batch.statements)
        return when if self._seen == int(nth) else None

    def _die(self) -> None:
        self._order.unlink()
        os.kill(os.getpid(), signal.SIGKILL)

    async def fetch(self, sql: str, args: Mapping[str, Value] | None = None) -> list[Row]:
        return await self._database.fetch(sql, args)

    async def fetch_one(self, sql: str, args: Mapping[str, Value] | None = None) -> Row | None:
        return await self._database.fetch_one(sql, args)

    def stream(self, sql: str, args: Mapping[str, Value] | None = None) -> AsyncIterator[Row]:
        return self._database.stream(sql, args)


def main() -> None:
    settings = config.load(apps={spec.name: spec.settings for spec in bootstrap.APPS})

    def ready(service: Service) -> None:
        click.echo(f"Whinchat is ready: {service.listeners.private_url}/readyz")

    serve(settings, ready, around=lambda database: Killing(database, Path(ORDER).absolute()))


if __name__ == "__main__":
    main()
