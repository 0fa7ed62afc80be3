"""What a payment will move: who gets how much, and what the way costs. Nothing moves here."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256

from whinchat.core.ports import Random
from whinchat.sandbox.invoices import Invoices
from whinchat.sandbox.ledger import MICRO, WORLD, Ledger, down, micro, minor, own, up
from whinchat.sandbox.lightning import NETWORK
from whinchat.sandbox.people import People
from whinchat.sandbox.prices import Prices
from whinchat.sandbox.profiles import Profile
from whinchat.sandbox.records import BankError, Currency, Decoded, Invoice
from whinchat.sandbox.transfers import Order

FEE_PART = Decimal("0.005")
LEAST_FEE_LIMIT = 10
"""The most a route may cost: half a per cent; in bitcoin at least these satoshis
(GaloyMoney/blink core/api/src/domain/payments/ln-fees.ts)."""


class Orders:
    def __init__(
        self, ledger: Ledger, people: People, invoices: Invoices, prices: Prices, random: Random, profile: Profile
    ) -> None:
        self._ledger = ledger
        self._people = people
        self._invoices = invoices
        self._prices = prices
        self._random = random
        self._profile = profile

    def step(self, currency: Currency) -> Decimal:
        """The smallest amount, in the currency's smallest unit."""
        return self._profile.cent_step if currency is Currency.USD else Decimal(1)

    def to_wallet(self, source: str, target: str, amount: Decimal | int, memo: str | None, now: int) -> Order:
        """`amount` in the source's unit. BankError."""
        if target == source:
            raise BankError("CANT_PAY_SELF", "User tried to pay themselves")
        if self._people.owner(target) is None:
            raise BankError("UNKNOWN_CLIENT_ERROR", "Unknown error occurred (code: CouldNotFindWalletFromIdError)")
        giving, taking = self._ledger.currency(source), self._ledger.currency(target)
        if giving is not taking and not self._profile.converts:
            raise BankError("INVALID_INPUT", "Unsupported operation for wallet's currency.")
        debit = micro(amount, step=self.step(giving))
        hash_ = sha256(self._random.randbytes(32)).hexdigest() if self._profile.intraledger_as_lightning else None
        return Order(
            source=source,
            target=target,
            debit=debit,
            credit=self._converted(debit, giving, taking, now),
            memo=memo,
            hash=hash_,
        )

    def of_invoice(
        self, source: str, bolt11: str, decoded: Decoded, amount: Decimal | int | None, memo: str | None, now: int
    ) -> Order:
        """`amount` in the source's unit, for invoices without one. BankError."""
        invoice = self._payable(source, bolt11, decoded, now)
        giving = self._ledger.currency(source)
        target = own(WORLD, Currency.BTC) if invoice is None else str(invoice.wallet)
        taking = self._ledger.currency(target)
        if decoded.satoshis is None:
            debit, credit = self._chosen(amount, giving, taking, now)
        elif amount is None:
            debit, credit = self._asked(decoded.satoshis, invoice, giving, now)
        else:
            raise BankError("INVALID_INPUT", "Invoice must be a zero-amount invoice")
        return Order(
            source=source,
            target=target,
            debit=debit,
            credit=credit,
            fee=self._cost(self._most(debit, giving), decoded.hash, giving) if invoice is None else 0,
            memo=(memo if self._profile.lightning_memo else None) or decoded.memo,
            hash=decoded.hash,
            bolt11=bolt11,
            invoiced=True,
        )

    def invoiced(self, currency: Currency, amount: Decimal | int | None, now: int) -> tuple[int | None, int | None]:
        """Satoshis of a new invoice over `amount`, and the micro-cents that it promises. BankError INVALID_INPUT."""
        if amount is None:
            return None, None
        asked = micro(amount, step=self.step(currency))
        if currency is Currency.BTC:
            return asked // MICRO, None
        return up(Decimal(amount) / self._prices.cents_per_satoshi(now), Decimal(1)) // MICRO, asked

    def credit(self, invoice: Invoice, paid: int, now: int) -> int:
        """What paying an invoice of the bank with so many micro-satoshis brings its wallet. BankError."""
        if invoice.cents is not None:
            return int(invoice.cents * MICRO)
        return self._converted(paid, Currency.BTC, self._ledger.currency(str(invoice.wallet)), now)

    def most(self, order: Order) -> Decimal:
        """The fee that may have to be paid for the order, in the source's unit."""
        return minor(self._most(order.debit, self._ledger.currency(order.source))) if order.fee else Decimal(0)

    def _payable(self, source: str, bolt11: str, decoded: Decoded, now: int) -> Invoice | None:
        """The invoice if it is of the bank; None for one that leaves it. BankError."""
        if decoded.network != NETWORK:
            raise BankError("INVALID_INPUT", "Invoice is for another network")
        if now > decoded.expires_at:
            raise BankError("LIGHTNING_PAYMENT_ERROR", "Invoice already expired, or has bad payment hash")
        if decoded.payee != self._invoices.node:
            return None
        invoice = self._invoices.by_bolt11(bolt11)
        if invoice is None:
            raise BankError("LIGHTNING_PAYMENT_ERROR", "User tried to pay an invoice that does not exist")
        if invoice.wallet == source:
            raise BankError("CANT_PAY_SELF", "User tried to pay themselves")
        return invoice

    def _chosen(self, amount: Decimal | int | None, giving: Currency, taking: Currency, now: int) -> tuple[int, int]:
        """Debit and credit when the payer names the amount, in micro-units of either currency."""
        if amount is None:
            raise BankError("INVALID_INPUT", "Invoice does not have a valid amount to pay")
        debit = micro(amount, step=self.step(giving))
        return debit, self._converted(debit, giving, taking, now)

    def _asked(self, satoshis: int, invoice: Invoice | None, giving: Currency, now: int) -> tuple[int, int]:
        """Debit and credit when the invoice names the amount; dollars that were invoiced stay what they were."""
        bitcoin = micro(satoshis)
        credit = bitcoin if invoice is None else self.credit(invoice, bitcoin, now)
        if giving is Currency.BTC:
            return bitcoin, credit
        if invoice and invoice.cents is not None:
            return credit, credit
        return up(satoshis * self._prices.cents_per_satoshi(now), self.step(giving)), credit

    def _converted(self, debit: int, giving: Currency, taking: Currency, now: int) -> int:
        """What arrives: rounded down to what the other wallet can hold."""
        if giving is taking:
            return debit
        rate = self._prices.cents_per_satoshi(now)
        worth = minor(debit) * rate if giving is Currency.BTC else minor(debit) / rate
        if credit := down(worth, self.step(taking)):
            return credit
        raise BankError("INVALID_INPUT", f"Amount sent was too low for recipient's {taking.lower()} wallet.")

    def _most(self, debit: int, currency: Currency) -> int:
        least = LEAST_FEE_LIMIT * MICRO if currency is Currency.BTC else 0
        return max(up(minor(debit) * FEE_PART, self.step(currency)), least)

    def _cost(self, most: int, hash_: str, currency: Currency) -> int:
        """Some part of the most, the same for the same invoice."""
        return up(minor(most) * (int(hash_[:2], 16) + 1) / 256, self.step(currency))
