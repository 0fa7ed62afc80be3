"""The fake Graph judged by pywa: what a real client sends arrives as it means it, and it understands every error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from pywa.errors import (
    ExpiredAccessToken,
    GenericError,
    InvalidParameter,
    MessageUndeliverable,
    RateLimitHit,
    ReEngagementMessage,
    TemplateNotExists,
    TemplateParamCountMismatch,
    TooManyMessages,
    WhatsAppError,
)
from pywa.types.message_status import MessageStatusType
from pywa_async import WhatsApp, types
from pywa_async.types.templates import TemplateLanguage
from tests.support.graph.errors import CODES, Json
from tests.support.graph.faults import Kind
from tests.support.graph.graph import APP, SECRET, VERIFY_TOKEN, Graph
from tests.support.graph.oracle import PywaBot
from tests.support.graph.people import Person

from whinchat.testing.clock import FakeClock

PNG = b"\x89PNG\r\n\x1a\n and more"
REFUSED_BY_GRAPH = sorted(CODES.keys() - {1, 2, 33, 100})
"""Codes that pywa has a class for, too."""


def body(*parameters: str) -> Json:
    return {"type": "body", "parameters": [{"type": "text", "text": text} for text in parameters]}


async def test_texts_arrive_with_what_they_answer_and_carry_a_reference(bot: PywaBot, ana: Person) -> None:
    asked = await ana.say("how are you?")
    sent = await bot.client.send_message(ana.user_id, "fine", reply_to_message_id=asked, tracker="reference")
    by_phone = await bot.client.send_message(f"+{ana.phone}", "and you?")
    first, second = ana.received
    assert ana.screen == ["fine", "and you?"]
    assert (first.id, first.quotes, first.reference) == (sent.id, asked, "reference")
    assert (second.id, by_phone.chat.id) == (by_phone.id, ana.phone)


async def test_reactions_appear_at_their_message_and_go(bot: PywaBot, ana: Person) -> None:
    said = await ana.say("look")
    await bot.client.send_reaction(ana.user_id, "👍", said)
    assert ana.chat()[-2].reactions == {"business": "👍"}
    await bot.client.remove_reaction(ana.user_id, said)
    assert ana.chat()[-3].reactions == {"business": ""}
    assert ana.screen == []


@pytest.mark.parametrize(
    ("kind", "mime"),
    [
        ("image", "image/png"),
        ("video", "video/mp4"),
        ("audio", "audio/mpeg"),
        ("document", "application/pdf"),
        ("sticker", "image/webp"),
    ],
)
async def test_media_of_every_kind(bot: PywaBot, ana: Person, kind: str, mime: str) -> None:
    more = {} if kind in {"audio", "sticker"} else {"caption": "look"}
    more |= {"filename": "a.pdf"} if kind == "document" else {}
    await getattr(bot.client, f"send_{kind}")(ana.user_id, PNG, mime_type=mime, **more)
    bubble = ana.last
    assert bubble.media is not None
    assert (bubble.kind, bubble.media.mime, bubble.media.data) == (kind, mime, PNG)
    assert (bubble.text, bubble.file_name) == (more.get("caption", ""), more.get("filename", ""))


async def test_media_are_uploaded_asked_for_fetched_and_deleted(bot: PywaBot, clock: FakeClock) -> None:
    uploaded = await bot.client.upload_media(PNG, mime_type="image/png", filename="a.png")
    link = await bot.client.get_media_url(uploaded.id)
    assert (link.mime_type, link.file_size) == ("image/png", len(PNG))
    assert await bot.client.get_media_bytes(url=link.url) == PNG
    clock.move(5 * 60)
    with pytest.raises(Exception, match="404"):
        await bot.client.get_media_bytes(url=link.url)
    assert (await bot.client.delete_media(uploaded.id)).success
    with pytest.raises(WhatsAppError, match="does not exist"):
        await bot.client.get_media_url(uploaded.id)


async def test_what_can_be_tapped_comes_back_as_it_was_offered(bot: PywaBot, ana: Person) -> None:
    buttons = [types.Button("Yes", "pay:1"), types.Button("No", "drop:1")]
    await bot.client.send_message(ana.user_id, "Pay?", header="Payment", footer="by Whinchat", buttons=buttons)
    assert (ana.last.header, ana.last.text, ana.last.footer) == ("Payment", "Pay?", "by Whinchat")
    await ana.tap("Yes")
    rows = [types.SectionRow("English", "en"), types.SectionRow("Deutsch", "de", "German")]
    await bot.client.send_message(
        ana.user_id, "Which?", buttons=types.SectionList("Languages", [types.Section("All", rows)])
    )
    assert ana.last.opens == "Languages"
    await ana.tap("Deutsch")
    taps = [each for each in bot.updates if not isinstance(each, types.MessageStatus)]
    pressed, chosen = taps
    assert isinstance(pressed, types.CallbackButton)
    assert isinstance(chosen, types.CallbackSelection)
    assert (pressed.title, pressed.data) == ("Yes", "pay:1")
    assert (chosen.title, chosen.data, chosen.description) == ("Deutsch", "de", "German")
    assert pressed.reply_to_message is not None
    assert pressed.reply_to_message.id == ana.received[0].id


async def test_templates_go_out_filled_when_the_window_is_closed(
    graph: Graph, bot: PywaBot, ana: Person, clock: FakeClock
) -> None:
    graph.templates.add("notice", "News: {{1}}", buttons=("Stop",))
    clock.move(24 * 3600)
    sent = await bot.client.send_template(ana.user_id, "notice", TemplateLanguage.ENGLISH, [body("it rains")])
    assert sent.status is types.SentTemplateStatus.ACCEPTED
    assert (ana.last.template, ana.screen) == ("notice", ["News: it rains"])
    await ana.tap("Stop")
    tapped = bot.updates[-1]
    assert isinstance(tapped, types.CallbackButton)
    assert tapped.is_quick_reply
    listed = await bot.client.get_templates()
    assert [template.name for template in listed] == ["notice"]
    with pytest.raises(TemplateParamCountMismatch):
        await bot.client.send_template(ana.user_id, "notice", TemplateLanguage.ENGLISH, [])
    with pytest.raises(TemplateNotExists):
        await bot.client.send_template(ana.user_id, "other", TemplateLanguage.ENGLISH, [body("x")])


async def test_places_and_cards(bot: PywaBot, ana: Person) -> None:
    await bot.client.send_location(ana.user_id, 52.5, 13.4, name="Here", address="Somewhere 1")
    card = types.Contact(name=types.Contact.Name(formatted_name="Bob", first_name="Bob"))
    await bot.client.send_contact(ana.user_id, card)
    assert [(bubble.kind, bubble.text) for bubble in ana.received] == [("location", "Here"), ("contacts", "Bob")]


async def test_she_sees_that_her_message_was_read_and_that_one_writes(
    bot: PywaBot, ana: Person, clock: FakeClock
) -> None:
    said = await ana.say("hello?")
    await bot.client.mark_message_as_read(said)
    seen = [ana.sees_typing]
    await bot.client.indicate_typing(said)
    seen.append(ana.sees_typing)
    clock.move(25)
    seen.append(ana.sees_typing)
    await bot.client.indicate_typing(said)
    await bot.client.send_message(ana.user_id, "here")
    seen.append(ana.sees_typing)
    assert (seen, set(ana.marked)) == ([False, True, False, False], {said})


async def test_the_number_tells_how_it_is(graph: Graph, bot: PywaBot) -> None:
    graph.number.upgrade("HIGH")
    graph.number.quality = "YELLOW"
    number = await bot.client.get_business_phone_number()
    assert (number.id, number.verified_name, number.quality_rating) == (graph.number.id, "Neighbours", "YELLOW")
    assert (number.status, number.throughput) == ("CONNECTED", {"level": "HIGH"})
    assert [each.id for each in await bot.client.get_business_phone_numbers()] == [graph.number.id]


async def test_a_callback_is_registered_when_it_knows_the_token(graph: Graph, bot: PywaBot) -> None:
    graph.webhooks.callback = ""
    graph.rotate(f"{APP}|{SECRET}")
    register = bot.client.api.set_app_callback_url
    app = (int(APP), f"{APP}|{SECRET}", bot.callback)
    with pytest.raises(WhatsAppError):
        await register(*app, "wrong", ("messages",))
    assert graph.webhooks.callback == ""
    assert (await register(*app, VERIFY_TOKEN, ("messages",)))["success"]
    assert graph.webhooks.callback == bot.callback


# --- errors ---


async def test_every_error_is_one_that_pywa_knows(graph: Graph, bot: PywaBot, ana: Person) -> None:
    for code in REFUSED_BY_GRAPH:
        graph.fail(code, late=False)
        with pytest.raises(WhatsAppError) as error:
            await bot.client.send_message(ana.user_id, "hello")
        assert type(error.value) is not WhatsAppError
        assert (error.value.code, error.value.status_code) == (code, CODES[code].status)
    assert ana.screen == []


async def test_every_error_may_come_as_a_status(graph: Graph, bot: PywaBot, ana: Person, clock: FakeClock) -> None:
    sent = []
    for code in REFUSED_BY_GRAPH:
        graph.fail(code, late=True)
        sent.append((await bot.client.send_message(ana.user_id, "hello", tracker=str(code))).id)
        clock.move(6)
    await graph.webhooks.quiet()
    statuses = [update for update in bot.updates if isinstance(update, types.MessageStatus)]
    assert [status.id for status in statuses] == sent
    assert {status.status for status in statuses} == {MessageStatusType.FAILED}
    assert [status.error.code for status in statuses if status.error is not None] == REFUSED_BY_GRAPH
    assert [status.tracker for status in statuses] == list(map(str, REFUSED_BY_GRAPH))
    assert ana.screen == []


async def test_without_a_good_token_nothing_goes(graph: Graph, bot: PywaBot, ana: Person, clock: FakeClock) -> None:
    graph.tokens = dict.fromkeys(graph.tokens, clock.now() + 1000)
    await bot.client.send_message(ana.user_id, "in time")
    clock.move(1)
    with pytest.raises(ExpiredAccessToken) as error:
        await bot.client.send_message(ana.user_id, "too late")
    assert (error.value.status_code, error.value.subcode) == (401, 463)
    assert ana.screen == ["in time"]


@pytest.mark.parametrize(
    ("request_of", "error"),
    [
        (lambda wa, to: wa.send_message(to, "x" * 4097), WhatsAppError),
        (lambda wa, to: wa.send_message(to, ""), WhatsAppError),
        (lambda wa, to: wa.send_message(to, "Pay?", buttons=[types.Button("Yes", "1")] * 2), InvalidParameter),
        (lambda wa, to: wa.send_message(to, "?", buttons=[types.Button("x" * 21, "1")]), WhatsAppError),
        (lambda wa, to: wa.send_reaction(to, "👍", "wamid.unknown"), InvalidParameter),
        (lambda wa, to: wa.send_image(to, "1234567890"), InvalidParameter),
        (lambda wa, to: wa.send_message(to, "hello", sender="1"), WhatsAppError),
        (lambda wa, to: wa.mark_message_as_read("wamid.unknown"), InvalidParameter),
    ],
    ids=["long", "empty", "buttons alike", "long button", "nothing to react to", "no media", "no number", "no message"],
)
async def test_what_is_wrong_is_refused(
    bot: PywaBot, ana: Person, request_of: Callable[[WhatsApp, str], Awaitable[object]], error: type[WhatsAppError]
) -> None:
    with pytest.raises(error):
        await request_of(bot.client, ana.user_id)
    assert ana.screen == []


async def test_to_whom_has_not_written_for_a_day_only_templates_go(
    graph: Graph, bot: PywaBot, ana: Person, clock: FakeClock
) -> None:
    clock.move(24 * 3600 - 1)
    await bot.client.send_message(ana.user_id, "just in time")
    clock.move(1)
    await bot.client.send_message(ana.user_id, "too late")
    await graph.webhooks.quiet()
    *_, failed = bot.updates
    assert isinstance(failed, types.MessageStatus)
    assert isinstance(failed.error, ReEngagementMessage)
    graph.late = frozenset()
    with pytest.raises(ReEngagementMessage):
        await bot.client.send_message(ana.user_id, "too late")
    await ana.say("hello again")
    await bot.client.send_message(ana.user_id, "hello")
    assert ana.screen == ["just in time", "hello"]


async def test_who_is_not_there_is_found_out_later(graph: Graph, bot: PywaBot) -> None:
    await bot.client.send_message("999100999999", "anybody?")
    await graph.webhooks.quiet()
    (failed,) = bot.updates
    assert isinstance(failed, types.MessageStatus)
    assert isinstance(failed.error, MessageUndeliverable)


async def test_forty_five_to_one_person_then_one_in_six_seconds(
    graph: Graph, bot: PywaBot, ana: Person, clock: FakeClock
) -> None:
    bob = graph.person("Bob")
    await bob.say("hi")
    for number in range(45):
        await bot.client.send_message(ana.user_id, str(number))
    with pytest.raises(TooManyMessages):
        await bot.client.send_message(ana.phone, "one more")
    await bot.client.send_message(bob.user_id, "he has his own")
    clock.move(6)
    await bot.client.send_message(ana.user_id, "one more")
    with pytest.raises(TooManyMessages):
        await bot.client.send_message(ana.user_id, "and one more")
    assert len(ana.screen) == 46


async def test_a_number_sends_so_many_in_a_second(graph: Graph, bot: PywaBot, clock: FakeClock) -> None:
    graph.number.limits.per_second = 3
    people = [graph.person() for _ in range(4)]
    for person in people:
        await person.say("hi")
    for person in people[:3]:
        await bot.client.send_message(person.user_id, "hello")
    with pytest.raises(RateLimitHit):
        await bot.client.send_message(people[3].user_id, "hello")
    clock.move(0.5)
    await bot.client.send_message(people[3].user_id, "hello")
    assert all(person.screen == ["hello"] for person in people)


async def test_an_error_is_for_whom_it_is_meant(graph: Graph, bot: PywaBot, ana: Person) -> None:
    bob = graph.person("Bob")
    await bob.say("hi")
    graph.fail(135000, bob)
    await bot.client.send_message(ana.user_id, "hello")
    with pytest.raises(GenericError):
        await bot.client.send_message(bob.phone, "hello")
    await bot.client.send_message(bob.user_id, "hello")
    assert (ana.screen, bob.screen) == (["hello"], ["hello"])


@pytest.mark.parametrize("kind", [Kind.DROP, Kind.DROP_ACCEPTED, Kind.BROKEN, Kind.BROKEN_ACCEPTED, Kind.GARBAGE])
async def test_an_answer_may_be_lost_before_and_after_the_message_was_accepted(
    graph: Graph, bot: PywaBot, ana: Person, kind: Kind
) -> None:
    graph.fault(kind)
    with pytest.raises(Exception, match=r"503|disconnected|reading|JSON|Unterminated|Expecting|Sorry"):
        await bot.client.send_message(ana.user_id, "once")
    arrived = kind in {Kind.DROP_ACCEPTED, Kind.BROKEN_ACCEPTED, Kind.GARBAGE}
    assert ana.screen == (["once"] if arrived else [])
