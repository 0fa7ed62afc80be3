"""One message of the world, and the media that messages carry."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from whinchat.core.errors import Refused, TransportError
from whinchat.core.types import Content, DeliveryStatus, Media, MediaKind, Quoted

Key = tuple[str, str]
"""(sender, message id): senders choose message ids, so two people may use the same."""


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the chat itself: who came, left or was promoted, and the like."""

    what: str
    people: tuple[str, ...] = ()
    text: str = ""


class Message(msgspec.Struct, omit_defaults=True):
    """As the page and the API show it."""

    chat: str
    sender: str
    id: str
    seq: int
    """Place among all messages of the world."""
    time: int
    content: Content
    status: DeliveryStatus
    quoted: Quoted | None = None
    mentions: tuple[str, ...] = ()
    forwarded: bool = False
    edits: int = 0
    revoked_by: str = ""
    reactions: dict[str, str] = {}
    """Person to emoji."""
    notice: Notice | None = None

    @property
    def key(self) -> Key:
        return self.sender, self.id


class NewMedia(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bytes on their way into a message."""

    kind: MediaKind
    mime: str
    data: bytes
    """Base64 in JSON."""
    file_name: str | None = None


class MediaStore:
    """The bytes behind handles: the newest, up to `room` bytes in all. Older ones are gone, as on a real network."""

    def __init__(self, nonce: str, room: int, largest: int) -> None:
        self._nonce = nonce
        self._room = room
        self._largest = largest
        self._taken = 0
        self._numbers = 0
        self._stored: OrderedDict[str, tuple[str, bytes]] = OrderedDict()

    def put(self, media: NewMedia) -> Media:
        """Raises Refused (`too_large`)."""
        if len(media.data) > self._largest:
            raise Refused("the media is too large", hint=f"at most {self._largest} bytes", code="too_large")
        self._numbers += 1
        handle = f"{self._nonce}-m{self._numbers}"
        self._stored[handle] = (media.mime, media.data)
        self._taken += len(media.data)
        while self._taken > self._room and len(self._stored) > 1:
            _, (_, oldest) = self._stored.popitem(last=False)
            self._taken -= len(oldest)
        return Media(media.kind, handle, media.mime, len(media.data), media.file_name)

    def get(self, handle: str, max_bytes: int | None = None) -> tuple[str, bytes]:
        """MIME type and bytes. Raises TransportError (`gone`, `too_large`)."""
        found = self._stored.get(handle)
        if found is None:
            raise TransportError("the media is no longer there", code="gone")
        if max_bytes is not None and len(found[1]) > max_bytes:
            raise TransportError("the media is larger than asked for", code="too_large")
        return found
