"""What may be done from behind the counter, and what the page shows of it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.support.wallet.teller import Teller, wallet

from whinchat.sandbox.api.application import Application
from whinchat.sandbox.api.desk import MOST_ACCOUNTS, Desk
from whinchat.sandbox.api.page import FAULTS, PARTS, Page, money
from whinchat.sandbox.faults import Fault
from whinchat.sandbox.profiles import FLASH
from whinchat.sandbox.records import BankError, Currency


class Counter:
    """The desk of a teller's bank, asked as JSON."""

    def __init__(self, teller: Teller) -> None:
        self.teller = teller
        self.desk = Desk(Application(teller.bank, teller.clock))

    async def do(self, operation: str, /, **given: Any) -> Any:
        done = await self.desk.perform(operation, json.dumps(given).encode())
        return msgspec.to_builtins(done)

    def parts(self) -> dict[str, str]:
        return Page().parts(self.desk.state(self.teller.clock.now()))


@pytest.fixture
def counter() -> Counter:
    return Counter(Teller())


async def test_accounts_are_opened_with_money_and_a_token(counter: Counter) -> None:
    opened = await counter.do("accounts", phone="+15550009", username="eve", dollars="12.34", satoshis=500)
    assert {each["currency"]: Decimal(each["balance"]) for each in opened["account"]["wallets"]} == {
        "USD": 1234,
        "BTC": 500,
    }
    assert counter.teller.bank.authenticate(opened["token"]) == opened["account"]["id"]
    assert "@eve" in counter.parts()["accounts"]
    with pytest.raises(BankError):
        await counter.do("accounts", phone="+15550009")


async def test_money_is_given_in_both_currencies(counter: Counter) -> None:
    await counter.do("deposit", account=counter.teller.bob.id, dollars=9.5, satoshis=7)
    bob = counter.teller.bob
    assert (counter.teller.balance(bob), counter.teller.balance(bob, Currency.BTC)) == (1_050, 7)


async def test_an_invoice_is_paid_from_outside(counter: Counter) -> None:
    bank, bob = counter.teller.bank, counter.teller.bob
    made = bank.create_invoice(bob.id, wallet(bob), 300, "pie")
    assert "pie" in counter.parts()["invoices"]
    await counter.do("pay", bolt11=f" lightning:{made.bolt11}")
    assert counter.teller.balance(bob) == 400
    assert "No invoice is open" in counter.parts()["invoices"]
    with pytest.raises(BankError):
        await counter.do("pay", bolt11=made.bolt11)


async def test_an_invoice_without_an_amount_is_paid_with_any(counter: Counter) -> None:
    bank, ana = counter.teller.bank, counter.teller.ana
    made = bank.create_invoice(ana.id, wallet(ana, Currency.BTC), None)
    assert "any amount" in counter.parts()["invoices"]
    await counter.do("pay", bolt11=made.bolt11, satoshis=123)
    assert counter.teller.balance(ana, Currency.BTC) == 50_123


async def test_other_wallets_give_invoices(counter: Counter) -> None:
    made = await counter.do("invoice", satoshis=21, memo="outside")
    assert counter.teller.bank.decode(made["bolt11"]).satoshis == 21


async def test_faults_are_switched_by_operation_scope_and_count(counter: Counter) -> None:
    switches = (await counter.do("fault", fault="drop_after", operation="me", count=1)).values()
    assert [(each["fault"], each["operation"], each["count"]) for each in switches] == [("drop_after", "me", 1)]
    await counter.do("fault", fault="drop_after", on=False)
    assert counter.teller.bank.faults.switches == {}
    paying = await counter.do("fault", fault="slow", scope="payments", seconds=3)
    assert {each["operation"] for each in paying.values()} == {
        "intraLedgerUsdPaymentSend",
        "intraLedgerPaymentSend",
        "lnInvoicePaymentSend",
        "lnNoAmountInvoicePaymentSend",
        "lnNoAmountUsdInvoicePaymentSend",
    }
    await counter.do("clear")
    (pending,) = (await counter.do("fault", fault="pending_fails", scope="reads")).values()
    assert pending["operation"] is None


async def test_every_fault_has_its_switch_on_the_page(counter: Counter) -> None:
    assert {fault for fault, _, _ in FAULTS} == set(Fault)
    await counter.do("fault", fault="busy")
    (line,) = (each for each in counter.parts()["faults"].splitlines() if "<input" in each and "checked" in each)
    assert 'data-fault="busy"' in line


async def test_sessions_end_and_are_opened(counter: Counter) -> None:
    token = (await counter.do("token", account=counter.teller.ana.id))["token"]
    await counter.do("expire", account=counter.teller.bob.id)
    assert counter.teller.bank.authenticate(token) == counter.teller.ana.id
    await counter.do("expire")
    with pytest.raises(BankError):
        counter.teller.bank.authenticate(token)
    assert await counter.do("cut") == {"done": True}


async def test_what_it_does_not_know_is_refused(counter: Counter) -> None:
    with pytest.raises(LookupError):
        await counter.do("rob")
    with pytest.raises(msgspec.ValidationError):
        await counter.do("deposit", account="x", euros=3)


async def test_the_page_tells_the_truth_where_the_list_does_not() -> None:
    counter = Counter(Teller(FLASH))
    await counter.teller.send(250, memo="lunch")
    drawn = counter.parts()["movements"]
    assert "lunch" in drawn
    assert "<b>@ana</b> to @bob" in drawn
    assert "−$2.50" in drawn


async def test_pending_payments_are_marked() -> None:
    counter = Counter(Teller())
    await counter.do("fault", fault="pending_settles", seconds=10)
    await counter.teller.send(250)
    assert "pending" in counter.parts()["movements"]


async def test_codes_are_shown_until_they_are_too_old(counter: Counter) -> None:
    bank = counter.teller.bank
    bank.send_code(counter.teller.service.id, "+15550001", "127.0.0.1")
    assert bank.messages()[0].code in counter.parts()["codes"]
    assert "expired" not in counter.parts()["codes"]
    counter.teller.clock.move(7 * 86_400)
    assert "expired" in counter.parts()["codes"]


async def test_what_strangers_wrote_stays_text(counter: Counter) -> None:
    bank, bob = counter.teller.bank, counter.teller.bob
    bank.create_invoice(bob.id, wallet(bob), 300, "<script>alert(1)</script>")
    await counter.teller.send(100, memo="<img src=x>")
    parts = counter.parts()
    assert set(parts) == set(PARTS)
    assert "<script" not in parts["invoices"]
    assert "<img" not in parts["movements"]


async def test_many_accounts_are_not_all_drawn(counter: Counter) -> None:
    for _ in range(MOST_ACCOUNTS):
        counter.teller.bank.open_account()
    drawn = counter.parts()["accounts"]
    assert "…and 3 more" in drawn
    assert f"account {counter.teller.bank.accounts()[-1].id[:8]}" in drawn
    assert "@ana" not in drawn


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (Decimal(123_456), Currency.USD, "$1,234.56"),
        (Decimal("-1.5"), Currency.USD, "−$0.0150"),
        (Decimal(-21_000), Currency.BTC, "−21,000 sats"),
    ],
)
def test_money_reads_as_people_write_it(amount: Decimal, currency: Currency, text: str) -> None:
    assert money(amount, currency) == text
