"""Every place in a message where a link may stand."""

from __future__ import annotations

from whinchat.apps.scanner.links.collect import Text, texts
from whinchat.core.types import (
    AdReply,
    ChatKind,
    ChatRef,
    Choice,
    ContactCard,
    Content,
    GroupInvite,
    LinkPreview,
    Location,
    Media,
    MediaKind,
    MessageEdited,
    MessageReceived,
    Poll,
    Quoted,
    UserRef,
)


def received(content: Content, quoted: Quoted | None = None) -> MessageReceived:
    return MessageReceived(
        account="a",
        chat=ChatRef("g", ChatKind.GROUP),
        id="1",
        sender=UserRef("ana"),
        time=0,
        content=content,
        quoted=quoted,
    )


def test_the_body_or_caption() -> None:
    assert texts(received(Content(text="see example.com"))) == [Text("body", "see example.com")]


def test_nothing_to_read_gives_nothing() -> None:
    assert texts(received(Content(text=" \n", preview=LinkPreview(), ad=AdReply(), poll=Poll()))) == []


def test_a_file_name_is_no_text() -> None:
    document = Media(MediaKind.DOCUMENT, handle="h", file_name="evil.com.zip")
    assert texts(received(Content(text="look", media=document))) == [Text("body", "look")]


def test_every_part_of_a_message() -> None:
    content = Content(
        text="body",
        header="header",
        footer="footer",
        buttons=(Choice("button", "what it does", "https://b.example"),),
        rows=(Choice("row", "more", "https://r.example"),),
        poll=Poll("which?", ("one.example", "two.example")),
        contacts=(ContactCard("Bob", "BEGIN:VCARD\nURL:https://v.example\nEND:VCARD"),),
        location=Location(1.0, 2.0, "Cafe", "Street 1", "https://l.example"),
        invite=GroupInvite("CODE", "Club", "join us"),
        preview=LinkPreview("https://p.example", "title", "description"),
        ad=AdReply("https://a.example", "ad title", "ad body"),
    )
    assert [(found.part, found.text) for found in texts(received(content))] == [
        ("body", "body"),
        ("header", "header"),
        ("footer", "footer"),
        ("button", "button"),
        ("button", "what it does"),
        ("button", "https://b.example"),
        ("row", "row"),
        ("row", "more"),
        ("row", "https://r.example"),
        ("poll", "which?"),
        ("poll", "one.example"),
        ("poll", "two.example"),
        ("contact", "Bob"),
        ("contact", "https://v.example"),
        ("location", "Cafe"),
        ("location", "Street 1"),
        ("location", "https://l.example"),
        ("invite", "https://chat.whatsapp.com/CODE"),
        ("invite", "Club"),
        ("invite", "join us"),
        ("preview", "https://p.example"),
        ("preview", "title"),
        ("preview", "description"),
        ("ad", "https://a.example"),
        ("ad", "ad title"),
        ("ad", "ad body"),
    ]


def test_an_invite_without_a_code_is_no_link() -> None:
    assert texts(received(Content(invite=GroupInvite(group_name="Club")))) == [Text("invite", "Club")]


def test_what_is_quoted_comes_last_under_its_own_name() -> None:
    quoted = Quoted("0", "bob", Content(text="old.example", buttons=(Choice("b", url="https://b.example"),)))
    assert texts(received(Content(text="new"), quoted)) == [
        Text("body", "new"),
        Text("quoted", "old.example"),
        Text("quoted", "b"),
        Text("quoted", "https://b.example"),
    ]


def test_an_edit_is_read_like_a_message() -> None:
    edit = MessageEdited(
        account="a",
        chat=ChatRef("g", ChatKind.GROUP),
        id="2",
        sender=UserRef("ana"),
        time=0,
        target="1",
        content=Content(text="now example.com"),
    )
    assert texts(edit) == [Text("body", "now example.com")]
