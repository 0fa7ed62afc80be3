from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.wallet.money import Currency, Money, debit, sats, spendable, usd

MINOR = st.integers(-(10**15), 10**15)
FRACTIONS = st.decimals(-(10**12), 10**12, allow_nan=False, places=6)


@given(MINOR, MINOR)
def test_amounts_of_one_currency_add_up_exactly(one: int, other: int) -> None:
    assert usd(one) + usd(other) == usd(one + other)
    assert sats(one) - sats(other) == sats(one - other)
    assert (usd(one) < usd(other)) is (one < other)


def test_dollars_and_bitcoin_never_add_up() -> None:
    with pytest.raises(ValueError, match="different currencies"):
        usd(1) + sats(1)
    with pytest.raises(ValueError, match="different currencies"):
        sats(1) - usd(1)


@given(FRACTIONS)
def test_a_balance_is_never_told_too_high_and_a_debit_never_too_low(minor: Decimal) -> None:
    lower, upper = spendable(Currency.USD, minor), debit(Currency.USD, minor)
    assert lower.minor <= minor <= upper.minor
    assert upper.minor - lower.minor == (0 if minor == minor.to_integral_value() else 1)


def test_an_amount_knows_its_currency() -> None:
    assert spendable(Currency.BTC, Decimal("10.9")) == Money(Currency.BTC, 10) == sats(10)
    assert debit(Currency.BTC, Decimal("10.1")) == sats(11)
