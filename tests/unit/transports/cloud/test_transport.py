from __future__ import annotations

import asyncio
import json

import pytest
from tests.support.cloud import (
    ANA,
    ANA_PHONE,
    CHAT,
    LOOK,
    OBJECT,
    Bench,
    Json,
    changed,
    described,
    granted,
    refused,
    sent,
    status,
    text,
    value_of,
)
from tests.support.stages import RecordingSink

from whinchat.core.errors import HttpError, Overloaded, TransportError
from whinchat.core.ports import Linkable
from whinchat.core.types import (
    ChatKind,
    ChatRef,
    ConnectionState,
    DeliveryUpdate,
    Event,
    Media,
    MediaKind,
    NoticeKind,
    SendText,
    UserRef,
)
from whinchat.testing.http import Answer
from whinchat.transports.cloud.decode import Skipped

GROUP = ChatRef("Y2FwaQ", ChatKind.GROUP)
HANDLE = Media(MediaKind.IMAGE, "77")
FILE = "https://lookaside.fbsbx.com/a"


async def told(bench: Bench, name: str, value: Json) -> list[Skipped]:
    return await bench.transport.accept(name, value_of(value))


def test_it_is_honest_about_what_it_can_do(bench: Bench) -> None:
    able = bench.transport.capabilities
    assert (able.quote, able.react, able.media_in, able.media_out, able.buttons) == (True,) * 5
    assert (able.edit, able.revoke, able.moderate_delete, able.remove_member, able.groups) == (False,) * 5
    assert (able.templates, able.service_window, able.max_text) == (False, 86_400, 4096)
    assert not isinstance(bench.transport, Linkable)


# --- life ---


async def test_it_is_online_when_meta_knows_the_number(bench: Bench) -> None:
    await bench.online()
    assert bench.sink.states == [ConnectionState.CONNECTING, ConnectionState.ONLINE]
    await bench.transport.stop(1)
    assert bench.sink.states[-1] is ConnectionState.STOPPED
    await bench.transport.stop(1)
    assert (await bench.transport.perform(CHAT, SendText("hi"), "r")).error == "disconnected"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(error=HttpError("no", code="unreachable")),
        Answer(error=HttpError("no", code="timeout")),
        Answer(b"", 503),
        Answer(b"garbage"),
        refused(131000, 500),
    ],
)
async def test_while_meta_cannot_be_asked_it_asks_again(bench: Bench, answer: Answer) -> None:
    bench.http.answer(LOOK, answer, answer, answer, described())
    await bench.transport.start(bench.sink)
    await bench.clock.advance(0)
    assert bench.state() is ConnectionState.CONNECTING
    await bench.clock.advance(10)
    assert bench.state() is ConnectionState.ONLINE


async def test_a_moment_without_meta_does_not_take_it_offline(bench: Bench) -> None:
    await bench.online()
    bench.http.answer(LOOK, Answer(b"", 503))
    await bench.clock.advance(3700)
    assert bench.state() is ConnectionState.ONLINE


@pytest.mark.parametrize("answer", [refused(190, 401), refused(100, error_subcode=33), refused(100)])
async def test_a_number_or_token_that_meta_does_not_know_needs_the_operator(bench: Bench, answer: Answer) -> None:
    bench.http.answer(LOOK, answer)
    bench.http.answer(OBJECT, answer)
    await bench.transport.start(bench.sink)
    await bench.clock.advance(0)
    assert bench.state() is ConnectionState.LOGGED_OUT
    assert bench.transport.standing.hint


async def test_a_field_that_meta_no_longer_knows_does_not_keep_it_offline(bench: Bench) -> None:
    bench.http.answer(LOOK, refused(100))
    bench.http.answer(OBJECT, described())
    await bench.transport.start(bench.sink)
    await bench.clock.advance(0)
    assert bench.state() is ConnectionState.ONLINE


async def test_a_missing_token_needs_the_operator_too(bench: Bench) -> None:
    bench.number.token_file.unlink()
    bench.http.answer(LOOK, described())
    bench.anew()
    await bench.transport.start(bench.sink)
    await bench.clock.advance(0)
    assert bench.state() is ConnectionState.LOGGED_OUT
    bench.number.token_file.write_text("EAAG-first")
    await bench.clock.advance(30)
    assert bench.state() is ConnectionState.ONLINE


async def test_a_fault_of_our_own_does_not_end_the_watch(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    class Faulty(RecordingSink):
        def connection(self, account: str, state: ConnectionState) -> None:
            if state is ConnectionState.ONLINE and not self.states.count(state):
                self.states.append(state)
                raise RuntimeError

    bench.sink = Faulty()
    await bench.online()
    assert "standing" in caplog.text
    await bench.clock.advance(10)
    assert len(bench.http.asked) == 2


# --- what arrives ---


async def test_what_arrives_is_handed_over_in_order_within_a_chat(bench: Bench) -> None:
    await bench.online()
    others = [text(str(n), f"wamid.b{n}") | {"from": "999100000002", "from_user_id": "DE.2"} for n in range(20)]
    mine = [text(str(n), f"wamid.a{n}") for n in range(20)]
    await bench.hears(*(each for pair in zip(mine, others, strict=True) for each in pair))
    for chat in (ANA, "DE.2"):
        ids = [event.id for event in bench.sink.events if event.chat.id == chat]
        assert [identity[7:] for identity in ids] == [str(n) for n in range(20)]


async def test_what_means_nothing_comes_back_and_notices_are_told(bench: Bench) -> None:
    await bench.online()
    value = changed(messages=[text() | {"type": "system", "system": {}}, text() | {"type": "poll"}])
    assert await told(bench, "messages", value) == [Skipped("system")]
    assert [notice.kind for notice in bench.sink.notices] == [NoticeKind.UNDECRYPTABLE]
    assert bench.sink.events == []


async def test_what_the_service_does_not_take_is_not_taken(bench: Bench) -> None:
    await bench.online()
    bench.sink.closed = True
    with pytest.raises(Overloaded):
        await bench.hears(text())
    bench.sink.closed = False
    await bench.hears(text())
    assert bench.sink.texts() == ["hi"]


async def test_a_fault_in_one_chat_is_told_when_the_others_are_done(bench: Bench) -> None:
    class Picky(RecordingSink):
        async def accept(self, event: Event) -> None:
            if event.chat.id == ANA:
                raise RuntimeError
            self.events.append(event)

    bench.sink = Picky()
    await bench.online()
    other = text("other", "wamid.b") | {"from": "999100000002", "from_user_id": "DE.2"}
    with pytest.raises(RuntimeError):
        await bench.hears(text(), other)
    assert bench.sink.texts() == ["other"]


@pytest.mark.parametrize("fault", ["disk_full", "database_busy"])
async def test_a_window_that_cannot_be_noted_makes_meta_come_again(bench: Bench, fault: str) -> None:
    await bench.online()
    bench.database.fail_next(fault)
    with pytest.raises(Overloaded):
        await bench.hears(text())
    assert bench.sink.events == []


async def test_a_window_whose_end_cannot_be_noted_makes_meta_come_again(bench: Bench) -> None:
    await bench.online()
    bench.database.fail_next("disk_full")
    with pytest.raises(Overloaded):
        await bench.hears(statuses=[status("failed", code=131047)])
    assert bench.sink.updates == []


async def test_before_the_start_and_after_the_stop_nothing_is_taken(bench: Bench) -> None:
    with pytest.raises(Overloaded):
        await bench.hears(text())
    await bench.online()
    await bench.transport.stop(1)
    with pytest.raises(Overloaded):
        await bench.hears(text())
    assert bench.sink.events == []


async def test_a_stop_does_not_wait_for_ever(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    class Slow(RecordingSink):
        async def delivery(self, update: DeliveryUpdate) -> None:
            await asyncio.Event().wait()

    bench.sink = Slow()
    await bench.online()
    taking = asyncio.create_task(bench.hears(statuses=[status("read")]))
    await asyncio.sleep(0)
    await bench.transport.stop(0.01)
    assert "under way" in caplog.text
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)


# --- what is fetched ---


async def test_media_comes_in_two_steps(bench: Bench) -> None:
    await bench.online()
    bench.http.answer(f"{OBJECT.rpartition('/')[0]}/77", granted({"url": FILE, "file_size": "7", "id": "77"}))
    bench.http.answer(FILE, Answer(b"picture"))
    assert await bench.transport.download(HANDLE, 7) == b"picture"


@pytest.mark.parametrize(
    ("first", "second", "code", "retryable"),
    [
        (granted({"url": FILE, "file_size": 8}), Answer(b"x"), "too_large", False),
        (granted({"url": FILE}), Answer(b"x" * 8), "too_large", False),
        (granted({"url": "https://evil.example/a"}), Answer(b"x"), "gone", False),
        (granted({"url": FILE}), Answer(b"", 404), "gone", False),
        (refused(100, error_subcode=33), Answer(b"x"), "gone", False),
        (refused(131052), Answer(b"x"), "gone", False),
        (refused(190, 401), Answer(b"x"), "refused", False),
        (refused(4), Answer(b"x"), "disconnected", True),
        (granted({}), Answer(b"x"), "disconnected", True),
        (granted({"url": FILE}), Answer(error=HttpError("no", code="timeout")), "disconnected", True),
        (granted({"url": FILE}), Answer(b"half", error=HttpError("no", code="truncated")), "disconnected", True),
    ],
)
async def test_media_that_cannot_be_had_says_why(
    bench: Bench, first: Answer, second: Answer, code: str, retryable: bool
) -> None:
    await bench.online()
    bench.http.answer(f"{OBJECT.rpartition('/')[0]}/77", first)
    bench.http.answer(FILE, second)
    with pytest.raises(TransportError) as error:
        await bench.transport.download(HANDLE, 7)
    assert (error.value.code, error.value.retryable) == (code, retryable)


@pytest.mark.parametrize("handle", ["../me", "", "a/b", "1?x=1", "é"])
async def test_a_handle_that_is_none_is_not_asked_for(bench: Bench, handle: str) -> None:
    await bench.online()
    asked = len(bench.http.asked)
    with pytest.raises(TransportError) as error:
        await bench.transport.download(Media(MediaKind.IMAGE, handle), 7)
    assert error.value.code == "gone"
    assert len(bench.http.asked) == asked


async def test_without_a_token_nothing_is_fetched(bench: Bench) -> None:
    await bench.online()
    bench.number.token_file.unlink()
    transport = bench.anew()
    transport._state = ConnectionState.ONLINE
    for question in (transport.download(HANDLE, 7), transport.group(GROUP)):
        with pytest.raises(TransportError) as error:
            await question
        assert error.value.code == "refused"


async def test_a_group_has_members_and_no_admins(bench: Bench) -> None:
    await bench.online()
    participants = [{"wa_id": ANA_PHONE, "user_id": ANA}, {"wa_id": "999100000002"}, {}]
    url = f"{OBJECT.rpartition('/')[0]}/{GROUP.id}?fields=subject%2Cparticipants"
    bench.http.answer(url, granted({"subject": "Us", "participants": participants}))
    group = await bench.transport.group(GROUP)
    assert group is not None
    assert (group.subject, group.admins) == ("Us", ())
    assert group.members == (UserRef(ANA, phone=f"+{ANA_PHONE}"), UserRef("999100000002", phone="+999100000002"))


async def test_a_group_that_is_none_is_none(bench: Bench) -> None:
    await bench.online()
    url = f"{OBJECT.rpartition('/')[0]}/{GROUP.id}?fields=subject%2Cparticipants"
    for answer in (refused(100, error_subcode=33), refused(131041), Answer(b"{}", 404)):
        bench.http.answer(url, answer)
        assert await bench.transport.group(GROUP) is None
    assert await bench.transport.group(CHAT) is None
    assert await bench.transport.group(ChatRef("../me", ChatKind.GROUP)) is None
    bench.http.answer(url, Answer(b"", 503))
    with pytest.raises(TransportError):
        await bench.transport.group(GROUP)


async def test_nothing_is_fetched_before_meta_was_reached(bench: Bench) -> None:
    for question in (bench.transport.download(HANDLE, 7), bench.transport.group(GROUP)):
        with pytest.raises(TransportError) as error:
            await question
        assert error.value.retryable


async def test_nothing_personal_is_logged(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await bench.online()
    await bench.hears(text("a secret word"), text() | {"type": "+999100000001"}, statuses=[status("failed", code=100)])
    bench.http.answer(f"{OBJECT}/messages", refused(100, message="Ana's +999100000001"), sent())
    await bench.transport.perform(CHAT, SendText("a secret word"), "r-1")
    logged = json.dumps([vars(record) for record in caplog.records], default=str)
    for personal in ("secret word", ANA, ANA_PHONE, "wamid", "EAAG"):
        assert personal not in logged
