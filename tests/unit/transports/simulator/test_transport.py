"""The transport over links that break; what works over all links is in tests/contract/test_transport.py."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

import pytest
from tests.support.worlds import ACCOUNT, Town

from whinchat.core.errors import TransportError
from whinchat.core.types import (
    Action,
    Certainty,
    ChatKind,
    ChatRef,
    ConnectionState,
    DeliveryUpdate,
    Event,
    Group,
    Media,
    MediaKind,
    MessageReceived,
    Notice,
    SendResult,
    SendText,
)
from whinchat.testing.clock import FakeClock
from whinchat.transports.simulator.faults import Fault, FaultKind
from whinchat.transports.simulator.feed import Parcel
from whinchat.transports.simulator.link import LinkDown, LocalLink, Session
from whinchat.transports.simulator.transport import SimulatorTransport

CHAT = ChatRef("a@g.sim", ChatKind.GROUP)


class Service:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.states: list[ConnectionState] = []
        self.open = asyncio.Event()
        self.open.set()

    async def accept(self, event: Event) -> None:
        await self.open.wait()
        self.events.append(event)

    async def delivery(self, update: DeliveryUpdate) -> None:
        """Of no interest here."""

    def connection(self, account: str, state: ConnectionState) -> None:
        self.states.append(state)

    def notice(self, notice: Notice) -> None:
        """Of no interest here."""

    def texts(self) -> list[str]:
        return [event.content.text for event in self.events if isinstance(event, MessageReceived)]


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


class Broken:
    """A link that cannot connect `failures` times, and a session that fails as it is told."""

    def __init__(self, error: Exception, failures: int = 0) -> None:
        self.error = error
        self.failures = failures
        self.tries: list[float] = []
        self.clock = FakeClock()
        self.over = asyncio.Event()
        self.closed = 0

    async def connect(self, account: str, window: int) -> Session:
        self.tries.append(self.clock.monotonic())
        if len(self.tries) <= self.failures:
            raise LinkDown
        return self

    async def receive(self) -> Sequence[Parcel]:
        await self.over.wait()
        self.over.clear()
        raise self.error

    def acknowledge(self, position: int) -> None:
        raise AssertionError

    async def flush(self) -> None:
        """Nothing to send."""

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        raise self.error

    async def group(self, chat: ChatRef) -> Group | None:
        raise self.error

    async def download(self, media: Media, max_bytes: int) -> bytes:
        raise self.error

    async def close(self) -> None:
        self.closed += 1


async def test_it_connects_again_with_growing_pauses_that_have_an_end() -> None:
    link = Broken(LinkDown(), failures=12)

    class Always:
        def random(self) -> float:
            return 1.0

        def randbytes(self, n: int, /) -> bytes:
            return bytes(n)

    transport, service = SimulatorTransport(link, link.clock, Always()), Service()
    await transport.start(service)
    await link.clock.advance(120)
    pauses = [round(b - a, 3) for a, b in zip(link.tries, link.tries[1:], strict=False)]
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10, 10, 10, 10, 10]
    assert service.states == [ConnectionState.CONNECTING, ConnectionState.ONLINE]
    await transport.stop(1)
    assert service.states[-1] is ConnectionState.STOPPED
    assert link.closed == 1


async def test_it_stops_although_its_connection_broke_a_moment_before() -> None:
    class Gone(Broken):
        async def flush(self) -> None:
            raise self.error

    link = Gone(LinkDown(left=True))
    transport, service = SimulatorTransport(link, link.clock, Random(1)), Service()
    await transport.start(service)
    await settle()
    await transport.stop(1)
    assert service.states[-1] is ConnectionState.STOPPED


async def test_without_a_connection_a_send_is_rejected_for_now() -> None:
    transport = SimulatorTransport(Broken(LinkDown()), FakeClock(), Random(1))
    result = await transport.perform(CHAT, SendText("hi"), "r")
    assert (result.certainty, result.error) == (Certainty.REJECTED, "disconnected")
    assert result.retry_after is not None
    for question in (transport.group(CHAT), transport.download(Media(MediaKind.IMAGE, "h"), 10)):
        with pytest.raises(TransportError) as error:
            await question
        assert error.value.retryable


@pytest.mark.parametrize(
    ("error", "certainty"),
    [(LinkDown(), Certainty.REJECTED), (LinkDown(left=True), Certainty.UNKNOWN)],
)
async def test_a_send_that_may_have_gone_out_is_unknown(error: LinkDown, certainty: Certainty) -> None:
    link = Broken(error)
    transport = SimulatorTransport(link, link.clock, Random(1))
    await transport.start(Service())
    await settle()
    assert transport.state is ConnectionState.ONLINE
    result = await transport.perform(CHAT, SendText("hi"), "r")
    assert result.certainty is certainty
    assert (result.retry_after is None) == (certainty is Certainty.UNKNOWN)
    for question in (transport.group(CHAT), transport.download(Media(MediaKind.IMAGE, "h"), 10)):
        with pytest.raises(TransportError):
            await question
    await transport.stop(1)


async def test_an_error_nobody_thought_of_is_logged_and_survived(caplog: pytest.LogCaptureFixture) -> None:
    link = Broken(RuntimeError("a fault"))
    transport = SimulatorTransport(link, link.clock, Random(1))
    await transport.start(Service())
    await settle()
    link.over.set()
    await link.clock.advance(1)
    assert len(link.tries) == 2
    assert [record.message for record in caplog.records] == ["the connection to the world broke"]
    await transport.stop(1)


async def test_stopping_finishes_what_is_under_way_and_leaves_the_rest_for_later() -> None:
    town, service = Town(), Service()
    transport = SimulatorTransport(LocalLink(town.host), town.clock, Random(1), account=ACCOUNT)
    await transport.start(service)
    await settle()
    service.open.clear()
    town.say(town.bob, "under way")
    town.world.inject(Fault(kind=FaultKind.SLOW, seconds=5, count=1))
    sending = asyncio.create_task(transport.perform(town.ref(), SendText("slow"), "r1"))
    await settle()
    stopping = asyncio.create_task(transport.stop(60))
    await settle()
    town.say(town.bob, "too late")
    assert (await transport.perform(town.ref(), SendText("later"), "r2")).certainty is Certainty.REJECTED
    assert not stopping.done()
    service.open.set()
    await town.clock.advance(5)
    await stopping
    assert (await sending).certainty is Certainty.SENT
    assert service.texts() == ["under way"]
    assert not town.bot.connected
    assert town.world.shown(town.bot).waiting > 0

    await transport.start(service)
    await settle()
    assert service.texts() == ["under way", "too late"]
    await transport.stop(1)


async def test_a_deadline_ends_the_waiting(caplog: pytest.LogCaptureFixture) -> None:
    town, service = Town(), Service()
    transport = SimulatorTransport(LocalLink(town.host), town.clock, Random(1), account=ACCOUNT)
    await transport.start(service)
    await settle()
    service.open.clear()
    town.say(town.bob, "stuck")
    await settle()
    await transport.stop(0.001)
    assert service.texts() == []
    assert "work under way" in caplog.text
    assert town.world.shown(town.bot).waiting == 1
    await transport.stop(1)  # a second time is nothing


async def test_a_bot_that_goes_offline_comes_back_by_itself() -> None:
    town, service = Town(), Service()
    transport = SimulatorTransport(LocalLink(town.host), town.clock, Random(1), account=ACCOUNT)
    await transport.start(service)
    await settle()
    town.world.set_online(town.bot, False)
    await settle()
    town.say(town.bob, "while you were away")
    town.world.set_online(town.bot, True)
    await town.clock.advance(20)
    assert service.states == [
        ConnectionState.CONNECTING,
        ConnectionState.ONLINE,
        ConnectionState.CONNECTING,
        ConnectionState.ONLINE,
    ]
    message = service.events[-1]
    assert isinstance(message, MessageReceived)
    assert message.offline
    await transport.stop(1)


async def test_a_send_in_the_moment_of_the_break_is_rejected_for_now() -> None:
    town = Town()
    transport = SimulatorTransport(LocalLink(town.host), town.clock, Random(1), account=ACCOUNT)
    await transport.start(Service())
    await settle()
    town.world.set_online(town.bot, False)
    result = await transport.perform(town.ref(), SendText("now?"), "r1")
    assert (result.certainty, result.retry_after) == (Certainty.REJECTED, 1.0)
    assert town.texts() == []
    await transport.stop(1)


async def test_delayed_events_come_when_they_are_due() -> None:
    town, service = Town(), Service()
    transport = SimulatorTransport(LocalLink(town.host), town.clock, Random(1), account=ACCOUNT)
    await transport.start(service)
    await settle()
    town.world.inject(Fault(kind=FaultKind.DELAY, seconds=5, count=1))
    town.say(town.bob, "late")
    await town.clock.advance(4.9)
    assert service.texts() == []
    town.say(town.bob, "at once")
    await town.clock.advance(0)
    assert service.texts() == ["at once"]
    await town.clock.advance(0.2)
    assert service.texts() == ["at once", "late"]
    await transport.stop(1)


async def test_an_event_that_falls_due_while_it_is_looked_for_is_not_overlooked() -> None:
    class Ticking(FakeClock):
        """Time goes on whenever somebody looks."""

        def now(self) -> int:
            self.move(0.001)
            return super().now()

    town, service = Town(clock=Ticking()), Service()
    transport = SimulatorTransport(LocalLink(town.host), FakeClock(), Random(1), account=ACCOUNT)
    await transport.start(service)
    for n in range(20):
        town.world.inject(Fault(kind=FaultKind.DELAY, seconds=n / 1000, count=1))
        town.say(town.bob, str(n))
        await settle()
        for _ in range(30):
            town.host.clock.now()
        await settle()
        assert service.texts()[-1] == str(n)
    await transport.stop(1)
