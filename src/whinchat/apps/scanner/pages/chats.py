"""The chats and what each decided: consent, language, privacy, silence, policy."""

from __future__ import annotations

from whinchat.apps.scanner.pages.lines import chat_key, chat_name
from whinchat.apps.scanner.pages.names import Names
from whinchat.apps.scanner.pages.queries import ChatLine, Queries
from whinchat.apps.scanner.pages.settings_form import ChatSettings
from whinchat.apps.scanner.repository import Repository
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.pages import Acted, Done, Nav, NotFound, Notice, PageRequest, Redirect, Shown, View
from whinchat.core.ports import Batch
from whinchat.core.types import ChatKind

SHOWN = 200


class ChatsPage:
    path = "/scanner/chats"
    title = "scanner.pages.chats.title"
    nav = Nav(3, "chats")

    def __init__(self, queries: Queries, names: Names) -> None:
        self._queries = queries
        self._names = names

    async def show(self, request: PageRequest) -> View:
        every = sorted([line async for line in self._queries.chats()], key=lambda line: -(line.newest or 0))
        seen = [(line, found.seen) for line in every[:SHOWN] if (found := await self._queries.of_chat(line.chat))]
        names = await self._names.of((line.chat, each) for line, each in seen)
        direct = {line.chat for line, each in seen if each.message.chat.kind is ChatKind.DIRECT}
        chats = [_line(line, names.get(line.chat), request.now, direct=line.chat in direct) for line in every[:SHOWN]]
        return View("scanner/chats.html", {"chats": chats, "total": len(every), "shown": SHOWN})


def _line(line: ChatLine, name: str | None, now: int, *, direct: bool) -> dict[str, object]:
    return {
        "chat": chat_name(line.chat, name),
        "direct": direct,
        "reads": direct or line.consent_at is not None,
        "links": line.links,
        "warned": line.warned,
        "muted_until": line.muted_until if line.muted_until > now else None,
    }


class ChatPage:
    """A form has `do`: `settings` with all of `ChatSettings`' fields, or `withdraw`."""

    path = "/scanner/chats/{chat}"
    title = "scanner.pages.chat.title"
    nav = None

    def __init__(self, repository: Repository, queries: Queries, names: Names, settings: ChatSettings) -> None:
        self._repository = repository
        self._queries = queries
        self._names = names
        self._settings = settings

    async def show(self, request: PageRequest) -> Shown:
        chat = chat_key(request.parts["chat"])
        return NotFound() if chat is None else await self._view(chat, request, {})

    async def act(self, request: PageRequest) -> Acted:
        chat = chat_key(request.parts["chat"])
        if chat is None:
            return NotFound()
        here = f"/scanner/chats/{chat.hex()}"
        if request.form.get("do") == "withdraw":
            return Done(
                "scanner.consent.withdraw",
                "",
                Redirect(here, Notice("scanner.pages.chat.withdrawn")),
                Outcome(changes=Batch((self._repository.withdraw(chat),))),
                chat,
            )
        changes, told, faults = await self._settings.read(chat, request)
        if faults:
            return await self._view(chat, request, faults, status=422)
        if not told:
            return Redirect(here, Notice("scanner.pages.chat.unchanged"))
        return Done(
            "scanner.chat.set",
            ", ".join(told),
            Redirect(here, Notice("scanner.pages.chat.saved")),
            Outcome(changes=changes),
            chat,
        )

    async def _view(self, chat: bytes, request: PageRequest, faults: dict[str, str], status: int = 200) -> View:
        state = await self._repository.chat(chat)
        name, seen = await self._names.one(chat)
        direct = seen is not None and seen.message.chat.kind is ChatKind.DIRECT
        data = {
            "chat": chat_name(chat, name),
            "direct": direct,
            "reads": direct or state.consent_at is not None,
            "consent_at": state.consent_at,
            "muted_until": state.muted_until if state.muted_until > request.now else None,
            "rules": len(await self._repository.rules(chat)),
            **await self._settings.shown(chat, request, faults),
        }
        return View("scanner/chat.html", data, status=status)
