"""Tips: a payment to somebody with thanks, or to a whole group, in equal shares."""

from __future__ import annotations

import asyncio

from whinchat.apps.wallet.accounts import Accounts, Member
from whinchat.apps.wallet.asking import verified_name
from whinchat.apps.wallet.backend import Backend, BackendError, PayeeWallet
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.funding import Purse
from whinchat.apps.wallet.intent import Proposal
from whinchat.apps.wallet.money import Money
from whinchat.apps.wallet.payee import FrozenPayee, PayeeKind
from whinchat.apps.wallet.payments import Payments
from whinchat.apps.wallet.refusals import Unpayable
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.roster import Roster
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup
from whinchat.core.types import SendText, UserRef

PURPOSE = "tip"
MOST_SHARES = 30
"""Each is a payment of its own."""


def shares(whole: Money, count: int) -> list[Money]:
    """As equal as can be, and exactly the whole together: what does not divide goes to the first ones, a cent (or
    satoshi) each."""
    each, left = divmod(whole.minor, count)
    return [Money(whole.currency, each + (number < left)) for number in range(count)]


class Tipping:
    """Raises BackendError; Unpayable becomes the answer, in the person's direct chat."""

    def __init__(
        self, accounts: Accounts, backend: Backend, purse: Purse, payments: Payments, roster: Roster, words: Words
    ) -> None:
        self._accounts = accounts
        self._backend = backend
        self._purse = purse
        self._payments = payments
        self._roster = roster
        self._words = words

    async def everyone(self, call: Call, member: Member, amount: Money, memo: str) -> Outcome:
        """The group's linked members, but for who tips: who they are and what each gets is fixed when it is shown."""
        group = await self._roster.group(call.event.account, call.event.chat)
        people = () if group is None else group.members
        return await self._tip(call, member, people, amount, memo)

    async def mentioned(self, call: Call, member: Member, amount: Money, memo: str) -> Outcome:
        """Somebody whom the message mentions, besides the bot."""
        group = await self._roster.group(call.event.account, call.event.chat)
        if group is None:
            return self._refuse(call, member, Unpayable("wallet.tip.nobody"))
        wanted = set(call.message.mentions) - {group.me}
        people = tuple(each for each in group.members if not wanted.isdisjoint(each.ids))
        if len(people) != 1:
            return self._refuse(call, member, Unpayable("wallet.tip.whom"))
        return await self._tip(call, member, people, amount, memo)

    async def _tip(self, call: Call, member: Member, people: tuple[UserRef, ...], amount: Money, memo: str) -> Outcome:
        try:
            return await self._proposed(call, member, people, amount, memo)
        except Unpayable as refusal:
            return self._refuse(call, member, refusal)

    async def _proposed(
        self, call: Call, member: Member, people: tuple[UserRef, ...], amount: Money, memo: str
    ) -> Outcome:
        linked = await self._linked(call, member, people)
        if not linked:
            raise Unpayable("wallet.tip.nobody")
        if len(linked) > MOST_SHARES:
            raise Unpayable("wallet.tip.too_many", count=MOST_SHARES)
        payees, pocket = await asyncio.gather(self._payees(linked, amount), self._purse.look(member))
        funding = await self._purse.fund(member, pocket, amount, amount.currency)
        if funding.amount.currency is not amount.currency:
            raise Unpayable("wallet.tip.wrong_wallet", amount=plain(amount))
        if amount.minor < len(payees):
            raise Unpayable("wallet.tip.too_little", count=len(payees))
        proposals = [
            Proposal(
                purpose=PURPOSE,
                source=funding.source,
                amount=share,
                fee_limit=Money(share.currency, 0),
                cents=pocket.cents(share),
                payee=payee,
                memo=memo,
            )
            for payee, share in zip(payees, shares(amount, len(payees)), strict=True)
        ]
        return await self._payments.propose(call, member, *proposals)

    async def _linked(self, call: Call, member: Member, people: tuple[UserRef, ...]) -> list[Member]:
        """Each account once, in the order of the group's list."""
        found: dict[bytes, Member] = {}
        for person in people:
            linked = await self._accounts.by_person(call.event.account, person)
            if linked is not None and linked.account != member.account:
                found.setdefault(linked.account, linked)
        return list(found.values())

    async def _payees(self, linked: list[Member], amount: Money) -> list[FrozenPayee]:
        """As the backend has them now; who cannot be asked for, or holds no such money, gets no share."""
        found = await asyncio.gather(*(self._payee(each, amount) for each in linked))
        payees = [payee for payee in found if payee is not None]
        if not payees:
            raise Unpayable("wallet.tip.nobody")
        return payees

    async def _payee(self, linked: Member, amount: Money) -> FrozenPayee | None:
        try:
            me = await self._backend.me(linked.token)
        except BackendError as error:
            if error.code == "unauthenticated":
                return None
            raise
        wallet = me.wallet(amount.currency)
        if wallet is None:
            return None
        target = PayeeWallet(wallet.id, amount.currency)
        return FrozenPayee(
            kind=PayeeKind.USERNAME,
            label=verified_name(me, linked),
            key=f"wallet:{target.id}",
            wallet=target.id,
            currency=target.currency.value,
        )

    def _refuse(self, call: Call, member: Member, refusal: Unpayable) -> Outcome:
        text: Markup = self._words.say(refusal.key, call.language, **refusal.values)
        return Outcome((member.reply(SendText(text)),))
