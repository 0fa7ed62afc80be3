"""`whinchat jobs`: what waits in the queue, and what was given up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import click

from whinchat.cli.common import echo_json, echo_table, load
from whinchat.core.errors import Refused

if TYPE_CHECKING:
    from whinchat.infra.queue.sql import SqlQueue

T = TypeVar("T")

UNKNOWN = "`whinchat jobs dead` lists the jobs that were given up, with their IDs."


@click.group(short_help="see what waits in the queue, and retry what was given up")
def jobs() -> None:
    """Work behind the chats: what waits, what runs, and what was given up after its last attempt.

    Works beside a running service. Payloads are sealed and never shown.

    \b
    Examples:
      whinchat jobs status
      whinchat jobs dead
      whinchat jobs retry 12
    """


@jobs.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Count the jobs of each kind by state.

    \b
    Example:
      whinchat jobs status --json
    """
    depths = _with_queue(ctx, lambda queue: queue.depths())
    rows = [(kind, state.value, count) for (kind, state), count in sorted(depths.items())]
    if as_json:
        for kind, state, count in rows:
            echo_json({"kind": kind, "state": state, "jobs": count})
    elif rows:
        echo_table(["kind", "state", "jobs"], [[kind, state, str(count)] for kind, state, count in rows])
    else:
        click.echo("nothing waits")


@jobs.command()
@click.option("--last", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many to list.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def dead(ctx: click.Context, last: int, as_json: bool) -> None:
    """List the jobs that were given up, the latest first.

    \b
    Example:
      whinchat jobs dead
    """
    found = _with_queue(ctx, lambda queue: queue.dead(last))
    if as_json:
        for job in found:
            echo_json({name: getattr(job, name) for name in job.__slots__})
    elif found:
        now = time.time()
        rows = [
            [str(job.id), job.kind, str(job.attempts), job.error, f"{(now - job.died_at / 1000) / 3600:.1f} h ago"]
            for job in found
        ]
        echo_table(["id", "kind", "attempts", "error", "given up"], rows)
    else:
        click.echo("no job was given up")


@jobs.command()
@click.argument("id", type=click.IntRange(min=1))
@click.pass_context
def retry(ctx: click.Context, id: int) -> None:  # noqa: A002 - the argument's name
    """Let the dead job ID wait again, with all its attempts.

    \b
    Example:
      whinchat jobs retry 12
    """
    if not _with_queue(ctx, lambda queue: queue.revive(id)):
        raise Refused("no job with that ID was given up", hint=UNKNOWN)
    click.echo(f"job {id} waits again; a running service takes it up within seconds")


@jobs.command()
@click.argument("id", type=click.IntRange(min=1))
@click.pass_context
def discard(ctx: click.Context, id: int) -> None:  # noqa: A002 - the argument's name
    """Remove the dead job ID for good.

    \b
    Example:
      whinchat jobs discard 12
    """
    if not _with_queue(ctx, lambda queue: queue.discard(id)):
        raise Refused("no job with that ID was given up", hint=UNKNOWN)
    click.echo(f"job {id} is gone")


def _with_queue(ctx: click.Context, ask: Callable[[SqlQueue], Awaitable[T]]) -> T:
    async def run() -> T:
        from random import SystemRandom

        from whinchat.bootstrap import opened_database
        from whinchat.infra.clock import SystemClock
        from whinchat.infra.crypto import keyring
        from whinchat.infra.crypto.sealer import AesSealer
        from whinchat.infra.queue.sql import SqlQueue

        settings = load(ctx)
        async with opened_database(settings) as database:
            sealer = AesSealer(keyring.load(settings.keys.path, settings.storage.data))
            return await ask(SqlQueue(database, sealer, SystemClock(), SystemRandom()))

    return asyncio.run(run())
