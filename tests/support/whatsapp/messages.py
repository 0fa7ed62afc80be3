"""What linked devices send: direct messages to people, receipts, acknowledgements, signs of life."""

from __future__ import annotations

from dataclasses import dataclass

from pyaileys.signal.repository import SignalError
from tests.support.whatsapp import contents
from tests.support.whatsapp.connection import Connection
from tests.support.whatsapp.handlers import Handlers, Refusal
from tests.support.whatsapp.nodes import Node, bare, child, children, device_of, node, server_of
from tests.support.whatsapp.people import Person
from tests.support.whatsapp.proto import Message
from tests.support.whatsapp.stamps import now


@dataclass(frozen=True)
class Sent:
    """What a bot sent, as those could read it whom it was for. `chat`: the id that it was sent to."""

    account: str
    chat: str
    id: str
    message: Message
    readers: tuple[str, ...]
    stanza: Node

    @property
    def text(self) -> str:
        return contents.words(self.message)


@dataclass(frozen=True)
class Receipt:
    """What a bot confirmed. `kind`: empty or inactive for delivered, read, played, sender, retry, and so on."""

    account: str
    chat: str
    ids: tuple[str, ...]
    kind: str
    participant: str = ""


@dataclass(frozen=True)
class Typing:
    """`state`: composing or paused."""

    account: str
    chat: str
    state: str


def register(handlers: Handlers) -> None:
    handlers.stanza("message", _on_message)
    handlers.stanza("receipt", _on_receipt)
    handlers.stanza("ack", _on_ack)
    handlers.stanza("chatstate", _on_chatstate)
    handlers.stanza("presence", _on_presence)
    handlers.stanza("ib", _on_information)
    handlers.chat("lid", _direct)
    handlers.chat("s.whatsapp.net", _direct)


async def _on_message(connection: Connection, stanza: Node) -> None:
    whatsapp = connection.whatsapp
    fault = whatsapp.faults.on_message(stanza)
    if fault is None or fault.arrives:
        try:
            await whatsapp.handlers.for_chat(server_of(stanza.attrs["to"]))(connection, stanza)
        except Refusal as refusal:
            await connection.send(acknowledgement(stanza, error=str(refusal.code)))
            return
    if fault is None:
        await connection.send(acknowledgement(stanza))
    else:
        await fault.answer(connection, stanza)


def acknowledgement(stanza: Node, *, error: str | None = None) -> Node:
    """The server's word that it has a message; with an error that it does not take it."""
    told = stanza.attrs
    about = {"id": told["id"], "phash": told.get("phash") or None, "error": error}
    return node("ack", class_="message", from_=told["to"], t=now(), **about)


async def _direct(connection: Connection, stanza: Node) -> None:
    """To one person, with copies for the account's other devices; or to the account's own phone."""
    whatsapp, account, chat = connection.whatsapp, connection.account, stanza.attrs["to"]
    if account.owns(chat):
        await _to_own(connection, stanza)
        return
    person = whatsapp.person_at(bare(chat))
    if person is None:
        raise Refusal(404, "item-not-found")
    if not whatsapp.is_new(account, stanza):
        return
    for jid, enc in envelopes(stanza):
        if account.owns(jid):
            await _copy(connection, stanza, jid, enc)
        else:
            message = await person.open(connection.linked, stanza, enc)
            if message is not None:
                whatsapp.take(Sent(account.name, bare(chat), stanza.attrs["id"], message, (person.name,), stanza))
                if person.confirms:
                    from_ = person.lid if server_of(chat) == "lid" else person.jid
                    account.post(node("receipt", from_=from_, id=stanza.attrs["id"], t=now()))


def envelopes(stanza: Node) -> list[tuple[str, Node]]:
    """Each device's `<enc>`, with the device's address."""
    found = [
        (target.attrs["jid"], enc)
        for listed in children(stanza, "participants")
        for target in children(listed, "to")
        for enc in children(target, "enc")
    ]
    alone = child(stanza, "enc")
    if alone is not None and alone.attrs.get("type") != "skmsg":
        found.append((stanza.attrs.get("participant", stanza.attrs["to"]), alone))
    return found


async def _copy(connection: Connection, stanza: Node, jid: str, enc: Node) -> None:
    """For the phone, which can read it, or for another linked device."""
    account = connection.account
    number = device_of(jid)
    if number == 0:
        try:
            await account.primary.decrypt(connection.linked.lid, enc)
        except SignalError:
            connection.whatsapp.unread.append(stanza)
    elif (other := account.devices.get(number)) is not None:
        told = {"recipient": stanza.attrs["to"], "id": stanza.attrs["id"], "type": stanza.attrs["type"]}
        await other.deliver(node("message", [enc], from_=connection.linked.lid, t=now(), **told))


async def _to_own(connection: Connection, stanza: Node) -> None:
    """What a device asks its phone for, or a message to oneself."""
    whatsapp, account = connection.whatsapp, connection.account
    for jid, enc in envelopes(stanza):
        if device_of(jid):
            await _copy(connection, stanza, jid, enc)
            continue
        message = await account.primary.decrypt(connection.linked.lid, enc)
        if message.HasField("deviceSentMessage"):
            message = message.deviceSentMessage.message
        sent = Sent(account.name, bare(stanza.attrs["to"]), stanza.attrs["id"], message, (account.name,), stanza)
        if stanza.attrs.get("category") == "peer":
            whatsapp.asked.add(sent)
        else:
            whatsapp.take(sent)


async def _on_receipt(connection: Connection, receipt: Node) -> None:
    whatsapp, told = connection.whatsapp, receipt.attrs
    kind = told.get("type", "")
    ids = [told["id"], *(each.attrs["id"] for each in children(child(receipt, "list") or node("list"), "item"))]
    whatsapp.receipts.add(Receipt(connection.account.name, told["to"], tuple(ids), kind, told.get("participant", "")))
    if kind == "retry":
        await _retry(connection, receipt)
    elif kind in {"", "inactive", "sender", "peer_msg"}:
        connection.linked.outbox.settle("message", receipt)
    told_back = {"id": told["id"], "type": told.get("type"), "participant": told.get("participant")}
    await connection.send(node("ack", class_="receipt", from_=told["to"], t=now(), **told_back))


async def _retry(connection: Connection, receipt: Node) -> None:
    """It comes from who could not read a message; who sent that sends it again."""
    sender = receipt.attrs.get("participant", receipt.attrs["to"])
    if connection.account.owns(sender):
        return
    person = connection.whatsapp.person_at(bare(sender))
    if person is not None:
        connection.linked.outbox.settle("message", receipt)
        resend = connection.whatsapp.resenders.get(server_of(receipt.attrs["to"]), Person.on_retry)
        await resend(person, connection.linked, receipt)


async def _on_ack(connection: Connection, ack: Node) -> None:
    if "error" in ack.attrs:
        connection.whatsapp.refused.append(ack)
    if connection.device is not None:
        connection.linked.outbox.settle(ack.attrs["class"], ack)


async def _on_chatstate(connection: Connection, stanza: Node) -> None:
    state = children(stanza)[0].tag
    connection.whatsapp.typing.add(Typing(connection.account.name, stanza.attrs["to"], state))


async def _on_presence(connection: Connection, stanza: Node) -> None:
    connection.whatsapp.presence.append(stanza)


async def _on_information(_: Connection, __: Node) -> None:
    """Of no consequence: telemetry of the client's."""
