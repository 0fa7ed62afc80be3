"""From what Meta's webhook says to events, delivery updates and notices. Pure; nothing that comes in makes it raise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import msgspec

from whinchat.core.types import (
    ChatKind,
    ChatRef,
    Content,
    DeliveryStatus,
    DeliveryUpdate,
    Event,
    MembershipChange,
    MembershipChanged,
    MessageEdited,
    MessageReceived,
    MessageRef,
    MessageRevoked,
    Notice,
    NoticeKind,
    Quoted,
    ReactionChanged,
    UserRef,
)
from whinchat.transports.cloud import shapes
from whinchat.transports.cloud.content import content_of
from whinchat.transports.cloud.recent import Recent

LATE = 5 * 60_000  # milliseconds after which a message counts as one that waited while the bot was away
FARTHEST = 2**53  # milliseconds; beyond it, a time is nonsense
PHONE = re.compile(r"[1-9][0-9]{5,19}")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,47}")

STATUSES = {
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "played": DeliveryStatus.READ,
    "failed": DeliveryStatus.FAILED,
}
PARTICIPANTS = {
    "group_participants_add": MembershipChange.ADD,
    "group_participants_remove": MembershipChange.REMOVE,
}


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that is nothing to us; `reason` is for the metrics."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A message of ours that did not arrive, for Meta's reason `code`."""

    update: DeliveryUpdate
    code: int


Item = Event | DeliveryUpdate | Failed | Notice | Skipped

T = TypeVar("T")


def read(raw: bytes | bytearray | msgspec.Raw, kind: type[T]) -> T | None:
    """None for what is something else."""
    try:
        return msgspec.json.decode(raw, type=kind, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def word(text: str | None) -> str:
    """A word of Meta's that may be logged: never something that a person wrote."""
    return text.lower() if text and WORD.fullmatch(text) else "other"


class _Where(NamedTuple):
    """What every event of a message has in common."""

    account: str
    chat: ChatRef
    id: str
    sender: UserRef
    time: int

    def message(
        self, content: Content, quoted: Quoted | None, context: shapes.Context | None, now: int
    ) -> MessageReceived:
        return MessageReceived(
            **self._asdict(),
            content=content,
            quoted=quoted,
            forwarded=context is not None and bool(context.forwarded or context.frequently_forwarded),
            offline=now - self.time > LATE,
        )

    def edited(self, target: str, content: Content, quoted: Quoted | None) -> MessageEdited:
        return MessageEdited(**self._asdict(), target=target, content=content, quoted=quoted)

    def revoked(self, revoke: shapes.Revoked) -> MessageRevoked:
        target = MessageRef(self.chat, revoke.original_message_id, self.sender.id)
        return MessageRevoked(**self._asdict(), target=target)

    def reaction(self, reaction: shapes.Reaction) -> ReactionChanged:
        """Meta does not say whose message it is; in a chat with a bot people react to the bot's."""
        target = MessageRef(self.chat, reaction.message_id, "", from_me=True)
        return ReactionChanged(**self._asdict(), target=target, emoji=reaction.emoji or "")


class _Contacts(NamedTuple):
    """Whom a value describes."""

    told: Sequence[shapes.Contact] = ()
    lone: bool = False
    """One person, and one message or status: it is theirs."""

    def of(self, phone: str | None, user_id: str | None) -> shapes.Contact:
        for each in self.told:
            if (user_id and each.user_id == user_id) or (phone and each.wa_id == phone):
                return each
        if self.lone and not (user_id and self.told[0].user_id):
            return self.told[0]  # some numbers are written in two ways
        return shapes.Contact()


class Decoder:
    """For one account. It remembers which phone number belongs to which user id: some updates name only the number."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._user_ids: Recent[str] = Recent()
        """Phone number to business-scoped user id."""

    def items(self, field: str, value: shapes.Value, now: int) -> Iterator[Item]:
        """What changed, in order. `now` in milliseconds."""
        contacts = [contact for raw in value.contacts or () if (contact := read(raw, shapes.Contact)) is not None]
        for contact in contacts:
            if contact.wa_id and contact.user_id:
                self._user_ids.put(contact.wa_id, contact.user_id)
        match field:
            case "messages":
                yield from self._messages(value, contacts, now)
            case "group_participants_update":
                yield from (self._group(raw, now) for raw in value.groups or ())
            case "calls":
                yield from (Notice(account=self._account, kind=NoticeKind.CALL) for _ in value.calls or ())
            case _:
                yield Skipped("field")

    def _messages(self, value: shapes.Value, contacts: Sequence[shapes.Contact], now: int) -> Iterator[Item]:
        own = digits(value.metadata.display_phone_number) if value.metadata is not None else ""
        messages, statuses = value.messages or (), value.statuses or ()
        people = _Contacts(contacts, lone=len(contacts) == 1 and len(messages) + len(statuses) == 1)
        yield from (self._message(raw, people, own, now) for raw in messages)
        yield from (self._status(raw, people, now) for raw in statuses)
        yield from (Skipped("error") for _ in value.errors or ())

    # --- messages ----------------------------------------------------------------------------------------------------

    def _message(self, raw: msgspec.Raw, contacts: _Contacts, own: str, now: int) -> Item:
        message = read(raw, shapes.Message)
        if message is None:
            return Skipped("garbage")
        sender = self._person(message.sender, message.from_user_id, contacts)
        if sender is None or not message.id:
            return Skipped("garbage")
        chat = ChatRef(message.group_id, ChatKind.GROUP) if message.group_id else ChatRef(sender.id, ChatKind.DIRECT)
        return self._event(message, chat, sender, own, now)

    def _event(self, message: shapes.Message, chat: ChatRef, sender: UserRef, own: str, now: int) -> Item:
        where = _Where(self._account, chat, message.id, sender, millis(message.timestamp, now))
        match message:
            case shapes.Message(type="reaction", reaction=shapes.Reaction() as reaction):
                return where.reaction(reaction)
            case shapes.Message(type="revoke", revoke=shapes.Revoked() as revoke):
                return where.revoked(revoke)
            case shapes.Message(type="edit", edit=shapes.Edited() as edit):
                content = content_of(edit.message)
                if content is None:
                    return self._unreadable(edit.message)
                quoted = self._quoted(edit.message.context, own)
                return where.edited(edit.original_message_id, content, quoted)
        content = content_of(message)
        if content is None:
            return Skipped("system") if message.type == "system" else self._unreadable(message)
        return where.message(content, self._quoted(message.context, own), message.context, now)

    def _unreadable(self, body: shapes.Body) -> Notice:
        """Meta does not hand over everything that people can send: polls, view-once messages and the like."""
        said = body.unsupported.type if body.unsupported is not None else body.type
        return Notice(account=self._account, kind=NoticeKind.UNDECRYPTABLE, detail=word(said))

    def _quoted(self, context: shapes.Context | None, own: str) -> Quoted | None:
        if context is None or not context.id:
            return None
        phone = digits(context.sender)
        if phone and phone == own:
            return Quoted(context.id, "", from_me=True)
        sender = context.from_user_id or self._user_ids.get(phone) or phone
        return Quoted(context.id, sender)

    def _person(self, phone: str | None, user_id: str | None, contacts: _Contacts) -> UserRef | None:
        """By their user id where it is known, else by the number."""
        contact = contacts.of(phone, user_id)
        wa_id = contact.wa_id or phone or ""
        canonical = user_id or contact.user_id or self._user_ids.get(wa_id) or wa_id
        if not canonical:
            return None
        name = None if contact.profile is None else contact.profile.name
        return UserRef(canonical, phone=f"+{wa_id}" if PHONE.fullmatch(wa_id) else None, name=name or None)

    # --- statuses ----------------------------------------------------------------------------------------------------

    def _status(self, raw: msgspec.Raw, contacts: _Contacts, now: int) -> Item:
        status = read(raw, shapes.Status)
        if status is None:
            return Skipped("garbage")
        known = STATUSES.get(status.status)
        chat = self._status_chat(status, contacts)
        if known is None or chat is None:
            return Skipped("status")
        reason = next((error.code for error in status.errors or () if error.code is not None), None)
        failed = known is DeliveryStatus.FAILED
        update = DeliveryUpdate(
            account=self._account,
            chat=chat,
            message_id=status.id,
            status=known,
            time=millis(status.timestamp, now),
            reference=status.biz_opaque_callback_data or "",
            error="" if not failed else "failed" if reason is None else str(reason),
        )
        return Failed(update, reason) if failed and reason is not None else update

    def _status_chat(self, status: shapes.Status, contacts: _Contacts) -> ChatRef | None:
        if status.recipient_type == "group":
            return ChatRef(status.recipient_id, ChatKind.GROUP) if status.recipient_id else None
        person = self._person(status.recipient_id, status.recipient_user_id, contacts)
        return None if person is None else ChatRef(person.id, ChatKind.DIRECT)

    # --- groups ------------------------------------------------------------------------------------------------------

    def _group(self, raw: msgspec.Raw, now: int) -> Item:
        update = read(raw, shapes.GroupUpdate)
        change = None if update is None else PARTICIPANTS.get(update.type)
        if update is None or change is None:
            return Skipped("garbage" if update is None else "group")
        adding = change is MembershipChange.ADD
        members = self._members((update.added_participants if adding else update.removed_participants) or ())
        if not members:
            return Skipped("group")
        # Nobody can be added: people come by an invitation. Who leaves has begun that themselves.
        alone = adding or update.initiated_by not in {None, "business"}
        time = millis(update.timestamp, now)
        own = MembershipChange.JOIN if adding else MembershipChange.LEAVE
        return MembershipChanged(
            account=self._account,
            chat=ChatRef(update.group_id, ChatKind.GROUP),
            id=update.request_id or f"{update.type}-{time}-{members[0].id}",
            sender=members[0] if alone else UserRef(""),
            time=time,
            change=own if alone else change,
            members=members,
        )

    def _members(self, participants: Iterable[shapes.Participant]) -> tuple[UserRef, ...]:
        found = (self._person(each.wa_id or digits(each.input), each.user_id, _Contacts()) for each in participants)
        return tuple(member for member in found if member is not None)


def digits(text: str | None) -> str:
    """Of a phone number as it is shown."""
    return "".join(sign for sign in text or "" if sign.isascii() and sign.isdigit())


def millis(seconds: int | None, now: int) -> int:
    """`now` where there is no time that can be."""
    if seconds is None or not 0 < seconds < FARTHEST // 1000:
        return now
    return seconds * 1000
