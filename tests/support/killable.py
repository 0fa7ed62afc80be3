"""`python -m tests.support.killable STEP WHEN NTH`: the service, which kills itself at a durable step.

STEP names a kind of commit (see `STEPS` and `PAYING`), WHEN is `before` or `after` it, NTH counts from 1.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping

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


class Killing:
    """Another database's, until the commit that is meant."""

    def __init__(self, database: Database, step: str, when: str, nth: int) -> None:
        self._database = database
        self._mark = {**STEPS, **PAYING}[step]
        self._when = when
        self._left = nth

    async def commit(self, batch: Batch) -> tuple[tuple[Row, ...], ...]:
        meant = any(self._mark in statement.sql for statement in batch.statements)
        if meant:
            self._left -= 1
        fatal = meant and self._left == 0
        if fatal and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = await self._database.commit(batch)
        if fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    async def fetch(self, sql: str, args: Mapping[str, Value] | None = None) -> list[Row]:
        return await self._database.fetch(sql, args)

    async def fetch_one(self, sql: str, args: Mapping[str, Value] | None = None) -> Row | None:
        return await self._database.fetch_one(sql, args)

    def stream(self, sql: str, args: Mapping[str, Value] | None = None) -> AsyncIterator[Row]:
        return self._database.stream(sql, args)


def main() -> None:
    step, when, nth = sys.argv[1:]
    settings = config.load(apps={spec.name: spec.settings for spec in bootstrap.APPS})

    def ready(service: Service) -> None:
        click.echo(f"Whinchat is ready: {service.listeners.private_url}/readyz")

    serve(settings, ready, around=lambda database: Killing(database, step, when, int(nth)))


if __name__ == "__main__":
    main()
