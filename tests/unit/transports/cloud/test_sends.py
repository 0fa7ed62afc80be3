"""What becomes of what the bot does, by Meta's answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.cloud import (
    ANA,
    CHAT,
    HELLO,
    LOOK,
    MEDIA,
    MESSAGES,
    Bench,
    granted,
    number,
    payload,
    refused,
    sent,
    status,
    text,
)

from whinchat.core import types
from whinchat.core.errors import HttpError
from whinchat.core.ports import HttpLimits
from whinchat.core.types import (
    Action,
    Certainty,
    ConnectionState,
    Delete,
    Edit,
    LockGroup,
    MediaKind,
    MessageRef,
    React,
    RemoveMember,
    Revoke,
    SendMedia,
    SendResult,
    SendText,
)
from whinchat.testing.http import Answer, FakeHttp
from whinchat.transports.cloud.pace import REST

DAY = 24 * 3600
PICTURE = SendMedia(MediaKind.IMAGE, "image/png", b"png", "look")
INCOMING = MessageRef(CHAT, "wamid.in", ANA)


async def test_a_text_is_sent(bench: Bench) -> None:
    result = await bench.sends(sent("wamid.7"))
    assert result == SendResult(Certainty.SENT, message_id="wamid.7")
    (posted,) = bench.posted
    assert posted["text"]["body"] == "hello"
    assert posted["biz_opaque_callback_data"] == "r-1"


@pytest.mark.parametrize(
    ("answer", "error", "retry_after"),
    [
        (refused(2, 503), "2", 1.0),
        (refused(131000, 500), "131000", 1.0),
        (refused(131016, 500), "131016", 1.0),
        (refused(131057, 500), "131057", 1.0),
        (refused(135000), "135000", 1.0),
        (refused(4, headers={"Retry-After": "30"}), "4", 30.0),
        (refused(80007), "80007", 1.0),
        (refused(130429, 429), "130429", 1.0),
        (Answer(b"", 429), "http_429", 1.0),
        (refused(131056), "131056", 1.0),
        (Answer(error=HttpError("no", code="unreachable")), "unreachable", 1.0),
    ],
)
async def test_what_was_not_sent_may_be_sent_later(
    bench: Bench, answer: Answer, error: str, retry_after: float
) -> None:
    assert await bench.sends(answer) == SendResult(Certainty.REJECTED, error=error, retry_after=retry_after)


@pytest.mark.parametrize("code", [131026, 131021, 131030, 131050, 130472, 100, 131008, 131009, 131042, 132001, 131053])
async def test_what_cannot_be_sent_is_refused_for_good(bench: Bench, code: int) -> None:
    assert await bench.sends(refused(code)) == SendResult(Certainty.REJECTED, error=str(code))
    assert bench.state() is ConnectionState.ONLINE


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(error=HttpError("no", code="timeout")), "timeout"),
        (Answer(b"half", error=HttpError("no", code="truncated")), "truncated"),
        (Answer(b"<html>", 502), "http_502"),
        (Answer(b"no json"), "unreadable"),
        (granted({"success": True}), "unreadable"),
    ],
)
async def test_what_may_have_been_sent_is_unknown(bench: Bench, answer: Answer, error: str) -> None:
    assert await bench.sends(answer) == SendResult(Certainty.UNKNOWN, error=error)


async def test_a_status_names_the_send_that_was_unknown(bench: Bench) -> None:
    await bench.sends(Answer(error=HttpError("no", code="timeout")))
    await bench.hears(statuses=[status("sent", "wamid.9", biz_opaque_callback_data="r-1")])
    (update,) = bench.sink.updates
    assert (update.message_id, update.reference, update.chat) == ("wamid.9", "r-1", CHAT)


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        ("sent", None, SendResult(Certainty.SENT, message_id="wamid.9")),
        ("failed", 131026, SendResult(Certainty.REJECTED, error="131026")),
        ("failed", None, SendResult(Certainty.REJECTED, error="failed")),
    ],
)
async def test_what_a_status_told_before_the_answer_was_lost_is_known(
    bench: Bench, kind: str, code: int | None, expected: SendResult
) -> None:
    class Late(FakeHttp):
        @asynccontextmanager
        async def post(
            self, url: str, headers: Mapping[str, str], body: bytes, limits: HttpLimits
        ) -> AsyncIterator[Any]:
            other = status("sent", "wamid.8", biz_opaque_callback_data="r-0")
            await bench.hears(statuses=[status(kind, "wamid.9", code=code, biz_opaque_callback_data="r-1"), other])
            async with super().post(url, headers, body, limits) as response:
                yield response

    bench.http = Late()
    bench.anew()
    assert await bench.sends(Answer(error=HttpError("no", code="timeout"))) == expected
    assert len(bench.sink.updates) == 2


@pytest.mark.parametrize(
    "action",
    [Edit(INCOMING, "x"), Revoke(INCOMING), Delete(INCOMING), RemoveMember("bob"), LockGroup(locked=True)],
)
async def test_what_the_network_has_no_means_for_is_refused(bench: Bench, action: Action) -> None:
    assert await bench.sends(sent(), action=action) == SendResult(Certainty.REJECTED, error="unsupported")
    assert bench.posted == []


async def test_text_that_is_none_is_refused(bench: Bench) -> None:
    result = await bench.sends(sent(), action=SendText("half \ud800"))
    assert result == SendResult(Certainty.REJECTED, error="bad_text")


async def test_answers_are_offered_and_reactions_sent(bench: Bench) -> None:
    await bench.sends(sent(), action=SendText("Pay?", choices=(types.Answer("Yes", "!yes"),)))
    await bench.transport.perform(CHAT, React(INCOMING, "👍"), "r-2")
    assert [posted["type"] for posted in bench.posted] == ["interactive", "reaction"]


# --- media ---


async def test_media_is_uploaded_and_sent(bench: Bench) -> None:
    bench.http.answer(MEDIA, granted({"id": "77"}))
    assert (await bench.sends(sent("wamid.7"), action=PICTURE)).message_id == "wamid.7"
    assert [asked.url for asked in bench.http.asked] == [LOOK, MEDIA, MESSAGES]
    assert bench.posted[0]["image"] == {"id": "77", "caption": "look"}


@pytest.mark.parametrize(
    ("answer", "error", "retry_after"),
    [
        (Answer(error=HttpError("no", code="timeout")), "timeout", 1.0),
        (Answer(b"", 500), "http_500", 1.0),
        (granted({}), "unreadable", 1.0),
        (refused(131053), "131053", None),
    ],
)
async def test_while_nothing_but_the_media_left_no_message_did(
    bench: Bench, answer: Answer, error: str, retry_after: float | None
) -> None:
    bench.http.answer(MEDIA, answer)
    result = await bench.sends(sent(), action=PICTURE)
    assert result == SendResult(Certainty.REJECTED, error=error, retry_after=retry_after)
    assert bench.posted == []


@pytest.mark.parametrize(
    ("kind", "mime", "size"),
    [
        (MediaKind.IMAGE, "image/png", 5 * 1024 * 1024 + 1),
        (MediaKind.STICKER, "image/webp", 500 * 1024 + 1),
        (MediaKind.AUDIO, "audio/ogg", 16 * 1024 * 1024 + 1),
    ],
)
async def test_media_that_is_too_large_is_not_even_uploaded(
    bench: Bench, kind: MediaKind, mime: str, size: int
) -> None:
    result = await bench.sends(sent(), action=SendMedia(kind, mime, bytes(size)))
    assert result == SendResult(Certainty.REJECTED, error="too_large")
    assert len(bench.http.asked) == 1


# --- the service window ---


@pytest.mark.parametrize("action", [HELLO, PICTURE, React(INCOMING, "👍")])
async def test_outside_of_the_window_nothing_is_said(bench: Bench, action: Action) -> None:
    await bench.online()
    bench.http.answer(MESSAGES, sent())
    closed = SendResult(Certainty.REJECTED, error="window_closed")
    assert await bench.transport.perform(CHAT, action, "r-1") == closed
    await bench.hears(text())
    bench.clock.move(DAY)
    assert await bench.transport.perform(CHAT, action, "r-1") == closed
    assert bench.posted == []


async def test_a_template_says_it_outside_of_the_window(tmp_path: Path) -> None:
    bench = Bench(number(tmp_path, template="notice", template_language="de"))
    await bench.online()
    bench.http.answer(MESSAGES, sent("wamid.7"))
    assert (await bench.transport.perform(CHAT, HELLO, "r-1")).message_id == "wamid.7"
    assert bench.posted[0]["template"]["name"] == "notice"
    assert bench.posted[0]["template"]["language"] == {"code": "de"}
    assert bench.posted[0]["biz_opaque_callback_data"] == "r-1"
    await bench.transport.stop(1)


async def test_a_message_opens_the_window_even_over_a_restart(bench: Bench) -> None:
    await bench.online()
    await bench.hears(text())
    await bench.transport.stop(1)
    bench.anew()
    await bench.online()
    bench.http.answer(MESSAGES, sent())
    bench.clock.move(DAY - 120)
    assert (await bench.transport.perform(CHAT, HELLO, "r-1")).certainty is Certainty.SENT


async def test_meta_knows_better_when_it_is_closed(tmp_path: Path) -> None:
    bench = Bench(number(tmp_path, template="notice"))
    bench.clock.move(1)
    await bench.online()
    await bench.open()
    bench.clock.move(1)
    bench.http.answer(MESSAGES, refused(131047), sent("wamid.7"))
    assert (await bench.transport.perform(CHAT, HELLO, "r-1")).message_id == "wamid.7"
    assert [posted["type"] for posted in bench.posted] == ["text", "template"]
    await bench.transport.perform(CHAT, HELLO, "r-2")
    assert bench.posted[2]["type"] == "template"
    await bench.transport.stop(1)


async def test_a_picture_that_meta_does_not_let_through_teaches_it_too(bench: Bench) -> None:
    await bench.online()
    await bench.open()
    bench.clock.move(1)
    bench.http.answer(MEDIA, granted({"id": "77"}))
    bench.http.answer(MESSAGES, refused(131047))
    closed = SendResult(Certainty.REJECTED, error="window_closed")
    assert await bench.transport.perform(CHAT, PICTURE, "r-1") == closed
    assert await bench.transport.perform(CHAT, HELLO, "r-2") == closed
    assert len(bench.posted) == 1


async def test_a_late_failure_teaches_it_too(bench: Bench) -> None:
    await bench.sends(sent())
    await bench.hears(statuses=[status("failed", code=131047)])
    assert (await bench.transport.perform(CHAT, HELLO, "r-2")).error == "window_closed"


async def test_a_person_whom_meta_protects_gets_no_more_templates_for_a_day(tmp_path: Path) -> None:
    bench = Bench(number(tmp_path, template="notice"))
    await bench.online()
    bench.http.answer(MESSAGES, sent())
    await bench.hears(statuses=[status("failed", code=131049)])
    assert await bench.transport.perform(CHAT, HELLO, "r-1") == SendResult(Certainty.REJECTED, error="131049")
    assert bench.posted == []
    bench.clock.move(REST)
    assert (await bench.transport.perform(CHAT, HELLO, "r-1")).certainty is Certainty.SENT
    await bench.transport.stop(1)


# --- courtesy ---


async def test_who_is_answered_sees_that_it_was_read_and_that_an_answer_comes(bench: Bench) -> None:
    await bench.online()
    await bench.hears(text(identity="wamid.a"), text(identity="wamid.b"))
    bench.http.answer(MESSAGES, granted({"success": True}), sent(), sent())
    await bench.transport.perform(CHAT, HELLO, "r-1")
    await bench.transport.perform(CHAT, HELLO, "r-2")
    assert [posted.get("message_id") or posted["type"] for posted in bench.posted] == ["wamid.b", "text", "text"]


@pytest.mark.parametrize("answer", [refused(100), Answer(b"", 500), Answer(error=HttpError("no", code="timeout"))])
async def test_that_it_cannot_be_shown_costs_the_answer_nothing(bench: Bench, answer: Answer) -> None:
    await bench.online()
    await bench.hears(text())
    bench.http.answer(MESSAGES, answer, sent("wamid.7"))
    assert (await bench.transport.perform(CHAT, HELLO, "r-1")).message_id == "wamid.7"


# --- the database ---


@pytest.mark.parametrize("fault", ["disk_full", "database_busy"])
@pytest.mark.parametrize("action", [HELLO, React(INCOMING, "👍")])
async def test_what_cannot_be_noted_is_tried_again(bench: Bench, fault: str, action: Action) -> None:
    await bench.online()
    await bench.open()
    bench.clock.move(1)
    bench.http.answer(MESSAGES, refused(131047))
    bench.database.fail_next(fault)
    result = await bench.transport.perform(CHAT, action, "r-1")
    assert (result.certainty, result.error) == (Certainty.REJECTED, fault)
    assert result.retry_after is not None


async def test_a_stop_waits_for_what_is_being_sent(bench: Bench) -> None:
    await bench.online()
    await bench.open()
    bench.http.answer(MESSAGES, sent("wamid.7"))
    under_way = asyncio.create_task(bench.transport.perform(CHAT, HELLO, "r-1"))
    await asyncio.sleep(0)
    await bench.transport.stop(1)
    assert (await under_way).message_id == "wamid.7"
    assert payload(bench.http.asked[-1])["type"] == "text"
