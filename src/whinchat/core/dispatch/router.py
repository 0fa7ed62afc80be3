"""Recognises commands: which message is one, which command it is, and what its arguments are.

A group is full of other talk and other bots: there, only the prefix or a mention of the bot makes a command, and a
word that no application of ours knows is nobody's business. In a direct chat the bare words do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from whinchat.core.dispatch.arguments import INVISIBLE, Line, Problem, UsageProblem, fold, nearest
from whinchat.core.dispatch.command import Arguments, Command
from whinchat.core.types import ChatKind, Message

HELP = "help"
"""The command that an application's word alone stands for."""

_HEAD = re.compile(rf"[\s{INVISIBLE}]*")
_MARKS = re.compile(rf"[\s{INVISIBLE}*_~`]*")
_MARK_CHARACTERS = "*_~`"
_MENTION = re.compile(r"@\S*")


@dataclass(frozen=True, slots=True)
class Route:
    """A message that is for the bot. Without a `command`, its application has none of that name."""

    app: str
    command: Command | None
    parsed: Arguments | UsageProblem
    bare: bool = False
    """It was said without the application's word, and is shown as it was said."""

    @property
    def name(self) -> str:
        """The command's words; the application's for a command that it does not have."""
        return self.app if self.command is None else self.command.path


class Router:
    """`names` are what the bot is called in mentions that carry a name instead of a number, without the @.

    Raises ValueError when two commands share a word.
    """

    def __init__(self, commands: Sequence[Command], prefix: str = "!", names: Collection[str] = ()) -> None:
        self._apps: dict[str, dict[str, Command]] = {"": {}}
        for command in commands:
            words = self._apps.setdefault(command.app, {})
            for word in (command.name, *command.aliases):
                if word in words:
                    raise ValueError(f"two commands are called {command.app} {word}")
                words[word] = command
        self._plain = self._apps.pop("")
        for app in self._apps.keys() & self._plain.keys():
            raise ValueError(f"{app} is an application and a command")
        self._prefix = _widthless(prefix)
        self._names = sorted((name.casefold() for name in names), key=len, reverse=True)

    def route(self, message: Message) -> Route | None:
        """None for a message that is no command of ours."""
        text = self.addressed(message)
        if text is None:
            return None
        line = Line(text)
        word = fold(line.take())
        replies = message.quoted is not None
        command = self._plain.get(word)
        if command is not None:
            return Route("", command, command.parse(line.take_rest(), replies=replies))
        if word in self._apps:
            return self._within(word, line, replies=replies)
        return None

    def _within(self, app: str, line: Line, *, replies: bool) -> Route:
        """The command of `app` that the line goes on with, or the bot's own of that name; help when it says no more."""
        commands = self._apps[app]
        given = line.take()
        command = commands.get(fold(given) if given else HELP)
        if command is not None:
            return Route(app, command, command.parse(line.take_rest(), replies=replies))
        if HELP in self._plain and (not given or fold(given) == HELP):
            command = self._plain[HELP]
            return Route("", command, command.parse(f"{app} {line.take_rest()}", replies=replies))
        command = self._plain.get(fold(given))
        if command is not None:
            return Route("", command, command.parse(line.take_rest(), replies=replies))
        problem = UsageProblem(None, Problem.UNKNOWN, {"given": f"{app} {given}"}, nearest(given, commands))
        return Route(app, None, problem)

    def addressed(self, message: Message) -> str | None:
        """What is said to the bot, after its prefix or mention; None when the message is not for it."""
        text = message.content.text
        head = _end(_HEAD, text, 0)
        start = self._after_prefix(text, head)
        if start is None and message.mentions_me:
            head = _end(_HEAD, text, self._after_mentions(text, head))
            start = self._after_prefix(text, head) or head
        if start is None and message.chat.kind is ChatKind.DIRECT:
            start = head
        return None if start is None else _unwrapped(text, start)

    def _after_prefix(self, text: str, head: int) -> int | None:
        """Where the words begin, if the prefix stands at `head`, perhaps behind characters of formatting."""
        for begin in (head, _end(_MARKS, text, head)):
            end = begin + len(self._prefix)
            if text[begin:end] == self._prefix or _widthless(text[begin:end]) == self._prefix:
                return end
        return None

    def _after_mentions(self, text: str, head: int) -> int:
        """Behind the mentions that begin the text: a person may call several at once."""
        while text.startswith("@", head):
            head = _end(_HEAD, text, self._after_mention(text, head))
        return head

    def _after_mention(self, text: str, head: int) -> int:
        for name in self._names:
            end = head + 1 + len(name)
            if text[head + 1 : end].casefold() == name:
                return end
        return _end(_MENTION, text, head)


def _widthless(text: str) -> str:
    """Full-width characters as their plain ones."""
    return unicodedata.normalize("NFKC", text)


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def _unwrapped(text: str, start: int) -> str:
    """The command without the formatting around all of it, as in `*!scan check example.com*`."""
    before = text[:start]
    end = len(text)
    while end > start and text[end - 1] in _MARK_CHARACTERS and text[end - 1] in before:
        before = before.replace(text[end - 1], "", 1)
        end -= 1
    return text[start:end]
