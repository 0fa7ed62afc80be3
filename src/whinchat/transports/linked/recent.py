"""What was said of late, in memory only: to quote it, and to mark as read what is answered."""

from __future__ import annotations

from collections import OrderedDict

from whinchat.core.types import ChatRef, Content, MessageReceived, MessageRef

MESSAGES = 512
CHATS = 512
LONGEST_QUOTE = 1024  # characters of a quoted text that are shown


class Recent:
    def __init__(self) -> None:
        self._texts: OrderedDict[tuple[str, str, str], str] = OrderedDict()
        """Chat, sender and id to the beginning of the text."""
        self._last: OrderedDict[str, MessageRef] = OrderedDict()
        """Chat to the newest message that is not marked as read."""

    def heard(self, message: MessageReceived) -> None:
        self._texts[message.chat.id, message.sender.id, message.id] = message.content.text[:LONGEST_QUOTE]
        if len(self._texts) > MESSAGES:
            self._texts.popitem(last=False)
        self._last[message.chat.id] = message.ref
        self._last.move_to_end(message.chat.id)
        if len(self._last) > CHATS:
            self._last.popitem(last=False)

    def content(self, message: MessageRef | None) -> Content | None:
        """What a quote of it shows; None when it is not known any more."""
        if message is None:
            return None
        text = self._texts.get((message.chat.id, message.sender, message.id))
        return None if text is None else Content(text=text)

    def unread(self, chat: ChatRef) -> MessageRef | None:
        """The newest message of others there, once: to be marked as read."""
        return self._last.pop(chat.id, None)
