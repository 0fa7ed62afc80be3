"""People of the fake network: each has a phone with a Signal identity, and talks with the bots in it."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from pyaileys.signal.repository import SignalError
from tests.support.whatsapp.accounts import Account, Device
from tests.support.whatsapp.endpoint import Endpoint, read_bundle
from tests.support.whatsapp.nodes import Node, child, node
from tests.support.whatsapp.proto import Message, P, edit_attribute, media_type, said, stanza_type
from tests.support.whatsapp.stamps import new_id, now

if TYPE_CHECKING:
    from tests.support.whatsapp.server import WhatsApp

REMEMBERED = 5000
"""Messages that a person can send again when asked to."""


class Person:
    """`phone`: digits, empty where nobody is told it; `lid`: digits, empty before the person has one."""

    def __init__(self, whatsapp: WhatsApp, name: str, phone: str, lid: str, *, by_lid: bool) -> None:
        self.name = name
        self.push_name = name.capitalize()
        self.jid = f"{phone}@s.whatsapp.net" if phone else ""
        self.lid = f"{lid}@lid" if lid else ""
        self.by_lid = by_lid
        """Whether direct messages come from the person's LID; else from the phone number."""
        self.confirms = True
        """Whether the phone tells senders that it got their messages."""
        self.endpoint = Endpoint(f"person/{name}", whatsapp.state)
        self._whatsapp = whatsapp
        self._sent = deque(whatsapp.state.all(f"sent/{name}"))
        self._retries: dict[str, int] = {}

    @property
    def address(self) -> str:
        """What direct messages come from."""
        return self.lid if (self.by_lid and self.lid) or not self.jid else self.jid

    def addresses(self) -> set[str]:
        return {self.jid, self.lid} - {""}

    # --- what the person does ---

    async def say(
        self,
        what: str | Message,
        *,
        to: Account | None = None,
        reference: str = "",
        at: float | None = None,
    ) -> str:
        """Send a direct message; gives its id, made up where none is given. `at`: its time, seconds since 1970."""
        message, reference = said(what) if isinstance(what, str) else what, reference or new_id()
        account = to or self._whatsapp.only_account()
        self.remember(reference, message)
        for device in list(account.devices.values()):
            enc = await self.seal(device, message)
            stamp = str(int(at if at is not None else time.time()))
            await device.deliver(self._direct(enc, message, reference, stamp))
        return reference

    async def read(self, *ids: str, to: Account | None = None, kind: str = "read") -> None:
        """Show to the bot that its messages were read. `kind`: read, played, or empty for delivered."""
        first, *more = ids
        listed = [node("list", [node("item", id=each) for each in more])] if more else None
        receipt = node("receipt", listed, from_=self.address, id=first, t=now(), type=kind or None)
        await (to or self._whatsapp.only_account()).deliver(receipt)

    async def type(self, *, to: Account | None = None, stops: bool = False) -> None:
        """The bot sees that the person is writing."""
        for device in (to or self._whatsapp.only_account()).devices.values():
            if device.connection is not None:
                state = [node("paused" if stops else "composing")]
                await device.connection.send(node("chatstate", state, from_=self.address))

    async def call(self, *, to: Account | None = None) -> str:
        """Ring the bot; gives the call's id."""
        number = new_id()
        offer = node("offer", **{"call-id": number, "call-creator": self.address})
        told = {"id": new_id(), "t": now(), "platform": "android", "version": "2.24.1"}
        await (to or self._whatsapp.only_account()).deliver(node("call", [offer], from_=self.address, **told))
        return number

    async def withhold(self, *, to: Account | None = None) -> str:
        """Send what linked devices are not given, as what is to be seen once; gives its id."""
        number = new_id()
        told = {"id": number, "t": now(), "type": "media", "notify": self.push_name}
        stanza = node("message", [node("unavailable", type="view_once")], from_=self.address, **told)
        await (to or self._whatsapp.only_account()).deliver(stanza)
        return number

    async def reinstall(self) -> None:
        """A new phone: another identity, nothing remembered; the bots are told."""
        self.endpoint.renew()
        while self._sent:
            self._whatsapp.state.put(f"sent/{self.name}", self._sent.popleft(), None)
        changed = node(
            "notification", [node("identity")], from_=self.address, type="encrypt", id=new_id(), t=now(), lid=self.lid
        )
        for account in self._whatsapp.accounts.values():
            await account.deliver(changed)

    def migrate(self, lid: str) -> None:
        """The person gets a LID and is addressed by it from now on."""
        self.lid, self.by_lid = f"{lid}@lid", True
        self._whatsapp.keep(self)

    # --- what the phone does ---

    def remember(self, reference: str, message: Message) -> None:
        """It can send this again."""
        state, kind = self._whatsapp.state, f"sent/{self.name}"
        state.put(kind, reference, message.SerializeToString())
        self._sent.append(reference)
        if len(self._sent) > REMEMBERED:
            state.put(kind, self._sent.popleft(), None)

    def recall(self, reference: str) -> Message | None:
        raw = self._whatsapp.state.get(f"sent/{self.name}", reference)
        return P.Message.FromString(raw) if raw is not None else None

    async def seal(self, device: Device, message: Message) -> Node:
        """The `<enc>` for a linked device."""
        if not self.endpoint.has_session(device.lid):
            await self.endpoint.meet(device.lid, await device.take_bundle())
        enc = await self.endpoint.encrypt(device.lid, message)
        if (kind := media_type(message)) is not None:
            enc.attrs["mediatype"] = kind
        return self._whatsapp.faults.on_seal(enc)

    async def open(self, device: Device, stanza: Node, enc: Node) -> Message | None:
        """What a linked device sent; asks it to send it again where it cannot be read."""
        try:
            return await self.endpoint.decrypt(device.lid, enc)
        except SignalError:
            await self.ask_again(device, stanza)
            return None

    async def on_retry(self, device: Device, receipt: Node) -> None:
        """The device could not read a message."""
        reference = receipt.attrs["id"]
        message = self.recall(reference)
        if message is None:
            return
        await self.restart(device, receipt)
        enc = await self.seal(device, message)
        retry = child(receipt, "retry")
        enc.attrs["count"] = retry.attrs["count"] if retry is not None else "1"
        await device.deliver(self._direct(enc, message, reference, now()))

    async def restart(self, device: Device, receipt: Node) -> None:
        """Start the session with a device anew, with the keys in its retry receipt where it sent some."""
        if child(receipt, "keys") is None:
            self.endpoint.forget(device.lid)
        else:
            await self.endpoint.meet(device.lid, read_bundle(receipt))

    def _direct(self, enc: Node, message: Message, reference: str, stamp: str) -> Node:
        by_lid = self.address == self.lid
        return node(
            "message",
            [enc],
            from_=self.address,
            id=reference,
            t=stamp,
            type=stanza_type(message),
            edit=edit_attribute(message),
            notify=self.push_name,
            addressing_mode="lid" if by_lid else "pn",
            sender_pn=(self.jid or None) if by_lid else None,
            sender_lid=None if by_lid else (self.lid or None),
        )

    async def ask_again(self, device: Device, stanza: Node) -> None:
        reference = stanza.attrs["id"]
        count = self._retries[reference] = self._retries.get(reference, 0) + 1
        registration = self.endpoint.identity.registration.to_bytes(4, "big")
        content = [
            node("retry", count=str(count), id=reference, t=stanza.attrs.get("t", now()), v="1"),
            node("registration", registration),
            node("keys", [node("type", b"\x05"), *await self.endpoint.keys()]),
        ]
        group = stanza.attrs["to"] if stanza.attrs["to"].endswith("@g.us") else None
        await device.deliver(
            node(
                "receipt",
                content,
                from_=group or self.address,
                participant=self.lid if group else None,
                id=reference,
                type="retry",
                t=now(),
            )
        )
