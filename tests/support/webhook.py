"""The webhook behind the real public listener, and a client that posts to it as Meta does."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from tests.support.cloud import BUSINESS, ID, SECRET, Json, changed, number, signature, text, update

from whinchat.admin.server import Address, Listeners
from whinchat.testing.metrics import RecordedMetrics
from whinchat.transports.cloud import shapes
from whinchat.transports.cloud.credentials import SecretFile
from whinchat.transports.cloud.decode import Decoder, Skipped
from whinchat.transports.cloud.receiver import WEBHOOKS, Door, Receiver

OTHER_ID, OTHER_BUSINESS, OTHER_SECRET = "206540352242922", "202290129340398", "another-secret"
SHARED_ID = "306540352242922"


class Inlet:
    """Notes what it is brought. It may be closed, slow or broken."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        """Field and the id of each message or status."""
        self.error: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def accept(self, field: str, value: shapes.Value) -> list[Skipped]:
        await self.open.wait()
        if self.error is not None:
            raise self.error
        items = list(Decoder("main").items(field, value, 0))
        self.taken += [(field, getattr(item, "id", getattr(item, "message_id", ""))) for item in items]
        return [item for item in items if isinstance(item, Skipped)]


class NoHealth:
    def live(self) -> bool:
        return True

    async def ready(self) -> tuple[bool, dict[str, object]]:
        return True, {}


class Gate:
    """Two numbers of one app and one of another, behind the real public listener."""

    def __init__(self, folder: Path) -> None:
        self.metrics = RecordedMetrics()
        self.first, self.shared, self.other = Inlet(), Inlet(), Inlet()
        doors = [
            self._door(folder, self.first, "first", ID, BUSINESS, SECRET),
            self._door(folder, self.shared, "shared", SHARED_ID, BUSINESS, SECRET),
            self._door(folder, self.other, "other", OTHER_ID, OTHER_BUSINESS, OTHER_SECRET),
        ]
        self.url = ""
        self.session: aiohttp.ClientSession | None = None
        self.listeners = Listeners(
            private=Address("127.0.0.1", 0, "private"),
            public=Address("127.0.0.1", 0, "public"),
            health=NoHealth(),
            metrics=lambda: b"",
        )
        self.receiver = Receiver(doors, self.metrics)
        self.listeners.mount_public("/whatsapp", self.receiver.application())

    @staticmethod
    def _door(folder: Path, inlet: Inlet, name: str, identity: str, business: str, secret: str) -> Door:
        given = number(folder, name, phone_number_id=identity, business_account_id=business, app_secret=secret)
        return Door(
            inlet=inlet,
            phone_number_id=identity,
            business_account_id=business,
            app_secret=SecretFile(given.app_secret_file),
            verify_token=SecretFile(given.verify_token_file),
        )

    async def post(self, body: bytes | Json, signed: str | None = "", **headers: str) -> int:
        """The status. `signed`: empty for the right signature, None for none."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if signed is not None:
            given["X-Hub-Signature-256"] = signed or signature(body)
        assert self.session is not None
        data = io.BytesIO(body)
        async with self.session.post(self.url, data=data, headers=given, skip_auto_headers=["Content-Type"]) as answer:
            said = await answer.read()
            assert said == b"" or answer.status == 400  # which aiohttp itself says, of requests that it cannot read
            return answer.status

    async def get(self, **query: str) -> tuple[int, str]:
        assert self.session is not None
        params = {name.replace("_", ".", 1): value for name, value in query.items()}
        async with self.session.get(self.url, params=params) as answer:
            return answer.status, await answer.text()

    def counted(self, result: str) -> float:
        return self.metrics.value(WEBHOOKS, result=result)


@asynccontextmanager
async def standing(folder: Path) -> AsyncIterator[Gate]:
    gate = Gate(folder)
    await gate.listeners.start()
    gate.url = f"{gate.listeners.public_url}/whatsapp"
    try:
        async with aiohttp.ClientSession() as gate.session:
            yield gate
    finally:
        await gate.listeners.stop()


def message(identity: str = "wamid.in", number_id: str = ID) -> Json:
    return update(changed(identity=number_id, messages=[text(identity=identity)]))


async def raw(gate: Gate, request: bytes, *, seconds: float = 5.0) -> bytes:
    """What comes back on a connection of our own, to its end."""
    host, port = gate.url.removeprefix("http://").removesuffix("/whatsapp").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(seconds):
            return await reader.read(65536)
    finally:
        writer.close()
