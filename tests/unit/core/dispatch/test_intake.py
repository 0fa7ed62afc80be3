from __future__ import annotations

import asyncio

import pytest
from tests.support.echo import Faults, echo

from whinchat.core.dispatch.intake import ARRIVED, CONNECTED, NOTICES, SINCE, STATES
from whinchat.core.engine import EngineSettings
from whinchat.core.errors import Overloaded, StorageError
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    DeliveryStatus,
    DeliveryUpdate,
    Event,
    Notice,
    NoticeKind,
)
from whinchat.testing.harness import ACCOUNT, BotHarness, running

OPEN = ChatRef("open@g", ChatKind.GROUP)
DELIVERED = DeliveryUpdate(account=ACCOUNT, chat=OPEN, message_id="m", status=DeliveryStatus.READ, time=0)


def fail_once(bot: BotHarness, point: str) -> None:
    left = 1

    def hook(reached: str) -> None:
        nonlocal left
        if reached == point and left:
            left = 0
            raise StorageError("the disk is full", code="disk_full")

    bot.database.hook = hook


async def test_a_message_written_by_a_lost_answer_keeps_its_place_in_the_chat() -> None:
    faults = Faults()
    async with running(echo(faults)) as bot:
        fail_once(bot, "after_commit")
        first, second = bot.message("ana", OPEN, "first"), bot.message("ana", OPEN, "second")
        await bot.emit(first, second)  # the first is on disk, and was refused
        assert faults.handled == []
        await bot.transport.offer()
        await bot.settle()
        assert faults.handled == ["first", "second"]
        assert bot.metrics.value(ARRIVED, kind="message", result="duplicate") == 1


async def test_a_repeated_message_that_is_being_handled_is_handled_once() -> None:
    faults = Faults()
    faults.slow = asyncio.Event()
    async with running(echo(faults)) as bot:
        message = bot.message("ana", OPEN, "hello")
        await bot.transport.emit(message, times=3)
        assert bot.engine.dispatcher.pending == 1
        faults.slow.set()
        await bot.settle()
        assert faults.handled == ["hello"]


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_who_brings_something_is_told_when_to_come_again(point: str) -> None:
    async with running(echo(Faults())) as bot:
        fail_once(bot, point)
        with pytest.raises(Overloaded) as told:
            await bot.engine.sink.accept(bot.message("ana", OPEN, "hello"))
        assert (told.value.code, told.value.retry_after) == ("disk_full", 2.0)
        fail_once(bot, point)
        with pytest.raises(Overloaded):
            await bot.engine.sink.delivery(DELIVERED)


async def test_a_gate_that_cannot_be_asked_keeps_the_message_out_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = Faults()
    async with running(echo(faults)) as bot:
        closed = True

        async def admits(_self: object, _event: Event) -> bool:
            if closed:
                raise StorageError("the database is damaged", code="damaged")
            return True

        monkeypatch.setattr("tests.support.echo.Listen.admits", admits)
        await bot.emit(bot.message("ana", OPEN, "hello"))
        assert bot.transport.waiting == 1
        closed = False
        await bot.transport.offer()
        await bot.settle()
        assert faults.handled == ["hello"]


async def test_a_full_backlog_is_felt_by_the_transport_until_the_stop() -> None:
    faults = Faults()
    faults.slow = asyncio.Event()
    async with running(echo(faults), settings=EngineSettings(backlog=1)) as bot:
        await bot.transport.emit(bot.message("ana", OPEN, "first"))
        offering = asyncio.create_task(bot.engine.sink.accept(bot.message("ana", OPEN, "second")))
        await asyncio.sleep(0)
        assert not offering.done()
        bot.engine.stop()
        with pytest.raises(Overloaded) as told:
            await offering
        assert told.value.code == "stopping"
        faults.slow.set()


async def test_whether_an_account_is_connected_can_be_seen() -> None:
    async with running(echo(Faults())) as bot:
        assert bot.metrics.value(CONNECTED, account=ACCOUNT) == 1
        assert bot.metrics.value(SINCE, account=ACCOUNT) == bot.clock.now() // 1000
        bot.transport.disconnect()
        assert bot.metrics.value(SINCE, account=ACCOUNT) == 0
        assert bot.metrics.value(CONNECTED, account=ACCOUNT) == 0
        assert bot.metrics.value(STATES, account=ACCOUNT, state="online") == 1


async def test_what_the_network_tells_an_account_is_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with running(echo(Faults())) as bot:
        bot.engine.sink.notice(Notice(account=ACCOUNT, kind=NoticeKind.RESTRICTED, detail="reach_out", until=5))
        assert bot.metrics.value(NOTICES, account=ACCOUNT, kind="restricted") == 1
        (told,) = bot.engine.sink.told.values()
        assert (told.notice.detail, told.at) == ("reach_out", bot.clock.now())
    (record,) = [each for each in caplog.records if each.name == "whinchat.core.dispatch.intake"]
    assert (vars(record)["kind"], vars(record)["detail"], vars(record)["until"]) == ("restricted", "reach_out", 5)


async def test_deliveries_of_messages_that_nobody_knows_are_no_fault() -> None:
    async with running(echo(Faults())) as bot:
        await bot.transport.emit(DELIVERED)
        assert bot.transport.waiting == 0


async def test_halves_of_characters_are_handled_as_the_replacement_sign() -> None:
    faults = Faults()
    async with running(echo(faults)) as bot:
        await bot.say("ana", OPEN, "half \ud800 a character", id="\udfff")
        assert faults.handled == ["half \ufffd a character"]
        assert await bot.count("events", "state = 'done'") == 1
