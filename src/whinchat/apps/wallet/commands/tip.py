"""`tip`: to somebody, or in a group to somebody mentioned or to all."""

from __future__ import annotations

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.drafting import Drafting
from whinchat.apps.wallet.language.forms import Everyone, Mentioned
from whinchat.apps.wallet.tipping import Tipping
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.types import ChatKind, SendText


class Tip:
    spec = grammar.TIP
    money = True

    def __init__(self, tipping: Tipping, drafting: Drafting, words: Words) -> None:
        self._tipping = tipping
        self._drafting = drafting
        self._words = words

    async def handle(self, call: Call, member: Member) -> Outcome:
        target, amount, memo = call.args[grammar.TIP_TO], call.args[grammar.AMOUNT], call.args[grammar.MEMO] or ""
        in_group = call.message.chat.kind is ChatKind.GROUP
        match target:
            case Everyone() if in_group:
                return await self._tipping.everyone(call, member, amount, memo)
            case Mentioned() if in_group:
                return await self._tipping.mentioned(call, member, amount, memo)
            case Everyone() | Mentioned():
                text = self._words.say("wallet.tip.only_in_groups", call.language)
            case _ if in_group:
                text = self._words.say("wallet.tip.mention_them", call.language)
            case _:
                return await self._drafting.draft(call, member, target, amount, memo)
        return Outcome((member.reply(SendText(text)),))
