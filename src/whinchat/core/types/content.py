"""What a message can hold."""

from __future__ import annotations

import enum

import msgspec


class MediaKind(enum.StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"


class Media(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: MediaKind
    handle: str
    """What `Transport.download` needs; opaque."""
    mime: str = ""
    size: int = 0
    """Bytes, as the sender claims."""
    file_name: str | None = None


class LinkPreview(msgspec.Struct, frozen=True, omit_defaults=True):
    """The card that the sender's app attached to a link. All of it is the sender's claim."""

    url: str = ""
    title: str = ""
    description: str = ""


class AdReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The advertisement a message says it answers (`externalAdReply`)."""

    url: str = ""
    title: str = ""
    body: str = ""


class ContactCard(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str = ""
    vcard: str = ""


class Location(msgspec.Struct, frozen=True, omit_defaults=True):
    latitude: float = 0.0
    longitude: float = 0.0
    name: str = ""
    address: str = ""
    url: str = ""


class Poll(msgspec.Struct, frozen=True, omit_defaults=True):
    question: str = ""
    options: tuple[str, ...] = ()


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A button or a list row."""

    title: str = ""
    description: str = ""
    url: str = ""


class GroupInvite(msgspec.Struct, frozen=True, omit_defaults=True):
    code: str = ""
    group_name: str = ""
    caption: str = ""


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person put into one message. Disappearing and view-once wrappers are already taken off."""

    text: str = ""
    """Body, or the caption of the media."""
    media: Media | None = None
    preview: LinkPreview | None = None
    ad: AdReply | None = None
    contacts: tuple[ContactCard, ...] = ()
    location: Location | None = None
    poll: Poll | None = None
    header: str = ""
    footer: str = ""
    buttons: tuple[Choice, ...] = ()
    rows: tuple[Choice, ...] = ()
    invite: GroupInvite | None = None
    view_once: bool = False
    disappearing: bool = False


class Quoted(msgspec.Struct, frozen=True, omit_defaults=True):
    """The message that another one answers, as the answering person's app sent it along: a claim."""

    id: str
    sender: str
    content: Content = Content()
    from_me: bool = False
