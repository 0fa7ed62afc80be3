"""The stories of the contract over the Cloud API: Ana, Bob and Eve each in a chat of their own with the bot's number.

The number is also used in the app on a phone, so that Graph tells of edits and deletions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.graph.client import Client
from tests.support.graph.faults import Fault, Kind
from tests.support.graph.graph import Graph
from tests.support.graph.people import Person
from tests.support.graph.server import graphing
from tests.support.graph.webhooks import Backoff

from whinchat.core.ports import Transport
from whinchat.core.types import ChatKind, ChatRef, Content, MembershipChange, MessageRef, UserRef
from whinchat.infra.clock import SystemClock

SOON = Backoff(first=0.02, factor=1.5, longest=0.2, most=60)
NAMES = {"interactive": "text", "template": "text", "reaction": "react"}


class CloudStage:
    unheard = frozenset({"polls", "quoted content", "sizes", "reactions", "deletions"})

    def __init__(self, graph: Graph, transport: Transport) -> None:
        self.graph = graph
        self.transport = transport
        self._people: dict[str, Person] = {}
        self.ana, self.bob, self.eve = map(self._person, ("Ana", "Bob", "Eve"))
        self.group = self.chat(self.bob)

    def _person(self, name: str) -> UserRef:
        person = self.graph.person(name)
        self._people[person.user_id] = person
        return UserRef(person.user_id, phone=f"+{person.phone}", name=name)

    def chat(self, who: UserRef) -> ChatRef:
        return ChatRef(who.id, ChatKind.DIRECT)

    async def post(
        self,
        who: UserRef,
        content: Content,
        *,
        media: bytes | None = None,
        quote: MessageRef | None = None,
        identity: str = "",
    ) -> MessageRef:
        person = self._people[who.id]
        kind, said = _written(content)
        if media is not None:
            stored, link = self.graph.keep(self.graph.number, "image/png", media)
            said = {"id": stored.id, "mime_type": stored.mime, "sha256": stored.sha256, "url": link}
            kind, said = "image", said | {"caption": content.text}
        quoted = "" if quote is None else quote.id
        identity, _ = person.write(kind, said, quote=quoted, identity=identity, seen=content.text)
        return MessageRef(self.chat(who), identity, who.id)

    async def edit(self, message: MessageRef, text: str) -> None:
        await self._people[message.sender].edit(message.id, text)

    async def revoke(self, message: MessageRef, by: UserRef) -> None:
        await self._people[by.id].delete(message.id)

    async def react(self, message: MessageRef, by: UserRef, emoji: str) -> None:
        await self._people[by.id].react(message.id, emoji)

    async def member(self, change: MembershipChange, who: UserRef) -> None:
        raise NotImplementedError("there are no groups")

    async def demote_bot(self) -> None:
        raise NotImplementedError("there are no groups")

    async def duplicate(self, times: int) -> None:
        self.graph.webhooks.duplicate(times)

    async def shuffle(self) -> None:
        self.graph.webhooks.jitter = 0.05

    async def reject(self, retry_after: float | None) -> None:
        """For good: nobody has that number any more. For now: something went wrong over there."""
        code, headers = (131026, {}) if retry_after is None else (131000, {"Retry-After": str(ceil(retry_after))})
        self.graph.faults.plan(Fault(Kind.ERROR, code=code, headers=tuple(headers.items())))

    async def lose(self) -> None:
        self.graph.fault(Kind.DROP)

    async def leave_unconfirmed(self) -> None:
        self.graph.fault(Kind.DROP_ACCEPTED)

    def arrived(self) -> list[str]:
        found = []
        for sent in self.graph.sent:
            name = NAMES.get(sent.bubble.kind, sent.bubble.kind)
            name = name if name in {"text", "react"} else "media"
            found.append(f"text {sent.bubble.text}" if name == "text" else name)
        return found


def _written(content: Content) -> tuple[str, dict[str, object]]:
    """As Graph tells it."""
    if content.location is not None:
        place = content.location
        return "location", {"latitude": place.latitude, "longitude": place.longitude, "name": place.name}
    return "text", {"body": content.text}


@asynccontextmanager
async def cloud_stage() -> AsyncIterator[CloudStage]:
    clock = SystemClock()
    with TemporaryDirectory() as folder:
        async with graphing(clock, backoff=SOON) as graph:
            graph.number.coexistence = True
            graph.number.upgrade("STANDARD")
            graph.webhooks.batch = 20
            async with Client(graph, Path(folder), clock).connected() as transport:
                yield CloudStage(graph, transport)
