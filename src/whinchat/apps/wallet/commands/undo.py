"""`undo`: what can still be stopped is stopped; what was paid inside the backend is asked back, once, and no more."""

from __future__ import annotations

from typing import Protocol

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.escrow import FUNDING
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.intent import Intent, Rail
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.settling import Settling
from whinchat.apps.wallet.transitions import CANCEL, DAY, DOUBTFUL, State
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.ports import Batch


class Returns(Protocol):
    """Sends the receiver of a payment a request to give it back (`requests`)."""

    async def ask(self, call: Call, member: Member, intent: Intent) -> Outcome | None:
        """At most the payment's amount. None: the receiver cannot be asked."""
        ...


class Undo:
    spec = grammar.UNDO
    money = True

    def __init__(self, intents: Intents, settling: Settling, returns: Returns, words: Words) -> None:
        self._intents = intents
        self._settling = settling
        self._returns = returns
        self._words = words

    async def handle(self, call: Call, member: Member) -> Outcome:
        """The person's latest payment of the last day that is not over without having been paid."""
        for each in await self._intents.recent(member.id, DAY):
            if each.state in CANCEL.sources:
                stopped = await self._settling.cancelled([each])
                return stopped + self._say(call, "stopped", each)
            if each.state in DOUBTFUL:
                return self._say(call, "doubtful", each)
            if each.state is State.PAID:
                return await self._ask_back(call, member, each)
        return Outcome(replies=(call.answer(self._words.say("wallet.undo.nothing", call.language)),))

    async def _ask_back(self, call: Call, member: Member, intent: Intent) -> Outcome:
        if intent.purpose == FUNDING:
            return self._say(call, "held", intent)
        if intent.recalled_at is not None:
            return self._say(call, "asked_before", intent)
        asked = await self._returns.ask(call, member, intent) if intent.rail is Rail.WALLET else None
        if asked is None:
            return self._say(call, "final", intent)
        return Outcome(changes=Batch((self._intents.recall(intent),))) + asked + self._say(call, "asked", intent)

    def _say(self, call: Call, key: str, intent: Intent) -> Outcome:
        text = self._words.say(
            f"wallet.undo.{key}", call.language, amount=plain(intent.amount), payee=intent.body.payee.label
        )
        return Outcome(replies=(call.answer(text),))
