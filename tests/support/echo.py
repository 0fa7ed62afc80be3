"""A small application for tests of the engine: it says back what it hears, and fails when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from whinchat.core.app import App, AppContext, AppSpec
from whinchat.core.dispatch.arguments import Optional, Rest
from whinchat.core.dispatch.command import Command, Limit, Where, Who
from whinchat.core.dispatch.context import Call, Context
from whinchat.core.dispatch.conversation import Conversations, Turn
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch, Claim, Job, Migration, Statement
from whinchat.core.types import ChatKind, Event, MessageEdited, MessageReceived, OnUnknown, SendText

WHAT = Optional(Rest("what"))
SAY = Command("say", "echo", args=(WHAT,), help="core.help.title", examples=("hello",))
ADMIN = Command("admin", "echo", help="core.help.title", who=Who.CHAT_ADMIN)
GROUPS = Command("groups", "echo", help="core.help.title", where=Where.GROUP)
SELDOM = Command("seldom", "echo", help="core.help.title", limit=Limit(1, 60))
ASK = Command("ask", "echo", help="core.help.title")

MIGRATIONS = (
    Migration("echo", 1, "heard", {"sqlite": "CREATE TABLE heard (id INTEGER PRIMARY KEY, text TEXT NOT NULL);"}),
)


class Faults:
    """`before`: called with the text before the outcome is given; may raise or wait."""

    def __init__(self) -> None:
        self.before: Callable[[str], None] = lambda _text: None
        self.slow: asyncio.Event | None = None
        self.handled: list[str] = []
        self.at_once = 0
        self.most_at_once = 0


class Listen:
    events = (MessageReceived, MessageEdited)

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def admits(self, event: Event) -> bool:
        return event.chat.kind is ChatKind.DIRECT or event.chat.id.startswith("open")

    async def observe(self, context: Context) -> Outcome:
        message = context.event
        if not isinstance(message, MessageReceived | MessageEdited):
            return NOTHING
        text = message.content.text
        self._faults.at_once += 1
        self._faults.most_at_once = max(self._faults.most_at_once, self._faults.at_once)
        try:
            if self._faults.slow is not None:
                await self._faults.slow.wait()
            self._faults.before(text)
        finally:
            self._faults.at_once -= 1
        self._faults.handled.append(text)
        heard = Statement("INSERT INTO heard (text) VALUES (:text)", {"text": text}, rows=1)
        jobs = (Job(kind="echo.later", key=text),) if text.startswith("later") else ()
        reply = context.reply(SendText(f"heard {text}"), on_unknown=OnUnknown.RESEND_ONCE)
        return Outcome(replies=(reply,), changes=Batch((heard,)), jobs=jobs)


class Say:
    def __init__(self, spec: Command) -> None:
        self.spec = spec

    async def handle(self, call: Call) -> Outcome:
        said = (call.args[WHAT] or "nothing") if self.spec is SAY else self.spec.name
        return Outcome(replies=(call.answer(said),))


class Ask:
    spec = ASK
    topic = "echo.ask"

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    async def handle(self, call: Call) -> Outcome:
        asking = self._conversations.open(call.chat_key, call.user_key, self.topic, b"colour", seconds=60)
        return Outcome(replies=(call.answer("which?"),), changes=Batch((asking,)))

    async def answer(self, context: Context, turn: Turn) -> Outcome:
        message = context.event
        if not isinstance(message, MessageReceived) or not message.content.text:
            return NOTHING
        return Outcome(replies=(context.reply(SendText(f"{turn.data.decode()}: {message.content.text}")),))


class Later:
    kind = "echo.later"
    concurrency = 1

    async def run(self, claim: Claim) -> Outcome:
        heard = Statement("INSERT INTO heard (text) VALUES (:text)", {"text": f"job {claim.key}"}, rows=1)
        return Outcome(changes=Batch((heard,)))


class NoSettings(msgspec.Struct, frozen=True):
    pass


def echo(faults: Faults) -> AppSpec[NoSettings]:
    def build(given: AppContext, _settings: NoSettings) -> App:
        ask = Ask(given.conversations)
        return App(
            "echo",
            "echo",
            observers=(Listen(faults),),
            commands=(*(Say(spec) for spec in (SAY, ADMIN, GROUPS, SELDOM)), ask),
            answerers=(ask,),
            jobs=(Later(),),
        )

    return AppSpec(
        name="echo",
        settings=NoSettings,
        build=build,
        catalogues=Path(__file__).parent,
        migrations=MIGRATIONS,
        commands=(SAY, ADMIN, GROUPS, SELDOM, ASK),
    )
