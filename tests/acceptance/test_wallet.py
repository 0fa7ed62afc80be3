"""Money in a real service beside a real bank: paid once, also when the service is killed in the midst of it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator

import pytest
from tests.support.killable import PAYING, kill_at
from tests.support.live import until
from tests.support.wallet.street import PHONES, Street, street, yes

from whinchat.infra.crypto.keyring import KeyRing, save

LINKED = ("Ana", "Bob")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with street(tmp_path_factory.mktemp("wallet")) as street_:
        for name in LINKED:
            assert "is linked" in street_.link(name)
        start(street_)
        yield street_


def start(town: Street) -> None:
    """The service as ever, until somebody wants it killed."""
    town.service.start("tests.support.killable")


def states(town: Street, cents: int) -> list[str]:
    return [state for (state,) in town.rows(f"SELECT state FROM wallet_intents WHERE minor = {cents}")]


def about(town: Street, name: str, text: str) -> list[str]:
    return [told for told in town.told(name) if text in told]


def hear(town: Street, name: str, text: str) -> str:
    """Waited for, while other things may still be under way."""
    until(lambda: about(town, name, text) != [], f"{name} reads {text}")
    return about(town, name, text)[-1]


# --- as it should be ---------------------------------------------------------------------------------------------


def test_people_pay_each_other_and_somebody_without_an_account(town: Street) -> None:
    had = town.cents("Ana"), town.cents("Bob")
    paid = town.confirm("Ana", town.tell("Ana", "send 2 to @bob for lunch"))
    assert "Paid $2.00" in paid
    assert "You received $2.00" in hear(town, "Bob", "$2.00")
    assert (town.cents("Ana"), town.cents("Bob")) == (had[0] - 200, had[1] + 200)
    held = town.confirm("Ana", town.tell("Ana", f"send 3 to {PHONES['Dewi']}"))
    (claim,) = [line for line in held.split("`") if line.startswith("claim ")]
    assert town.told("Dewi") == [], "strangers are never written to"
    assert "is linked" in town.link("Dewi")
    assert "No money waits" in town.tell("Bob", claim), "the code alone is not enough"
    town.tell("Dewi", claim)
    until(lambda: town.cents("Dewi") == 300, "Dewi has it")
    assert "claimed already" in town.tell("Dewi", claim)
    assert (town.cents("Ana"), town.cents("Dewi")) == (had[0] - 500, 300)


# --- killed ------------------------------------------------------------------------------------------------------


KILLS = [(step, when) for step in PAYING for when in ("before", "after")]
NEVER_SENT = ("submit", "after")
"""What is on disk does not tell whether anything left: it is looked for, and nobody finds it."""


@pytest.mark.parametrize(("step", "when"), KILLS)
def test_a_kill_between_yes_and_paid_neither_loses_nor_doubles_a_payment(town: Street, step: str, when: str) -> None:
    cents = 1000 + KILLS.index((step, when))
    amount, had = f"${cents / 100:.2f}", (town.cents("Ana"), town.cents("Bob"))
    town.settle()
    kill_at(town.service.folder, step, when)
    ana = town.direct("Ana")
    ana.say("Ana", f"send {cents / 100:.2f} to @bob")
    asked = hear(town, "Ana", amount)
    if step != "show":
        ana.say("Ana", yes(asked))
    assert town.service.child.wait() == -9, town.service.child.output()
    start(town)
    if step == "show":
        ana.say("Ana", yes(asked))
    if (step, when) == NEVER_SENT:
        assert "not known yet" in hear(town, "Ana", f"whether your {amount}")
        assert states(town, cents) == ["unknown"]
        assert (town.cents("Ana"), town.cents("Bob")) == had
        ana.say("Ana", f"send {cents / 100:.2f} to @bob")
        hear(town, "Ana", "not known yet what became of it")
        end_by_hand(town, cents, amount)
        return
    until(lambda: states(town, cents) == ["paid"], "it is paid")
    town.settle()
    assert about(town, "Ana", f"Paid {amount}") == [hear(town, "Ana", f"Paid {amount}")], "one receipt"
    assert (town.cents("Ana"), town.cents("Bob")) == (had[0] - cents, had[1] + cents)
    hear(town, "Bob", f"You received {amount}")
    assert len(about(town, "Bob", f"You received {amount}")) == 1


def end_by_hand(town: Street, cents: int, amount: str) -> None:
    """A day later the operator is asked; here the day passes in the database."""
    town.service.child.stop()
    with contextlib.closing(sqlite3.connect(town.service.database)) as database, database:
        past = "submitting_at = submitting_at - 90000000, confirmed_at = confirmed_at - 90000000, look_at = 0"
        database.execute(f"UPDATE wallet_intents SET {past} WHERE minor = ?", (cents,))
        database.execute("UPDATE jobs SET due_at = NULL WHERE kind = 'wallet.reconcile'")
    start(town)
    until(lambda: states(town, cents) == ["unresolved"], "nobody found it")
    (known,) = [json.loads(line) for line in town.verb("wallet", "unresolved", "--json").out.splitlines()]
    assert (known["amount"], known["purpose"]) == (amount, "send")
    assert "wallet_payments" in town.ready()[1]["degraded"]
    assert town.verb("wallet", "rule", known["id"], "failed").code == 0
    until(lambda: states(town, cents) == ["failed"], "the operator's word is carried out")
    assert town.verb("wallet", "unresolved").out == "it is known of every payment how it ended\n"
    hear(town, "Ana", f"{amount} to")
    town.settle()


# --- held, under a wrong key, without a bank ---------------------------------------------------------------------


def test_while_money_is_held_nothing_that_was_shown_is_paid(town: Street) -> None:
    had = town.cents("Ana")
    asked = town.tell("Ana", "send 4 to @bob")
    assert town.verb("wallet", "hold", "on").code == 0
    assert "Payments are switched off" in town.confirm("Ana", asked)
    assert "$" in town.tell("Ana", "balance")
    assert town.verb("wallet", "hold", "off").out == "money moves\n"
    assert town.cents("Ana") == had
    assert "Paid $6.00" in town.confirm("Ana", town.tell("Ana", "send 6 to @bob"))


def test_under_a_wrong_key_nothing_starts_and_nothing_is_lost(town: Street) -> None:
    town.settle()
    town.service.child.stop()
    key, before = town.service.folder / "root.key", town.service.database.read_bytes()
    right = key.read_bytes()
    key.unlink()
    save(key, KeyRing.new(0))
    town.service.start(wait=False)
    assert town.service.child.wait() == 2
    assert "key" in town.service.child.output()
    assert town.service.database.read_bytes() == before
    key.write_bytes(right)
    town.service.start()
    assert "$" in town.tell("Ana", "balance")


def test_keys_are_renewed_while_people_pay_and_open_all_that_the_wallet_keeps(town: Street) -> None:
    town.tell("Ana", f"contacts add Dee {PHONES['Bob']}")
    asked = town.tell("Ana", "send 5 to Dee")
    over = threading.Event()
    answers: list[str] = []

    def use() -> None:
        while not over.is_set():
            answers.append(town.confirm("Bob", town.tell("Bob", "send 0.05 to @ana")))

    using = threading.Thread(target=use)
    using.start()
    try:
        until(lambda: bool(answers), "Bob pays")
        for _ in range(2):
            rotated = town.service.whinchat("keys", "rotate")
            assert "the service has sealed everything again" in rotated.stdout, rotated.stderr
    finally:
        over.set()
        using.join()
    assert all("Paid $0.05" in answer for answer in answers)
    assert "Paid $5.00" in town.confirm("Ana", asked)
    town.service.child.stop()
    pruned = town.verb("keys", "rotate", "--continue", "--prune")
    assert "2 old keys were dropped" in pruned.out, pruned.err
    town.service.start()
    assert "Dee" in town.tell("Ana", "contacts")
    assert town.verb("db", "check").code == 0


def test_a_restored_backup_pays_nothing_again_and_knows_what_was_paid_since(town: Street) -> None:
    asked = town.tell("Ana", "send 3.33 to @bob")
    assert town.verb("db", "backup", "before.db").code == 0
    had = town.cents("Ana")
    assert "Paid $3.33" in town.confirm("Ana", asked)
    assert "Paid $2.22" in town.confirm("Ana", town.tell("Ana", "send 2.22 to @bob"))
    town.service.child.stop()
    restored = town.verb("db", "restore", "before.db")
    assert restored.code == 0, restored.err
    town.service.start()
    until(lambda: town.rows("SELECT count(*) FROM wallet_holds") == [(0,)], "what was paid since is found")
    town.direct("Ana").say("Ana", yes(asked))  # another yes within a minute is impatience, and not answered
    town.settle()
    assert town.cents("Ana") == had - 555
    found = town.rows("SELECT minor, state FROM wallet_intents WHERE minor IN (222, 333) AND state = 'paid'")
    assert sorted(found) == [(222, "paid"), (333, "paid")]
    assert "Paid $1.00" in town.confirm("Ana", town.tell("Ana", "send 1 to @bob"))


def test_without_the_bank_what_is_known_is_labelled_and_nothing_is_promised(town: Street) -> None:
    asked = town.tell("Ana", "send 1 to @bob")
    town.tell("Ana", "balance")
    assert town.bank.stop() == 0
    assert "is not answering just now" in town.tell("Ana", "refresh")
    for text in ("send 9 to @bob", "receive 3"):
        assert "not answer" in town.tell("Ana", text)
    assert "aid $1" not in town.confirm("Ana", asked)
    assert states(town, 900) == []
