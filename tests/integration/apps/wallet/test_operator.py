"""What the operator decides, over the service's real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest
from tests.support.wallet.payment_rows import ANA, proposal

from whinchat import bootstrap, config
from whinchat.apps.wallet.holds import RESTORED, put_on
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.reconcile import RULE
from whinchat.cli.main import main
from whinchat.core.dispatch.audit import Audit
from whinchat.core.ports import Batch, Database, Sealer, Statement
from whinchat.infra.clock import SystemClock
from whinchat.infra.queue.sql import SqlQueue

T = TypeVar("T")
Run = Callable[..., int]
Printed = pytest.CaptureFixture[str]

CLOCK = SystemClock()
UNRESOLVED = """
    UPDATE wallet_intents SET state = 'unresolved', confirmed_at = :now, submitting_at = :now, error = 'timeout'
     WHERE minor = 500
"""


def within(ask: Callable[[Database, Sealer], Awaitable[T]]) -> T:
    async def run() -> T:
        database, sealer = await bootstrap.prepare(
            config.load(apps={spec.name: spec.settings for spec in bootstrap.APPS})
        )
        try:
            return await ask(database, sealer)
        finally:
            await database.close()

    return asyncio.run(run())


@pytest.fixture
def whinchat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`whinchat wallet` over a database with a payment of unknown end, and one that nobody confirmed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHINCHAT_STORAGE__DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WHINCHAT_KEYS__PATH", str(tmp_path / "root.key"))

    async def fill(database: Database, sealer: Sealer) -> None:
        intents = Intents(database, sealer, CLOCK, Random(1))
        for cents in (500, 700):
            _, statements = intents.draft(ANA, [proposal(cents, "bob")], "en", pin=False)
            await database.commit(Batch(statements))
        await database.commit(Batch((Statement(UNRESOLVED, {"now": CLOCK.now()}),)))

    within(fill)
    return lambda *arguments: main(["wallet", *arguments])


def listed(whinchat: Run, capsys: Printed) -> dict[str, object]:
    assert whinchat("unresolved", "--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    found: dict[str, object] = json.loads(line)
    return found


def jobs() -> list[tuple[str, bytes]]:
    async def ask(database: Database, sealer: Sealer) -> list[tuple[str, bytes]]:
        claim = await SqlQueue(database, sealer, CLOCK, Random(1)).claim([RULE])
        return [] if claim is None else [(claim.key, claim.payload)]

    return within(ask)


def audited() -> list[tuple[str, str]]:
    async def ask(database: Database, sealer: Sealer) -> list[tuple[str, str]]:
        return [(each.action, each.detail) for each in await Audit(database, sealer, CLOCK).page()]

    return within(ask)


def test_what_is_known_is_listed_and_says_nothing_of_anybody(whinchat: Run, capsys: Printed) -> None:
    known = listed(whinchat, capsys)
    assert (known["amount"], known["purpose"], known["error"], known["backend"]) == (
        "$5.00",
        "send",
        "timeout",
        "sandbox",
    )
    assert known["reference"] == f"#{known['id']}"
    assert whinchat("unresolved") == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{known['id']}  $5.00  send\n")
    assert f"idempotency key: {known['idempotency_key']}" in printed
    for personal in ("bob", "ana", ANA.phone, ANA.token.reveal()):
        assert personal not in printed + json.dumps(known)


@pytest.mark.parametrize("outcome", ["paid", "failed"])
def test_the_service_is_told_how_a_payment_ended(whinchat: Run, capsys: Printed, outcome: str) -> None:
    intent = str(listed(whinchat, capsys)["id"])
    assert whinchat("rule", intent, outcome) == 0
    assert f"ends as {outcome}" in capsys.readouterr().out
    assert jobs() == [(intent, outcome.encode())]
    assert audited() == [("wallet.rule", f"{intent} {outcome}")]


def test_only_what_is_unresolved_can_be_ruled(whinchat: Run, capsys: Printed) -> None:
    async def other(database: Database, _: Sealer) -> str:
        row = await database.fetch_one("SELECT id FROM wallet_intents WHERE minor = 700", {})
        assert row is not None
        return str(row[0])

    for intent in (within(other), "nosuchthing"):
        assert whinchat("rule", intent, "paid") == 2
        assert "whinchat wallet unresolved" in capsys.readouterr().err
    assert jobs() == []
    assert audited() == []


def test_money_is_held_and_moves_again(whinchat: Run, capsys: Printed) -> None:
    assert whinchat("hold") == 0
    assert whinchat("hold", "on") == whinchat("hold") == whinchat("hold", "off") == 0
    assert capsys.readouterr().out.splitlines() == ["money moves", *["money is held: lockdown"] * 2, "money moves"]
    assert [action for action, _ in audited()] == ["wallet.hold_off", "wallet.hold_on"]


def test_what_holds_money_by_itself_stays(whinchat: Run, capsys: Printed) -> None:
    async def restore(database: Database, _: Sealer) -> None:
        await database.commit(Batch((put_on(RESTORED, 0),)))

    within(restore)
    assert whinchat("hold", "off") == 0
    assert capsys.readouterr().out == "money is held: restored\n"
