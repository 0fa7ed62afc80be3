"""The habits of each backend."""

from __future__ import annotations

import pytest
from tests.support.wallet.town import Town, ending

from whinchat.sandbox.faults import CLEAR, Fault, Plan
from whinchat.sandbox.profiles import BLINK, FLASH, PROFILES, SANDBOX, Profile
from whinchat.sandbox.records import BankError, ErrorInfo, Notice, Payment, Status, TxStatus, Via

GENERIC_WALLET = ErrorInfo("An error occurred. Contact support if error persists.", "IBEX_ERROR")
GENERIC_INVOICE = ErrorInfo("An unexpected error occurred. Please try again later.")


def send(town: Town, key: str | None = None, plan: Plan = CLEAR, memo: str | None = None) -> Payment:
    """A dollar from Ana to Bob."""
    return town.bank.pay_wallet(town.ana, town.usd(town.ana), town.usd(town.bob), 100, memo, key, plan)


def test_profiles_are_found_by_name() -> None:
    assert PROFILES == {"flash": FLASH, "blink": BLINK, "sandbox": SANDBOX}


# --- idempotency ---


def test_flash_replays_a_paid_key_for_a_day() -> None:
    town = Town(FLASH)

    assert send(town, "k") == send(town, "k")
    assert town.dollars(town.bob) == 100
    town.clock.move(24 * 3600)
    send(town, "k")
    assert town.dollars(town.bob) == 200


def test_flash_forgets_the_key_of_an_error_even_after_a_debit() -> None:
    town = Town(FLASH)

    failed = send(town, "k", ending(Fault.FAILED_AFTER_DEBIT))
    again = send(town, "k")

    assert (failed.status, failed.errors) == (Status.FAILURE, (GENERIC_WALLET,))
    assert again.status is Status.SUCCESS
    assert town.dollars(town.bob) == 200


def test_flash_runs_a_pending_key_again() -> None:
    town = Town(FLASH)

    pending = send(town, "k", ending(Fault.PENDING_SETTLES, 60))
    town.clock.move(60)
    again = send(town, "k")

    assert (pending.status, again.status) == (Status.PENDING, Status.SUCCESS)
    assert town.dollars(town.bob) == 200
    town.bank.check()


def test_flash_refuses_a_second_payment_of_a_pending_invoice_with_the_same_key() -> None:
    town = Town(FLASH)
    invoice = town.bank.outside_invoice(1_000)
    source = town.usd(town.ana)

    town.bank.pay_invoice(town.ana, source, invoice.bolt11, key="k", plan=ending(Fault.PENDING_SETTLES, 60))
    town.clock.move(60)
    before = town.dollars(town.ana)

    assert town.bank.pay_invoice(town.ana, source, invoice.bolt11, key="k").status is Status.ALREADY_PAID
    assert town.dollars(town.ana) == before


def test_blink_has_no_keys() -> None:
    town = Town(BLINK)

    send(town, "k")
    send(town, "k")

    assert town.dollars(town.bob) == 200


@pytest.mark.parametrize("fault", [Fault.FAILED_AFTER_DEBIT, Fault.PENDING_SETTLES])
def test_the_well_behaved_sandbox_remembers_every_key_that_debited(fault: Fault) -> None:
    town = Town(SANDBOX)

    send(town, "k", ending(fault, 60))
    town.clock.move(60)

    assert send(town, "k").status is Status.SUCCESS
    assert town.dollars(town.bob) == 100


def test_the_well_behaved_sandbox_says_of_a_pending_key_that_failed_that_it_failed() -> None:
    town = Town(SANDBOX)

    send(town, "k", ending(Fault.PENDING_FAILS, 60))
    assert send(town, "k").status is Status.PENDING
    town.clock.move(60)

    assert send(town, "k").status is Status.FAILURE
    assert town.dollars(town.bob) == 0


# --- errors ---


def test_flash_names_a_low_balance_and_little_else() -> None:
    town = Town(FLASH)
    bank, own = town.bank, town.usd(town.ana)
    invoice = bank.create_invoice(town.ana, own, 5)

    assert bank.pay_wallet(town.ana, own, town.usd(town.bob), 10_001).errors[0].code == "INSUFFICIENT_BALANCE"
    assert bank.pay_wallet(town.ana, own, own, 1).errors == (GENERIC_WALLET,)
    assert bank.pay_invoice(town.ana, own, invoice.bolt11).errors == (GENERIC_INVOICE,)
    assert bank.pay_invoice(town.ana, own, "lnbc1nonsense").errors == (GENERIC_INVOICE,)


def test_flash_says_the_same_of_an_invoice_after_the_debit_and_before_it() -> None:
    town = Town(FLASH)
    invoice = town.bank.outside_invoice(1_000)
    plan = ending(Fault.FAILED_AFTER_DEBIT)

    paid = town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11, plan=plan)

    assert (paid.status, paid.errors) == (Status.FAILURE, (GENERIC_INVOICE,))
    assert town.dollars(town.ana) < 10_000


def test_blink_names_what_is_wrong() -> None:
    town = Town(BLINK)
    own = town.usd(town.ana)

    assert town.bank.pay_wallet(town.ana, own, own, 1).errors[0].code == "CANT_PAY_SELF"
    assert town.bank.pay_invoice(town.ana, own, "lnbc1nonsense").errors[0].code == "INVOICE_DECODE_ERROR"


# --- the list ---


def test_flash_lists_neither_memo_nor_hash_nor_name_and_calls_everything_a_success() -> None:
    town = Town(FLASH)
    invoice = town.bank.outside_invoice(1_000, "coffee")
    source = town.btc(town.ana)
    town.bank.pay_invoice(town.ana, source, invoice.bolt11, memo="ours", plan=ending(Fault.PENDING_FAILS, 60))
    send(town, memo="#ref")
    town.clock.move(60)

    listed = town.bank.transactions(town.ana).transactions

    assert {transaction.status for transaction in listed} == {TxStatus.SUCCESS}
    for transaction in listed:
        assert (transaction.memo, transaction.hash, transaction.counterparty) == (None, "", None)
        assert (transaction.preimage, transaction.bolt11, transaction.counterparty_wallet) == (None, None, None)


def test_flash_tells_memo_and_hash_in_the_details_and_of_an_invoice_the_memo_of_the_invoice() -> None:
    town = Town(FLASH)
    invoice = town.bank.outside_invoice(1_000, "coffee")
    town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11, memo="ours")
    send(town, memo="#ref")
    sent, paid = town.bank.transactions(town.ana, 2).transactions[:2]

    details = town.bank.transaction(town.ana, paid.id)
    assert (details.memo, details.hash) == ("coffee", invoice.hash)
    details = town.bank.transaction(town.ana, sent.id)
    assert details.memo == "#ref"
    assert len(details.hash) == 64
    with pytest.raises(BankError, match="does not exist"):
        town.bank.transaction(town.bob, sent.id)
    with pytest.raises(BankError, match="does not exist"):
        town.bank.transaction(town.ana, "nothing")


def test_flash_ignores_after_and_gives_one_wallet_after_the_other() -> None:
    town = Town(FLASH)
    for _ in range(3):
        send(town)

    page = town.bank.transactions(town.ana, 2)

    assert [transaction.wallet for transaction in page.transactions] == [town.usd(town.ana)] * 2 + [town.btc(town.ana)]
    assert not page.has_next
    assert town.bank.transactions(town.ana, 2, after=page.transactions[1].id) == page
    assert town.bank.transactions(town.ana, 2, after="nonsense") == page


def test_flash_calls_a_payment_inside_lightning() -> None:
    town = Town(FLASH)

    payment = send(town)

    assert payment.transaction is not None
    assert (payment.transaction.initiation, payment.transaction.settlement) == (Via.LIGHTNING, Via.LIGHTNING)
    assert [(update.account, update.notice) for update in town.updates] == [(town.bob, Notice.LIGHTNING)]


def test_flash_does_not_convert() -> None:
    town = Town(FLASH)

    payment = town.bank.pay_wallet(town.ana, town.usd(town.ana), town.btc(town.bob), 100)

    assert payment.errors[0].code == "INVALID_INPUT"


@pytest.mark.parametrize("profile", [BLINK, SANDBOX])
def test_the_others_list_everything_newest_first_page_by_page(profile: Profile) -> None:
    town = Town(profile)
    for number in range(5):
        send(town, memo=f"#{number}")

    first = town.bank.transactions(town.ana, 3)
    second = town.bank.transactions(town.ana, 3, after=first.transactions[-1].id)
    third = town.bank.transactions(town.ana, 3, after=second.transactions[-1].id)

    assert [transaction.memo for transaction in first.transactions] == ["#4", "#3", "#2"]
    assert [transaction.memo for transaction in second.transactions] == ["#1", "#0", None]
    assert (first.has_next, second.has_next, third.has_next) == (True, True, False)
    assert len(third.transactions) == 1
    with pytest.raises(BankError, match="cursor"):
        town.bank.transactions(town.ana, 3, after=town.bank.transactions(town.bob).transactions[0].id)


@pytest.mark.parametrize("profile", PROFILES.values())
def test_the_list_can_be_empty_when_what_is_behind_it_fails(profile: Profile) -> None:
    town = Town(profile)
    send(town)

    assert town.bank.transactions(town.ana, plan=Plan(empty_list=True)).transactions == ()


def test_the_list_can_be_without_memos() -> None:
    town = Town(BLINK)
    send(town, memo="#ref")

    newest = town.bank.transactions(town.ana, plan=Plan(no_memos=True)).transactions[0]

    assert newest.memo is None
    assert newest.amount == -100


def test_a_page_is_never_longer_than_a_hundred() -> None:
    town = Town(BLINK)
    for _ in range(99):
        town.bank.deposit(town.usd(town.bob), 1)
        town.bank.deposit(town.btc(town.bob), 1)

    assert len(town.bank.transactions(town.bob, 1_000).transactions) == 100
    assert town.bank.transactions(town.bob, -1).transactions == ()
