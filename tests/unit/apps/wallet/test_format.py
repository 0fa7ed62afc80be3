"""Amounts and times as people read them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps import wallet
from whinchat.apps.wallet.backend import Direction, Price, Status, Transaction
from whinchat.apps.wallet.format import Rates, about, both, decimal, plain, when
from whinchat.apps.wallet.money import Currency, Money, sats, usd
from whinchat.core.formatting.i18n import Words
from whinchat.testing.clock import START

WORDS = Words([Path(wallet.__path__[0]) / "catalogues"])
USD = Rates(Price(currency="USD", sat=Decimal("0.0651"), usd_cent=Decimal(1), time=0))
JPY = Rates(Price(currency="JPY", sat=Decimal("0.1"), usd_cent=Decimal("1.536"), time=0), 0)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (usd(0), "$0.00"),
        (usd(7), "$0.07"),
        (usd(1234), "$12.34"),
        (usd(123_456_789), "$1,234,567.89"),
        (usd(-150), "-$1.50"),
        (sats(0), "0 sats"),
        (sats(1), "1 sat"),
        (sats(18_956), "18,956 sats"),
        (sats(-2), "-2 sats"),
    ],
)
def test_an_amount(money: Money, text: str) -> None:
    assert plain(money) == text


def test_both_currencies_and_the_persons_own() -> None:
    assert both(usd(1234), USD) == "$12.34 · 18,955 sats"
    assert both(sats(1000), USD) == "1,000 sats · $0.65"
    assert both(sats(1000), JPY) == "1,000 sats · $0.65 · 100 JPY"
    assert both(usd(100), JPY) == "$1.00 · 1,536 sats · 154 JPY"
    assert both(usd(100), None) == "$1.00"


def test_a_negative_amount_of_another_currency_keeps_its_sign_and_digits() -> None:
    assert decimal(-5, 2, "EUR") == "-0.05 EUR"
    assert decimal(1_925_134, 3, "KWD") == "1,925.134 KWD"


@given(st.integers(0, 10**15), st.sampled_from(Currency))
def test_there_and_back_is_never_off_by_more_than_a_unit_of_the_coarser_one(minor: int, currency: Currency) -> None:
    money = Money(currency, minor)
    other = Currency.BTC if currency is Currency.USD else Currency.USD
    back = USD.worth(USD.worth(money, other), currency)
    assert abs(back.minor - minor) <= (1 if currency is Currency.USD else 9)
    assert USD.worth(money, currency) == money


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (3 * 3600 + 61, "3 hours 1 minute ago"),
        (2 * 24 * 3600, "1 January 2026, 00:00 UTC"),
        (-5, "just now"),
    ],
)
def test_a_time(seconds: int, text: str) -> None:
    assert when(WORDS, START, START + seconds * 1000, "en") == text


def received(memo: str | None, counterparty: str | None = None) -> Transaction:
    return Transaction(
        id="tx",
        wallet="w",
        direction=Direction.RECEIVE,
        status=Status.SUCCESS,
        amount=usd(1),
        fee=usd(0),
        time=0,
        memo=memo,
        counterparty=counterparty,
    )


@pytest.mark.parametrize(
    ("memo", "said"),
    [
        (None, []),
        ("", []),
        ("#abcdefgh23", []),
        ("lunch #abcdefgh23", ["“lunch”"]),
        ("lunch #abcdefgh2", ["“lunch #abcdefgh2”"]),
        ("we are #winners", ["“we are #winners”"]),
        ("*bold*\nhttps://evil.example", ["“∗bold∗ hxxps://evil[.]example”"]),
    ],
)
def test_the_memo_without_what_we_wrote_into_it_and_harmless(memo: str | None, said: list[str]) -> None:
    assert about(WORDS, received(memo), "en") == said


def test_who_sent_it() -> None:
    assert about(WORDS, received("hi", "bob_2"), "en") == ["from @bob_2", "“hi”"]
    assert len(about(WORDS, received(None, "b" * 500), "en")[0]) < 70
