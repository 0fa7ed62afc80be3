"""The same stories over every transport: a stage has a transport, and says what people of its network do.

Where the network has groups there is one with Ana (its admin), Bob, Eve and the bot, which is an admin too; elsewhere
each of them has a chat of their own with the bot.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Protocol

import msgspec
from tests.support.cloud_stage import cloud_stage
from tests.support.linked_stage import linked_stage
from tests.support.web_server import listening
from tests.support.worlds import ACCOUNT, Town

from whinchat.core.errors import Overloaded
from whinchat.core.ports import Transport
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    ConnectionState,
    Content,
    DeliveryUpdate,
    Event,
    Group,
    Media,
    MediaKind,
    MembershipChange,
    MembershipChanged,
    MessageEdited,
    MessageReceived,
    MessageRef,
    MessageRevoked,
    Notice,
    Quoted,
    ReactionChanged,
    SendText,
    UserRef,
)
from whinchat.infra.clock import SystemClock
from whinchat.testing.transport import FakeTransport
from whinchat.transports.simulator.api import build_app
from whinchat.transports.simulator.faults import Fault, FaultKind
from whinchat.transports.simulator.link import LocalLink, WorldLink
from whinchat.transports.simulator.messages import NewMedia
from whinchat.transports.simulator.remote import RemoteLink
from whinchat.transports.simulator.talk import Quote
from whinchat.transports.simulator.transcript import EntryKind
from whinchat.transports.simulator.transport import SimulatorTransport

TOKEN = "a token for tests"


class RecordingSink:
    """A service that notes what comes. While `closed`, it refuses everything for now."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.updates: list[DeliveryUpdate] = []
        self.states: list[ConnectionState] = []
        self.notices: list[Notice] = []
        self.closed = False

    async def accept(self, event: Event) -> None:
        if self.closed:
            raise Overloaded("closed", retry_after=0.01)
        self.events.append(event)

    async def delivery(self, update: DeliveryUpdate) -> None:
        self.updates.append(update)

    def connection(self, account: str, state: ConnectionState) -> None:
        self.states.append(state)

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)

    def texts(self) -> list[str]:
        return [event.content.text for event in self.events if isinstance(event, MessageReceived)]


class Stage(Protocol):
    @property
    def transport(self) -> Transport: ...

    group: ChatRef
    """Where there are no groups, the chat with Bob."""
    ana: UserRef
    bob: UserRef
    eve: UserRef
    unheard: frozenset[str]
    """What this network does not tell a bot: `polls`, `quoted content`, `sizes` of media, `reactions` to what people
    say to each other, or that an admin deleted something (`deletions`)."""

    def chat(self, who: UserRef) -> ChatRef:
        """Where they post."""
        ...

    async def post(
        self,
        who: UserRef,
        content: Content,
        *,
        media: bytes | None = None,
        quote: MessageRef | None = None,
        identity: str = "",
    ) -> MessageRef:
        """What the bot's reference to the new message is."""
        ...

    async def edit(self, message: MessageRef, text: str) -> None: ...

    async def revoke(self, message: MessageRef, by: UserRef) -> None:
        """By the sender or by an admin."""
        ...

    async def react(self, message: MessageRef, by: UserRef, emoji: str) -> None: ...

    async def member(self, change: MembershipChange, who: UserRef) -> None:
        """By Ana, where it takes an admin."""
        ...

    async def demote_bot(self) -> None:
        """Ana takes its rights from the bot."""
        ...

    async def duplicate(self, times: int) -> None:
        """The next event comes so many times."""
        ...

    async def shuffle(self) -> None:
        """From now on events of different times may overtake each other."""
        ...

    async def reject(self, retry_after: float | None) -> None: ...

    async def lose(self) -> None: ...

    async def leave_unconfirmed(self) -> None: ...

    def arrived(self) -> list[str]:
        """What the bot really did, in order: the kind of each action, and the text of texts."""
        ...


class InGroup:
    """Everybody writes into the one group, and the network tells everything."""

    group: ChatRef
    unheard: frozenset[str] = frozenset()

    def chat(self, who: UserRef) -> ChatRef:
        return self.group


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for it in real time; fails when it does not come."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)


# --- a world, here or in reach ---


class WorldStage(InGroup):
    def __init__(self, link: WorldLink, town: Town) -> None:
        self.town = town
        self.transport = SimulatorTransport(link, SystemClock(), Random(1), account=ACCOUNT)
        self.group = town.ref()
        self.ana, self.bob, self.eve = (person.reference() for person in (town.ana, town.bob, town.eve))
        town.world.groups.promote(town.chat, town.ana, (town.bot,))

    async def post(
        self,
        who: UserRef,
        content: Content,
        *,
        media: bytes | None = None,
        quote: MessageRef | None = None,
        identity: str = "",
    ) -> MessageRef:
        new = None if media is None else NewMedia(kind=MediaKind.IMAGE, mime="image/png", data=media)
        message = self.town.world.talk.post(
            self.town.chat,
            self.town.world.people[who.id],
            content,
            media=new,
            quote=None if quote is None else Quote(quote.sender, quote.id),
            identity=identity or None,
        )
        return MessageRef(self.group, message.id, who.id)

    async def edit(self, message: MessageRef, text: str) -> None:
        self.town.world.talk.edit(self.town.chat.message(message.sender, message.id), Content(text=text))

    async def revoke(self, message: MessageRef, by: UserRef) -> None:
        found = self.town.chat.message(message.sender, message.id)
        if by.id == message.sender:
            self.town.world.talk.revoke(found)
        else:
            self.town.world.talk.delete(found, self.town.world.people[by.id])

    async def react(self, message: MessageRef, by: UserRef, emoji: str) -> None:
        sender = self.town.bot.id if message.from_me else message.sender
        found = self.town.chat.message(sender, message.id)
        self.town.world.talk.react(found, self.town.world.people[by.id], emoji)

    async def member(self, change: MembershipChange, who: UserRef) -> None:
        groups, person = self.town.world.groups, self.town.world.people[who.id]
        if change in {MembershipChange.JOIN, MembershipChange.LEAVE}:
            {"join": groups.join, "leave": groups.leave}[change.value](self.town.chat, person)
            return
        by_admin = {
            "add": groups.add,
            "remove": groups.remove,
            "promote": groups.promote,
            "demote": groups.demote,
        }
        by_admin[change.value](self.town.chat, self.town.ana, (person,))

    async def demote_bot(self) -> None:
        self.town.world.groups.demote(self.town.chat, self.town.ana, (self.town.bot,))

    async def duplicate(self, times: int) -> None:
        self.town.world.inject(Fault(kind=FaultKind.DUPLICATE, times=times, count=1))

    async def shuffle(self) -> None:
        self.town.world.inject(Fault(kind=FaultKind.DELAY, jitter=0.05))

    async def reject(self, retry_after: float | None) -> None:
        self.town.world.inject(Fault(kind=FaultKind.REJECT, count=1, error="busy", retry_after=retry_after))

    async def lose(self) -> None:
        self.town.world.inject(Fault(kind=FaultKind.LOST, count=1))

    async def leave_unconfirmed(self) -> None:
        self.town.world.inject(Fault(kind=FaultKind.UNCONFIRMED, count=1))

    def arrived(self) -> list[str]:
        sends = [entry for entry in self.town.entries(EntryKind.SEND) if entry.arrived]
        texts = iter(
            entry.content.text
            for entry in self.town.entries(EntryKind.MESSAGE)
            if entry.actor == self.town.bot.id and entry.content is not None
        )
        return [f"text {next(texts)}" if entry.action == "text" else entry.action for entry in sends]


# --- no world at all ---


class FakeStage(InGroup):
    """Says to the fake what the network would say."""

    def __init__(self) -> None:
        self.transport = FakeTransport()
        self.group = ChatRef("120363@g.fake", ChatKind.GROUP)
        self.ana = UserRef("ana", phone="+999100000001", name="Ana")
        self.bob = UserRef("bob", phone="+999100000002", name="Bob")
        self.eve = UserRef("eve", phone="+999100000003", name="Eve")
        members = (self.ana, self.bob, self.eve, UserRef("bot"))
        admins = (self.ana.id, "bot")
        self.transport.groups[self.group.id] = Group(self.group, "Neighbours", members, admins, me="bot")
        self._said: dict[tuple[str, str], Content] = {}
        self._events = 0
        self._times = 1

    async def post(
        self,
        who: UserRef,
        content: Content,
        *,
        media: bytes | None = None,
        quote: MessageRef | None = None,
        identity: str = "",
    ) -> MessageRef:
        identity = identity or self._next()
        if media is not None:
            self.transport.media[identity] = media
            found = Media(MediaKind.IMAGE, identity, "image/png", len(media))
            content = Content(text=content.text, media=found)
        self._said[who.id, identity] = content
        quoted = None if quote is None else Quoted(quote.id, quote.sender, self._said[quote.sender, quote.id])
        await self._emit(
            MessageReceived(
                account="fake", chat=self.group, id=identity, sender=who, time=0, content=content, quoted=quoted
            )
        )
        return MessageRef(self.group, identity, who.id)

    async def edit(self, message: MessageRef, text: str) -> None:
        sender = next(user for user in (self.ana, self.bob, self.eve) if user.id == message.sender)
        content = Content(text=text)
        event = MessageEdited(
            account="fake", chat=self.group, id=self._next(), sender=sender, time=0, target=message.id, content=content
        )
        await self._emit(event)

    async def revoke(self, message: MessageRef, by: UserRef) -> None:
        event = MessageRevoked(account="fake", chat=self.group, id=self._next(), sender=by, time=0, target=message)
        await self._emit(event)

    async def react(self, message: MessageRef, by: UserRef, emoji: str) -> None:
        event = ReactionChanged(
            account="fake", chat=self.group, id=self._next(), sender=by, time=0, target=message, emoji=emoji
        )
        await self._emit(event)

    async def member(self, change: MembershipChange, who: UserRef) -> None:
        by = who if change in {MembershipChange.JOIN, MembershipChange.LEAVE} else self.ana
        group = self.transport.groups[self.group.id]
        members = tuple(member for member in group.members if member != who)
        if change not in {MembershipChange.LEAVE, MembershipChange.REMOVE}:
            members += (who,)
        self.transport.groups[self.group.id] = msgspec.structs.replace(group, members=members)
        event = MembershipChanged(
            account="fake", chat=self.group, id=self._next(), sender=by, time=0, change=change, members=(who,)
        )
        await self._emit(event)

    async def demote_bot(self) -> None:
        group = self.transport.groups[self.group.id]
        self.transport.groups[self.group.id] = msgspec.structs.replace(group, admins=(self.ana.id,))

    async def duplicate(self, times: int) -> None:
        self._times = times

    async def shuffle(self) -> None:
        """The fake keeps its order, which a network may do."""

    async def reject(self, retry_after: float | None) -> None:
        self.transport.reject("busy", retry_after=retry_after)

    async def lose(self) -> None:
        self.transport.lose()

    async def leave_unconfirmed(self) -> None:
        self.transport.leave_unconfirmed()

    def arrived(self) -> list[str]:
        actions = [performed.action for performed in self.transport.arrived()]
        return [
            f"text {action.text}" if isinstance(action, SendText) else str(action.__struct_config__.tag)
            for action in actions
        ]

    async def _emit(self, event: Event) -> None:
        times, self._times = self._times, 1
        await self.transport.emit(event, times=times)

    def _next(self) -> str:
        self._events += 1
        return f"F{self._events}"


# --- choosing one ---


@asynccontextmanager
async def fake_stage() -> AsyncIterator[Stage]:
    yield FakeStage()


@asynccontextmanager
async def local_stage() -> AsyncIterator[Stage]:
    town = Town(clock=SystemClock())
    yield WorldStage(LocalLink(town.host), town)


@asynccontextmanager
async def remote_stage() -> AsyncIterator[Stage]:
    """The world in this process, but reached through its port as if it were in another one."""
    town = Town(clock=SystemClock())
    async with listening(build_app(town.host, TOKEN)) as address:
        yield WorldStage(RemoteLink(address, TOKEN), town)


STAGES = {
    "fake": fake_stage,
    "in this process": local_stage,
    "remote": remote_stage,
    "cloud": cloud_stage,
    "linked": linked_stage,
}
