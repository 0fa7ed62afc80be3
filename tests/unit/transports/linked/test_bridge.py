"""The parent's side, over a child that does what the test says: events and calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.linked.children import MEGABYTE, Stage

from whinchat.core.errors import Overloaded
from whinchat.transports.linked import life
from whinchat.transports.linked.frames import FrameError, Kind
from whinchat.transports.linked.link import (
    BridgeDown,
    BridgeTimeout,
    LinkState,
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    scene = Stage(tmp_path)
    yield scene
    scene.held.set()
    await scene.bridge.stop(1)


async def test_it_runs_when_the_library_has_called_back(stage: Stage) -> None:
    assert stage.bridge.state is LinkState.STOPPED
    with pytest.raises(BridgeDown):
        await stage.bridge.call("GetMe", timeout=1)
    await stage.start()
    await stage.told(1)
    assert [change.state for change in stage.changes] == [LinkState.STARTING, LinkState.RUNNING]
    assert stage.events == [("me", b"me")]
    assert stage.bridge.memory == 30 * MEGABYTE


async def test_an_event_is_acknowledged_when_it_was_taken(stage: Stage) -> None:
    await stage.start()
    stage.held.clear()
    stage.child.tells(Kind.EVENT, 2, "message", b"hello")
    await stage.turn()
    assert (Kind.ACKNOWLEDGE, 2, ()) not in stage.child.heard
    stage.held.set()
    await stage.turn()
    assert (Kind.ACKNOWLEDGE, 2, ()) in stage.child.heard


async def test_events_are_offered_without_waiting_for_those_before(stage: Stage) -> None:
    await stage.start()
    order: list[int] = []
    gates = [asyncio.Event(), asyncio.Event()]

    async def take(_: str, data: bytes) -> None:
        order.append(data[0])
        await gates[data[0]].wait()

    stage.bridge._on_event = take
    stage.child.tells(Kind.EVENT, 2, "message", b"\0")
    stage.child.tells(Kind.EVENT, 3, "message", b"\1")
    gates[1].set()
    await stage.turn()
    assert order == [0, 1]
    assert (Kind.ACKNOWLEDGE, 3, ()) in stage.child.heard
    assert (Kind.ACKNOWLEDGE, 2, ()) not in stage.child.heard
    gates[0].set()


async def test_a_service_that_is_overloaded_is_offered_the_event_again(stage: Stage) -> None:
    await stage.start()
    stage.errors = [Overloaded("full", retry_after=7) for _ in range(5)]
    stage.child.tells(Kind.EVENT, 2, "message", b"hello")
    await stage.turn()
    for _ in range(5):
        assert (Kind.ACKNOWLEDGE, 2, ()) not in stage.child.heard
        await stage.clock.advance(7)
    assert ("message", b"hello") in stage.events
    assert (Kind.ACKNOWLEDGE, 2, ()) in stage.child.heard


async def test_an_event_that_breaks_the_service_is_given_up_and_does_not_hold_the_others(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await stage.start()
    stage.errors = [ValueError("with words of a person") for _ in range(3)]
    stage.child.tells(Kind.EVENT, 2, "message", b"bad")
    await stage.turn()
    await stage.clock.advance(1)
    assert (Kind.ACKNOWLEDGE, 2, ()) in stage.child.heard
    assert "an event is given up" in caplog.messages
    assert "words of a person" not in caplog.text
    stage.child.tells(Kind.EVENT, 3, "message", b"good")
    await stage.turn()
    assert stage.events[-1] == ("message", b"good")


async def test_what_the_service_does_not_take_while_it_stops_stays_with_the_child(stage: Stage) -> None:
    await stage.start()
    stage.held.clear()
    stage.child.stops = False
    stage.child.tells(Kind.EVENT, 2, "message", b"late")
    await stage.turn()
    stopping = asyncio.create_task(stage.bridge.stop(5))
    await stage.turn()
    stage.errors = [RuntimeError("closing")]
    stage.held.set()
    await stage.turn()
    assert (Kind.STOP, 0, (5000,)) in stage.child.heard
    assert (Kind.ACKNOWLEDGE, 2, ()) not in stage.child.heard
    stage.child.dies()
    await stopping
    assert stage.bridge.state is LinkState.STOPPED


async def test_a_call_is_answered(stage: Stage) -> None:
    await stage.start()
    calling = asyncio.create_task(stage.bridge.call("SendMessage", b"to", b"what", timeout=5))
    await stage.turn()
    ((_, number, values),) = stage.child.said(Kind.CALL)
    assert values == ("SendMessage", b"to", b"what")
    stage.child.tells(Kind.ANSWER, number, b"sent")
    assert await calling == b"sent"


async def test_a_call_that_is_not_answered_in_time_keeps_its_place_until_it_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "CALLS", 1)
    await stage.start()
    calling = asyncio.create_task(stage.bridge.call("SendMessage", timeout=0.02))
    with pytest.raises(BridgeTimeout) as late:
        await calling
    assert late.value.left
    with pytest.raises(BridgeTimeout) as late:
        await stage.bridge.call("GetMe", timeout=0.02)
    assert not late.value.left

    ((_, number, _),) = stage.child.said(Kind.CALL)
    stage.child.tells(Kind.ANSWER, number, b"much too late")
    calling = asyncio.create_task(stage.bridge.call("GetMe", timeout=5))
    await stage.turn()
    stage.child.tells(Kind.ANSWER, number + 1, b"me")
    assert await calling == b"me"


async def test_refused_calls(stage: Stage) -> None:
    await stage.start()
    for code, error in (("not_ready", BridgeDown), ("busy", BridgeDown), ("bad_arguments", ValueError)):
        calling = asyncio.create_task(stage.bridge.call("SendMessage", timeout=5))
        await stage.turn()
        stage.child.tells(Kind.REFUSED, stage.child.said(Kind.CALL)[-1][1], code)
        with pytest.raises(error):
            await calling
    calling = asyncio.create_task(stage.bridge.call("DownloadAny", timeout=5))
    await stage.turn()
    stage.child.tells(Kind.REFUSED, stage.child.said(Kind.CALL)[-1][1], "too_large")
    with pytest.raises(BridgeDown) as down:
        await calling
    assert down.value.left


async def test_a_call_too_large_for_a_frame_takes_no_place(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "CALLS", 1)
    await stage.start()

    def too_large(*_: object) -> None:
        raise FrameError("longer than a frame may be")

    with monkeypatch.context() as patched:
        patched.setattr(stage.child, "send", too_large)
        with pytest.raises(ValueError, match="longer"):
            await stage.bridge.call("Upload", b"", timeout=5)
    calling = asyncio.create_task(stage.bridge.call("GetMe", timeout=5))
    await stage.turn()
    stage.child.tells(Kind.ANSWER, stage.child.said(Kind.CALL)[-1][1], b"me")
    assert await calling == b"me"


async def test_the_outcome_of_calls_under_way_is_unknown_when_the_child_dies(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "CALLS", 1)
    await stage.start()
    first = asyncio.create_task(stage.bridge.call("SendMessage", timeout=5))
    second = asyncio.create_task(stage.bridge.call("SendMessage", timeout=5))
    await stage.turn()
    stage.child.dies()
    with pytest.raises(BridgeDown) as down:
        await first
    assert down.value.left
    with pytest.raises(BridgeDown) as down:
        await second
    assert not down.value.left


async def test_what_a_dead_child_had_handed_over_is_still_taken(stage: Stage) -> None:
    await stage.start()
    stage.child.tells(Kind.EVENT, 2, "message", b"last words")
    stage.child.dies()
    await stage.turn()
    assert stage.events[-1] == ("message", b"last words")
