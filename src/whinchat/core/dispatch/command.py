"""A command: its words, its grammar, who may use it where. Parsing, refusals, help and the reference come from it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from whinchat.core.dispatch.arguments import Arg, Line, Mismatch, Optional, Problem, UsageProblem
from whinchat.core.types import ChatKind, Role

T = TypeVar("T")

LONGEST_COMMAND = 4096  # code points


class Where(enum.StrEnum):
    ANYWHERE = "anywhere"
    DIRECT = "direct"
    GROUP = "group"

    def includes(self, kind: ChatKind) -> bool:
        return self is Where.ANYWHERE or self.value == kind.value


class Who(enum.StrEnum):
    ANYONE = "anyone"
    CHAT_ADMIN = "chat_admin"
    OWNER = "owner"

    def includes(self, role: Role) -> bool:
        return role >= _ROLES[self]


_ROLES = {Who.ANYONE: Role.MEMBER, Who.CHAT_ADMIN: Role.ADMIN, Who.OWNER: Role.OWNER}


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls by one person in so many seconds."""

    times: int
    seconds: int


class Arguments:
    """The values of a parsed command, found by the argument objects of its grammar."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[Arg[object], object]) -> None:
        self._values = values

    def __getitem__(self, arg: Arg[T]) -> T:
        """KeyError: `arg` is not part of the command's grammar."""
        # Written by `Command.parse` alone, under the argument that read it.
        return cast("T", self._values[arg])


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    """Lower case, one word."""
    app: str = ""
    """The word of its application, which comes first: `scan` in `!scan check`; empty for commands of the bot itself."""
    args: tuple[Arg[object], ...] = ()
    help: str = ""
    """Key of the sentence that says what it does."""
    where: Where = Where.ANYWHERE
    who: Who = Who.ANYONE
    aliases: tuple[str, ...] = ()
    limit: Limit | None = None
    needs_reply: bool = False
    """It is about another message, and must be sent as a reply to it."""
    audited: bool = False
    """What it changes is noted, as of all commands that not anyone may use (`dispatch.audit`)."""
    examples: tuple[str, ...] = ()
    """Arguments as one might type them, such as `example.com for 2h`."""

    @property
    def path(self) -> str:
        """`scan check`."""
        return f"{self.app} {self.name}" if self.app else self.name

    @property
    def usage(self) -> str:
        """`scan allow RULE [for DURATION] [REASON]`."""
        return " ".join((self.path, *(arg.usage for arg in self.args)))

    def parse(self, text: str, *, replies: bool = False) -> Arguments | UsageProblem:
        """Read what follows the command's words; never raises. `replies`: the message answers another one."""
        if len(text) > LONGEST_COMMAND:
            return UsageProblem(None, Problem.MESSAGE_TOO_LONG, {"count": LONGEST_COMMAND})
        if self.needs_reply and not replies:
            return UsageProblem(None, Problem.NEEDS_REPLY)
        line = Line(text)
        try:
            values = self._take(line)
        except Mismatch as mismatch:
            return mismatch.problem
        if not line.ended:
            return UsageProblem(None, Problem.LEFTOVER, {"given": line.take_rest()})
        return Arguments(values)

    def _take(self, line: Line) -> dict[Arg[object], object]:
        values: dict[Arg[object], object] = {}
        for arg in self.args:
            start = line.at
            if line.ended and not isinstance(arg, Optional):
                raise arg.fault(Problem.MISSING, argument=arg.usage)
            try:
                values[arg] = arg.take(line)
            except Mismatch:
                if not isinstance(arg, Optional) or arg.after is not None or arg is self.args[-1]:
                    raise
                line.rewind(start)
                values[arg] = None
        return values
