"""`whinchat trace`: one message from arrival to reply."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from whinchat.cli.common import echo_json, echo_table, load
from whinchat.core.errors import Refused

if TYPE_CHECKING:
    from whinchat.config import Settings
    from whinchat.core.dispatch.trace import Step, Summary


@click.command(short_help="follow one message from arrival to reply")
@click.argument("id", required=False, metavar="[ID]")
@click.option("--last", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many events to list.")
@click.option("--aside", is_flag=True, help="List only events that failed too often and were set aside.")
@click.option("--retry", is_flag=True, help="Put the event ID, which was set aside, back in line.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def trace(ctx: click.Context, id: str | None, last: int, aside: bool, retry: bool, as_json: bool) -> None:  # noqa: A002 - the option's name
    """Follow one message from arrival to reply: its handling, jobs, replies and their delivery.

    ID is an event's number, as logs name it (`event`), or a reply's reference. Without an ID the newest events are
    listed. Nothing shown says who wrote what: content is sealed, and gone once it is handled.

    \b
    Examples:
      whinchat trace                 the newest events
      whinchat trace 1207            one of them, step by step
      whinchat trace --aside         what was given up
      whinchat trace 1207 --retry    and tried once more
    """
    import asyncio

    settings = load(ctx)
    if retry and id is None:
        raise click.UsageError("--retry needs the ID of an event; --aside lists them")
    if id is None:
        _echo_events(asyncio.run(_recent(settings, last, "aside" if aside else None)), as_json=as_json)
    elif retry:
        asyncio.run(_retry(settings, id))
        click.echo(f"event {id} is back in line; a running service takes it up within a minute")
    else:
        _echo_steps(id, asyncio.run(_steps(settings, id)), as_json=as_json)


async def _recent(settings: Settings, last: int, state: str | None) -> list[Summary]:
    from whinchat.bootstrap import opened_database
    from whinchat.core.dispatch.trace import Trace

    async with opened_database(settings) as database:
        return await Trace(database).recent(last, state)


async def _steps(settings: Settings, given: str) -> list[Step]:
    from whinchat.bootstrap import opened_database
    from whinchat.core.dispatch.trace import Trace

    async with opened_database(settings) as database:
        found = Trace(database)
        event_id = (
            int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else await found.event_of(given)
        )
        steps = [] if event_id is None else await found.steps(event_id)
    if not steps:
        raise Refused(
            "no event or reply with that ID is known",
            hint="`whinchat trace` lists the newest; traces are kept for days.",
        )
    return steps


async def _retry(settings: Settings, given: str) -> None:
    from whinchat.bootstrap import opened_database
    from whinchat.core.dispatch.inbox import retry

    async with opened_database(settings) as database:
        if not given.isdecimal() or not await retry(database, int(given)):
            raise Refused("no event with that ID was set aside", hint="`whinchat trace --aside` lists them.")


def _time(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _echo_events(events: list[Summary], *, as_json: bool) -> None:
    if as_json:
        for event in events:
            echo_json({name: getattr(event, name) for name in event.__slots__})
        return
    if not events:
        click.echo("nothing has arrived yet")
        return
    rows = [
        [
            str(event.id),
            event.kind,
            event.state,
            _time(event.arrived_at),
            "" if event.handled_at is None else f"{event.handled_at - event.arrived_at} ms",
            str(event.replies),
            event.error or "",
        ]
        for event in events
    ]
    echo_table(["event", "kind", "state", "arrived (UTC)", "took", "replies", "error"], rows)


def _echo_steps(given: str, steps: list[Step], *, as_json: bool) -> None:
    if as_json:
        for step in steps:
            echo_json({"at": step.at, "what": step.what, "detail": step.detail})
        return
    first = steps[0].at or 0
    rows = [
        [_time(step.at), "" if step.at is None else f"+{step.at - first} ms", step.what, step.detail] for step in steps
    ]
    echo_table([f"event {given}", "", "what", ""], rows)
