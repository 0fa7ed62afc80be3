"""`balance`, and `refresh`, which asks the backend whatever is remembered."""

from __future__ import annotations

import asyncio

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import Me
from whinchat.apps.wallet.format import Rates, both, kind, outage, plain
from whinchat.apps.wallet.reads import Read, Reads
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup


class Balance:
    spec = grammar.BALANCE
    money = False

    def __init__(self, reads: Reads, words: Words) -> None:
        self._reads = reads
        self._words = words

    async def handle(self, call: Call, member: Member) -> Outcome:
        me, rates = await asyncio.gather(self._reads.me(member), self._reads.rates(member.currency))
        return Outcome(replies=(call.answer(_text(self._words, call, me, rates)),))


class Refresh:
    spec = grammar.REFRESH
    money = False

    def __init__(self, reads: Reads, words: Words) -> None:
        self._reads = reads
        self._words = words

    async def handle(self, call: Call, member: Member) -> Outcome:
        me, rates = await asyncio.gather(self._reads.me(member, fresh=True), self._reads.rates(member.currency))
        return Outcome(replies=(call.answer(_text(self._words, call, me, rates)),))


def _text(words: Words, call: Call, me: Read[Me], rates: Rates | None) -> str:
    """Of the wallets that hold something, and of the one that is paid from by default."""
    lines = []
    wallets = [each for each in me.value.wallets if each.balance.minor or each.id == me.value.default_wallet]
    if len(wallets) == 1:
        lines.append(words.say("wallet.balance.only", call.language, amount=both(wallets[0].balance, rates)))
    else:
        lines.append(words.say("wallet.balance.title", call.language))
        for each in wallets:
            amount = both(each.balance, rates)
            lines.append(words.say(f"wallet.balance.{kind(each.balance.currency)}", call.language, amount=amount))
    lines += [
        words.say("wallet.balance.coming", call.language, amount=plain(each.pending))
        for each in me.value.wallets
        if each.pending.minor
    ]
    if me.outage:
        lines.append(outage(words, me.at, call.now, call.language))
    return Markup("\n").join(lines)
