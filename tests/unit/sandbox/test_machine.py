"""Whatever people, the world outside and the switches do: the books balance."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from tests.support.wallet.town import Town

from whinchat.sandbox.faults import OF_PAYMENTS, Fault, Plan, Switch
from whinchat.sandbox.profiles import BLINK, FLASH, SANDBOX, Profile
from whinchat.sandbox.records import BankError, Currency, Payment, Status, TxStatus

AMOUNTS = st.sampled_from((1, 7, 100, 250, 999, 2_500, 2_500, 6_000, 0, Decimal("0.0025")))
SIDES = st.sampled_from([(person, currency) for person in (0, 0, 1) for currency in Currency])
KEYS = st.none() | st.sampled_from("abc")
RARELY = st.sampled_from((False,) * 7 + (True,))
HELD = (Fault.PENDING_SETTLES, Fault.PENDING_FAILS)
ENDINGS = st.builds(Switch, fault=st.sampled_from((*HELD * 4, *sorted(OF_PAYMENTS))), seconds=st.sampled_from((0, 30)))
PLANS = st.builds(Plan, reexecute=RARELY, payment=st.none() | ENDINGS)
KNOWN = {Status.SUCCESS: TxStatus.SUCCESS, Status.PENDING: TxStatus.PENDING}


class Books(RuleBasedStateMachine):
    """Ana and Bob pay each other, themselves, and the world."""

    invoices = Bundle("invoices")

    @initialize(profile=st.sampled_from((SANDBOX, BLINK, FLASH)))
    def the_bank_opens(self, profile: Profile) -> None:
        self.town = Town(profile)
        self.bank = self.town.bank
        self.people = (self.town.ana, self.town.bob)

    def wallet(self, side: tuple[int, Currency]) -> str:
        person, currency = side
        return self.town.wallet(self.people[person], currency).id

    def balances(self) -> list[Decimal]:
        return [self.town.wallet(person, currency).balance for person in self.people for currency in Currency]

    @rule(side=SIDES, amount=AMOUNTS)
    def money_comes_in(self, side: tuple[int, Currency], amount: Decimal | int) -> None:
        before = self.balances()
        try:
            received = self.bank.deposit(self.wallet(side), amount)
        except BankError:
            assert self.balances() == before
        else:
            assert received.amount == amount

    @rule(source=SIDES, goal=SIDES, amount=AMOUNTS, key=KEYS, plan=PLANS)
    def somebody_is_paid(
        self,
        source: tuple[int, Currency],
        goal: tuple[int, Currency],
        amount: Decimal | int,
        key: str | None,
        plan: Plan,
    ) -> None:
        before = self.balances()
        account = self.people[source[0]]
        answer = self.bank.pay_wallet(account, self.wallet(source), self.wallet(goal), amount, "m", key, plan)
        self.check(answer, plan, before)

    @rule(target=invoices, side=SIDES, amount=st.none() | AMOUNTS)
    def an_invoice_is_made(self, side: tuple[int, Currency], amount: Decimal | int | None) -> str:
        try:
            return self.bank.create_invoice(self.people[side[0]], self.wallet(side), amount).bolt11
        except BankError:
            return self.bank.outside_invoice(None).bolt11

    @rule(target=invoices, satoshis=st.sampled_from((None, 1, 999, 5_000, 20_000)))
    def an_invoice_comes_from_outside(self, satoshis: int | None) -> str:
        return self.bank.outside_invoice(satoshis).bolt11

    @rule(source=SIDES, bolt11=invoices, amount=AMOUNTS, wrong=RARELY, key=KEYS, plan=PLANS)
    def an_invoice_is_paid(
        self,
        source: tuple[int, Currency],
        bolt11: str,
        amount: Decimal | int,
        wrong: bool,
        key: str | None,
        plan: Plan,
    ) -> None:
        needed = (self.bank.decode(bolt11).satoshis is None) is not wrong
        before = self.balances()
        account = self.people[source[0]]
        answer = self.bank.pay_invoice(account, self.wallet(source), bolt11, amount if needed else None, "m", key, plan)
        self.check(answer, plan, before)

    @rule(bolt11=invoices, satoshis=st.sampled_from((None, None, 5_000, 0)))
    def an_invoice_is_paid_from_outside(self, bolt11: str, satoshis: int | None) -> None:
        before = self.balances()
        try:
            self.bank.pay_from_outside(bolt11, satoshis)
        except BankError:
            assert self.balances() == before

    @rule(seconds=st.sampled_from((1, 31, 31, 31, 301, 90_000)))
    def time_passes(self, seconds: int) -> None:
        self.town.clock.move(seconds)

    def check(self, answer: Payment, plan: Plan, before: list[Decimal]) -> None:
        """What was answered is what the record says; what is said to have failed moved nothing, but for the switch."""
        if answer.transaction and answer.status in KNOWN:
            record = self.bank.transaction(self.owner(answer.transaction.wallet), answer.transaction.id)
            settled_since = answer.status is Status.PENDING and record.status is TxStatus.SUCCESS
            assert settled_since or record.status in {KNOWN[answer.status], TxStatus.FAILURE}
        debited = plan.payment is not None and plan.payment.fault is Fault.FAILED_AFTER_DEBIT
        if answer.status in {Status.FAILURE, Status.ALREADY_PAID} and not debited:
            assert self.balances() == before

    def owner(self, wallet: str) -> str:
        return next(
            account.id for account in self.bank.accounts() if any(each.id == wallet for each in account.wallets)
        )

    @invariant()
    def the_books_balance(self) -> None:
        self.bank.check()

    @invariant()
    def nobody_owes(self) -> None:
        assert min(self.balances()) >= 0


TestBooks = pytest.mark.unmeasured(Books.TestCase)
