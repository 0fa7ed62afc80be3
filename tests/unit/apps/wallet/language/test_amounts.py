"""What people write for an amount, to the cent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.wallet.language import amounts
from whinchat.apps.wallet.language.unclear import Unclear
from whinchat.apps.wallet.money import Currency, Money, sats, usd


def read(text: str) -> Money:
    """The amount that all of `text` is."""
    tokens = text.split()
    money, taken = amounts.read(tokens)
    assert taken == len(tokens)
    return money


def problem(text: str) -> str:
    with pytest.raises(Unclear) as caught:
        amounts.read(text.split())
    return caught.value.problem


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("10", 1000),
        (".5", 50),
        ("0.05", 5),
        ("10.5", 1050),
        ("1,000", 100_000),
        ("1,234,567.89", 123_456_789),
        ("$10", 1000),
        ("10$", 1000),
        ("$ 10", 1000),
        ("10 $", 1000),
        ("usd 10", 1000),
        ("USD10", 1000),
        ("10 US dollars", 1000),
        ("$10 usd", 1000),
        ("25c", 25),
        ("25¢", 25),
        ("1k", 100_000),
        ("1.5k", 150_000),
        ("0.005k", 500),
        ("2.75k dollars", 275_000),
        ("1.23456k", 123_456),
        ("a dollar", 100),
        ("an buck", 100),
        ("twenty five", 2500),
        ("twenty-five dollars", 2500),
        ("five dollars and fifty cents", 550),
        ("5 dollars 5 cents", 505),
        ("１０", 1000),
        ("١٠٫٥", 1050),
        ("१०", 1000),
        ("1\u200b0", 1000),
        ("1" + "\u200b" * 100 + "0", 1000),
        ("*10*", 1000),
        ("10,", 1000),
        ("10!", 1000),
    ],
)
def test_a_bare_amount_is_dollars_and_so_are_their_words_and_signs(text: str, cents: int) -> None:
    assert read(text) == usd(cents)


@pytest.mark.parametrize(
    ("text", "satoshis"),
    [
        ("1 sat", 1),
        ("1,000 sats", 1000),
        ("5k sats", 5000),
        ("5ksats", 5000),
        ("a satoshi", 1),
        ("0.00000001 btc", 1),
        ("₿1", 100_000_000),
        ("btc 0.5", 50_000_000),
        ("1.25 bitcoin", 125_000_000),
        ("a hundred sats", 100),
        ("21,000,000 btc", 2_100_000_000_000_000),
    ],
)
def test_bitcoin_is_counted_in_satoshis(text: str, satoshis: int) -> None:
    assert read(text) == sats(satoshis)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1.000", amounts.ASK_SEPARATOR),
        ("12.340", amounts.ASK_SEPARATOR),
        ("10,50", amounts.ASK_SEPARATOR),
        ("1.000,00", amounts.ASK_SEPARATOR),
        ("1,00,000", amounts.ASK_SEPARATOR),
        ("1'000", amounts.ASK_SEPARATOR),
        ("1..5", amounts.ASK_SEPARATOR),
        (",5", amounts.ASK_SEPARATOR),
        ("010", amounts.ASK_LEADING_ZERO),
        ("10.555", amounts.DECIMALS),
        ("0.500", amounts.DECIMALS),
        ("1.5 sats", amounts.DECIMALS),
        ("0.123456789 btc", amounts.DECIMALS),
        ("0", amounts.ZERO),
        ("$0.00", amounts.ZERO),
        ("zero dollars", amounts.ZERO),
        ("-10", amounts.NEGATIVE),
        ("−10", amounts.NEGATIVE),
        ("$-10", amounts.NEGATIVE),
        ("minus ten", amounts.NEGATIVE),
        ("1e3", amounts.EXPONENT),
        ("1E-5", amounts.EXPONENT),
        ("10000000001", amounts.TOO_LARGE),
        ("21000001 btc", amounts.TOO_LARGE),
        ("9" * 60, amounts.TOO_LARGE),
        ("€10", amounts.OTHER_CURRENCY),
        ("10€", amounts.OTHER_CURRENCY),
        ("eur 10", amounts.OTHER_CURRENCY),
        ("€ 10", amounts.OTHER_CURRENCY),
        ("10 euros", amounts.OTHER_CURRENCY),
        ("10eur", amounts.OTHER_CURRENCY),
        ("J$500", amounts.OTHER_CURRENCY),
        ("10 msats", amounts.OTHER_CURRENCY),
        ("$10 sats", amounts.ASK_TWO_UNITS),
        ("$10btc", amounts.ASK_TWO_UNITS),
        ("10 usd btc", amounts.ASK_TWO_UNITS),
        ("two and a half", amounts.ASK_IN_DIGITS),
        ("two point five", amounts.ASK_IN_DIGITS),
        ("five fifty", amounts.ASK_IN_DIGITS),
        ("five 50", amounts.ASK_IN_DIGITS),
        ("10 thousand", amounts.ASK_IN_DIGITS),
        ("1 000", amounts.ASK_IN_DIGITS),
        ("10 and a half", amounts.ASK_IN_DIGITS),
        ("10abc", amounts.NOT_AN_AMOUNT),
        ("+10", amounts.NOT_AN_AMOUNT),
        ("-$-10", amounts.NOT_AN_AMOUNT),
        ("50%", amounts.NOT_AN_AMOUNT),
        ("1/2", amounts.NOT_AN_AMOUNT),
        ("10²", amounts.NOT_AN_AMOUNT),
        ("1٠", amounts.NOT_AN_AMOUNT),
        ("$", amounts.NOT_AN_AMOUNT),
        ("5 dollars 500 cents", amounts.NOT_AN_AMOUNT),
        ("alice", amounts.NOT_AN_AMOUNT),
        ("1." + "0" * 100, amounts.NOT_AN_AMOUNT),
        ("0" * 100 + "5", amounts.NOT_AN_AMOUNT),
    ],
)
def test_what_is_doubtful_is_asked_and_what_cannot_be_is_refused_with_the_reason(text: str, key: str) -> None:
    assert problem(text) == key


def test_nothing_is_no_amount() -> None:
    assert not amounts.begins([])
    with pytest.raises(Unclear, match=r"wallet\.ask\.amount"):
        amounts.read([])


@pytest.mark.parametrize(
    ("text", "cents", "taken"),
    [
        ("10 to bob", 1000, 1),
        ("ten dollars, bob", 1000, 2),
        ("10, dollars", 1000, 1),
        ("five and bob", 500, 1),
        ("5 dollars and bob", 500, 2),
        ("5 dollars 50 beers", 500, 2),
        ("a hundred, five", 10_000, 2),
    ],
)
def test_an_amount_ends_where_something_else_begins(text: str, cents: int, taken: int) -> None:
    assert amounts.read(text.split()) == (usd(cents), taken)


@pytest.mark.parametrize("token", ["bob2", "2pacfan", "a", "the", "dollars", "some", "and", "@5", "lnbc1"])
def test_words_with_digits_in_them_need_not_be_amounts(token: str) -> None:
    assert amounts.begins([token]) is (token == "2pacfan")


@given(st.sampled_from(Currency), st.integers(1, 10**11))
def test_what_is_shown_is_read_as_the_same_amount(currency: Currency, minor: int) -> None:
    money = Money(currency, minor)
    assert read(amounts.show(money)) == money


@given(st.lists(st.text(min_size=1).filter(lambda each: not each.isspace()), max_size=4))
def test_whatever_is_written_is_an_amount_or_unclear(tokens: list[str]) -> None:
    tokens = " ".join(tokens).split()
    try:
        money, taken = amounts.read(tokens)
    except Unclear:
        return
    assert 0 < money.minor <= amounts.LARGEST[money.currency]
    assert 0 < taken <= len(tokens)


@given(st.integers(0, 10**9 - 1), st.integers(0, 99))
def test_thousands_and_cents_are_exact(dollars: int, cents: int) -> None:
    if dollars or cents:
        assert read(f"{dollars:,}.{cents:02}") == usd(dollars * 100 + cents)
