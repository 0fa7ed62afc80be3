"""Takes in what Meta's webhook posts. Mounted on the public listener.

Meta, graph-api/webhooks/getting-started (verification requests, event notifications, validating payloads) and
business-messaging/whatsapp/webhooks (up to 3 MB, repeated for 7 days until it is answered with 200).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import math
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web
from msgspec import UNSET
from msgspec.structs import replace

from whinchat.core.errors import Overloaded, Refused
from whinchat.core.ports import Metric, MetricKind, Metrics
from whinchat.transports.cloud import shapes
from whinchat.transports.cloud.credentials import SecretFile
from whinchat.transports.cloud.decode import Skipped, read

log = logging.getLogger(__name__)

MOST_BYTES = 3 * 1024 * 1024
MOST_HELD = 8 * MOST_BYTES  # of all bodies that are being read or taken at once
READING = 10.0  # seconds for a body
TAKING = 8.0  # seconds that the service has to take what was brought
BUSY = 2.0  # seconds after which it is to be brought again
SIGNATURE = "X-Hub-Signature-256"
SIGNED = re.compile(r"sha256=([0-9a-fA-F]{64})")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,256}")
HALF = re.compile("[\ud800-\udfff]")
ACCOUNT_FIELDS = frozenset({"account_update", "phone_number_quality_update"})
"""What is about a business account, and names no number by its id."""

WEBHOOKS = Metric(
    MetricKind.COUNTER, "whinchat_cloud_webhooks_total", "Posts to the webhook, by what became of them.", ("result",)
)
SKIPPED = Metric(
    MetricKind.COUNTER, "whinchat_cloud_skipped_total", "What Meta told that meant nothing here, by why.", ("reason",)
)


class Inlet(Protocol):
    """Where the news of one number go."""

    async def accept(self, field: str, value: shapes.Value) -> list[Skipped]:
        """As `CloudTransport.accept`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One number, as the receiver knows it."""

    inlet: Inlet
    phone_number_id: str
    business_account_id: str
    app_secret: SecretFile
    verify_token: SecretFile

    def knows(self, token: str) -> bool:
        """In a time that does not tell how much of it was right."""
        return hmac.compare_digest(_secret(self.verify_token), token.encode("utf-8", "surrogateescape"))


class Receiver:
    """`application` answers at its root. What was not taken is never answered with 200: Meta brings it again."""

    def __init__(self, doors: Sequence[Door], metrics: Metrics) -> None:
        self._doors = doors
        self._metrics = metrics
        self.held = 0
        """Bytes of bodies that are being read or taken."""

    def application(self) -> web.Application:
        app = web.Application()
        for path in ("", "/"):
            app.router.add_get(path, self._verify)
            app.router.add_post(path, self._take)
        return app

    async def _verify(self, request: web.Request) -> web.Response:
        """Meta asks once, when the operator enters the address and the token."""
        token, challenge = request.query.get("hub.verify_token", ""), request.query.get("hub.challenge", "")
        known = [door.knows(token) for door in self._doors]  # all of them: the time tells nothing
        if request.query.get("hub.mode") != "subscribe" or not token or not any(known):
            raise web.HTTPForbidden
        if not CHALLENGE.fullmatch(challenge):
            raise web.HTTPBadRequest
        return web.Response(text=challenge)

    async def _take(self, request: web.Request) -> web.Response:
        result, status = await self._taken(request)
        self._metrics.add(WEBHOOKS, result=result)
        again = {"Retry-After": str(math.ceil(BUSY))} if status == 503 else {}
        return web.Response(status=status, headers=again)

    async def _taken(self, request: web.Request) -> tuple[str, int]:
        """What became of it, and the status to answer with."""
        signatures = request.headers.getall(SIGNATURE, [])
        signed = SIGNED.fullmatch(signatures[0]) if len(signatures) == 1 else None
        if signed is None:
            return "unsigned", 401
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            return "encoded", 415  # what was signed is what is sent
        if (request.content_length or 0) > MOST_BYTES:
            return "too_large", 413
        body = bytearray()
        try:
            refused = await self._read(request, body)
            return refused or await self._delivered(body, bytes.fromhex(signed[1]))
        finally:
            self.held -= len(body)

    async def _read(self, request: web.Request, body: bytearray) -> tuple[str, int] | None:
        """None when all of it is there; else as `_taken`."""
        try:
            async with asyncio.timeout(READING):
                async for chunk in request.content.iter_any():
                    body += chunk
                    self.held += len(chunk)
                    if len(body) > MOST_BYTES:
                        return "too_large", 413
                    if self.held > MOST_HELD:
                        return "busy", 503
        except TimeoutError:
            return "slow", 408
        except (ConnectionError, web.RequestPayloadError):
            return "cut_off", 400
        return None

    async def _delivered(self, body: bytearray, signature: bytes) -> tuple[str, int]:
        trusted = self._trusted(body, signature)
        if not trusted:
            return "wrong_signature", 403
        update = read(body, shapes.Update) or _mended(body)
        if update is None:
            return "garbage", 200  # brought again it would be the same
        changes = list(self._changes(update, trusted))
        if any(door not in trusted for door, _, _ in changes):
            return "wrong_signature", 403
        try:
            async with asyncio.timeout(TAKING):
                for door, field, value in changes:
                    for skipped in await door.inlet.accept(field, value):
                        self._skip(skipped.reason)
        except (Overloaded, TimeoutError):
            return "overloaded", 503
        except Exception:
            log.exception("a webhook could not be taken; Meta brings it again")
            return "failed", 500
        return "taken", 200

    def _trusted(self, body: bytearray, signature: bytes) -> list[Door]:
        """The numbers of whose app this is the signature."""
        keys = {door.phone_number_id: _secret(door.app_secret) for door in self._doors}
        right = {
            key: hmac.compare_digest(hmac.digest(key, body, hashlib.sha256), signature) for key in set(keys.values())
        }
        return [door for door in self._doors if right[keys[door.phone_number_id]]]

    def _changes(self, update: shapes.Update, trusted: Sequence[Door]) -> Iterator[tuple[Door, str, shapes.Value]]:
        """What changed at which number; what is of none of ours is counted."""
        for entry in update.entry or ():
            for change in entry.changes or ():
                value = None if change.value is UNSET else read(change.value, shapes.Value)
                if value is None:
                    self._skip("garbage")
                    continue
                field = change.field or ""
                doors, told = self._addressed(field, entry.id or "", value, trusted)
                if not doors:
                    self._skip("unknown_number")
                for door in doors:
                    yield door, field, told

    def _addressed(
        self, field: str, entry: str, value: shapes.Value, trusted: Sequence[Door]
    ) -> tuple[Sequence[Door], shapes.Value]:
        """Which numbers are told, and what of it."""
        number = "" if value.metadata is None else value.metadata.phone_number_id or ""
        if number:
            return [door for door in self._doors if door.phone_number_id == number], value
        if field not in ACCOUNT_FIELDS:
            return [], value
        account = "" if value.waba_info is None else value.waba_info.waba_id or ""
        ours = [door for door in self._doors if door.business_account_id == (account or entry)]
        if field == "account_update" and not account and not ours:
            # The entry may name the whole portfolio (webhooks/reference/account_update), or an account that is none of
            # ours: every number is looked at, and says itself whether it is banned.
            return trusted, replace(value, ban_info=None)
        return [door for door in ours if door in trusted], value

    def _skip(self, reason: str) -> None:
        self._metrics.add(SKIPPED, reason=reason)


def _mended(body: bytearray) -> shapes.Update | None:
    """Half of a surrogate pair in one text, which some senders' apps leave there, must not cost the whole body."""
    try:
        text = json.dumps(json.loads(body.decode("utf-8", "replace")), ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    return read(HALF.sub("\ufffd", text).encode(), shapes.Update)


def _secret(file: SecretFile) -> bytes:
    """What nobody can know, where there is none."""
    try:
        return file.read().encode()
    except Refused:
        return secrets.token_bytes(32)
