"""The books themselves."""

from __future__ import annotations

from decimal import Decimal

import apsw
import pytest
from tests.support.wallet.town import Town

from whinchat.sandbox.bank import Bank
from whinchat.sandbox.ledger import CHECKS, Ledger, down, micro, minor, up
from whinchat.sandbox.records import BankError
from whinchat.testing.clock import FakeClock


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(":memory:")


def test_amounts_are_whole_millionths_inside() -> None:
    assert micro(5) == 5_000_000
    assert micro(Decimal("0.0001"), step=Decimal("0.0001")) == 100
    assert [minor(5_000_000), minor(2_500)] == [5, Decimal("0.0025")]
    assert str(minor(10_000_000)) == "10"
    assert [up(Decimal("1.2"), Decimal(1)), down(Decimal("1.2"), Decimal(1))] == [2_000_000, 1_000_000]


def test_a_journal_that_does_not_sum_to_zero_is_not_written(ledger: Ledger) -> None:
    for entries in ({"world:USD": 5}, {"world:USD": -5, "fees:BTC": 5}, {"world:USD": -5, "fees:USD": 4}):
        with pytest.raises(AssertionError, match="sum to zero"):
            ledger.post("test", 0, entries)
    with pytest.raises(BankError, match="does not exist"):
        ledger.post("test", 0, {"world:USD": -5, "nothing": 5})

    assert ledger.rows("SELECT * FROM entry") == []


def test_entries_are_never_changed(ledger: Ledger) -> None:
    ledger.post("test", 0, {"world:USD": -5, "fees:USD": 5})

    with pytest.raises(apsw.ConstraintError, match="never changed"):
        ledger.run("UPDATE entry SET amount = 6")
    with pytest.raises(apsw.ConstraintError, match="never deleted"):
        ledger.run("DELETE FROM entry")


def post_and_refuse(ledger: Ledger) -> None:
    ledger.post("test", 0, {"world:USD": -5, "fees:USD": 5})
    raise BankError(None, "no")


def test_what_fails_in_a_transaction_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(BankError), ledger.transaction():
        post_and_refuse(ledger)

    assert ledger.rows("SELECT * FROM journal") == []


@pytest.mark.parametrize(
    ("finding", "damage"),
    [
        ("do not sum to zero", "UPDATE wallet SET balance = balance + 1 WHERE id = 'fees:USD'"),
        ("sum of its entries", "UPDATE wallet SET balance = balance - (id = 'world:USD') + (id = 'fees:USD')"),
        ("journal does not sum", "UPDATE entry SET journal = 1 WHERE id = (SELECT max(id) FROM entry)"),
        ("in transit", "UPDATE payment SET status = 'pending'"),
        ("list tells", "UPDATE movement SET amount = amount + 1"),
        ("not as many", "UPDATE movement SET counterparty_wallet = NULL"),
        ("paid twice", "UPDATE movement SET hash = 'ab'"),
        ("wallet is negative", "UPDATE wallet SET balance = 1 - balance"),
    ],
)
def test_the_check_finds_what_is_wrong(finding: str, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town()
    for _ in range(2):
        town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 100)
    town.bank.check()
    ledger = town.bank._ledger
    ledger.run("DROP TRIGGER entry_stays")
    ledger.run("PRAGMA ignore_check_constraints = 1")
    ledger.run(damage)

    (query,) = [query for name, query in CHECKS.items() if finding in name]
    monkeypatch.setattr("whinchat.sandbox.ledger.CHECKS", {finding: query})
    with pytest.raises(AssertionError, match=finding):
        town.bank.check()


def test_without_a_seed_nobody_can_guess() -> None:
    one, other = (Bank(clock=FakeClock()) for _ in range(2))

    assert one.token(one.open_account().id) != other.token(other.open_account().id)


def test_with_a_seed_everything_comes_again() -> None:
    one, other = (Town() for _ in range(2))

    assert one.bank.accounts() == other.bank.accounts()
    assert one.bank.outside_invoice(5) == other.bank.outside_invoice(5)
    assert one.bank.price("JMD") == other.bank.price("JMD")
