"""What all parts of the world share: who and what there is, the run's ids, the transcript, and telling the bots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec

from whinchat.core.errors import Refused
from whinchat.core.ports import Clock
from whinchat.core.types import ChatKind, DeliveryStatus, DeliveryUpdate, Event
from whinchat.transports.simulator.chats import Chat
from whinchat.transports.simulator.faults import Faults
from whinchat.transports.simulator.feed import Feed
from whinchat.transports.simulator.messages import MediaStore, Message
from whinchat.transports.simulator.people import People, Person
from whinchat.transports.simulator.transcript import Entry, EntryKind, Transcript


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much a world remembers."""

    messages: int = 500
    """In each chat."""
    entries: int = 20_000
    """Of the transcript, at least."""
    media: int = 64 * 1024 * 1024
    """Bytes of media in all."""
    largest_media: int = 16 * 1024 * 1024
    waiting: int = 200_000
    """Events for one bot."""
    sends: int = 200_000
    """References of arrived sends, for counting the doubled."""


class Realm:
    """`nonce` is part of every message and group id: a new world never repeats an old one's."""

    def __init__(self, seed: int, clock: Clock, bounds: Bounds, listener: Callable[[Entry], None] | None) -> None:
        self.clock = clock
        self.bounds = bounds
        self.random = Random(seed)
        self.nonce = f"{self.random.getrandbits(24):06X}"
        self.people = People(self.random)
        self.chats: dict[str, Chat] = {}
        self.faults = Faults(self.random)
        self.media = MediaStore(self.nonce, bounds.media, bounds.largest_media)
        self.transcript = Transcript(bounds.entries, listener)
        self.away: dict[str, int] = {}
        """Person to the `seq` at which they went away."""
        self.seq = 0
        self._feeds: dict[str, Feed] = {}
        self._events = 0

    def chat(self, identity: str) -> Chat:
        """Raises Refused (`no_chat`)."""
        try:
            return self.chats[identity]
        except KeyError:
            raise Refused("there is no such chat", hint="create it first", code="no_chat") from None

    def chats_of(self, person: str) -> Iterator[Chat]:
        return (chat for chat in self.chats.values() if person in chat.members)

    def direct(self, one: Person, other: Person) -> Chat:
        """The direct chat of two, created when there is none. Raises Refused (`alone`)."""
        if one is other:
            raise Refused("a direct chat has two people", code="alone")
        identity = "~".join(sorted((one.id, other.id)))
        chat = self.chats.get(identity)
        if chat is None:
            chat = self.chats[identity] = Chat(identity, ChatKind.DIRECT, self.clock.now(), self.bounds.messages)
            chat.members = {one.id: None, other.id: None}
            self.note(EntryKind.CHAT, chat=identity, actor=one.id, people=(one.id, other.id))
        return chat

    def bot(self, account: str) -> Person:
        """The bot of an account, created when first asked for."""
        bot = self.people.bot(account)
        if bot.id not in self._feeds:
            self._feeds[bot.id] = Feed(self.faults, self.bounds.waiting, lambda on: self._session(bot, on))
            self.away[bot.id] = self.seq
            self.note(EntryKind.PERSON, actor=bot.id)
        return bot

    def feed(self, bot: Person) -> Feed:
        return self._feeds[bot.id]

    def note(self, kind: EntryKind, **about: Any) -> None:
        self.transcript.append(
            Entry(position=self.transcript.last + 1, time=self.clock.now(), kind=kind, **about),
        )

    def next_event(self) -> str:
        """An id for something that is no message."""
        self._events += 1
        return f"{self.nonce}-E{self._events:08X}"

    def require_room(self, chat: Chat) -> None:
        """Raises Refused (`bot_behind`)."""
        for bot in self.people.bots():
            if bot.id in chat.members:
                self.feed(bot).require_room()

    def tell(self, chat: Chat, actor: str, event: Callable[[Person], Event], *also: str) -> None:
        """Put an event in front of every bot in the chat (and those in `also`), except the one that did it."""
        now = self.clock.now()
        for bot in self.people.bots():
            if bot.id != actor and (bot.id in chat.members or bot.id in also):
                self.feed(bot).put(chat.id, event(bot), now)

    # --- ticks ---

    def status_of(self, chat: Chat, message: Message) -> DeliveryStatus:
        """By the people who should get it; by the bot where it is the only one. Bots never read."""
        others = [member for member in chat.members if member != message.sender]
        people = [member for member in others if not self.people[member].bot]
        if people and all(chat.read.get(person, 0) >= message.seq for person in people):
            return DeliveryStatus.READ
        if all(self.has_reached(member, message.seq) for member in people or others):
            return DeliveryStatus.DELIVERED
        return DeliveryStatus.SENT

    def has_reached(self, person: str, seq: int) -> bool:
        return person not in self.away or seq <= self.away[person]

    def advance(self, chat: Chat, after: int) -> None:
        """Somebody received or read: renew the ticks of messages with a `seq` above `after`."""
        for message in chat.newest_first():
            if message.seq <= after:
                break
            if message.notice is not None or message.status is DeliveryStatus.READ:
                continue
            status = self.status_of(chat, message)
            if status not in {message.status, DeliveryStatus.SENT}:
                message.status = status
                about = {"chat": chat.id, "sender": message.sender, "message": message.id}
                self.note(EntryKind.STATUS, status=status, **about)
                self.tell_status(chat, message)

    def tell_status(self, chat: Chat, message: Message) -> None:
        """Tell a bot what became of its message."""
        sender = self.people[message.sender]
        if sender.bot:
            now = self.clock.now()
            update = DeliveryUpdate(
                account=sender.account,
                chat=chat.seen_by(sender.id),
                message_id=message.id,
                status=message.status,
                time=now,
            )
            self.feed(sender).put(chat.id, update, now)

    # --- coming and going ---

    def arrive(self, person: str) -> None:
        since = self.away.pop(person, None)
        if since is not None:
            for chat in self.chats_of(person):
                self.advance(chat, since)

    def depart(self, person: str) -> None:
        self.away.setdefault(person, self.seq)

    def _session(self, bot: Person, connected: bool) -> None:
        bot.connected = connected
        if connected:
            self.arrive(bot.id)
        else:
            self.depart(bot.id)
        self.note(EntryKind.PRESENCE, actor=bot.id, text="connected" if connected else "disconnected")
