"""One account's way to the network: linking it, its state, and when it is tried again.

Who connects again: a lost connection is the library's for `GRACE` seconds (it tries at once, then every 2, 4, 6, …
seconds). After that, and where it could not connect at all, its process is stopped, and started again by
`states.Backoff`. So never more than one tries. What the network ended for a reason rests as `states` says.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress

from whinchat.core.errors import Refused, TransportError, WhinchatError
from whinchat.core.ports import Clock, Metric, MetricKind, Metrics, Pairing, Random
from whinchat.core.resilience.waiting import set_within, within
from whinchat.core.types import ConnectionState, NoticeKind
from whinchat.transports.linked import states
from whinchat.transports.linked.answers import Failure
from whinchat.transports.linked.client import Client
from whinchat.transports.linked.identities import KnownIdentities
from whinchat.transports.linked.items import Lifecycle, LifecycleKind, QrCodes
from whinchat.transports.linked.link import LibraryUnusable, Link, LinkChange, LinkState, OnEvent, Reason
from whinchat.transports.linked.records import Account, Records
from whinchat.transports.linked.sessions import Sessions
from whinchat.transports.linked.states import Backoff, End

log = logging.getLogger(__name__)

TICK = 5.0  # seconds between two looks
GRACE = 25.0  # seconds in which the library may connect again by itself
QUIET = 60.0  # seconds without a frame, after which the library is asked whether it is connected
UNHEARD = 60.0  # seconds of a connection that seems to be dead, after which it is given up
ANSWERED = 45.0  # seconds without another lost keep-alive (one every 20 to 30, and 10 to wait): they are answered again
STEADY = 60.0  # seconds online, after which failures before are forgotten
SHOWN = 30.0  # seconds until a code to link with has to be there
FIRST_QR, NEXT_QR = 60_000, 20_000  # milliseconds that a QR code is shown (whatsmeow `qrchan.go`)
CODE = 160_000  # milliseconds in which an eight-character code can be typed: as long as there are QR codes
ORPHANED = 10.0  # seconds for the process of a service that was killed to let go of the session (`child.ORPHANED`)
HURRY = 1.0  # seconds for a library to finish that waits for something in vain
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")

MEMORY = Metric(
    MetricKind.GAUGE, "whinchat_linked_memory_bytes", "Resident memory of the account's library process.", ("account",)
)
RESTARTS = Metric(
    MetricKind.COUNTER, "whinchat_linked_restarts_total", "Ends of the library's process.", ("account", "reason")
)
UNLINKED = End(ConnectionState.NEED_PAIRING, states.PAIR, None)
NEW_PAIRING = End(ConnectionState.NEED_PAIRING, states.PAIR)
CONNECTED = frozenset((ConnectionState.ONLINE, ConnectionState.DEGRADED))

Enter = Callable[[ConnectionState], None]
Note = Callable[[NoticeKind, str, int | None], None]  # kind, code, and until when in milliseconds


class Connection:
    """`entered` is told of each state. `run` goes on until it is cancelled."""

    def __init__(
        self,
        account: str,
        link: Link,
        client: Client,
        sessions: Sessions,
        records: Records,
        identities: KnownIdentities,
        clock: Clock,
        random: Random,
        metrics: Metrics,
        note: Note,
    ) -> None:
        self._account = account
        self._link = link
        self._client = client
        self._sessions = sessions
        self._records = records
        self._identities = identities
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._note = note
        self._backoff = Backoff(random)
        self.online = asyncio.Event()
        """Set while messages can be sent."""
        self.state = ConnectionState.STOPPED
        self.since = clock.now()
        self.hint = ""
        self.linked_at: int | None = None
        self.pairing: Pairing | None = None
        self._entered: Enter = lambda _: None
        self._entered_at = 0.0
        self._heard_at = 0.0
        self._silent_at: float | None = None
        """When keep-alives were last known to be lost; monotonic, as the others."""
        self._checked_at = 0.0
        self._again = asyncio.Event()
        self._ended: asyncio.Future[End] | None = None
        """While the library's process is there: what ends it."""
        self._forget = False
        self._linked = False
        """Whether there is a session, as far as that is known here."""
        self._wanted: str | None = None
        """A person wants to link it: with a code for this phone, or with QR codes when it is empty."""
        self._asked: asyncio.Future[bool] | None = None
        """Who asked waits for something to be shown; false: there will be nothing."""
        self._codes = 0
        """QR codes that this process has given."""

    # --- what a person asks ---

    async def pair(self, phone: str | None) -> None:
        """As `ports.Linkable.pair`."""
        if self._linked:
            raise TransportError("the account is linked already", code="linked")
        if phone is not None and not PHONE.fullmatch(phone):
            raise TransportError("that is no phone number with + and its country's code", code="bad_number")
        self._wanted = phone or ""
        asked = self._asked = asyncio.get_running_loop().create_future()
        self._leave(NEW_PAIRING)
        self._again.set()
        shown = False
        with suppress(TimeoutError):
            shown = await within(_wait(asked), SHOWN, self._clock)
        if not shown:
            raise TransportError("WhatsApp cannot be reached", code="unreachable", retryable=True)
        if phone is not None and not self._linked:
            await self._show_code(phone)

    async def _show_code(self, phone: str) -> None:
        code = await self._client.pair_code(phone)
        if isinstance(code, Failure):
            self._leave(UNLINKED)
            known = code.code if code.code in {"rate_limited", "bad_number"} else "unreachable"
            raise TransportError("WhatsApp gave no code", code=known, retryable=code.retryable)
        if not self._linked:  # a phone may have been that quick
            self.pairing = Pairing(code=code, expires_at=self._clock.now() + CODE)

    async def logout(self) -> None:
        if not self.online.is_set():
            raise TransportError(
                "not connected: take the device off in WhatsApp on the phone", code="unreachable", retryable=True
            )
        failure = await self._client.logout()
        if failure is not None:
            raise TransportError("WhatsApp was not told", code=failure.code, retryable=failure.retryable)
        self._forget = True
        self._linked = False
        await self._link_is_of(None)
        self._leave(End(ConnectionState.LOGGED_OUT, states.PAIR, None))

    async def reconnect(self) -> None:
        self._backoff.reset()
        await self._write(self._records.banned(0))
        if self.state not in CONNECTED and self._wanted is None:
            self._leave(End(ConnectionState.CONNECTING))
            self._again.set()

    # --- what the library says ---

    def heard(self) -> None:
        """A frame came."""
        self._heard_at = self._clock.monotonic()

    def show(self, codes: QrCodes) -> None:
        if self.state is not ConnectionState.NEED_PAIRING or not codes.codes:
            return
        self._codes += 1
        if not self._wanted:
            lasts = FIRST_QR if self._codes == 1 else NEXT_QR
            self.pairing = Pairing(qr=codes.codes[0], expires_at=self._clock.now() + lasts)
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(True)

    async def told(self, told: Lifecycle) -> None:
        """What a library says that is being stopped changes nothing any more.

        A state is entered before it is written down: what is said meanwhile finds it.
        """
        if told.user is not None:
            self._identities.become(told.user)
        if self._ended is None or self._ended.done():
            return
        match told.kind:
            case LifecycleKind.PAIRED:
                self._found_linked()
                self._enter(ConnectionState.CONNECTING)
                await self._link_is_of(self._clock.now())
            case LifecycleKind.CONNECTED:
                self._silent_at = None
                self._found_linked()  # a process that died may have been told so before
                self._enter(ConnectionState.ONLINE)
                await self._link_is_of(self._clock.now() if self.linked_at is None else self.linked_at)
            case LifecycleKind.DISCONNECTED if self.state in CONNECTED:
                self._enter(ConnectionState.CONNECTING)
            case LifecycleKind.SILENT if self.state in CONNECTED:
                self._silent_at = self._clock.monotonic()
                self._enter(ConnectionState.DEGRADED, states.SILENT)
            case LifecycleKind.PAIRING_FAILED:
                self._leave(End(ConnectionState.NEED_PAIRING, states.PAIRING_OVER, None))
            case _:
                await self._over(told)

    async def _over(self, told: Lifecycle) -> None:
        """It may be the end of the connection, for a reason."""
        end = states.end(told, self._backoff, self._random)
        if end is None:
            return
        if told.kind is LifecycleKind.LOGGED_OUT:
            self._linked = False
            await self._link_is_of(None)
        if told.kind is LifecycleKind.BANNED:
            until = None if told.seconds is None else self._clock.now() + told.seconds * 1000
            self._note(NoticeKind.RESTRICTED, f"banned_{told.code}", until)
            await self._write(self._records.banned(until or 0))
        log.error(
            "WhatsApp has ended the connection",
            extra={"account": self._account, "state": end.state.value, "code": told.code, "hint": end.hint},
        )
        self._leave(end)

    def _found_linked(self) -> None:
        self._linked, self._wanted, self.pairing = True, None, None
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(True)

    async def _link_is_of(self, time: int | None) -> None:
        if time != self.linked_at:
            self.linked_at = time
            await self._write(self._records.linked(time))

    # --- from start to stop ---

    async def run(self, account: Account, on_event: OnEvent, entered: Enter) -> None:
        """`account`: what is remembered of it."""
        self._entered = entered
        self.linked_at = account.linked_at
        left = (account.banned_until - self._clock.now()) / 1000
        try:
            if left > 0:
                await self._rest(states.banned(left, self._random))
            while True:
                await self._rest(await self._once(on_event))
        finally:
            await self.leave(HURRY)
            with suppress(WhinchatError, OSError):
                self._clear_up()
            self._enter(ConnectionState.STOPPED)

    async def leave(self, seconds: float) -> None:
        """Let the library finish, at most that long, before `run` is cancelled."""
        self.online.clear()
        if self._link.state is not LinkState.STOPPED:
            await self._link.stop(seconds)

    def free(self) -> None:
        """A message is not answered and holds up the others: the library shall start anew."""
        if self.state in CONNECTED:
            log.warning("a message is not answered; the library is started again", extra={"account": self._account})
            self._leave(End(ConnectionState.CONNECTING, "", self._backoff.pause(), leave=HURRY))

    async def _rest(self, end: End) -> None:
        self._enter(end.state, end.hint)
        if end.rest is None:
            await self._again.wait()
        elif end.rest > 0:
            await set_within(self._again, end.rest, self._clock)
        self._again.clear()

    async def _once(self, on_event: OnEvent) -> End:
        """Until the connection ends; there is none where nobody has linked the account."""
        asked, self._codes = self._asked, 0
        end = await self._opened()
        if end is None:
            self._enter(ConnectionState.CONNECTING if self._linked else ConnectionState.NEED_PAIRING)
            end = await self._live(on_event)
        if self._wanted is not None and self._asked is asked:
            end = states.unpaired(end)  # a person has to ask again, and has not meanwhile
            self._wanted = None
        if asked is not None and not asked.done():
            asked.set_result(False)
        return end

    async def _opened(self) -> End | None:
        """None when the library may have the session, or make one."""
        try:
            async with self._sessions.held_within(self._account, ORPHANED, self._clock):
                self._linked = self._sessions.linked(self._account)
                if self._linked:  # for what an earlier process has left, which comes before the library says who it is
                    self._identities.belong(self._sessions.owner(self._account))
                    self._found_linked()
        except Refused as refused:
            reason = Reason.IN_USE if refused.code == "in_use" else Reason.SESSION
            return states.stopped(reason, self._backoff) or End(ConnectionState.STOPPED, str(refused), None)
        return None if self._linked or self._wanted is not None else UNLINKED

    async def _live(self, on_event: OnEvent) -> End:
        """While the library's process is there."""
        self._ended = asyncio.get_running_loop().create_future()
        self._again.clear()
        watching = asyncio.create_task(self._watch(), name=f"watch {self._account}")
        try:
            await self._link.start(on_event, self._changed)
            end = await self._ended
        except LibraryUnusable as unusable:
            return End(ConnectionState.STOPPED, str(unusable), None)
        finally:
            watching.cancel()
            self._ended = None
            self.pairing = None
            self._metrics.set(MEMORY, 0, account=self._account)
        self._enter(end.state, end.hint)
        await self._link.stop(end.leave)
        self._clear_up()
        return end

    def _clear_up(self) -> None:
        if self._forget:
            self._forget = False
            with self._sessions.held(self._account):
                self._sessions.forget(self._account)

    def _leave(self, end: End) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(end)

    def _enter(self, state: ConnectionState, hint: str = "") -> None:
        self.hint = hint
        if state is ConnectionState.ONLINE:
            self.online.set()
        else:
            self.online.clear()
        if state is not self.state:
            self.state = state
            self.since = self._clock.now()
            self._entered_at = self._clock.monotonic()
            self._entered(state)

    def _changed(self, change: LinkChange) -> None:
        if change.reason is not Reason.ASKED:
            self._metrics.add(RESTARTS, account=self._account, reason=change.reason.value)
        if change.state not in {LinkState.WAITING, LinkState.STOPPED}:
            return
        end = states.stopped(change.reason, self._backoff)
        if end is not None:
            self._leave(end)
        elif self.state in CONNECTED:
            self._enter(ConnectionState.CONNECTING)

    # --- the watch ---

    async def _watch(self) -> None:
        self.heard()
        while True:
            await self._clock.sleep(TICK)
            self._metrics.set(MEMORY, self._link.memory, account=self._account)
            now = self._clock.monotonic()
            if self._link.state is not LinkState.RUNNING:
                self._entered_at = now  # the process itself is looked after elsewhere
            elif self.state is ConnectionState.CONNECTING and now - self._entered_at > GRACE:
                self._leave(End(ConnectionState.CONNECTING, states.NO_NETWORK, self._backoff.pause()))
            elif self.state in CONNECTED:
                await self._look(now)

    async def _look(self, now: float) -> None:
        """Is what seems to be a connection one?"""
        if self.state is ConnectionState.ONLINE and now - self._entered_at > STEADY:
            self._backoff.reset()
        silent = self._silent_at
        if silent is not None and (self._heard_at > silent or now - silent > ANSWERED):
            self._silent_at = None
            self._enter(ConnectionState.ONLINE)
        elif silent is not None and now - self._entered_at > UNHEARD:
            self._leave(End(ConnectionState.CONNECTING, states.SILENT, self._backoff.pause()))
        elif now - max(self._heard_at, self._checked_at) > QUIET:
            await self._check(now)

    async def _check(self, now: float) -> None:
        """Nothing was heard for long, which may be right. The library knows whether it is connected."""
        connected = await self._client.logged_in()
        if isinstance(connected, Failure):
            self._silent_at = now
            self._enter(ConnectionState.DEGRADED, states.SILENT)
        elif connected:
            self._checked_at = now
        else:
            self._enter(ConnectionState.CONNECTING)

    async def _write(self, record: Awaitable[None]) -> None:
        """What cannot be written now is known until the next restart only."""
        try:
            await record
        except WhinchatError as error:
            log.warning("the state of an account cannot be written", extra={"error": error.code})


async def _wait(asked: asyncio.Future[bool]) -> bool:
    return await asked
