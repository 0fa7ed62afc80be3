"""What a person put into a message: the kinds that people send. Those of businesses are in `decode_business`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

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
from whinchat.transports.linked import handles, wire
from whinchat.transports.linked.values import degrees, text

BODY: Final = 65_536  # characters of a message or a caption
LINE: Final = 2048  # of a title, an address, a link
CARD: Final = 8192
CONTACTS: Final = 64
OPTIONS: Final = 64
CHOICES: Final = 128

Reader = Callable[[Any], Content]


def conversation(value: str | bytes) -> Content:
    return Content(text=text(value, BODY))


def extended_text(part: wire.ExtendedTextMessage) -> Content:
    shown = LinkPreview(text(part.matchedText, LINE), text(part.title, LINE), text(part.description, LINE))
    return Content(
        text=text(part.text, BODY), preview=shown if shown != LinkPreview() else None, view_once=part.viewOnce
    )


def medium(kind: MediaKind, part: handles.Part, file_name: str = "") -> Media:
    """Its handle is empty where the message does not say enough to load it."""
    keys = handles.MediaKeys(
        kind,
        text(part.directPath, handles.LONGEST_PATH + 1),
        part.mediaKey,
        part.fileSHA256,
        part.fileEncSHA256,
        min(part.fileLength, 2**53),
    )
    return Media(
        kind,
        handles.handle(keys) if keys.usable else "",
        mime=text(part.mimetype, 255),
        size=keys.size,
        file_name=file_name or None,
    )


def image(part: wire.ImageMessage) -> Content:
    link = text(part.qrURL, LINE)
    return Content(
        text=text(part.caption, BODY),
        media=medium(MediaKind.IMAGE, part),
        preview=LinkPreview(link) if link else None,
        buttons=_stickers(part),
        view_once=part.viewOnce,
    )


def video(part: wire.VideoMessage) -> Content:
    return Content(
        text=text(part.caption, BODY),
        media=medium(MediaKind.VIDEO, part),
        buttons=_stickers(part),
        view_once=part.viewOnce,
    )


def _stickers(part: wire.ImageMessage | wire.VideoMessage) -> tuple[Choice, ...]:
    """Links to be tapped on a picture."""
    found = (each.tapAction for each in (*part.annotations, *part.interactiveAnnotations))
    return choices((text(each.title, LINE), "", text(each.tapURL, LINE)) for each in found)


def audio(part: wire.AudioMessage) -> Content:
    return Content(media=medium(MediaKind.AUDIO, part), view_once=part.viewOnce)


def document(part: wire.DocumentMessage) -> Content:
    name, title = text(part.fileName, LINE), text(part.title, LINE)
    return Content(
        text=text(part.caption, BODY),
        media=medium(MediaKind.DOCUMENT, part, name or title),
        header=title if name and title != name else "",
    )


def sticker(part: wire.StickerMessage) -> Content:
    return Content(media=medium(MediaKind.STICKER, part))


def sticker_pack(part: wire.StickerPackMessage) -> Content:
    return Content(
        text=text(part.caption, BODY),
        header=lines(text(part.name, LINE), text(part.publisher, LINE)),
        footer=text(part.packDescription, LINE),
    )


def contact(part: wire.ContactMessage) -> Content:
    return Content(contacts=(_card(part),))


def contacts(part: wire.ContactsArrayMessage) -> Content:
    return Content(
        header=text(part.displayName, LINE), contacts=tuple(_card(each) for each in part.contacts[:CONTACTS])
    )


def _card(part: wire.ContactMessage) -> ContactCard:
    return ContactCard(text(part.displayName, LINE), text(part.vcard, CARD))


def location(part: wire.LocationMessage) -> Content:
    return Content(text=text(part.comment, BODY), location=place(part))


def place(part: wire.LocationMessage) -> Location:
    return Location(
        degrees(part.degreesLatitude, 90),
        degrees(part.degreesLongitude, 180),
        text(part.name, LINE),
        text(part.address, LINE),
        text(part.URL, LINE),
    )


def live_location(part: wire.LiveLocationMessage) -> Content:
    return Content(
        text=text(part.caption, BODY),
        location=Location(degrees(part.degreesLatitude, 90), degrees(part.degreesLongitude, 180)),
    )


def poll(part: wire.PollCreationMessage) -> Content:
    return _poll(part.name, (each.optionName for each in part.options[:OPTIONS]))


def poll_result(part: wire.PollResultSnapshotMessage) -> Content:
    return _poll(part.name, (each.optionName for each in part.pollVotes[:OPTIONS]))


def poll_option(part: wire.PollAddOptionMessage) -> Content:
    return _poll("", (part.addOption.optionName,))


def _poll(name: str | bytes, options: Iterable[str | bytes]) -> Content:
    return Content(poll=Poll(text(name, LINE), tuple(text(each, LINE) for each in options)))


def group_invite(part: wire.GroupInviteMessage) -> Content:
    return Content(
        invite=GroupInvite(text(part.inviteCode, LINE), text(part.groupName, LINE), text(part.caption, BODY))
    )


def newsletter_invite(part: wire.NewsletterAdminInviteMessage | wire.NewsletterFollowerInviteMessage) -> Content:
    return Content(text=text(part.caption, BODY), header=text(part.newsletterName, LINE))


def event(part: wire.EventMessage) -> Content:
    return Content(
        text=text(part.description, BODY),
        header=text(part.name, LINE),
        location=place(part.location) if part.HasField("location") else None,
        buttons=choices([("", "", text(part.joinLink, LINE))]),
    )


def event_invite(part: wire.EventInviteMessage) -> Content:
    return Content(
        text=text(part.caption, BODY),
        header=text(part.eventTitle, LINE),
        buttons=choices([("", "", text(part.callLink, LINE))]),
    )


def titled(part: wire.ScheduledCallCreationMessage) -> Content:
    return Content(text=text(part.title, BODY))


def captioned(part: wire.BCallMessage) -> Content:
    return Content(text=text(part.caption, BODY))


def answered(part: wire.QuestionResponseMessage) -> Content:
    return Content(text=text(part.text, BODY))


def described(part: wire.SplitPaymentMessage) -> Content:
    return Content(text=text(part.description, BODY))


def choices(found: Iterable[tuple[str, str, str]]) -> tuple[Choice, ...]:
    """Of title, description and address; those that say nothing are left out."""
    made = []
    for title, description, url in found:
        if title or description or url:
            made.append(Choice(title, description, url))
        if len(made) == CHOICES:
            break
    return tuple(made)


def lines(*parts: str) -> str:
    """Those that are not empty, one a line, each once."""
    return "\n".join(dict.fromkeys(filter(None, parts)))


def context(part: wire.ContextInfo) -> Content:
    """What the sender's app put beside the content: an advertisement, a button."""
    said, link = part.externalAdReply, part.actionLink
    ad = AdReply(text(said.sourceURL, LINE), text(said.title, LINE), text(said.body, LINE))
    return Content(
        ad=ad if ad != AdReply() else None,
        buttons=choices(
            [("", "", text(said.mediaURL, LINE)), (text(link.buttonTitle, LINE), "", text(link.URL, LINE))]
        ),
        disappearing=part.expiration > 0,
    )


READERS: Final[dict[str, Reader]] = {
    "conversation": conversation,
    "extendedTextMessage": extended_text,
    "imageMessage": image,
    "videoMessage": video,
    "ptvMessage": video,
    "audioMessage": audio,
    "documentMessage": document,
    "stickerMessage": sticker,
    "stickerPackMessage": sticker_pack,
    "contactMessage": contact,
    "contactsArrayMessage": contacts,
    "locationMessage": location,
    "liveLocationMessage": live_location,
    "pollCreationMessage": poll,
    "pollCreationMessageV2": poll,
    "pollCreationMessageV3": poll,
    "pollCreationMessageV5": poll,
    "pollCreationMessageV6": poll,
    "pollResultSnapshotMessage": poll_result,
    "pollResultSnapshotMessageV3": poll_result,
    "pollAddOptionMessage": poll_option,
    "groupInviteMessage": group_invite,
    "newsletterAdminInviteMessage": newsletter_invite,
    "newsletterFollowerInviteMessageV2": newsletter_invite,
    "eventMessage": event,
    "eventInviteMessage": event_invite,
    "scheduledCallCreationMessage": titled,
    "bcallMessage": captioned,
    "questionResponseMessage": answered,
    "splitPaymentMessage": described,
}
