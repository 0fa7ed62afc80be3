"""Services that give invoices: asked over https alone, and believed in nothing."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from bech32 import bech32_encode, convertbits
from hypothesis import given
from hypothesis import strategies as st
from tests.support.wallet import bolt11 as strangers

from whinchat.apps.wallet.lnurl import LONGEST_COMMENT, Offer, Services, address_url, decode_lnurl, host
from whinchat.apps.wallet.money import Money, sats
from whinchat.apps.wallet.refusals import Unpayable
from whinchat.core.ports import FetchFault
from whinchat.testing.fetcher import FakeFetcher

NOW = 1_800_000_000_000
URL = "https://pay.example/.well-known/lnurlp/alice"
CALLBACK = "https://pay.example/invoice"
METADATA = '[["text/plain", "Coffee for Alice"], ["text/identifier", "alice@pay.example"]]'
ASKED = sats(1000)


class World:
    """A service that does as it should, but for what a test changes."""

    def __init__(self) -> None:
        self.web = FakeFetcher()
        self.services = Services(self.web)
        self.offers()

    def offers(self, **changes: Any) -> None:
        told: dict[str, Any] = {
            "callback": CALLBACK,
            "minSendable": 1000,
            "maxSendable": 100_000_000,
            "metadata": METADATA,
            "tag": "payRequest",
        }
        self.web.page(URL, json.dumps(told | changes))

    def answers(self, url: str, **told: Any) -> None:
        self.web.page(url, json.dumps(told))

    async def refused(self, url: str = URL) -> Unpayable:
        with pytest.raises(Unpayable) as refusal:
            await self.services.offer(url)
        return refusal.value

    async def pay(self, amount: Money, comment: str = "", network: str = "bc") -> Any:
        offer = await self.services.offer(URL)
        return await self.services.invoice(offer, amount, comment, network, NOW)

    async def pay_refused(self, amount: Money = ASKED, comment: str = "") -> Unpayable:
        with pytest.raises(Unpayable) as refusal:
            await self.pay(amount, comment)
        return refusal.value


@pytest.fixture
def world() -> World:
    return World()


# --- where a service is -------------------------------------------------------------------------------------------


def lnurl(url: bytes) -> str:
    return bech32_encode("lnurl", convertbits(url, 8, 5) or [])


def test_an_address_is_a_place_on_the_web() -> None:
    assert address_url("alice@pay.example") == URL
    assert address_url("a.b-c_d+tag@pay.example") == "https://pay.example/.well-known/lnurlp/a.b-c_d+tag"


@pytest.mark.parametrize(
    "given",
    ["alice", "@pay.example", "alice@", "a@b@c", "alice@pay.example:8443", "al/ice@pay.example", "alice@pay.example/x"],
)
def test_what_is_no_address(given: str) -> None:
    with pytest.raises(Unpayable) as refusal:
        address_url(given)
    assert refusal.value.key == "wallet.lnurl.address"


def test_the_example_of_the_specification_is_read() -> None:
    encoded = (
        "LNURL1DP68GURN8GHJ7UM9WFMXJCM99E3K7MF0V9CXJ0M385EKVCENXC6R2C35XVUKXEFCV5MKVV34X5EKZD3EV56NYD3HXQURZEPEXEJXXEPNX"
        "SCRVWFNV9NXZCN9XQ6XYEFHVGCXXCMYXYMNSERXFQ5FNS"
    )
    url = "https://service.com/api?q=3fc3645b439ce8e7f2553a69e5267081d96dcd340693afabe04be7b0ccd178df"
    assert decode_lnurl(encoded) == url
    assert decode_lnurl(encoded.lower()) == url


@pytest.mark.parametrize(
    "given",
    [
        "",
        "lnurl1",
        "lnbc1qqq",
        lnurl(b"\xff\xfe"),
        lnurl(b"https://x.example/").upper()[:-1] + "q",
        "lnurl1" + "q" * 3000,
    ],
)
def test_what_is_no_lnurl(given: str) -> None:
    with pytest.raises(Unpayable) as refusal:
        decode_lnurl(given)
    assert refusal.value.key == "wallet.lnurl.unreadable"


@given(st.text(max_size=200))
def test_any_text_is_an_lnurl_or_refused(text: str) -> None:
    for each in (text, f"lnurl1{text}"):
        with suppress(Unpayable):
            assert isinstance(decode_lnurl(each), str)


# --- what it offers -----------------------------------------------------------------------------------------------


async def test_an_offer_is_read(world: World) -> None:
    offer = await world.services.offer(URL)
    assert (offer.least, offer.most, offer.purpose) == (sats(1), sats(100_000), "Coffee for Alice")


async def test_limits_are_whole_satoshis_within_the_offer(world: World) -> None:
    world.offers(minSendable=1500, maxSendable=9999)
    offer = await world.services.offer(URL)
    assert (offer.least, offer.most) == (sats(2), sats(9))


async def test_numbers_may_be_written_in_other_ways(world: World) -> None:
    world.offers(minSendable="1000", maxSendable=2e6, commentAllowed=None)
    assert (await world.services.offer(URL)).most == sats(2000)


@pytest.mark.parametrize("metadata", ["", "nonsense", "{}", '[["text/plain", 5]]', "[1]", '[["text/html", "x"]]'])
async def test_a_purpose_that_cannot_be_read_is_not_shown(world: World, metadata: str) -> None:
    world.offers(metadata=metadata)
    assert (await world.services.offer(URL)).purpose == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"tag": "withdrawRequest"},
        {"tag": None},
        {"minSendable": 0},
        {"minSendable": 2000, "maxSendable": 1000},
        {"maxSendable": "much"},
        {"metadata": None},
        {"callback": 5},
    ],
)
async def test_what_is_no_offer_to_pay(world: World, changes: dict[str, Any]) -> None:
    world.offers(**changes)
    refusal = await world.refused()
    assert (refusal.key, refusal.values) == ("wallet.lnurl.no_offer", {"host": "pay.example"})


@pytest.mark.parametrize("body", ["", "<html>", "[" * 100_000, '"\\ud800"', '{"callback": "https'])
async def test_what_is_no_answer_at_all(world: World, body: str) -> None:
    world.web.page(URL, body)
    assert (await world.refused()).key == "wallet.lnurl.no_offer"


async def test_a_service_that_refuses_says_why(world: World) -> None:
    world.answers(URL, status="ERROR", reason="Account closed. " + "x" * 500)
    refusal = await world.refused()
    assert refusal.key == "wallet.lnurl.refused"
    assert str(refusal.values["reason"]).startswith("Account closed.")
    assert len(str(refusal.values["reason"])) == 120


# --- what is asked, and what is not -------------------------------------------------------------------------------


async def test_without_the_internet_nothing_is_asked() -> None:
    with pytest.raises(Unpayable) as refusal:
        await Services(None).offer(URL)
    assert refusal.value.key == "wallet.lnurl.offline"


@pytest.mark.parametrize(
    "url",
    [
        "http://pay.example/x",
        "https://abc.onion/x",
        "https://abc.onion./x",
        "https://ABC.ONION/x",
        "https://abc.%6fnion/x",
        "https://pay.example\\@evil.example/",
        "https://me@pay.example/",
        "https://pay.example/a b",
        "https://pаy.example/",
        "https://[::1]/",
        "ftp://pay.example/",
        "https://pay.example/" + "x" * 4096,
        "https://",
    ],
)
async def test_no_other_address_is_asked(world: World, url: str) -> None:
    assert (await world.refused(url)).key == "wallet.lnurl.unsafe"
    assert world.web.visited == []


async def test_redirects_are_looked_at_alike(world: World) -> None:
    world.web.leads("https://a.example/", URL)
    assert (await world.services.offer("https://a.example/")).purpose == "Coffee for Alice"
    world.web.leads("https://b.example/", "http://pay.example/")
    assert (await world.refused("https://b.example/")).key == "wallet.lnurl.unsafe"
    world.web.leads("https://c.example/", "https://abc.onion/")
    assert (await world.refused("https://c.example/")).key == "wallet.lnurl.unsafe"


async def test_the_callback_is_looked_at_alike(world: World) -> None:
    world.offers(callback="http://pay.example/invoice")
    assert (await world.pay_refused()).key == "wallet.lnurl.unsafe"
    world.offers(callback="https://abc.onion/invoice")
    assert (await world.pay_refused()).key == "wallet.lnurl.unsafe"


async def test_nobody_there(world: World) -> None:
    world.web.page(URL, fault=FetchFault.ADDRESS)
    refusal = await world.refused()
    assert (refusal.key, refusal.values) == ("wallet.lnurl.no_answer", {"host": "pay.example"})


# --- the invoice --------------------------------------------------------------------------------------------------


async def test_an_invoice_over_the_amount_with_the_hash_of_the_offer(world: World) -> None:
    text = strangers.invoice(NOW, msat=1_000_000, metadata=METADATA)
    world.answers(f"{CALLBACK}?amount=1000000", pr=text, routes=[])
    invoice = await world.pay(sats(1000))
    assert (invoice.text, invoice.amount) == (text, sats(1000))


async def test_an_amount_outside_the_offer_is_not_asked_for(world: World) -> None:
    world.offers(minSendable=5_000, maxSendable=9_999)
    for amount, key, bound in ((4, "too_little", "5 sats"), (10, "too_much", "9 sats")):
        refusal = await world.pay_refused(sats(amount))
        assert (refusal.key, refusal.values) == (f"wallet.lnurl.{key}", {"amount": bound})
    assert world.web.visited == [URL, URL]


async def test_another_amount_than_asked_for_is_refused(world: World) -> None:
    for msat in (999_999, 1_000_001, 2_000_000, None):
        text = strangers.invoice(NOW, msat=msat, metadata=METADATA)
        world.answers(f"{CALLBACK}?amount=1000000", pr=text)
        assert (await world.pay_refused()).key == "wallet.lnurl.other_amount"


async def test_another_purpose_than_offered_is_refused(world: World) -> None:
    for text in (strangers.invoice(NOW, metadata=METADATA + " "), strangers.invoice(NOW, description=METADATA)):
        world.answers(f"{CALLBACK}?amount=1000000", pr=text)
        assert (await world.pay_refused()).key == "wallet.lnurl.other_purpose"


async def test_an_invoice_of_another_network_or_time_is_refused(world: World) -> None:
    for text, key in (
        (strangers.invoice(NOW, metadata=METADATA, network="tb"), "network"),
        (strangers.invoice(NOW - 7_200_000, metadata=METADATA), "expired"),
        ("lnbc1nonsense", "unreadable"),
    ):
        world.answers(f"{CALLBACK}?amount=1000000", pr=text)
        assert (await world.pay_refused()).key == f"wallet.invoice.{key}"


async def test_a_refusal_in_place_of_an_invoice(world: World) -> None:
    world.answers(f"{CALLBACK}?amount=1000000", status="ERROR", reason="Too busy")
    assert (await world.pay_refused()).key == "wallet.lnurl.refused"
    world.answers(f"{CALLBACK}?amount=1000000", routes=[])
    assert (await world.pay_refused()).key == "wallet.lnurl.no_offer"


async def test_a_comment_goes_along_as_far_as_it_is_wanted(world: World) -> None:
    text = strangers.invoice(NOW, metadata=METADATA)
    world.offers(callback=f"{CALLBACK}?id=7#top", commentAllowed=8)
    world.answers(f"{CALLBACK}?id=7&amount=1000000&comment=a%26b%3D%C3%A9%20%231", pr=text)
    assert (await world.pay(sats(1000), "a&b=é #11 and more")).text == text
    world.answers(f"{CALLBACK}?id=7&amount=1000000", pr=text)
    assert (await world.pay(sats(1000))).text == text


async def test_an_unwanted_comment_stays_here(world: World) -> None:
    for allowed in (None, 0, -5):
        world.offers(commentAllowed=allowed)
        world.answers(f"{CALLBACK}?amount=1000000", pr=strangers.invoice(NOW, metadata=METADATA))
        await world.pay(sats(1000), "for Alice")
    world.offers(commentAllowed=10**9)
    await world.pay_refused(comment="x" * 900)
    assert world.web.visited[-1] == f"{CALLBACK}?amount=1000000&comment={'x' * LONGEST_COMMENT}"


def test_hosts_are_read_from_nothing_else() -> None:
    assert host("https://Pay.Example./x") == "pay.example"
    assert host("http://pay.example/x") == ""


@given(st.dictionaries(st.sampled_from(["callback", "minSendable", "tag", "status", "pr"]), st.integers() | st.text()))
async def test_whatever_a_service_says_is_an_offer_or_a_refusal(told: dict[str, Any]) -> None:
    world = World()
    world.offers(**told)
    with suppress(Unpayable):
        assert isinstance(await world.services.offer(URL), Offer)
