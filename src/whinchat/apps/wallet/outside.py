"""What is paid over Lightning: invoices, and those that addresses and LNURLs give, with what paying them costs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import Backend, BackendError
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.funding import Funding, Purse
from whinchat.apps.wallet.invoice import Decoded, decode
from whinchat.apps.wallet.labels import Labels
from whinchat.apps.wallet.lnurl import Offer, Services, address_url, decode_lnurl, host
from whinchat.apps.wallet.money import Currency, Money
from whinchat.apps.wallet.payee import FrozenPayee, Payee, PayeeKind
from whinchat.apps.wallet.refusals import Unpayable
from whinchat.core.formatting.markup import Markup, code
from whinchat.core.ports import Clock


@dataclass(frozen=True, slots=True)
class Bill:
    """A payment in all its parts. `amount`: for an invoice without an amount of its own."""

    payee: FrozenPayee
    funding: Funding
    fee: Money
    """The most that it may cost besides."""
    cents: int
    """US cents of all that may leave."""
    amount: Money | None = None
    gets: Money | None = None
    """What arrives, where that is not what leaves."""


class Outside:
    """Asks a service where one is named, then the backend for the fee."""

    def __init__(self, backend: Backend, services: Services, purse: Purse, labels: Labels, clock: Clock) -> None:
        self._backend = backend
        self._services = services
        self._purse = purse
        self._labels = labels
        self._clock = clock

    async def bill(self, member: Member, payee: Payee, amount: Money | None, comment: str) -> Bill:
        """`amount`: as the person said it, if they did. Raises Unpayable, BackendError."""
        if payee.kind is PayeeKind.INVOICE:
            return await self._of_invoice(member, payee.text, amount)
        return await self._of_service(member, payee, amount, comment)

    async def _of_invoice(self, member: Member, text: str, amount: Money | None) -> Bill:
        invoice = decode(text, self._network, self._clock.now())
        asked = invoice.amount or amount
        if asked is None:
            raise Unpayable("wallet.invoice.needs_amount", command=_with_amount(text))
        prefer = Currency.USD if amount is None else amount.currency
        pocket = await self._purse.look(member)
        if amount is not None and invoice.amount is not None and not pocket.about(amount, invoice.amount):
            amounts = {"amount": plain(invoice.amount), "given": plain(amount)}
            raise Unpayable("wallet.invoice.other_amount", command=code(f"pay {_beginning(text)}"), **amounts)
        funding = await self._purse.fund(member, pocket, asked, prefer)
        payee = FrozenPayee(
            kind=PayeeKind.INVOICE,
            label=self._labels.invoice(invoice, self._network, member.language),
            key=f"node:{invoice.node}",
            bolt11=invoice.text,
            hash=invoice.hash,
            expires_at=invoice.expires_at,
        )
        own_amount = funding.amount if invoice.amount is None else None
        fee = await self._fee(member, funding, invoice, own_amount)
        cents = pocket.cents(funding.amount + fee)
        return Bill(payee, funding, fee, cents, own_amount, _other(invoice.amount, funding))

    async def _of_service(self, member: Member, payee: Payee, amount: Money | None, comment: str) -> Bill:
        url = address_url(payee.text) if payee.kind is PayeeKind.ADDRESS else decode_lnurl(payee.text)
        offer, pocket = await asyncio.gather(self._services.offer(url), self._purse.look(member))
        asked = amount or _fixed(offer, payee.text)
        paid = pocket.payout(asked)
        funding = await self._purse.fund(member, pocket, paid, Currency.USD if amount is None else asked.currency)
        invoice = await self._services.invoice(offer, paid, comment, self._network, self._clock.now())
        known_by = f"address:{payee.text}" if payee.kind is PayeeKind.ADDRESS else f"lnurl:{url}"
        resolved = FrozenPayee(
            kind=payee.kind,
            label=self._service_label(member, payee, url, offer),
            key=known_by,
            named=known_by,
            bolt11=invoice.text,
            hash=invoice.hash,
            expires_at=invoice.expires_at,
        )
        fee = await self._fee(member, funding, invoice, None)
        return Bill(resolved, funding, fee, pocket.cents(funding.amount + fee), gets=_other(paid, funding))

    def _service_label(self, member: Member, payee: Payee, url: str, offer: Offer) -> str:
        if payee.kind is PayeeKind.ADDRESS:
            return self._labels.address(payee.text, member.language)
        return self._labels.service(host(url), offer.purpose, member.language)

    async def _fee(self, member: Member, funding: Funding, invoice: Decoded, amount: Money | None) -> Money:
        try:
            fee = await self._backend.fee(member.token, funding.source, invoice.text, amount)
        except BackendError as error:
            if error.code not in {"rejected", "not_found"}:
                raise
            raise Unpayable("wallet.invoice.no_route") from None
        if funding.balance < funding.amount + fee:
            total = plain(funding.amount + fee)
            raise Unpayable("wallet.send.fee_too_much", amount=total, balance=plain(funding.balance))
        return fee

    @property
    def _network(self) -> str:
        return self._backend.capabilities.network


def _other(gets: Money | None, funding: Funding) -> Money | None:
    return None if gets == funding.amount else gets


def _fixed(offer: Offer, text: str) -> Money:
    """What the service wants, if it is one amount only. Raises Unpayable."""
    if offer.least != offer.most:
        bounds = {"least": plain(offer.least), "most": plain(offer.most)}
        raise Unpayable("wallet.lnurl.needs_amount", command=_with_amount(text), **bounds)
    return offer.least


def _with_amount(text: str) -> Markup:
    """The command, as far as a person needs it to understand."""
    return code(f"send 10 to {_beginning(text)}")


def _beginning(text: str) -> str:
    return f"{text[:10]}…"
