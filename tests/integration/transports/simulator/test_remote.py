"""The link to a world in reach of a socket, when things go wrong on the way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random

import msgspec
import pytest
from aiohttp import web
from tests.support.stages import TOKEN, RecordingSink, until
from tests.support.web_server import listening
from tests.support.worlds import ACCOUNT, Town

from whinchat.core.errors import TransportError
from whinchat.core.types import Certainty, ChatKind, ChatRef, ConnectionState, Media, MediaKind, SendText
from whinchat.infra.clock import SystemClock
from whinchat.transports.simulator.api import build_app
from whinchat.transports.simulator.faults import Fault, FaultKind
from whinchat.transports.simulator.link import LinkDown
from whinchat.transports.simulator.remote import RemoteLink
from whinchat.transports.simulator.transport import SimulatorTransport
from whinchat.transports.simulator.wire import FromWorld, Members, ToWorld

CHAT = ChatRef("a@g.sim", ChatKind.GROUP)
MEDIA = Media(MediaKind.IMAGE, "handle")


@pytest.fixture
def town() -> Town:
    return Town(clock=SystemClock())


@pytest.fixture
async def address(town: Town) -> AsyncIterator[str]:
    async with listening(build_app(town.host, TOKEN)) as address:
        yield address


async def connected(address: str, sink: RecordingSink) -> SimulatorTransport:
    transport = SimulatorTransport(RemoteLink(address, TOKEN), SystemClock(), Random(1), account=ACCOUNT)
    await transport.start(sink)
    await until(lambda: transport.state is ConnectionState.ONLINE)
    return transport


async def test_it_comes_back_after_the_connection_breaks_and_nothing_is_lost(town: Town, address: str) -> None:
    sink = RecordingSink()
    transport = await connected(address, sink)
    town.world.inject(Fault(kind=FaultKind.DISCONNECT, after=7, count=3))
    for n in range(100):
        town.say(town.bob, str(n))
    await until(lambda: len(set(sink.texts())) == 100)
    assert sink.states.count(ConnectionState.ONLINE) == 4
    first_seen = list(dict.fromkeys(sink.texts()))
    assert first_seen == [str(n) for n in range(100)]
    await transport.stop(1)
    await until(lambda: town.world.shown(town.bot).waiting == 0)


async def test_a_send_under_way_when_the_connection_breaks_is_unknown(town: Town, address: str) -> None:
    transport = await connected(address, RecordingSink())
    town.world.inject(Fault(kind=FaultKind.SLOW, seconds=30, count=1))
    sending = asyncio.create_task(transport.perform(town.ref(), SendText("slow"), "r1"))
    await until(lambda: town.texts() == ["slow"])
    town.world.set_online(town.bot, False)
    result = await sending
    assert (result.certainty, result.retry_after) == (Certainty.UNKNOWN, None)
    rejected = await transport.perform(town.ref(), SendText("later"), "r2")
    assert (rejected.certainty, rejected.retry_after) == (Certainty.REJECTED, 1.0)
    assert town.texts() == ["slow"]
    await transport.stop(1)


async def test_an_answer_that_does_not_come_in_time_is_unknown(town: Town, address: str) -> None:
    session = await RemoteLink(address, TOKEN, timeout=0.05).connect(ACCOUNT, 10)
    receiving = asyncio.create_task(keep_receiving(session.receive))
    town.world.inject(Fault(kind=FaultKind.SLOW, seconds=0.2, count=1))
    result = await session.perform(town.ref(), SendText("slow"), "r1")
    assert (result.certainty, result.error) == (Certainty.UNKNOWN, "timeout")
    await asyncio.sleep(0.2)  # the late answer is nobody's
    assert (await session.perform(town.ref(), SendText("quick"), "r2")).certainty is Certainty.SENT
    receiving.cancel()
    await session.close()


async def test_a_text_that_cannot_be_encoded_is_rejected(town: Town, address: str) -> None:
    transport = await connected(address, RecordingSink())
    result = await transport.perform(town.ref(), SendText("\ud800"), "r1")
    assert (result.certainty, result.error) == (Certainty.REJECTED, "bad_text")
    await transport.stop(1)


async def test_a_wrong_token_is_said_in_the_log_and_tried_again(
    town: Town, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(LinkDown), caplog.at_level(logging.WARNING):
        await RemoteLink(address, "wrong").connect(ACCOUNT, 10)
    assert "refuses the token" in caplog.text
    assert "wrong" not in caplog.text.replace("refuses the token", "")


async def test_a_world_that_is_not_there_is_a_link_that_is_down() -> None:
    async with listening(web.Application()) as address:
        with pytest.raises(LinkDown):  # something else listens there
            await RemoteLink(address, TOKEN).connect(ACCOUNT, 10)
    with pytest.raises(LinkDown):
        await RemoteLink(address, TOKEN).connect(ACCOUNT, 10)


async def test_giving_up_while_connecting_leaves_nothing_open() -> None:
    async def never(_request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    app = web.Application()
    app.router.add_get("/api/link", never)
    async with listening(app) as address:
        connecting = asyncio.create_task(RemoteLink(address, TOKEN).connect(ACCOUNT, 10))
        await asyncio.sleep(0.05)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting


# --- a world that misbehaves ---

Answer = Callable[[web.WebSocketResponse, ToWorld], Awaitable[None]]


def impostor(answer: Answer) -> web.Application:
    """Something at a world's address that answers in its own way."""

    async def link(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await answer(socket, msgspec.msgpack.decode(message.data, type=ToWorld))
        return socket

    app = web.Application()
    app.router.add_get("/api/link", link)
    return app


async def keep_receiving(receive: Callable[[], Awaitable[object]]) -> None:
    while True:
        await receive()


async def test_no_answer_to_a_question_is_an_error_that_may_pass() -> None:
    async def silence(_socket: web.WebSocketResponse, _frame: ToWorld) -> None:
        """Says nothing."""

    async with listening(impostor(silence)) as address:
        session = await RemoteLink(address, TOKEN, timeout=0.02).connect(ACCOUNT, 10)
        for question in (session.group(CHAT), session.download(MEDIA, 10)):
            with pytest.raises(TransportError) as error:
                await question
            assert (error.value.code, error.value.retryable) == ("timeout", True)
        await session.close()


async def test_an_answer_to_something_else_is_an_error() -> None:
    async def members(socket: web.WebSocketResponse, frame: ToWorld) -> None:
        answer: FromWorld = Members(getattr(frame, "id", 0), None)
        await socket.send_bytes(msgspec.msgpack.encode(answer))

    async with listening(impostor(members)) as address:
        session = await RemoteLink(address, TOKEN).connect(ACCOUNT, 10)
        receiving = asyncio.create_task(keep_receiving(session.receive))
        with pytest.raises(TransportError) as error:
            await session.download(MEDIA, 10)
        assert error.value.code == "protocol"
        receiving.cancel()
        await session.close()


@pytest.mark.parametrize("garbage", [b"\xff\xff", b""])
async def test_garbage_ends_the_session_and_what_was_asked_is_unknown(garbage: bytes) -> None:
    async def answer(socket: web.WebSocketResponse, _frame: ToWorld) -> None:
        await socket.send_bytes(garbage)

    async with listening(impostor(answer)) as address:
        transport = await connected(address, RecordingSink())
        result = await transport.perform(CHAT, SendText("hello"), "r1")
        assert result.certainty is Certainty.UNKNOWN
        await transport.stop(1)


async def test_after_the_end_nothing_leaves_and_acknowledgements_are_for_the_next_session(
    town: Town, address: str
) -> None:
    session = await RemoteLink(address, TOKEN).connect(ACCOUNT, 10)
    parcels = await session.receive()
    town.world.set_online(town.bot, False)
    with pytest.raises(LinkDown):
        await session.receive()
    session.acknowledge(parcels[0].position)
    await asyncio.sleep(0.01)
    session.acknowledge(parcels[0].position)
    with pytest.raises(LinkDown):
        await session.flush()
    with pytest.raises(LinkDown) as down:
        await session.perform(town.ref(), SendText("hello"), "r1")
    assert not down.value.left
    await session.close()
    assert town.world.shown(town.bot).waiting == 1


async def test_a_new_connection_of_the_account_ends_the_old_one(town: Town, address: str) -> None:
    old = await RemoteLink(address, TOKEN).connect(ACCOUNT, 10)
    await old.receive()
    new = await RemoteLink(address, TOKEN).connect(ACCOUNT, 10)
    with pytest.raises(LinkDown):
        await old.receive()
    assert len(await new.receive()) == 1
    await old.close()
    await new.close()
