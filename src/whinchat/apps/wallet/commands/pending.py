"""`pending`: what waits for somebody, or is not known yet. What waits, each part of the wallet knows by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.format import plain, when
from whinchat.apps.wallet.intent import Intent
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.language.forms import CancelPending, Claim, DeclinePending, ReceivedOnes, SentOnes
from whinchat.apps.wallet.transitions import State
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code, escape


class Waiting(Protocol):
    """A part of the wallet that has things pending: payments, requests, money for people without an account."""

    async def sent(self, call: Call, member: Member) -> Sequence[Markup]:
        """A line for each thing that the person began."""
        ...

    async def received(self, call: Call, member: Member) -> Sequence[Markup]:
        """A line for each thing that others want of them, or hold for them."""
        ...


class WaitingPayments:
    """Payments to be confirmed, and those whose end is not known."""

    def __init__(self, intents: Intents, words: Words) -> None:
        self._intents = intents
        self._words = words

    async def sent(self, call: Call, member: Member) -> Sequence[Markup]:
        proposed = await self._intents.open(member.id)
        doubtful = await self._intents.doubtful(member.id)
        return [
            *(self._line(call, each, "open") for each in proposed),
            *(
                self._line(call, each, "unresolved" if each.state is State.UNRESOLVED else "unknown")
                for each in doubtful
            ),
        ]

    async def received(self, call: Call, member: Member) -> Sequence[Markup]:
        return ()

    def _line(self, call: Call, intent: Intent, key: str) -> Markup:
        return self._words.say(
            f"wallet.pending.{key}",
            call.language,
            amount=plain(intent.amount),
            payee=escape(intent.body.payee.label),
            command=code(f"confirm {intent.code}"),
            time=when(self._words, intent.confirmed_at or intent.created_at, call.now, call.language),
        )


class Ways(Protocol):
    """Out of what waits (`pendings.Pendings`)."""

    async def claim(self, call: Call, member: Member, code: str) -> Outcome: ...

    async def cancel(self, call: Call, member: Member, number: int) -> Outcome:
        """`number`: by which it is known to who began it."""
        ...

    async def decline(self, call: Call, member: Member, number: int, *, block: bool) -> Outcome:
        """`number`: of a request, by which it is known to who is asked."""
        ...


class Pending:
    spec = grammar.PENDING
    money = True

    def __init__(self, waiting: Sequence[Waiting], ways: Ways, words: Words) -> None:
        self._waiting = waiting
        self._ways = ways
        self._words = words

    async def handle(self, call: Call, member: Member) -> Outcome:
        match call.args[grammar.PENDING_WHAT]:
            case Claim(code=given):
                return await self._ways.claim(call, member, given)
            case CancelPending(number=number):
                return await self._ways.cancel(call, member, number)
            case DeclinePending(number=number, block=block):
                return await self._ways.decline(call, member, number, block=block)
            case SentOnes():
                blocks = [await self._sent(call, member)]
            case ReceivedOnes():
                blocks = [await self._received(call, member)]
            case _:
                blocks = [await self._sent(call, member), await self._received(call, member)]
        found = [block for block in blocks if block]
        text = Markup("\n\n").join(found) if found else self._words.say("wallet.pending.nothing", call.language)
        return Outcome(replies=(call.answer(text),))

    async def _sent(self, call: Call, member: Member) -> Markup:
        lines = [line for part in self._waiting for line in await part.sent(call, member)]
        return self._block(call, "sent", lines)

    async def _received(self, call: Call, member: Member) -> Markup:
        lines = [line for part in self._waiting for line in await part.received(call, member)]
        return self._block(call, "received", lines)

    def _block(self, call: Call, key: str, lines: Sequence[Markup]) -> Markup:
        if not lines:
            return Markup("")
        return Markup("\n").join([self._words.say(f"wallet.pending.{key}", call.language), *lines])
