"""Webhooks as Meta's pages and pywa's tests show them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.cloud import (
    ANA,
    ANA_PHONE,
    CHAT,
    CONTACT,
    DISPLAY,
    Json,
    changed,
    item,
    items,
    status,
    text,
    value_of,
)

from whinchat.core.types import (
    AdReply,
    ChatKind,
    ChatRef,
    ContactCard,
    Content,
    DeliveryStatus,
    DeliveryUpdate,
    Location,
    Media,
    MediaKind,
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
from whinchat.testing.clock import START
from whinchat.transports.cloud.decode import Decoder, Failed, Item, Skipped

BOB: Json = {"profile": {"name": "Bob"}, "wa_id": "999100000002", "user_id": "DE.1002"}
PERSON = UserRef(ANA, phone=f"+{ANA_PHONE}", name="Ana")


def content(kind: str, said: Any, **more: Any) -> Content:
    message = text() | {"type": kind, kind: said} | more
    found = item(message)
    assert isinstance(found, MessageReceived)
    return found.content


def test_a_text() -> None:
    assert item(text("hello")) == MessageReceived(
        account="main", chat=CHAT, id="wamid.in", sender=PERSON, time=START, content=Content(text="hello")
    )


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document", "sticker"])
def test_media(kind: str) -> None:
    said = {"id": "77", "mime_type": "a/b", "sha256": "x", "caption": "look", "url": "https://lookaside.fbsbx.com"}
    assert content(kind, said) == Content(text="look", media=Media(MediaKind(kind), "77", "a/b"))


def test_a_document_has_a_name() -> None:
    said = {"id": "77", "mime_type": "application/pdf", "filename": "a.pdf", "file_size": "12"}
    assert content("document", said).media == Media(MediaKind.DOCUMENT, "77", "application/pdf", 12, "a.pdf")


def test_a_location() -> None:
    said = {"latitude": 52.5, "longitude": "13.4", "name": "Here", "address": "A street", "url": "https://a.example"}
    assert content("location", said) == Content(location=Location(52.5, 13.4, "Here", "A street", "https://a.example"))


def test_contacts_become_cards_that_applications_read() -> None:
    said = [
        {
            "name": {"formatted_name": "Bob; the\nbuilder"},
            "phones": [{"phone": "+49 30 1", "wa_id": "49301"}, {"wa_id": "49302"}, {"phone": "030 3"}, {}],
            "emails": [{"email": "bob@a.example"}],
            "urls": [{"url": "https://a.example/x,y"}],
            "org": {"company": "Builders"},
        },
        {"vcard": "BEGIN:VCARD\nEND:VCARD"},
    ]
    first, second = content("contacts", said).contacts
    assert first.name == "Bob; the\nbuilder"
    assert first.vcard.split("\r\n") == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "FN:Bob\\; the\\nbuilder",
        "ORG:Builders",
        "TEL;waid=49301:+49 30 1",
        "TEL;waid=49302:+49302",
        "TEL:030 3",
        "EMAIL:bob@a.example",
        "URL:https://a.example/x\\,y",
        "END:VCARD",
    ]
    assert second == ContactCard("", "BEGIN:VCARD\nEND:VCARD")


@pytest.mark.parametrize(
    "interactive",
    [
        {"type": "button_reply", "button_reply": {"id": "!pay 5", "title": "Yes"}},
        {"type": "list_reply", "list_reply": {"id": "!pay 5", "title": "Yes", "description": "d"}},
        {"type": "button_reply", "button_reply": {"title": "!pay 5"}},
    ],
)
def test_a_tap_becomes_its_text(interactive: Json) -> None:
    assert content("interactive", interactive) == Content(text="!pay 5")


def test_a_templates_button_says_what_stands_on_it() -> None:
    assert content("button", {"payload": "P", "text": "Stop"}) == Content(text="Stop")


def test_an_order_says_what_was_written_with_it() -> None:
    assert content("order", {"catalog_id": "1", "text": "please", "product_items": []}) == Content(text="please")


def test_an_advertisement_is_the_senders_claim() -> None:
    referral = {"source_url": "https://fb.me/x", "headline": "Free", "body": "Now", "source_type": "ad"}
    assert content("text", {"body": "hi"}, referral=referral).ad == AdReply("https://fb.me/x", "Free", "Now")


def test_a_quote_of_ours_and_of_theirs() -> None:
    ours = item(text(context={"from": DISPLAY, "id": "wamid.ours"}))
    theirs = item(text(context={"from": ANA_PHONE, "id": "wamid.theirs"}))
    assert isinstance(ours, MessageReceived)
    assert isinstance(theirs, MessageReceived)
    assert ours.quoted == Quoted("wamid.ours", "", from_me=True)
    assert theirs.quoted == Quoted("wamid.theirs", ANA)


@pytest.mark.parametrize("context", [{"forwarded": True}, {"frequently_forwarded": True}])
def test_what_was_forwarded_says_so(context: Json) -> None:
    found = item(text(context=context))
    assert isinstance(found, MessageReceived)
    assert found.forwarded
    assert found.quoted is None


def test_reactions_are_given_and_taken_back() -> None:
    for emoji in ({"emoji": "👍"}, {"emoji": ""}, {}, {"emoji": None}):
        found = item(text() | {"type": "reaction", "reaction": {"message_id": "wamid.ours", **emoji}})
        assert isinstance(found, ReactionChanged)
        assert found.target == MessageRef(CHAT, "wamid.ours", "", from_me=True)
        assert found.emoji == (emoji.get("emoji") or "")


def test_an_edit_replaces_the_content() -> None:
    edit = {"original_message_id": "wamid.first", "message": {"type": "text", "text": {"body": "now"}}}
    found = item(text(identity="wamid.edit") | {"type": "edit", "edit": edit})
    assert isinstance(found, MessageEdited)
    assert (found.id, found.target, found.content) == ("wamid.edit", "wamid.first", Content(text="now"))


def test_an_edit_to_something_unreadable_is_noticed() -> None:
    edit = {"original_message_id": "wamid.first", "message": {"type": "poll"}}
    assert item(text() | {"type": "edit", "edit": edit}) == notice("poll")


def test_a_revocation_points_at_the_message() -> None:
    found = item(text() | {"type": "revoke", "revoke": {"original_message_id": "wamid.first"}})
    assert isinstance(found, MessageRevoked)
    assert found.target == MessageRef(CHAT, "wamid.first", ANA)


def notice(detail: str) -> Notice:
    return Notice(account="main", kind=NoticeKind.UNDECRYPTABLE, detail=detail)


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        ({"type": "unsupported", "unsupported": {"type": "poll"}, "errors": [{"code": 131051}]}, "poll"),
        ({"type": "unsupported"}, "unsupported"),
        ({"type": "unsupported", "unsupported": {"type": "call +49 30 1234"}}, "other"),
        ({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {}}}, "interactive"),
        ({"type": "image", "image": None}, "image"),
        ({"type": None}, "other"),
    ],
)
def test_what_meta_does_not_hand_over_is_noticed(message: Json, detail: str) -> None:
    assert item({**{k: v for k, v in text().items() if k != "text"}, **message}) == notice(detail)


def test_system_messages_are_passed_over() -> None:
    system = {"type": "user_changed_number", "body": "User changed", "wa_id": "999100000009"}
    assert item(text() | {"type": "system", "system": system}) == Skipped("system")


def test_errors_calls_and_other_fields() -> None:
    assert items(changed(errors=[{"code": 130429}])) == [Skipped("error")]
    assert items(changed(calls=[{"id": "1"}]), "calls") == [Notice(account="main", kind=NoticeKind.CALL)]
    assert items(changed(), "message_template_status_update") == [Skipped("field")]


def test_what_waited_for_long_says_so() -> None:
    (late,) = items(changed(messages=[text()]), now=START + 6 * 60_000)
    assert isinstance(late, MessageReceived)
    assert late.offline
    assert late.time == START


@pytest.mark.parametrize("timestamp", [None, "0", "-5", "99999999999999999", 0])
def test_a_time_that_cannot_be_is_now(timestamp: object) -> None:
    found = item(text(timestamp=timestamp))
    assert isinstance(found, MessageReceived)
    assert found.time == START


# --- who it is ---


def sender(message: Json, *contacts: Json) -> UserRef:
    found = item(message, contacts=list(contacts))
    assert isinstance(found, MessageReceived)
    return found.sender


def test_without_a_user_id_the_number_is_who_they_are() -> None:
    message = text()
    del message["from_user_id"]
    contact = {"profile": {"name": "Ana"}, "wa_id": ANA_PHONE}
    assert sender(message, contact) == UserRef(ANA_PHONE, phone=f"+{ANA_PHONE}", name="Ana")


def test_who_hides_their_number_has_none() -> None:
    message = text()
    del message["from"]
    contact = {"profile": {"username": "ana"}, "user_id": ANA}
    assert sender(message, contact) == UserRef(ANA)


def test_a_number_that_is_written_in_two_ways_is_one_person() -> None:
    message = text() | {"from": "5215550100"}
    del message["from_user_id"]
    assert sender(message, {"wa_id": "525550100"}) == UserRef("525550100", phone="+525550100")


def test_another_persons_contact_is_not_the_senders() -> None:
    assert sender(text(), BOB) == UserRef(ANA, phone=f"+{ANA_PHONE}")


def test_a_lone_contact_is_not_everybodys() -> None:
    """With several messages or statuses, who is not described is who the message says."""
    message, delivered = text(), status("read")
    del message["from_user_id"], delivered["recipient_user_id"]
    both = items(changed(messages=[message], statuses=[delivered]) | {"contacts": [BOB]})
    assert [found.chat.id for found in both if isinstance(found, MessageReceived | DeliveryUpdate)] == [ANA_PHONE] * 2
    (first, second) = items(
        changed(messages=[message, text() | {"from": BOB["wa_id"], "from_user_id": None}]) | {"contacts": [BOB]}
    )
    assert isinstance(first, MessageReceived)
    assert isinstance(second, MessageReceived)
    assert (first.sender, second.sender.id) == (UserRef(ANA_PHONE, phone=f"+{ANA_PHONE}"), "DE.1002")


def test_among_several_the_right_one_is_found() -> None:
    assert sender(text(), BOB, CONTACT) == PERSON


def test_a_sender_that_nobody_describes_is_who_the_message_says() -> None:
    assert sender(text()) == UserRef(ANA, phone=f"+{ANA_PHONE}")


def test_who_is_nobody_sends_nothing() -> None:
    message = text()
    del message["from"], message["from_user_id"]
    assert item(message, contacts=[]) == Skipped("garbage")


# --- statuses ---


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("sent", DeliveryStatus.SENT),
        ("delivered", DeliveryStatus.DELIVERED),
        ("read", DeliveryStatus.READ),
        ("played", DeliveryStatus.READ),
    ],
)
def test_statuses_move_a_message_forward(kind: str, expected: DeliveryStatus) -> None:
    assert items(changed(statuses=[status(kind, biz_opaque_callback_data="r-1")])) == [
        DeliveryUpdate(
            account="main",
            chat=CHAT,
            message_id="wamid.1",
            status=expected,
            time=START + 1000,
            reference="r-1",
        )
    ]


def test_a_failure_says_why() -> None:
    (found,) = items(changed(statuses=[status("failed", code=131047)]))
    assert isinstance(found, Failed)
    assert (found.code, found.update.status, found.update.error) == (131047, DeliveryStatus.FAILED, "131047")


def test_a_failure_may_not_say_why() -> None:
    (found,) = items(changed(statuses=[status("failed")]))
    assert isinstance(found, DeliveryUpdate)
    assert found.error == "failed"


@pytest.mark.parametrize("kind", ["deleted", "warning", ""])
def test_other_statuses_are_passed_over(kind: str) -> None:
    assert items(changed(statuses=[status(kind)])) == [Skipped("status")]


def test_a_status_that_names_only_the_number_is_of_the_person_who_wrote_from_it() -> None:
    decoder = Decoder("main")
    only_number = status("read")
    del only_number["recipient_user_id"]
    before = list(decoder.items("messages", value_of(changed(statuses=[only_number]) | {"contacts": []}), START))
    list(decoder.items("messages", value_of(changed(messages=[text()])), START))
    after = list(decoder.items("messages", value_of(changed(statuses=[only_number]) | {"contacts": []}), START))
    assert [found.chat.id for found in (*before, *after) if isinstance(found, DeliveryUpdate)] == [ANA_PHONE, ANA]


# --- groups ---

GROUP = ChatRef("Y2FwaV9ncm91cDox", ChatKind.GROUP)


def test_a_groups_message_is_of_the_group() -> None:
    found = item(text(group_id=GROUP.id))
    assert isinstance(found, MessageReceived)
    assert (found.chat, found.sender) == (GROUP, PERSON)


def test_a_groups_status_is_of_the_group() -> None:
    told = status("delivered", recipient_id=GROUP.id, recipient_type="group", recipient_participant_id=ANA_PHONE)
    (found,) = items(changed(statuses=[told]))
    assert isinstance(found, DeliveryUpdate)
    assert found.chat == GROUP


def membership(**told: Any) -> Item:
    group = {"group_id": GROUP.id, "timestamp": "1767225600", **told}
    (found,) = items(changed(groups=[group]), "group_participants_update")
    return found


def test_people_join_by_invitation() -> None:
    found = membership(type="group_participants_add", reason="invite_link", added_participants=[{"wa_id": ANA_PHONE}])
    assert isinstance(found, MembershipChanged)
    assert (found.change, found.sender, found.members) == (MembershipChange.JOIN, found.members[0], (found.sender,))
    assert found.sender.phone == f"+{ANA_PHONE}"


def test_people_leave_or_are_put_out() -> None:
    gone = [{"wa_id": ANA_PHONE, "user_id": ANA}]
    left = membership(type="group_participants_remove", initiated_by=ANA_PHONE, removed_participants=gone)
    out = membership(
        type="group_participants_remove", initiated_by="business", removed_participants=gone, request_id="r"
    )
    assert isinstance(left, MembershipChanged)
    assert isinstance(out, MembershipChanged)
    assert (left.change, left.sender.id) == (MembershipChange.LEAVE, ANA)
    assert (out.change, out.sender.id, out.id) == (MembershipChange.REMOVE, "", "r")
    assert left == membership(type="group_participants_remove", initiated_by=ANA_PHONE, removed_participants=gone)


@pytest.mark.parametrize(
    "told", [{"type": "group_join_request_created"}, {"type": "group_participants_add"}, {"type": 5}]
)
def test_other_news_of_groups_are_passed_over(told: Json) -> None:
    assert isinstance(membership(**told), Skipped)
