"""The world: people, chats, talk, and what the bots get and do. Pure: a seed, a clock, no input or output."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from whinchat.core.ports import Clock
from whinchat.core.types import Action, ChatKind, ChatRef, DeliveryStatus, Group, Media
from whinchat.transports.simulator.faults import Fault
from whinchat.transports.simulator.feed import Disconnected, Parcel
from whinchat.transports.simulator.groups import Groups
from whinchat.transports.simulator.messages import Message
from whinchat.transports.simulator.people import Person
from whinchat.transports.simulator.realm import Bounds, Realm
from whinchat.transports.simulator.sends import Performed, Sends
from whinchat.transports.simulator.talk import Talk
from whinchat.transports.simulator.transcript import Entry, EntryKind


class World:
    """Everything happens at once when a method is called, and is in the transcript when it returns.

    `groups` and `talk` are what people do; `attach` and what follows it is what a bot's connection does.
    Not for use from several threads.
    """

    def __init__(
        self,
        seed: int,
        clock: Clock,
        bounds: Bounds | None = None,
        listener: Callable[[Entry], None] | None = None,
    ) -> None:
        """`listener` is called with every entry of the transcript."""
        self.realm = Realm(seed, clock, bounds or Bounds(), listener)
        self.groups = Groups(self.realm)
        self.talk = Talk(self.realm)
        self.sends = Sends(self.realm, self.talk, self.groups)
        self.people = self.realm.people
        self.faults = self.realm.faults
        self.transcript = self.realm.transcript
        self.media = self.realm.media

    # --- people ---

    def person(self, name: str, phone: str | None = None, colour: str | None = None) -> Person:
        """Raises Refused."""
        person = self.people.create(name, phone, colour)
        self.realm.note(EntryKind.PERSON, actor=person.id)
        return person

    def bot(self, account: str) -> Person:
        return self.realm.bot(account)

    def set_online(self, person: Person, online: bool) -> None:
        """Offline, nothing reaches a person, and a bot has no connection; all of it arrives afterwards."""
        if person.online == online:
            return
        person.online = online
        self.realm.note(EntryKind.PRESENCE, actor=person.id, text="online" if online else "offline")
        if person.bot:
            self.realm.feed(person).detach()
        elif online:
            self.realm.arrive(person.id)
        else:
            self.realm.depart(person.id)

    def shown(self, person: Person) -> Person:
        """As the page and the API show it."""
        if not person.bot:
            return person
        return msgspec.structs.replace(person, waiting=self.realm.feed(person).waiting)

    def receipts(self, message: Message) -> dict[str, DeliveryStatus]:
        """How far a message came with each member."""
        chat = self.realm.chat(message.chat)
        found: dict[str, DeliveryStatus] = {}
        for member in chat.members:
            if member == message.sender:
                continue
            reached = self.realm.has_reached(member, message.seq)
            found[member] = DeliveryStatus.DELIVERED if reached else DeliveryStatus.SENT
            if chat.read.get(member, 0) >= message.seq:
                found[member] = DeliveryStatus.READ
        return found

    # --- what goes wrong ---

    def inject(self, fault: Fault) -> Fault:
        """Raises Refused (`bad_fault`)."""
        self.faults.inject(fault)
        self.realm.note(EntryKind.FAULTS, chat=fault.chat, change=fault.kind.value)
        return fault

    def clear_faults(self) -> None:
        self.faults.clear()
        self.realm.note(EntryKind.FAULTS, change="clear")

    def set_dedupe(self, on: bool) -> None:
        """Whether a send with a reference that has arrived is done again (off) or only answered again (on)."""
        self.sends.dedupe = on
        self.realm.note(EntryKind.DEDUPE, on=on)

    # --- a bot's connection ---

    def attach(self, bot: Person, wake: Callable[[], None]) -> int:
        """Begin a session, ending the one before; `wake` is called when `take` may give more. Raises Disconnected."""
        if not bot.online:
            raise Disconnected
        return self.realm.feed(bot).attach(wake)

    def detach(self, bot: Person, session: int) -> None:
        if self.realm.feed(bot).is_current(session):
            self.realm.feed(bot).detach()

    def take(self, bot: Person, session: int, limit: int, window: int) -> list[Parcel]:
        """Events that are due: at most `limit`, and at most `window` unacknowledged. Raises Disconnected."""
        parcels = self.realm.feed(bot).take(session, limit, window, self.realm.clock.now())
        self.transcript.counts["handed_over"] += len(parcels)
        return parcels

    def next_due(self, bot: Person) -> int | None:
        """When `take` gives something that is held back now; milliseconds."""
        return self.realm.feed(bot).next_due()

    def acknowledge(self, bot: Person, session: int, positions: Iterable[int]) -> None:
        self.transcript.counts["acknowledged"] += self.realm.feed(bot).acknowledge(session, positions)

    def perform(self, bot: Person, session: int, chat: ChatRef, action: Action, reference: str) -> Performed:
        """Raises Disconnected: nothing was done."""
        if not self.realm.feed(bot).is_current(session):
            raise Disconnected
        return self.sends.perform(bot, chat, action, reference)

    def group(self, bot: Person, chat: ChatRef) -> Group | None:
        """None when the bot is not in it."""
        found = self.realm.chats.get(chat.id)
        if found is None or found.kind is not ChatKind.GROUP or bot.id not in found.members:
            return None
        return Group(
            chat=chat,
            subject=found.subject,
            members=tuple(self.people[member].reference() for member in found.members),
            admins=tuple(found.admins),
            announce_only=found.announce_only,
            me=bot.id,
        )

    def download(self, media: Media, max_bytes: int) -> bytes:
        """Raises TransportError (`gone`, `too_large`)."""
        return self.media.get(media.handle, max_bytes)[1]
