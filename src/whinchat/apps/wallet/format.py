"""How amounts and times are written for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from whinchat.apps.wallet.backend import Price, Transaction
from whinchat.apps.wallet.money import Currency, Money
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, escape

BETWEEN = " · "
LONGEST_NAME = 50  # code points
LONGEST_MEMO = 80
HALF_A_DAY = 12 * 3600 * 1000  # milliseconds; below, the hour says which day is meant
RECENT = 2 * 24 * 3600 * 1000  # milliseconds; below, a time is told by how long ago it was

_REFERENCE = re.compile(r"(^|\s)#[a-z2-7]{10}$")
"""By which a payment of ours is found again (`intents.reference`): nothing that a person wrote."""


class Rates(msgspec.Struct, frozen=True):
    """What money is worth elsewhere. `price` is in the display currency, whose smallest unit has `digits` decimals."""

    price: Price
    digits: int = 2

    def worth(self, money: Money, currency: Currency) -> Money:
        """About as much in the other kind of wallet, to the nearest unit."""
        if money.currency is currency:
            return money
        cents_per_sat = self.price.sat / self.price.usd_cent
        minor = money.minor * cents_per_sat if currency is Currency.USD else money.minor / cents_per_sat
        return Money(currency, _nearest(minor))

    def display(self, money: Money) -> Markup:
        """In the display currency: `1,925.13 JMD`."""
        unit = self.price.sat if money.currency is Currency.BTC else self.price.usd_cent
        return decimal(_nearest(money.minor * unit), self.digits, self.price.currency)


def kind(currency: Currency) -> str:
    """As sentences about a wallet of this currency are called."""
    return "dollars" if currency is Currency.USD else "bitcoin"


def plain(money: Money) -> Markup:
    """`$12.34`, `18,956 sats`."""
    if money.currency is Currency.USD:
        sign = "-" if money.minor < 0 else ""
        dollars, cents = divmod(abs(money.minor), 100)
        return Markup(f"{sign}${dollars:,}.{cents:02}")
    return Markup(f"{money.minor:,} {'sat' if abs(money.minor) == 1 else 'sats'}")


def both(money: Money, rates: Rates | None) -> Markup:
    """`$12.34 · 18,956 sats`, with what it is in the person's display currency where that is another one."""
    parts = [plain(money)]
    if rates is not None:
        other = Currency.BTC if money.currency is Currency.USD else Currency.USD
        parts.append(plain(rates.worth(money, other)))
        if rates.price.currency != Currency.USD:
            parts.append(rates.display(money))
    return Markup(BETWEEN.join(parts))


def decimal(minor: int, digits: int, currency: str) -> Markup:
    """`1,925.13 JMD`, `1,925 JPY`."""
    return Markup(f"{Decimal(minor).scaleb(-digits):,.{digits}f} {currency}")


def hour(at: int) -> Markup:
    """`12:30 UTC`, from milliseconds."""
    return Markup(f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M} UTC")


def outage(words: Words, at: int, now: int, language: str) -> Markup:
    """Beside what was read at `at` and is said at `now`, because the backend does not answer."""
    time = hour(at) if now - at < HALF_A_DAY else words.moment(at, language)
    return words.say("wallet.read.outage", language, time=time)


def when(words: Words, at: int, now: int, language: str) -> Markup:
    """`3 hours ago`, or the date; milliseconds UTC."""
    if now - at >= RECENT:
        return words.moment(at, language)
    if now - at < 60_000:
        return words.say("wallet.time.now", language)
    return words.say("wallet.time.ago", language, span=words.duration((now - at) // 60_000 * 60_000, language))


def about(words: Words, transaction: Transaction, language: str) -> list[Markup]:
    """Who is at the other end, and the memo, as far as they are known."""
    parts = []
    if transaction.counterparty:
        name = escape(transaction.counterparty, LONGEST_NAME)
        parts.append(words.say(f"wallet.transaction.{transaction.direction}", language, name=name))
    memo = _REFERENCE.sub("", transaction.memo or "").strip()
    if memo:
        parts.append(words.say("wallet.transaction.memo", language, memo=escape(memo, LONGEST_MEMO)))
    return parts


def _nearest(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_HALF_UP))
