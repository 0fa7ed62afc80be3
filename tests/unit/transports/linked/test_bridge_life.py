"""The parent's side, over a child that does what the test says: how children begin, end and follow each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.linked.children import KEY, MEGABYTE, Stage

from whinchat.transports.linked import bridge, life
from whinchat.transports.linked.frames import Kind
from whinchat.transports.linked.link import (
    BridgeDown,
    LibraryUnusable,
    LinkChange,
    LinkState,
    Reason,
)
from whinchat.transports.linked.parking import beside, park
from whinchat.transports.linked.process import Process, Setup


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    scene = Stage(tmp_path)
    yield scene
    scene.held.set()
    await scene.bridge.stop(1)


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
    stage.child.live()
    await stage.clock.advance(100)
    stage.child.dies()
    await stage.turn()
    assert stage.changes[-1].wait <= 1


async def test_crashes_of_children_that_had_served_do_not_add_up(stage: Stage) -> None:
    await stage.start()
    for _ in range(12):
        await stage.clock.advance(bridge.HEALTHY)
        stage.child.dies()
        await stage.turn()
        assert stage.changes[-1].wait <= 1
        await stage.clock.advance(1)
        stage.child.live()
        await stage.turn()


@pytest.mark.parametrize("served", [None, 0.0, bridge.HEALTHY - 5], ids=["never", "at once", "a little"])
async def test_a_child_that_lives_long_without_serving_long_has_not_worked(stage: Stage, served: float | None) -> None:
    await stage.start()
    waits = []
    for _ in range(12):
        if served is None:
            await stage.clock.advance(10 * bridge.HEALTHY)
            stage.child.dies()
        else:
            stage.child.live()
            await stage.clock.advance(served)
            stage.child.hangs = True
            await stage.clock.advance(life.PING * (life.SILENT + 1))
        await stage.turn()
        waits.append(max(change.wait for change in stage.changes[-3:]))
        await stage.clock.advance(300)
    assert max(waits) > 30


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
        ("ended", Reason.CRASHED),
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


async def test_a_child_that_does_not_end_in_time_is_killed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "PARKING", 0.0)
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


async def test_a_folder_that_cannot_be_read_does_not_keep_it_from_connecting(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(session: str, key: bytes) -> tuple[list[tuple[str, bytes]], bool]:
        raise PermissionError

    monkeypatch.setattr(bridge, "parked", refused)
    starting = asyncio.create_task(stage.bridge.start(stage._take, stage.changes.append))
    await stage.turn()
    stage.child.tells(Kind.READY)
    await starting
    async with asyncio.timeout(5):
        while not stage.child.said(Kind.CONNECT):
            await asyncio.sleep(0)
    assert "cannot be read" in caplog.text


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
