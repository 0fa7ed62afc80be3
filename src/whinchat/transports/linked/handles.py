"""Media as messages carry them: where they lie encrypted, and the key. `Media.handle` is made of that.

A whole address is never taken from a message: only the path at the media servers that WhatsApp names to the library.
"""

from __future__ import annotations

import base64
from typing import Final

import msgspec

from whinchat.core.types import MediaKind
from whinchat.transports.linked import wire

Part = wire.ImageMessage | wire.VideoMessage | wire.AudioMessage | wire.DocumentMessage | wire.StickerMessage

LONGEST_PATH: Final = 2048  # characters
HASH: Final = 32  # bytes, of SHA-256 and of the key


class MediaKeys(msgspec.Struct, frozen=True, array_like=True):
    """What a download needs. Source: whatsmeow `download.go`."""

    kind: MediaKind
    direct_path: str
    """At the media servers, with its query; begins with a slash."""
    media_key: bytes
    file_sha256: bytes
    file_enc_sha256: bytes
    size: int
    """Bytes, as the sender claims."""

    @property
    def usable(self) -> bool:
        return (
            self.direct_path.startswith("/")
            and len(self.direct_path) <= LONGEST_PATH
            and all(len(each) == HASH for each in (self.media_key, self.file_sha256, self.file_enc_sha256))
        )


_decoder = msgspec.msgpack.Decoder(MediaKeys)


def handle(keys: MediaKeys) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(keys)).decode()


def keys(handle: str) -> MediaKeys:
    """Raises ValueError: not one of ours, or nothing that could be loaded."""
    try:
        read = _decoder.decode(base64.urlsafe_b64decode(handle))
    except (ValueError, msgspec.DecodeError) as error:
        raise ValueError("not the handle of a medium") from error
    if not read.usable:
        raise ValueError("the medium cannot be loaded")
    return read
