"""What the page sees: the whole world first, then what changes, gathered so that a busy world cannot flood it."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from whinchat.core.errors import Refused
from whinchat.transports.simulator.chats import ChatView
from whinchat.transports.simulator.faults import Fault
from whinchat.transports.simulator.host import Host, ScriptState
from whinchat.transports.simulator.messages import Message
from whinchat.transports.simulator.operations import perform
from whinchat.transports.simulator.people import Person
from whinchat.transports.simulator.transcript import Entry, EntryKind
from whinchat.web.access import Failure

GATHER = 0.05  # seconds between frames of changes
LOOK = 1.0  # seconds after which quiet numbers (what waits for a bot) are looked at again
NEWEST = 100  # messages of each chat in a state
MOST_MESSAGES = 3_000  # in one frame; with more changes than that the page begins anew


class Typist(msgspec.Struct, frozen=True):
    chat: str
    person: str
    on: bool


class State(msgspec.Struct, frozen=True, tag_field="type", tag="state"):
    nonce: str
    now: int
    dedupe: bool
    people: tuple[Person, ...]
    chats: tuple[ChatView, ...]
    messages: tuple[Message, ...]
    faults: tuple[Fault, ...]
    script: ScriptState | None


class Changes(msgspec.Struct, omit_defaults=True, tag_field="type", tag="changes"):
    people: tuple[Person, ...] = ()
    chats: tuple[ChatView, ...] = ()
    messages: tuple[Message, ...] = ()
    typing: tuple[Typist, ...] = ()
    faults: tuple[Fault, ...] | msgspec.UnsetType = msgspec.UNSET
    script: ScriptState | msgspec.UnsetType | None = msgspec.UNSET
    dedupe: bool | msgspec.UnsetType = msgspec.UNSET


class Request(msgspec.Struct, frozen=True):
    id: int
    op: str
    args: msgspec.Raw = msgspec.Raw(b"{}")


class Result(msgspec.Struct, frozen=True, tag_field="type", tag="result"):
    id: int
    value: Any


class Error(msgspec.Struct, frozen=True, tag_field="type", tag="error"):
    id: int | None
    error: Failure


def state(host: Host) -> State:
    """Everything, with the newest messages of each chat."""
    world = host.world
    chats = world.realm.chats.values()
    each = min(NEWEST, max(1, MOST_MESSAGES // max(1, len(chats))))
    messages = [message for chat in chats for message in chat.history(None, each)]
    return State(
        nonce=world.realm.nonce,
        now=host.clock.now(),
        dedupe=world.sends.dedupe,
        people=tuple(world.shown(person) for person in world.people),
        chats=tuple(chat.view() for chat in chats),
        messages=tuple(sorted(messages, key=lambda message: message.seq)),
        faults=tuple(world.faults),
        script=None if host.script is None else host.script.state(),
    )


class Viewer:
    """Collects for one page what changed since its last frame. Memory is bounded: beyond that it begins anew."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.changed = asyncio.Event()
        self._everything = True
        self._people: set[str] = set()
        self._chats: set[str] = set()
        self._messages: dict[tuple[str, str, str], None] = {}
        self._typing: dict[tuple[str, str], bool] = {}
        self._shown: dict[str, bytes] = {}

    def hear(self, entry: Entry | None) -> None:
        self.changed.set()
        if entry is None or len(self._messages) > MOST_MESSAGES:
            self._begin_anew()
        if entry is None or self._everything:
            return
        if entry.kind in {EntryKind.PERSON, EntryKind.PRESENCE}:
            self._people.add(entry.actor)
        elif entry.kind is EntryKind.TYPING:
            self._typing[entry.chat, entry.actor] = bool(entry.on)
        elif entry.kind in {EntryKind.CHAT, EntryKind.MEMBERSHIP, EntryKind.GROUP, EntryKind.READ}:
            self._chats.add(entry.chat)
        if entry.message and entry.kind is not EntryKind.SEND:
            self._messages[entry.chat, entry.sender, entry.message] = None

    def frame(self) -> State | Changes | None:
        """What to tell the page now; None: nothing."""
        self.changed.clear()
        if self._everything:
            self._quiet_numbers()
            self._begin_anew()
            self._everything = False
            return state(self._host)
        changes = self._quiet_numbers()
        world = self._host.world
        changes.people = tuple(world.shown(world.people[person]) for person in self._people)
        changes.chats = tuple(world.realm.chat(chat).view() for chat in self._chats)
        changes.messages = tuple(
            world.realm.chat(chat).message(sender, identity)
            for chat, sender, identity in self._messages
            if world.realm.chat(chat).knows((sender, identity))
        )
        changes.typing = tuple(Typist(chat, person, on) for (chat, person), on in self._typing.items())
        self._forget()
        return None if changes == Changes() else changes

    def _quiet_numbers(self) -> Changes:
        """What changes without an entry of its own: faults that are used up, the script, what waits for bots."""
        world, script = self._host.world, self._host.script
        self._people |= {bot.id for bot in map(world.shown, world.people.bots()) if self._is_new(bot.id, bot)}
        changes = Changes()
        if self._is_new("faults", faults := tuple(world.faults)):
            changes.faults = faults
        if self._is_new("script", shown := None if script is None else script.state()):
            changes.script = shown
        if self._is_new("dedupe", world.sends.dedupe):
            changes.dedupe = world.sends.dedupe
        return changes

    def _is_new(self, name: str, value: object) -> bool:
        encoded = msgspec.json.encode(value)
        if self._shown.get(name) == encoded:
            return False
        self._shown[name] = encoded
        return True

    def _begin_anew(self) -> None:
        self._everything = True
        self._forget()

    def _forget(self) -> None:
        self._people.clear()
        self._chats.clear()
        self._messages.clear()
        self._typing.clear()


def answer(host: Host, text: str | bytes) -> Result | Error:
    """Do what a frame of the page asks."""
    try:
        request = msgspec.json.decode(text, type=Request)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        return Error(None, Failure("bad_request", str(error), "send {id, op, args}"))
    try:
        return Result(request.id, perform(host, request.op, request.args))
    except Refused as refusal:
        return Error(request.id, Failure(refusal.code, str(refusal), refusal.hint))


async def serve_live(socket: web.WebSocketResponse, host: Host) -> None:
    """Until the page leaves."""
    viewer = Viewer(host)
    end = host.subscribe(viewer.hear)
    try:
        async with asyncio.TaskGroup() as tasks:
            showing = tasks.create_task(_show(viewer, socket))
            async for message in socket:
                if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    break
                await _send(socket, answer(host, message.data))
            showing.cancel()
    finally:
        end()


async def _show(viewer: Viewer, socket: web.WebSocketResponse) -> None:
    while not socket.closed:
        frame = viewer.frame()
        if frame is not None:
            await _send(socket, frame)
        await asyncio.sleep(GATHER)
        try:
            async with asyncio.timeout(LOOK):
                await viewer.changed.wait()
        except TimeoutError:
            continue


async def _send(socket: web.WebSocketResponse, frame: State | Changes | Result | Error) -> None:
    try:
        await socket.send_str(msgspec.json.encode(frame).decode())
    except ConnectionError:
        await socket.close()
