"""Media over the Cloud API, both ways, with Graph at its worst in each of the steps that they take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.graph.bot import Bot
from tests.support.graph.faults import At, Fault, Kind
from tests.support.graph.graph import Graph
from tests.support.graph.people import Person
from tests.support.graph.rushed import RushedClock
from tests.support.graph.server import graphing
from tests.support.web_server import body, serving

from whinchat.core.errors import TransportError
from whinchat.core.ports import Transport
from whinchat.core.types import ChatKind, ChatRef, Media, MediaKind, MessageReceived, SendMedia

PNG = b"\x89PNG\r\n\x1a\n and more"
DAY = 24 * 3600


@pytest.fixture
def clock() -> RushedClock:
    return RushedClock()


@pytest.fixture
async def graph(clock: RushedClock) -> AsyncIterator[Graph]:
    async with graphing(clock) as graph:
        yield graph


@pytest.fixture
def ana(graph: Graph) -> Person:
    return graph.person("Ana")


@pytest.fixture
def bot(graph: Graph, tmp_path: Path, clock: RushedClock) -> Bot:
    return Bot(graph, tmp_path, clock)


@pytest.fixture
async def transport(bot: Bot, ana: Person) -> AsyncIterator[Transport]:
    """Ana has written, and was answered."""
    async with bot.running() as transport:
        await ana.say("hi")
        await bot.until("sent delivered")
        yield transport


def picture(data: bytes = PNG, mime: str = "image/png") -> SendMedia:
    return SendMedia(MediaKind.IMAGE, mime, data, "look", "a.png")


async def show(bot: Bot, ana: Person, action: SendMedia) -> None:
    await bot.send(ChatRef(ana.user_id, ChatKind.DIRECT), action)


async def arrived(bot: Bot, ana: Person, data: bytes = PNG) -> Media:
    await ana.send("image", data, "image/png", caption="look")
    event = bot.events[-1]
    assert isinstance(event, MessageReceived)
    assert event.content.media is not None
    return event.content.media


# --- from the bot ---


@pytest.mark.usefixtures("transport")
@pytest.mark.parametrize("kind", [Kind.DROP, Kind.DROP_ACCEPTED, Kind.BROKEN, Kind.BROKEN_ACCEPTED, Kind.GARBAGE])
async def test_an_upload_that_fails_is_repeated_and_the_message_leaves_once(
    graph: Graph, bot: Bot, ana: Person, kind: Kind
) -> None:
    graph.fault(kind, At.UPLOAD)
    await show(bot, ana, picture())
    await bot.until("sent delivered", "sent delivered")
    assert ana.screen == ["heard hi", "look"]
    assert ana.last.media is not None
    assert (ana.last.kind, ana.last.media.data, ana.last.media.mime) == ("image", PNG, "image/png")


@pytest.mark.usefixtures("transport")
@pytest.mark.parametrize("kind", [Kind.DROP_ACCEPTED, Kind.BROKEN_ACCEPTED, Kind.GARBAGE])
async def test_media_whose_answer_was_lost_is_not_sent_again(graph: Graph, bot: Bot, ana: Person, kind: Kind) -> None:
    graph.fault(kind)
    await show(bot, ana, picture())
    await bot.until("sent delivered", "sent delivered")
    assert ana.screen == ["heard hi", "look"]


@pytest.mark.usefixtures("transport")
async def test_what_meta_does_not_take_as_a_picture_goes_as_a_document(bot: Bot, ana: Person) -> None:
    await show(bot, ana, picture(b"<svg/>", "image/svg+xml"))
    await bot.until("sent delivered", "sent delivered")
    assert (ana.last.kind, ana.last.file_name, ana.screen[-1]) == ("document", "a.png", "look")


@pytest.mark.usefixtures("transport")
async def test_what_is_too_large_is_not_even_uploaded(graph: Graph, bot: Bot, ana: Person) -> None:
    await show(bot, ana, picture(bytes(5 * 1024 * 1024 + 1)))
    await bot.until("sent delivered", "failed too_large")
    assert not any(asked.path.endswith("/media") for asked in graph.asked)


@pytest.mark.usefixtures("transport")
async def test_media_that_whatsapp_refuses_later_has_failed(graph: Graph, bot: Bot, ana: Person) -> None:
    graph.fail(131053)
    await show(bot, ana, picture())
    await bot.until("sent delivered", "sent failed|failed 131053 failed")
    assert ana.screen == ["heard hi"]


@pytest.mark.usefixtures("bot")
async def test_that_it_cannot_be_marked_as_read_keeps_nobody_waiting(graph: Graph, bot: Bot, ana: Person) -> None:
    async with bot.running():
        graph.faults.plan(Fault(Kind.HANG, At.MARKS, seconds=3.0))
        graph.faults.plan(Fault(Kind.ERROR, At.MARKS, code=131009))
        await ana.say("hi")
        await bot.until("sent delivered")
        await ana.say("and?")
        await bot.until("sent delivered", "sent delivered")
    assert (ana.screen, ana.marked) == (["heard hi", "heard and?"], [])


# --- from people ---


async def test_media_of_people_are_fetched(transport: Transport, bot: Bot, ana: Person) -> None:
    media = await arrived(bot, ana)
    assert (media.kind, media.mime) == (MediaKind.IMAGE, "image/png")
    assert await transport.download(media, len(PNG)) == PNG


async def test_a_link_of_five_minutes_is_asked_for_when_it_is_needed(
    transport: Transport, bot: Bot, ana: Person, clock: RushedClock
) -> None:
    media = await arrived(bot, ana)
    clock.move(6 * DAY)
    assert await transport.download(media, 1000) == PNG
    clock.move(DAY)
    with pytest.raises(TransportError) as error:
        await transport.download(media, 1000)
    assert (error.value.code, error.value.retryable) == ("gone", False)


async def test_more_than_is_allowed_is_not_fetched(graph: Graph, transport: Transport, bot: Bot, ana: Person) -> None:
    media = await arrived(bot, ana, bytes(100_000))
    with pytest.raises(TransportError) as error:
        await transport.download(media, 99_999)
    assert error.value.code == "too_large"
    assert not any(asked.path.startswith("/whatsapp_business") for asked in graph.asked)


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault(Kind.DROP, at, times=2) for at in (At.MEDIA, At.DOWNLOAD)),  # the client itself asks once more
        *(Fault(Kind.BROKEN, at) for at in (At.MEDIA, At.DOWNLOAD)),
        *(Fault(Kind.ERROR, at, code=code) for at in (At.MEDIA, At.DOWNLOAD) for code in (4, 131016)),
        Fault(Kind.GARBAGE, At.MEDIA),
    ],
    ids=lambda fault: f"{fault.kind} {fault.code or ''} at {fault.at}",
)
async def test_what_fails_for_now_may_be_tried_again(
    graph: Graph, transport: Transport, bot: Bot, ana: Person, fault: Fault
) -> None:
    media = await arrived(bot, ana)
    graph.faults.plan(replace(fault))
    with pytest.raises(TransportError) as error:
        await transport.download(media, 1000)
    assert error.value.retryable
    assert await transport.download(media, 1000) == PNG


async def test_a_download_that_leads_elsewhere_takes_no_token_there(
    graph: Graph, transport: Transport, bot: Bot, ana: Person
) -> None:
    media = await arrived(bot, ana)
    async with serving() as elsewhere:
        graph.faults.plan(Fault(Kind.REDIRECT, At.DOWNLOAD, location=elsewhere.on("/", body(b"not hers"))))
        await transport.download(media, 1000)
    assert [asked.headers.get("Authorization") for asked in elsewhere.asked] == [None]
