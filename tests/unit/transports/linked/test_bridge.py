"""The parent's side, over a child that does what the test says. No process, no socket, and time stands still."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from whinchat.core.errors import Overloaded
from whinchat.testing.clock import FakeClock
from whinchat.transports.linked import life
from whinchat.transports.linked.bridge import Bridge
from whinchat.transports.linked.frames import FrameError, Kind, Value
from whinchat.transports.linked.link import (
    BridgeDown,
    BridgeTimeout,
    LibraryUnusable,
    LinkChange,
    LinkState,
    Reason,
)
from whinchat.transports.linked.parking import beside, park
from whinchat.transports.linked.process import Frame, Gone, Process, Setup

KEY = b"k" * 32
MEGABYTE = 1024 * 1024


class FakeChild:
    """`tells` what a child would; answers signs of life until it `hangs`."""

    def __init__(self) -> None:
        self.heard: list[Frame] = []
        self.killed = False
        self.hangs = False
        self.memory = 30 * MEGABYTE
        self.stops = True
        """Whether it ends when it is asked to."""
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue()

    def tells(self, kind: Kind, number: int = 0, *values: Value) -> None:
        self._frames.put_nowait((kind, number, values))

    def live(self) -> None:
        """Up to its first event, the number 1."""
        self.tells(Kind.READY)
        self.tells(Kind.EVENT, 1, "me", b"me")

    def dies(self) -> None:
        self._frames.put_nowait(None)

    def said(self, kind: Kind) -> list[Frame]:
        return [frame for frame in self.heard if frame[0] is kind]

    async def receive(self) -> Frame:
        frame = await self._frames.get()
        if frame is None:
            raise Gone
        return frame

    def send(self, kind: Kind, number: int = 0, *values: Value) -> None:
        self.heard.append((kind, number, values))
        if kind is Kind.PING and not self.hangs:
            self.tells(Kind.BEAT, 0, self.memory)
        if kind is Kind.STOP and self.stops:
            self.tells(Kind.STOPPED)
            self.dies()

    async def flush(self) -> None:
        await asyncio.sleep(0)

    async def end(self) -> None:
        self.killed = True
        self.dies()


class Stage:
    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.setup = Setup(folder / "ana.db", KEY)
        self.children: list[FakeChild] = []
        self.refusal: Exception | None = None
        self.events: list[tuple[str, bytes]] = []
        self.errors: list[Exception] = []
        """Raised for the next events."""
        self.held = asyncio.Event()
        self.held.set()
        self.changes: list[LinkChange] = []
        self.bridge = Bridge(self.setup, self.clock, random.Random(0), memory_mb=100, launch=self._launch)

    @property
    def child(self) -> FakeChild:
        return self.children[-1]

    async def start(self) -> None:
        starting = asyncio.create_task(self.bridge.start(self._take, self.changes.append))
        await self.turn()
        self.child.live()
        await starting
        await self.turn()

    async def turn(self) -> None:
        """Let the others go on; a thread that reads a file takes more than a turn."""
        for _ in range(30):
            await asyncio.sleep(0)

    async def told(self, amount: int) -> None:
        async with asyncio.timeout(5):
            while len(self.events) < amount:
                await asyncio.sleep(0)

    async def _launch(self, _: Setup) -> Process:
        if self.refusal is not None:
            raise self.refusal
        self.children.append(FakeChild())
        return self.children[-1]

    async def _take(self, name: str, data: bytes) -> None:
        await self.held.wait()
        if self.errors:
            raise self.errors.pop(0)
        self.events.append((name, data))


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
    assert (Kind.STOP, 0, (4000,)) in stage.child.heard
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


async def test_a_child_that_dies_is_followed_by_another_ever_later(stage: Stage) -> None:
    await stage.start()
    waits = []
    for amount in range(1, 12):
        stage.child.dies()
        await stage.turn()
        assert stage.bridge.state is LinkState.WAITING
        assert stage.changes[-1].reason is Reason.CRASHED
        waits.append(stage.changes[-1].wait)
        await stage.clock.advance(waits[-1] + 0.001)
        assert len(stage.children) == amount + 1
    assert waits[0] <= 1
    assert max(waits) <= 300
    assert sum(waits[-3:]) > sum(waits[:3])


async def test_a_child_that_has_worked_for_a_while_starts_the_waits_anew(stage: Stage) -> None:
    await stage.start()
    for _ in range(8):
        stage.child.dies()
        await stage.turn()
        await stage.clock.advance(stage.changes[-1].wait + 0.001)
    await stage.clock.advance(100)
    stage.child.dies()
    await stage.turn()
    assert stage.changes[-1].wait <= 1


async def test_nobody_has_to_wait_when_a_person_asks_for_another(stage: Stage) -> None:
    await stage.start()
    stage.child.dies()
    await stage.turn()
    await stage.bridge.restart()
    await stage.turn()
    assert len(stage.children) == 2
    stage.child.live()
    await stage.turn()
    await stage.bridge.restart()
    await stage.turn()
    assert len(stage.children) == 3
    assert LinkChange(LinkState.WAITING, Reason.ASKED) in stage.changes


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("unreachable", Reason.UNREACHABLE),
        ("session", Reason.SESSION),
        ("in_use", Reason.IN_USE),
        ("protocol", Reason.CRASHED),
    ],
)
async def test_why_a_child_could_not_serve_is_told(stage: Stage, code: str, reason: Reason) -> None:
    starting = asyncio.create_task(stage.bridge.start(stage._take, stage.changes.append))
    await stage.turn()
    stage.child.tells(Kind.FAILED, 0, code)
    await starting
    assert stage.changes[-1].reason is reason
    assert stage.bridge.state is LinkState.WAITING


async def test_a_library_that_cannot_be_used_is_not_tried_again(stage: Stage) -> None:
    starting = asyncio.create_task(stage.bridge.start(stage._take, stage.changes.append))
    await stage.turn()
    stage.child.tells(Kind.FAILED, 0, "library_version")
    with pytest.raises(LibraryUnusable):
        await starting
    assert stage.bridge.state is LinkState.STOPPED
    assert stage.child.killed


async def test_a_library_that_becomes_unusable_ends_it(stage: Stage) -> None:
    await stage.start()
    stage.refusal = LibraryUnusable("gone")
    stage.child.dies()
    await stage.turn()
    await stage.clock.advance(300)
    assert stage.changes[-1] == LinkChange(LinkState.STOPPED, Reason.UNUSABLE)
    with pytest.raises(BridgeDown):
        await stage.bridge.call("GetMe", timeout=1)


async def test_a_process_that_cannot_be_started_is_tried_again(stage: Stage) -> None:
    stage.refusal = OSError("no memory")
    await stage.bridge.start(stage._take, stage.changes.append)
    assert stage.changes[-1].reason is Reason.CRASHED
    stage.refusal = None
    await stage.clock.advance(300)
    assert len(stage.children) == 1


async def test_a_child_that_gives_no_sign_of_life_is_killed(stage: Stage) -> None:
    await stage.start()
    stage.child.hangs = True
    await stage.clock.advance(life.PING * (life.SILENT - 2))
    assert not stage.child.killed
    await stage.clock.advance(life.PING * 3)
    assert stage.children[0].killed
    assert Reason.SILENT in {change.reason for change in stage.changes}


async def test_frames_that_make_no_sense_end_the_child(stage: Stage) -> None:
    await stage.start()
    stage.child.tells(Kind.EVENT, 2, 5)
    await stage.turn()
    assert stage.child.killed
    assert stage.changes[-1].reason is Reason.CRASHED


async def test_an_answer_that_nobody_waits_for_ends_the_child(stage: Stage) -> None:
    await stage.start()
    stage.child.tells(Kind.ANSWER, 99, b"")
    await stage.turn()
    assert stage.child.killed


async def test_a_heavy_child_is_restarted_when_it_has_nothing_to_do(stage: Stage) -> None:
    await stage.start()
    stage.child.memory = 101 * MEGABYTE
    await stage.clock.advance(life.YOUNG - 10)
    assert len(stage.children) == 1, "it has grown up too fast for a restart to help"

    stage.held.clear()
    stage.child.tells(Kind.EVENT, 2, "message", b"")
    await stage.clock.advance(20)
    assert len(stage.children) == 1, "it has something to do"
    stage.held.set()
    await stage.clock.advance(10)
    assert len(stage.children) == 2
    assert LinkChange(LinkState.WAITING, Reason.MEMORY) in stage.changes


async def test_a_heavy_child_that_is_never_quiet_is_restarted_in_the_end(stage: Stage) -> None:
    await stage.start()
    await stage.clock.advance(life.YOUNG)
    stage.child.memory = 101 * MEGABYTE
    stage.held.clear()
    stage.child.tells(Kind.EVENT, 2, "message", b"")
    await stage.clock.advance(life.OVER - 5)
    assert len(stage.children) == 1
    await stage.clock.advance(20)
    assert len(stage.children) == 2


async def test_a_child_that_becomes_light_again_stays(stage: Stage) -> None:
    await stage.start()
    await stage.clock.advance(life.YOUNG)
    stage.held.clear()
    stage.child.tells(Kind.EVENT, 2, "message", b"")
    stage.child.memory = 101 * MEGABYTE
    await stage.clock.advance(30)
    stage.child.memory = 99 * MEGABYTE
    await stage.clock.advance(life.OVER)
    stage.held.set()
    await stage.clock.advance(30)
    assert len(stage.children) == 1


async def test_a_child_that_does_not_end_in_time_is_killed(stage: Stage) -> None:
    await stage.start()
    stage.child.stops = False
    await stage.bridge.stop(0.01)
    assert stage.child.killed
    assert stage.bridge.state is LinkState.STOPPED


async def test_it_can_be_stopped_while_its_process_is_being_started(stage: Stage) -> None:
    gate = asyncio.Event()
    launch = stage.bridge._launch

    async def slow(setup: Setup) -> Process:
        await gate.wait()
        return await launch(setup)

    stage.bridge._launch = slow
    starting = asyncio.create_task(stage.bridge.start(stage._take, stage.changes.append))
    await stage.turn()
    stopping = asyncio.create_task(stage.bridge.stop(1))
    await stage.turn()
    gate.set()
    await asyncio.gather(starting, stopping)
    assert stage.child.killed
    assert stage.bridge.state is LinkState.STOPPED


async def test_it_can_be_started_again(stage: Stage) -> None:
    await stage.start()
    await stage.bridge.stop(1)
    await stage.bridge.stop(1)
    await stage.start()
    await stage.told(2)
    assert stage.bridge.state is LinkState.RUNNING


async def test_what_an_earlier_run_had_left_comes_first(stage: Stage) -> None:
    park(str(stage.setup.session), KEY, "", [("message", b"left")])
    starting = asyncio.create_task(stage.bridge.start(stage._take, stage.changes.append))
    await stage.turn()
    stage.child.tells(Kind.READY)
    await starting
    await stage.told(1)
    assert stage.events == [("message", b"left")]
    async with asyncio.timeout(5):
        while not stage.child.said(Kind.CONNECT):
            await asyncio.sleep(0)
    assert not Path(beside(str(stage.setup.session), ".parked")).exists()


async def test_what_was_left_and_cannot_be_read_is_said(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    park(str(stage.setup.session), b"x" * 32, "", [("message", b"left")])
    await stage.start()
    async with asyncio.timeout(5):
        while not stage.child.said(Kind.CONNECT):
            await asyncio.sleep(0)
    assert "some events that an earlier process had left cannot be read" in caplog.messages


async def test_what_the_library_reports_is_logged_by_its_code(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    await stage.start()
    stage.child.tells(Kind.LOG, 0, "WARN", "queue_full")
    await stage.turn()
    (record,) = [record for record in caplog.records if record.message == "the library reports something"]
    assert (record.levelname, record.__dict__["code"]) == ("WARNING", "queue_full")
