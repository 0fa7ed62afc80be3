"""Media of the fake network: encrypted files over HTTPS, as `mmg.whatsapp.net` keeps them, and what can go wrong there.

A file is AES-256-CBC with keys that HKDF derives from a media key, and ten bytes of HMAC-SHA256 after it; only who has
the message knows the media key (whatsmeow: upload.go, download.go, mediaconn.go).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import TYPE_CHECKING, Protocol

import msgspec
from aiohttp import web
from pyaileys.media import decrypt_media_bytes, encrypt_media_bytes
from tests.support.whatsapp.handlers import Handlers
from tests.support.whatsapp.nodes import Node, node
from tests.support.whatsapp.state import State
from tests.support.whatsapp.tls import MEDIA

if TYPE_CHECKING:
    from tests.support.whatsapp.connection import Connection

TTL = "300"
"""Seconds that a media connection is good for."""
MAC = 10
"""Bytes of it at the end of a file."""
KINDS = {
    "image": "image",
    "sticker": "image",
    "video": "video",
    "audio": "audio",
    "document": "document",
    "history": "md-msg-hist",
}
"""What a test calls it, and what the network does (`mms-type`); the latter also names the keys to `pyaileys`."""


class MediaFault(Enum):
    UNAUTHORIZED = 401
    MISSING = 404
    GONE = 410
    FORBIDDEN = 403
    TOO_LARGE = 413
    BUSY = 503
    """Answered with `Retry-After: 0`, so that nobody waits in a test."""
    SLOW = "slow"
    """It comes in four parts with `Media.pause` seconds before each."""
    TRUNCATED = "truncated"
    """Half of what is promised, then the line is cut."""
    WRONG_MAC = "wrong mac"
    """The file is what the message says, but was encrypted with other keys."""
    WRONG_FILE = "wrong file"
    """Another file than the one that the message names."""
    LONGER = "longer"
    """The message says that it is a tenth as long as it is."""


class Downloadable(Protocol):
    """What the parts of a message that name a file have in common."""

    directPath: str  # noqa: N815 (as the protocol has it)
    mediaKey: bytes  # noqa: N815


@dataclass
class Blob:
    """A file as the network has it."""

    kind: str
    data: bytes
    fault: MediaFault | None = None
    times: float = inf
    """How many downloads that happens to."""
    fetched: int = 0
    deleted: bool = False

    def next_fault(self) -> MediaFault | None:
        self.times -= 1
        return self.fault if self.times >= 0 else None


class Media:
    """`fault` is what happens to every upload and download; a stored file can have one of its own."""

    def __init__(self, state: State) -> None:
        self.fault: MediaFault | None = None
        self.pause = 0.1
        """Seconds between the parts of what is slow."""
        self.largest = 100 * 1024 * 1024
        """Bytes of an encrypted file that may be uploaded."""
        self.uploaded: list[Blob] = []
        self.refused: list[str] = []
        """Why requests were, in order."""
        self._state = state
        self._auth = (state.get("media-auth", "") or secrets.token_urlsafe(24).encode()).decode()
        self.blobs = {path: Blob(*_unpacked(raw)) for path, raw in state.all("media").items()}
        state.put("media-auth", "", self._auth.encode())

    # --- what a person's phone does ---

    async def store(
        self, data: bytes, kind: str, *, fault: MediaFault | None = None, times: float = inf
    ) -> dict[str, object]:
        """Upload it as a person; what is returned are fields of the message that names it."""
        sealed = await asyncio.to_thread(encrypt_media_bytes, data, media_type=KINDS[kind])
        content, said = sealed.enc_bytes, len(data)
        if fault is MediaFault.WRONG_MAC:
            content = content[:-MAC] + bytes(MAC)
        digest = hashlib.sha256(content).digest()
        if fault is MediaFault.WRONG_FILE:
            content = secrets.token_bytes(len(content))
        if fault is MediaFault.LONGER:
            said //= 10
        path = self._keep(Blob(KINDS[kind], content, fault, times))
        fields: dict[str, object] = {
            "directPath": path,
            "mediaKey": sealed.media_key,
            "fileSha256": sealed.file_sha256,
            "fileEncSha256": digest,
            "fileLength": said,
        }
        return fields if kind == "history" else fields | {"url": f"https://{MEDIA}{path}"}

    def open(self, message: Downloadable, kind: str) -> bytes:
        """The file that a message names, decrypted as its receiver would."""
        blob = self.blobs[message.directPath.partition("?")[0]]
        return decrypt_media_bytes(blob.data, media_key=message.mediaKey, media_type=KINDS[kind], validate_mac=True)

    def blob(self, message: Downloadable) -> Blob:
        return self.blobs[message.directPath.partition("?")[0]]

    # --- what the network does ---

    def register(self, handlers: Handlers) -> None:
        handlers.iq("w:m", "set", "media_conn", self._connection)

    async def _connection(self, _: Connection, __: Node) -> list[Node]:
        """Where files are and what opens the door there."""
        host = node("host", hostname=MEDIA, type="primary")
        return [node("media_conn", [host], auth=self._auth, ttl=TTL, auth_ttl=TTL, max_buckets="12")]

    @asynccontextmanager
    async def serving(self, certificate: ssl.SSLContext) -> AsyncIterator[int]:
        """The port on loopback where it is `mmg.whatsapp.net`."""
        app = web.Application(client_max_size=0)
        app.router.add_post("/mms/{kind}/{token}", self._upload)
        app.router.add_delete("/mms/{kind}/{token}", self._delete)
        app.router.add_get("/{path:.*}", self._download)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate).start()
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("auth") != self._auth:
            return self._refuse(401, "wrong auth")
        if self.fault is not None and isinstance(self.fault.value, int):
            return self._refuse(self.fault.value, "as told")
        if (request.content_length or 0) > self.largest:
            return self._refuse(413, "too large")
        if self.fault is MediaFault.SLOW:
            await asyncio.sleep(self.pause * 4)
        data = await request.read()
        token = request.match_info["token"]
        if token != request.query.get("token") or token != _token(hashlib.sha256(data).digest()):
            return self._refuse(400, "the token is not the file's hash")
        blob = Blob(request.match_info["kind"], data)
        path = self._keep(blob)
        self.uploaded.append(blob)
        return web.json_response({"url": f"https://{MEDIA}{path}", "direct_path": path, "handle": "", "object_id": ""})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        blob = self.blobs.get(request.path)
        if blob is None or blob.deleted:
            return self._refuse(404, "no such file")
        fault = self.fault or blob.next_fault()
        if fault is not None and isinstance(fault.value, int):
            return self._refuse(fault.value, "as told")
        if fault is not MediaFault.WRONG_FILE and request.query.get("hash") != _token(
            hashlib.sha256(blob.data).digest()
        ):
            return self._refuse(403, "the address is not the file's")
        if request.query.get("mms-type") != blob.kind:
            return self._refuse(403, "not of that kind")
        blob.fetched += 1
        return await self._give(request, blob.data, fault)

    async def _give(self, request: web.Request, data: bytes, fault: MediaFault | None) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = len(data)
        await response.prepare(request)
        part = len(data) // 4 + 1
        for start in range(0, len(data), part):
            if fault is MediaFault.SLOW:
                await asyncio.sleep(self.pause)
            if fault is MediaFault.TRUNCATED and start >= len(data) // 2:
                assert request.transport is not None
                request.transport.close()
                return response
            await response.write(data[start : start + part])
        return response

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("auth") != self._auth:
            return self._refuse(401, "wrong auth")
        told = request.query.get("d_md", "")
        path = base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)).decode()
        if path not in self.blobs:
            return self._refuse(404, "no such file")
        self.blobs[path].deleted = True
        return web.Response()

    def _refuse(self, status: int, reason: str) -> web.Response:
        self.refused.append(reason)
        return web.Response(status=status, headers={"Retry-After": "0"})

    def _keep(self, blob: Blob) -> str:
        name = f"/v/t62.7118-24/{secrets.token_hex(12)}.enc"
        self.blobs[name] = blob
        self._state.put("media", name, msgspec.msgpack.encode((blob.kind, blob.data)))
        return f"{name}?ccb=11-4&oh={secrets.token_hex(8)}"


def _unpacked(raw: bytes) -> tuple[str, bytes]:
    return msgspec.msgpack.decode(raw, type=tuple[str, bytes])


def _token(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode()
