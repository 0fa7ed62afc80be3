"""Payments that go wrong: what is answered, and what has moved."""

from __future__ import annotations

import pytest
from tests.support.wallet.town import Town, ending

from whinchat.sandbox.faults import CLEAR, Fault, Plan
from whinchat.sandbox.records import BankError, Payment, Status, TxStatus


@pytest.fixture
def town() -> Town:
    return Town()


def codes(payment: Payment) -> list[str | None]:
    return [error.code for error in payment.errors]


@pytest.mark.parametrize(
    ("fault", "status", "expected"),
    [
        (Fault.FAILURE, Status.FAILURE, []),
        (Fault.REJECTED, Status.FAILURE, ["TRANSACTION_RESTRICTED"]),
        (Fault.BUSY, Status.FAILURE, ["UNKNOWN_CLIENT_ERROR"]),
        (Fault.ALREADY_PAID, Status.ALREADY_PAID, []),
    ],
)
def test_answers_after_which_nothing_has_left(
    town: Town, fault: Fault, status: Status, expected: list[str | None]
) -> None:
    payment = town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 100, plan=ending(fault))

    assert (payment.status, codes(payment)) == (status, expected)
    assert town.dollars(town.ana) == 10_000


@pytest.mark.parametrize("invoiced", [False, True])
def test_failed_after_the_debit_has_paid(town: Town, invoiced: bool) -> None:
    plan = ending(Fault.FAILED_AFTER_DEBIT)
    if invoiced:
        invoice = town.bank.create_invoice(town.bob, town.usd(town.bob), 100)
        payment = town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11, plan=plan)
    else:
        payment = town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 100, plan=plan)

    assert (payment.status, codes(payment)) == (Status.FAILURE, ["UNKNOWN_CLIENT_ERROR"])
    assert payment.transaction is None
    assert town.dollars(town.bob) == 100
    town.bank.check()


def test_pending_that_settles(town: Town) -> None:
    plan = ending(Fault.PENDING_SETTLES, 60)
    payment = town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 100, "hi", key="k", plan=plan)

    assert payment.status is Status.PENDING
    assert [town.dollars(town.ana), town.dollars(town.bob)] == [9_900, 0]
    assert town.bank.transactions(town.ana).transactions[0].status is TxStatus.PENDING
    assert town.bank.settle() == town.clock.now() + 60_000
    assert town.updates == []
    town.bank.check()

    town.clock.move(60)
    assert town.bank.settle() is None
    assert town.dollars(town.bob) == 100
    assert town.bank.transactions(town.ana).transactions[0].status is TxStatus.SUCCESS
    assert [update.account for update in town.updates] == [town.bob, town.ana]
    again = town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 100, "hi", key="k")
    assert again.status is Status.SUCCESS
    assert town.dollars(town.bob) == 100
    town.bank.check()


def test_pending_that_fails_gives_everything_back_and_can_be_paid_again(town: Town) -> None:
    invoice = town.bank.outside_invoice(5_000)
    payment = town.bank.pay_invoice(town.ana, town.btc(town.ana), invoice.bolt11, plan=ending(Fault.PENDING_FAILS, 60))
    assert payment.status is Status.PENDING
    assert town.bank.pay_invoice(town.ana, town.btc(town.ana), invoice.bolt11).status is Status.PENDING
    assert town.satoshis(town.ana) < 95_000

    town.clock.move(60)

    assert town.satoshis(town.ana) == 100_000
    assert payment.transaction is not None
    assert town.bank.transaction(town.ana, payment.transaction.id).status is TxStatus.FAILURE
    assert town.bank.pay_invoice(town.ana, town.btc(town.ana), invoice.bolt11).status is Status.SUCCESS
    town.bank.check()


def test_while_a_payment_of_an_invoice_is_pending_nobody_else_can_pay_it(town: Town) -> None:
    invoice = town.bank.create_invoice(town.bob, town.usd(town.bob), 100)
    town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11, plan=ending(Fault.PENDING_SETTLES, 60))

    with pytest.raises(BankError, match="already paid"):
        town.bank.pay_from_outside(invoice.bolt11)
    assert town.bank.pay_invoice(town.ana, town.btc(town.ana), invoice.bolt11).status is Status.PENDING
    town.clock.move(60)
    assert town.dollars(town.bob) == 100


def test_a_key_that_is_forgotten_pays_twice_but_an_invoice_only_once(town: Town) -> None:
    source, target = town.usd(town.ana), town.usd(town.bob)
    invoice = town.bank.create_invoice(town.bob, target, 100)
    for plan in (CLEAR, Plan(reexecute=True)):
        town.bank.pay_wallet(town.ana, source, target, 100, key="k", plan=plan)
        town.bank.pay_invoice(town.ana, source, invoice.bolt11, key="i", plan=plan)

    assert town.dollars(town.bob) == 300
