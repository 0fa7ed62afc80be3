"""What leaves is what neonize and WhatsApp's apps read: checked with the library's own, whole protobufs."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.library import (
    ANA,
    BOB,
    BOB_PHONE,
    E2E,
    EVE_PHONE,
    FAMILY,
    ME,
    ME_PHONE,
    NEONIZE,
    NOW,
    Known,
    identities,
)

from whinchat.core.types import (
    Answer,
    ChatKind,
    ChatRef,
    Content,
    Edit,
    MediaKind,
    MessageRef,
    React,
    SendMedia,
    SendText,
)
from whinchat.transports.linked import encode
from whinchat.transports.linked.answers import Uploaded
from whinchat.transports.linked.encode import Encoder
from whinchat.transports.linked.items import Addressing

FAMILY_CHAT = ChatRef(FAMILY, ChatKind.GROUP)
BOB_CHAT = ChatRef(BOB, ChatKind.DIRECT)
FROM_BOB = MessageRef(FAMILY_CHAT, "B1", BOB)
OURS = MessageRef(FAMILY_CHAT, "O1", ME, from_me=True)

UPLOADED = Uploaded(
    "https://mmg.whatsapp.net/v/x?hash=y", "/v/x?hash=y", b"k" * 32, b"h" * 32, b"e" * 32, 7
)  # fmt: skip
KEYS = {
    "URL": UPLOADED.url,
    "directPath": UPLOADED.direct_path,
    "mediaKey": UPLOADED.media_key,
    "fileSHA256": UPLOADED.file_sha256,
    "fileEncSHA256": UPLOADED.file_enc_sha256,
    "fileLength": 7,
}


@pytest.fixture
def encoder() -> Encoder:
    return Encoder(identities())


def message(data: bytes) -> Any:
    read = E2E.Message.FromString(data)
    assert read.SerializeToString(deterministic=True) == E2E.Message.FromString(data).SerializeToString(
        deterministic=True
    )
    assert read.IsInitialized()
    return read


# --- people and groups ---


def test_an_id_becomes_what_the_library_calls_one() -> None:
    assert NEONIZE.JID.FromString(encode.jid(BOB)) == NEONIZE.JID(
        User="222", Server="lid", RawAgent=0, Device=0, Integrator=0
    )
    group = NEONIZE.JID.FromString(encode.jid("4915-1600@g.us"))
    assert (group.User, group.Server, group.IsInitialized()) == ("4915-1600", "g.us", True)


@pytest.mark.parametrize("id_", ["", "bob", "@lid", "x@lid", "1@newsletter", "1:2@lid", "1@lid\n", "1@c.us", "1@@lid"])
def test_what_is_no_id_is_refused(id_: str) -> None:
    with pytest.raises(ValueError, match="neither a person nor a group"):
        encode.jid(id_)


def test_many_people_are_a_list() -> None:
    read = NEONIZE.JIDArray.FromString(encode.jids([BOB, EVE_PHONE]))
    assert [(each.User, each.Server) for each in read.JIDS] == [("222", "lid"), ("49153333", "s.whatsapp.net")]
    assert read.IsInitialized()


def test_a_phone_is_asked_for_a_code_by_its_number() -> None:
    read = NEONIZE.PairPhoneParams.FromString(encode.pair_phone("+49151111"))
    assert read == NEONIZE.PairPhoneParams(
        phone="49151111", showPushNotification=True, clientType=1, clientDisplayName="Chrome (Linux)"
    )


@pytest.mark.parametrize("phone", ["", "49151111", "+49 151111", "+123", "+1234567890123456"])
def test_what_is_no_number_is_refused(phone: str) -> None:
    with pytest.raises(ValueError, match="not a phone number"):
        encode.pair_phone(phone)


# --- messages ---


def test_a_text_is_a_conversation(encoder: Encoder) -> None:
    """Choices are named in the text: linked devices have no buttons."""
    sent = encoder.text(BOB_CHAT, SendText("hi", choices=(Answer("Yes", "yes"),)))
    assert message(sent) == E2E.Message(conversation="hi")


def test_a_quote_takes_along_what_it_answers(encoder: Encoder) -> None:
    sent = encoder.text(
        FAMILY_CHAT, SendText("no", quote=FROM_BOB), addressing=Addressing.LID, quoted=Content(text="really?")
    )
    assert message(sent) == E2E.Message(
        extendedTextMessage=E2E.ExtendedTextMessage(
            text="no",
            contextInfo=E2E.ContextInfo(
                stanzaID="B1", participant=BOB, quotedMessage=E2E.Message(conversation="really?")
            ),
        )
    )


@pytest.mark.parametrize(
    ("quoted", "stub"),
    [(None, ""), (Content(), ""), (Content(header="Bill"), "Bill"), (Content(text="x" * 5000), "x" * 1024)],
)
def test_a_quote_is_a_stub_of_what_is_known(encoder: Encoder, quoted: Content | None, stub: str) -> None:
    sent = encoder.text(BOB_CHAT, SendText("no", quote=MessageRef(BOB_CHAT, "B1", BOB)), quoted=quoted)
    context = message(sent).extendedTextMessage.contextInfo
    assert context.HasField("quotedMessage")
    assert context.quotedMessage.conversation == stub
    assert not context.HasField("remoteJID")


def test_a_quote_from_elsewhere_says_from_where(encoder: Encoder) -> None:
    sent = encoder.text(BOB_CHAT, SendText("about that", quote=FROM_BOB))
    assert message(sent).extendedTextMessage.contextInfo.remoteJID == FAMILY


def test_our_own_message_is_quoted_as_ours(encoder: Encoder) -> None:
    def quoted_sender(addressing: Addressing | None, of: Encoder = encoder) -> str:
        sent = of.text(FAMILY_CHAT, SendText("so", quote=OURS), addressing=addressing)
        participant: str = message(sent).extendedTextMessage.contextInfo.participant
        return participant

    assert quoted_sender(Addressing.LID) == quoted_sender(None) == ME
    assert quoted_sender(Addressing.PHONE) == ME_PHONE
    assert quoted_sender(None, Encoder(Known())) == ""


def test_people_are_named_as_the_group_names_them(encoder: Encoder) -> None:
    def named(addressing: Addressing | None, people: tuple[str, ...] = (BOB, EVE_PHONE, ANA)) -> list[str]:
        sent = encoder.text(FAMILY_CHAT, SendText("@all", mentions=people), addressing=addressing)
        return list(message(sent).extendedTextMessage.contextInfo.mentionedJID)

    assert named(None) == [BOB, EVE_PHONE, ANA]
    assert named(Addressing.PHONE) == [BOB_PHONE, EVE_PHONE, ANA]
    assert named(Addressing.LID) == [BOB, EVE_PHONE, ANA]
    assert named(Addressing.LID, (BOB_PHONE,)) == [BOB]


def test_a_mention_is_shown_under_the_id_that_is_mentioned(encoder: Encoder) -> None:
    action = SendText("@222 and @2220, not @222.", mentions=(BOB,))
    by_phone = message(encoder.text(FAMILY_CHAT, action, addressing=Addressing.PHONE)).extendedTextMessage
    assert by_phone.text == "@49152222 and @2220, not @49152222."
    by_lid = message(encoder.text(FAMILY_CHAT, action, addressing=Addressing.LID)).extendedTextMessage
    assert by_lid.text == action.text


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (
            SendMedia(MediaKind.IMAGE, "image/png", b"", caption="see"),
            E2E.Message(imageMessage=E2E.ImageMessage(mimetype="image/png", caption="see", **KEYS)),
        ),
        (
            SendMedia(MediaKind.VIDEO, "video/mp4", b"", caption="see"),
            E2E.Message(videoMessage=E2E.VideoMessage(mimetype="video/mp4", caption="see", **KEYS)),
        ),
        (
            SendMedia(MediaKind.AUDIO, "audio/ogg", b"", caption="never shown"),
            E2E.Message(audioMessage=E2E.AudioMessage(mimetype="audio/ogg", **KEYS)),
        ),
        (
            SendMedia(MediaKind.STICKER, "image/webp", b""),
            E2E.Message(stickerMessage=E2E.StickerMessage(mimetype="image/webp", **KEYS)),
        ),
        (
            SendMedia(MediaKind.DOCUMENT, "text/csv", b"", caption="all", file_name="all.csv"),
            E2E.Message(
                documentMessage=E2E.DocumentMessage(
                    mimetype="text/csv", caption="all", fileName="all.csv", title="all.csv", **KEYS
                )
            ),
        ),
        (
            SendMedia(MediaKind.DOCUMENT, "text/csv", b""),
            E2E.Message(documentMessage=E2E.DocumentMessage(mimetype="text/csv", **KEYS)),
        ),
    ],
)
def test_media_are_where_the_upload_put_them(encoder: Encoder, action: SendMedia, expected: Any) -> None:
    assert message(encoder.media(FAMILY_CHAT, action, UPLOADED)) == expected


def test_media_can_answer_a_message(encoder: Encoder) -> None:
    action = SendMedia(MediaKind.IMAGE, "image/png", b"", quote=FROM_BOB)
    sent = message(encoder.media(FAMILY_CHAT, action, UPLOADED, addressing=Addressing.PHONE, quoted=Content(text="?")))
    context = sent.imageMessage.contextInfo
    assert (context.stanzaID, context.participant, context.quotedMessage.conversation) == ("B1", BOB_PHONE, "?")


@pytest.mark.parametrize("kind", MediaKind)
def test_each_kind_has_a_place_to_be_uploaded_to(kind: MediaKind) -> None:
    """In the order of `MediaType` in neonize's `utils.go`: image, video, audio, document."""
    expected = {MediaKind.IMAGE: 0, MediaKind.STICKER: 0, MediaKind.VIDEO: 1, MediaKind.AUDIO: 2, MediaKind.DOCUMENT: 3}
    assert encode.upload_type(kind) == expected[kind]


# --- what points at a message ---


def test_a_reaction_points_at_somebodys_message(encoder: Encoder) -> None:
    read = message(
        encoder.reaction(FAMILY_CHAT, React(FROM_BOB, "👍"), NOW, addressing=Addressing.PHONE)
    ).reactionMessage
    assert (read.text, read.senderTimestampMS) == ("👍", NOW)
    key = read.key
    assert (key.remoteJID, key.fromMe, key.ID, key.participant) == (FAMILY, False, "B1", BOB_PHONE)


def test_a_reaction_is_taken_back_with_a_text_that_is_there_and_empty(encoder: Encoder) -> None:
    read = message(encoder.reaction(FAMILY_CHAT, React(FROM_BOB, ""), NOW)).reactionMessage
    assert read.HasField("text")
    assert read.text == ""


def test_in_a_direct_chat_nobody_needs_to_be_named(encoder: Encoder) -> None:
    key = message(encoder.reaction(BOB_CHAT, React(MessageRef(BOB_CHAT, "B1", BOB), "👍"), NOW)).reactionMessage.key
    assert (key.fromMe, key.HasField("participant")) == (False, False)


def test_an_edit_replaces_our_own_text(encoder: Encoder) -> None:
    sent = message(encoder.edit(FAMILY_CHAT, Edit(OURS, "better"), NOW))
    protocol = sent.editedMessage.message.protocolMessage
    assert protocol.type == E2E.ProtocolMessage.MESSAGE_EDIT
    assert (protocol.key.ID, protocol.key.fromMe, protocol.key.remoteJID) == ("O1", True, FAMILY)
    assert (protocol.editedMessage.conversation, protocol.timestampMS) == ("better", NOW)


def test_our_own_message_is_taken_back(encoder: Encoder) -> None:
    protocol = message(encoder.revoke(FAMILY_CHAT, OURS)).protocolMessage
    assert protocol.HasField("type")
    assert protocol.type == E2E.ProtocolMessage.REVOKE
    assert (protocol.key.ID, protocol.key.fromMe, protocol.key.HasField("participant")) == ("O1", True, False)
    by_id = MessageRef(FAMILY_CHAT, "O1", ME_PHONE)
    assert message(encoder.revoke(FAMILY_CHAT, by_id)).protocolMessage.key.fromMe


def test_somebody_elses_message_is_deleted_by_an_admin(encoder: Encoder) -> None:
    protocol = message(encoder.revoke(FAMILY_CHAT, FROM_BOB, addressing=Addressing.LID)).protocolMessage
    assert (protocol.key.fromMe, protocol.key.participant) == (False, BOB)


def test_half_a_character_is_refused(encoder: Encoder) -> None:
    with pytest.raises(UnicodeEncodeError):
        encoder.text(BOB_CHAT, SendText("\ud800"))
