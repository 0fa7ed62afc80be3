"""Payments inside the bank, of invoices, to outside and from outside."""

from __future__ import annotations

from decimal import Decimal

import bolt11
import pytest
from tests.support.wallet.town import Town

from whinchat.sandbox.profiles import FLASH
from whinchat.sandbox.records import BankError, Direction, Notice, Payment, Status, Via


@pytest.fixture
def town() -> Town:
    return Town()


def codes(payment: Payment) -> list[str | None]:
    return [error.code for error in payment.errors]


def test_dollars_go_from_wallet_to_wallet_with_a_side_for_each(town: Town) -> None:
    payment = town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 250, "for lunch")

    assert payment.status is Status.SUCCESS
    assert payment.errors == ()
    assert town.dollars(town.ana) == 9_750
    assert town.dollars(town.bob) == 250
    (received,) = town.bank.transactions(town.bob).transactions
    assert received.amount == 250
    assert (received.direction, received.memo) == (Direction.RECEIVE, "for lunch")
    assert (received.counterparty, received.initiation, received.settlement) == (
        "ana",
        Via.INTRALEDGER,
        Via.INTRALEDGER,
    )
    sent = town.bank.transactions(town.ana).transactions[0]
    assert sent == payment.transaction
    assert [sent.amount, sent.fee] == [-250, 0]
    assert (sent.direction, sent.counterparty) == (Direction.SEND, "bob")
    town.bank.check()


def test_both_sides_are_told_after_the_commit(town: Town) -> None:
    seen: list[Decimal] = []
    town.bank.subscribe(town.bob, lambda update: seen.append(town.dollars(update.account)))

    town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 250)

    assert [(update.account, update.notice) for update in town.updates] == [
        (town.bob, Notice.INTRALEDGER),
        (town.ana, Notice.INTRALEDGER),
    ]
    assert seen == [250]


def test_who_has_ended_the_subscription_hears_nothing(town: Town) -> None:
    seen: list[object] = []
    end = town.bank.subscribe(town.bob, seen.append)
    end()
    end()

    town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 250)

    assert seen == []


def test_dollars_become_bitcoin_at_the_price_of_the_moment(town: Town) -> None:
    town.bank.pay_wallet(town.ana, town.usd(town.ana), town.btc(town.bob), 1_000)

    price = town.bank.price()
    fair = Decimal(1_000) * 10**price.sat_offset / price.sat_base
    assert fair - 1 < town.satoshis(town.bob) <= fair
    town.bank.check()


def test_bitcoin_becomes_dollars(town: Town) -> None:
    town.bank.pay_wallet(town.ana, town.btc(town.ana), town.usd(town.bob), 10_000)

    assert town.satoshis(town.ana) == 90_000
    assert 600 < town.dollars(town.bob) < 750
    town.bank.check()


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (10_001, "INSUFFICIENT_BALANCE"),
        (0, "INVALID_INPUT"),
        (-5, "INVALID_INPUT"),
        (Decimal("0.5"), "INVALID_INPUT"),
        (Decimal("NaN"), "INVALID_INPUT"),
        (10**30, "INVALID_INPUT"),
    ],
)
def test_amounts_that_cannot_be_paid_are_refused_and_nothing_moves(
    town: Town, amount: Decimal | int, code: str
) -> None:
    payment = town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), amount)

    assert (payment.status, codes(payment)) == (Status.FAILURE, [code])
    assert town.dollars(town.ana) == 10_000
    assert town.updates == []
    town.bank.check()


def test_wallets_that_cannot_be_paid_or_used_are_refused(town: Town) -> None:
    bank, own = town.bank, town.usd(town.ana)

    assert codes(bank.pay_wallet(town.ana, own, own, 1)) == ["CANT_PAY_SELF"]
    assert codes(bank.pay_wallet(town.ana, own, "nobody", 1)) == ["UNKNOWN_CLIENT_ERROR"]
    assert codes(bank.pay_wallet(town.ana, own, "world:USD", 1)) == ["UNKNOWN_CLIENT_ERROR"]
    assert codes(bank.pay_wallet(town.bob, own, town.usd(town.bob), 1)) == ["INVALID_INPUT"]
    assert codes(bank.pay_wallet(town.ana, town.btc(town.ana), town.usd(town.bob), 1)) == ["INVALID_INPUT"]
    assert town.dollars(town.ana) == 10_000


# --- invoices of the bank ---


def test_an_invoice_over_dollars_brings_exactly_these(town: Town) -> None:
    invoice = town.bank.create_invoice(town.bob, town.usd(town.bob), 500, "lunch")
    town.clock.move(200)

    payment = town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11, memo="mine")

    assert payment.status is Status.SUCCESS
    assert town.dollars(town.ana) == 9_500
    assert town.dollars(town.bob) == 500
    assert payment.transaction is not None
    assert (payment.transaction.memo, payment.transaction.hash) == ("mine", invoice.hash)
    assert (payment.transaction.initiation, payment.transaction.settlement) == (Via.LIGHTNING, Via.INTRALEDGER)
    (received,) = town.bank.transactions(town.bob).transactions
    assert (received.memo, received.preimage) == ("lunch", invoice.preimage)
    assert [(update.account, update.notice) for update in town.updates] == [(town.bob, Notice.LIGHTNING)]


def test_an_invoice_over_dollars_can_be_paid_with_bitcoin_and_the_other_way_round(town: Town) -> None:
    dollars = town.bank.create_invoice(town.bob, town.usd(town.bob), 500)
    bitcoin = town.bank.create_invoice(town.bob, town.btc(town.bob), 5_000)

    town.bank.pay_invoice(town.ana, town.btc(town.ana), dollars.bolt11)
    town.bank.pay_invoice(town.ana, town.usd(town.ana), bitcoin.bolt11)

    assert dollars.satoshis is not None
    assert town.satoshis(town.ana) == 100_000 - dollars.satoshis
    assert [town.dollars(town.bob), town.satoshis(town.bob)] == [500, 5_000]
    assert 9_600 < town.dollars(town.ana) < 9_700
    town.bank.check()


def test_an_invoice_without_amount_takes_what_the_payer_names(town: Town) -> None:
    invoice = town.bank.create_invoice(town.bob, town.usd(town.bob), None)

    assert codes(town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11)) == ["INVALID_INPUT"]
    assert town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11, 42).status is Status.SUCCESS
    assert town.dollars(town.bob) == 42


def test_an_amount_beside_that_of_the_invoice_is_refused(town: Town) -> None:
    invoice = town.bank.create_invoice(town.bob, town.usd(town.bob), 500)

    assert codes(town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11, 500)) == ["INVALID_INPUT"]


def test_one_can_pay_oneself_only_from_another_wallet(town: Town) -> None:
    invoice = town.bank.create_invoice(town.ana, town.usd(town.ana), 500)

    assert codes(town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11)) == ["CANT_PAY_SELF"]
    assert town.bank.pay_invoice(town.ana, town.btc(town.ana), invoice.bolt11).status is Status.SUCCESS
    assert town.dollars(town.ana) == 10_500


def test_a_hash_is_paid_once_by_whomever(town: Town) -> None:
    invoice = town.bank.create_invoice(town.bob, town.usd(town.bob), 500)
    first = town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11)

    again = town.bank.pay_invoice(town.ana, town.btc(town.ana), invoice.bolt11.upper())
    mine = town.bank.pay_invoice(town.ana, town.usd(town.ana), f"lightning:{invoice.bolt11}")

    assert (again.status, again.errors, again.transaction) == (Status.ALREADY_PAID, (), None)
    assert (mine.status, mine.transaction) == (Status.ALREADY_PAID, first.transaction)
    assert town.dollars(town.bob) == 500
    with pytest.raises(BankError, match="already paid"):
        town.bank.pay_from_outside(invoice.bolt11)


def test_an_expired_invoice_is_refused(town: Town) -> None:
    invoice = town.bank.create_invoice(town.bob, town.usd(town.bob), 500)
    town.clock.move(301)

    assert codes(town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11)) == ["LIGHTNING_PAYMENT_ERROR"]
    with pytest.raises(BankError, match="expired"):
        town.bank.pay_from_outside(invoice.bolt11)


# --- from and to outside ---


def test_money_from_outside_arrives_once(town: Town) -> None:
    invoice = town.bank.create_invoice(town.bob, town.usd(town.bob), 500, "lunch")

    received = town.bank.pay_from_outside(invoice.bolt11)

    assert received.amount == 500
    assert (received.memo, received.counterparty) == ("lunch", None)
    assert town.dollars(town.bob) == 500
    assert [(update.account, update.notice) for update in town.updates] == [(town.bob, Notice.LIGHTNING)]
    known = town.bank.invoice(invoice.bolt11)
    assert known is not None
    assert known.paid_at == town.clock.now()
    with pytest.raises(BankError, match="already paid"):
        town.bank.pay_from_outside(invoice.bolt11)
    assert town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11).status is Status.ALREADY_PAID
    town.bank.check()


def test_from_outside_an_invoice_without_amount_needs_one(town: Town) -> None:
    invoice = town.bank.create_invoice(town.bob, town.usd(town.bob), None)

    with pytest.raises(BankError, match="amount"):
        town.bank.pay_from_outside(invoice.bolt11)

    assert 60 < town.bank.pay_from_outside(invoice.bolt11, 1_000).amount < 75
    town.bank.check()


def test_from_outside_only_invoices_of_the_bank_are_paid(town: Town) -> None:
    with pytest.raises(BankError, match="not one of this bank"):
        town.bank.pay_from_outside(town.bank.outside_invoice(5).bolt11)


def test_what_leaves_the_bank_costs_no_more_than_the_probe_says(town: Town) -> None:
    for source, satoshis in ((town.usd(town.ana), 5_000), (town.btc(town.ana), 40_000)):
        invoice = town.bank.outside_invoice(satoshis, "coffee")
        most = town.bank.fee(town.ana, source, invoice.bolt11)
        payment = town.bank.pay_invoice(town.ana, source, invoice.bolt11)

        assert payment.status is Status.SUCCESS
        assert payment.transaction is not None
        assert 0 < payment.transaction.fee <= most
        assert (payment.transaction.initiation, payment.transaction.settlement) == (Via.LIGHTNING, Via.LIGHTNING)
        assert payment.transaction.preimage == invoice.preimage
        assert town.bank.pay_invoice(town.ana, source, invoice.bolt11).status is Status.ALREADY_PAID
    assert town.updates == []
    town.bank.check()


def test_a_route_costs_at_most_half_a_per_cent_or_ten_satoshis(town: Town) -> None:
    small, large = town.bank.outside_invoice(100), town.bank.outside_invoice(40_000)
    inside = town.bank.create_invoice(town.bob, town.usd(town.bob), 500)
    free = town.bank.outside_invoice(None)

    assert town.bank.fee(town.ana, town.btc(town.ana), small.bolt11) == 10
    assert town.bank.fee(town.ana, town.btc(town.ana), large.bolt11) == 200
    assert town.bank.fee(town.ana, town.usd(town.ana), small.bolt11) == 1
    assert town.bank.fee(town.ana, town.usd(town.ana), free.bolt11, 1_000) == 5
    assert town.bank.fee(town.ana, town.usd(town.ana), inside.bolt11) == 0
    with pytest.raises(BankError, match="walletId"):
        town.bank.fee(town.bob, town.usd(town.ana), small.bolt11)


def test_the_fee_must_be_covered_too(town: Town) -> None:
    invoice = town.bank.outside_invoice(100_000)

    assert codes(town.bank.pay_invoice(town.ana, town.btc(town.ana), invoice.bolt11)) == ["INSUFFICIENT_BALANCE"]
    assert town.satoshis(town.ana) == 100_000


def test_more_bitcoin_than_the_books_can_hold_is_refused(town: Town) -> None:
    read = bolt11.decode(town.bank.outside_invoice(5).bolt11)
    read.amount_msat = bolt11.MilliSatoshi(999 * 10**8 * 1_000 * 1_000_000)
    invoice = bolt11.encode(read, private_key="11" * 32)

    assert codes(town.bank.pay_invoice(town.ana, town.btc(town.ana), invoice)) == ["INVALID_INPUT"]


# --- keys ---


def test_a_key_replays_the_answer_for_a_day(town: Town) -> None:
    source, target = town.usd(town.ana), town.usd(town.bob)
    first = town.bank.pay_wallet(town.ana, source, target, 100, key="k")
    town.clock.move(86_399)

    assert town.bank.pay_wallet(town.ana, source, target, 100, key=" k ") == first
    town.clock.move(1)
    assert town.bank.pay_wallet(town.ana, source, target, 100, key="k") != first
    assert town.dollars(town.bob) == 200


def test_a_key_is_for_one_payment_of_one_wallet(town: Town) -> None:
    source, target = town.usd(town.ana), town.usd(town.bob)
    town.bank.pay_wallet(town.ana, source, target, 100, key="k")

    assert codes(town.bank.pay_wallet(town.ana, source, target, 101, key="k")) == ["INVALID_INPUT"]
    assert town.bank.pay_wallet(town.ana, town.btc(town.ana), target, 100, key="k").status is Status.SUCCESS
    assert codes(town.bank.pay_wallet(town.ana, source, target, 1, key="k" * 257)) == ["INVALID_INPUT"]


def test_blank_keys_are_none(town: Town) -> None:
    for _ in range(2):
        town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 100, key="  ")

    assert town.dollars(town.bob) == 200


def test_a_key_of_a_refused_payment_can_be_used_again(town: Town) -> None:
    source, target = town.usd(town.ana), town.usd(town.bob)
    town.bank.pay_wallet(town.ana, source, target, 10_001, key="k")

    assert town.bank.pay_wallet(town.ana, source, target, 100, key="k").status is Status.SUCCESS


def test_flash_keeps_parts_of_a_cent(town: Town) -> None:
    town = Town(FLASH)
    invoice = town.bank.outside_invoice(777)

    town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11)
    town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), Decimal("0.0025"))

    assert town.dollars(town.ana) % 1 > 0
    assert town.dollars(town.bob) == Decimal("0.0025")
    town.bank.check()
