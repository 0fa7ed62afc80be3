"""Media that Graph keeps: uploaded by a business (30 days) or sent by a person (7 days), fetched by short-lived links.

As Meta's page says (business-messaging/whatsapp/business-phone-numbers/media): a link is good for five minutes, and
needs the token as every request does.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from tests.support.graph.errors import GraphError, Json

DAY = 24 * 3600 * 1000
LINK = 5 * 60 * 1000  # milliseconds for which a link is good
MOST = {
    "image": 5 * 1024 * 1024,
    "audio": 16 * 1024 * 1024,
    "video": 16 * 1024 * 1024,
    "sticker": 500 * 1024,
    "document": 100 * 1024 * 1024,
}
TYPES = {
    "image": ("image/jpeg", "image/png"),
    "audio": ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"),
    "video": ("video/mp4", "video/3gpp"),
    "sticker": ("image/webp",),
}


@dataclass(frozen=True, kw_only=True)
class Stored:
    id: str
    number: str
    """Id of the business's phone number that it belongs to."""
    mime: str
    data: bytes
    expires: int

    @property
    def sha256(self) -> str:
        return base64.b64encode(hashlib.sha256(self.data).digest()).decode()


def fits(kind: str, mime: str, size: int) -> str:
    """What is wrong with media of that kind; empty: nothing."""
    bare = mime.partition(";")[0].strip()
    if kind != "document" and bare not in TYPES[kind]:
        return f"Unsupported {kind} mime type {bare}."
    return f"Media file size too big. Max file size we currently support: {MOST[kind]}." if size > MOST[kind] else ""


class MediaStore:
    def __init__(self) -> None:
        self.kept: dict[str, Stored] = {}
        self._links: dict[str, tuple[str, int]] = {}
        """Link's hash to (media id, when it expires)."""
        self._made = 0

    def keep(self, number: str, mime: str, data: bytes, now: int, days: int) -> Stored:
        self._made += 1
        identity = str(2_754_859_441_000_000 + self._made)
        self.kept[identity] = Stored(id=identity, number=number, mime=mime, data=data, expires=now + days * DAY)
        return self.kept[identity]

    def get(self, identity: str, now: int) -> Stored | None:
        found = self.kept.get(identity)
        return found if found is not None and found.expires > now else None

    def upload(self, number: str, mime: str, data: bytes, now: int) -> Stored:
        """Raises GraphError."""
        bare = mime.partition(";")[0].strip()
        kinds = [kind for kind, types in TYPES.items() if bare in types]
        wrong = [fits(kind, mime, len(data)) for kind in kinds or ("document",)]
        if not data or all(wrong):
            raise GraphError(100, wrong[0] or "The file is empty.")
        return self.keep(number, mime, data, now, 30)

    def describe(self, stored: Stored, url: str, now: int) -> Json:
        """What GET /{media} answers; `url` is the server's address."""
        return {
            "messaging_product": "whatsapp",
            "url": self.link(stored, url, now),
            "mime_type": stored.mime,
            "sha256": hashlib.sha256(stored.data).hexdigest(),
            "file_size": len(stored.data),
            "id": stored.id,
        }

    def link(self, stored: Stored, url: str, now: int) -> str:
        """A new one each time."""
        self._made += 1
        token = hashlib.sha256(f"{stored.id}/{self._made}".encode()).hexdigest()[:24]
        self._links[token] = (stored.id, now + LINK)
        return f"{url}/whatsapp_business/attachments/?mid={stored.id}&ext={(now + LINK) // 1000}&hash={token}"

    def follow(self, identity: str, token: str, now: int) -> Stored | None:
        """None: the link is wrong or too old, or the media is gone."""
        linked, expires = self._links.get(token, ("", 0))
        return self.get(identity, now) if linked == identity and now < expires else None
