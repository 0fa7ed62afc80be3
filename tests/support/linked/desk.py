"""A linked account over a library that says what a test tells it, on a clock that a test moves."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

from tests.support.library import (
    ANA,
    ANA_PHONE,
    BOB,
    BOB_PHONE,
    E2E,
    FAMILY,
    ME,
    ME_PHONE,
    NEONIZE,
    SECOND,
    group_info,
    incoming,
    info,
    jid,
    participant,
    source,
)
from tests.support.stages import RecordingSink

from whinchat.core.types import ChatKind, ChatRef, ConnectionState, MessageRef
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.http import FakeHttp
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.sealer import PlainSealer
from whinchat.transports.linked import callbacks
from whinchat.transports.linked.link import (
    Argument,
    BridgeDown,
    LibraryUnusable,
    LinkChange,
    LinkState,
    OnEvent,
    Reason,
)
from whinchat.transports.linked.migrations import MIGRATIONS
from whinchat.transports.linked.sessions import Sessions
from whinchat.transports.linked.transport import LinkedTransport, Manners

DIRECT = ChatRef(ANA, ChatKind.DIRECT)
GROUP = ChatRef(FAMILY, ChatKind.GROUP)
TIMINGS = NEONIZE.MessageDebugTimings(
    Queue=0, Marshal=0, GetParticipants=0, GetDevices=0, GroupEncrypt=0, PeerEncrypt=0, Send=0, Resp=0, Retry=0
)

Answer = bytes | Exception | Callable[[], bytes]


class FakeLink:
    """`link.Link`. Calls are answered as told, and otherwise as if all went well."""

    def __init__(self) -> None:
        self.state = LinkState.STOPPED
        self.memory = 0
        self.starts = 0
        self.unusable: LibraryUnusable | None = None
        self.calls: list[tuple[str, tuple[Argument, ...]]] = []
        self._answers: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self._held: set[str] = set()
        self._hanging: list[asyncio.Future[bytes]] = []
        self._sent = 0

    # --- the protocol ---

    async def start(self, on_event: OnEvent, on_change: Callable[[LinkChange], None] = lambda _: None) -> None:
        if self.state is not LinkState.STOPPED:
            raise AssertionError("two processes of one account would push each other out")
        if self.unusable is not None:
            raise self.unusable
        self._on_event = on_event
        self._on_change = on_change
        self.starts += 1
        self.state = LinkState.RUNNING

    async def call(self, name: str, *arguments: Argument, timeout: float) -> bytes:
        if self.state is not LinkState.RUNNING:
            raise BridgeDown(left=False)
        self.calls.append((name, arguments))
        if name in self._held:
            return await self._hang()
        answer = self._answers[name].popleft() if self._answers[name] else self._usual(name)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, bytes) else answer()

    async def restart(self) -> None:
        raise NotImplementedError

    async def stop(self, deadline: float) -> None:
        self.state = LinkState.STOPPED
        hanging, self._hanging = self._hanging, []
        for call in hanging:
            if not call.done():
                call.set_exception(BridgeDown(left=True))

    # --- what a test does ---

    async def tell(self, name: str, message: Any = b"") -> None:
        """Returns when it is acknowledged."""
        await self._on_event(name, message if isinstance(message, bytes) else message.SerializeToString())

    def change(self, state: LinkState, reason: Reason) -> None:
        self.state = state
        self._on_change(LinkChange(state, reason))

    def answer(self, name: str, *answers: Answer) -> None:
        """To the next calls of that function."""
        self._answers[name].extend(answers)

    def fail(self, name: str, error: str) -> None:
        """The next call of a function that answers with a message."""
        self.answer(name, returned(RETURNS[name], Error=error))

    def hold(self, name: str) -> Callable[[Answer], None]:
        """Calls of that function hang, until the first of them is given its answer by what this returns."""
        self._held.add(name)

        def release(answer: Answer) -> None:
            self._held.discard(name)
            call = self._hanging.pop(0)
            if isinstance(answer, Exception):
                call.set_exception(answer)
            else:
                call.set_result(answer if isinstance(answer, bytes) else answer())

        return release

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def sent(self) -> list[Any]:
        """The messages that the library was given to send, read with its own protobufs."""
        return [
            E2E.Message.FromString(arguments[1])
            for name, arguments in self.calls
            if name == "SendMessage" and isinstance(arguments[1], bytes)
        ]

    async def _hang(self) -> bytes:
        call: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._hanging.append(call)
        return await call

    def _usual(self, name: str) -> bytes:
        if name == "SendMessage":
            self._sent += 1
            return sent(f"S{self._sent}")
        return USUAL.get(name, b"")


def returned(kind: str, **fields: Any) -> bytes:
    data: bytes = getattr(NEONIZE, kind)(**fields).SerializeToString()
    return data


def sent(id_: str) -> bytes:
    response = NEONIZE.SendResponse(Timestamp=SECOND, ID=id_, ServerID=0, DebugTimings=TIMINGS)
    return returned("SendMessageReturnFunction", SendResponse=response)


def family(*, admin: bool = True, announce: bool = False, ana: bool = True) -> bytes:
    """The group as the network describes it: Bob made it, the bot is an admin."""
    people = [
        participant(BOB, lid=BOB, phone=BOB_PHONE, owner=True),
        participant(ME, lid=ME, phone=ME_PHONE, admin=admin),
        *([participant(ANA, lid=ANA, phone=ANA_PHONE)] if ana else []),
    ]
    described = group_info(FAMILY, "Family", *people, announce=announce)
    return returned("GetGroupInfoReturnFunction", GroupInfo=described)


RETURNS = {
    "SendMessage": "SendMessageReturnFunction",
    "GetGroupInfo": "GetGroupInfoReturnFunction",
    "UpdateGroupParticipants": "UpdateGroupParticipantsReturnFunction",
    "Upload": "UploadReturnFunction",
    "PairPhone": "PairPhoneReturnFunction",
}
USUAL = {
    "GetGroupInfo": family(),
    "UpdateGroupParticipants": returned(
        "UpdateGroupParticipantsReturnFunction", participants=[participant(ANA, lid=ANA, phone=ANA_PHONE)]
    ),
    "GetLIDFromPN": returned("GetJIDFromStoreReturnFunction", Jid=jid()),
    "GetPNFromLID": returned("GetJIDFromStoreReturnFunction", Jid=jid()),
    "IsLoggedIn": b"1",
    "PairPhone": returned("PairPhoneReturnFunction", Code="ABCD-2345"),
    "Upload": returned(
        "UploadReturnFunction",
        UploadResponse=NEONIZE.UploadResponse(
            url="https://mmg.whatsapp.net/f",
            DirectPath="/f",
            Handle="",
            MediaKey=b"k" * 32,
            FileEncSHA256=b"e" * 32,
            FileSHA256=b"s" * 32,
            FileLength=3,
        ),
    ),
}

DEVICE = NEONIZE.Device(
    JID=jid(ME_PHONE, device=1), LID=jid(ME, device=1), Platform="", BussinessName="", PushName="Bot", Initialized=True
)
PAIRED = NEONIZE.PairStatus(ID=jid(ME_PHONE, device=1), BusinessName="", Platform="", Status="SUCCESS")
CONNECTED = NEONIZE.Connected(status=True)
DISCONNECTED = NEONIZE.Disconnected(status=True)


class Desk:
    """`session`: whether there is one already, as when the account was linked before."""

    def __init__(self, folder: Path, *, session: bool = True, manners: Manners | None = None) -> None:
        self.folder = folder
        self.clock = FakeClock(SECOND * 1000)
        self.database = MemoryDatabase(MIGRATIONS)
        self.metrics = RecordedMetrics()
        self.sink = RecordingSink()
        self.http = FakeHttp()
        self.sessions = Sessions(folder)
        self.manners = manners or Manners(typing=False)
        self.begin_anew()
        if session:
            store(self.sessions.prepare("bot"))

    def begin_anew(self) -> None:
        """As after a restart of the service."""
        self.link = FakeLink()
        self.bot = LinkedTransport(
            "bot",
            self.link,
            self.sessions,
            self.database,
            PlainSealer(),
            self.http,
            self.clock,
            Random(1),
            self.metrics,
            self.manners,
        )

    async def start(self) -> None:
        await self.bot.start(self.sink)
        await self.clock.advance(0)

    async def go_online(self) -> None:
        """Started, logged in."""
        await self.start()
        await self.log_in()

    async def log_in(self) -> None:
        """As soon as the library's process is there."""
        while self.link.state is not LinkState.RUNNING:
            await self.pass_time(0.1)
        await self.link.tell(callbacks.ME, DEVICE)
        await self.link.tell(callbacks.CONNECTED, CONNECTED)
        assert self.bot.state is ConnectionState.ONLINE

    async def hear(self, text: str = "hello", id_: str = "M1", *, at: int = SECOND) -> MessageRef:
        """From Ana, in a direct chat."""
        about = info(source(ANA, ANA, alt=ANA_PHONE), id_, time=at * 1000, name="Ana")
        await self.link.tell(callbacks.MESSAGE, incoming(about, E2E.Message(conversation=text)))
        return MessageRef(DIRECT, id_, ANA)

    def state(self) -> ConnectionState:
        return self.bot.state

    async def pass_time(self, seconds: float) -> None:
        await self.clock.advance(seconds)


def store(path: Path, *, devices: Sequence[str] = (ME_PHONE,)) -> None:
    """A session as the library keeps it, as far as anybody else looks into it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE whatsmeow_device (jid TEXT PRIMARY KEY, lid TEXT)")
        rows = [(device.replace("@", ":1@"), ME.replace("@", ":1@")) for device in devices]
        connection.executemany("INSERT INTO whatsmeow_device VALUES (?, ?)", rows)
        connection.commit()
