"""What handles events, commands and jobs, and what they give back.

Handlers read and await outside any transaction and do nothing themselves: they return an `Outcome`, which the engine
commits whole together with the mark that the event or job is done, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from whinchat.core.dispatch.command import Command
from whinchat.core.dispatch.context import Call, Context
from whinchat.core.dispatch.conversation import Turn
from whinchat.core.dispatch.router import Route
from whinchat.core.events import Fact
from whinchat.core.ports import EMPTY, Batch, Claim, Job
from whinchat.core.types import Event, MessageReceived, Reply


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a handler wants: committed together, or not at all. `facts` are published after the commit."""

    replies: tuple[Reply, ...] = ()
    changes: Batch = EMPTY
    jobs: tuple[Job, ...] = ()
    facts: tuple[Fact, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.replies + other.replies,
            self.changes + other.changes,
            self.jobs + other.jobs,
            self.facts + other.facts,
        )


NOTHING = Outcome()


class CommandHandler(Protocol):
    """One command."""

    @property
    def spec(self) -> Command: ...

    async def handle(self, call: Call) -> Outcome: ...


class Observer(Protocol):
    """Sees events, but for what was said to its own application (`App.word`)."""

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The kinds it wants to see."""
        ...

    async def admits(self, event: Event) -> bool:
        """Whether it may read this event at all; asked before the inbox. What nobody admits is dropped unwritten."""
        ...

    async def observe(self, context: Context) -> Outcome: ...


class JobHandler(Protocol):
    """One kind of job."""

    @property
    def kind(self) -> str: ...

    @property
    def concurrency(self) -> int:
        """How many of the kind may run at once in this process."""
        ...

    async def run(self, claim: Claim) -> Outcome: ...


class Interpreter(Protocol):
    """Understands what people say to the bot in words that are no command as its grammar writes it."""

    def interpret(self, message: MessageReceived, said: str) -> Route | None:
        """`said`: the text without mention or prefix. None: it is not for this application. A command that cannot be
        carried out as it was said has a UsageProblem in place of its arguments."""
        ...


class Answerer(Protocol):
    """Takes the next message of somebody who was asked something (`dispatch.conversation`)."""

    @property
    def topic(self) -> str: ...

    async def answer(self, context: Context, turn: Turn) -> Outcome: ...
