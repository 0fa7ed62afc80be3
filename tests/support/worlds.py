"""A small world to tell stories in: a group with Ana (its admin), Bob, Eve and the bot, and the bot's connection."""

from __future__ import annotations

from collections.abc import Sequence

from whinchat.core.ports import Clock
from whinchat.core.types import Action, ChatRef, Content, DeliveryUpdate, Event, SendResult, SendText
from whinchat.testing.clock import FakeClock
from whinchat.transports.simulator.chats import Chat
from whinchat.transports.simulator.feed import Parcel
from whinchat.transports.simulator.host import Host
from whinchat.transports.simulator.messages import Message
from whinchat.transports.simulator.people import Person
from whinchat.transports.simulator.realm import Bounds
from whinchat.transports.simulator.sends import Performed
from whinchat.transports.simulator.transcript import Entry, EntryKind

ACCOUNT = "simulator"


class Town:
    def __init__(self, seed: int = 1, bounds: Bounds | None = None, clock: Clock | None = None) -> None:
        self.clock = FakeClock()
        """Moves the world's time, unless it goes by another clock."""
        self.host = Host(clock or self.clock, seed=seed, accounts=(ACCOUNT,), bounds=bounds)
        self.world = self.host.world
        self.bot = self.world.bot(ACCOUNT)
        self.ana = self.world.person("Ana")
        self.bob = self.world.person("Bob")
        self.eve = self.world.person("Eve")
        self.chat = self.world.groups.create("Neighbours", self.ana, [self.bob, self.eve, self.bot])
        self.session = 0
        self.references = 0

    # --- people ---

    def say(self, who: Person, text: str, chat: Chat | None = None, identity: str | None = None) -> Message:
        return self.world.talk.post(chat or self.chat, who, Content(text=text), identity=identity)

    # --- the bot ---

    def connect(self) -> None:
        self.session = self.world.attach(self.bot, lambda: None)

    def parcels(self, limit: int = 1000, window: int = 1000) -> list[Parcel]:
        return self.world.take(self.bot, self.session, limit, window)

    def events(self) -> list[Event | DeliveryUpdate]:
        """What comes now, acknowledged."""
        parcels = self.parcels()
        self.world.acknowledge(self.bot, self.session, [parcel.position for parcel in parcels])
        return [parcel.item for parcel in parcels]

    def meet(self) -> None:
        """Connect, and take what there was before the story."""
        self.connect()
        self.events()

    def ref(self, chat: Chat | None = None) -> ChatRef:
        return (chat or self.chat).seen_by(self.bot.id)

    def do(self, action: Action, chat: ChatRef | None = None, reference: str | None = None) -> Performed:
        self.references += 1
        name = reference or f"r{self.references}"
        return self.world.perform(self.bot, self.session, chat or self.ref(), action, name)

    def send(self, text: str, reference: str | None = None) -> SendResult:
        return self.do(SendText(text), reference=reference).result

    # --- what happened ---

    def entries(self, *kinds: EntryKind) -> Sequence[Entry]:
        return [entry for entry in self.world.transcript.page(0, 10_000).entries if not kinds or entry.kind in kinds]

    def texts(self, chat: Chat | None = None) -> list[str]:
        return [message.content.text for message in (chat or self.chat).history(None, 1000) if message.notice is None]
