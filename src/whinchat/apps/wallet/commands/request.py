"""`request`: asks somebody for money."""

from __future__ import annotations

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.asking import Asking
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome


class Ask:
    spec = grammar.REQUEST
    money = True

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def handle(self, call: Call, member: Member) -> Outcome:
        memo = call.args[grammar.MEMO] or ""
        return await self._asking.ask(call, member, call.args[grammar.PAYEE], call.args[grammar.AMOUNT], memo)
