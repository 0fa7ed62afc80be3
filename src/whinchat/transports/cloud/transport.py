"""`core.ports.Transport` over Meta's Cloud API. What arrives is brought by the webhook's receiver."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from whinchat.core.errors import Overloaded, Refused, TransportError
from whinchat.core.ports import Clock, Metrics, Random, Sink
from whinchat.core.types import (
    Action,
    Capabilities,
    Certainty,
    ChatKind,
    ChatRef,
    ConnectionState,
    DeliveryUpdate,
    Event,
    Group,
    Media,
    MessageReceived,
    Notice,
    SendResult,
)
from whinchat.transports.cloud import shapes
from whinchat.transports.cloud.chosen import ChosenNumber
from whinchat.transports.cloud.decode import LATE, Decoder, Failed, Item, Skipped
from whinchat.transports.cloud.encode import LONGEST_TEXT
from whinchat.transports.cloud.errors import Remedy, told
from whinchat.transports.cloud.graph import Graph, GraphFailure
from whinchat.transports.cloud.media import Downloads
from whinchat.transports.cloud.pace import Pace
from whinchat.transports.cloud.sends import Sends
from whinchat.transports.cloud.standing import FIELDS, Standing
from whinchat.transports.cloud.windows import OPEN, Windows

log = logging.getLogger(__name__)

GLANCE = 30.0  # seconds between two thoughts on whether to look at the number again
HOURLY = 3600.0
FIRST_PAUSE = 1.0  # seconds before the number is asked for again, doubled each time
LONGEST_PAUSE = 300.0
SURE_OF_ANSWERS = frozenset({Remedy.ACCESS, Remedy.AWAY})
"""What an answer to us tells for sure, and a status that comes later does not."""
LANES = 16  # chats whose news are offered to the service at once

News = Event | DeliveryUpdate | Failed
"""What belongs to a chat."""

NOT_SENT = SendResult(Certainty.REJECTED, error="disconnected", retry_after=1.0)


class CloudTransport:
    """One number. It is online when Meta knows the number by our token; nothing is sent while it is not."""

    def __init__(
        self, number: ChosenNumber, graph: Graph, windows: Windows, clock: Clock, random: Random, metrics: Metrics
    ) -> None:
        self._number = number
        self._graph = graph
        self._windows = windows
        self._clock = clock
        self._random = random
        self._pace = Pace(clock, number.per_second)
        self.standing = Standing(number.name, self._pace, clock, metrics, self._enter, self._tell)
        self._sends = Sends(number, graph, windows, self._pace, clock, self._learn)
        self._downloads = Downloads(graph)
        self._decoder = Decoder(number.name)
        self._state = ConnectionState.STOPPED
        self._sink: Sink | None = None
        self._taking = False
        """Whether what arrives is taken."""
        self._watching: asyncio.Task[None] | None = None
        self._due = 0.0
        """When the number is looked at again, on the monotonic clock."""
        self._attempts = 0
        self._losses = 0
        """How often it went offline over a send since something was sent."""
        self._sooner = asyncio.Event()
        """It is due earlier than it was."""
        self._working = 0
        self._quiet = asyncio.Event()
        """Nothing is being sent or taken."""
        self._quiet.set()

    @property
    def account(self) -> str:
        return self._number.name

    @property
    def capabilities(self) -> Capabilities:
        """No edits, revocations or moderation: the API has none. Its groups hold eight members, made by the number
        itself, without admins: what is said there is handed over, but nothing can be governed.
        """
        return Capabilities(
            quote=True,
            react=True,
            media_in=True,
            media_out=True,
            buttons=True,
            typing=True,
            read_receipts=True,
            templates=bool(self._number.template),
            service_window=OPEN,
            max_text=LONGEST_TEXT,
            pacing=self._pace.pacing,
        )

    @property
    def state(self) -> ConnectionState:
        return self._state

    async def start(self, sink: Sink) -> None:
        """Returns at once; what arrives is taken from now on."""
        self._sink = sink
        self._taking = True
        self._due = self._clock.monotonic()
        self._enter(ConnectionState.CONNECTING)
        self._watching = asyncio.create_task(self._watch(), name=f"transport {self.account}")

    async def stop(self, deadline: float) -> None:
        """What arrives from now on is refused: Meta brings it again."""
        if self._watching is None:
            return
        self._taking = False
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        self._watching = None
        try:
            async with asyncio.timeout(deadline):
                await self._quiet.wait()
        except TimeoutError:
            log.warning("the transport stops with work under way")
        self._enter(ConnectionState.STOPPED)

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        if self._state is not ConnectionState.ONLINE or not self._taking:
            return NOT_SENT
        with self._work():
            result = await self._sends.perform(chat, action, reference)
        if result.certainty is Certainty.SENT:
            self._losses = 0
        return result

    async def group(self, chat: ChatRef) -> Group | None:
        """Without admins: nobody but the number itself has rights there."""
        self._require_online()
        if chat.kind is not ChatKind.GROUP:
            return None
        return await self._downloads.group(chat)

    async def download(self, media: Media, max_bytes: int) -> bytes:
        self._require_online()
        return await self._downloads.media(media, max_bytes)

    # --- what arrives ------------------------------------------------------------------------------------------------

    async def accept(self, field: str, value: shapes.Value) -> list[Skipped]:
        """Returns when the service has all that the webhook said; what meant nothing to it comes back.

        Raises:
            Overloaded: not all was taken; it has to come again.
        """
        sink = self._sink
        if sink is None or not self._taking:
            raise Overloaded("the account is stopped", code="stopping", retry_after=5.0)
        with self._work():
            if self.standing.told(field, value):
                self._due = self._clock.monotonic()
                return []
            items = list(self._decoder.items(field, value, self._clock.now()))
            await self._offer(sink, items)
            return [item for item in items if isinstance(item, Skipped)]

    async def _offer(self, sink: Sink, items: Iterable[Item]) -> None:
        """In order within a chat, several chats at once."""
        lanes: defaultdict[str, list[News]] = defaultdict(list)
        for item in items:
            match item:
                case Notice():
                    sink.notice(item)
                case Skipped():
                    pass
                case Failed():
                    lanes[item.update.chat.id].append(item)
                case _:
                    lanes[item.chat.id].append(item)
        places = asyncio.Semaphore(LANES)
        taken = await asyncio.gather(
            *(self._take(sink, lane, places) for lane in lanes.values()), return_exceptions=True
        )
        for error in taken:
            if error is not None:
                raise error

    async def _take(self, sink: Sink, lane: Iterable[News], places: asyncio.Semaphore) -> None:
        async with places:
            for item in lane:
                match item:
                    case DeliveryUpdate():
                        self._sends.told(item)
                        await sink.delivery(item)
                    case Failed(update, code):
                        self._sends.told(update)
                        await self._failed(update, code)
                        await sink.delivery(update)
                    case MessageReceived():
                        await self._heard(item)
                        await sink.accept(item)
                    case _:
                        await sink.accept(item)

    async def _heard(self, message: MessageReceived) -> None:
        """Before the service knows of it: its answer may leave at once."""
        phone = (message.sender.phone or "").removeprefix("+")
        aliases = (phone,) if phone and message.chat.kind is ChatKind.DIRECT else ()
        with _offered_again():
            await self._windows.opened(message.time, message.chat.id, *aliases)
        self._sends.heard(message.chat, message.id)

    async def _failed(self, update: DeliveryUpdate, code: int) -> None:
        remedy = told(code)
        log.warning("Meta did not deliver what it had taken", extra={"account": self.account, "error": code})
        if remedy is Remedy.TEMPLATE:
            with _offered_again():
                await self._windows.closed(update.chat.id, update.time)
        elif remedy not in SURE_OF_ANSWERS and self._clock.now() - update.time <= LATE:  # older news are told again
            self.standing.learn(remedy, code, update.chat.id)

    # --- the number's standing ---------------------------------------------------------------------------------------

    def _learn(self, remedy: Remedy, code: int | None, chat: str) -> float | None:
        """As `sends.Learn`. What has nothing to do with the message takes the number offline, where messages wait."""
        if remedy not in SURE_OF_ANSWERS:
            return self.standing.learn(remedy, code, chat)
        if self._state is ConnectionState.ONLINE:
            grown = 2.0 ** min(self._losses, 16)
            self._losses += 1
            if remedy is Remedy.AWAY:
                self._enter(ConnectionState.CONNECTING)
                pause = self._random.random() * min(LONGEST_PAUSE, FIRST_PAUSE * grown)
            else:
                self.standing.no_access(code)
                pause = min(LONGEST_PAUSE, GLANCE * grown)
            self._due = self._clock.monotonic() + pause
            self._sooner.set()
        return None

    async def _watch(self) -> None:
        while True:
            if self._due <= self._clock.monotonic():
                self._due = self._clock.monotonic() + await self._look()
            rest = self._due - self._clock.monotonic()
            await self._rest(min(GLANCE, max(0.1, rest)))

    async def _rest(self, seconds: float) -> None:
        self._sooner.clear()
        waits = [asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._sooner.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    async def _look(self) -> float:
        """Ask Meta for the number. Seconds until the next look."""
        try:
            self.standing.seen(await self._described())
        except GraphFailure as failure:
            if failure.remedy in {Remedy.ACCESS, Remedy.MESSAGE}:
                self.standing.no_access()
                return GLANCE
            log.info("the number cannot be looked at", extra={"account": self.account, "error": failure.reason})
        except Refused:
            self.standing.no_access()
            return GLANCE
        except Exception:
            log.exception("the number's standing could not be found out")
        else:
            self._attempts = 0
            return min(HOURLY, self.standing.held_for or HOURLY)
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**self._attempts)
        self._attempts = min(self._attempts + 1, 16)
        return self._random.random() * pause

    async def _described(self) -> shapes.Number:
        """Raises GraphFailure and Refused."""
        number = self._number.phone_number_id
        try:
            answer = await self._graph.get(number, fields=FIELDS)
        except GraphFailure as failure:
            if failure.remedy is not Remedy.MESSAGE:
                raise
            answer = await self._graph.get(number)  # another version of Graph may not know one of the fields
        return answer.read(shapes.Number)

    def _enter(self, state: ConnectionState) -> None:
        if state is self._state:
            return
        self._state = state
        self._due = min(self._due, self._clock.monotonic() + GLANCE)
        if self._sink is not None:
            self._sink.connection(self.account, state)

    def _tell(self, notice: Notice) -> None:
        if self._sink is not None:
            self._sink.notice(notice)

    def _require_online(self) -> None:
        if self._state in {ConnectionState.STOPPED, ConnectionState.CONNECTING}:
            raise TransportError("Meta is not reached now", code="disconnected", retryable=True, retry_after=1.0)

    @contextmanager
    def _work(self) -> Iterator[None]:
        self._working += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._working -= 1
            if not self._working:
                self._quiet.set()


@contextmanager
def _offered_again() -> Iterator[None]:
    """A database that cannot be used is a reason for Meta to come again."""
    try:
        yield
    except Refused as error:
        raise Overloaded("the database cannot be used now", code=error.code, retry_after=2.0) from error
