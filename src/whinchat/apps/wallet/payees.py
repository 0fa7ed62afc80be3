"""From whom a person named to what exactly would be paid: resolved anew each time, then frozen.

A bare word is one of the person's contacts, else a username; which one it was, the label says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.funding import Pocket, Purse
from whinchat.apps.wallet.inside import Inside, NeedsEscrow
from whinchat.apps.wallet.intent import Proposal
from whinchat.apps.wallet.known import KnownPayees
from whinchat.apps.wallet.money import Money
from whinchat.apps.wallet.outside import Bill, Outside
from whinchat.apps.wallet.payee import FrozenPayee, Payee, PayeeKind
from whinchat.apps.wallet.refusals import Unpayable
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup

LIGHTNING = frozenset((PayeeKind.ADDRESS, PayeeKind.LNURL, PayeeKind.INVOICE))
MOVED = "wallet.payee.moved"


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What can be shown to the person and, if they confirm it, paid."""

    proposal: Proposal
    notes: tuple[Markup, ...] = ()
    """Sentences that belong to the question."""
    needs_pin: bool = False


class Payees:
    """Whom a person may mean, and what it takes to pay them. `pin_above`: US cents from which a payment to somebody new
    asks for the PIN of whoever has one."""

    def __init__(
        self, inside: Inside, outside: Outside, purse: Purse, known: KnownPayees, words: Words, *, pin_above: int
    ) -> None:
        self._inside = inside
        self._outside = outside
        self._purse = purse
        self._known = known
        self._words = words
        self._pin_above = pin_above

    async def resolve(
        self,
        member: Member,
        payee: Payee,
        amount: Money,
        *,
        purpose: str = "send",
        memo: str = "",
        subject: str | None = None,
    ) -> Resolved | NeedsEscrow:
        """`purpose`, `memo`, `subject`: as in Proposal.

        Reads from the backend at most twice, one after the other. Raises Unpayable (it cannot be paid so, or a question
        has to be answered first), BackendError.
        """
        if payee.kind in LIGHTNING:
            bill = await self._outside.bill(member, payee, amount, memo)
        else:
            found, pocket = await asyncio.gather(self._inside.find(member, payee), self._purse.look(member))
            if isinstance(found, NeedsEscrow):
                return found
            bill = await self._within(member, found, amount, pocket)
        return await self._resolved(member, bill, purpose, memo, subject)

    async def bill(self, member: Member, payee: Payee) -> Resolved:
        """An invoice, or a service that wants one amount only. Otherwise as `resolve`."""
        return await self._resolved(member, await self._outside.bill(member, payee, None, ""), "send", "", None)

    async def towards(
        self,
        member: Member,
        payee: FrozenPayee,
        amount: Money,
        *,
        purpose: str,
        memo: str = "",
        subject: str | None = None,
    ) -> Resolved:
        """To a wallet inside the backend that is known already. Otherwise as `resolve`."""
        bill = await self._within(member, payee, amount, await self._purse.look(member))
        return await self._resolved(member, bill, purpose, memo, subject)

    async def _within(self, member: Member, payee: FrozenPayee, amount: Money, pocket: Pocket) -> Bill:
        if pocket.owns(payee.wallet):
            raise Unpayable("wallet.payee.self")
        funding = await self._purse.fund(member, pocket, amount, amount.currency)
        gets = amount if funding.instead else None
        free = Money(funding.amount.currency, 0)
        return Bill(payee, funding, free, pocket.cents(funding.amount), gets=gets)

    async def _resolved(self, member: Member, bill: Bill, purpose: str, memo: str, subject: str | None) -> Resolved:
        standing = await self._known.standing(member.id, bill.payee)
        proposal = Proposal(
            purpose=purpose,
            source=bill.funding.source,
            amount=bill.funding.amount,
            fee_limit=bill.fee,
            cents=bill.cents,
            payee=replace(bill.payee, warning=MOVED) if standing.moved else bill.payee,
            memo=memo,
            subject=subject,
            invoice_amount=bill.amount,
        )
        stranger = standing.moved or not standing.known
        return Resolved(
            proposal=proposal,
            notes=tuple(self._notes(bill, member.language)),
            needs_pin=member.has_pin and stranger and proposal.cents > self._pin_above,
        )

    def _notes(self, bill: Bill, language: str) -> Iterator[Markup]:
        if bill.funding.instead:
            yield self._words.say(f"wallet.send.instead_{bill.funding.amount.currency.lower()}", language)
        if bill.gets is not None:
            yield self._words.say("wallet.send.gets", language, amount=plain(bill.gets))
