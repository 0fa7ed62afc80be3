"""Help, ping and language: their grammar and what they do."""

from __future__ import annotations

from whinchat.core.dispatch.arguments import Optional, Rest, Text
from whinchat.core.dispatch.chats import Chats
from whinchat.core.dispatch.command import Command
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.help import Guide
from whinchat.core.dispatch.roster import Roster
from whinchat.core.errors import TransportError
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code, escape
from whinchat.core.ports import Batch
from whinchat.core.types import Role

LONGEST_QUOTE = 40  # code points of what somebody typed, when it is said back

TOPIC = Optional(Rest("command", at_most=100))
CODE = Optional(Text("code", at_most=35))  # as long as a language tag can get (RFC 5646)

HELP = Command("help", args=(TOPIC,), help="basics.help.help", aliases=("commands",), examples=("", "language"))
PING = Command("ping", help="basics.ping.help")
LANGUAGE = Command(
    "language",
    args=(CODE,),
    help="basics.language.help",
    aliases=("lang",),
    audited=True,
    examples=("", "es"),
)

COMMANDS = (HELP, PING, LANGUAGE)


class Help:
    """All commands that the person may use here, or one of them in detail."""

    spec = HELP

    def __init__(self, guide: Guide, roster: Roster) -> None:
        self._guide = guide
        self._roster = roster

    async def handle(self, call: Call) -> Outcome:
        # The role in the call is only as high as the command asks for, and anybody may ask for help.
        role = await _role(self._roster, call) or call.role
        topic, kind = call.args[TOPIC], call.message.chat.kind
        if topic is None:
            return _answer(call, self._guide.overview(call.language, role, kind))
        return _answer(call, self._guide.topic(topic, call.language, role, kind))


class Ping:
    spec = PING

    def __init__(self, words: Words) -> None:
        self._words = words

    async def handle(self, call: Call) -> Outcome:
        return _answer(call, self._words.say("basics.ping.answer", call.language))


class Language:
    """Anybody may ask which language is spoken here; an admin chooses it."""

    spec = LANGUAGE

    def __init__(self, words: Words, chats: Chats, roster: Roster, prefix: str) -> None:
        self._words = words
        self._chats = chats
        self._roster = roster
        self._prefix = prefix

    async def handle(self, call: Call) -> Outcome:
        asked = call.args[CODE]
        if asked is None:
            return _answer(call, self._current(call))
        chosen = self._words.match(asked)
        if chosen is None:
            return _answer(call, self._unknown(call, asked))
        role = await _role(self._roster, call)
        if role is None:
            return _answer(call, self._words.say("core.access.cannot_check", call.language))
        if role < Role.ADMIN:
            return _answer(call, self._words.say("core.access.only_chat_admin", call.language))
        changes = Batch((self._chats.speak(call.chat_key, chosen),))
        text = self._words.say("basics.language.changed", chosen, language=self._name(chosen))
        return Outcome(replies=(call.answer(text),), changes=changes)

    def _current(self, call: Call) -> Markup:
        spoken = self._words.match(call.language) or call.language
        lines = [
            self._words.say("basics.language.current", call.language, language=self._name(spoken)),
            self._words.say("basics.language.change", call.language, command=self._typed()),
        ]
        return Markup("\n".join([*lines, *self._choices(call.language)]))

    def _unknown(self, call: Call, asked: str) -> Markup:
        head = self._words.say("basics.language.unknown", call.language, given=escape(asked, LONGEST_QUOTE))
        return Markup("\n".join([head, *self._choices(call.language)]))

    def _choices(self, language: str) -> list[Markup]:
        return [
            self._words.say("core.help.entry", language, usage=code(each), text=self._name(each))
            for each in self._words.languages
        ]

    def _name(self, language: str) -> Markup:
        """What the language is called in itself."""
        return self._words.say("core.language.name", language)

    def _typed(self) -> Markup:
        return code(Markup(f"{self._prefix}{LANGUAGE.usage.translate(_WITHOUT_BRACKETS)}"))


_WITHOUT_BRACKETS = str.maketrans("", "", "[]")


async def _role(roster: Roster, call: Call) -> Role | None:
    """The person's role in the live group; None when it cannot be asked."""
    message = call.message
    try:
        return await roster.role(message.account, message.chat, message.sender)
    except TransportError:
        return None


def _answer(call: Call, text: Markup) -> Outcome:
    return Outcome(replies=(call.answer(text),))
