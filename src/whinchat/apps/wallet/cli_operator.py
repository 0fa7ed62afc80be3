"""`whinchat wallet unresolved`, `rule` and `hold`: what the operator decides, beside a running service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any, Protocol, TypeVar

import click

from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.holds import LOCKDOWN, Holds, lift, put_on
from whinchat.apps.wallet.intent import Intent, reference
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.money import Money
from whinchat.apps.wallet.reconcile import rule_job
from whinchat.apps.wallet.transitions import State
from whinchat.core.dispatch.audit import Audit, Via
from whinchat.core.errors import Refused
from whinchat.core.ports import Batch, Clock, Database, Queue, Sealer, Statement

T = TypeVar("T")

RULED, HELD, LIFTED = "wallet.rule", "wallet.hold_on", "wallet.hold_off"
"""Actions in the audit."""


class Given(Protocol):
    """What `ctx.obj` must have for these verbs."""

    @property
    def clock(self) -> Clock: ...

    def open_work(self) -> AbstractAsyncContextManager[tuple[Database, Sealer, Queue]]:
        """The service's database, what opens its sealed values, and its queue. Raises Refused."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What a verb works with."""

    database: Database
    queue: Queue
    intents: Intents
    audit: Audit
    clock: Clock

    async def do(self, action: str, detail: str, *statements: Statement) -> None:
        """Nothing without its note in the audit."""
        note = self.audit.entry(action, via=Via.CLI, key=SystemRandom().randbytes(16), detail=detail)
        await self.database.commit(Batch((*statements, note), durable=True))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def unresolved(given: Given, as_json: bool) -> None:
    """List the payments of which nobody could find out what became of them, longest ago first.

    Nothing says whose they are. The reference stands in the memo of the transaction, if there is one: look for it, or
    for the idempotency key, at the backend, then end the payment with `whinchat wallet rule`. Until then the money
    counts against its owner's limits, and the owner has been told.

    \b
    Examples:
      whinchat wallet unresolved
      whinchat wallet unresolved --json
    """
    found = _with_desk(given, lambda desk: desk.intents.unresolved())
    if as_json:
        for each in found:
            click.echo(json.dumps(_known(each)))
        return
    click.echo("\n".join(line for each in found for line in _told(each)) or "it is known of every payment how it ended")


@click.command()
@click.argument("id")
@click.argument("outcome", type=click.Choice(["paid", "failed"]))
@click.pass_obj
def rule(given: Given, id: str, outcome: str) -> None:  # noqa: A002 - the argument's name
    """End the unresolved payment ID: it was `paid`, or it `failed` and nothing left the account.

    The service does it and tells the owner, within seconds if it runs. It cannot be taken back, so be sure: after
    `failed` the owner may pay again.

    \b
    Example:
      whinchat wallet rule a2b3c4d5e6 paid
    """
    _with_desk(given, lambda desk: _rule(desk, id, paid=outcome == "paid"))
    click.echo(f"payment {id} ends as {outcome}; a running service does it within seconds")


@click.command()
@click.argument("switch", required=False, type=click.Choice(["on", "off"]))
@click.pass_obj
def hold(given: Given, switch: str | None) -> None:
    """Let no money move (`on`), or let it move again (`off`). Without either: show what holds it.

    While it is on, nothing is paid, not even what was shown already and is confirmed now; reading goes on. What is on
    its way already is looked after. A restored backup and books of custody that do not add up hold money by
    themselves, and let it go by themselves.

    \b
    Examples:
      whinchat wallet hold on
      whinchat wallet hold
    """
    if switch is not None:
        _with_desk(given, lambda desk: _hold(desk, on=switch == "on"))
    on = _with_desk(given, lambda desk: Holds(desk.database).on())
    click.echo(f"money is held: {', '.join(on)}" if on else "money moves")


async def _rule(desk: Desk, intent_id: str, *, paid: bool) -> None:
    intent = await desk.intents.get(intent_id)
    if intent is None or intent.state is not State.UNRESOLVED:
        raise Refused("no unresolved payment has this id", hint="`whinchat wallet unresolved` lists them.")
    job = rule_job(intent_id, paid=paid)
    await desk.do(RULED, f"{intent_id} {job.payload.decode()}", *desk.queue.add(job))


async def _hold(desk: Desk, *, on: bool) -> None:
    action, statement = (HELD, put_on(LOCKDOWN, desk.clock.now())) if on else (LIFTED, lift(LOCKDOWN))
    await desk.do(action, "", statement)


def _known(intent: Intent) -> dict[str, Any]:
    """All that is known, and nothing of anybody."""
    return {
        "id": intent.id,
        "reference": reference(intent.id),
        "idempotency_key": intent.key,
        "backend": intent.backend,
        "purpose": intent.purpose,
        "rail": intent.rail.value,
        "amount": plain(intent.amount),
        "fee_limit": plain(Money(intent.currency, intent.fee_limit)),
        "confirmed": _time(intent.confirmed_at),
        "submitted": _time(intent.submitting_at),
        "looks": intent.looks,
        "error": intent.error,
    }


def _told(intent: Intent) -> Iterator[str]:
    known = _known(intent)
    yield f"{known.pop('id')}  {known.pop('amount')}  {known.pop('purpose')}"
    for name, value in known.items():
        if value is not None:
            yield f"  {name.replace('_', ' ')}: {value}"


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _with_desk(given: Given, ask: Callable[[Desk], Awaitable[T]]) -> T:
    async def run() -> T:
        async with given.open_work() as (database, sealer, queue):
            clock = given.clock
            intents = Intents(database, sealer, clock, SystemRandom())
            return await ask(Desk(database, queue, intents, Audit(database, sealer, clock), clock))

    return asyncio.run(run())
