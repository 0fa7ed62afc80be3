from __future__ import annotations

import asyncio
from collections import defaultdict

import pytest

from whinchat.core.errors import Overloaded
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    ConnectionState,
    Content,
    DeliveryStatus,
    DeliveryUpdate,
    Event,
    MessageReceived,
    Notice,
    UserRef,
)
from whinchat.testing.clock import FakeClock
from whinchat.transports.simulator.feed import Parcel
from whinchat.transports.simulator.intake import Intake


def parcel(position: int, chat: str = "a") -> Parcel:
    group = ChatRef(chat, ChatKind.GROUP)
    content = Content(text=str(position))
    return Parcel(
        position,
        MessageReceived(account="s", chat=group, id=f"m{position}", sender=UserRef("bob"), time=0, content=content),
    )


class Service:
    """A sink that can be slow or closed, and notes what it took in which order."""

    def __init__(self) -> None:
        self.taken: dict[str, list[str]] = defaultdict(list)
        self.updates: list[DeliveryUpdate] = []
        self.errors: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()
        self.at_once = 0
        self.most_at_once = 0

    async def accept(self, event: Event) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            await self.open.wait()
        finally:
            self.at_once -= 1
        self.taken[event.chat.id].append(event.id)

    async def delivery(self, update: DeliveryUpdate) -> None:
        self.updates.append(update)

    def connection(self, account: str, state: ConnectionState) -> None:
        """Nothing to note."""

    def notice(self, notice: Notice) -> None:
        """Of no interest here."""


class Desk:
    def __init__(self, workers: int = 4) -> None:
        self.service = Service()
        self.clock = FakeClock()
        self.acknowledged: list[int] = []
        self.intake = Intake(self.service, self.acknowledged.append, self.clock, workers)


async def test_order_holds_in_each_chat_and_everything_is_acknowledged() -> None:
    desk = Desk()
    async with desk.intake as intake:
        intake.put([parcel(n, "abc"[n % 3]) for n in range(120)])
        await intake.drain()
    for offset, chat in enumerate("abc"):
        assert desk.service.taken[chat] == [f"m{n}" for n in range(120) if n % 3 == offset]
    assert sorted(desk.acknowledged) == list(range(120))


async def test_many_chats_go_at_once_but_no_more_than_workers() -> None:
    desk = Desk(workers=4)
    async with desk.intake as intake:
        intake.put([parcel(n, f"chat {n}") for n in range(50)])
        await intake.drain()
    assert desk.service.most_at_once == 4


async def test_a_busy_chat_does_not_hold_up_the_others() -> None:
    desk = Desk(workers=1)
    async with desk.intake as intake:
        intake.put([*(parcel(n, "busy") for n in range(1000)), parcel(1000, "quiet")])
        while not desk.service.taken["quiet"]:
            await asyncio.sleep(0)
        assert len(desk.service.taken["busy"]) < 100
        await intake.drain()


async def test_what_the_service_cannot_take_yet_is_kept_and_offered_again() -> None:
    desk = Desk()
    desk.service.errors = [Overloaded("full", retry_after=3.0), Overloaded("full")]
    async with desk.intake as intake:
        intake.put([parcel(1), parcel(2)])
        await desk.clock.advance(2.9)
        assert desk.acknowledged == []
        await desk.clock.advance(1)
        await intake.drain()
    assert desk.service.taken["a"] == ["m1", "m2"]
    assert desk.acknowledged == [1, 2]


async def test_a_failing_service_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.service.errors = [RuntimeError("a fault"), RuntimeError("another")]
    async with desk.intake as intake:
        intake.put([parcel(1), parcel(2)])
        await desk.clock.advance(5)
        await intake.drain()
    assert desk.service.taken["a"] == ["m1", "m2"]
    assert len(caplog.records) == 2


async def test_delivery_updates_are_handed_over_too() -> None:
    desk = Desk()
    chat = ChatRef("a", ChatKind.GROUP)
    update = DeliveryUpdate(account="s", chat=chat, message_id="m", status=DeliveryStatus.READ, time=0)
    async with desk.intake as intake:
        intake.put([Parcel(1, update)])
        await intake.drain()
    assert (desk.service.updates, desk.acknowledged) == ([update], [1])


async def test_leaving_drops_what_is_not_accepted_and_does_not_acknowledge_it() -> None:
    desk = Desk(workers=1)
    desk.service.open.clear()
    async with desk.intake as intake:
        intake.put([parcel(1), parcel(2)])
        await asyncio.sleep(0)
    assert desk.acknowledged == []
    assert desk.service.at_once == 0


async def test_a_service_that_takes_nothing_more_is_not_waited_for() -> None:
    desk = Desk()
    desk.service.errors = [Overloaded("stopping", retry_after=60.0)] * 2
    async with desk.intake as intake:
        intake.put([parcel(1, "a"), parcel(2, "a"), parcel(3, "b")])
        async with asyncio.timeout(1):
            await intake.drain()
    assert desk.service.taken == {}
    assert desk.acknowledged == []


async def test_nothing_to_do_is_done_at_once() -> None:
    async with Desk().intake as intake:
        intake.put([])
        await intake.drain()
