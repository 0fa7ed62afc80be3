"""Where transports hand over what arrives: dropped unread, or durable and in line, before they acknowledge it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from whinchat.core.dispatch.dispatcher import Dispatcher
from whinchat.core.dispatch.first_ids import FirstIds
from whinchat.core.dispatch.inbox import Inbox
from whinchat.core.dispatch.outbox import Outbox
from whinchat.core.dispatch.roster import Roster
from whinchat.core.errors import Overloaded, Refused
from whinchat.core.ports import Clock, Metric, MetricKind, Metrics
from whinchat.core.types import (
    ConnectionState,
    DeliveryUpdate,
    Event,
    GroupChanged,
    MembershipChanged,
    Notice,
    NoticeKind,
)

log = logging.getLogger(__name__)

ARRIVED = Metric(
    MetricKind.COUNTER, "whinchat_events_total", "Events from transports, by what became of them.", ("kind", "result")
)
CONNECTED = Metric(MetricKind.GAUGE, "whinchat_transport_online", "1 while the account is connected.", ("account",))
SINCE = Metric(
    MetricKind.GAUGE,
    "whinchat_transport_online_since_seconds",
    "Since when the account is connected, in seconds since 1970; 0 while it is not.",
    ("account",),
)
STATES = Metric(
    MetricKind.COUNTER,
    "whinchat_transport_states_total",
    "States that accounts' connections entered.",
    ("account", "state"),
)
NOTICES = Metric(
    MetricKind.COUNTER,
    "whinchat_transport_notices_total",
    "What accounts were told by their network.",
    ("account", "kind"),
)

Gate = Callable[[Event], Awaitable[bool]]
"""Whether any application may and wants to read the event."""


@dataclass(frozen=True, slots=True)
class Told:
    """A notice, and when it came; milliseconds UTC."""

    notice: Notice
    at: int


class Intake:
    """Implements `ports.Sink` for every transport."""

    def __init__(
        self,
        inbox: Inbox,
        outbox: Outbox,
        dispatcher: Dispatcher,
        first_ids: FirstIds,
        roster: Roster,
        gate: Gate,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._dispatcher = dispatcher
        self._first_ids = first_ids
        self._roster = roster
        self._gate = gate
        self._clock = clock
        self._metrics = metrics
        self._closed_for: str | None = None
        self.told: dict[tuple[str, NoticeKind], Told] = {}
        """The newest notice of each kind to each account, since the start."""

    def close(self, reason: str) -> None:
        """Take nothing more in (`stopping`, `disk_full`) until `open`."""
        self._closed_for = reason

    def open(self) -> None:
        self._closed_for = None

    async def accept(self, event: Event) -> None:
        if isinstance(event, MembershipChanged | GroupChanged):
            self._roster.forget(event.account, event.chat)
        await self._dispatcher.room()
        if self._closed_for is not None:
            raise Overloaded("intake is closed", code=self._closed_for, retry_after=1.0)
        try:
            result = await self._take(await self._first_ids.named(event))
        except Refused as error:
            raise _overloaded(error) from error
        self._metrics.add(ARRIVED, kind=str(event.__struct_config__.tag), result=result)

    async def _take(self, event: Event) -> str:
        if not await self._gate(event):
            return "dropped"
        stored = await self._inbox.store(event)
        if stored is not None:
            self._dispatcher.add(stored)
            return "stored"
        # It may have been written without anybody hearing of it: the transport's offer was cut off.
        waiting = await self._inbox.waits(event)
        if waiting is not None:
            self._dispatcher.find(waiting, self._inbox.chat_key(event))
        return "duplicate"

    async def delivery(self, update: DeliveryUpdate) -> None:
        try:
            await self._outbox.delivered(update)
        except Refused as error:
            raise _overloaded(error) from error

    def connection(self, account: str, state: ConnectionState) -> None:
        online = state is ConnectionState.ONLINE
        self._metrics.set(CONNECTED, float(online), account=account)
        self._metrics.set(SINCE, self._clock.now() // 1000 if online else 0, account=account)
        self._metrics.add(STATES, account=account, state=state.value)

    def notice(self, notice: Notice) -> None:
        self._metrics.add(NOTICES, account=notice.account, kind=notice.kind.value)
        self.told[notice.account, notice.kind] = Told(notice, self._clock.now())
        log.warning(
            "an account was told something by its network",
            extra={
                "account": notice.account,
                "kind": notice.kind.value,
                "detail": notice.detail,
                "until": notice.until,
            },
        )


def _overloaded(error: Refused) -> Overloaded:
    return Overloaded("the database cannot be used now", code=error.code, retry_after=2.0)
