"""Values of requests: what they become, and what is none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.sandbox.api.scalars import PARSERS, Invalid, checked, invalid
from whinchat.sandbox.records import BankError

WALLET = "6f1a0a3e-9c2b-4c5d-8e7f-0123456789ab"


@pytest.mark.parametrize(
    ("name", "value", "becomes"),
    [
        ("CentAmount", 150, 150),
        ("CentAmount", "150", 150),
        ("CentAmount", Decimal("150.0"), 150),
        ("FractionalCentAmount", 1.25, Decimal("1.25")),
        ("FractionalCentAmount", "-3", Decimal(-3)),
        ("SatAmount", 0, 0),
        ("Minutes", 5, 5),
        ("Phone", "+1 (555) 000-1234", "+15550001234"),
        ("Username", "Ana_1", "ana_1"),
        ("Username", "JOSÉ", "josé"),
        ("DisplayCurrency", "eur", "EUR"),
        ("Memo", "", ""),
        ("OneTimeAuthCode", "012345", "012345"),
        ("LnPaymentRequest", "LNBC1abc", "LNBC1abc"),
        ("WalletId", WALLET, WALLET),
    ],
)
def test_a_value_becomes_what_the_bank_takes(name: str, value: Any, becomes: object) -> None:
    assert PARSERS[name](value) == becomes


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("CentAmount", [-1, 1.5, "x", True, [], None, "NaN", 10**12]),
        ("SatAmount", [-1, 0.5, {}, 21_000_001 * 10**8]),
        ("FractionalCentAmount", ["x", "Infinity", 10**11, None]),
        ("Minutes", [-5, "soon"]),
        ("Phone", ["5550001", "+1", "+0123456789", 15550001]),
        ("Username", ["ab", "1bob", "BC1bob", "lnbc1x", "a" * 51, "a b", 7]),
        ("DisplayCurrency", ["E", "EUROS", 3]),
        ("Memo", ["é" * 320, 5]),
        ("OneTimeAuthCode", ["12345", "1234567", 123456]),
        ("LnPaymentRequest", ["bc1qabc", "ln bc", 1]),
        ("WalletId", ["mine", 1]),
    ],
)
def test_what_is_no_value_says_why(name: str, values: list[Any]) -> None:
    for value in values:
        found = PARSERS[name](value)
        assert isinstance(found, Invalid), value
        assert found.message
        with pytest.raises(BankError):
            checked(found)


def test_the_first_wrong_value_counts() -> None:
    assert invalid({"a": 1, "b": Invalid("first"), "c": Invalid("second")}) == Invalid("first")
    assert invalid({"a": 1}) is None


@given(name=st.sampled_from(sorted(PARSERS)), value=st.text() | st.integers() | st.floats() | st.none() | st.booleans())
def test_nothing_breaks_them(name: str, value: Any) -> None:
    PARSERS[name](value)
