from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.cloud import ANA, CHAT, Json
from tests.support.graph.errors import GraphError
from tests.support.graph.media import MediaStore
from tests.support.graph.outgoing import Reader
from tests.support.graph.templates import Templates

from whinchat.core.types import Answer, ChatKind, ChatRef, MediaKind, MessageRef, React, SendMedia, SendText
from whinchat.transports.cloud import encode

QUOTE = MessageRef(CHAT, "wamid.in", ANA)
YES, NO = Answer("Yes", "!yes 7"), Answer("No", "!no 7")


def text(said: str, *choices: Answer, chat: ChatRef = CHAT, quote: MessageRef | None = None) -> Json:
    return encode.text(chat, SendText(said, quote, choices=choices), "r-1")


def test_a_text_shows_no_preview_of_its_links() -> None:
    assert text("see https://a.example", quote=QUOTE) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "recipient": ANA,
        "context": {"message_id": "wamid.in"},
        "biz_opaque_callback_data": "r-1",
        "type": "text",
        "text": {"preview_url": False, "body": "see https://a.example"},
    }


@pytest.mark.parametrize(
    ("chat", "named"),
    [
        (ChatRef("999100000001", ChatKind.DIRECT), {"recipient_type": "individual", "to": "999100000001"}),
        (ChatRef("DE.1001", ChatKind.DIRECT), {"recipient_type": "individual", "recipient": "DE.1001"}),
        (ChatRef("US.ENT.1001", ChatKind.DIRECT), {"recipient_type": "individual", "recipient": "US.ENT.1001"}),
        (ChatRef("Y2FwaQ", ChatKind.GROUP), {"recipient_type": "group", "to": "Y2FwaQ"}),
    ],
)
def test_people_are_named_by_number_or_user_id(chat: ChatRef, named: Json) -> None:
    assert named.items() <= text("hi", chat=chat).items()


@pytest.mark.parametrize("reference", ["", "r" * 513])
def test_a_reference_that_does_not_fit_is_left_out(reference: str) -> None:
    assert "biz_opaque_callback_data" not in encode.text(CHAT, SendText("hi"), reference)


def test_up_to_three_short_answers_are_buttons() -> None:
    assert text("Pay?", YES, NO)["interactive"] == {
        "type": "button",
        "body": {"text": "Pay?"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "!yes 7", "title": "Yes"}},
                {"type": "reply", "reply": {"id": "!no 7", "title": "No"}},
            ]
        },
    }


def many(count: int) -> tuple[Answer, ...]:
    return tuple(Answer(f"Number {n}", f"!take {n}") for n in range(count))


@pytest.mark.parametrize(
    ("said", "choices"),
    [
        ("Which?", many(4)),
        ("Which?", many(10)),
        ("Which?", (Answer("x" * 24, "a"), NO)),
        ("x" * 1025, (YES, NO)),
        ("x" * 4096, (YES, NO)),
    ],
)
def test_up_to_ten_answers_are_a_list(said: str, choices: tuple[Answer, ...]) -> None:
    offered = text(said, *choices)["interactive"]
    assert offered["type"] == "list"
    (section,) = offered["action"]["sections"]
    assert [row["id"] for row in section["rows"]] == [choice.text for choice in choices]


@pytest.mark.parametrize(
    ("said", "choices"),
    [
        ("Which?", ()),
        ("Which?", many(11)),
        ("Which?", (Answer("x" * 25, "a"),)),
        ("Which?", (Answer("x", "a" * 257),)),
        ("Which?", (Answer("", "a"),)),
        ("Which?", (Answer("x", ""),)),
        ("Which?", (Answer("x", " a"),)),
        ("Which?", (Answer("x", "a"), Answer("x", "b"))),
        ("Which?", (Answer("x", "a"), Answer("y", "a"))),
        ("x" * 4097, (YES,)),
    ],
)
def test_what_fits_into_neither_is_a_text(said: str, choices: tuple[Answer, ...]) -> None:
    assert text(said, *choices)["type"] == "text"


def test_a_template_says_it_in_one_line() -> None:
    message = encode.template(CHAT, "Paid:\n\t5 sat\n\n  to Bob ", "notice", "pt_BR", "r-1")
    assert message["template"] == {
        "name": "notice",
        "language": {"code": "pt_BR"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Paid: 5 sat to Bob"}]}],
    }


def test_a_template_is_not_longer_than_it_may_be() -> None:
    message = encode.template(CHAT, "x" * 5000, "notice", "en", "r-1")
    said = message["template"]["components"][0]["parameters"][0]["text"]
    assert (len(said), said[-1]) == (encode.LONGEST_PARAMETER, "…")


@pytest.mark.parametrize(
    ("kind", "mime", "goes_as"),
    [
        (MediaKind.IMAGE, "image/png", MediaKind.IMAGE),
        (MediaKind.IMAGE, "IMAGE/JPEG", MediaKind.IMAGE),
        (MediaKind.IMAGE, "image/webp", MediaKind.DOCUMENT),
        (MediaKind.STICKER, "image/webp", MediaKind.STICKER),
        (MediaKind.AUDIO, "audio/ogg; codecs=opus", MediaKind.AUDIO),
        (MediaKind.AUDIO, "audio/wav", MediaKind.DOCUMENT),
        (MediaKind.VIDEO, "video/mp4", MediaKind.VIDEO),
        (MediaKind.DOCUMENT, "application/pdf", MediaKind.DOCUMENT),
    ],
)
def test_a_type_that_is_not_allowed_goes_as_a_document(kind: MediaKind, mime: str, goes_as: MediaKind) -> None:
    assert encode.sent_as(SendMedia(kind, mime, b"")) is goes_as


@pytest.mark.parametrize("mime", ["", "image", "image/png\r\nX-Evil: 1", "a/b/c", '"/"'])
def test_a_type_that_is_none_is_bytes(mime: str) -> None:
    assert encode.mime_of(SendMedia(MediaKind.IMAGE, mime, b"")) == "application/octet-stream"


def test_captions_and_names_go_where_they_may() -> None:
    action = SendMedia(MediaKind.DOCUMENT, "a/b", b"", "c" * 2000, "a.pdf", QUOTE)
    document = encode.media(CHAT, MediaKind.DOCUMENT, "77", action, "r")
    assert (document["document"]["id"], document["document"]["filename"]) == ("77", "a.pdf")
    assert len(document["document"]["caption"]) == 1024
    assert document["context"] == {"message_id": "wamid.in"}
    assert encode.media(CHAT, MediaKind.AUDIO, "77", action, "r")["audio"] == {"id": "77"}


def test_a_reaction_and_what_was_seen() -> None:
    assert encode.reaction(CHAT, React(QUOTE, ""), "r")["reaction"] == {"message_id": "wamid.in", "emoji": ""}
    assert encode.seen("wamid.in") == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.in",
        "typing_indicator": {"type": "text"},
    }


@given(
    said=st.text(min_size=1, max_size=5000).filter(str.strip),
    choices=st.lists(st.builds(Answer, st.text(max_size=30), st.text(max_size=300)), max_size=12).map(tuple),
)
def test_graph_understands_every_text_that_is_not_too_long(said: str, choices: tuple[Answer, ...]) -> None:
    message = text(said, *choices)
    reader = Reader(MediaStore(), Templates(), lambda: 0)
    request = json.loads(json.dumps(message))
    if len(said) > encode.LONGEST_TEXT:
        with pytest.raises(GraphError):
            reader.read(request)
        return
    draft = reader.read(request)
    assert draft.recipient == ANA
    assert draft.bubble.text == said
