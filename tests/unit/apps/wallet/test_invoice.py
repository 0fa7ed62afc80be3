"""Invoices of strangers: what they say, and what is wrong with them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from bech32 import CHARSET, bech32_decode, bech32_encode
from hypothesis import given
from hypothesis import strategies as st
from tests.support.wallet import bolt11 as strangers
from tests.support.wallet.bolt11 import NODE

from whinchat.apps.wallet.invoice import LONGEST, LONGEST_LIFE, Decoded, decode
from whinchat.apps.wallet.money import sats
from whinchat.apps.wallet.refusals import Unpayable

NOW = 1_496_314_658_000
"""When the specification's examples were made."""
VECTORS = tomllib.loads((Path(strangers.__file__).parent / "bolt11.toml").read_text())
GOOD, BAD = VECTORS["good"], VECTORS["bad"]


def refusal(text: str, network: str = "bc", now: int = NOW) -> str:
    with pytest.raises(Unpayable) as refused:
        decode(text, network, now)
    return refused.value.key


# --- what they say ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
def test_the_examples_of_the_specification_are_read(name: str) -> None:
    read = decode(GOOD[name], "bc", NOW)
    assert read.text == GOOD[name].lower()
    assert read.node == NODE
    assert len(read.hash) == 64
    assert (read.description is None) != (read.description_hash is None)


def test_amount_purpose_and_expiry() -> None:
    coffee = decode(GOOD["an amount, a minute"], "bc", NOW)
    assert (coffee.amount, coffee.description, coffee.expires_at) == (sats(250_000), "1 cup coffee", NOW + 60_000)
    cake = decode(GOOD["a hashed description"], "bc", NOW)
    assert (cake.amount, cake.description) == (sats(2_000_000), None)
    assert cake.description_hash == "3925b6f67e2c340036ed12093dd44e0368df1b6ea26c53dbe4811f58fd5db8c1"
    assert decode(GOOD["any amount"], "bc", NOW).amount is None


def test_whoever_signed_is_the_node_that_is_paid() -> None:
    assert decode(strangers.invoice(NOW), "bc", NOW).node == NODE


def test_a_fraction_of_a_satoshi_costs_a_whole_one() -> None:
    read = decode(GOOD["picobitcoin"], "bc", NOW)
    assert (read.msat, read.amount) == (967_878_534, sats(967_879))
    assert decode(strangers.invoice(NOW, msat=1), "bc", NOW).amount == sats(1)


# --- what is wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BAD)
def test_the_bad_examples_of_the_specification_are_refused(name: str) -> None:
    assert refusal(BAD[name]) == "wallet.invoice.unreadable"


def test_another_network_is_refused() -> None:
    (testnet,) = VECTORS["testnet"].values()
    assert refusal(testnet) == "wallet.invoice.network"
    ours = strangers.invoice(NOW, network="bcrt")
    assert refusal(ours) == "wallet.invoice.network"
    assert decode(ours, "bcrt", NOW).amount == sats(1000)
    assert refusal(GOOD["any amount"], "bcrt") == "wallet.invoice.network"


def test_an_invoice_ends() -> None:
    minute = GOOD["an amount, a minute"]
    assert decode(minute, "bc", NOW + 59_999).expires_at == NOW + 60_000
    assert refusal(minute, now=NOW + 60_000) == "wallet.invoice.expired"


def test_one_that_never_ends_fits_into_a_row() -> None:
    read = decode(strangers.invoice(NOW, seconds=2**59), "bc", NOW)
    assert read.expires_at == NOW + LONGEST_LIFE * 1000


def test_more_than_there_is_cannot_be_meant() -> None:
    assert refusal(strangers.invoice(NOW, msat=2_100_000_000_000_001_000)) == "wallet.invoice.unreadable"


def test_what_is_longer_than_any_invoice_is_not_looked_at() -> None:
    assert refusal("lnbc1" + "q" * LONGEST) == "wallet.invoice.too_long"
    assert refusal("ſnbc1" + "q" * 200) == "wallet.invoice.unreadable"


# --- whatever comes -----------------------------------------------------------------------------------------------


def judged(text: str) -> Decoded | str:
    """Nothing but an invoice or a refusal comes out, or the test fails."""
    try:
        return decode(text, "bc", NOW)
    except Unpayable as refused:
        return refused.key


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    judged(text)
    judged(f"lnbc1{text}")


@given(
    name=st.sampled_from(sorted(GOOD, key=lambda name: len(GOOD[name]))[:4]),
    changes=st.lists(st.tuples(st.integers(0, 799), st.integers(0, 31)), max_size=5),
)
def test_what_was_changed_on_the_way_is_not_the_senders(name: str, changes: list[tuple[int, int]]) -> None:
    """The checksum is made right again, as who changes it would: then the signature is another's, or none."""
    human, data = bech32_decode(GOOD[name])
    assert human is not None
    assert data is not None
    changed = list(data)
    for at, value in changes:
        changed[at % len(changed)] = value
    found = judged(bech32_encode(human, changed))
    if changed[:-104] != data[:-104] and isinstance(found, Decoded):
        assert found.node != NODE


@given(human=st.from_regex(r"ln(bc|tb|bcrt|x)[0-9]{0,25}[munpx]?", fullmatch=True), data=st.binary(max_size=400))
def test_well_formed_nonsense_is_refused(human: str, data: bytes) -> None:
    assert isinstance(judged(bech32_encode(human, [each % len(CHARSET) for each in data])), str)
