"""Everything that a person can put into a message."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.library import E2E, decoded, from_ana
from tests.support.library_business import BUSINESS
from tests.support.library_contents import KEYS, PERSONAL

from whinchat.core.types import Content, MediaKind, MessageReceived, Poll
from whinchat.transports.linked import callbacks
from whinchat.transports.linked.items import Happened

CASES = PERSONAL | BUSINESS


def content(message: Any, **flags: bool) -> Content:
    item = decoded(callbacks.MESSAGE, from_ana(message, **flags))
    assert isinstance(item, Happened)
    (event,) = item.events
    assert isinstance(event, MessageReceived)
    return event.content


@pytest.mark.parametrize("kind", CASES)
def test_a_message_is_read(kind: str) -> None:
    message, expected = CASES[kind]
    assert content(message) == expected


@pytest.mark.parametrize("version", ["", "V2", "V3", "V5", "V6"])
def test_a_poll_is_read(version: str) -> None:
    poll = E2E.PollCreationMessage(
        name="Cake?", options=[E2E.PollCreationMessage.Option(optionName=each) for each in ("yes", "https://p.example")]
    )
    assert content(E2E.Message(**{f"pollCreationMessage{version}": poll})) == Content(
        poll=Poll("Cake?", ("yes", "https://p.example"))
    )


def wrapped(field: str, message: Any) -> Any:
    return E2E.Message(**{field: E2E.FutureProofMessage(message=message)})


@pytest.mark.parametrize(
    "wrapper",
    [
        each.name
        for each in E2E.Message.DESCRIPTOR.fields
        if each.message_type is not None
        and each.message_type.name == "FutureProofMessage"
        # Of statuses, channels, settings and Meta's bots: nothing that is said in a chat
        and not each.name.startswith(("status", "newsletter", "limit", "bot", "acp2", "groupStatusMention"))
    ],
)
def test_a_wrapper_hides_nothing(wrapper: str) -> None:
    read = content(wrapped(wrapper, E2E.Message(conversation="https://hidden.example")))
    assert read.text == "https://hidden.example"
    assert read.view_once is wrapper.startswith("viewOnce")
    assert read.disappearing is (wrapper == "ephemeralMessage")


def test_wrappers_in_wrappers_are_taken_off() -> None:
    message = wrapped("viewOnceMessageV2", E2E.Message(imageMessage=E2E.ImageMessage(caption="once", **KEYS)))
    read = content(wrapped("ephemeralMessage", message))
    assert (read.text, read.view_once, read.disappearing) == ("once", True, True)


def test_a_wrapper_around_a_wrapper_without_end_is_empty() -> None:
    message = E2E.Message(conversation="deep")
    for _ in range(30):
        message = wrapped("ephemeralMessage", message)
    assert content(message) == Content(disappearing=True)


def test_the_library_says_which_wrappers_it_took_off() -> None:
    message = E2E.Message(conversation="gone soon")
    assert content(message, IsViewOnce=True, IsEphemeral=True) == Content(
        text="gone soon", view_once=True, disappearing=True
    )
    timed = E2E.ExtendedTextMessage(text="gone", contextInfo=E2E.ContextInfo(expiration=86400))
    assert content(E2E.Message(extendedTextMessage=timed)).disappearing
    assert content(E2E.Message(imageMessage=E2E.ImageMessage(viewOnce=True, **KEYS))).view_once


def test_nothing_can_be_hidden_behind_something_harmless() -> None:
    message = E2E.Message(
        conversation="good morning",
        extendedTextMessage=E2E.ExtendedTextMessage(text="https://evil.example"),
        reactionMessage=E2E.ReactionMessage(text="👍"),
        ephemeralMessage=E2E.FutureProofMessage(message=E2E.Message(conversation="https://worse.example")),
    )
    assert content(message).text == "good morning\nhttps://evil.example\nhttps://worse.example"


@pytest.mark.parametrize(
    "broken",
    [
        {"directPath": "https://evil.example/x"},
        {"directPath": "@evil.example/x"},
        {"directPath": ""},
        {"directPath": "/" + "x" * 3000},
        {"mediaKey": b"short"},
        {"fileSHA256": b""},
        {"fileEncSHA256": b"e" * 33},
    ],
)
def test_media_that_cannot_be_loaded_have_no_handle(broken: dict[str, Any]) -> None:
    part = E2E.ImageMessage(**{**KEYS, **broken}, URL="https://evil.example/x")
    shown = content(E2E.Message(imageMessage=part)).media
    assert shown is not None
    assert (shown.kind, shown.handle, shown.size) == (MediaKind.IMAGE, "", 1234)


def test_a_size_is_a_claim() -> None:
    claimed = content(E2E.Message(videoMessage=E2E.VideoMessage(**{**KEYS, "fileLength": 2**64 - 1}))).media
    assert claimed is not None
    assert claimed.size == 2**53


def test_everything_is_cut_at_a_limit() -> None:
    long = "x" * 1_000_000
    assert len(content(E2E.Message(conversation=long)).text) == 65_536
    poll = E2E.PollCreationMessage(
        name=long, options=[E2E.PollCreationMessage.Option(optionName=str(each)) for each in range(1000)]
    )
    asked = content(E2E.Message(pollCreationMessage=poll)).poll
    assert asked is not None
    assert (len(asked.question), len(asked.options)) == (2048, 64)
    rows = [E2E.ListMessage.Row(title=str(each)) for each in range(1000)]
    shown = content(E2E.Message(listMessage=E2E.ListMessage(sections=[E2E.ListMessage.Section(rows=rows)])))
    assert len(shown.rows) == 128
    cards = [E2E.ContactMessage(displayName=str(each)) for each in range(1000)]
    sent = content(E2E.Message(contactsArrayMessage=E2E.ContactsArrayMessage(contacts=cards)))
    assert len(sent.contacts) == 64


def test_text_that_is_no_utf8_is_mended() -> None:
    data = from_ana(E2E.Message(conversation="abc")).replace(b"abc", b"a\xffc")
    item = decoded(callbacks.MESSAGE, data)
    assert isinstance(item, Happened)
    assert isinstance(item.events[0], MessageReceived)
    assert item.events[0].content.text == "a\ufffdc"
