"""`confirm` and `cancel`: the person's yes and no to what was shown to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec.structs import replace

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import Backend, BackendError
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.intent import Intent, Proposal, Rail, pay_job
from whinchat.apps.wallet.intents import Intents, never_resend, spending
from whinchat.apps.wallet.payments import Payments
from whinchat.apps.wallet.sayings import quoting
from whinchat.apps.wallet.settling import Settling
from whinchat.apps.wallet.transitions import CONFIRM, State, change
from whinchat.core.dispatch.context import Call, Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code
from whinchat.core.ports import Batch, Statement, Value

REPEATED = 60_000  # milliseconds in which another yes to the same payment is only impatience
REMEMBERED = 15 * 60_000  # milliseconds in which somebody is told what became of what they say yes to


PURPOSE = "confirm"
"""The purpose for which `pin.Pins` asks here; with the code of the payment."""


class Pins(Protocol):
    """`pin.Pins`."""

    async def ask(self, context: Context, member: Member, purpose: str, data: bytes) -> Outcome: ...


class Cancel:
    """Refusal wins: nothing that is open or confirmed leaves, and nothing unknown is sent again."""

    spec = grammar.CANCEL
    money = False

    def __init__(self, intents: Intents, settling: Settling, words: Words) -> None:
        self._intents = intents
        self._settling = settling
        self._words = words

    async def handle(self, call: Call, member: Member) -> Outcome:
        return await self.all(call, member, call.args[grammar.CODE])

    async def all(self, context: Context, member: Member, given: str | None) -> Outcome:
        """All that is open, or what has the code `given`."""
        standing = [each for each in await self._intents.standing(member.id) if given in (None, each.code)]
        outcome = await self._settling.cancelled(standing)
        outcome += Outcome(changes=Batch((never_resend(member.id),), durable=True))
        if standing:
            lines = [self._line(context, "done", each) for each in standing]
        else:
            doubtful = [each for each in await self._intents.doubtful(member.id) if each.state is not State.UNRESOLVED]
            lines = [self._line(context, "under_way", each) for each in doubtful]
        text = Markup("\n").join(lines or [self._words.say("wallet.cancel.nothing", context.language)])
        return outcome + Outcome((quoting(context, text),))

    def _line(self, context: Context, key: str, intent: Intent) -> Markup:
        return self._words.say(
            f"wallet.cancel.{key}", context.language, amount=plain(intent.amount), payee=intent.body.payee.label
        )


class Confirm:
    """Who says yes, says it to exactly what was shown. Everything is checked by the statement itself (`CONFIRM`);
    what is read before only finds the words for a refusal."""

    spec = grammar.CONFIRM
    money = True

    def __init__(
        self,
        intents: Intents,
        payments: Payments,
        settling: Settling,
        cancel: Cancel,
        backend: Backend,
        pins: Pins,
        words: Words,
    ) -> None:
        self._intents = intents
        self._payments = payments
        self._settling = settling
        self._cancel = cancel
        self._backend = backend
        self._pins = pins
        self._words = words

    async def handle(self, call: Call, member: Member) -> Outcome:
        given = call.args[grammar.CODE]
        opened = [each for each in await self._intents.open(member.id) if given in (None, each.code)]
        showings = {each.showing for each in opened}
        if not showings:
            return await self._nothing_open(call, member, given)
        if len(showings) > 1:
            return self._which(call, opened)
        return await self._confirm(call, member, opened, given)

    async def coded(self, call: Call, member: Member, given: str) -> Outcome | None:
        """As `confirm CODE`. None: nothing that is open has this code."""
        opened = [each for each in await self._intents.open(member.id) if each.code == given.upper()]
        return await self._confirm(call, member, opened, given.upper()) if opened else None

    async def proceed(self, context: Context, member: Member, data: bytes) -> Outcome:
        """The PIN was given (`pin.Guarded`); `data`: the code of what it is for."""
        showing = [each for each in await self._intents.open(member.id) if each.code == data.decode()]
        if not showing:
            return self._say(context, "expired")
        try:
            return await self._confirm(context, member, showing, data.decode(), pin=True)
        except BackendError:
            return self._say(context, "no_fee")

    async def call_off(self, context: Context, member: Member, data: bytes) -> Outcome:
        """A no in place of the PIN."""
        return await self._cancel.all(context, member, None)

    async def _confirm(
        self, context: Context, member: Member, showing: Sequence[Intent], given: str | None, *, pin: bool = False
    ) -> Outcome:
        """`given`: the code. Raises BackendError."""
        args = self._args(context, member, given, pin=pin)
        for each in showing:
            reason = await self._intents.obstacle(each, args)
            if reason == "stale":
                return await self._probe(context, member, showing, args)
            if reason is not None:
                return await self._refuse(context, member, showing, reason)
        return self._confirmed(member, showing, args)

    def _args(self, context: Context, member: Member, given: str | None, *, pin: bool) -> dict[str, Value]:
        return {
            "owner": member.id,
            "chat": context.chat_key,
            "code": given,
            "second": context.event.time // 1000 * 1000,
            "payment_limit": member.payment_limit,
            "day_limit": member.day_limit,
            "pin": int(pin),
            "now": context.now,
        }

    def _confirmed(
        self, member: Member, showing: Sequence[Intent], args: dict[str, Value], *before: Statement
    ) -> Outcome:
        """The receipt says the rest."""
        changes = (
            spending(member.backend, member.account),
            *before,
            *(change(CONFIRM, each.id, **args) for each in showing),
        )
        return Outcome(changes=Batch(changes, durable=True), jobs=tuple(pay_job(each.id) for each in showing))

    async def _probe(
        self, context: Context, member: Member, showing: Sequence[Intent], args: dict[str, Value]
    ) -> Outcome:
        """The fee was asked for too long ago. Raises BackendError."""
        anew = [await self._at_its_fee(member, each) for each in showing]
        if all(new.fee_limit.minor <= old.fee_limit for new, old in zip(anew, showing, strict=True)):
            return self._confirmed(member, showing, args, *map(self._intents.probed, showing))
        told = self._words.say("wallet.confirm.fee_rose", context.language)
        called_off = await self._settling.cancelled(showing)
        return called_off + await self._payments.propose(context, member, *anew, pin=showing[0].pin, notes=(told,))

    async def _at_its_fee(self, member: Member, intent: Intent) -> Proposal:
        """As it would be proposed now."""
        proposal = intent.proposal
        if intent.rail is Rail.WALLET:
            return proposal
        fee = await self._backend.fee(member.token, proposal.source, proposal.payee.bolt11, proposal.invoice_amount)
        before, now = intent.minor + intent.fee_limit, intent.minor + fee.minor
        return replace(proposal, fee_limit=fee, cents=-(-intent.cents * now // before))

    async def _refuse(self, context: Context, member: Member, showing: Sequence[Intent], reason: str) -> Outcome:
        match reason:
            case "owner":
                return self._say(context, "elsewhere")
            case "code":
                # Perhaps it was never seen: it is shown again, and whoever repeats its code has seen it.
                told = self._words.say("wallet.confirm.with_code", context.language)
                question = self._payments.question(showing, context.language, (told,))
                return Outcome((quoting(context, question),))
            case "expired":
                return self._say(context, "expired")
            case "pin":
                return await self._pins.ask(context, member, PURPOSE, showing[0].code.encode())
        return Outcome((quoting(context, await self._payments.refusal(reason, member, context.language)),))

    def _which(self, context: Context, opened: Sequence[Intent]) -> Outcome:
        entries = [
            self._words.say(
                "wallet.confirm.choice",
                context.language,
                command=code(f"yes {each.code}"),
                amount=plain(each.amount),
                payee=each.body.payee.label,
            )
            for each in opened
        ]
        text = Markup("\n").join([self._words.say("wallet.confirm.which", context.language), *entries])
        return Outcome((quoting(context, text),))

    async def _nothing_open(self, call: Call, member: Member, given: str | None) -> Outcome:
        for each in await self._intents.recent(member.id, REMEMBERED):
            if given not in (None, each.code):
                continue
            if each.confirmed_at is not None and (given or each.confirmed_at > call.now - REPEATED):
                return NOTHING  # its receipt says what became of it
            if each.confirmed_at is None and each.state is not State.CANCELLED:
                return self._say(call, "expired")
            break
        return self._say(call, "nothing")

    def _say(self, context: Context, key: str) -> Outcome:
        return Outcome((quoting(context, self._words.say(f"wallet.confirm.{key}", context.language)),))
