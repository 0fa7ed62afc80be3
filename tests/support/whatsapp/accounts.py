"""An account of the network, its phone, and the devices that are linked to it: the bot is one of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from pyaileys.signal.repository import PreKeyBundle, PreKeyBundleKey
from tests.support.whatsapp.endpoint import Endpoint
from tests.support.whatsapp.nodes import SERVER, Node, node, of_device, user_of
from tests.support.whatsapp.offline import Outbox, Pending
from tests.support.whatsapp.proto import Message, P, said, stanza_type
from tests.support.whatsapp.stamps import new_id, now
from tests.support.whatsapp.state import State

if TYPE_CHECKING:
    from tests.support.whatsapp.connection import Connection
    from tests.support.whatsapp.server import WhatsApp

FEW = 4
"""One-time keys left at which the server asks a device for more."""


class Record(msgspec.Struct):
    """What of a linked device outlives the server's process."""

    number: int
    noise: bytes
    identity: bytes
    bundle: PreKeyBundle | None = None
    one_time: list[PreKeyBundleKey] = msgspec.field(default_factory=list)


class Device:
    """A linked device. `number`: the part of its address that tells it from the account's others."""

    def __init__(self, account: Account, record: Record, state: State) -> None:
        self.account = account
        self.number = record.number
        self.noise = record.noise
        self.connection: Connection | None = None
        self.outbox = Outbox(f"{account.name}:{record.number}", state)
        self._record = record
        self._state = state
        self._uploaded = asyncio.Event()
        if record.bundle is not None:
            self._uploaded.set()
        self._save()

    @property
    def jid(self) -> str:
        return of_device(self.account.jid, self.number)

    @property
    def lid(self) -> str:
        """By this one others address it when they encrypt for it."""
        return of_device(self.account.lid, self.number)

    @property
    def online(self) -> bool:
        return self.connection is not None

    @property
    def one_time_keys(self) -> int:
        return len(self._record.one_time)

    def upload(self, bundle: PreKeyBundle, one_time: list[PreKeyBundleKey]) -> None:
        self._record.bundle = bundle
        self._record.one_time.extend(one_time)
        self._save()
        self._uploaded.set()

    async def take_bundle(self, *, within: float = 15) -> PreKeyBundle:
        """What somebody needs who starts a session with it; waits until the device has uploaded its keys."""
        async with asyncio.timeout(within):
            await self._uploaded.wait()
        bundle, left = self._record.bundle, self._record.one_time
        assert bundle is not None
        key = left.pop(0) if left else None
        self._save()
        if len(left) == FEW:
            await self.deliver(_few_keys(len(left)))
        return PreKeyBundle(bundle.registration_id, bundle.identity_key, bundle.signed_pre_key, key)

    async def deliver(self, stanza: Node) -> None:
        """At once where it is connected, and again until it confirms."""
        await self.push(self.outbox.add(stanza))

    async def push(self, pending: Pending) -> None:
        if self.connection is not None:
            await self.connection.push(pending)

    def _save(self) -> None:
        self._state.put(f"device/{self.account.name}", str(self.number), msgspec.msgpack.encode(self._record))


class Account:
    """`phone`: digits; `lid`: digits, the number that groups see instead."""

    def __init__(self, whatsapp: WhatsApp, name: str, phone: str, lid: str) -> None:
        state = whatsapp.state
        self.whatsapp = whatsapp
        self.name = name
        self.phone = phone
        self.jid = f"{phone}@s.whatsapp.net"
        self.lid = f"{lid}@lid"
        self.primary = Endpoint(f"account/{name}", state)
        """The phone itself: it signs what links a device, and gets a copy of what the bot sends."""
        self._state = state
        records = [msgspec.msgpack.decode(raw, type=Record) for raw in state.all(f"device/{name}").values()]
        self.devices = {record.number: Device(self, record, state) for record in records}
        self._next = max(self.devices, default=0)

    @property
    def device(self) -> Device:
        """The one that is linked; the latest where there are several."""
        return self.devices[max(self.devices)]

    def link(self, noise: bytes, identity: bytes) -> Device:
        self._next += 1
        device = Device(self, Record(self._next, noise, identity), self._state)
        self.devices[device.number] = device
        return device

    async def unlink(self, device: Device) -> None:
        """As when it is removed on the phone."""
        self.devices.pop(device.number, None)
        device.outbox.clear()
        self._state.put(f"device/{self.name}", str(device.number), None)
        if device.connection is not None:
            await device.connection.stream_error("401", node("conflict", type="device_removed"))

    def owns(self, jid: str) -> bool:
        return user_of(jid) in {self.phone, user_of(self.lid)}

    # --- what its phone does ---

    async def say(self, chat: str, what: str | Message, *, reference: str = "") -> str:
        """Somebody writes to a person on the phone itself: linked devices get a copy. Gives the message's id."""
        message, reference = said(what) if isinstance(what, str) else what, reference or new_id()
        copy = P.Message(deviceSentMessage={"destinationJid": chat, "message": message})
        for device in list(self.devices.values()):
            told = {"id": reference, "type": stanza_type(message), "recipient": chat, "notify": self.name}
            await device.deliver(node("message", [await self.seal(device, copy)], from_=self.lid, t=now(), **told))
        return reference

    async def tell(self, message: Message) -> None:
        """A word to its linked devices that no chat shows."""
        for device in list(self.devices.values()):
            enc = await self.seal(device, message)
            told = {"id": new_id(), "type": "peer_msg", "category": "peer"}
            await device.deliver(node("message", [enc], from_=self.lid, t=now(), **told))

    async def seal(self, device: Device, message: Message) -> Node:
        if not self.primary.has_session(device.lid):
            await self.primary.meet(device.lid, await device.take_bundle())
        return await self.primary.encrypt(device.lid, message)

    async def deliver(self, stanza: Node) -> None:
        """To all of its linked devices: a receipt, a notification."""
        for device in list(self.devices.values()):
            await device.deliver(stanza)

    def post(self, stanza: Node) -> None:
        """As `deliver`, but what is being done is done first. Nothing is forgotten if it is the last thing done."""
        for device in self.devices.values():
            self.whatsapp.spawn(device.push(device.outbox.add(stanza)))


def _few_keys(left: int) -> Node:
    count = [node("count", value=str(left))]
    return node("notification", count, from_=SERVER, type="encrypt", id=new_id(), t=now())
