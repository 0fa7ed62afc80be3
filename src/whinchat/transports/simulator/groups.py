"""Groups: who is in, who may do what, and what bots and chats hear of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from whinchat.core.errors import Refused
from whinchat.core.types import ChatKind, Content, DeliveryStatus, GroupChanged, MembershipChange, MembershipChanged
from whinchat.transports.simulator.chats import Chat
from whinchat.transports.simulator.messages import Message, Notice
from whinchat.transports.simulator.people import Person
from whinchat.transports.simulator.realm import Realm
from whinchat.transports.simulator.transcript import EntryKind

IDENTITY = re.compile(r"[0-9A-Za-z-]{1,64}@g\.sim\Z")
LONGEST_SUBJECT = 100
MOST_MEMBERS = 1024


class Groups:
    """Every method raises Refused when the rules of the network forbid it."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._made = 0

    def create(
        self,
        subject: str,
        creator: Person,
        members: Iterable[Person] = (),
        admins: Iterable[Person] = (),
        *,
        announce_only: bool = False,
        identity: str | None = None,
    ) -> Chat:
        """The creator is the first admin; admins are members."""
        realm = self._realm
        self._made += 1
        identity = identity or f"120363{self._made:06d}-{realm.nonce}@g.sim"
        if not IDENTITY.match(identity):
            raise Refused("not a group id", hint="write it as something@g.sim", code="bad_id")
        if identity in realm.chats:
            raise Refused("a group has that id", hint="leave `id` out", code="taken")
        chat = Chat(identity, ChatKind.GROUP, realm.clock.now(), realm.bounds.messages, _checked_subject(subject))
        chat.admins = {person.id: None for person in (creator, *admins)}
        chat.members = chat.admins | {person.id: None for person in members}
        if len(chat.members) > MOST_MEMBERS:
            raise Refused(f"a group has at most {MOST_MEMBERS} members", code="too_many")
        chat.announce_only = announce_only
        realm.chats[identity] = chat
        about = self._notice(chat, creator, Notice("created", text=subject))
        realm.note(EntryKind.CHAT, actor=creator.id, people=tuple(chat.members), text=subject, **about)
        for bot in (person for person in realm.people.bots() if person.id in chat.members):
            self._tell(chat, creator, MembershipChange.ADD, (bot,))
        return chat

    def join(self, chat: Chat, person: Person) -> None:
        """By an invitation link."""
        chat.require_group()
        self._enter(chat, person, MembershipChange.JOIN, (person,))

    def leave(self, chat: Chat, person: Person) -> None:
        chat.require_group()
        self._exit(chat, person, MembershipChange.LEAVE, (person,))

    def add(self, chat: Chat, by: Person, people: tuple[Person, ...]) -> None:
        chat.require_admin(by.id)
        self._enter(chat, by, MembershipChange.ADD, people)

    def remove(self, chat: Chat, by: Person, people: tuple[Person, ...]) -> None:
        chat.require_admin(by.id)
        self._exit(chat, by, MembershipChange.REMOVE, people)

    def promote(self, chat: Chat, by: Person, people: tuple[Person, ...]) -> None:
        chat.require_admin(by.id)
        for person in people:
            chat.require_member(person.id)
        chat.admins |= {person.id: None for person in people}
        self._changed(chat, by, MembershipChange.PROMOTE, people)

    def demote(self, chat: Chat, by: Person, people: tuple[Person, ...]) -> None:
        chat.require_admin(by.id)
        for person in people:
            chat.require_member(person.id)
        for person in people:
            chat.admins.pop(person.id, None)
        self._changed(chat, by, MembershipChange.DEMOTE, people)

    def set_subject(self, chat: Chat, by: Person, subject: str) -> None:
        chat.require_admin(by.id)
        chat.subject = _checked_subject(subject)
        self._settings(chat, by, Notice("subject", text=subject), subject=subject)

    def set_announce_only(self, chat: Chat, by: Person, on: bool) -> None:
        chat.require_admin(by.id)
        chat.announce_only = on
        self._settings(chat, by, Notice("announce", text="on" if on else "off"), announce_only=on)

    # --- what follows from a change ---

    def _enter(self, chat: Chat, by: Person, change: MembershipChange, people: tuple[Person, ...]) -> None:
        if any(person.id in chat.members for person in people):
            raise Refused("that person is a member already", code="is_member")
        if len(chat.members) + len(people) > MOST_MEMBERS:
            raise Refused(f"a group has at most {MOST_MEMBERS} members", code="too_many")
        for person in people:
            chat.members[person.id] = None
            chat.read[person.id] = self._realm.seq  # nothing from before is theirs to read
        self._changed(chat, by, change, people)

    def _exit(self, chat: Chat, by: Person, change: MembershipChange, people: tuple[Person, ...]) -> None:
        for person in people:
            chat.require_member(person.id)
        for person in people:
            del chat.members[person.id]
            chat.admins.pop(person.id, None)
            chat.read.pop(person.id, None)
        self._changed(chat, by, change, people)

    def _changed(self, chat: Chat, by: Person, change: MembershipChange, people: tuple[Person, ...]) -> None:
        ids = tuple(person.id for person in people)
        about = self._notice(chat, by, Notice(change.value, ids))
        self._realm.note(EntryKind.MEMBERSHIP, actor=by.id, people=ids, change=change.value, **about)
        self._tell(chat, by, change, people)

    def _tell(self, chat: Chat, by: Person, change: MembershipChange, people: tuple[Person, ...]) -> None:
        now, identity = self._realm.clock.now(), self._realm.next_event()

        def event(bot: Person) -> MembershipChanged:
            return MembershipChanged(
                account=bot.account,
                chat=chat.seen_by(bot.id),
                id=identity,
                sender=by.reference(),
                time=now,
                change=change,
                members=tuple(person.reference() for person in people),
                me=bot in people,
            )

        self._realm.tell(chat, by.id, event, *(person.id for person in people))

    def _settings(
        self, chat: Chat, by: Person, notice: Notice, *, subject: str | None = None, announce_only: bool | None = None
    ) -> None:
        now, identity = self._realm.clock.now(), self._realm.next_event()
        about = self._notice(chat, by, notice)
        self._realm.note(EntryKind.GROUP, actor=by.id, text=subject or "", on=announce_only, **about)

        def event(bot: Person) -> GroupChanged:
            return GroupChanged(
                account=bot.account,
                chat=chat.seen_by(bot.id),
                id=identity,
                sender=by.reference(),
                time=now,
                subject=subject,
                announce_only=announce_only,
            )

        self._realm.tell(chat, by.id, event)

    def _notice(self, chat: Chat, by: Person, notice: Notice) -> dict[str, str]:
        """A line in the chat, for the page; bots hear of it by an event of its own. Gives where it is."""
        realm = self._realm
        realm.seq += 1
        message = Message(
            chat=chat.id,
            sender=by.id,
            id=realm.next_event(),
            seq=realm.seq,
            time=realm.clock.now(),
            content=Content(),
            status=DeliveryStatus.SENT,
            notice=notice,
        )
        chat.put(message)
        return {"chat": chat.id, "sender": message.sender, "message": message.id}


def _checked_subject(subject: str) -> str:
    if not 0 < len(subject) <= LONGEST_SUBJECT:
        raise Refused(f"a subject has 1 to {LONGEST_SUBJECT} characters", code="bad_subject")
    return subject
