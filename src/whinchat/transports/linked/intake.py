"""What the library calls back about, from its bytes to where it belongs. An event is acknowledged by returning.

Old messages of a newly linked device (its history) end here: nobody wants answers to what was said before the bot was
there. Who is who, and who has written to the account, is learned from them.
"""

from __future__ import annotations

import asyncio
import logging

from whinchat.core.errors import Overloaded, WhinchatError
from whinchat.core.ports import Clock, Sink
from whinchat.core.types import MessageReceived, Notice, NoticeKind
from whinchat.transports.linked.answers import Failure
from whinchat.transports.linked.callbacks import HISTORY_SYNC
from whinchat.transports.linked.client import Client
from whinchat.transports.linked.connection import Connection
from whinchat.transports.linked.contacts import Contacts
from whinchat.transports.linked.decode import Decoder
from whinchat.transports.linked.groups import Groups
from whinchat.transports.linked.identities import LID, KnownIdentities
from whinchat.transports.linked.items import (
    GroupNews,
    Happened,
    History,
    Item,
    Lifecycle,
    LifecycleKind,
    OwnMessage,
    QrCodes,
    Receipts,
    Told,
    Undecodable,
)
from whinchat.transports.linked.lanes import Lanes
from whinchat.transports.linked.recent import Recent

log = logging.getLogger(__name__)

LOOKED_UP = 32  # people of one event whose other id the library is asked for
PAUSE = 1.0  # seconds


class Intake:
    """Of one account, from its start to its stop."""

    def __init__(
        self,
        account: str,
        sink: Sink,
        lanes: Lanes,
        decoder: Decoder,
        client: Client,
        connection: Connection,
        identities: KnownIdentities,
        groups: Groups,
        contacts: Contacts,
        recent: Recent,
        clock: Clock,
    ) -> None:
        self._account = account
        self._sink = sink
        self._lanes = lanes
        self._decoder = decoder
        self._client = client
        self._connection = connection
        self._identities = identities
        self._groups = groups
        self._contacts = contacts
        self._recent = recent
        self._clock = clock
        self._order = asyncio.Lock()
        self._catching_up = False
        """What comes was waiting while the account was away."""

    async def take(self, name: str, data: bytes) -> None:
        """As `link.OnEvent`. Raises Overloaded: not taken, to be offered again."""
        self._connection.heard()
        try:
            async with self._order:  # one after the other, as they came, until each has its place in a lane
                item = await self._read(name, data)
                await self._learn(item)
            await self._act(item)
        except Overloaded:
            raise
        except WhinchatError as error:
            raise Overloaded("the event cannot be taken now", code=error.code, retry_after=PAUSE) from error

    async def _read(self, name: str, data: bytes) -> Item | None:
        try:
            item = self._decoded(name, data)
            missing = self._identities.missing()
            if missing and name != HISTORY_SYNC and await self._look_up(missing):
                item = self._decoded(name, data)
        except Undecodable:
            log.warning("an event of the library cannot be read", extra={"account": self._account, "event": name})
            return Told(Notice(account=self._account, kind=NoticeKind.UNDECRYPTABLE, detail="undecodable"))
        return item

    def _decoded(self, name: str, data: bytes) -> Item | None:
        return self._decoder.item(name, data, now=self._clock.now(), offline=self._catching_up)

    async def _look_up(self, ids: tuple[str, ...]) -> bool:
        """Whether the library knew something."""
        learned = False
        for id_ in ids[:LOOKED_UP]:
            other = await self._client.other_id(id_)
            if isinstance(other, Failure):
                return learned
            if other is None:
                self._identities.unknown(id_)
                continue
            lid, phone = (id_, other) if id_.endswith(LID) else (other, id_)
            self._identities.learn(lid, phone)
            learned = True
        return learned

    async def _learn(self, item: Item | None) -> None:
        """What must be known before anybody acts on it."""
        if isinstance(item, Happened):
            await self._contacts.heard(item.events)
            for event in item.events:
                if isinstance(event, MessageReceived):
                    self._recent.heard(event)
        elif isinstance(item, History):
            await self._contacts.heard(item.messages)
        elif isinstance(item, GroupNews):
            if item.state is None:
                self._groups.forget(item.chat.id)
            else:
                self._groups.learn(item.chat.id, item.state)
        elif isinstance(item, Lifecycle):
            self._catch_up(item.kind)

    def _catch_up(self, kind: LifecycleKind) -> None:
        if kind is LifecycleKind.WAITING:
            self._catching_up = True
        elif kind in {LifecycleKind.CAUGHT_UP, LifecycleKind.DISCONNECTED, LifecycleKind.ME}:
            self._catching_up = False
        if kind is LifecycleKind.CONNECTED:
            self._groups.clear()  # what happened to them meanwhile may never be told

    async def _act(self, item: Item | None) -> None:
        match item:
            case Happened() | GroupNews():
                await self._lanes.deliver(item.events, waited=self._catching_up)
            case Receipts():
                for update in item.updates:
                    await self._sink.delivery(update)
            case Told():
                self._sink.notice(item.notice)
            case QrCodes():
                self._connection.show(item)
            case Lifecycle():
                await self._connection.told(item)
            case History():
                counts = {"messages": len(item.messages), "left_out": item.left_out, "progress": item.progress}
                log.info("a piece of history was read", extra={"account": self._account, **counts})
            case OwnMessage() | None:
                return
