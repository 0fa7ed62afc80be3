"""What is said in a group, both ways: each member has a sender key there and tells it to each device before using it.

Who has no sender key of somebody asks for the message again, and gets it encrypted for that device alone with the
sender key in it (whatsmeow: send.go, retry.go).
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from pyaileys.signal.group import SenderKeyDistributionMessage, jid_to_sender_key_name
from tests.support.whatsapp import contents
from tests.support.whatsapp.accounts import Account, Device
from tests.support.whatsapp.contents import Key
from tests.support.whatsapp.endpoint import Endpoint, padded, read_bundle, unpadded
from tests.support.whatsapp.messages import Sent
from tests.support.whatsapp.nodes import Node, bare, child, children, data, device_of, node, of_device, user_of
from tests.support.whatsapp.people import REMEMBERED, Person
from tests.support.whatsapp.proto import Message, P, edit_attribute, media_type, stanza_type
from tests.support.whatsapp.stamps import new_id

if TYPE_CHECKING:
    from tests.support.whatsapp.groups import Group
    from tests.support.whatsapp.server import WhatsApp

Someone: TypeAlias = Person | Account
HIDDEN = {"decrypt-fail": "hide"}
"""Nobody is shown that such a message could not be read."""


@dataclass(frozen=True)
class Said:
    """A message of a member. `key` names it to others, `message` is what was said."""

    key: Key
    speaker: Someone
    message: Message

    @property
    def id(self) -> str:
        return self.key.id


@dataclass
class Received:
    """What a bot did in a group. `kind`: as `contents.kind` has it, or the change it asked for as admin."""

    kind: str
    key: Key
    account: Account
    message: Message
    """An empty one for a change."""
    who: str = ""
    """Whom a change was about: a LID."""
    readers: set[str] = field(default_factory=set)
    """The names of those whose phones could read it."""

    @property
    def id(self) -> str:
        return self.key.id

    @property
    def text(self) -> str:
        return contents.words(self.message)

    @property
    def target(self) -> str:
        return contents.target(self.message)


class GroupMessages:
    def __init__(self, whatsapp: WhatsApp, group: Group) -> None:
        self._whatsapp = whatsapp
        self._group = group
        self._sent: OrderedDict[str, tuple[Someone, Message, str]] = OrderedDict()
        self._told = f"sender-key-told/{group.jid}"

    # --- from people ---

    async def say(
        self, who: Someone, what: str | Message, reference: str, at: float | None, *, keyless: bool = False
    ) -> Said:
        message = contents.text(what) if isinstance(what, str) else what
        key = Key(self._group.jid, who.lid, reference or new_id())
        await self._send(who, message, key.id, int(at if at is not None else time.time()), keyless=keyless)
        return Said(key, who, message)

    async def withhold(self, who: Someone, kind: str) -> str:
        """A message that linked devices are only told of, as what can be viewed once; gives its id."""
        reference, stamp = new_id(), str(int(time.time()))
        notice = self._stanza(who, P.Message(), reference, stamp, [node("unavailable", type_=kind)])
        for account in self._group.accounts:
            await account.deliver(notice)
        return reference

    async def edit(self, said: Said, what: str | Message) -> Said:
        content = contents.text(what) if isinstance(what, str) else what
        return await self.say(said.speaker, contents.edit(said.key, content), "", None)

    async def revoke(self, key: Key, by: Someone) -> Said:
        return await self.say(by, contents.revocation(key, by.lid), "", None)

    async def react(self, key: Key, emoji: str, by: Someone) -> Said:
        return await self.say(by, contents.reaction(key, by.lid, emoji), "", None)

    async def read(self, key: Key, by: Person, kind: str) -> None:
        """`kind`: read, played, or empty for delivered."""
        account = self._group.find(key.sender)
        assert isinstance(account, Account)
        stamp = str(int(time.time()))
        told = {"participant": by.lid, "id": key.id, "t": stamp, "type": kind or None}
        await account.deliver(node("receipt", from_=self._group.jid, **told))

    def renew_keys(self) -> None:
        """As phones do when somebody has left: the next message of each member has another sender key."""
        for member in self._group.members:
            name = jid_to_sender_key_name(self._group.jid, member.lid).serialize()
            self._whatsapp.state.put(f"{_endpoint(member).owner}/sender-key", name, None)

    async def on_retry(self, device: Device, receipt: Node) -> None:
        """A device of a bot could not read a message."""
        found = self._sent.get(receipt.attrs["id"])
        if found is None:
            return
        who, message, stamp = found
        endpoint = _endpoint(who)
        if child(receipt, "keys") is not None:
            await endpoint.meet(device.lid, read_bundle(receipt))
        _, distribution = await endpoint.repository.encrypt_group_message(
            group_jid=self._group.jid, me_jid=who.lid, data=padded(P.Message())
        )
        enc = await _seal(who, device, self._with_key(message, distribution))
        retry = child(receipt, "retry")
        enc.attrs["count"] = retry.attrs["count"] if retry is not None else "1"
        await device.deliver(self._stanza(who, message, receipt.attrs["id"], stamp, [enc]))

    async def _send(self, who: Someone, message: Message, reference: str, at: int, *, keyless: bool) -> None:
        self._sent[reference] = (who, message, str(at))
        if len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)
        sealed, distribution = await _endpoint(who).repository.encrypt_group_message(
            group_jid=self._group.jid, me_jid=who.lid, data=padded(message)
        )
        hidden = HIDDEN if edit_attribute(message) or stanza_type(message) == "reaction" else {}
        about = {"v": "2", "type": "skmsg", "mediatype": media_type(message)}
        enc = self._whatsapp.faults.on_seal(node("enc", sealed, **about, **hidden))
        for account in self._group.accounts:
            for device in list(account.devices.values()):
                first = await self._introduction(who, device, distribution, keyless=keyless)
                await device.deliver(self._stanza(who, message, reference, str(at), [*first, enc]))

    async def _introduction(self, who: Someone, device: Device, distribution: bytes, *, keyless: bool) -> list[Node]:
        """The sender key, for a device that was not told it. `keyless`: it is thought to have it, but has not."""
        state, entry = self._whatsapp.state, f"{who.lid}>{device.lid}"
        number = str(SenderKeyDistributionMessage(serialized=distribution).sender_key_id).encode()
        if state.get(self._told, entry) == number:
            return []
        state.put(self._told, entry, number)
        return [] if keyless else [await _seal(who, device, self._with_key(P.Message(), distribution))]

    def _with_key(self, message: Message, distribution: bytes) -> Message:
        full = P.Message()
        full.CopyFrom(message)
        full.senderKeyDistributionMessage.groupId = self._group.jid
        full.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage = distribution
        return full

    def _stanza(self, who: Someone, message: Message, reference: str, stamp: str, encs: list[Node]) -> Node:
        kind = stanza_type(message)
        meta = [node("meta", polltype="creation")] if kind == "poll" else []
        return node(
            "message",
            [*encs, *meta],
            from_=self._group.jid,
            participant=who.lid,
            participant_pn=who.jid or None,
            addressing_mode="lid",
            id=reference,
            t=stamp,
            type=kind,
            notify=shown_name(who),
            edit=edit_attribute(message),
        )

    # --- from the bots ---

    async def take(self, device: Device, stanza: Node) -> str:
        """A message of a bot's device that may be sent; gives the hash of the devices that should have got it."""
        given = {bare(to.attrs["jid"]): to for to in children(child(stanza, "participants") or stanza, "to")}
        shared = next((enc for enc in children(stanza, "enc") if enc.attrs["type"] == "skmsg"), None)
        if shared is None:
            await self._take_again(device, stanza)
            return ""
        if self._whatsapp.is_new(device.account, stanza):
            readers: dict[str, Message] = {}
            for person in self._group.people:
                introduction = child(given[person.lid], "enc") if person.lid in given else None
                message = await self._open(person, device, stanza, introduction, shared)
                if message is not None:
                    readers[person.name] = message
                    self._confirm(person, device, stanza)
            if readers:
                self._note(device, stanza, readers)
            for account in self._group.accounts:
                if account is not device.account:
                    await self._forward(account, device, stanza, shared)
        return self._devices_hash()

    def _note(self, device: Device, stanza: Node, readers: dict[str, Message]) -> None:
        message, account = next(iter(readers.values())), device.account
        key = Key(self._group.jid, account.lid, stanza.attrs["id"])
        self._group.received.add(Received(contents.kind(message), key, account, message, readers=set(readers)))
        self._whatsapp.take(Sent(account.name, key.chat, key.id, message, tuple(readers), stanza))

    def _confirm(self, person: Person, device: Device, stanza: Node) -> None:
        if person.confirms:
            key = Key(self._group.jid, device.account.lid, stanza.attrs["id"])
            self._whatsapp.spawn(self.read(key, person, ""))

    async def _open(
        self, person: Person, device: Device, stanza: Node, introduction: Node | None, shared: Node
    ) -> Message | None:
        repository = person.endpoint.repository
        if introduction is not None:
            told = await person.open(device, stanza, introduction)
            if told is None:
                return None
            await self._learn(person, device, told)
        try:
            plain = await repository.decrypt_group_message(
                group_jid=self._group.jid, author_jid=device.lid, ciphertext=data(shared)
            )
        except ValueError:
            await person.ask_again(device, stanza)
            return None
        return unpadded(plain)

    async def _take_again(self, device: Device, stanza: Node) -> None:
        """One of them asked for it again and gets it alone."""
        person = self._group.find(stanza.attrs["participant"])
        enc = child(stanza, "enc")
        assert isinstance(person, Person)
        assert enc is not None
        message = await person.open(device, stanza, enc)
        if message is None:
            return
        await self._learn(person, device, message)
        reference = stanza.attrs["id"]
        received = next((each for each in self._group.received if each.id == reference), None)
        if received is None:
            self._note(device, stanza, {person.name: message})
        else:
            received.readers.add(person.name)
        self._confirm(person, device, stanza)

    async def _learn(self, person: Person, device: Device, told: Message) -> None:
        if told.HasField("senderKeyDistributionMessage"):
            await person.endpoint.repository.process_sender_key_distribution_message(
                self._group.jid,
                author_jid=device.lid,
                distribution_bytes=told.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage,
            )

    async def _forward(self, account: Account, device: Device, stanza: Node, shared: Node) -> None:
        """To another bot in the group."""
        given = children(child(stanza, "participants") or stanza, "to")
        copied = {name: stanza.attrs[name] for name in ("id", "type", "edit") if name in stanza.attrs}
        told = {"from": self._group.jid, "participant": device.lid, "participant_pn": device.account.jid}
        stamp = {"t": str(int(time.time())), "addressing_mode": "lid", "notify": shown_name(device.account)}
        for other in list(account.devices.values()):
            own = [enc for to in given if to.attrs["jid"] == other.lid for enc in children(to, "enc")]
            await other.deliver(Node("message", copied | told | stamp, [*own, shared]))

    def _devices_hash(self) -> str:
        """Of the addresses of all devices in the group, as the sender has to know them."""
        devices = [
            of_device(member.lid, number)
            for member in self._group.members
            for number in ([0, *member.devices] if isinstance(member, Account) else [0])
        ]
        names = sorted(f"{user_of(jid)}.0:{device_of(jid)}@lid" for jid in devices)
        digest = hashlib.sha256("".join(names).encode()).digest()[:6]
        return "2:" + base64.b64encode(digest).decode().rstrip("=")


def shown_name(who: Someone) -> str:
    return who.push_name if isinstance(who, Person) else who.name.capitalize()


def _endpoint(who: Someone) -> Endpoint:
    return who.primary if isinstance(who, Account) else who.endpoint


async def _seal(who: Someone, device: Device, message: Message) -> Node:
    """For one device alone."""
    if isinstance(who, Person):
        return await who.seal(device, message)
    if not who.primary.has_session(device.lid):
        await who.primary.meet(device.lid, await device.take_bundle())
    return await who.primary.encrypt(device.lid, message)
