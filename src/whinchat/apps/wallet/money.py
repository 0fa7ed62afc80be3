"""Amounts of money: whole numbers of a currency's smallest unit, never fractions."""

from __future__ import annotations

import enum
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import msgspec


class Currency(enum.StrEnum):
    """What a wallet holds: US dollars in cents, or bitcoin in satoshis."""

    USD = "USD"
    BTC = "BTC"


class Money(msgspec.Struct, frozen=True, order=True):
    """`minor`: cents or satoshis. Only amounts of one currency may be compared, added or subtracted."""

    currency: Currency
    minor: int

    def __add__(self, other: Money) -> Money:
        return Money(self.currency, self.minor + self._like(other).minor)

    def __sub__(self, other: Money) -> Money:
        return Money(self.currency, self.minor - self._like(other).minor)

    def _like(self, other: Money) -> Money:
        if other.currency is not self.currency:
            raise ValueError("amounts of different currencies do not add up")
        return other


def usd(cents: int) -> Money:
    return Money(Currency.USD, cents)


def sats(satoshis: int) -> Money:
    return Money(Currency.BTC, satoshis)


def spendable(currency: Currency, minor: Decimal) -> Money:
    """A balance as the backend gives it, which may have a fraction: never more than there is."""
    return Money(currency, int(minor.to_integral_value(ROUND_FLOOR)))


def debit(currency: Currency, minor: Decimal) -> Money:
    """What leaves or may leave a wallet: never less than it will be."""
    return Money(currency, int(minor.to_integral_value(ROUND_CEILING)))
