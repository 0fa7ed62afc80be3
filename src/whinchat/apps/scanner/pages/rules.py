"""Allow and deny rules: of everywhere, or of one chat."""

from __future__ import annotations

from whinchat.apps.scanner.pages.lines import ChatName, chat_key, chat_name, number
from whinchat.apps.scanner.pages.names import Names
from whinchat.apps.scanner.pages.queries import Queries
from whinchat.apps.scanner.pages.rulebook import SPANS, Rulebook, RuleForm, scope_of, shown
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.rules import EVERYWHERE, Effect
from whinchat.core.formatting.defang import defang
from whinchat.core.pages import Acted, Nav, NotFound, PageRequest, Shown, View

OTHERS = 50  # chats to choose from beside the one that is shown


class RulesPage:
    """Query `chat`: its key; empty for everywhere. A form adds a rule, or removes the one whose number it has."""

    path = "/scanner/rules"
    title = "scanner.pages.rules.title"
    nav = Nav(2, "rules")

    def __init__(self, repository: Repository, queries: Queries, names: Names, rulebook: Rulebook) -> None:
        self._repository = repository
        self._queries = queries
        self._names = names
        self._rulebook = rulebook

    async def show(self, request: PageRequest) -> Shown:
        chat = _scope(request)
        return NotFound() if chat is None else await self._view(chat, RuleForm())

    async def act(self, request: PageRequest) -> Acted:
        chat = _scope(request)
        if chat is None:
            return NotFound()
        then = f"{self.path}?chat={scope_of(chat)}" if chat else self.path
        if "remove" in request.form:
            row = number(request.form["remove"])
            removed = None if row is None else await self._rulebook.remove(row, chat, then=then)
            return removed or NotFound()
        added = await self._rulebook.add(RuleForm.read(request.form), chat, request, then=then)
        return await self._view(chat, added, status=422) if isinstance(added, RuleForm) else added

    async def _view(self, chat: bytes, form: RuleForm, status: int = 200) -> View:
        rules = [
            {
                "number": rule.number,
                "effect": rule.effect.value,
                "rule": shown(rule.pattern),
                "kind": rule.pattern.kind.value,
                "reason": defang(rule.reason),
                "created_at": rule.created_at,
                "expires_at": rule.expires_at,
            }
            for rule in await self._repository.rules(chat)
        ]
        name = None if chat == EVERYWHERE else chat_name(chat, (await self._names.one(chat))[0])
        data = {
            "rules": rules,
            "form": form,
            "chat": scope_of(chat),
            "chat_name": name,
            "chats": await self._chats(),
            "effects": [each.value for each in Effect],
            "spans": list(SPANS),
        }
        return View("scanner/rules.html", data, status=status)

    async def _chats(self) -> list[ChatName]:
        """Those where links were seen last."""
        newest = sorted(
            [line async for line in self._queries.chats() if line.newest is not None],
            key=lambda line: -(line.newest or 0),
        )[:OTHERS]
        seen = [found for line in newest if (found := await self._queries.of_chat(line.chat)) is not None]
        names = await self._names.of((each.chat, each.seen) for each in seen)
        return [chat_name(each.chat, names.get(each.chat)) for each in seen]


def _scope(request: PageRequest) -> bytes | None:
    """The chat whose rules are meant; None: there is no such chat."""
    text = request.query.get("chat", "")
    return chat_key(text) if text else EVERYWHERE
