"""`!scan privacy` and `!scan forget`: what leaves the machine, what is kept, and how that ends."""

from __future__ import annotations

from whinchat.apps.scanner.commands import ALL, EVERYTHING, FORGET, LEVEL, PRIVACY
from whinchat.apps.scanner.privacy import PrivacyLevels, erased
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.asked import Standing, State
from whinchat.apps.scanner.sources.panel import Panel
from whinchat.core.dispatch.chats import Chats
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.roster import Roster
from whinchat.core.errors import TransportError
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code, escape
from whinchat.core.ports import Batch
from whinchat.core.types import ChatKind, Role


class ShowPrivacy:
    """Anybody may ask who sees the links of the chat; an admin chooses it."""

    spec = PRIVACY

    def __init__(
        self, levels: PrivacyLevels, panel: Panel | None, roster: Roster, words: Words, days: int, prefix: str
    ) -> None:
        """`panel`: None when nothing may leave the machine at all. `days` that it is kept what a chat has seen."""
        self._levels = levels
        self._panel = panel
        self._roster = roster
        self._words = words
        self._days = days
        self._typed = code(Markup(f"{prefix}{PRIVACY.usage.translate(_WITHOUT_BRACKETS)}"))

    async def handle(self, call: Call) -> Outcome:
        asked = call.args[LEVEL]
        if asked is None:
            return Outcome(replies=(call.answer(await self._overview(call, await self._levels.of(call.chat_key))),))
        message = call.message
        try:
            role = await self._roster.role(message.account, message.chat, message.sender)
        except TransportError:
            return Outcome(replies=(call.answer(self._words.say("core.access.cannot_check", call.language)),))
        if role < Role.ADMIN:
            return Outcome(replies=(call.answer(self._words.say("core.access.only_chat_admin", call.language)),))
        level = Privacy(asked)
        changes = Batch((self._levels.choose(call.chat_key, level),))
        return Outcome(replies=(call.answer(await self._overview(call, level)),), changes=changes)

    async def _overview(self, call: Call, level: Privacy) -> str:
        lines = [self._say(call, "title"), self._say(call, f"level_{_key(level)}")]
        standings = [] if self._panel is None else await self._panel.overview()
        configured = [each for each in standings if each.state is not State.OFF]
        asked = [each for each in configured if level.allows(each.about.sends)]
        lines += [self._source(call, each) for each in asked]
        # As the sources' terms word it, to be read before anybody relies on them.
        lines += dict.fromkeys(escape(each.about.notice) for each in asked if each.about.notice)
        kept_from = [each.about.title for each in configured if each not in asked]
        if kept_from:
            lines.append(self._say(call, "not_asked", sources=", ".join(kept_from)))
        if not configured:
            lines.append(self._say(call, "no_sources"))
        lines.append(self._say(call, "kept", count=self._days))
        lines.append(self._say(call, "change", command=self._typed))
        return "\n".join(lines)

    def _source(self, call: Call, standing: Standing) -> Markup:
        sends = self._say(call, f"sends_{standing.about.sends.value}")
        return self._say(call, "source", source=standing.about.title, sends=sends)

    def _say(self, call: Call, key: str, **values: Markup | str | int) -> Markup:
        return self._words.say(f"scanner.privacy.{key}", call.language, **values)


_WITHOUT_BRACKETS = str.maketrans("", "", "[]")


def _key(level: Privacy) -> str:
    return level.value.replace("-", "_")


class ForgetChat:
    """Says first what goes; the word `everything` does it. Consent goes too: nothing is read until it is given anew."""

    spec = FORGET

    def __init__(self, chats: Chats, words: Words, prefix: str) -> None:
        self._chats = chats
        self._words = words
        self._typed = code(Markup(f"{prefix}{FORGET.path} {EVERYTHING}"))

    async def handle(self, call: Call) -> Outcome:
        if call.args[ALL] is None:
            text = self._words.say("scanner.forget.what", call.language, command=self._typed)
            return Outcome(replies=(call.answer(text),))
        group = call.event.chat.kind is ChatKind.GROUP
        text = self._words.say("scanner.forget.done_group" if group else "scanner.forget.done_direct", call.language)
        return Outcome(replies=(call.answer(text),), changes=erased(call.chat_key) + self._chats.forget(call.chat_key))
