"""Which wallet of the payer's a payment leaves, and how much of it: balances and the price, looked at together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import BackendError, Me, PayeeWallet
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.money import Currency, Money, debit, sats
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.refusals import Unpayable
from whinchat.core.ports import Clock

JUST_NOW = 1000  # milliseconds
OLDEST_PRICE = 2 * 60_000  # milliseconds
TOLERANCE = Decimal("0.02")
"""Of an amount in dollars, against what an invoice asks for in satoshis: who wrote it had another price."""

INSUFFICIENT = "wallet.send.insufficient"
_BASE = "USD"


@dataclass(frozen=True, slots=True)
class Funding:
    source: PayeeWallet
    amount: Money
    """What leaves it, in its currency, rounded up; without a fee."""
    balance: Money
    instead: bool = False
    """The wallet that was preferred does not reach."""


@dataclass(frozen=True, slots=True)
class Pocket:
    """The payer's wallets, and what they are worth."""

    me: Me
    at: int
    """When it was looked into, milliseconds UTC."""
    cents_per_sat: Decimal | None
    """None: it is not known just now."""

    def owns(self, wallet: str) -> bool:
        return any(each.id == wallet for each in self.me.wallets)

    def fund(self, asked: Money, prefer: Currency) -> Funding:
        """From the preferred wallet if it reaches, else from the other one. Raises Unpayable: neither does, or the
        price that is needed is not known."""
        other = Currency.BTC if prefer is Currency.USD else Currency.USD
        for currency in (prefer, other):
            wallet = self.me.wallet(currency)
            if wallet is None or wallet.balance.minor <= 0:
                continue
            amount = self.debit(asked, currency)
            if wallet.balance >= amount:
                return Funding(PayeeWallet(wallet.id, currency), amount, wallet.balance, currency is other)
        raise Unpayable(INSUFFICIENT, amount=plain(asked), balance=self._balances())

    def debit(self, money: Money, currency: Currency) -> Money:
        """What leaves a wallet of `currency` for `money`: rounded up. Raises Unpayable: the price is not known."""
        if money.currency is currency:
            return money
        rate = self._rate()
        return debit(currency, money.minor * rate if currency is Currency.USD else money.minor / rate)

    def payout(self, money: Money) -> Money:
        """What can be asked for in satoshis for `money`: rounded down, so that it costs no more. Raises Unpayable."""
        if money.currency is Currency.BTC:
            return money
        return sats(int((money.minor / self._rate()).to_integral_value(ROUND_FLOOR)))

    def cents(self, money: Money) -> int:
        """For the limits: rounded up. Raises Unpayable: the price is not known."""
        return self.debit(money, Currency.USD).minor

    def about(self, typed: Money, wanted: Money) -> bool:
        """Whether somebody who typed one amount can have meant `wanted`, in satoshis. Raises Unpayable."""
        if typed.currency is Currency.BTC:
            return typed == wanted
        difference = abs(self.debit(wanted, Currency.USD).minor - typed.minor)
        return difference <= 1 or difference <= typed.minor * TOLERANCE

    def _rate(self) -> Decimal:
        if self.cents_per_sat is None:
            raise Unpayable("wallet.send.no_price")
        return self.cents_per_sat

    def _balances(self) -> str:
        return " · ".join(plain(each.balance) for each in self.me.wallets)


class Purse:
    """Looks at what a person has."""

    def __init__(self, reads: Reads, clock: Clock) -> None:
        self._reads = reads
        self._clock = clock

    async def look(self, member: Member, *, fresh: bool = False) -> Pocket:
        """Raises BackendError: it is not known what they have; a balance from before an outage pays nothing."""
        me, rate = await asyncio.gather(self._reads.me(member, fresh=fresh), self._rate())
        if me.outage:
            raise BackendError("the backend does not answer")
        return Pocket(me.value, me.at, rate)

    async def fund(self, member: Member, pocket: Pocket, asked: Money, prefer: Currency) -> Funding:
        """As the pocket does; before it is said that there is not enough, the balances are read anew. Raises Unpayable,
        BackendError.
        """
        try:
            return pocket.fund(asked, prefer)
        except Unpayable as refusal:
            if refusal.key != INSUFFICIENT or self._clock.now() - pocket.at < JUST_NOW:
                raise
        return (await self.look(member, fresh=True)).fund(asked, prefer)

    async def _rate(self) -> Decimal | None:
        try:
            read = await self._reads.price(_BASE)
            if self._clock.now() - read.at > OLDEST_PRICE:
                read = await self._reads.price(_BASE, fresh=True)
        except BackendError:
            return None
        if read.outage and self._clock.now() - read.at > OLDEST_PRICE:
            return None
        price = read.value
        return price.sat / price.usd_cent if price.sat > 0 and price.usd_cent > 0 else None
