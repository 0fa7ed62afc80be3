"""`limits`: what they are, and other ones."""

from __future__ import annotations

import msgspec

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.language.forms import ChangeLimit, LimitOf
from whinchat.apps.wallet.limits import RAISE, Limits, Wanted
from whinchat.apps.wallet.money import usd
from whinchat.apps.wallet.pin import Pins
from whinchat.apps.wallet.sayings import Sayings, quoting
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup


class ChooseLimits:
    spec = grammar.LIMITS
    money = False

    def __init__(self, limits: Limits, pins: Pins, words: Words, sayings: Sayings) -> None:
        self._limits = limits
        self._pins = pins
        self._words = words
        self._sayings = sayings

    async def handle(self, call: Call, member: Member) -> Outcome:
        asked = call.args[grammar.NEW_LIMIT]
        if asked is None:
            return await self._show(call, member)
        most = self._limits.most(asked.of)
        if asked.amount.minor > most:
            return self._sayings.answer(call, "wallet.limits.most", amount=plain(usd(most)))
        return await self._change(call, member, asked)

    async def _change(self, call: Call, member: Member, asked: ChangeLimit) -> Outcome:
        data = msgspec.msgpack.encode(Wanted(asked.of, asked.amount.minor))
        if asked.amount.minor > await self._limits.current(member, asked.of, call.now):
            return await self._pins.ask(call, member, RAISE, data)
        return await self._limits.proceed(call, member, data)

    async def _show(self, call: Call, member: Member) -> Outcome:
        lines = [self._sayings.text("wallet.limits.title", call.language)]
        for of in LimitOf:
            lines += await self._line(call, member, of)
        lines.append(self._sayings.text("wallet.limits.change", call.language))
        return Outcome((quoting(call, Markup("\n".join(lines))),))

    async def _line(self, call: Call, member: Member, of: LimitOf) -> list[Markup]:
        current = await self._limits.current(member, of, call.now)
        lines = [self._sayings.text(f"wallet.limits.{of}", call.language, amount=plain(usd(current)))]
        coming = await self._limits.coming(member, of, call.now)
        if coming is not None:
            cents, at = coming
            moment = self._words.moment(at, call.language)
            lines.append(
                self._sayings.text("wallet.limits.coming", call.language, amount=plain(usd(cents)), moment=moment)
            )
        return lines
