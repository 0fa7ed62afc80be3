"""From what a person asked for to the question whether it shall be paid; or why not."""

from __future__ import annotations

from typing import Protocol

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.inside import NeedsEscrow
from whinchat.apps.wallet.money import Money
from whinchat.apps.wallet.payee import Payee
from whinchat.apps.wallet.payees import Payees, Resolved
from whinchat.apps.wallet.payments import Payments
from whinchat.apps.wallet.refusals import Unpayable
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words


class Holding(Protocol):
    """`held.Held`: takes money for somebody without an account."""

    async def offer(self, call: Call, member: Member, payee: NeedsEscrow, amount: Money, memo: str) -> Outcome:
        """The question whether it shall be done, or why not. Raises Unpayable, BackendError."""
        ...


class Drafting:
    """`holding`: None where money is held for nobody. Raises BackendError; Unpayable becomes the answer."""

    def __init__(self, payees: Payees, payments: Payments, holding: Holding | None, words: Words) -> None:
        self._payees = payees
        self._payments = payments
        self._holding = holding
        self._words = words

    async def draft(self, call: Call, member: Member, payee: Payee, amount: Money, memo: str | None) -> Outcome:
        try:
            found = await self._payees.resolve(member, payee, amount, memo=memo or "")
            if isinstance(found, Resolved):
                return await self._shown(call, member, found)
            return await self._held(call, member, found, amount, memo or "")
        except Unpayable as refusal:
            return self._refused(call, refusal)

    async def bill(self, call: Call, member: Member, payee: Payee) -> Outcome:
        """What says by itself how much it wants."""
        try:
            return await self._shown(call, member, await self._payees.bill(member, payee))
        except Unpayable as refusal:
            return self._refused(call, refusal)

    async def _shown(self, call: Call, member: Member, found: Resolved) -> Outcome:
        return await self._payments.propose(call, member, found.proposal, pin=found.needs_pin, notes=found.notes)

    async def _held(self, call: Call, member: Member, payee: NeedsEscrow, amount: Money, memo: str) -> Outcome:
        if self._holding is None:
            raise Unpayable("wallet.payee.no_account", who=payee.label)
        return await self._holding.offer(call, member, payee, amount, memo)

    def _refused(self, call: Call, refusal: Unpayable) -> Outcome:
        return Outcome(replies=(call.answer(self._words.say(refusal.key, call.language, **refusal.values)),))
