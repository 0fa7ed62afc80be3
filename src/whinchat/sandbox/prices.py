"""Prices that move: smooth noise over time, the same for the same seed and moment, without anything kept."""

from __future__ import annotations

from decimal import Decimal
from hashlib import blake2b

from whinchat.sandbox.records import BankError, CurrencyInfo, Price

SAT_OFFSET = 12
CENT_OFFSET = 6
"""Decimal places of prices (GaloyMoney/blink core/api/src/domain/fiat/index.ts)."""

DOLLARS_PER_BITCOIN = Decimal(65_000)

CURRENCIES = (
    (CurrencyInfo("USD", "US Dollar", "$", "🇺🇸", 2), Decimal(1)),
    (CurrencyInfo("EUR", "Euro", "€", "🇪🇺", 2), Decimal("0.92")),
    (CurrencyInfo("GBP", "Pound Sterling", "£", "🇬🇧", 2), Decimal("0.79")),
    (CurrencyInfo("JMD", "Jamaican Dollar", "$", "🇯🇲", 2), Decimal("157.3")),
    (CurrencyInfo("TTD", "Trinidad and Tobago Dollar", "TT$", "🇹🇹", 2), Decimal("6.79")),
    (CurrencyInfo("MXN", "Mexican Peso", "$", "🇲🇽", 2), Decimal("18.6")),
    (CurrencyInfo("INR", "Indian Rupee", "₹", "🇮🇳", 2), Decimal("84.1")),
    (CurrencyInfo("NGN", "Nigerian Naira", "₦", "🇳🇬", 2), Decimal(1_540)),
    (CurrencyInfo("CRC", "Costa Rican Colón", "₡", "🇨🇷", 2), Decimal(512)),
    (CurrencyInfo("JPY", "Japanese Yen", "¥", "🇯🇵", 0), Decimal(151)),
    (CurrencyInfo("KWD", "Kuwaiti Dinar", "KD", "🇰🇼", 3), Decimal("0.307")),
)
"""What a US dollar costs, before it moves."""

WAVES = ((30 * 86_400_000, Decimal("0.15")), (86_400_000, Decimal("0.03")), (3_600_000, Decimal("0.005")))
"""Milliseconds from one turn to the next, and how far it goes, as a part of the price."""
MINUTE = 60_000
"""Milliseconds for which a price stands: a rate quoted and one charged a second later are the same."""


class Prices:
    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    def cents_per_satoshi(self, now: int) -> Decimal:
        """US cents for one satoshi."""
        return DOLLARS_PER_BITCOIN * self._swing("BTC", now, Decimal(1)) / 1_000_000

    def price(self, currency: str, now: int) -> Price:
        """BankError INVALID_INPUT: a currency that is not listed."""
        for info, rate in CURRENCIES:
            if info.id == currency:
                moved = rate if currency == "USD" else rate * self._swing(currency, now, Decimal("0.1"))
                cent = moved * Decimal(10) ** (info.fraction_digits - 2)
                return Price(
                    currency=info,
                    sat_base=round(cent * self.cents_per_satoshi(now) * 10**SAT_OFFSET),
                    sat_offset=SAT_OFFSET,
                    cent_base=round(cent * 10**CENT_OFFSET),
                    cent_offset=CENT_OFFSET,
                    time=now - now % MINUTE,
                )
        raise BankError("INVALID_INPUT", "Invalid currency.")

    def _swing(self, name: str, now: int, scale: Decimal) -> Decimal:
        """A factor around 1."""
        at = now - now % MINUTE
        return 1 + scale * sum(size * self._wave(f"{name}/{period}", at, period) for period, size in WAVES)

    def _wave(self, name: str, at: int, period: int) -> Decimal:
        """Between -1 and 1: straight from one random height to the next."""
        turn, into = divmod(at, period)
        before, after = self._height(name, turn), self._height(name, turn + 1)
        return before + (after - before) * into / period

    def _height(self, name: str, turn: int) -> Decimal:
        digest = blake2b(f"{name}/{turn}".encode(), key=self._seed, digest_size=4).digest()
        return Decimal(int.from_bytes(digest)) / 2**31 - 1


def currencies() -> tuple[CurrencyInfo, ...]:
    return tuple(info for info, _ in CURRENCIES)
