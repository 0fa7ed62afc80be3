"""`send`, and `pay` with what there is: an invoice, a template, a request. Each leads to the same question."""

from __future__ import annotations

from typing import Protocol

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.drafting import Drafting
from whinchat.apps.wallet.language.forms import Invoiced, Named, NumberedRequest
from whinchat.apps.wallet.templates import Templates
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import code


class Send:
    spec = grammar.SEND
    money = True

    def __init__(self, drafting: Drafting) -> None:
        self._drafting = drafting

    async def handle(self, call: Call, member: Member) -> Outcome:
        args = call.args
        return await self._drafting.draft(call, member, args[grammar.PAYEE], args[grammar.AMOUNT], args[grammar.MEMO])


class Incoming(Protocol):
    """The requests that others have sent the person."""

    async def numbered(self, call: Call, member: Member, number: int | None) -> Outcome:
        """The question whether that one shall be paid; None: the only one, or which."""
        ...

    async def coded(self, call: Call, member: Member, code: str) -> Outcome | None:
        """None: no request has this code."""
        ...


class Pay:
    """A word is the code of a request, or else the name of a template."""

    spec = grammar.PAY
    money = True

    def __init__(self, drafting: Drafting, templates: Templates, incoming: Incoming, words: Words) -> None:
        self._drafting = drafting
        self._templates = templates
        self._incoming = incoming
        self._words = words

    async def handle(self, call: Call, member: Member) -> Outcome:
        match call.args[grammar.PAY_WHAT]:
            case Invoiced(payee=payee):
                return await self._drafting.bill(call, member, payee)
            case Named(text=word):
                return await self._incoming.coded(call, member, word) or await self._template(call, member, word)
            case NumberedRequest(number=number):
                return await self._incoming.numbered(call, member, number)
            case _:
                return await self._incoming.numbered(call, member, None)

    async def _template(self, call: Call, member: Member, name: str) -> Outcome:
        found = await self._templates.find(member.id, name)
        if found is None:
            text = self._words.say("wallet.template.unknown", call.language, name=name, command=code("template list"))
            return Outcome(replies=(call.answer(text),))
        return await self._drafting.draft(call, member, found.payee, found.amount, found.memo)
