"""A number on the Cloud API, with Meta's side as a test says it is, and what Meta posts to the webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from tests.support.stages import RecordingSink

from whinchat.config import CloudNumber
from whinchat.core.types import Action, ChatKind, ChatRef, ConnectionState, SendResult, SendText
from whinchat.testing.clock import START, FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.http import Answer, Asked, FakeHttp
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.sealer import PlainSealer
from whinchat.transports.cloud import shapes
from whinchat.transports.cloud.credentials import SecretFile
from whinchat.transports.cloud.decode import Decoder, Item
from whinchat.transports.cloud.graph import Graph
from whinchat.transports.cloud.migrations import MIGRATIONS
from whinchat.transports.cloud.standing import FIELDS
from whinchat.transports.cloud.transport import CloudTransport
from whinchat.transports.cloud.windows import Windows

Json = dict[str, Any]

ID, BUSINESS, DISPLAY = "106540352242922", "102290129340398", "15550783881"
API, VERSION = "https://graph.facebook.com", "v26.0"
OBJECT = f"{API}/{VERSION}/{ID}"
MESSAGES, MEDIA = f"{OBJECT}/messages", f"{OBJECT}/media"
LOOK = f"{OBJECT}?fields={FIELDS.replace(',', '%2C')}"
TOKEN, SECRET, VERIFY = "EAAG-token", "app-secret", "verify me"

ANA, ANA_PHONE = "DE.1001", "999100000001"
CHAT = ChatRef(ANA, ChatKind.DIRECT)
HELLO = SendText("hello")
CONTACT: Json = {"profile": {"name": "Ana"}, "wa_id": ANA_PHONE, "user_id": ANA}


def number(folder: Path, name: str = "main", **changes: Any) -> CloudNumber:
    """With its secrets in files of the folder."""
    files = {}
    for kind, secret in (("token", TOKEN), ("app_secret", SECRET), ("verify_token", VERIFY)):
        files[f"{kind}_file"] = folder / f"{name}.{kind}"
        files[f"{kind}_file"].write_text(changes.pop(kind, secret) + "\n")
    given: Json = {"name": name, "phone_number_id": ID, "business_account_id": BUSINESS, **files, **changes}
    return CloudNumber(**given)


# --- what Meta answers -----------------------------------------------------------------------------------------------


def granted(answer: Json) -> Answer:
    return Answer(json.dumps(answer).encode())


def sent(identity: str = "wamid.1") -> Answer:
    return granted({"messaging_product": "whatsapp", "contacts": [], "messages": [{"id": identity}]})


def refused(code: int, status: int = 400, *, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    error = {"message": f"(#{code}) no", "type": "OAuthException", "code": code, "fbtrace_id": "A", **more}
    return Answer(json.dumps({"error": error}).encode(), status, headers or {})


def described(**more: Any) -> Answer:
    """The number, as Meta sees it."""
    told = {"id": ID, "display_phone_number": "+1 555-078-3881", "quality_rating": "GREEN"}
    return granted({**told, "throughput": {"level": "STANDARD"}, "is_on_biz_app": False, **more})


def payload(asked: Asked) -> Json:
    found = json.loads(asked.body)
    assert isinstance(found, dict)
    return found


# --- what Meta posts -------------------------------------------------------------------------------------------------


def text(body: str = "hi", identity: str = "wamid.in", **more: Any) -> Json:
    message: Json = {"from": ANA_PHONE, "from_user_id": ANA, "id": identity, "timestamp": "1767225600"}
    return {**message, "type": "text", "text": {"body": body}, **more}


def status(kind: str, identity: str = "wamid.1", *, code: int | None = None, **more: Any) -> Json:
    told: Json = {"id": identity, "status": kind, "timestamp": "1767225601"}
    told |= {"recipient_id": ANA_PHONE, "recipient_user_id": ANA}
    return {**told, **({} if code is None else {"errors": [{"code": code, "title": "no"}]}), **more}


def changed(*, identity: str = ID, **lists: Any) -> Json:
    """The value of a change, with `messages`, `statuses`, …"""
    metadata = {"display_phone_number": DISPLAY, "phone_number_id": identity}
    return {"messaging_product": "whatsapp", "metadata": metadata, "contacts": [CONTACT], **lists}


def update(value: Json, name: str = "messages", business: str = BUSINESS) -> Json:
    change = {"field": name, "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": business, "changes": [change]}]}


def value_of(value: Json) -> shapes.Value:
    return msgspec.json.decode(json.dumps(value).encode(), type=shapes.Value, strict=False)


def items(value: Json, field: str = "messages", now: int = START) -> list[Item]:
    return list(Decoder("main").items(field, value_of(value), now))


def item(message: Json, **more: Any) -> Item:
    (found,) = items(changed(messages=[message], **more))
    return found


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


# --- one number, whole -----------------------------------------------------------------------------------------------


@dataclass
class Bench:
    """A number over an HTTP client that a test answers for. `transport` is made from the others."""

    number: CloudNumber
    clock: FakeClock = field(default_factory=FakeClock)
    http: FakeHttp = field(default_factory=FakeHttp)
    database: MemoryDatabase = field(default_factory=lambda: MemoryDatabase(MIGRATIONS))
    metrics: RecordedMetrics = field(default_factory=RecordedMetrics)
    sink: RecordingSink = field(default_factory=RecordingSink)

    def __post_init__(self) -> None:
        self.transport = self.anew()

    def anew(self) -> CloudTransport:
        """As after a restart: what was only in memory is forgotten."""
        token = SecretFile(self.number.token_file)
        self.graph = Graph(self.http, API, VERSION, token, self.metrics)
        self.windows = Windows(self.database, PlainSealer(), self.clock, self.number.phone_number_id)
        self.transport = CloudTransport(self.number, self.graph, self.windows, self.clock, Random(1), self.metrics)
        return self.transport

    async def online(self, **told: Any) -> CloudTransport:
        self.http.answer(LOOK, described(**told))
        await self.transport.start(self.sink)
        await self.clock.advance(0)
        assert self.state() is ConnectionState.ONLINE
        return self.transport

    async def hears(self, *messages: Json, **lists: Any) -> None:
        if messages:
            lists["messages"] = list(messages)
        value = changed(**lists)
        await self.transport.accept("messages", value_of(value))

    async def open(self) -> None:
        """Ana wrote just now."""
        await self.windows.opened(self.clock.now(), ANA)

    def state(self) -> ConnectionState:
        return self.transport.state

    async def sends(self, *answers: Answer, action: Action = HELLO) -> SendResult:
        """What becomes of it while Ana's window is open."""
        await self.online()
        await self.open()
        self.http.answer(MESSAGES, *answers)
        return await self.transport.perform(CHAT, action, "r-1")

    @property
    def posted(self) -> list[Json]:
        """The messages that were asked to be sent."""
        return [payload(asked) for asked in self.http.asked if asked.url == MESSAGES]
