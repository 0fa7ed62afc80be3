"""How a person links an account, and ends the link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from tests.support.library import NEONIZE
from tests.support.linked.desk import CONNECTED, DEVICE, DISCONNECTED, PAIRED, Desk, returned, store

from whinchat.core.errors import TransportError
from whinchat.core.ports import Batch, Linkable, Pairing
from whinchat.core.types import ConnectionState
from whinchat.transports.linked import callbacks, connection
from whinchat.transports.linked.link import LinkState, Reason

PHONE = "+4915112345"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path, session=False)
    await desk.start()
    yield desk
    await desk.bot.stop(0)


async def begin(desk: Desk, phone: str | None = None) -> asyncio.Task[None]:
    """A person asks for a code, and the library has connected."""
    asking = asyncio.create_task(desk.bot.pair(phone))
    await desk.clock.advance(0)
    return asking


async def show(desk: Desk, code: str = "2@one") -> None:
    await desk.link.tell(callbacks.QR, NEONIZE.QR(Codes=[code]))


async def scan(desk: Desk) -> None:
    store(desk.sessions.path("bot"))
    await desk.link.tell(callbacks.PAIR_STATUS, PAIRED)
    await desk.link.tell(callbacks.ME, DEVICE)
    await desk.link.tell(callbacks.CONNECTED, CONNECTED)


def shown(desk: Desk) -> bool:
    return desk.bot.pairing is not None


async def test_nothing_is_done_before_a_person_asks(desk: Desk) -> None:
    assert isinstance(desk.bot, Linkable)
    assert (desk.state(), desk.bot.pairing, desk.link.starts) == (ConnectionState.NEED_PAIRING, None, 0)
    assert "whinchat pair" in desk.bot.hint


async def test_qr_codes_come_one_after_the_other_until_one_is_scanned(desk: Desk) -> None:
    asking = await begin(desk)
    await show(desk)
    await asking
    now = desk.clock.now()
    assert desk.bot.pairing == Pairing(qr="2@one", expires_at=now + 60_000)
    await desk.pass_time(59)
    await show(desk, "2@two")
    assert desk.bot.pairing == Pairing(qr="2@two", expires_at=now + 79_000)
    await desk.pass_time(20)
    assert not shown(desk)  # it is worth nothing any more
    await show(desk, "2@three")
    await scan(desk)
    assert desk.state() is ConnectionState.ONLINE
    assert not shown(desk)
    await show(desk, "2@late")
    assert not shown(desk)


async def test_a_code_is_typed_on_the_phone(desk: Desk) -> None:
    asking = await begin(desk, PHONE)
    await show(desk)
    await asking
    assert desk.bot.pairing == Pairing(code="ABCD-2345", expires_at=desk.clock.now() + connection.CODE)
    ((_, (asked,)),) = [call for call in desk.link.calls if call[0] == "PairPhone"]
    assert isinstance(asked, bytes)
    assert NEONIZE.PairPhoneParams.FromString(asked).phone == PHONE[1:]
    await show(desk, "2@two")
    assert desk.bot.pairing.code == "ABCD-2345"  # what was asked for stays
    await scan(desk)
    assert desk.state() is ConnectionState.ONLINE
    assert not shown(desk)


async def test_a_code_that_comes_after_the_link_is_not_shown(desk: Desk) -> None:
    answer = desk.link.hold("PairPhone")
    asking = await begin(desk, PHONE)
    await show(desk)
    await desk.clock.advance(0)
    await scan(desk)
    answer(returned("PairPhoneReturnFunction", Code="ABCD-2345"))
    await asking
    assert (desk.state(), desk.bot.pairing) == (ConnectionState.ONLINE, None)


async def test_a_slow_disk_does_not_hold_up_what_the_library_says(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is an older code shown again, nor an older state entered, when it is done at last."""
    asking = await begin(desk)
    await show(desk)
    await asking
    store(desk.sessions.path("bot"))
    written, commit = asyncio.Event(), desk.database.commit

    async def slow(batch: Batch) -> Sequence[Sequence[Sequence[object]]]:
        await written.wait()
        return await commit(batch)

    monkeypatch.setattr(desk.database, "commit", slow)
    paired = asyncio.create_task(desk.link.tell(callbacks.PAIR_STATUS, PAIRED))
    await desk.clock.advance(0)
    await show(desk, "2@late")
    assert (desk.state(), shown(desk)) == (ConnectionState.CONNECTING, False)
    await desk.link.tell(callbacks.CONNECTED, CONNECTED)
    written.set()
    await paired
    assert desk.state() is ConnectionState.ONLINE


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("info query returned status 429: rate-overlimit", "rate_limited"),
        ("info query returned status 400: bad-request", "bad_number"),
        ("websocket not connected", "unreachable"),
    ],
)
async def test_when_there_is_no_code_the_reason_is_told_and_it_waits_again(desk: Desk, said: str, code: str) -> None:
    asking = await begin(desk, PHONE)
    desk.link.fail("PairPhone", said)
    await show(desk)
    with pytest.raises(TransportError) as error:
        await asking
    assert error.value.code == code
    await desk.clock.advance(0)
    assert (desk.state(), desk.link.state) == (ConnectionState.NEED_PAIRING, LinkState.STOPPED)


@pytest.mark.parametrize("number", ["4915112345", "+0151123456", "+49 151", "+1", "", "+1234567890123456"])
async def test_what_is_no_number_is_refused_at_once(desk: Desk, number: str) -> None:
    with pytest.raises(TransportError) as error:
        await desk.bot.pair(number)
    assert (error.value.code, desk.link.starts) == ("bad_number", 0)


async def test_asked_again_it_begins_anew(desk: Desk) -> None:
    first = await begin(desk)
    await show(desk)
    await first
    second = await begin(desk, PHONE)
    assert not second.done()
    await show(desk, "2@new")
    await second
    assert (desk.link.starts, desk.link.names()) == (2, ["PairPhone"])


async def test_nobody_scanned_and_it_waits_to_be_asked_again(desk: Desk) -> None:
    asking = await begin(desk)
    await show(desk)
    await asking
    await desk.link.tell(callbacks.PAIRING_ENDED, b"timeout")
    await desk.clock.advance(0)
    assert (desk.state(), desk.bot.pairing, desk.link.state) == (
        ConnectionState.NEED_PAIRING,
        None,
        LinkState.STOPPED,
    )
    assert "Ask for a new one" in desk.bot.hint
    await desk.pass_time(3600)
    assert desk.link.starts == 1
    again = await begin(desk)
    await show(desk)
    await again


async def test_without_a_network_the_person_is_told_and_nothing_goes_on_behind_their_back(desk: Desk) -> None:
    asking = await begin(desk)
    desk.link.change(LinkState.WAITING, Reason.UNREACHABLE)
    with pytest.raises(TransportError) as error:
        await asking
    assert (error.value.code, error.value.retryable) == ("unreachable", True)
    await desk.pass_time(3600)
    assert (desk.state(), desk.link.starts) == (ConnectionState.NEED_PAIRING, 1)


async def test_a_network_that_shows_nothing_is_not_waited_for_without_end(desk: Desk) -> None:
    asking = await begin(desk)
    await desk.pass_time(connection.SHOWN)
    with pytest.raises(TransportError) as error:
        await asking
    assert error.value.code == "unreachable"


async def test_an_outdated_client_is_not_linked_by_itself_later(desk: Desk) -> None:
    asking = await begin(desk)
    await desk.link.tell(callbacks.CLIENT_OUTDATED)
    with pytest.raises(TransportError):
        await asking
    await desk.pass_time(3600)
    assert (desk.state(), desk.link.starts) == (ConnectionState.OUTDATED, 1)


async def test_who_is_linked_is_not_linked_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.go_online()
    with pytest.raises(TransportError) as error:
        await desk.bot.pair(None)
    assert error.value.code == "linked"
    await desk.bot.stop(0)


async def test_the_end_of_a_link_is_told_and_everything_of_it_forgotten(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.go_online()
    desk.link.answer("Logout", b"websocket not connected")
    with pytest.raises(TransportError) as error:
        await desk.bot.logout()
    assert error.value.code == "no_connection"
    assert desk.sessions.linked("bot")
    await desk.bot.logout()
    await desk.clock.advance(0)
    assert (desk.state(), desk.link.state) == (ConnectionState.LOGGED_OUT, LinkState.STOPPED)
    assert desk.sessions.accounts() == []
    with pytest.raises(TransportError) as error:
        await desk.bot.logout()
    assert error.value.code == "unreachable"
    asking = await begin(desk)
    await show(desk)
    await asking
    assert desk.bot.pairing is not None
    await desk.bot.stop(0)


async def test_who_asks_while_the_last_process_still_ends_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)
    await desk.go_online()
    ended, stop = asyncio.Event(), desk.link.stop

    async def slowly(deadline: float) -> None:
        await ended.wait()
        await stop(deadline)

    monkeypatch.setattr(desk.link, "stop", slowly)
    await desk.bot.logout()
    await desk.clock.advance(0)
    assert desk.state() is ConnectionState.LOGGED_OUT
    asking = await begin(desk)
    ended.set()
    await desk.clock.advance(0)
    await show(desk)
    await asking
    assert (desk.state(), shown(desk), desk.link.starts) == (ConnectionState.NEED_PAIRING, True, 2)
    await desk.bot.stop(0)


async def test_a_session_that_was_imported_meanwhile_is_taken(desk: Desk) -> None:
    store(desk.sessions.prepare("bot"))
    await desk.bot.reconnect()
    await desk.clock.advance(0)
    assert (desk.state(), desk.link.starts) == (ConnectionState.CONNECTING, 1)


async def test_reconnecting_what_is_connected_or_being_linked_changes_nothing(desk: Desk) -> None:
    asking = await begin(desk)
    await desk.bot.reconnect()
    await show(desk)
    await asking
    await scan(desk)
    await desk.bot.reconnect()
    await desk.link.tell(callbacks.STREAM_REPLACED)
    await desk.pass_time(60)
    assert (desk.state(), desk.link.starts) == (ConnectionState.REPLACED, 1)


async def test_pairing_that_fails_at_the_last_step_waits_to_be_asked_again(desk: Desk) -> None:
    asking = await begin(desk)
    await show(desk)
    await asking
    failed = NEONIZE.PairStatus(
        ID=PAIRED.ID, BusinessName="", Platform="", Status="ERROR", Error="the signature is wrong"
    )
    await desk.link.tell(callbacks.PAIR_STATUS, failed)
    await desk.clock.advance(0)
    assert (desk.state(), desk.link.state) == (ConnectionState.NEED_PAIRING, LinkState.STOPPED)


# --- linked otherwise than was asked for ---


async def comes_back(desk: Desk) -> bool:
    """After an outage that is longer than the library's own tries."""
    starts = desk.link.starts
    await desk.link.tell(callbacks.DISCONNECTED, DISCONNECTED)
    await desk.pass_time(connection.GRACE + 60)
    return desk.link.starts > starts


@pytest.mark.parametrize("phone", [None, PHONE])
async def test_who_asks_for_a_code_where_a_session_was_imported_meanwhile_needs_none(
    desk: Desk, phone: str | None
) -> None:
    store(desk.sessions.path("bot"))
    await (await begin(desk, phone))
    await desk.link.tell(callbacks.CONNECTED, CONNECTED)
    assert (desk.state(), shown(desk)) == (ConnectionState.ONLINE, False)
    assert "PairPhone" not in {name for name, _ in desk.link.calls}
    assert await comes_back(desk)


async def test_a_link_that_a_process_died_over_is_one(desk: Desk) -> None:
    asking = await begin(desk)
    await show(desk)
    await asking
    store(desk.sessions.path("bot"))
    await desk.link.tell(callbacks.CONNECTED, CONNECTED)
    assert await comes_back(desk)


async def test_a_scan_while_another_code_is_asked_for_counts(desk: Desk) -> None:
    await show_first(desk)
    asking = asyncio.create_task(desk.bot.pair(None))
    await asyncio.sleep(0)
    store(desk.sessions.path("bot"))
    await desk.clock.advance(0)
    await asking
    await desk.link.tell(callbacks.CONNECTED, CONNECTED)
    assert await comes_back(desk)


async def show_first(desk: Desk) -> None:
    asking = await begin(desk)
    await show(desk)
    await asking


async def test_after_a_failed_try_it_can_be_tried_again(desk: Desk) -> None:
    with desk.sessions.held("bot"):
        asking = await begin(desk)
        await desk.clock.advance(connection.ORPHANED + 1)
        with pytest.raises(TransportError):
            await asking
        assert desk.state() is ConnectionState.REPLACED
    store(desk.sessions.path("bot"))
    await desk.bot.reconnect()
    await desk.clock.advance(0)
    assert desk.link.starts == 1


async def test_a_log_out_deletes_the_session_also_when_the_service_stops_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(desk)
    await show(desk)
    await scan(desk)
    stop = desk.link.stop

    async def slow(deadline: float) -> None:
        await asyncio.sleep(0.01)
        await stop(deadline)

    monkeypatch.setattr(desk.link, "stop", slow)
    await desk.bot.logout()
    await asyncio.sleep(0)
    await desk.bot.stop(10)
    assert not desk.sessions.path("bot").exists()
