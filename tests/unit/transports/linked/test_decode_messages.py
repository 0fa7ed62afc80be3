"""Whose message it is, where, what it answers and whom it names; edits, revokes, reactions, receipts."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.library import (
    ANA,
    ANA_PHONE,
    BOB,
    BOB_PHONE,
    COMMON,
    E2E,
    EVE_PHONE,
    FAMILY,
    ME,
    ME_PHONE,
    NOW,
    Known,
    decoded,
    decoder,
    from_ana,
    identities,
    in_family,
    incoming,
    info,
    source,
)

from whinchat.core.types import (
    ChatKind,
    ChatRef,
    Content,
    Event,
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
from whinchat.transports.linked import callbacks
from whinchat.transports.linked.items import Happened, OwnMessage, Told, Undecodable

HELLO = E2E.Message(conversation="hello")
FAMILY_CHAT = ChatRef(FAMILY, ChatKind.GROUP)
ANA_CHAT = ChatRef(ANA, ChatKind.DIRECT)


def event(data: bytes, known: Known | None = None) -> Event:
    item = decoded(callbacks.MESSAGE, data, known)
    assert isinstance(item, Happened)
    (only,) = item.events
    return only


def received(data: bytes, known: Known | None = None) -> MessageReceived:
    found = event(data, known)
    assert isinstance(found, MessageReceived)
    return found


def with_context(**fields: Any) -> Any:
    return E2E.Message(extendedTextMessage=E2E.ExtendedTextMessage(text="so", contextInfo=E2E.ContextInfo(**fields)))


def key(id_: str, *, from_me: bool = False, participant: str | None = None) -> Any:
    return COMMON.MessageKey(remoteJID=FAMILY, fromMe=from_me, ID=id_, participant=participant)


# --- who and where ---


def test_a_direct_message_is_from_the_person_under_the_id_that_stays() -> None:
    assert received(from_ana(HELLO)) == MessageReceived(
        account="main",
        chat=ANA_CHAT,
        id="M1",
        sender=UserRef(ANA, phone="+49151111", lid=ANA, name="Ana"),
        time=NOW,
        content=Content(text="hello"),
    )


def test_what_the_network_says_of_a_person_is_learned_first() -> None:
    known = identities()
    first = received(incoming(info(source(ANA_PHONE, ANA_PHONE, alt=ANA)), HELLO), known)
    assert known.pairs[ANA] == ANA_PHONE
    assert (first.chat, first.sender.id) == (ANA_CHAT, ANA)
    later = received(incoming(info(source(ANA_PHONE, ANA_PHONE), "M2"), HELLO), known)
    assert (later.chat, later.sender) == (ANA_CHAT, UserRef(ANA, phone="+49151111", lid=ANA))


def test_a_person_without_a_lid_is_known_by_their_number() -> None:
    found = received(incoming(info(source(EVE_PHONE, EVE_PHONE)), HELLO))
    assert found.chat == ChatRef(EVE_PHONE, ChatKind.DIRECT)
    assert found.sender == UserRef(EVE_PHONE, phone="+49153333")


def test_in_a_group_the_sender_is_a_member_under_either_addressing() -> None:
    by_lid = received(in_family(HELLO, sender=BOB))
    by_phone = received(in_family(HELLO, sender=BOB_PHONE))
    assert by_lid.chat == FAMILY_CHAT
    assert by_lid.sender == by_phone.sender == UserRef(BOB, phone="+49152222", lid=BOB)


def test_what_the_account_itself_wrote_elsewhere_is_nobodys_message() -> None:
    from_phone = incoming(info(source(BOB, ME, recipient=BOB_PHONE, from_me=True)), HELLO)
    assert decoded(callbacks.MESSAGE, from_phone) == OwnMessage(ChatRef(BOB, ChatKind.DIRECT), "M1", NOW)
    # not said, but known
    assert isinstance(decoded(callbacks.MESSAGE, in_family(HELLO, sender=ME_PHONE)), OwnMessage)
    revoke = E2E.Message(protocolMessage=E2E.ProtocolMessage(type="REVOKE", key=key("X")))
    assert decoded(callbacks.MESSAGE, in_family(revoke, sender=ME)) is None


@pytest.mark.parametrize(
    ("chat", "sender"),
    [
        ("status@broadcast", ANA),
        ("120363@newsletter", "120363@newsletter"),
        ("13135550002@bot", "13135550002@bot"),
        ("12345@msgr", "12345@msgr"),
    ],
)
def test_statuses_channels_and_metas_bots_are_nobody(chat: str, sender: str) -> None:
    assert decoded(callbacks.MESSAGE, incoming(info(source(chat, sender)), HELLO)) is None


def test_a_broadcast_list_reaches_each_person_directly() -> None:
    found = received(incoming(info(source("1700000@broadcast", ANA, alt=ANA_PHONE)), HELLO))
    assert (found.chat, found.sender.id) == (ANA_CHAT, ANA)


def test_what_apps_tell_each_other_is_no_message() -> None:
    peer = incoming(info(source(ME, ME), category="peer"), HELLO)
    assert decoded(callbacks.MESSAGE, peer) is None


@pytest.mark.parametrize(
    "message",
    [
        E2E.Message(
            senderKeyDistributionMessage=E2E.SenderKeyDistributionMessage(groupID=FAMILY),
            messageContextInfo=E2E.MessageContextInfo(messageSecret=b"s"),
        ),
        E2E.Message(protocolMessage=E2E.ProtocolMessage(type="EPHEMERAL_SETTING", ephemeralExpiration=1)),
        E2E.Message(protocolMessage=E2E.ProtocolMessage(key=key("X"))),
        E2E.Message(pollUpdateMessage=E2E.PollUpdateMessage()),
        E2E.Message(pinInChatMessage=E2E.PinInChatMessage(key=key("X"))),
        E2E.Message(keepInChatMessage=E2E.KeepInChatMessage(key=key("X"))),
        E2E.Message(encReactionMessage=E2E.EncReactionMessage(encPayload=b"x")),
    ],
)
def test_what_a_person_says_nothing_with_is_nothing(message: Any) -> None:
    assert decoded(callbacks.MESSAGE, in_family(message)) is None


def test_it_says_whether_it_waited_while_the_account_was_away() -> None:
    item = decoder().item(callbacks.MESSAGE, from_ana(HELLO), now=NOW, offline=True)
    assert isinstance(item, Happened)
    assert isinstance(item.events[0], MessageReceived)
    assert item.events[0].offline


@pytest.mark.parametrize(("claimed", "read"), [(-5, NOW), (0, NOW), (2**63 - 1, 253_402_300_799_000), (77, 77)])
def test_a_time_is_one_that_a_calendar_knows(claimed: int, read: int) -> None:
    assert received(incoming(info(source(ANA, ANA), time=claimed), HELLO)).time == read


@pytest.mark.parametrize("id_", ["", "x" * 257])
def test_a_message_without_an_id_of_its_own_cannot_be_told_from_others(id_: str) -> None:
    with pytest.raises(Undecodable):
        decoded(callbacks.MESSAGE, incoming(info(source(ANA, ANA), id_), HELLO))


# --- what it answers, whom it names ---


def test_a_quote_is_what_the_answering_app_sent_along() -> None:
    quoting = with_context(
        stanzaID="Q1",
        participant="49152222:7@s.whatsapp.net",
        quotedMessage=E2E.Message(imageMessage=E2E.ImageMessage(caption="the cat")),
    )
    found = received(in_family(quoting)).quoted
    assert found is not None
    assert (found.id, found.sender, found.content.text, found.from_me) == ("Q1", BOB, "the cat", False)


def test_a_quote_of_the_bot_is_known_as_its_own() -> None:
    assert received(in_family(with_context(stanzaID="Q1", participant=ME))).quoted == Quoted("Q1", ME, from_me=True)
    assert received(in_family(with_context(stanzaID="Q1", participant=ME_PHONE))).quoted == Quoted(
        "Q1", ME, from_me=True
    )


def test_a_quote_that_cannot_be_read_is_empty() -> None:
    quoting = with_context(stanzaID="Q1", participant=BOB, quotedMessage=E2E.Message(conversation="xyzzy"))
    data = in_family(quoting).replace(b"\n\x05xyzzy", b"\n\x7fxyzzy")
    assert received(data).quoted == Quoted("Q1", BOB)


def test_quotes_nested_without_end_hide_nothing() -> None:
    message = E2E.Message(conversation="innermost")
    for _ in range(30):
        message = E2E.Message(
            extendedTextMessage=E2E.ExtendedTextMessage(
                text="https://evil.example", contextInfo=E2E.ContextInfo(stanzaID="Q", quotedMessage=message)
            )
        )
    found = received(from_ana(message))
    assert found.content.text == "https://evil.example"
    assert found.quoted is not None
    assert found.quoted.content.text == "https://evil.example"


def test_mentions_are_people_under_the_id_that_stays() -> None:
    named = with_context(mentionedJID=[BOB_PHONE, BOB, "nonsense", EVE_PHONE, FAMILY.replace("g.us", "newsletter")])
    found = received(in_family(named))
    assert (found.mentions, found.mentions_me) == ((BOB, EVE_PHONE), False)


@pytest.mark.parametrize("me", [ME, ME_PHONE])
def test_the_bot_is_named_under_either_id(me: str) -> None:
    found = received(in_family(with_context(mentionedJID=[me])))
    assert (found.mentions, found.mentions_me) == ((ME,), True)


@pytest.mark.parametrize(
    "fields",
    [
        {"isForwarded": True},
        {"forwardingScore": 5},
        {
            "forwardedNewsletterMessageInfo": E2E.ContextInfo.ForwardedNewsletterMessageInfo(
                newsletterJID="1@newsletter"
            )
        },
    ],
)
def test_forwarded_is_forwarded(fields: dict[str, Any]) -> None:
    assert received(from_ana(with_context(**fields))).forwarded
    assert not received(from_ana(with_context(stanzaID="Q"))).forwarded


# --- edits, revokes, reactions ---


def edit_of(target: str, content: Any) -> Any:
    return E2E.ProtocolMessage(
        type="MESSAGE_EDIT", key=key(target, from_me=True), editedMessage=content, timestampMS=NOW
    )


@pytest.mark.parametrize("wrapped", [True, False])
def test_an_edit_replaces_the_content_of_a_message(wrapped: bool) -> None:
    message = E2E.Message(protocolMessage=edit_of("M1", E2E.Message(conversation="hello!")))
    if wrapped:
        message = E2E.Message(editedMessage=E2E.FutureProofMessage(message=message))
    assert event(in_family(message, sender=BOB, id_="E1", edit="1", IsEdit=not wrapped)) == MessageEdited(
        account="main",
        chat=FAMILY_CHAT,
        id="E1",
        sender=UserRef(BOB, phone="+49152222", lid=BOB),
        time=NOW,
        target="M1",
        content=Content(text="hello!"),
    )


def test_an_edit_names_and_quotes_as_a_message_does() -> None:
    edited = event(in_family(E2E.Message(protocolMessage=edit_of("M1", with_context(stanzaID="Q", mentionedJID=[ME])))))
    assert isinstance(edited, MessageEdited)
    assert (edited.mentions_me, edited.quoted) == (True, Quoted("Q", ""))


def test_an_edit_of_nothing_is_nothing() -> None:
    for protocol in (edit_of("", HELLO), edit_of("M1", E2E.Message(reactionMessage=E2E.ReactionMessage()))):
        assert decoded(callbacks.MESSAGE, in_family(E2E.Message(protocolMessage=protocol))) is None


def test_an_edit_that_the_library_cannot_open_is_told() -> None:
    secret = E2E.Message(secretEncryptedMessage=E2E.SecretEncryptedMessage(secretEncType="MESSAGE_EDIT"))
    assert decoded(callbacks.MESSAGE, in_family(secret)) == Told(
        Notice(account="main", kind=NoticeKind.UNDECRYPTABLE, detail="edit")
    )
    of_an_event = E2E.Message(secretEncryptedMessage=E2E.SecretEncryptedMessage(secretEncType="EVENT_EDIT"))
    assert decoded(callbacks.MESSAGE, in_family(of_an_event)) is None


def revoked(data: bytes) -> MessageRevoked:
    found = event(data)
    assert isinstance(found, MessageRevoked)
    return found


def revoke(**about: Any) -> Any:
    return E2E.Message(protocolMessage=E2E.ProtocolMessage(type="REVOKE", key=key("M1", **about)))


def test_a_person_takes_back_their_own_message() -> None:
    found = revoked(in_family(revoke(from_me=True), sender=BOB, id_="R1", edit="7"))
    assert (found.id, found.sender.id) == ("R1", BOB)
    assert found.target == MessageRef(FAMILY_CHAT, "M1", BOB)


def test_an_admin_takes_back_somebody_elses() -> None:
    found = revoked(in_family(revoke(participant="222:9@lid"), sender=ANA, edit="8"))
    assert (found.sender.id, found.target) == (ANA, MessageRef(FAMILY_CHAT, "M1", BOB))


def test_an_admin_takes_back_what_the_bot_wrote() -> None:
    found = revoked(in_family(revoke(participant=ME_PHONE), sender=ANA, edit="8"))
    assert found.target == MessageRef(FAMILY_CHAT, "M1", ME, from_me=True)


def test_nobody_else_takes_back_what_others_wrote() -> None:
    """The server lets an admin's revoke through from admins only; what claims to be none is the sender's own."""
    found = revoked(in_family(revoke(participant=BOB), sender=EVE_PHONE, edit="7"))
    assert found.target == MessageRef(FAMILY_CHAT, "M1", EVE_PHONE)


def test_what_takes_back_nothing_is_nothing() -> None:
    for edit in ("7", "8"):
        nameless = E2E.Message(protocolMessage=E2E.ProtocolMessage(type="REVOKE"))
        assert decoded(callbacks.MESSAGE, in_family(nameless, edit=edit)) is None


def reacted(data: bytes) -> ReactionChanged:
    found = event(data)
    assert isinstance(found, ReactionChanged)
    return found


def reaction(emoji: str, **about: Any) -> Any:
    return E2E.Message(reactionMessage=E2E.ReactionMessage(key=key("M1", **about), text=emoji, senderTimestampMS=NOW))


def test_a_reaction_points_at_a_message() -> None:
    assert reacted(in_family(reaction("👍", participant=BOB_PHONE))).target == MessageRef(FAMILY_CHAT, "M1", BOB)
    assert reacted(in_family(reaction("👍", participant=ME))).target == MessageRef(FAMILY_CHAT, "M1", ME, from_me=True)
    assert reacted(in_family(reaction("👍", from_me=True))).target == MessageRef(FAMILY_CHAT, "M1", ANA)


def test_a_reaction_in_a_direct_chat_is_to_one_of_both() -> None:
    assert reacted(from_ana(reaction("👍"))).target == MessageRef(ANA_CHAT, "M1", ME, from_me=True)
    assert reacted(from_ana(reaction("👍", from_me=True))).target == MessageRef(ANA_CHAT, "M1", ANA)


def test_a_reaction_is_taken_back_with_nothing() -> None:
    assert reacted(from_ana(reaction("👍"))).emoji == "👍"
    assert reacted(from_ana(reaction(""))).emoji == ""
    assert len(reacted(from_ana(reaction("x" * 9999))).emoji) == 64


def test_a_reaction_to_nobodys_message_is_nothing() -> None:
    assert decoded(callbacks.MESSAGE, in_family(reaction("👍"))) is None
    nameless = E2E.Message(reactionMessage=E2E.ReactionMessage(text="👍"))
    assert decoded(callbacks.MESSAGE, in_family(nameless)) is None
