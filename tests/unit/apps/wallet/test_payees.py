"""From whom somebody names to what exactly would be paid."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs
from tests.support.wallet.payees import ADDRESS, ANA, BOB, Payer, member

from whinchat.apps.wallet.backend import BackendError, PayeeWallet, Price
from whinchat.apps.wallet.inside import NeedsEscrow
from whinchat.apps.wallet.intent import Rail
from whinchat.apps.wallet.money import Currency, Money, sats, usd
from whinchat.apps.wallet.payee import FrozenPayee, Payee, PayeeKind

BOB_BY_NAME, BOB_BY_USERNAME = Payee(PayeeKind.NAME, "bob"), Payee(PayeeKind.USERNAME, "bob")
BOB_BY_PHONE = Payee(PayeeKind.PHONE, BOB)
NOBODY = "+18765559999"
USD_WALLET, BTC_WALLET = PayeeWallet("usd-ana", Currency.USD), PayeeWallet("btc-ana", Currency.BTC)


@pytest.fixture
def payer() -> Payer:
    return Payer()


# --- people -------------------------------------------------------------------------------------------------------


async def test_a_username_is_asked_for_anew_each_time(payer: Payer) -> None:
    first = (await payer.pay(BOB_BY_USERNAME, usd(500), memo="lunch")).proposal
    assert first.payee == FrozenPayee(
        kind=PayeeKind.USERNAME,
        label="@bob, Flash user",
        key="wallet:usd-bob",
        named="username:bob",
        wallet="usd-bob",
        currency="USD",
    )
    assert (first.rail, first.source, first.amount, first.fee_limit) == (Rail.WALLET, USD_WALLET, usd(500), usd(0))
    assert (first.cents, first.memo, first.purpose, first.subject) == (500, "lunch", "send", None)
    await payer.pay(BOB_BY_USERNAME, usd(500))
    assert payer.backend.calls.count("default_wallet") == 2


async def test_a_word_is_a_contact_before_it_is_a_username(payer: Payer) -> None:
    alice = payer.backend.person("alice")
    assert (await payer.pay(Payee(PayeeKind.NAME, "alice"), usd(5))).proposal.payee.wallet == alice.wallet().id
    await payer.contact("Alice", BOB)
    resolved = await payer.pay(Payee(PayeeKind.NAME, "alice"), usd(5))
    assert resolved.proposal.payee.wallet == "usd-bob"
    assert resolved.proposal.payee.label == "your contact Alice, +1876…02"
    by_name = await payer.pay(Payee(PayeeKind.USERNAME, "alice"), usd(5))
    assert (by_name.proposal.payee.wallet, by_name.proposal.payee.label) == ("usd-alice", "@alice, Flash user")


async def test_the_beginning_of_a_contacts_name_is_asked_about(payer: Payer) -> None:
    await payer.contact("Bob Marley", NOBODY)
    await payer.contact("Bobby", NOBODY)
    assert await payer.refused(BOB_BY_NAME, usd(5)) == "payee.ambiguous"
    assert (await payer.pay(BOB_BY_USERNAME, usd(5))).proposal.payee.wallet == "usd-bob"
    await payer.contact("Bob", BOB)
    assert (await payer.pay(BOB_BY_NAME, usd(5))).proposal.payee.label == "your contact Bob, +1876…02"


async def test_nobody_of_that_name(payer: Payer) -> None:
    assert await payer.refused(Payee(PayeeKind.NAME, "menuhin"), usd(5)) == "payee.unknown_name"
    assert await payer.refused(Payee(PayeeKind.USERNAME, "menuhin"), usd(5)) == "payee.unknown_username"
    assert payer.backend.calls.count("default_wallet") == 2
    assert await payer.refused(Payee(PayeeKind.NAME, "mary ann"), usd(5)) == "payee.unknown_name"
    assert payer.backend.calls.count("default_wallet") == 2


async def test_a_phone_number_is_the_wallet_of_whoever_linked_it(payer: Payer) -> None:
    found = (await payer.pay(BOB_BY_PHONE, usd(500))).proposal.payee
    assert (found.wallet, found.label, found.named) == ("usd-bob", "+1876…02, Flash user", f"phone:{BOB}")


async def test_without_a_dollar_wallet_their_usual_one_is_paid(payer: Payer, monkeypatch: pytest.MonkeyPatch) -> None:
    me = await payer.backend.me(payer.bob.token)
    bitcoin = structs.replace(me, wallets=(me.wallets[1],), default_wallet="btc-bob")
    own = await payer.backend.me(payer.ana.token)

    async def asked(token: object) -> object:
        return own if token == payer.ana.token else bitcoin

    monkeypatch.setattr(payer.backend, "me", asked)
    found = (await payer.pay(BOB_BY_PHONE, usd(500))).proposal.payee
    assert (found.wallet, found.currency) == ("btc-bob", "BTC")
    bitcoin = structs.replace(bitcoin, wallets=())
    assert (await payer.hold(BOB_BY_PHONE, usd(500))).phone == BOB


@pytest.mark.parametrize(
    "payee", [Payee(PayeeKind.PHONE, ANA), Payee(PayeeKind.USERNAME, "ana"), Payee(PayeeKind.NAME, "me2")]
)
async def test_nobody_pays_themselves(payer: Payer, payee: Payee) -> None:
    await payer.contact("me2", ANA)
    assert await payer.refused(payee, usd(5)) == "payee.self"


async def test_for_somebody_without_an_account_money_can_only_be_held(payer: Payer) -> None:
    assert await payer.hold(Payee(PayeeKind.PHONE, NOBODY), usd(5)) == NeedsEscrow(NOBODY, "+1876…99")
    await payer.contact("Eve", NOBODY)
    found = await payer.hold(Payee(PayeeKind.NAME, "eve"), usd(5))
    assert found == NeedsEscrow(NOBODY, "your contact Eve, +1876…99")


async def test_who_is_not_signed_in_any_more_is_nobody(payer: Payer) -> None:
    await payer.backend.logout(payer.bob.token)
    assert (await payer.hold(BOB_BY_PHONE, usd(5))).phone == BOB


@pytest.mark.parametrize(("payee", "call"), [(BOB_BY_USERNAME, "default_wallet"), (BOB_BY_PHONE, "me")])
async def test_a_backend_that_does_not_answer_is_not_a_nobody(payer: Payer, payee: Payee, call: str) -> None:
    payer.backend.fail_next(call, times=2)
    with pytest.raises(BackendError):
        await payer.pay(payee, usd(5))


async def test_a_wallet_that_is_known_already_is_only_funded(payer: Payer) -> None:
    frozen = FrozenPayee(kind=PayeeKind.PHONE, label="custody", key="phone:1", wallet="usd-custody", currency="USD")
    found = await payer.payees.towards(payer.ana, frozen, usd(700), purpose="escrow", memo="for you", subject="e1")
    assert (found.proposal.payee, found.proposal.amount, found.proposal.subject) == (frozen, usd(700), "e1")
    assert "default_wallet" not in payer.backend.calls


# --- which wallet pays --------------------------------------------------------------------------------------------


async def test_satoshis_leave_the_bitcoin_wallet(payer: Payer) -> None:
    found = await payer.pay(BOB_BY_USERNAME, sats(1001))
    assert (found.proposal.source, found.proposal.amount, found.notes) == (BTC_WALLET, sats(1001), ())
    assert found.proposal.cents == 51  # of 50.05, rounded up


async def test_the_other_wallet_pays_where_one_does_not_reach_and_it_is_said(payer: Payer) -> None:
    ana = payer.backend.people["token-ana"]
    ana.balances |= {"usd-ana": 99, "btc-ana": 100_000}
    found = await payer.pay(BOB_BY_USERNAME, usd(101))
    assert (found.proposal.source, found.proposal.amount, found.proposal.cents) == (BTC_WALLET, sats(2020), 101)
    assert list(found.notes) == [
        "Your dollars are not enough for this, so it is paid from your bitcoin.",
        "The receiver gets $1.01.",
    ]
    ana.balances |= {"usd-ana": 99, "btc-ana": 100}
    payer.reads.moved("ana")
    found = await payer.pay(BOB_BY_USERNAME, sats(1001))
    assert (found.proposal.source, found.proposal.amount) == (USD_WALLET, usd(51))
    assert "it is paid from your dollars" in found.notes[0]


async def test_not_enough_is_said_only_of_what_is_there_now(payer: Payer) -> None:
    ana = payer.backend.people["token-ana"]
    ana.balances |= {"usd-ana": 99, "btc-ana": 10}
    assert await payer.refused(BOB_BY_USERNAME, usd(101)) == "send.insufficient"
    ana.balances["usd-ana"] = 500
    payer.clock.move(2)
    before = payer.backend.calls.count("me")
    assert (await payer.pay(BOB_BY_USERNAME, usd(101))).proposal.source == USD_WALLET
    assert payer.backend.calls.count("me") == before + 1


async def test_without_a_price_dollars_still_pay_dollars(payer: Payer) -> None:
    payer.backend.fail_next("price", times=10)
    assert (await payer.pay(BOB_BY_USERNAME, usd(500))).proposal.cents == 500
    assert await payer.refused(BOB_BY_USERNAME, sats(500)) == "send.no_price"
    assert await payer.refused(BOB_BY_USERNAME, usd(500_00)) == "send.no_price"
    payer.backend.people["token-ana"].balances["btc-ana"] = 0
    payer.reads.moved("ana")
    assert await payer.refused(BOB_BY_USERNAME, usd(500_00)) == "send.insufficient"


@pytest.mark.parametrize(("sat", "cent"), [("0", "1"), ("0.05", "0"), ("-1", "1")])
async def test_a_price_of_nothing_is_none(payer: Payer, sat: str, cent: str) -> None:
    payer.backend.prices["USD"] = Price(currency="USD", sat=Decimal(sat), usd_cent=Decimal(cent), time=0)
    assert await payer.refused(BOB_BY_USERNAME, sats(500)) == "send.no_price"


async def test_an_old_price_is_asked_for_again(payer: Payer) -> None:
    await payer.pay(BOB_BY_USERNAME, sats(1000))
    payer.backend.prices["USD"] = Price(currency="USD", sat=Decimal("0.06"), usd_cent=Decimal(1), time=0)
    payer.clock.move(121)
    assert (await payer.pay(BOB_BY_USERNAME, sats(1000))).proposal.cents == 60
    payer.clock.move(121)
    payer.backend.fail_next("price", times=10)
    assert await payer.refused(BOB_BY_USERNAME, sats(1000)) == "send.no_price"


async def test_a_balance_from_before_an_outage_pays_nothing(payer: Payer) -> None:
    await payer.pay(BOB_BY_USERNAME, usd(5))
    payer.clock.move(61)
    payer.backend.fail_next("me", times=10)
    with pytest.raises(BackendError):
        await payer.pay(BOB_BY_USERNAME, usd(5))


# --- at most two calls one after the other ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payee", "amount", "depth"),
    [
        (BOB_BY_USERNAME, usd(5), 1),
        (BOB_BY_NAME, sats(5), 1),
        (BOB_BY_PHONE, usd(5), 1),
        (BOB_BY_USERNAME, usd(101_00), 1),
        (ADDRESS, sats(1000), 2),
        (ADDRESS, usd(50), 2),
        (None, None, 2),
        (None, usd(50), 2),
    ],
)
async def test_at_most_two_calls_wait_for_each_other(
    payer: Payer, payee: Payee | None, amount: Money | None, depth: int
) -> None:
    payer.serves(1000)
    ana = payer.backend.people["token-ana"]
    ana.balances["btc-ana"] = 10_000_000
    await payer.pay(payee or payer.invoice(), amount)
    assert payer.backend.depth == depth


# --- who is new, who has moved ------------------------------------------------------------------------------------


async def test_a_contact_whose_wallet_is_another_one_says_so_until_it_is_paid(payer: Payer) -> None:
    friend = Payee(PayeeKind.NAME, "friend")
    await payer.contact("Friend", BOB)
    first = await payer.pay(friend, usd(5))
    assert first.proposal.payee.warning == ""
    await payer.settle(first)
    assert (await payer.pay(friend, usd(6))).proposal.payee.warning == ""
    alice = payer.backend.person("alice", phone=NOBODY)
    payer.linked[NOBODY] = member("alice", NOBODY, token=alice.token)
    await payer.contact("Friend", NOBODY)
    moved = await payer.pay(friend, usd(5))
    assert (moved.proposal.payee.wallet, moved.proposal.payee.warning) == ("usd-alice", "wallet.payee.moved")
    assert (await payer.pay(friend, usd(5))) == moved
    await payer.settle(moved)
    assert (await payer.pay(friend, usd(5))).proposal.payee.warning == ""


async def test_a_username_that_became_somebody_elses_says_so(payer: Payer) -> None:
    await payer.settle(await payer.pay(BOB_BY_USERNAME, usd(5)))
    payer.bob.username = "robert"
    payer.backend.person("eve").username = "bob"
    assert (await payer.pay(BOB_BY_USERNAME, usd(5))).proposal.payee.warning == "wallet.payee.moved"


async def test_the_pin_is_for_large_amounts_to_somebody_new(payer: Payer) -> None:
    payer.ana = replace(payer.ana, has_pin=True)
    payer.backend.people["token-ana"].balances["usd-ana"] = 10_000_00
    small, large = usd(100_00), usd(100_01)
    assert not (await payer.pay(BOB_BY_USERNAME, small)).needs_pin
    resolved = await payer.pay(BOB_BY_USERNAME, large)
    assert resolved.needs_pin
    await payer.settle(resolved)
    assert not (await payer.pay(BOB_BY_USERNAME, large)).needs_pin
    # The same wallet under another name is nobody new.
    assert not (await payer.pay(BOB_BY_PHONE, large)).needs_pin
    payer.backend.person("eve").username, payer.bob.username = "bob", "robert"
    assert (await payer.pay(BOB_BY_USERNAME, large)).needs_pin
    payer.ana = replace(payer.ana, has_pin=False)
    assert not (await payer.pay(BOB_BY_USERNAME, large)).needs_pin


async def test_whoever_is_paid_by_invoice_is_always_new(payer: Payer) -> None:
    payer.ana = replace(payer.ana, has_pin=True)
    payer.backend.people["token-ana"].balances["usd-ana"] = 10_000_00
    for preimage in ("one", "two"):
        resolved = await payer.pay(payer.invoice(msat=300_000_000, preimage=preimage), None)
        assert resolved.needs_pin
        await payer.settle(resolved)
    assert await payer.database.fetch("SELECT * FROM wallet_payees") == []


async def test_no_name_can_be_read_from_what_is_remembered(payer: Payer) -> None:
    await payer.settle(await payer.pay(BOB_BY_PHONE, usd(5)))
    rows = await payer.database.fetch("SELECT payee, wallet FROM wallet_payees")
    assert len(rows) == 2
    assert not any(BOB.encode() in bytes(each) for row in rows for each in row if isinstance(each, bytes))
