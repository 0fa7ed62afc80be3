"""`core.ports.Transport` and `Linkable` over the library in its own process."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

import msgspec

from whinchat.core.errors import Overloaded, TransportError, WhinchatError
from whinchat.core.ports import Clock, Database, HttpClient, Metrics, Pairing, Random, Sealer, Sink
from whinchat.core.types import (
    Action,
    Capabilities,
    ChatKind,
    ChatRef,
    ConnectionState,
    DeliveryUpdate,
    Group,
    Media,
    Notice,
    NoticeKind,
    SendResult,
)
from whinchat.transports.linked import encode, sends
from whinchat.transports.linked.answers import Failure
from whinchat.transports.linked.client import Client
from whinchat.transports.linked.composing import Composer, disconnected
from whinchat.transports.linked.connection import Connection
from whinchat.transports.linked.contacts import Contacts
from whinchat.transports.linked.decode import Decoder
from whinchat.transports.linked.governing import Governing
from whinchat.transports.linked.groups import Groups
from whinchat.transports.linked.identities import KnownIdentities
from whinchat.transports.linked.intake import Intake
from whinchat.transports.linked.items import GroupState
from whinchat.transports.linked.lanes import Lanes
from whinchat.transports.linked.link import Link
from whinchat.transports.linked.media import Files
from whinchat.transports.linked.pacing import pace
from whinchat.transports.linked.recent import Recent
from whinchat.transports.linked.records import Account, Records
from whinchat.transports.linked.sends import Sends
from whinchat.transports.linked.sessions import Sessions

log = logging.getLogger(__name__)

BROKEN = 30.0  # seconds, after a mistake of ours
UNREADABLE = 2.0  # seconds, after which a database that cannot be used is tried again
NOT_THERE = frozenset(("not_in_group", "no_such_group"))
LONGEST_TEXT = 65_536  # UTF-16 code units
EDITABLE = 15 * 60 - 30  # seconds: WhatsApp lets a message be edited for 15 minutes; half of one is for the way there

CAPABILITIES = Capabilities(
    quote=True,
    react=True,
    edit=True,
    edit_seconds=EDITABLE,
    revoke=True,
    moderate_delete=True,
    remove_member=True,
    lock_group=True,
    groups=True,
    media_in=True,
    media_out=True,
    read_receipts=True,
    ordered=True,
    max_text=LONGEST_TEXT,
)


@dataclass(frozen=True, slots=True)
class Manners:
    """How the account behaves towards people."""

    first_contact: bool = False
    """It may write to who never wrote to it."""
    typing: bool = True
    per_minute: float = 20.0
    """Messages of the account, once it is linked for two weeks."""
    patience: float = sends.PATIENCE
    """Seconds in which the network has to answer a message."""


class LinkedTransport:
    """One account. It connects, and connects again, as `connection` says; sends nothing twice by itself."""

    def __init__(
        self,
        account: str,
        link: Link,
        sessions: Sessions,
        database: Database,
        sealer: Sealer,
        http: HttpClient,
        clock: Clock,
        random: Random,
        metrics: Metrics,
        manners: Manners,
    ) -> None:
        """`http` loads media: through the proxy, where there is one."""
        self._account = account
        self._clock = clock
        self._manners = manners
        self._capabilities = msgspec.structs.replace(CAPABILITIES, typing=manners.typing)
        self._records = Records(database, sealer, clock, account)
        self._identities = KnownIdentities()
        self._client = Client(link, self._identities)
        self._decoder = Decoder(account, self._identities)
        self._groups = Groups(self._ask_group, clock)
        self._contacts = Contacts(self._records, self._identities, clock, first_contact=manners.first_contact)
        self._recent = Recent()
        self._connection = Connection(
            account,
            link,
            self._client,
            sessions,
            self._records,
            self._identities,
            clock,
            random,
            metrics,
            self._notify,
        )
        governing = Governing(self._client, self._groups)
        self._sends = Sends(
            account,
            self._client,
            Composer(self._client, encode.Encoder(self._identities), governing, self._groups, self._recent, clock),
            governing,
            self._contacts,
            self._recent,
            clock,
            random,
            online=self._connection.online,
            unblock=self._connection.free,
            late=self._settle_late,
            note=self._notify,
            typing=manners.typing,
            patience=manners.patience,
        )
        self._files = Files(http)
        self._sink: Sink | None = None
        self._lanes: Lanes | None = None
        self._running: asyncio.Task[None] | None = None
        self._stopping = False

    # --- what it is ---

    @property
    def account(self) -> str:
        return self._account

    @property
    def capabilities(self) -> Capabilities:
        """As of now: the pace grows with the age of the link."""
        now_at = pace(self._manners.per_minute, self._connection.linked_at, self._clock.now())
        return msgspec.structs.replace(self._capabilities, pacing=now_at)

    @property
    def state(self) -> ConnectionState:
        return self._connection.state

    @property
    def since(self) -> int:
        return self._connection.since

    @property
    def hint(self) -> str:
        return self._connection.hint

    @property
    def pairing(self) -> Pairing | None:
        pairing = self._connection.pairing
        return None if pairing is None or pairing.expires_at <= self._clock.now() else pairing

    # --- from start to stop ---

    async def start(self, sink: Sink) -> None:
        """Returns at once; the connection comes in its own time."""
        self._stopping = False
        self._sink = sink
        self._lanes = Lanes(sink, self._clock)
        self._running = asyncio.create_task(self._run(sink, self._lanes), name=f"transport {self._account}")

    async def stop(self, deadline: float) -> None:
        """What the service does not take now, it is offered after the next start."""
        if self._running is None or self._lanes is None:
            return
        self._stopping = True
        self._lanes.leave()
        await self._connection.leave(deadline)
        self._lanes.close()
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        self._sends.close()
        self._running = None

    async def _run(self, sink: Sink, lanes: Lanes) -> None:
        intake = Intake(
            self._account,
            sink,
            lanes,
            self._decoder,
            self._client,
            self._connection,
            self._identities,
            self._groups,
            self._contacts,
            self._recent,
            self._clock,
        )
        while True:
            try:
                account = await self._remembered()
                self._contacts.restrict(account.restricted_until)
                await self._connection.run(account, intake.take, lambda state: sink.connection(self._account, state))
            except Exception:
                log.exception("an account's connection broke; it begins anew", extra={"account": self._account})
                await self._clock.sleep(BROKEN)

    async def _remembered(self) -> Account:
        """Without it nobody knows what is allowed: nothing begins until the database can be read."""
        while True:
            try:
                await self._records.tidy()
                return await self._records.account()
            except WhinchatError as error:
                log.warning("what is known of an account cannot be read yet", extra={"error": error.code})
                await self._clock.sleep(error.retry_after or UNREADABLE)

    # --- what it does ---

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        return disconnected().result if self._stopping else await self._sends.perform(chat, action, reference)

    async def group(self, chat: ChatRef) -> Group | None:
        if chat.kind is not ChatKind.GROUP:
            return None
        state = await self._groups.state(chat.id)
        return None if state is None else state.group

    async def download(self, media: Media, max_bytes: int) -> bytes:
        self._require_connection()
        return await self._files.load(media, max_bytes)

    # --- what a person asks ---

    async def pair(self, phone: str | None) -> None:
        await self._connection.pair(phone)

    async def logout(self) -> None:
        await self._connection.logout()

    async def reconnect(self) -> None:
        await self._connection.reconnect()

    # --- between the parts ---

    async def _ask_group(self, chat: str) -> GroupState | None:
        self._require_connection()
        try:
            state = await self._client.group(chat)
        except ValueError:
            return None  # no id of this network
        if isinstance(state, Failure):
            if state.code in NOT_THERE:
                return None
            raise _failed(state, "the group cannot be asked for")
        return state

    async def _settle_late(self, update: DeliveryUpdate) -> None:
        while self._sink is not None:
            try:
                await self._sink.delivery(update)
            except Overloaded as overloaded:
                await self._clock.sleep(overloaded.retry_after or UNREADABLE)
            else:
                return

    def _notify(self, kind: NoticeKind, detail: str, until: int | None) -> None:
        if self._sink is not None:
            self._sink.notice(Notice(account=self._account, kind=kind, detail=detail, until=until))

    def _require_connection(self) -> None:
        if not self._connection.online.is_set():
            raise TransportError("not connected", code="disconnected", retryable=True, retry_after=1.0)


def _failed(failure: Failure, message: str) -> TransportError:
    return TransportError(
        message, code=failure.code, retryable=failure.retryable, retry_after=1.0 if failure.retryable else None
    )
