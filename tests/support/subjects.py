"""Replies about one subject, sent by an office over a fake network."""

from __future__ import annotations

from dataclasses import replace

from tests.support.post import Post
from tests.support.rows import reply

from whinchat.core.types import (
    Action,
    Capabilities,
    ChatKind,
    ChatRef,
    Edit,
    MessageRef,
    OnUnknown,
    Otherwise,
    React,
    Reply,
)
from whinchat.testing.transport import EVERYTHING, FakeTransport

CHAT = ChatRef("chat", ChatKind.GROUP)
MESSAGE = MessageRef(CHAT, "m", "eve")


def about(
    text: str, edited: str | None = None, *, otherwise: Otherwise = Otherwise.SEND, chat: str = "chat", key: str = "s"
) -> Reply:
    said = reply(text, chat, on_unknown=OnUnknown.RESEND_ONCE)
    return replace(said, subject=key, edited=edited, otherwise=otherwise)


def reaction(emoji: str, *, otherwise: Otherwise = Otherwise.SEND) -> Reply:
    return Reply("fake", CHAT, React(MESSAGE, emoji), OnUnknown.RESEND_ONCE, subject="s", otherwise=otherwise)


def office(capabilities: Capabilities = EVERYTHING) -> Post:
    post = Post()
    post.use(FakeTransport("fake", capabilities))
    return post


def done(post: Post) -> list[Action]:
    return [performed.action for performed in post.transport.arrived()]


def edit(message_id: str, text: str) -> Edit:
    return Edit(MessageRef(CHAT, message_id, "", from_me=True), text)
