"""Payments as rows, against a model in plain Python of when they may change."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.support.wallet.payment_rows import ANA, Store, proposal, yes

from whinchat.apps.wallet.backend import PayeeWallet
from whinchat.apps.wallet.holds import LOCKDOWN, PAYOUTS, lift, put_on
from whinchat.apps.wallet.intent import Intent, Proposal, Rail, reference
from whinchat.apps.wallet.intents import shown
from whinchat.apps.wallet.money import Currency, usd
from whinchat.apps.wallet.transitions import (
    CANCEL,
    CONFIRM,
    DAY,
    DISMISS,
    DOUBT,
    DOUBTFUL,
    FAIL,
    FIND,
    GIVE_UP,
    LOOK,
    OPEN,
    PAY,
    RECORD,
    RESEND,
    RESERVING,
    RULE_FAILED,
    RULE_PAID,
    SUBMIT,
    State,
    Transition,
)
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Statement, Value

T = TypeVar("T")


# --- rows -------------------------------------------------------------------------------------------------------------


async def test_a_payment_is_read_back_as_it_was_written() -> None:
    store = Store()
    (drafted,) = await store.draft(proposal(500, "bob"))
    assert await store.intents.get(drafted.id) == drafted
    assert drafted.rail is Rail.WALLET
    assert drafted.proposal == proposal(500, "bob")
    assert drafted.memo == reference(drafted.id) == f"#{drafted.id}"
    assert await store.intents.get("nothing-like-it") is None


async def test_ids_codes_and_keys_are_random_and_codes_are_no_words_and_no_numbers() -> None:
    store = Store()
    drafted = [intent for _ in range(200) for intent in await store.draft(proposal(1, "bob"))]
    assert len({each.id for each in drafted}) == len({each.key for each in drafted}) == 200
    for each in drafted:
        assert len(each.id) == 10
        assert len(each.code) == 4
        assert not each.code.isdigit()
        assert not set(each.code) & set("AEIOU01")


def test_a_code_that_is_taken_is_not_given_again() -> None:
    first = Store().intents.draft(ANA, [proposal(1, "bob")], "en", pin=False)[0][0]
    second = Store().intents.draft(ANA, [proposal(1, "bob")], "en", pin=False, besides=[first.code])[0][0]
    assert second.code != first.code


async def test_nothing_that_names_people_or_money_ways_stands_in_the_clear() -> None:
    store = Store()
    await store.draft(proposal(500, "bob", invoice=True))
    (row,) = await store.database.fetch("SELECT * FROM wallet_intents")
    plain = [value for value in row[:-3] if isinstance(value, str | bytes)]
    assert not any("bob" in str(value) for value in plain)


async def test_an_invoice_shortens_the_time_to_confirm() -> None:
    store = Store()
    (drafted,) = await store.draft(proposal(500, "bob", invoice=True, lasts=store.clock.now() + 7000))
    assert drafted.expires_at == store.clock.now() + 7000


async def test_what_belongs_to_something_is_found_by_it() -> None:
    store = Store()
    asked = Proposal(
        purpose="request",
        source=PayeeWallet("usd-ana", Currency.USD),
        amount=usd(5),
        fee_limit=usd(0),
        cents=5,
        payee=proposal(5, "bob").payee,
        subject="request-1",
    )
    (drafted,) = await store.draft(asked)
    assert [each.id for each in await store.intents.of_subject("request-1")] == [drafted.id]
    assert await store.intents.of_subject("request-2") == []


async def test_the_receipt_shows_a_whole_showing_once() -> None:
    store = Store()
    first, second = await store.draft(proposal(1, "bob"), proposal(2, "eve"))
    (other,) = await store.draft(proposal(3, "eve"))
    await store.database.commit(Batch(shown(first.showing, 5)))
    await store.database.commit(Batch(shown(first.showing, 9)))
    states = [await store.intents.get(each.id) for each in (first, second, other)]
    assert [(each.state, each.shown_at) for each in states if each] == [
        (State.SHOWN, 5),
        (State.SHOWN, 5),
        (State.DRAFTED, None),
    ]


# --- conditions one by one --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"owner": "eve"}, "owner"),
        ({"chat": b"another"}, "owner"),
        ({"code": "B2B2"}, "code"),
        ({"payment_limit": 499}, "payment_limit"),
        ({"day_limit": 499}, "day_limit"),
    ],
)
async def test_each_condition_refuses_alone_and_has_its_name(other: dict[str, Value], reason: str) -> None:
    store = Store()
    (drafted,) = await store.draft(proposal(500, "bob"))
    args = {**yes(store.clock.now() + 1000, drafted.code), **other}
    assert await store.intents.obstacle(drafted, args) == reason
    assert not await store.change(CONFIRM, drafted, **args)
    assert await store.confirm(drafted)


async def test_a_bare_yes_means_the_only_thing_that_is_open() -> None:
    store = Store()
    (first,), (second,) = await store.draft(proposal(1, "bob")), await store.draft(proposal(2, "eve"))
    for each in (first, second):
        await store.database.commit(Batch(shown(each.showing, store.clock.now())))
    bare = yes(store.clock.now() + 1000, None)
    assert await store.intents.obstacle(first, bare) == "code"
    assert not await store.change(CONFIRM, first, **bare)
    await store.change(CANCEL, second, now=store.clock.now())
    assert await store.change(CONFIRM, first, **bare)


async def test_what_was_confirmed_half_a_minute_ago_is_not_submitted() -> None:
    store = Store()
    (drafted,) = await store.draft(proposal(1, "bob"))
    now = store.clock.now()
    assert await store.confirm(drafted, now=now)
    assert not await store.change(SUBMIT, drafted, now=now + 30_000)
    assert await store.change(SUBMIT, drafted, now=now + 29_999)


async def test_an_old_fee_counts_for_invoices_alone() -> None:
    store = Store()
    (wallet,), (invoice,) = await store.draft(proposal(1, "bob")), await store.draft(proposal(2, "eve", invoice=True))
    later = yes(store.clock.now() + 30_000, None)
    assert await store.intents.obstacle(invoice, {**later, "code": invoice.code}) == "stale"
    assert await store.intents.obstacle(wallet, {**later, "code": wallet.code}) is None
    store.clock.move(30)
    await store.database.commit(Batch((store.intents.probed(invoice),)))
    assert await store.intents.obstacle(invoice, {**later, "code": invoice.code}) is None


async def test_a_pin_that_is_asked_for_has_to_be_given() -> None:
    store = Store()
    (drafted,) = await store.draft(proposal(1, "bob"), pin=True)
    assert not await store.confirm(drafted)
    assert await store.confirm(drafted, pin=1)


@pytest.mark.parametrize("end", [FAIL, CANCEL])
async def test_what_did_not_leave_frees_its_invoice_and_its_share_of_the_day(end: Transition) -> None:
    store = Store()
    (first,), (second,) = (
        await store.draft(proposal(500, "bob", invoice=True)),
        await store.draft(proposal(501, "bob", invoice=True)),
    )
    now = store.clock.now()
    assert await store.confirm(first, day_limit=501)
    assert not await store.confirm(second, payment_limit=501, day_limit=1001)
    if end is FAIL:
        await store.change(SUBMIT, first, now=now)
        await store.change(FAIL, first, now=now, error="refused")
    else:
        await store.change(CANCEL, first, now=now)
    assert await store.confirm(second, payment_limit=501, day_limit=501)


async def test_the_database_itself_knows_one_live_payment_of_an_invoice() -> None:
    """Whatever the statements say: the unique index."""
    store = Store()
    for number in range(2):
        await store.draft(proposal(1 + number, "bob", invoice=True))
    both = Statement("UPDATE wallet_intents SET state = 'unknown'", {})
    with pytest.raises(Conflict):
        await store.database.commit(Batch((both,)))


# --- everything against a model ---------------------------------------------------------------------------------------


@dataclass
class Row:
    """What the model knows of a payment."""

    intent: Intent
    payee: str
    invoice: bool
    state: State = State.DRAFTED
    shown_at: int | None = None
    probed_at: int = 0
    confirmed_at: int | None = None
    submitting_at: int | None = None
    resend_until: int | None = None


class PaymentsMachine(RuleBasedStateMachine):
    """Any order of anything: the table does what the model does, and never more than the rules of money allow."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.store = Store()
        self.rows: list[Row] = []
        self.holds: set[str] = set()

    def teardown(self) -> None:
        self.loop.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @property
    def now(self) -> int:
        return self.store.clock.now()

    # --- what happens ---

    @rule(cents=st.sampled_from([100, 400, 600]), payee=st.sampled_from(["bob", "eve"]), invoice=st.booleans())
    def draft(self, cents: int, payee: str, invoice: bool) -> None:
        (intent,) = self.do(self.store.draft(proposal(cents, payee, invoice=invoice)))
        self.rows.append(Row(intent, payee, invoice, probed_at=self.now))

    @rule(seconds=st.sampled_from([0.4, 1, 20, 31, 301, 20 * 3600]))
    def time_passes(self, seconds: float) -> None:
        self.store.clock.move(seconds)

    @rule(name=st.sampled_from([LOCKDOWN, PAYOUTS]), on=st.booleans())
    def hold(self, name: str, on: bool) -> None:
        self.do(self.store.database.commit(Batch((put_on(name, self.now) if on else lift(name),))))
        (self.holds.add if on else self.holds.discard)(name)

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def show(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self.rows))
        self.do(self.store.database.commit(Batch(shown(row.intent.showing, self.now))))
        if row.state is State.DRAFTED:
            row.state, row.shown_at = State.SHOWN, self.now

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), coded=st.booleans(), limit=st.sampled_from([300, 500]))
    def confirm(self, data: st.DataObject, coded: bool, limit: int) -> None:
        row = data.draw(st.sampled_from(self.rows))
        args = {**yes(self.now, row.intent.code if coded else None), "payment_limit": limit}
        expected = self._confirmable(row, coded, limit)
        assert (self.do(self.store.intents.obstacle(row.intent, args)) is None) or not expected
        assert self.do(self.store.change(CONFIRM, row.intent, **args)) is expected
        if expected:
            row.state, row.confirmed_at = State.CONFIRMED, self.now

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), transition=st.sampled_from([CANCEL, DISMISS, PAY, FAIL, LOOK, RECORD, FIND, RULE_PAID]))
    def change(self, data: st.DataObject, transition: Transition) -> None:
        row = data.draw(st.sampled_from(self.rows))
        self._try(row, transition, {"now": self.now, "error": "x", "look_at": 0, "fee": 1})

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def submit(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self.rows))
        prompt = row.confirmed_at is not None and row.confirmed_at > self.now - 30_000
        if self._try(row, SUBMIT, {"now": self.now}, allowed=prompt and LOCKDOWN not in self.holds):
            row.submitting_at = self.now

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def doubt(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self.rows))
        until = self.now + 60_000
        if self._try(row, DOUBT, {"error": "x", "look_at": 0, "resend_until": until}):
            row.resend_until = until

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def resend(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self.rows))
        due = row.resend_until is not None and row.resend_until > self.now
        if self._try(row, RESEND, {"now": self.now}, allowed=due and LOCKDOWN not in self.holds):
            row.resend_until = None

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), transition=st.sampled_from([GIVE_UP, RULE_FAILED]))
    def give_up(self, data: st.DataObject, transition: Transition) -> None:
        row = data.draw(st.sampled_from(self.rows))
        long = row.submitting_at is not None and row.submitting_at <= self.now - DAY
        self._try(row, transition, {"now": self.now}, allowed=long or transition is RULE_FAILED)

    @rule()
    def sweep(self) -> None:
        self.do(self.store.database.commit(Batch(self.store.intents.sweep())))
        for row in self.rows:
            if row.state in OPEN and row.intent.expires_at <= self.now:
                row.state = State.EXPIRED
        week = self.now - 7 * DAY
        forgotten = {State.CANCELLED, State.EXPIRED}
        self.rows = [row for row in self.rows if row.state not in forgotten or row.intent.created_at >= week]

    # --- the model ---

    def _try(self, row: Row, transition: Transition, args: dict[str, Value], *, allowed: bool = True) -> bool:
        expected = row.state in transition.sources and allowed and not (transition is FIND and self._claimed(row))
        given = {name: value for name, value in args.items() if f":{name}" in transition.sql}
        assert self.do(self.store.change(transition, row.intent, **given)) is expected
        if expected:
            row.state = transition.target
            row.confirmed_at = self.now if transition is FIND else row.confirmed_at
        return expected

    def _others(self, row: Row) -> list[Row]:
        return [each for each in self.rows if each is not row]

    def _claimed(self, row: Row) -> bool:
        """Another payment of the invoice is alive or paid."""
        return row.invoice and any(each.invoice and each.state in RESERVING for each in self._others(row))

    def _confirmable(self, row: Row, coded: bool, limit: int) -> bool:
        others = self._others(row)
        alone = not any(each.state in OPEN and each.intent.expires_at > self.now for each in others)
        seen = row.shown_at is not None and row.shown_at < self.now // 1000 * 1000
        twin = any(
            each.payee == row.payee and each.intent.minor == row.intent.minor and each.state in DOUBTFUL
            for each in others
        )
        return (
            row.state in OPEN
            and (coded or (row.state is State.SHOWN and seen and alone))
            and row.intent.expires_at > self.now
            and LOCKDOWN not in self.holds
            and row.intent.cents <= limit
            and row.intent.cents + self._spent(others) <= ANA.day_limit
            and not twin
            and not self._claimed(row)
            and (not row.invoice or row.probed_at > self.now - 30_000)
        )

    def _spent(self, rows: list[Row]) -> int:
        return sum(
            each.intent.cents
            for each in rows
            if each.state in RESERVING and each.confirmed_at is not None and each.confirmed_at > self.now - DAY
        )

    # --- what always holds ---

    @invariant()
    def the_table_is_as_the_model_says(self) -> None:
        if hasattr(self, "rows"):
            rows = self.do(self.store.database.fetch("SELECT id, state FROM wallet_intents"))
            found = {str(name): state for name, state in rows}
            assert found == {row.intent.id: row.state for row in self.rows}
            assert self.do(self.store.intents.spent("sandbox", ANA.account)) == self._spent(self.rows)


TestPaymentsMachine = pytest.mark.unmeasured(PaymentsMachine.TestCase)
