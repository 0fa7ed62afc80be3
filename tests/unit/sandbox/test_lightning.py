"""Invoices as strings."""

from __future__ import annotations

import random
from contextlib import suppress
from hashlib import sha256

import bolt11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.wallet.town import Town

from whinchat.sandbox.lightning import MOST_SATOSHIS, issue, new_key, plain, public_key, understand
from whinchat.sandbox.records import BankError, Currency

NOW = 1_767_225_600_000
KEY = new_key(random.Random(1))


@given(
    satoshis=st.none() | st.integers(1, MOST_SATOSHIS),
    memo=st.text(st.characters(codec="utf-8"), max_size=120),
    seconds=st.integers(1, 10**6),
    seed=st.integers(0, 10**6),
)
def test_what_is_issued_is_understood(satoshis: int | None, memo: str, seconds: int, seed: int) -> None:
    issued = issue(random.Random(seed), KEY, satoshis=satoshis, memo=memo, now=NOW, seconds=seconds)

    decoded = understand(issued.bolt11)

    assert (decoded.satoshis, decoded.memo, decoded.hash) == (satoshis, memo, issued.hash)
    assert (decoded.created_at, decoded.expires_at) == (NOW, NOW + seconds * 1_000)
    assert (decoded.payee, decoded.network) == (public_key(KEY), "bcrt")
    assert sha256(bytes.fromhex(issued.preimage)).hexdigest() == issued.hash


def test_another_implementation_reads_them() -> None:
    issued = issue(random.Random(1), KEY, satoshis=123, memo="lunch", now=NOW, seconds=300)

    read = bolt11.decode(issued.bolt11, strict=True)

    assert (read.amount_msat, read.description, read.expiry, read.payment_secret) == (
        123_000,
        "lunch",
        300,
        issued.secret,
    )


def test_the_hash_of_a_description_takes_its_place() -> None:
    described = sha256(b"metadata").hexdigest()
    issued = issue(random.Random(1), KEY, satoshis=1, memo="", now=NOW, seconds=60, description_hash=described)

    assert bolt11.decode(issued.bolt11).description_hash == described
    assert understand(issued.bolt11).memo == ""


@pytest.mark.parametrize(
    ("satoshis", "memo"), [(0, ""), (-1, ""), (MOST_SATOSHIS + 1, ""), (1, "x" * 640), (1, "é" * 320)]
)
def test_what_does_not_fit_into_an_invoice_is_refused(satoshis: int, memo: str) -> None:
    with pytest.raises(BankError) as caught:
        issue(random.Random(1), KEY, satoshis=satoshis, memo=memo, now=NOW, seconds=60)
    assert caught.value.code == "INVALID_INPUT"


@given(st.data())
def test_a_changed_invoice_is_no_invoice_or_another_one(data: st.DataObject) -> None:
    issued = issue(random.Random(1), KEY, satoshis=123, memo="lunch", now=NOW, seconds=300)
    at = data.draw(st.integers(0, len(issued.bolt11) - 1))
    text = issued.bolt11[:at] + data.draw(st.characters()) + issued.bolt11[at + 1 :]

    with suppress(BankError):
        assert plain(text) == issued.bolt11 or understand(text).payee != public_key(KEY)


@given(st.text() | st.text("lnbc1023456789acdefghjklmnpqrstuvwxyz").map(lambda text: "lnbc1" + text))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(BankError) as caught:
        understand(text)
    assert caught.value.code == "INVOICE_DECODE_ERROR"


def test_copies_bring_capitals_and_a_scheme() -> None:
    assert plain(" LIGHTNING:LNBC1XY\n") == "lnbc1xy"


# --- the bank's own ---


def test_dollars_are_promised_for_five_minutes_and_bitcoin_for_hours() -> None:
    town = Town()

    def minutes(currency: Currency, asked: int | None) -> int:
        wallet = town.wallet(town.bob, currency).id
        invoice = town.bank.create_invoice(town.bob, wallet, 100, minutes=asked)
        assert town.bank.decode(invoice.bolt11).expires_at == invoice.expires_at
        return (invoice.expires_at - invoice.created_at) // 60_000

    assert [minutes(Currency.USD, asked) for asked in (None, 1, 5, 6, 0, -1)] == [5, 1, 5, 5, 5, 5]
    assert [minutes(Currency.BTC, asked) for asked in (None, 1, 1_440, 1_441)] == [240, 1, 1_440, 240]


def test_an_invoice_over_dollars_asks_for_what_they_are_worth() -> None:
    town = Town()
    invoice = town.bank.create_invoice(town.bob, town.usd(town.bob), 500)

    price = town.bank.price()
    assert invoice.satoshis is not None
    assert invoice.satoshis - 1 < 500 * 10**price.sat_offset / price.sat_base <= invoice.satoshis
    assert town.bank.decode(invoice.bolt11).satoshis == invoice.satoshis
    assert invoice.cents == 500
    assert invoice.paid_at is None


def test_invoices_are_found_by_hash_and_by_what_was_copied() -> None:
    town = Town()
    invoice = town.bank.create_invoice(town.bob, town.usd(town.bob), 500)
    outside = town.bank.outside_invoice(5)

    assert town.bank.invoice(invoice.hash) == invoice
    assert town.bank.invoice(f"LIGHTNING:{invoice.bolt11.upper()}") == invoice
    assert town.bank.invoice(outside.hash) == outside
    assert town.bank.invoice("lnbc1") is None
    assert town.bank.invoices() == (invoice,)


def test_one_invoices_for_oneself_only() -> None:
    town = Town()

    with pytest.raises(BankError, match="walletId"):
        town.bank.create_invoice(town.ana, town.usd(town.bob), 500)


def test_an_invoice_of_the_banks_node_that_it_does_not_know_is_not_paid() -> None:
    town, twin = Town(seed=2), Town(seed=2)
    invoice = twin.bank.create_invoice(twin.bob, twin.usd(twin.bob), 500)

    payment = town.bank.pay_invoice(town.ana, town.usd(town.ana), invoice.bolt11)

    assert payment.errors[0].code == "LIGHTNING_PAYMENT_ERROR"


def test_invoices_of_any_node_can_be_paid_but_of_no_other_network() -> None:
    town = Town()
    stranger = new_key(random.Random(7))
    issued = issue(random.Random(7), stranger, satoshis=1_000, memo="far away", now=town.clock.now(), seconds=60)

    payment = town.bank.pay_invoice(town.ana, town.btc(town.ana), issued.bolt11)
    assert payment.transaction is not None
    assert (payment.transaction.memo, payment.transaction.preimage) == ("far away", None)

    read = bolt11.decode(issue(random.Random(8), stranger, satoshis=1, memo="", now=NOW, seconds=60).bolt11)
    read.currency = "tb"
    test_net = bolt11.encode(read, private_key=stranger)
    assert town.bank.pay_invoice(town.ana, town.btc(town.ana), test_net).errors[0].code == "INVALID_INPUT"
