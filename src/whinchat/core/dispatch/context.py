"""What a handler knows about the event in its hands."""

from __future__ import annotations

from dataclasses import dataclass

from whinchat.core.dispatch.command import Arguments
from whinchat.core.types import Action, Event, Message, OnUnknown, Reply, Role, SendText, Urgency


@dataclass(frozen=True, slots=True)
class Context:
    """One event, with its place in the inbox and the keyed names of its chat and sender."""

    event: Event
    event_id: int
    """Row in the inbox; `whinchat trace` starts from it."""
    chat_key: bytes
    user_key: bytes
    """Keyed hashes (`Sealer.digest`): what tables know chats and people by."""
    now: int
    language: str

    def reply(
        self, action: Action, *, on_unknown: OnUnknown = OnUnknown.DROP, urgency: Urgency = Urgency.ANSWER
    ) -> Reply:
        """`action` in the chat of this event."""
        return Reply(self.event.account, self.event.chat, action, on_unknown, urgency)


@dataclass(frozen=True, slots=True)
class Call(Context):
    """A command that was recognised, permitted and parsed."""

    message: Message
    """The event itself: the message that holds the command."""
    args: Arguments
    role: Role

    def answer(self, text: str) -> Reply:
        """`text`, quoting the command."""
        return self.reply(SendText(text, quote=self.message.ref))
