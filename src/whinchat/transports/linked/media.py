"""Files that messages name, loaded from WhatsApp's media servers.

Here and not by the library, which would hold a file whole, however much larger it is than its sender says. Source:
whatsmeow `download.go`; the servers are those that WhatsApp's own web client asks.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from http import HTTPStatus
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

from whinchat.core.errors import HttpError, TransportError
from whinchat.core.ports import HttpClient, HttpLimits
from whinchat.core.types import Media, MediaKind
from whinchat.transports.linked import handles
from whinchat.transports.linked.handles import MediaKeys

SERVER: Final = "https://mmg.whatsapp.net"
HEADERS: Final = {
    "Origin": "https://web.whatsapp.com",
    "Referer": "https://web.whatsapp.com/",
    "User-Agent": "Mozilla/5.0",  # the link is one of a browser: `encode.pair_phone`
}
MAC: Final = 10  # bytes at the end of a file
BLOCK: Final = 16  # bytes: padding is as much at most
CONNECT, TOTAL = 5.0, 60.0  # seconds
AT_ONCE: Final = 2  # each is held whole

KINDS: Final = {
    MediaKind.IMAGE: ("image", b"WhatsApp Image Keys"),
    MediaKind.VIDEO: ("video", b"WhatsApp Video Keys"),
    MediaKind.AUDIO: ("audio", b"WhatsApp Audio Keys"),
    MediaKind.DOCUMENT: ("document", b"WhatsApp Document Keys"),
    MediaKind.STICKER: ("image", b"WhatsApp Image Keys"),
}
"""What the servers call a kind, and what its keys are derived with."""
GONE: Final = frozenset((HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE))


class Files:
    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def load(self, media: Media, max_bytes: int) -> bytes:
        """Raises TransportError: `too_large`, `gone`, `corrupt` (not what the message says); to be tried again:
        `disconnected`, `server_` with a status.
        """
        if media.size > max_bytes:
            raise _too_large()
        try:
            keys = handles.keys(media.handle)
        except ValueError:
            raise _gone() from None
        async with self._turn:
            sealed = await self._fetch(keys, max_bytes + BLOCK + MAC)
            data = await asyncio.to_thread(_opened, keys, sealed)
        if len(data) > max_bytes:
            raise _too_large()
        return data

    async def _fetch(self, keys: MediaKeys, most: int) -> bytes:
        limits = HttpLimits(most_bytes=most, most_decoded=most, connect=CONNECT, total=TOTAL)
        try:
            async with self._http.get(_address(keys), HEADERS, limits) as response:
                if response.status != HTTPStatus.OK:
                    raise _refused(response.status)
                return b"".join([chunk async for chunk in response.chunks()])
        except HttpError as error:
            raise _unreadable(error) from None


def _address(keys: MediaKeys) -> str:
    digest = base64.urlsafe_b64encode(keys.file_enc_sha256).decode()
    return f"{SERVER}{keys.direct_path}&hash={digest}&mms-type={KINDS[keys.kind][0]}&__wa-mms="


def _opened(keys: MediaKeys, sealed: bytes) -> bytes:
    """Nothing is decrypted before both the sender's hash and the code at the end say that it is that file."""
    data, code = sealed[:-MAC], sealed[-MAC:]
    derived = HKDF(algorithm=SHA256(), length=112, salt=None, info=KINDS[keys.kind][1]).derive(keys.media_key)
    start, key, mac_key = derived[:16], derived[16:48], derived[48:80]
    whole = hmac.compare_digest(hashlib.sha256(sealed).digest(), keys.file_enc_sha256)
    if not whole or not hmac.compare_digest(hmac.digest(mac_key, start + data, "sha256")[:MAC], code):
        raise _corrupt()
    decryptor, unpadder = Cipher(algorithms.AES(key), modes.CBC(start)).decryptor(), PKCS7(BLOCK * 8).unpadder()
    try:
        padded = decryptor.update(data) + decryptor.finalize()
        opened = unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise _corrupt() from None
    if not hmac.compare_digest(hashlib.sha256(opened).digest(), keys.file_sha256):
        raise _corrupt()
    return opened


def _refused(status: int) -> TransportError:
    if status in GONE:
        return _gone()
    return TransportError("WhatsApp does not hand it over", code=f"server_{status}", retryable=True, retry_after=1.0)


def _unreadable(error: HttpError) -> TransportError:
    match error.code:
        case "too_large":
            return _too_large()
        case "address":
            return _gone()
        case _:
            return TransportError(
                "the media servers cannot be reached", code="disconnected", retryable=True, retry_after=1.0
            )


def _too_large() -> TransportError:
    return TransportError("the media is larger than asked for", code="too_large")


def _gone() -> TransportError:
    return TransportError("there is no such media, or no longer", code="gone")


def _corrupt() -> TransportError:
    return TransportError("the media is not what the message says", code="corrupt")
