"""The stories of the contract over a linked device: the real library, and a fake network around it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.linked.accounts import Machine, Nobody, link, trusting
from tests.support.whatsapp import contents
from tests.support.whatsapp.faults import SendFault
from tests.support.whatsapp.group_messages import Received, Said
from tests.support.whatsapp.groups import Group
from tests.support.whatsapp.people import Person
from tests.support.whatsapp.proto import Message
from tests.support.whatsapp.server import WhatsApp

from whinchat.core.types import ChatKind, ChatRef, Content, MembershipChange, MessageRef, UserRef
from whinchat.transports.linked.transport import LinkedTransport

CHANGES = {"remove": "remove_member", "announce": "lock_group", "open": "lock_group"}
REORDERED = 20
"""Events that are held back and come in another order."""


class LinkedStage:
    unheard: frozenset[str] = frozenset()

    def __init__(self, whatsapp: WhatsApp, group: Group, transport: LinkedTransport) -> None:
        self.whatsapp = whatsapp
        self.transport = transport
        self.group = ChatRef(group.jid, ChatKind.GROUP)
        self._group = group
        self._said: dict[tuple[str, str], Said] = {}
        self.ana, self.bob, self.eve = (reference(whatsapp.person(name)) for name in ("ana", "bob", "eve"))

    def chat(self, who: UserRef) -> ChatRef:
        return self.group

    async def post(
        self,
        who: UserRef,
        content: Content,
        *,
        media: bytes | None = None,
        quote: MessageRef | None = None,
        identity: str = "",
    ) -> MessageRef:
        message = written(content)
        if media is not None:
            fields = await self.whatsapp.media.store(media, "image")
            message = contents.media("image", fields, "image/png", caption=content.text)
        if quote is not None:
            quoted = self._said[quote.sender, quote.id]
            message = contents.quoting(message, quoted.key, quoted.message)
        said = await self._group.say(self._person(who), message, identity=identity)
        self._said[who.id, said.id] = said
        return MessageRef(self.group, said.id, who.id)

    async def edit(self, message: MessageRef, text: str) -> None:
        await self._group.edit(self._said[message.sender, message.id], text)

    async def revoke(self, message: MessageRef, by: UserRef) -> None:
        await self._group.revoke(self._said[message.sender, message.id], by=self._person(by))

    async def react(self, message: MessageRef, by: UserRef, emoji: str) -> None:
        await self._group.react(self._find(message), emoji, by=self._person(by))

    async def member(self, change: MembershipChange, who: UserRef) -> None:
        by = who if change in {MembershipChange.JOIN, MembershipChange.LEAVE} else self.ana
        await self._group.change(change.value, by=self._person(by), who=self._person(who))

    async def demote_bot(self) -> None:
        """Until it has heard of it: it is told, not asked."""
        await self._group.change("demote", by=self._person(self.ana), who=self.whatsapp.only_account())
        group = await self.transport.group(self.group)
        while group is not None and group.me in group.admins:
            group = await self.transport.group(self.group)

    async def duplicate(self, times: int) -> None:
        self.whatsapp.faults.repeat(times)

    async def shuffle(self) -> None:
        self.whatsapp.faults.reorder(REORDERED)

    async def reject(self, retry_after: float | None) -> None:
        self.whatsapp.faults.on_send(SendFault(error=479 if retry_after is None else 503, arrives=False))

    async def lose(self) -> None:
        self.whatsapp.faults.on_send(SendFault(silent=True, arrives=False))

    async def leave_unconfirmed(self) -> None:
        self.whatsapp.faults.on_send(SendFault(silent=True))

    def arrived(self) -> list[str]:
        return [
            f"text {done.text}" if done.kind == "text" else CHANGES.get(done.kind, done.kind)
            for done in self._group.received
        ]

    def _person(self, user: UserRef) -> Person:
        return next(person for person in self.whatsapp.people.values() if person.lid == user.id)

    def _find(self, message: MessageRef) -> Said | Received:
        if message.from_me:
            return next(done for done in self._group.received if done.id == message.id)
        return self._said[message.sender, message.id]


def reference(person: Person) -> UserRef:
    """As the transport names who writes."""
    return UserRef(person.lid, phone=f"+{person.jid.partition('@')[0]}", lid=person.lid, name=person.push_name)


def written(content: Content) -> Message:
    if content.poll is not None:
        return contents.poll(content.poll.question, *content.poll.options)
    if content.location is not None:
        place = content.location
        return contents.location(place.latitude, place.longitude, place.name)
    return contents.text(content.text)


@asynccontextmanager
async def linked_stage() -> AsyncIterator[LinkedStage]:
    """The device is linked already, and stopped."""
    async with WhatsApp() as whatsapp:
        whatsapp.account()
        ana, bob, eve = (whatsapp.person(name) for name in ("ana", "bob", "eve"))
        group = whatsapp.group("Neighbours", admins=[ana], members=[bob, eve], bot_admin=True)
        with TemporaryDirectory() as folder, trusting(whatsapp):
            async with Machine(whatsapp, Path(folder)) as machine:
                (transport,) = machine.transports()
                await transport.start(Nobody())
                await link(transport, whatsapp)
                await transport.stop(1)
                yield LinkedStage(whatsapp, group, transport)
                await transport.stop(1)
