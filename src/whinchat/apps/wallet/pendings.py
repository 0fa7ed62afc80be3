"""What somebody began for others, in one numbered list: requests that wait, and money that nobody has claimed."""

from __future__ import annotations

from collections.abc import Sequence

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.asking import Asking
from whinchat.apps.wallet.escrow import Escrow, EscrowState
from whinchat.apps.wallet.held import Held, sent_line
from whinchat.apps.wallet.requests import Request, Requests
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup


class Pendings:
    """`commands.pending.Waiting`, and its ways out. `held`: None where no money is held for anybody."""

    def __init__(self, requests: Requests, asking: Asking, held: Held | None, words: Words) -> None:
        self._requests = requests
        self._asking = asking
        self._held = held
        self._words = words

    async def sent(self, call: Call, member: Member) -> Sequence[Markup]:
        lines = [self._line(each, call.language) for each in await self._began(member)]
        return [
            self._words.say("wallet.pending.numbered", call.language, number=number, text=line)
            for number, line in enumerate(lines, start=1)
        ]

    async def received(self, call: Call, member: Member) -> Sequence[Markup]:
        asked = self._asking.lines(await self._requests.received(member.id), call.language)
        waiting = () if self._held is None else await self._held.received(member, call.language)
        return [*asked, *waiting]

    async def claim(self, call: Call, member: Member, code: str) -> Outcome:
        if self._held is None:
            return self._answer(call, "wallet.escrow.off")
        return await self._held.claim(call, member, code)

    async def cancel(self, call: Call, member: Member, number: int) -> Outcome:
        """The one that has this number in the list as it is now."""
        began = await self._began(member)
        if not 1 <= number <= len(began):
            return self._answer(call, "wallet.pending.no_number", count=number)
        chosen = began[number - 1]
        if isinstance(chosen, Request):
            return await self._asking.withdraw(call, chosen)
        if self._held is None or chosen.state is not EscrowState.OPEN:
            return self._answer(call, "wallet.escrow.under_way")
        return await self._held.take_back(call, chosen)

    async def decline(self, call: Call, member: Member, number: int, *, block: bool) -> Outcome:
        return await self._asking.decline(call, member, number, block=block)

    async def _began(self, member: Member) -> list[Request | Escrow]:
        """Oldest first, so that a new one changes no number."""
        held: Sequence[Escrow] = () if self._held is None else await self._held.sent(member)
        return sorted([*await self._requests.sent(member.id), *held], key=lambda each: (each.created_at, each.id))

    def _line(self, each: Request | Escrow, language: str) -> Markup:
        if isinstance(each, Request):
            return self._asking.line_sent(each, language)
        return sent_line(self._words, each, language)

    def _answer(self, call: Call, key: str, **values: int) -> Outcome:
        return Outcome((call.answer(self._words.say(key, call.language, **values)),))
