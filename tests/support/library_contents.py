"""Messages of every kind that people send, and what is to be read in them."""

from __future__ import annotations

from typing import Any

from tests.support.library import E2E

from whinchat.core.types import (
    AdReply,
    Choice,
    ContactCard,
    Content,
    GroupInvite,
    LinkPreview,
    Location,
    Media,
    MediaKind,
    Poll,
)
from whinchat.transports.linked import handles

KEYS: dict[str, Any] = {
    "directPath": "/v/t62/abc?ccb=1",
    "mediaKey": b"k" * 32,
    "fileSHA256": b"h" * 32,
    "fileEncSHA256": b"e" * 32,
    "fileLength": 1234,
}


def media(kind: MediaKind, mime: str = "", file_name: str | None = None) -> Media:
    handle = handles.handle(handles.MediaKeys(kind, "/v/t62/abc?ccb=1", b"k" * 32, b"h" * 32, b"e" * 32, 1234))
    return Media(kind, handle, mime=mime, size=1234, file_name=file_name)


PLACE = E2E.LocationMessage(
    degreesLatitude=52.5, degreesLongitude=13.4, name="Cafe", address="Street 1", URL="https://c.example"
)

PERSONAL: dict[str, tuple[Any, Content]] = {
    "text": (E2E.Message(conversation="hello"), Content(text="hello")),
    "text with a card": (
        E2E.Message(
            extendedTextMessage=E2E.ExtendedTextMessage(
                text="look https://a.example", matchedText="https://a.example", title="A", description="about a"
            )
        ),
        Content(text="look https://a.example", preview=LinkPreview("https://a.example", "A", "about a")),
    ),
    "text without a card": (
        E2E.Message(extendedTextMessage=E2E.ExtendedTextMessage(text="plain")),
        Content(text="plain"),
    ),
    "advertisement": (
        E2E.Message(
            extendedTextMessage=E2E.ExtendedTextMessage(
                text="hi",
                contextInfo=E2E.ContextInfo(
                    externalAdReply=E2E.ContextInfo.ExternalAdReplyInfo(
                        title="Win", body="now", sourceURL="https://ad.example", mediaURL="https://m.example"
                    ),
                    actionLink=E2E.ActionLink(URL="https://act.example", buttonTitle="Go"),
                ),
            )
        ),
        Content(
            text="hi",
            ad=AdReply("https://ad.example", "Win", "now"),
            buttons=(Choice(url="https://m.example"), Choice("Go", url="https://act.example")),
        ),
    ),
    "picture": (
        E2E.Message(imageMessage=E2E.ImageMessage(caption="see", mimetype="image/jpeg", **KEYS)),
        Content(text="see", media=media(MediaKind.IMAGE, "image/jpeg")),
    ),
    "picture with a link on it": (
        E2E.Message(
            imageMessage=E2E.ImageMessage(
                qrURL="https://qr.example",
                annotations=[
                    E2E.InteractiveAnnotation(tapAction=E2E.TapLinkAction(title="tap", tapURL="https://t.example"))
                ],
                **KEYS,
            )
        ),
        Content(
            media=media(MediaKind.IMAGE),
            preview=LinkPreview("https://qr.example"),
            buttons=(Choice("tap", url="https://t.example"),),
        ),
    ),
    "video": (
        E2E.Message(videoMessage=E2E.VideoMessage(caption="film", mimetype="video/mp4", **KEYS)),
        Content(text="film", media=media(MediaKind.VIDEO, "video/mp4")),
    ),
    "round video": (
        E2E.Message(ptvMessage=E2E.VideoMessage(mimetype="video/mp4", **KEYS)),
        Content(media=media(MediaKind.VIDEO, "video/mp4")),
    ),
    "voice": (
        E2E.Message(audioMessage=E2E.AudioMessage(PTT=True, mimetype="audio/ogg", **KEYS)),
        Content(media=media(MediaKind.AUDIO, "audio/ogg")),
    ),
    "document": (
        E2E.Message(
            documentMessage=E2E.DocumentMessage(
                fileName="bill.pdf", title="Bill", mimetype="application/pdf", caption="pay", **KEYS
            )
        ),
        Content(text="pay", header="Bill", media=media(MediaKind.DOCUMENT, "application/pdf", "bill.pdf")),
    ),
    "document with a caption": (
        E2E.Message(
            documentWithCaptionMessage=E2E.FutureProofMessage(
                message=E2E.Message(documentMessage=E2E.DocumentMessage(title="a.txt", caption="read", **KEYS))
            )
        ),
        Content(text="read", media=media(MediaKind.DOCUMENT, file_name="a.txt")),
    ),
    "sticker": (
        E2E.Message(stickerMessage=E2E.StickerMessage(mimetype="image/webp", **KEYS)),
        Content(media=media(MediaKind.STICKER, "image/webp")),
    ),
    "sticker pack": (
        E2E.Message(
            stickerPackMessage=E2E.StickerPackMessage(
                name="Cats", publisher="Ana", caption="meow", packDescription="all cats"
            )
        ),
        Content(text="meow", header="Cats\nAna", footer="all cats"),
    ),
    "contact": (
        E2E.Message(contactMessage=E2E.ContactMessage(displayName="Bob", vcard="BEGIN:VCARD")),
        Content(contacts=(ContactCard("Bob", "BEGIN:VCARD"),)),
    ),
    "contacts": (
        E2E.Message(
            contactsArrayMessage=E2E.ContactsArrayMessage(
                displayName="2 contacts",
                contacts=[E2E.ContactMessage(displayName="Bob"), E2E.ContactMessage(displayName="Eve")],
            )
        ),
        Content(header="2 contacts", contacts=(ContactCard("Bob"), ContactCard("Eve"))),
    ),
    "place": (
        E2E.Message(locationMessage=PLACE),
        Content(location=Location(52.5, 13.4, "Cafe", "Street 1", "https://c.example")),
    ),
    "place that is nowhere": (
        E2E.Message(locationMessage=E2E.LocationMessage(degreesLatitude=float("nan"), degreesLongitude=1e300)),
        Content(location=Location()),
    ),
    "way": (
        E2E.Message(
            liveLocationMessage=E2E.LiveLocationMessage(degreesLatitude=1.0, degreesLongitude=2.0, caption="here")
        ),
        Content(text="here", location=Location(1.0, 2.0)),
    ),
    "invite": (
        E2E.Message(
            groupInviteMessage=E2E.GroupInviteMessage(
                groupJID="1@g.us", inviteCode="abc", groupName="Club", caption="come"
            )
        ),
        Content(invite=GroupInvite("abc", "Club", "come")),
    ),
    "invite to a channel": (
        E2E.Message(
            newsletterAdminInviteMessage=E2E.NewsletterAdminInviteMessage(newsletterName="News", caption="join")
        ),
        Content(text="join", header="News"),
    ),
    "event": (
        E2E.Message(
            eventMessage=E2E.EventMessage(
                name="Party", description="bring cake", location=PLACE, joinLink="https://call.example"
            )
        ),
        Content(
            text="bring cake",
            header="Party",
            location=Location(52.5, 13.4, "Cafe", "Street 1", "https://c.example"),
            buttons=(Choice(url="https://call.example"),),
        ),
    ),
    "invite to an event": (
        E2E.Message(
            eventInviteMessage=E2E.EventInviteMessage(eventTitle="Party", caption="come", callLink="https://l.example")
        ),
        Content(text="come", header="Party", buttons=(Choice(url="https://l.example"),)),
    ),
    "call that is planned": (
        E2E.Message(scheduledCallCreationMessage=E2E.ScheduledCallCreationMessage(title="Sunday")),
        Content(text="Sunday"),
    ),
    "call for many": (E2E.Message(bcallMessage=E2E.BCallMessage(caption="listen")), Content(text="listen")),
    "answer to a question": (
        E2E.Message(questionResponseMessage=E2E.QuestionResponseMessage(text="because")),
        Content(text="because"),
    ),
    "bill that is shared": (
        E2E.Message(splitPaymentMessage=E2E.SplitPaymentMessage(description="dinner")),
        Content(text="dinner"),
    ),
    "votes": (
        E2E.Message(
            pollResultSnapshotMessage=E2E.PollResultSnapshotMessage(
                name="When?", pollVotes=[E2E.PollResultSnapshotMessage.PollVote(optionName="now")]
            )
        ),
        Content(poll=Poll("When?", ("now",))),
    ),
    "one more option": (
        E2E.Message(
            pollAddOptionMessage=E2E.PollAddOptionMessage(addOption=E2E.PollCreationMessage.Option(optionName="never"))
        ),
        Content(poll=Poll("", ("never",))),
    ),
}
