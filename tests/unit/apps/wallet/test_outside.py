"""What is paid over Lightning: what an invoice or a service says, and what paying it takes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bech32 import bech32_encode, convertbits
from tests.support.wallet.bolt11 import NODE
from tests.support.wallet.payees import ADDRESS, Payer

from whinchat.apps.wallet.backend import BackendError, PayeeWallet, Price
from whinchat.apps.wallet.intent import Rail
from whinchat.apps.wallet.money import Currency, Money, sats, usd
from whinchat.apps.wallet.payee import Payee, PayeeKind

USD_WALLET, BTC_WALLET = PayeeWallet("usd-ana", Currency.USD), PayeeWallet("btc-ana", Currency.BTC)


@pytest.fixture
def payer() -> Payer:
    return Payer()


# --- invoices -----------------------------------------------------------------------------------------------------


async def test_an_invoice_says_how_much_and_whom(payer: Payer) -> None:
    payer.backend.fee_minor = 2
    payee = payer.invoice()
    found = await payer.pay(payee, None)
    proposal = found.proposal
    assert (proposal.rail, proposal.source, proposal.amount) == (Rail.INVOICE, USD_WALLET, usd(50))
    assert (proposal.fee_limit, proposal.cents, proposal.invoice_amount) == (usd(2), 52, None)
    frozen = proposal.payee
    assert (frozen.bolt11, frozen.key, frozen.named) == (payee.text, f"node:{NODE}", "")
    assert frozen.expires_at == payer.clock.now() // 1000 * 1000 + 3600_000
    assert frozen.label.startswith("an invoice for “lunch” (Bitcoin mainnet, node 03e7156ae33b, valid until ")
    assert list(found.notes) == ["The receiver gets 1,000 sats."]


async def test_an_invoice_without_a_purpose(payer: Payer) -> None:
    found = await payer.pay(payer.invoice(metadata="{}"), None)
    assert found.proposal.payee.label.startswith("an invoice (Bitcoin mainnet, node 03e7156ae33b")


async def test_a_purpose_cannot_pretend_to_be_more(payer: Payer) -> None:
    told = "tea” (your contact Mum)\n" + "x" * 200
    label = (await payer.pay(payer.invoice(description=told), None)).proposal.payee.label
    assert label.startswith('an invoice for “tea" (your contact Mum) xxx')
    assert label.count("”") == 1
    assert len(label) < 200


async def test_who_names_satoshis_pays_an_invoice_in_bitcoin(payer: Payer) -> None:
    proposal = (await payer.pay(payer.invoice(), sats(1000))).proposal
    assert (proposal.source, proposal.amount, proposal.cents) == (BTC_WALLET, sats(1000), 50)


@pytest.mark.parametrize("amount", [sats(999), sats(1001), usd(48), usd(52)])
async def test_another_amount_than_the_invoices_is_refused(payer: Payer, amount: Money) -> None:
    assert await payer.refused(payer.invoice(), amount) == "invoice.other_amount"


@pytest.mark.parametrize("amount", [usd(49), usd(50), usd(51)])
async def test_dollars_are_compared_by_about_the_price(payer: Payer, amount: Money) -> None:
    assert (await payer.pay(payer.invoice(), amount)).proposal.amount == usd(50)
    large = payer.invoice(msat=100_000_000)
    payer.backend.people["token-ana"].balances["usd-ana"] = 10_000_00
    assert (await payer.pay(large, Money(Currency.USD, 5100))).proposal.amount == usd(5000)
    assert await payer.refused(large, Money(Currency.USD, 5103)) == "invoice.other_amount"


async def test_an_invoice_without_an_amount_needs_one(payer: Payer) -> None:
    payee = payer.invoice(None)
    assert await payer.refused(payee, None) == "invoice.needs_amount"
    in_dollars = (await payer.pay(payee, usd(250))).proposal
    assert (in_dollars.source, in_dollars.amount, in_dollars.invoice_amount) == (USD_WALLET, usd(250), usd(250))
    in_bitcoin = (await payer.pay(payee, sats(700))).proposal
    assert (in_bitcoin.source, in_bitcoin.amount, in_bitcoin.invoice_amount) == (BTC_WALLET, sats(700), sats(700))


async def test_the_fee_has_to_be_there_too(payer: Payer) -> None:
    payer.backend.people["token-ana"].balances["usd-ana"] = 51
    payer.backend.fee_minor = 2
    assert await payer.refused(payer.invoice(), None) == "send.fee_too_much"
    payer.backend.fee_minor = 1
    assert (await payer.pay(payer.invoice(), None)).proposal.cents == 51


async def test_an_invoice_that_nobody_can_be_found_for(payer: Payer) -> None:
    payer.backend.fail_next("fee", BackendError("no route", code="rejected"))
    assert await payer.refused(payer.invoice(), None) == "invoice.no_route"
    payer.backend.fail_next("fee")
    with pytest.raises(BackendError):
        await payer.pay(payer.invoice(), None)


async def test_what_is_wrong_with_an_invoice_costs_no_call(payer: Payer) -> None:
    assert await payer.refused(payer.invoice(network="bcrt"), None) == "invoice.network"
    assert await payer.refused(Payee(PayeeKind.INVOICE, "lnbc1nonsense"), None) == "invoice.unreadable"
    expired = payer.invoice()
    payer.clock.move(3601)
    assert await payer.refused(expired, None) == "invoice.expired"
    assert payer.backend.calls == []


# --- services -----------------------------------------------------------------------------------------------------


async def test_dollars_for_a_lightning_address_are_turned_into_satoshis(payer: Payer) -> None:
    payer.serves(2020, commentAllowed=3)
    payer.web.leads(
        "https://pay.example/invoice?amount=2020000&comment=tea", "https://pay.example/invoice?amount=2020000"
    )
    found = await payer.pay(ADDRESS, usd(101), memo="tea time")
    proposal = found.proposal
    assert (proposal.rail, proposal.source, proposal.amount, proposal.cents) == (
        Rail.INVOICE,
        USD_WALLET,
        usd(101),
        101,
    )
    assert proposal.invoice_amount is None
    frozen = proposal.payee
    assert (frozen.key, frozen.named) == ("address:alice@pay.example", "address:alice@pay.example")
    assert (frozen.label, frozen.bolt11[:4]) == ("Lightning address alice@pay.example", "lnbc")
    assert list(found.notes) == ["The receiver gets 2,020 sats."]


async def test_fractions_of_a_satoshi_are_not_asked_for(payer: Payer) -> None:
    payer.backend.prices["USD"] = Price(currency="USD", sat=Decimal("0.07"), usd_cent=Decimal(1), time=0)
    payer.serves(142)
    assert (await payer.pay(ADDRESS, usd(10))).proposal.amount == usd(10)  # 142 of them cost 9.94 cents


async def test_an_lnurl_shows_its_service(payer: Payer) -> None:
    text = bech32_encode("lnurl", convertbits(b"https://pay.example/x", 8, 5) or [])
    payer.serves(1000, url="https://pay.example/x")
    found = await payer.pay(Payee(PayeeKind.LNURL, text), sats(1000))
    assert found.proposal.payee.label == "a service at pay.example, for “Coffee for Alice”"
    assert (found.proposal.payee.named, found.notes) == ("lnurl:https://pay.example/x", ())
    assert await payer.refused(Payee(PayeeKind.LNURL, text), None) == "lnurl.needs_amount"
    payer.serves(1000, url="https://pay.example/x", minSendable=1_000_000, maxSendable=1_000_000)
    assert (await payer.pay(Payee(PayeeKind.LNURL, text), None)).proposal.source == USD_WALLET


async def test_a_service_without_a_purpose(payer: Payer) -> None:
    text = bech32_encode("lnurl", convertbits(b"https://pay.example/x", 8, 5) or [])
    payer.serves(1000, url="https://pay.example/x", metadata="[]")
    found = await payer.pay(Payee(PayeeKind.LNURL, text), sats(1000))
    assert found.proposal.payee.label == "a service at pay.example"


async def test_a_service_is_asked_for_no_invoice_that_cannot_be_paid(payer: Payer) -> None:
    payer.serves(1000)
    payer.backend.people["token-ana"].balances = {"usd-ana": 1, "btc-ana": 1}
    assert await payer.refused(ADDRESS, sats(1000)) == "send.insufficient"
    assert payer.web.visited == ["https://pay.example/.well-known/lnurlp/alice"]


async def test_offline_there_are_no_services(payer: Payer) -> None:
    assert await Payer(offline=True).refused(ADDRESS, sats(1000)) == "lnurl.offline"
