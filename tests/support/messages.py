"""Messages for tests, with as little to say as possible."""

from __future__ import annotations

from whinchat.core.types import ChatKind, ChatRef, Content, MessageReceived, Quoted, UserRef


def said(
    text: str,
    kind: ChatKind = ChatKind.GROUP,
    *,
    by: str = "ana",
    mentions_me: bool = False,
    answers: str | None = None,
) -> MessageReceived:
    """`text`, said in one chat by one person; `answers`: the text of the message it replies to."""
    return MessageReceived(
        account="main",
        chat=ChatRef("chat", kind),
        id="1",
        sender=UserRef(by),
        time=0,
        content=Content(text=text),
        mentions_me=mentions_me,
        quoted=None if answers is None else Quoted("0", "bob", Content(text=answers)),
    )
