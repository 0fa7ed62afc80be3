"""From start to stop: when an account connects, what it makes of each end, and when it comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.library import NEONIZE, SECOND
from tests.support.linked.desk import CONNECTED, DISCONNECTED, PAIRED, Desk

from whinchat.core.types import ConnectionState, NoticeKind
from whinchat.transports.linked import callbacks, connection
from whinchat.transports.linked.connection import ORPHANED
from whinchat.transports.linked.link import BridgeTimeout, LibraryUnusable, LinkState, Reason

DAY = 24 * 3600


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    await desk.bot.stop(0)


def logged_out(reason: str) -> Any:
    return NEONIZE.LoggedOut(OnConnect=True, Reason=reason)


async def test_it_connects_and_says_since_when(desk: Desk) -> None:
    await desk.start()
    assert (desk.state(), desk.link.starts) == (ConnectionState.CONNECTING, 1)
    await desk.pass_time(2)
    await desk.log_in()
    assert (desk.state(), desk.bot.since) == (ConnectionState.ONLINE, SECOND * 1000 + 2000)
    await desk.bot.stop(1)
    assert desk.sink.states == [ConnectionState.CONNECTING, ConnectionState.ONLINE, ConnectionState.STOPPED]
    assert desk.link.state is LinkState.STOPPED


async def test_a_lost_line_is_the_librarys_to_mend_for_a_while_and_then_ours(desk: Desk) -> None:
    await desk.go_online()
    await desk.link.tell(callbacks.DISCONNECTED, DISCONNECTED)
    assert desk.state() is ConnectionState.CONNECTING
    await desk.pass_time(20)
    assert desk.link.starts == 1  # the library tries by itself: nobody else does
    await desk.link.tell(callbacks.CONNECTED, CONNECTED)
    assert desk.state() is ConnectionState.ONLINE
    await desk.link.tell(callbacks.DISCONNECTED, DISCONNECTED)
    await desk.pass_time(connection.GRACE + 2 * connection.TICK)
    assert desk.link.starts == 2
    assert desk.state() is ConnectionState.CONNECTING


async def test_pauses_grow_to_five_minutes_and_begin_anew_after_a_time_online(desk: Desk) -> None:
    await desk.start()
    starts = []
    for _ in range(14):
        before, waited = desk.link.starts, 0
        desk.link.change(LinkState.WAITING, Reason.UNREACHABLE)
        await desk.clock.advance(0)
        assert "Internet" in desk.bot.hint
        while desk.link.starts == before:
            await desk.pass_time(1)
            waited += 1
        starts.append(waited)
    assert starts[0] <= 1
    assert max(starts) <= 300
    assert max(starts[9:]) > 100
    assert len(set(starts)) > 7  # jitter
    await desk.log_in()
    await desk.pass_time(connection.STEADY + 2 * connection.TICK)
    desk.link.change(LinkState.WAITING, Reason.UNREACHABLE)
    before = desk.link.starts
    await desk.pass_time(1)
    assert desk.link.starts == before + 1


@pytest.mark.parametrize("reason", [Reason.CRASHED, Reason.SILENT, Reason.MEMORY])
async def test_a_process_that_comes_back_by_itself_is_waited_for(desk: Desk, reason: Reason) -> None:
    await desk.go_online()
    desk.link.change(LinkState.WAITING, reason)
    assert desk.state() is ConnectionState.CONNECTING
    await desk.pass_time(connection.GRACE * 2)
    assert desk.link.starts == 1
    desk.link.change(LinkState.RUNNING, Reason.ASKED)
    await desk.log_in()
    assert desk.metrics.value(connection.RESTARTS, account="bot", reason=reason.value) == 1


@pytest.mark.parametrize(
    ("name", "message", "state"),
    [
        (callbacks.LOGGED_OUT, logged_out("LOGGED_OUT"), ConnectionState.LOGGED_OUT),
        (callbacks.LOGGED_OUT, logged_out("MAIN_DEVICE_GONE"), ConnectionState.LOGGED_OUT),
        (callbacks.LOGGED_OUT, logged_out("UNKNOWN_LOGOUT"), ConnectionState.BANNED),
        (callbacks.STREAM_REPLACED, b"", ConnectionState.REPLACED),
        (callbacks.TEMPORARY_BAN, NEONIZE.TemporaryBan(Code="BLOCKED_BY_USERS", Expire=0), ConnectionState.BANNED),
    ],
)
async def test_what_the_network_ended_for_good_waits_for_a_person(
    desk: Desk, name: str, message: Any, state: ConnectionState
) -> None:
    await desk.go_online()
    await desk.link.tell(name, message)
    await desk.clock.advance(0)
    assert (desk.state(), desk.link.state) == (state, LinkState.STOPPED)
    assert desk.bot.hint
    await desk.pass_time(7 * DAY)
    assert (desk.state(), desk.link.starts) == (state, 1)
    await desk.bot.reconnect()
    await desk.clock.advance(0)
    assert desk.link.starts == 2


async def test_what_a_library_says_on_its_way_out_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def still_talking(_: float) -> None:
        await desk.link.tell(callbacks.CONNECTED, CONNECTED)
        desk.link.state = LinkState.STOPPED

    await desk.go_online()
    monkeypatch.setattr(desk.link, "stop", still_talking)
    await desk.link.tell(callbacks.STREAM_REPLACED)
    await desk.pass_time(60)
    assert (desk.state(), desk.link.starts) == (ConnectionState.REPLACED, 1)


async def test_a_temporary_ban_ends_by_itself_and_not_before(desk: Desk) -> None:
    await desk.go_online()
    await desk.link.tell(callbacks.TEMPORARY_BAN, NEONIZE.TemporaryBan(Code="BLOCKED_BY_USERS", Expire=3600))
    await desk.clock.advance(0)
    assert desk.state() is ConnectionState.BANNED
    (notice,) = desk.sink.notices
    assert (notice.kind, notice.until) == (NoticeKind.RESTRICTED, desk.clock.now() + 3600_000)
    await desk.pass_time(1800)
    await desk.bot.stop(0)
    desk.begin_anew()
    await desk.start()  # also after a restart
    assert (desk.state(), desk.link.starts) == (ConnectionState.BANNED, 0)
    await desk.pass_time(1800)
    assert desk.link.starts == 0
    await desk.pass_time(600)
    assert desk.link.starts > 0
    await desk.log_in()


async def test_an_outdated_client_is_tried_again_after_a_quarter_of_an_hour_at_the_earliest(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.go_online()
    await desk.link.tell(callbacks.CLIENT_OUTDATED)
    await desk.clock.advance(0)
    assert desk.state() is ConnectionState.OUTDATED
    assert "pip install" in desk.bot.hint
    assert any(record.levelname == "ERROR" for record in caplog.records)  # the operator is told
    await desk.pass_time(15 * 60)
    assert desk.link.starts == 1
    await desk.pass_time(15 * 60)
    assert desk.link.starts > 1


async def test_a_refused_connection_is_tried_again_later(desk: Desk) -> None:
    await desk.go_online()
    await desk.link.tell(
        callbacks.CONNECT_FAILURE,
        NEONIZE.ConnectFailure(Reason="BAD_USER_AGENT", Message="", Raw=NEONIZE.Node(Tag="failure")),
    )
    await desk.pass_time(2)
    assert (desk.state(), desk.link.starts) == (ConnectionState.CONNECTING, 2)
    assert desk.bot.hint == ""


async def test_lost_keep_alives_are_a_warning_and_if_they_last_the_end(desk: Desk) -> None:
    await desk.go_online()
    lost = NEONIZE.KeepAliveTimeout(ErrorCount=1, LastSuccess=SECOND)
    await desk.link.tell(callbacks.KEEP_ALIVE_TIMEOUT, lost)
    assert desk.state() is ConnectionState.DEGRADED
    assert not desk.bot.pairing
    await desk.pass_time(connection.ANSWERED + connection.TICK)  # no other one is lost
    assert desk.state() is ConnectionState.ONLINE
    for _ in range(3):
        await desk.link.tell(callbacks.KEEP_ALIVE_TIMEOUT, lost)
        await desk.pass_time(30)
    assert desk.link.starts == 2


async def test_whoever_speaks_is_alive(desk: Desk) -> None:
    await desk.go_online()
    await desk.link.tell(callbacks.KEEP_ALIVE_TIMEOUT, NEONIZE.KeepAliveTimeout(ErrorCount=1, LastSuccess=SECOND))
    await desk.pass_time(1)
    await desk.hear()
    await desk.pass_time(connection.TICK)
    assert desk.state() is ConnectionState.ONLINE


async def test_a_long_silence_is_looked_into(desk: Desk) -> None:
    await desk.go_online()
    await desk.pass_time(connection.QUIET + connection.TICK)
    assert desk.link.names() == ["IsLoggedIn"]
    assert desk.state() is ConnectionState.ONLINE
    desk.link.answer("IsLoggedIn", b"")
    await desk.pass_time(connection.QUIET + connection.TICK)
    assert desk.state() is ConnectionState.CONNECTING  # the library knows that it has to connect again
    await desk.link.tell(callbacks.CONNECTED, CONNECTED)
    desk.link.hold("IsLoggedIn")
    await desk.pass_time(connection.QUIET + connection.TICK)
    assert desk.state() is ConnectionState.ONLINE


async def test_a_library_that_does_not_even_answer_is_started_again(desk: Desk) -> None:
    await desk.go_online()
    desk.link.answer("IsLoggedIn", *[BridgeTimeout(left=True)] * 40)
    await desk.pass_time(connection.QUIET + connection.TICK)
    assert desk.state() is ConnectionState.DEGRADED
    await desk.pass_time(connection.UNHEARD + 2 * connection.TICK)
    assert desk.link.starts == 2


async def test_without_the_library_it_says_what_to_install(desk: Desk) -> None:
    desk.link.unusable = LibraryUnusable("pip install 'whinchat[linked]'")
    await desk.start()
    assert (desk.state(), desk.bot.hint) == (ConnectionState.STOPPED, "pip install 'whinchat[linked]'")
    desk.link.unusable = None
    await desk.bot.reconnect()
    await desk.clock.advance(0)
    assert desk.link.starts == 1


async def test_a_session_that_another_process_uses_is_left_to_it(desk: Desk) -> None:
    with desk.sessions.held("bot"):
        await desk.start()
        await desk.clock.advance(ORPHANED + 1)
    assert (desk.state(), desk.link.starts) == (ConnectionState.REPLACED, 0)
    assert "Another process" in desk.bot.hint
    await desk.bot.reconnect()
    await desk.clock.advance(0)
    assert desk.link.starts == 1
    desk.link.change(LinkState.WAITING, Reason.IN_USE)
    await desk.clock.advance(0)
    assert desk.state() is ConnectionState.REPLACED


async def test_a_session_that_a_killed_service_still_holds_is_waited_for(desk: Desk) -> None:
    with desk.sessions.held("bot"):
        await desk.start()
        await desk.clock.advance(ORPHANED / 2)
        assert desk.link.starts == 0
    await desk.clock.advance(1)
    assert desk.link.starts == 1


async def test_a_damaged_session_is_not_used(desk: Desk) -> None:
    (desk.folder / "bot.db").write_bytes(b"no database at all, but long enough to be one" * 200)
    await desk.start()
    assert (desk.state(), desk.link.starts) == (ConnectionState.LOGGED_OUT, 0)
    assert "cannot be read" in desk.bot.hint


async def test_a_database_that_cannot_be_read_yet_is_waited_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.database.fail_next("database_busy", times=2)
    await desk.start()
    assert desk.link.starts == 0
    await desk.pass_time(3)
    assert desk.link.starts == 1
    await desk.bot.stop(0)


async def test_a_state_that_cannot_be_written_is_entered_all_the_same(desk: Desk) -> None:
    await desk.start()
    desk.database.fail_next("disk_full")
    await desk.log_in()
    assert desk.state() is ConnectionState.ONLINE


async def test_a_mistake_of_ours_does_not_end_the_account(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.sessions, "linked", lambda _: 1 / 0)
    await desk.start()
    assert desk.link.starts == 0
    monkeypatch.undo()
    await desk.pass_time(30)
    assert desk.link.starts == 1


LIFE: dict[str, tuple[str, Any]] = {
    "connected": (callbacks.CONNECTED, CONNECTED),
    "disconnected": (callbacks.DISCONNECTED, DISCONNECTED),
    "silent": (callbacks.KEEP_ALIVE_TIMEOUT, NEONIZE.KeepAliveTimeout(ErrorCount=1, LastSuccess=SECOND)),
    "logged out": (callbacks.LOGGED_OUT, logged_out("LOGGED_OUT")),
    "replaced": (callbacks.STREAM_REPLACED, b""),
    "banned": (callbacks.TEMPORARY_BAN, NEONIZE.TemporaryBan(Code="BLOCKED_BY_USERS", Expire=600)),
    "outdated": (callbacks.CLIENT_OUTDATED, b""),
    "qr": (callbacks.QR, NEONIZE.QR(Codes=["2@x"])),
    "paired": (callbacks.PAIR_STATUS, PAIRED),
}
STEPS = st.sampled_from([*LIFE, "crashed", "unreachable", "running", "reconnect", "free"]) | st.floats(0.1, 400)
ENDED = {ConnectionState.REPLACED, ConnectionState.LOGGED_OUT, ConnectionState.NEED_PAIRING}


async def take_step(desk: Desk, step: str | float) -> None:
    up = desk.link.state is not LinkState.STOPPED
    if isinstance(step, float):
        await desk.pass_time(step)
    elif step in LIFE and up:
        await desk.link.tell(*LIFE[step])
    elif step in {"crashed", "unreachable"} and up:
        desk.link.change(LinkState.WAITING, Reason(step))
    elif step == "running" and up:
        desk.link.change(LinkState.RUNNING, Reason.ASKED)
    elif step == "reconnect":
        await desk.bot.reconnect()
    elif step == "free":
        desk.bot._connection.free()
    await desk.clock.advance(0)


@given(st.lists(STEPS, max_size=25))
async def test_whatever_happens_nothing_that_has_ended_begins_by_itself(steps: list[str | float]) -> None:
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        await desk.start()
        for step in steps:
            before, starts = desk.state(), desk.link.starts
            await take_step(desk, step)
            if before in ENDED and step != "reconnect":
                assert (desk.state(), desk.link.starts) == (before, starts)
            assert desk.bot._connection.online.is_set() is (desk.state() is ConnectionState.ONLINE)
            resting = desk.state() in {*ENDED, ConnectionState.BANNED, ConnectionState.OUTDATED}
            assert not (resting and desk.link.state is LinkState.RUNNING)
        await desk.bot.stop(0)
        assert (desk.state(), desk.link.state) == (ConnectionState.STOPPED, LinkState.STOPPED)


async def test_the_pace_grows_with_the_age_of_the_link(desk: Desk) -> None:
    await desk.go_online()
    young = desk.bot.capabilities.pacing
    await desk.bot.stop(0)
    desk.clock.move(15 * DAY)
    desk.begin_anew()
    await desk.go_online()
    grown = desk.bot.capabilities.pacing
    assert grown.account_rate == pytest.approx(desk.manners.per_minute / 60)
    assert young.account_rate < grown.account_rate / 4
    assert grown.chat_rate < grown.account_rate


async def test_memory_of_the_process_is_told(desk: Desk) -> None:
    await desk.go_online()
    desk.link.memory = 40_000_000
    await desk.pass_time(connection.TICK)
    assert desk.metrics.value(connection.MEMORY, account="bot") == 40_000_000
