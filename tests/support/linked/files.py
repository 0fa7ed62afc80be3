"""Files on WhatsApp's media servers, as a sender leaves them there."""

from __future__ import annotations

import base64
import hashlib

from pyaileys.media import encrypt_media_bytes

from whinchat.core.types import MediaKind
from whinchat.transports.linked.handles import MediaKeys

PATH = "/v/t62.7118-24/1.enc?ccb=11-4&oh=01"


def stored(data: bytes, kind: MediaKind = MediaKind.IMAGE, *, claims: int | None = None) -> tuple[MediaKeys, bytes]:
    """What a message says of it, and what lies at the servers. `claims`: how long it is by the message's word."""
    sealed = encrypt_media_bytes(data, media_type="image" if kind is MediaKind.STICKER else kind.value)
    return keys(sealed.enc_bytes, sealed.media_key, data, kind, claims=claims), sealed.enc_bytes


def keys(
    sealed: bytes, media_key: bytes, data: bytes, kind: MediaKind = MediaKind.IMAGE, *, claims: int | None = None
) -> MediaKeys:
    return MediaKeys(
        kind,
        PATH,
        media_key,
        hashlib.sha256(data).digest(),
        hashlib.sha256(sealed).digest(),
        len(data) if claims is None else claims,
    )


def address(keys: MediaKeys) -> str:
    """Where it is asked for."""
    digest = base64.urlsafe_b64encode(keys.file_enc_sha256).decode()
    kind = "image" if keys.kind is MediaKind.STICKER else keys.kind.value
    return f"https://mmg.whatsapp.net{keys.direct_path}&hash={digest}&mms-type={kind}&__wa-mms="
