"""A whole bot in memory: real engine and applications, fakes at the edges. Tests read like what people did."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from whinchat.core.app import AppContext, AppSpec
from whinchat.core.dispatch import migrations as engine_schema
from whinchat.core.dispatch.audit import Audit
from whinchat.core.dispatch.chats import Chats
from whinchat.core.dispatch.conversation import Conversations
from whinchat.core.dispatch.handler import JobHandler, Outcome
from whinchat.core.dispatch.roster import Roster
from whinchat.core.engine import Accounts, Engine, EngineSettings, Ports
from whinchat.core.errors import WhinchatError
from whinchat.core.events import EventBus
from whinchat.core.formatting.i18n import Words
from whinchat.core.ports import Batch, Claim, Database, Job, Limit, Migration, Peer
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    Content,
    Edit,
    Event,
    Group,
    MembershipChange,
    MembershipChanged,
    MessageEdited,
    MessageReceived,
    MessageRef,
    Quoted,
    React,
    SendText,
    UserRef,
)
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.fetcher import FakeFetcher
from whinchat.testing.http import FakeHttp
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.queue import MIGRATIONS as QUEUE_SCHEMA
from whinchat.testing.queue import MemoryQueue
from whinchat.testing.rate_limit import ManualLimiter
from whinchat.testing.resolver import FakeResolver
from whinchat.testing.sealer import PlainSealer
from whinchat.testing.transport import FakeTransport, Performed
from whinchat.testing.workers import InlineWorkers

ACCOUNT = "fake"
TURNS = 200_000  # of the event loop, before a test that never gets quiet is given up


class BotHarness:
    """People by first name; `say` returns when everything that follows from the message has happened."""

    def __init__(
        self,
        specs: Sequence[AppSpec[Any]],
        folder: Path,
        settings: EngineSettings | None = None,
        *,
        options: Mapping[str, msgspec.Struct] | None = None,
        peer: Peer | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        """`options`: the applications' own settings by their names; `peer`: the server that operators name."""
        self.clock = clock or FakeClock()
        schema = [*engine_schema.MIGRATIONS, *QUEUE_SCHEMA, *(step for spec in specs for step in spec.migrations)]
        self.database = MemoryDatabase(schema)
        self.sealer = PlainSealer()
        self.metrics = RecordedMetrics()
        self.http = FakeHttp()
        self.resolver = FakeResolver()
        self.fetcher = FakeFetcher()
        self.limiter = ManualLimiter()
        self.transport = FakeTransport(ACCOUNT)
        self.random = random.Random(1)
        self.queue = MemoryQueue(self.database, self.clock)
        self.phones: dict[str, str] = {}
        """Numbers that the network knows of people, by first name."""
        self._options = options or {}
        self._peer = peer
        self._specs = specs
        self._folder = folder
        self._settings = settings or EngineSettings(commands=Limit(1000, 1000))
        self._databases: dict[Path, MemoryDatabase] = {}
        self._messages = 0
        self._running: asyncio.Task[None] | None = None
        self._build()

    def _build(self) -> None:
        accounts = Accounts([self.transport])
        self.bus = EventBus()
        given = AppContext(
            database=self.database,
            queue=self.queue,
            sealer=self.sealer,
            clock=self.clock,
            random=self.random,
            metrics=self.metrics,
            workers=InlineWorkers(),
            words=_words(tuple(spec.catalogues for spec in self._specs)),
            roster=Roster(accounts.group, self.clock, ["owner"]),
            chats=Chats(self.database, self.clock, "en"),
            conversations=Conversations(self.database, self.sealer, self.clock),
            audit=Audit(self.database, self.sealer, self.clock),
            bus=self.bus,
            limiter=self.limiter,
            capabilities=accounts.capabilities,
            download=accounts.download,
            http=self.http,
            resolver=self.resolver,
            fetcher=self.fetcher,
            peer=lambda _: self._peer,
            open_database=self._open_database,
            data=self._folder,
            prefix="!",
            commands=tuple(command for spec in self._specs for command in spec.commands),
        )
        self.given = given
        self.apps = [
            spec.build(self._own(given, spec), self._options.get(spec.name) or spec.settings()) for spec in self._specs
        ]
        ports = Ports(self.database, self.queue, self.sealer, self.limiter, self.clock, self.random, self.metrics)
        self.engine = Engine(ports, accounts, self.apps, given, self._settings)
        self._jobs: dict[str, JobHandler] = {job.kind: job for app in self.apps for job in app.jobs}

    def _own(self, given: AppContext, spec: AppSpec[Any]) -> AppContext:
        folder = self._folder / spec.name
        folder.mkdir(exist_ok=True)
        return replace(given, data=folder)

    @asynccontextmanager
    async def _open_database(self, path: Path, migrations: Sequence[Migration]) -> AsyncIterator[Database]:
        """An application's own; in memory too, but there again after a crash."""
        if path not in self._databases:
            self._databases[path] = MemoryDatabase(migrations)
        yield self._databases[path]

    # --- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._running = asyncio.create_task(self.engine.run(), name="engine")
        await self.transport.start(self.engine.sink)
        await self.settle()

    async def stop(self) -> None:
        await self.transport.stop(0)
        self.engine.stop()
        if self._running is not None:
            await self._running
        for app in self.apps:
            if app.close is not None:
                app.close()

    async def crash(self) -> None:
        """The process dies: what is in memory is gone, what is in the database is there. Then it starts again."""
        await self.transport.stop(0)
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        self._build()
        await self.start()

    async def settle(self) -> None:
        """Until nothing is handled, sent or due any more."""
        quiet = 0
        for _ in range(TURNS):
            await asyncio.sleep(0)
            busy = self.engine.dispatcher.pending or not self.engine.sender.idle or await self._run_job()
            quiet = 0 if busy else quiet + 1
            if quiet > 5:
                return
        raise TimeoutError("the bot does not get quiet")

    async def _run_job(self) -> bool:
        claim = await self.queue.claim(list(self._jobs))
        if claim is None:
            return False
        await self._run_claimed(claim)
        return True

    async def _run_claimed(self, claim: Claim) -> None:
        try:
            outcome = await _in_time(self._jobs[claim.kind].run(claim))
            await self.engine.settlement.settle(outcome, self.queue.finish(claim), claim.cause)
        except WhinchatError as error:
            await self.queue.fail(claim, error.code, retry_after=error.retry_after)

    async def run_job(self, job: Job) -> None:
        """As its schedule, or another job, would have it run; with everything that follows."""
        await self.database.commit(Batch(self.queue.add(job)))
        await self.settle()

    # --- people and chats ----------------------------------------------------------------------------------------

    async def group(
        self,
        name: str,
        *,
        admin: str = "ana",
        members: Sequence[str] = (),
        consent: bool = True,
        bot_is_admin: bool = False,
    ) -> ChatRef:
        """A group with the bot in it; with `consent`, its admin has agreed and what was said of it is forgotten."""
        chat = ChatRef(f"{name}@g", ChatKind.GROUP)
        people = tuple(UserRef(person) for person in dict.fromkeys((admin, *members, "bot")))
        admins = (admin, "bot") if bot_is_admin else (admin,)
        self.transport.groups[chat.id] = Group(chat, name, people, admins, me="bot")
        await self.membership(admin, chat, MembershipChange.ADD, ["bot"], me=True)
        if consent:
            await self.say(admin, chat, "!scan consent")
            self.transport.performed.clear()
        return chat

    def user(self, person: str) -> UserRef:
        return UserRef(person, phone=self.phones.get(person))

    def direct(self, person: str) -> ChatRef:
        return ChatRef(f"{person}@d", ChatKind.DIRECT)

    async def membership(
        self, by: str, chat: ChatRef, change: MembershipChange, people: Sequence[str], *, me: bool = False
    ) -> None:
        event = MembershipChanged(
            account=ACCOUNT,
            chat=chat,
            id=self._next_id(),
            sender=UserRef(by),
            time=self.clock.now(),
            change=change,
            members=tuple(UserRef(person) for person in people),
            me=me,
        )
        await self.emit(event)

    # --- saying --------------------------------------------------------------------------------------------------

    async def say(self, person: str, chat: ChatRef, said: str | Content, **more: Any) -> MessageRef:
        """`more`: fields of MessageReceived, such as `id`, `quoted`, `mentions_me`."""
        message = self.message(person, chat, said, **more)
        await self.emit(message)
        return message.ref

    def message(self, person: str, chat: ChatRef, said: str | Content, **more: Any) -> MessageReceived:
        content = Content(text=said) if isinstance(said, str) else said
        more.setdefault("id", self._next_id())
        return MessageReceived(
            account=ACCOUNT, chat=chat, sender=self.user(person), time=self.clock.now(), content=content, **more
        )

    async def edit(self, person: str, message: MessageRef, said: str | Content) -> None:
        content = Content(text=said) if isinstance(said, str) else said
        event = MessageEdited(
            account=ACCOUNT,
            chat=message.chat,
            id=self._next_id(),
            sender=UserRef(person),
            time=self.clock.now(),
            target=message.id,
            content=content,
        )
        await self.emit(event)

    def quoting(self, message: MessageRef, said: str = "") -> Quoted:
        return Quoted(message.id, message.sender, Content(text=said), from_me=message.from_me)

    async def emit(self, *events: Event, times: int = 1) -> None:
        await self.transport.emit(*events, times=times)
        await self.settle()

    def _next_id(self) -> str:
        self._messages += 1
        return f"m{self._messages}"

    # --- what the bot did ----------------------------------------------------------------------------------------

    def sent(self, chat: ChatRef | None = None) -> list[Performed]:
        """What arrived in the network, in order."""
        return [done for done in self.transport.arrived() if chat is None or done.chat == chat]

    def texts(self, chat: ChatRef | None = None) -> list[str]:
        return [done.action.text for done in self.sent(chat) if isinstance(done.action, SendText)]

    def edits(self, chat: ChatRef | None = None) -> list[str]:
        """The texts that messages of the bot were given in place of their own."""
        return [done.action.text for done in self.sent(chat) if isinstance(done.action, Edit)]

    def reactions(self, chat: ChatRef | None = None) -> list[tuple[str, str]]:
        """(message id, emoji)."""
        return [
            (done.action.target.id, done.action.emoji) for done in self.sent(chat) if isinstance(done.action, React)
        ]

    def quotes(self, chat: ChatRef | None = None) -> list[MessageRef | None]:
        """What the texts quote."""
        return [done.action.quote for done in self.sent(chat) if isinstance(done.action, SendText)]

    async def count(self, table: str, where: str = "1 = 1") -> int:
        ((number,),) = await self.database.fetch(f"SELECT count(*) FROM {table} WHERE {where}")  # noqa: S608 - a test's own words
        return msgspec.convert(number, int)


async def _in_time(running: Coroutine[Any, Any, Outcome]) -> Outcome:
    """What a job gives. Raises TimeoutError when it waits for a clock that nobody moves."""
    job = asyncio.ensure_future(running)
    for _ in range(TURNS):
        if job.done():
            return job.result()
        await asyncio.sleep(0)
    job.cancel()
    raise TimeoutError("a job waits, and nobody moves the clock")


@cache
def _words(folders: tuple[Path, ...]) -> Words:
    """Sentences never change, and reading them takes longer than most tests."""
    return Words(folders)


@asynccontextmanager
async def running(
    *specs: AppSpec[Any],
    settings: EngineSettings | None = None,
    options: Mapping[str, msgspec.Struct] | None = None,
    peer: Peer | None = None,
    clock: FakeClock | None = None,
) -> AsyncIterator[BotHarness]:
    """A bot with these applications, started; stopped at the end."""
    with tempfile.TemporaryDirectory() as folder:
        bot = BotHarness(specs, Path(folder), settings, options=options, peer=peer, clock=clock)
        await bot.start()
        try:
            yield bot
        finally:
            await bot.stop()
