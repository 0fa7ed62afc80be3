"""What Meta's answers mean for all that is sent after them: a lower pace, a long stop, a new token."""

from __future__ import annotations

import pytest
from tests.support.cloud import (
    ANA,
    CHAT,
    HELLO,
    LOOK,
    MESSAGES,
    TOKEN,
    Bench,
    described,
    refused,
    sent,
    status,
)

from whinchat.core.errors import HttpError
from whinchat.core.types import (
    Certainty,
    ConnectionState,
    MediaKind,
    MessageRef,
    NoticeKind,
    SendMedia,
    SendResult,
)
from whinchat.testing.http import Answer
from whinchat.transports.cloud.standing import PAUSE

DAY = 24 * 3600
PICTURE = SendMedia(MediaKind.IMAGE, "image/png", b"png", "look")
INCOMING = MessageRef(CHAT, "wamid.in", ANA)


# --- pace ---


async def test_a_person_who_was_written_to_too_much_is_left_alone_for_a_while(bench: Bench) -> None:
    await bench.sends(refused(131056), refused(131056), sent())
    asked = len(bench.posted)
    assert await bench.transport.perform(CHAT, HELLO, "r-1") == SendResult(
        Certainty.REJECTED, error="131056", retry_after=1.0
    )
    assert len(bench.posted) == asked
    bench.clock.move(1)
    assert (await bench.transport.perform(CHAT, HELLO, "r-1")).retry_after == 4.0
    bench.clock.move(4)
    assert (await bench.transport.perform(CHAT, HELLO, "r-1")).certainty is Certainty.SENT


@pytest.mark.parametrize("code", [4, 80007, 130429])
async def test_a_number_that_sent_too_much_goes_slower(bench: Bench, code: int) -> None:
    assert bench.transport.capabilities.pacing.account_rate == 80
    await bench.sends(refused(code))
    assert bench.transport.capabilities.pacing.account_rate == 40
    assert [(notice.kind, notice.detail) for notice in bench.sink.notices] == [(NoticeKind.QUOTA, str(code))]


async def test_a_late_failure_slows_it_too(bench: Bench) -> None:
    await bench.sends(sent())
    await bench.hears(statuses=[status("failed", f"wamid.{n}", code=130429) for n in range(20)])
    assert bench.transport.capabilities.pacing.account_rate == 40
    assert len(bench.sink.updates) == 20
    assert len(bench.sink.notices) == 1


# --- a long stop ---


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (368, ConnectionState.BANNED),
        (131031, ConnectionState.BANNED),
        (131048, ConnectionState.DEGRADED),
    ],
)
async def test_a_number_that_may_not_send_waits_and_looks_again(
    bench: Bench, code: int, state: ConnectionState
) -> None:
    result = await bench.sends(refused(code, 403), sent())
    assert result == SendResult(Certainty.REJECTED, error=str(code), retry_after=PAUSE)
    assert bench.state() is state
    assert bench.transport.standing.hint
    (notice,) = bench.sink.notices
    assert (notice.kind, notice.detail) == (NoticeKind.RESTRICTED, str(code))
    assert (await bench.transport.perform(CHAT, HELLO, "r-2")).error == "disconnected"
    await bench.clock.advance(PAUSE - 60)
    assert bench.state() is state
    await bench.clock.advance(120)
    assert bench.state() is ConnectionState.ONLINE
    assert bench.transport.standing.hint == ""
    assert len(bench.sink.notices) == 1


# --- token and permissions ---


@pytest.mark.parametrize("answer", [refused(190, 401), refused(10, 403), refused(200, 403), refused(0, 401)])
async def test_without_a_good_token_everything_waits_until_there_is_one(bench: Bench, answer: Answer) -> None:
    result = await bench.sends(answer, sent())
    assert (result.certainty, result.retry_after) == (Certainty.REJECTED, 1.0)
    assert bench.state() is ConnectionState.LOGGED_OUT
    assert "token_file" in bench.transport.standing.hint
    bench.http.answer(LOOK, refused(190, 401), described())
    await bench.clock.advance(30)
    assert bench.state() is ConnectionState.LOGGED_OUT
    bench.number.token_file.write_text("EAAG-renewed")
    await bench.clock.advance(30)
    assert bench.state() is ConnectionState.ONLINE
    await bench.transport.perform(CHAT, HELLO, "r-1")
    tokens = [asked.headers["Authorization"] for asked in bench.http.asked if asked.url == MESSAGES]
    assert tokens == [f"Bearer {TOKEN}", "Bearer EAAG-renewed"]


async def test_a_new_token_is_used_with_the_next_message(bench: Bench) -> None:
    await bench.sends(sent())
    bench.number.token_file.write_text("EAAG-renewed")
    await bench.transport.perform(CHAT, HELLO, "r-2")
    assert bench.http.asked[-1].headers["Authorization"] == "Bearer EAAG-renewed"


@pytest.mark.parametrize("code", [10, 200, 131005, 131037, 133010])
async def test_where_meta_lets_it_look_and_not_send_it_tries_less_and_less_often(bench: Bench, code: int) -> None:
    await bench.sends(refused(code, 403))
    tries = []
    for _ in range(6):
        assert bench.state() is ConnectionState.LOGGED_OUT
        assert f"error {code}" in bench.transport.standing.hint
        since = bench.clock.monotonic()
        while bench.state() is ConnectionState.LOGGED_OUT:
            await bench.clock.advance(1)
        tries.append(round(bench.clock.monotonic() - since))
        await bench.transport.perform(CHAT, HELLO, "r-1")
    assert tries == [30, 60, 120, 240, 300, 300]


# --- Meta out of reach ---

NOBODY = Answer(error=HttpError("no", code="unreachable"))


@pytest.mark.parametrize("answer", [NOBODY, refused(2, 500), refused(131016, 503), refused(131057, 400)])
async def test_while_meta_is_away_messages_wait_and_it_is_looked_for(bench: Bench, answer: Answer) -> None:
    result = await bench.sends(answer, sent())
    assert (result.certainty, result.retry_after) == (Certainty.REJECTED, 1.0)
    assert bench.state() is ConnectionState.CONNECTING
    assert (await bench.transport.perform(CHAT, HELLO, "r-1")).error == "disconnected"
    bench.http.answer(LOOK, NOBODY, NOBODY, NOBODY, described())
    await bench.clock.advance(60)
    assert bench.state() is ConnectionState.ONLINE
    assert (await bench.transport.perform(CHAT, HELLO, "r-1")).certainty is Certainty.SENT


async def test_a_moment_without_a_network_is_over_in_a_moment(bench: Bench) -> None:
    await bench.sends(NOBODY, sent(), NOBODY, sent())
    for _ in range(2):
        await bench.clock.advance(1)
        assert bench.state() is ConnectionState.ONLINE
        assert (await bench.transport.perform(CHAT, HELLO, "r-1")).certainty is Certainty.SENT
        await bench.transport.perform(CHAT, HELLO, "r-2")


async def test_where_meta_answers_and_takes_nothing_it_is_tried_less_and_less_often(bench: Bench) -> None:
    await bench.sends(refused(131016, 503))
    for _ in range(600):
        await bench.clock.advance(10)
        await bench.transport.perform(CHAT, HELLO, "r-1")
    assert len(bench.posted) < 60


# --- what is told late ---


async def test_what_failed_long_ago_says_nothing_about_now(bench: Bench) -> None:
    await bench.sends(sent())
    await bench.hears(statuses=[status("failed", code=131031, timestamp=str(bench.clock.now() // 1000 - 3600))])
    assert bench.state() is ConnectionState.ONLINE
    assert bench.sink.notices == []
    assert len(bench.sink.updates) == 1


async def test_what_meta_took_and_did_not_deliver_is_logged(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    await bench.sends(sent())
    await bench.hears(statuses=[status("failed", code=131042)])
    (record,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert vars(record)["error"] == 131042
