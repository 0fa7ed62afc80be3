"""What can be said about commands from their grammar alone: help, refusals, the reference page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from whinchat.core.dispatch.arguments import Problem, UsageProblem, fold, nearest
from whinchat.core.dispatch.command import Command, Where, Who
from whinchat.core.dispatch.router import HELP, Route
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, bold, code, escape
from whinchat.core.types import ChatKind, Role

LONGEST_QUOTE = 40  # code points of what somebody typed, when it is said back


class Guide:
    """Help and refusals, in the language of the chat. `prefix` is what commands begin with in groups."""

    def __init__(self, commands: Sequence[Command], words: Words, prefix: str) -> None:
        self._commands = commands
        self._words = words
        self._prefix = prefix
        self._by_path = {
            f"{command.app} {name}".strip(): command
            for command in commands
            for name in (command.name, *command.aliases)
        }

    def overview(self, language: str, role: Role, kind: ChatKind) -> Markup:
        """The bot's own commands and the names of the others, as far as this person may use them in this chat."""
        usable = [command for command in self._commands if _usable(command, role, kind)]
        lines = [bold(self._words.say("core.help.title", language))]
        lines += [self._entry(command, language) for command in usable if not command.app]
        for app in _apps(usable):
            names = self._words.listing([command.name for command in usable if command.app == app], language)
            lines.append(self._words.say("core.help.entry", language, usage=self._typed(f"{app} {HELP}"), text=names))
        if usable:
            more = self._typed(f"{HELP} {usable[-1].path}")
            lines.append(self._words.say("core.help.more", language, command=more))
        return Markup("\n".join(lines))

    def topic(self, asked: str, language: str, role: Role, kind: ChatKind) -> Markup:
        """Help on an application's word, on a command with or without that word, or the nearest thing to it."""
        path = " ".join(fold(word) for word in asked.strip().removeprefix(self._prefix).split())
        if path in _apps(self._commands):
            return self._app(path, language, role, kind)
        command = self._by_path.get(path) or self._only_one_called(path)
        if command is not None:
            return self.page(command, language)
        known = (*self._by_path, *_apps(self._commands), *(command.name for command in self._commands))
        near = nearest(path, known)
        lines = [self._words.say("core.help.unknown", language, given=escape(asked, LONGEST_QUOTE))]
        if near is not None:
            lines.append(self._words.say("core.usage.did_you_mean", language, suggestion=self._typed(f"{HELP} {near}")))
        lines.append(self._words.say("core.usage.all", language, command=self._typed(HELP)))
        return Markup("\n".join(lines))

    def page(self, command: Command, language: str) -> Markup:
        """Everything about one command."""
        lines = [self._typed(command.usage), self._words.say(command.help, language)]
        if command.aliases:
            also = self._words.listing(_paths(command, self._prefix), language)
            lines.append(self._words.say("core.help.also", language, commands=also))
        if command.who is not Who.ANYONE:
            lines.append(self._words.say(f"core.access.only_{command.who}", language))
        if command.where is not Where.ANYWHERE:
            lines.append(self._words.say(f"core.access.only_{command.where}", language))
        if command.needs_reply:
            lines.append(self._words.say(Problem.NEEDS_REPLY, language))
        if command.limit is not None:
            span = self._words.duration(command.limit.seconds * 1000, language)
            lines.append(self._words.say("core.help.limit", language, count=command.limit.times, span=span))
        if command.examples:
            lines.append(self._words.say("core.help.examples", language))
            lines += [self._typed(f"{command.path} {example}") for example in command.examples]
        return Markup("\n".join(lines))

    def _app(self, app: str, language: str, role: Role, kind: ChatKind) -> Markup:
        usable = [command for command in self._commands if command.app == app and _usable(command, role, kind)]
        title = self._words.say("core.help.app_title", language, app=Markup(self._prefix + app))
        lines = [bold(title), *(self._entry(command, language) for command in usable)]
        if usable:
            more = self._typed(f"{HELP} {usable[0].path}")
            lines.append(self._words.say("core.help.more", language, command=more))
        return Markup("\n".join(lines))

    def _entry(self, command: Command, language: str) -> Markup:
        text = self._words.say(command.help, language)
        return self._words.say("core.help.entry", language, usage=self._typed(command.usage), text=text)

    def _typed(self, command: str) -> Markup:
        return _typed(command, self._prefix)

    def _only_one_called(self, name: str) -> Command | None:
        found = [command for command in self._commands if name in (command.name, *command.aliases)]
        return found[0] if len(found) == 1 else None


def refusal(route: Route, words: Words, language: str, prefix: str) -> Markup:
    """What is wrong with a command that could not be parsed, and how it is written.

    Raises TypeError: nothing is wrong with it.
    """
    problem, command = route.parsed, route.command
    if not isinstance(problem, UsageProblem):
        raise TypeError("the command was parsed")
    values = {
        name: escape(value, LONGEST_QUOTE) if isinstance(value, str) else value
        for name, value in problem.values.items()
    }

    def typed(text: str) -> Markup:
        return _typed(text.removeprefix(f"{route.app} "), "") if route.bare else _typed(text, prefix)

    lines = [words.say(problem.problem, language, **values)]
    if problem.nearest is not None:
        meant = code(problem.nearest) if command else typed(f"{route.app} {problem.nearest}")
        lines.append(words.say("core.usage.did_you_mean", language, suggestion=meant))
    if command is None:
        lines.append(words.say("core.usage.all", language, command=typed(f"{route.app} {HELP}")))
    elif problem.problem is not Problem.NEEDS_REPLY:
        lines.append(words.say("core.usage.line", language, usage=typed(command.usage)))
        example = next(filter(None, command.examples), None)
        if example is not None:
            shown = typed(f"{command.path} {example}")
            lines.append(words.say("core.usage.example", language, example=shown))
    return Markup("\n".join(lines))


def reference(commands: Sequence[Command], words: Words, language: str, prefix: str = "!") -> str:
    """A page in Markdown with a table for the bot itself and one for each application."""
    say = words.say
    columns = ("command", "who", "where", "what", "examples", "limit")
    headings = [say(f"core.reference.{column}", language) for column in columns]
    intro = say("core.reference.intro", language, prefix=code(Markup(prefix)))
    page: list[str] = [f"# {say('core.reference.title', language)}", intro]
    for app in ("", *_apps(commands)):
        rows = [_row(command, words, language, prefix) for command in commands if command.app == app]
        if not rows:
            continue
        title = f"`{prefix}{app}`" if app else say("core.reference.bot", language)
        table: list[Sequence[str]] = [headings, ["---"] * len(headings), *rows]
        page += [f"## {title}", "\n".join(f"| {' | '.join(row)} |" for row in table)]
    return "\n\n".join(page) + "\n"


def _row(command: Command, words: Words, language: str, prefix: str) -> list[str]:
    say = words.say
    usage = [_typed(command.usage, prefix)]
    if command.aliases:
        usage.append(say("core.reference.also", language, commands=words.listing(_paths(command, prefix), language)))
    where = [say(f"core.reference.{command.where}", language)]
    if command.needs_reply:
        where.append(say("core.reference.reply", language))
    limit = ""
    if command.limit is not None:
        span = words.duration(command.limit.seconds * 1000, language)
        limit = say("core.reference.rate", language, count=command.limit.times, span=span)
    cells = [
        ", ".join(usage),
        say(f"core.reference.{command.who}", language),
        ", ".join(where),
        say(command.help, language),
        "<br>".join(_typed(f"{command.path} {example}", prefix) for example in command.examples),
        limit,
    ]
    return [cell.replace("|", "\\|") for cell in cells]


def _typed(command: str, prefix: str) -> Markup:
    """A command as one types it: the grammar's own words and examples, so nothing in it is defanged."""
    return code(Markup(f"{prefix}{command}".rstrip()))


def _paths(command: Command, prefix: str) -> list[Markup]:
    """A command's other names, as one types them."""
    return [_typed(f"{command.app} {alias}".lstrip(), prefix) for alias in command.aliases]


def _apps(commands: Iterable[Command]) -> list[str]:
    """The words of the applications, in the order in which they come."""
    return list(dict.fromkeys(command.app for command in commands if command.app))


def _usable(command: Command, role: Role, kind: ChatKind) -> bool:
    return command.who.includes(role) and command.where.includes(kind)
