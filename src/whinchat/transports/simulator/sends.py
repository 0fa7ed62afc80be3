"""What a bot does in the world, what goes wrong on the way, and what the bot is told."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from whinchat.core.errors import Refused
from whinchat.core.types import (
    Action,
    Certainty,
    ChatKind,
    ChatRef,
    Content,
    Delete,
    Edit,
    LockGroup,
    MessageRef,
    React,
    RemoveMember,
    Revoke,
    SendMedia,
    SendResult,
    SendText,
)
from whinchat.transports.simulator.chats import Chat
from whinchat.transports.simulator.faults import OF_SENDING, Fault, FaultKind
from whinchat.transports.simulator.groups import Groups
from whinchat.transports.simulator.messages import Message, NewMedia
from whinchat.transports.simulator.people import Person
from whinchat.transports.simulator.realm import Realm
from whinchat.transports.simulator.talk import Quote, Talk
from whinchat.transports.simulator.transcript import EntryKind

LONGEST_TEXT = 65_536  # UTF-16 code units


@dataclass(frozen=True, slots=True)
class Performed:
    """What the bot is told, and after how many seconds."""

    result: SendResult
    seconds: float = 0.0


class Sends:
    """Does what bots ask for. The same reference arrives as often as it is sent, unless `dedupe` is on."""

    def __init__(self, realm: Realm, talk: Talk, groups: Groups) -> None:
        self._realm = realm
        self._talk = talk
        self._groups = groups
        self._arrived: OrderedDict[tuple[str, str], str | None] = OrderedDict()
        self.dedupe = False

    def perform(self, bot: Person, ref: ChatRef, action: Action, reference: str) -> Performed:
        """What the network's rules forbid is a result, not an error."""
        try:
            chat = self.chat(bot, ref)
        except Refused as refusal:
            return self._note(bot, ref.id, action, reference, _rejected(refusal.code))
        fault = self._realm.faults.strike(OF_SENDING, chat.id)
        if fault is not None and fault.kind is FaultKind.REJECT:
            return self._note(bot, chat.id, action, reference, _rejected(fault.error, fault.retry_after))
        if fault is not None and fault.kind is FaultKind.LOST:
            return self._note(bot, chat.id, action, reference, _unknown(fault.seconds))
        try:
            message_id, arrived = self._arrive(bot, chat, action, reference)
        except Refused as refusal:
            return self._note(bot, chat.id, action, reference, _rejected(refusal.code))
        return self._note(bot, chat.id, action, reference, _answer(message_id, fault), arrived=arrived)

    def chat(self, bot: Person, ref: ChatRef) -> Chat:
        """A direct chat begins when it is first written to. Raises Refused (`no_chat`, `no_person`, `not_member`)."""
        if ref.kind is ChatKind.DIRECT:
            return self._realm.direct(bot, self._realm.people[ref.id])
        chat = self._realm.chat(ref.id)
        chat.require_member(bot.id)
        return chat

    def _arrive(self, bot: Person, chat: Chat, action: Action, reference: str) -> tuple[str | None, bool]:
        """The id of the new message, if it is one, and whether anything happened now. Raises Refused."""
        key = (bot.id, reference)
        repeated = key in self._arrived
        if repeated and self.dedupe:
            return self._arrived[key], False
        message_id = self._do(bot, chat, action)
        counts = self._realm.transcript.counts
        counts["arrived"] += 1
        counts["doubled"] += repeated
        self._arrived[key] = message_id
        if len(self._arrived) > self._realm.bounds.sends:
            self._arrived.popitem(last=False)
        return message_id, True

    def _do(self, bot: Person, chat: Chat, action: Action) -> str | None:
        match action:
            case SendText():
                _check_length(action.text)
                content = Content(text=action.text)
                quote = _quote(bot, action.quote)
                return self._talk.post(chat, bot, content, quote=quote, mentions=action.mentions).id
            case SendMedia():
                _check_length(action.caption)
                content, quote = Content(text=action.caption), _quote(bot, action.quote)
                media = NewMedia(kind=action.kind, mime=action.mime, data=action.data, file_name=action.file_name)
                return self._talk.post(chat, bot, content, media=media, quote=quote).id
            case React():
                self._talk.react(_target(bot, chat, action.target), bot, action.emoji)
            case Edit():
                _check_length(action.text)
                message = _own(bot, chat, action.target)
                self._talk.edit(message, msgspec.structs.replace(message.content, text=action.text), message.mentions)
            case Revoke():
                self._talk.revoke(_own(bot, chat, action.target))
            case Delete():
                self._talk.delete(_target(bot, chat, action.target), bot)
            case RemoveMember():
                self._groups.remove(chat, bot, (self._realm.people[action.member],))
            case LockGroup():
                self._groups.set_announce_only(chat, bot, action.locked)
        return None

    def _note(
        self,
        bot: Person,
        chat: str,
        action: Action,
        reference: str,
        performed: Performed,
        *,
        arrived: bool = False,
    ) -> Performed:
        target = getattr(action, "target", None)
        self._realm.note(
            EntryKind.SEND,
            chat=chat,
            actor=bot.id,
            sender=bot.id if target is None or target.from_me else target.sender,
            message=(performed.result.message_id or "") if target is None else target.id,
            reference=reference,
            action=str(type(action).__struct_config__.tag),
            certainty=performed.result.certainty,
            arrived=arrived,
            error=performed.result.error or "",
        )
        return performed


def _rejected(error: str, retry_after: float | None = None) -> Performed:
    return Performed(SendResult(Certainty.REJECTED, error=error, retry_after=retry_after))


def _unknown(seconds: float) -> Performed:
    return Performed(SendResult(Certainty.UNKNOWN, error="timeout"), seconds)


def _answer(message_id: str | None, fault: Fault | None) -> Performed:
    if fault is not None and fault.kind is FaultKind.UNCONFIRMED:
        return _unknown(fault.seconds)
    seconds = 0.0 if fault is None else fault.seconds
    return Performed(SendResult(Certainty.SENT, message_id=message_id), seconds)


def _check_length(text: str) -> None:
    if len(text.encode("utf-16-le", "surrogatepass")) > 2 * LONGEST_TEXT:
        raise Refused("the text is too long", hint=f"at most {LONGEST_TEXT} UTF-16 code units", code="too_long")


def _quote(bot: Person, quoted: MessageRef | None) -> Quote | None:
    if quoted is None:
        return None
    return Quote(bot.id if quoted.from_me else quoted.sender, quoted.id)


def _target(bot: Person, chat: Chat, target: MessageRef) -> Message:
    return chat.message(bot.id if target.from_me else target.sender, target.id)


def _own(bot: Person, chat: Chat, target: MessageRef) -> Message:
    message = _target(bot, chat, target)
    if message.sender != bot.id:
        raise Refused("that message is somebody else's", code="not_own")
    return message
