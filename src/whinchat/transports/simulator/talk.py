"""What people and bots do in a chat: post, edit, take back, delete, react, read, type."""

from __future__ import annotations

import msgspec

from whinchat.core.errors import Refused
from whinchat.core.types import (
    Content,
    DeliveryStatus,
    MessageEdited,
    MessageReceived,
    MessageRef,
    MessageRevoked,
    Quoted,
    ReactionChanged,
)
from whinchat.transports.simulator.chats import Chat
from whinchat.transports.simulator.messages import Message, NewMedia
from whinchat.transports.simulator.people import Person
from whinchat.transports.simulator.realm import Realm
from whinchat.transports.simulator.transcript import EntryKind

EDITABLE = 15 * 60 * 1000  # milliseconds in which a message may be edited, as on WhatsApp
LONGEST = 2 * 1024 * 1024  # bytes of one message's content as JSON
LONGEST_ID = 128
LONGEST_EMOJI = 32


class Quote(msgspec.Struct, frozen=True):
    """The message that another one answers. `content` replaces what was really said: a forged quotation."""

    sender: str
    id: str
    content: Content | None = None


class Talk:
    """Every method raises Refused when the rules of the network forbid it."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def post(
        self,
        chat: Chat,
        sender: Person,
        content: Content,
        *,
        media: NewMedia | None = None,
        quote: Quote | None = None,
        mentions: tuple[str, ...] = (),
        forwarded: bool = False,
        identity: str | None = None,
    ) -> Message:
        """`media` takes the place of `content.media`."""
        realm = self._realm
        chat.require_voice(sender.id)
        realm.require_room(chat)
        _check(content, media)
        if identity is not None and not 0 < len(identity) <= LONGEST_ID:
            raise Refused(f"a message id has 1 to {LONGEST_ID} characters", code="bad_id")
        if identity is not None and chat.knows((sender.id, identity)):
            raise Refused("the sender has used that id", hint="leave `id` out", code="taken")
        if media is not None:
            content = msgspec.structs.replace(content, media=realm.media.put(media))
        realm.seq += 1
        message = Message(
            chat=chat.id,
            sender=sender.id,
            id=identity or f"{realm.nonce}-{realm.seq:08X}",
            seq=realm.seq,
            time=realm.clock.now(),
            content=content,
            status=DeliveryStatus.SENT,
            quoted=None if quote is None else self._quoted(chat, quote),
            mentions=mentions,
            forwarded=forwarded,
        )
        message.status = realm.status_of(chat, message)
        chat.put(message)
        about = {"chat": chat.id, "sender": sender.id, "message": message.id}
        realm.note(EntryKind.MESSAGE, actor=sender.id, content=content, **about)
        self._tell_posted(chat, sender, message)
        realm.tell_status(chat, message)
        return message

    def edit(self, message: Message, content: Content, mentions: tuple[str, ...] = ()) -> None:
        """By its sender."""
        realm, chat = self._realm, self._realm.chat(message.chat)
        sender = realm.people[message.sender]
        chat.require_voice(sender.id)
        _require_there(message)
        now = realm.clock.now()
        if now - message.time > EDITABLE:
            raise Refused("that message is too old to edit", hint="15 minutes are allowed", code="too_late")
        _check(content, None)
        message.content, message.mentions = content, mentions
        message.edits += 1
        about = {"chat": chat.id, "sender": sender.id, "message": message.id}
        realm.note(EntryKind.EDIT, actor=sender.id, content=content, **about)
        identity = realm.next_event()

        def event(bot: Person) -> MessageEdited:
            return MessageEdited(
                account=bot.account,
                chat=chat.seen_by(bot.id),
                id=identity,
                sender=sender.reference(),
                time=now,
                target=message.id,
                content=content,
                quoted=_seen_by(bot, message.quoted),
                mentions=mentions,
                mentions_me=bot.id in mentions,
            )

        realm.tell(chat, sender.id, event)

    def revoke(self, message: Message) -> None:
        """By its sender."""
        self._take_away(message, self._realm.people[message.sender])

    def delete(self, message: Message, by: Person) -> None:
        """By an admin of the group."""
        self._realm.chat(message.chat).require_admin(by.id)
        self._take_away(message, by)

    def react(self, message: Message, by: Person, emoji: str) -> None:
        """An empty emoji takes the reaction back."""
        realm, chat = self._realm, self._realm.chat(message.chat)
        chat.require_member(by.id)
        _require_there(message)
        if len(emoji) > LONGEST_EMOJI:
            raise Refused("that is more than an emoji", code="bad_emoji")
        others = {person: other for person, other in message.reactions.items() if person != by.id}
        message.reactions = others | {by.id: emoji} if emoji else others
        about = {"chat": chat.id, "sender": message.sender, "message": message.id}
        realm.note(EntryKind.REACTION, actor=by.id, emoji=emoji, **about)
        now, identity = realm.clock.now(), realm.next_event()

        def event(bot: Person) -> ReactionChanged:
            return ReactionChanged(
                account=bot.account,
                chat=chat.seen_by(bot.id),
                id=identity,
                sender=by.reference(),
                time=now,
                target=_reference(chat, message, bot),
                emoji=emoji,
            )

        realm.tell(chat, by.id, event)

    def read(self, chat: Chat, person: Person, upto: int | None = None) -> None:
        """Up to a `seq`; None: all."""
        chat.require_member(person.id)
        before = chat.read.get(person.id, 0)
        upto = self._realm.seq if upto is None else min(upto, self._realm.seq)
        if upto > before:
            chat.read[person.id] = upto
            self._realm.note(EntryKind.READ, chat=chat.id, actor=person.id)
            self._realm.advance(chat, before)

    def typing(self, chat: Chat, person: Person, on: bool) -> None:
        chat.require_member(person.id)
        self._realm.note(EntryKind.TYPING, chat=chat.id, actor=person.id, on=on)

    def _tell_posted(self, chat: Chat, sender: Person, message: Message) -> None:
        reference = sender.reference()

        def event(bot: Person) -> MessageReceived:
            return MessageReceived(
                account=bot.account,
                chat=chat.seen_by(bot.id),
                id=message.id,
                sender=reference,
                time=message.time,
                content=message.content,
                quoted=_seen_by(bot, message.quoted),
                mentions=message.mentions,
                mentions_me=bot.id in message.mentions,
                forwarded=message.forwarded,
            )

        self._realm.tell(chat, sender.id, event)

    def _take_away(self, message: Message, by: Person) -> None:
        realm, chat = self._realm, self._realm.chat(message.chat)
        _require_there(message)
        message.content, message.revoked_by, message.reactions = Content(), by.id, {}
        about = {"chat": chat.id, "sender": message.sender, "message": message.id}
        realm.note(EntryKind.REVOKE, actor=by.id, **about)
        now, identity = realm.clock.now(), realm.next_event()

        def event(bot: Person) -> MessageRevoked:
            return MessageRevoked(
                account=bot.account,
                chat=chat.seen_by(bot.id),
                id=identity,
                sender=by.reference(),
                time=now,
                target=_reference(chat, message, bot),
            )

        realm.tell(chat, by.id, event)

    def _quoted(self, chat: Chat, quote: Quote) -> Quoted:
        content = quote.content
        if content is None and chat.knows((quote.sender, quote.id)):
            content = chat.message(quote.sender, quote.id).content
        return Quoted(quote.id, quote.sender, content or Content())


def _check(content: Content, media: NewMedia | None) -> None:
    try:
        encoded = msgspec.json.encode(content)
    except UnicodeEncodeError:
        raise Refused("the text is not valid Unicode", hint="lone surrogates cannot travel", code="bad_text") from None
    if len(encoded) > LONGEST:
        raise Refused("the message is too long", hint=f"at most {LONGEST} bytes", code="too_long")
    if content == Content() and media is None:
        raise Refused("the message is empty", hint="give `text`, `content` or `media`", code="empty")


def _require_there(message: Message) -> None:
    if message.revoked_by or message.notice is not None:
        raise Refused("that message is no longer there", code="gone")


def _reference(chat: Chat, message: Message, bot: Person) -> MessageRef:
    return MessageRef(chat.seen_by(bot.id), message.id, message.sender, from_me=message.sender == bot.id)


def _seen_by(bot: Person, quoted: Quoted | None) -> Quoted | None:
    if quoted is None or quoted.sender != bot.id:
        return quoted
    return msgspec.structs.replace(quoted, from_me=True)
