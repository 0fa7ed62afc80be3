"""A transport in memory: remembers what was done, answers as told, and lets a test make events arrive."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from whinchat.core.errors import Overloaded, TransportError
from whinchat.core.ports import Sink
from whinchat.core.types import (
    Action,
    Capabilities,
    Certainty,
    ChatRef,
    ConnectionState,
    Delete,
    DeliveryUpdate,
    Event,
    Group,
    LockGroup,
    Media,
    RemoveMember,
    SendMedia,
    SendResult,
    SendText,
)

EVERYTHING = Capabilities(
    quote=True,
    react=True,
    edit=True,
    edit_seconds=900,
    revoke=True,
    moderate_delete=True,
    remove_member=True,
    lock_group=True,
    groups=True,
    media_in=True,
    media_out=True,
    buttons=True,
    ordered=True,
)


@dataclass(frozen=True, slots=True)
class Performed:
    """One call of `perform`, and what it was answered."""

    chat: ChatRef
    action: Action
    reference: str
    result: SendResult
    arrived: bool


@dataclass(frozen=True, slots=True)
class _Fault:
    result: SendResult
    arrives: bool
    until: asyncio.Event | None = None


class FakeTransport:
    """`ports.Transport`. Events wait until the service takes them, also while it is stopped; in order."""

    def __init__(self, account: str = "fake", capabilities: Capabilities = EVERYTHING) -> None:
        self._account = account
        self._capabilities = capabilities
        self._state = ConnectionState.STOPPED
        self._sink: Sink | None = None
        self._waiting: deque[Event | DeliveryUpdate] = deque()
        self._faults: deque[_Fault] = deque()
        self._offering = asyncio.Lock()
        self._numbers = 0
        self._hidden = 0
        self._groups_told = asyncio.Event()
        self._groups_told.set()
        self.performed: list[Performed] = []
        self.groups: dict[str, Group] = {}
        """By chat id: what `group` answers."""
        self.media: dict[str, bytes] = {}
        """By handle: what `download` gives."""

    @property
    def account(self) -> str:
        return self._account

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def state(self) -> ConnectionState:
        return self._state

    @property
    def waiting(self) -> int:
        """Events that the service has not taken."""
        return len(self._waiting)

    def arrived(self) -> list[Performed]:
        """What really happened in the network."""
        return [performed for performed in self.performed if performed.arrived]

    # --- the port ---

    async def start(self, sink: Sink) -> None:
        self._sink = sink
        self._enter(ConnectionState.ONLINE)

    async def stop(self, deadline: float) -> None:
        self._enter(ConnectionState.STOPPED)
        self._sink = None

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        if self._state is not ConnectionState.ONLINE:
            result = SendResult(Certainty.REJECTED, error="disconnected", retry_after=1.0)
            self.performed.append(Performed(chat, action, reference, result, arrived=False))
            return result
        fault = self._faults.popleft() if self._faults else self._done(chat, action)
        self.performed.append(Performed(chat, action, reference, fault.result, fault.arrives))
        if fault.until is not None:
            await fault.until.wait()
        return fault.result

    async def group(self, chat: ChatRef) -> Group | None:
        self._require_connection()
        await self._groups_told.wait()
        if self._hidden:
            self._hidden -= 1
            raise TransportError("the group does not answer", code="timeout", retryable=True)
        return self.groups.get(chat.id)

    async def download(self, media: Media, max_bytes: int) -> bytes:
        self._require_connection()
        data = self.media.get(media.handle)
        if data is None:
            raise TransportError("the media is no longer there", code="gone")
        if len(data) > max_bytes:
            raise TransportError("the media is larger than asked for", code="too_large")
        return data

    # --- what a test does ---

    async def emit(self, *items: Event | DeliveryUpdate, times: int = 1) -> None:
        """Let events arrive, each `times` times; they wait while the transport is stopped or intake is closed."""
        self._waiting.extend(item for item in items for _ in range(times))
        await self.offer()

    async def offer(self) -> None:
        """Offer what waits, in order, until the service is closed for now."""
        async with self._offering:
            while self._sink is not None and self._waiting:
                item = self._waiting[0]
                try:
                    if isinstance(item, DeliveryUpdate):
                        await self._sink.delivery(item)
                    else:
                        await self._sink.accept(item)
                except Overloaded:
                    return
                self._waiting.popleft()

    def disconnect(self) -> None:
        """Sends are rejected and questions fail until `reconnect`."""
        self._enter(ConnectionState.CONNECTING)

    def reconnect(self) -> None:
        self._enter(ConnectionState.ONLINE)

    def become(self, capabilities: Capabilities) -> None:
        """From now on it can do this."""
        self._capabilities = capabilities

    def hide_groups(self, *, times: int = 1) -> None:
        """The next questions about groups are not answered."""
        self._hidden += times

    def hold_groups(self) -> Callable[[], None]:
        """Questions about groups are answered when the function that this gives is called."""
        self._groups_told.clear()
        return self._groups_told.set

    def reject(self, error: str = "rejected", *, retry_after: float | None = None, times: int = 1) -> None:
        """The next sends do not happen, and are known not to."""
        result = SendResult(Certainty.REJECTED, error=error, retry_after=retry_after)
        self._faults.extend([_Fault(result, arrives=False)] * times)

    def lose(self, *, times: int = 1) -> None:
        """The next sends do not happen, and nobody knows."""
        self._faults.extend([_Fault(SendResult(Certainty.UNKNOWN, error="timeout"), arrives=False)] * times)

    def leave_unconfirmed(self, *, times: int = 1) -> None:
        """The next sends happen, and nobody knows."""
        self._faults.extend([_Fault(SendResult(Certainty.UNKNOWN, error="timeout"), arrives=True)] * times)

    def hold(self) -> Callable[[], None]:
        """The next send happens, and its answer comes when the function that this gives is called."""
        until = asyncio.Event()
        self._numbers += 1
        self._faults.append(_Fault(SendResult(Certainty.SENT, f"held-{self._numbers}"), arrives=True, until=until))
        return until.set

    def _done(self, chat: ChatRef, action: Action) -> _Fault:
        """As the network would: what an admin does to a group, only an admin can do."""
        if isinstance(action, Delete | RemoveMember | LockGroup):
            error = self._govern(chat, action)
            if error:
                return _Fault(SendResult(Certainty.REJECTED, error=error), arrives=False)
        return _Fault(self._sent(action), arrives=True)

    def _govern(self, chat: ChatRef, action: Delete | RemoveMember | LockGroup) -> str:
        """Change the group, or give the code of why that cannot be."""
        group = self.groups.get(chat.id)
        if group is None:
            return "not_a_group"
        if group.me not in group.admins:
            return "not_admin"
        if isinstance(action, LockGroup):
            self.groups[chat.id] = msgspec.structs.replace(group, announce_only=action.locked)
        if isinstance(action, RemoveMember):
            members = tuple(member for member in group.members if member.id != action.member)
            if len(members) == len(group.members):
                return "not_member"
            admins = tuple(admin for admin in group.admins if admin != action.member)
            self.groups[chat.id] = msgspec.structs.replace(group, members=members, admins=admins)
        return ""

    def _sent(self, action: Action) -> SendResult:
        if not isinstance(action, SendText | SendMedia):
            return SendResult(Certainty.SENT)
        self._numbers += 1
        return SendResult(Certainty.SENT, f"sent-{self._numbers}")

    def _require_connection(self) -> None:
        if self._state is not ConnectionState.ONLINE:
            raise TransportError("not connected", code="disconnected", retryable=True, retry_after=1.0)

    def _enter(self, state: ConnectionState) -> None:
        if state is not self._state:
            self._state = state
            if self._sink is not None:
                self._sink.connection(self._account, state)
