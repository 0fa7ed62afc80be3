"""`template`: payments that somebody makes again and again. `pay NAME` asks like any other payment."""

from __future__ import annotations

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.language import payees
from whinchat.apps.wallet.language.forms import AddTemplate, RemoveTemplate
from whinchat.apps.wallet.notebook import MOST, folded
from whinchat.apps.wallet.payee import PayeeKind
from whinchat.apps.wallet.templates import Template, Templates
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code
from whinchat.core.ports import Batch, Statement


class ManageTemplates:
    spec = grammar.TEMPLATE
    money = False

    def __init__(self, templates: Templates, words: Words) -> None:
        self._templates = templates
        self._words = words

    async def handle(self, call: Call, member: Member) -> Outcome:
        match call.args[grammar.TEMPLATE_WHAT]:
            case AddTemplate(name=name, amount=amount, payee=payee, memo=memo):
                return await self._add(call, member, Template(name, amount, payee, memo or ""))
            case RemoveTemplate(name=name):
                return await self._remove(call, member, name)
            case _:
                return await self._list(call, member)

    async def _list(self, call: Call, member: Member) -> Outcome:
        found = await self._templates.all(member.id)
        if not found:
            return self._answer(call, self._say(call, "none", command=code("template add NAME AMOUNT to PAYEE")))
        return self._answer(
            call, self._say(call, "title", count=len(found)), *(self._entry(call, each) for each in found)
        )

    async def _add(self, call: Call, member: Member, template: Template) -> Outcome:
        if template.payee.kind is PayeeKind.INVOICE:
            return self._answer(call, self._say(call, "once"))
        known = {folded(each.name) for each in await self._templates.all(member.id)}
        if len(known) >= MOST and folded(template.name) not in known:
            return self._answer(call, self._say(call, "full", count=MOST, command=code("template remove NAME")))
        saved = self._say(call, "saved", command=code(f"pay {template.name}"))
        return self._answer(
            call, saved, self._entry(call, template), changes=(self._templates.save(member.id, template),)
        )

    async def _remove(self, call: Call, member: Member, name: str) -> Outcome:
        if await self._templates.find(member.id, name) is None:
            return self._answer(call, self._say(call, "unknown", name=name, command=code("template list")))
        return self._answer(
            call, self._say(call, "removed", name=name), changes=(self._templates.remove(member.id, name),)
        )

    def _entry(self, call: Call, template: Template) -> Markup:
        return self._say(
            call,
            "entry_for" if template.memo else "entry",
            name=template.name,
            amount=plain(template.amount),
            payee=payees.show(template.payee),
            memo=template.memo,
        )

    def _say(self, call: Call, key: str, **values: str | int) -> Markup:
        return self._words.say(f"wallet.template.{key}", call.language, **values)

    def _answer(self, call: Call, *lines: Markup, changes: tuple[Statement, ...] = ()) -> Outcome:
        return Outcome(replies=(call.answer(Markup("\n").join(lines)),), changes=Batch(changes))
