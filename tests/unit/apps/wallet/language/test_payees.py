"""Whom people name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.wallet.language import payees
from whinchat.apps.wallet.language.unclear import Unclear
from whinchat.apps.wallet.payee import Payee, PayeeKind

BOLT11 = "lnbc100n1p" + "3qqqqqpp5" * 20
LNURL = "lnurl1dp68gurn8ghj7ampd3kx2ar0veekzar0wd5xjtnrdakj7"


@pytest.mark.parametrize(
    ("text", "kind", "becomes"),
    [
        ("alice", PayeeKind.NAME, "alice"),
        ("Alice,", PayeeKind.NAME, "alice"),
        ("'Alice'", PayeeKind.NAME, "alice"),
        ("  Mary   Ann ", PayeeKind.NAME, "mary ann"),
        ("o'brien", PayeeKind.NAME, "o'brien"),
        ("josé", PayeeKind.NAME, "josé"),
        ("jose\u0301", PayeeKind.NAME, "josé"),
        ("ａｌｉｃｅ", PayeeKind.NAME, "alice"),
        ("मीना", PayeeKind.NAME, "मीना"),
        ("@Alice_1", PayeeKind.USERNAME, "alice_1"),
        ("@алиса", PayeeKind.USERNAME, "алиса"),
        ("@アリス", PayeeKind.USERNAME, "アリス"),
        ("@" + "a" * 50, PayeeKind.USERNAME, "a" * 50),
        ("+18765551234", PayeeKind.PHONE, "+18765551234"),
        ("18765551234", PayeeKind.PHONE, "+18765551234"),
        ("+1 (876) 555-1234", PayeeKind.PHONE, "+18765551234"),
        ("00447911123456", PayeeKind.PHONE, "+447911123456"),
        ("+١٨٧٦٥٥٥١٢٣٤", PayeeKind.PHONE, "+18765551234"),
        ("Alice@Example.COM", PayeeKind.ADDRESS, "alice@example.com"),
        ("a.b+c_d-e@pay.example.co.uk", PayeeKind.ADDRESS, "a.b+c_d-e@pay.example.co.uk"),
        (BOLT11, PayeeKind.INVOICE, BOLT11),
        (BOLT11.upper(), PayeeKind.INVOICE, BOLT11),
        (f"lightning:{BOLT11}", PayeeKind.INVOICE, BOLT11),
        (f"LIGHTNING://{BOLT11.upper()}", PayeeKind.INVOICE, BOLT11),
        (f"bitcoin:bc1qxyz?amount=1&lightning={BOLT11}&x=y", PayeeKind.INVOICE, BOLT11),
        ("lnbcrt1" + "q" * 120, PayeeKind.INVOICE, "lnbcrt1" + "q" * 120),
        (LNURL, PayeeKind.LNURL, LNURL),
        (f"lightning:{LNURL.upper()}", PayeeKind.LNURL, LNURL),
    ],
)
def test_each_kind_is_told_by_its_shape(text: str, kind: PayeeKind, becomes: str) -> None:
    assert payees.payee(text) == Payee(kind, becomes)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("@al", payees.NOT_A_USERNAME),
        ("@" + "a" * 51, payees.NOT_A_USERNAME),
        ("@1alice", payees.NOT_A_USERNAME),
        ("@3alice", payees.NOT_A_USERNAME),
        ("@BC1alice", payees.NOT_A_USERNAME),
        ("@al-ice", payees.NOT_A_USERNAME),
        ("@", payees.NOT_A_USERNAME),
        ("@18765551234", payees.MENTION),
        ("аlice", payees.ASK_SCRIPTS),
        ("@аlice", payees.ASK_SCRIPTS),
        ("me", payees.ASK_WHO),
        ("to", payees.ASK_WHO),
        ("8765551234", payees.ASK_COUNTRY),
        ("08765551234", payees.ASK_COUNTRY),
        ("+123", payees.NOT_A_PHONE),
        ("+1234567890123456", payees.NOT_A_PHONE),
        ("0012", payees.NOT_A_PHONE),
        ("20", payees.NOT_A_PAYEE),
        ("!!!", payees.NOT_A_PAYEE),
        ("bob/carol", payees.NOT_A_PAYEE),
        ("https://example.com", payees.NOT_A_PAYEE),
        ("x" * 51, payees.NOT_A_PAYEE),
        ("alice@nowhere", payees.NOT_AN_ADDRESS),
        ("alice@abc.onion", payees.NOT_AN_ADDRESS),
        ("alice@exаmple.com", payees.NOT_AN_ADDRESS),
        ("a@b@example.com", payees.NOT_AN_ADDRESS),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", payees.ON_CHAIN),
        ("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", payees.ON_CHAIN),
        ("bitcoin:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", payees.ON_CHAIN),
        (BOLT11[:80], payees.NOT_AN_INVOICE),
        (BOLT11 + "b", payees.NOT_AN_INVOICE),
        ("lnbc1alice", payees.NOT_AN_INVOICE),
        ("lnurl1bio", payees.NOT_AN_INVOICE),
    ],
)
def test_who_cannot_be_meant_is_refused_or_asked_about(text: str, key: str) -> None:
    with pytest.raises(Unclear) as caught:
        payees.payee(text)
    assert caught.value.problem == key


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("+1 876 555 1234 lunch", 4),
        ("+1 (876) 555-1234", 3),
        ("+18765551234 5 beers", 1),
        ("alice 5", 1),
        ("+1", 1),
    ],
)
def test_a_phone_number_goes_on_while_groups_of_digits_do(text: str, tokens: int) -> None:
    assert payees.groups(text.split()) == tokens


def test_only_a_number_is_taken_for_a_number() -> None:
    assert payees.phone("+1 876 555-1234") == "+18765551234"
    for text in ("123", "bob", ""):
        with pytest.raises(Unclear, match=r"wallet\.refuse\.phone"):
            payees.phone(text)


def test_a_mention_is_an_at_and_a_number() -> None:
    assert payees.mention("@18765551234,") == "18765551234"
    assert payees.mention("@alice") is None
    assert payees.mention("18765551234") is None


@given(st.text())
def test_whatever_is_written_is_a_payee_or_unclear(text: str) -> None:
    try:
        found = payees.payee(text)
    except Unclear:
        return
    assert payees.payee(payees.show(found)) == found


@given(st.text(st.characters(categories=["L", "Nd"]), min_size=3, max_size=50))
def test_a_username_is_taken_as_it_is_or_not_at_all(text: str) -> None:
    try:
        found = payees.username(f"@{text}")
    except Unclear:
        return
    assert payees.username(found) == found
