"""How the fake Graph repeats, doubles, bundles and disorders what it tells: as Meta says that it may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from tests.support.graph.faults import At, Fault, Kind
from tests.support.graph.graph import SECRET, TOKEN, Graph
from tests.support.graph.people import Person
from tests.support.graph.server import graphing
from tests.support.graph.webhooks import WEEK, sign
from tests.support.web_server import listening

from whinchat.testing.clock import FakeClock

BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Callback:
    """`told`: the texts of each webhook that was answered with 200. `status`: how the next are answered."""

    def __init__(self) -> None:
        self.status = 200
        self.told: list[list[str]] = []
        self.attempts = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        assert request.headers["X-Hub-Signature-256"] == sign(SECRET, body)
        self.attempts += 1
        if self.status == 200:
            self.told.append([_text(change["value"]) for change in json.loads(body)["entry"][0]["changes"]])
        return web.Response(status=self.status)

    @property
    def texts(self) -> list[str]:
        return [text for webhook in self.told for text in webhook]


def _text(value: dict[str, list[dict[str, dict[str, str]]]]) -> str:
    return value["messages"][0]["text"]["body"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def graph(clock: FakeClock) -> AsyncIterator[Graph]:
    async with graphing(clock) as graph:
        yield graph


@pytest.fixture
async def callback(graph: Graph) -> AsyncIterator[Callback]:
    callback = Callback()
    app = web.Application()
    app.router.add_post("/", callback.take)
    async with listening(app) as address:
        graph.webhooks.callback = address + "/"
        yield callback


@pytest.fixture
def ana(graph: Graph) -> Person:
    return graph.person("Ana")


async def pass_time(clock: FakeClock, seconds: float, step: float) -> None:
    """In steps, so that what is posted meanwhile is answered."""
    for _ in range(round(seconds / step)):
        await clock.advance(step)
        await asyncio.sleep(0.002)


async def test_what_is_not_taken_is_told_again_while_the_rest_goes_on(
    callback: Callback, ana: Person, clock: FakeClock
) -> None:
    callback.status = 503
    await ana.say("one")
    callback.status = 200
    await ana.say("two")
    assert callback.texts == ["two"]
    await pass_time(clock, 1, 1)
    assert (callback.texts, callback.attempts) == (["two", "one"], 3)


async def test_for_seven_days_less_and_less_often_and_then_never(
    callback: Callback, ana: Person, clock: FakeClock
) -> None:
    callback.status = 500
    await ana.say("hello?")
    await pass_time(clock, 60, 1)
    minute = callback.attempts
    await pass_time(clock, 3600, 60)
    hour = callback.attempts
    await pass_time(clock, WEEK, 3600)
    week = callback.attempts
    assert 5 <= minute < hour < minute + 10 < week < 200
    callback.status = 200
    await pass_time(clock, 2 * WEEK, 24 * 3600)
    assert (callback.texts, callback.attempts) == ([], week)


async def test_a_callback_that_is_not_there_is_tried_again(
    graph: Graph, callback: Callback, ana: Person, clock: FakeClock
) -> None:
    there, graph.webhooks.callback = graph.webhooks.callback, "http://127.0.0.1:9/"
    await ana.say("hello?")
    assert graph.webhooks.deliveries[-1].answers == [0]
    graph.webhooks.callback = there
    await pass_time(clock, 1, 1)
    assert callback.texts == ["hello?"]


async def test_the_same_may_be_told_often(graph: Graph, callback: Callback, ana: Person) -> None:
    graph.webhooks.duplicate(3)
    await ana.say("echo")
    await ana.say("once")
    await graph.webhooks.quiet()
    assert callback.texts == ["echo", "echo", "echo", "once"]


async def test_what_waits_may_come_backwards_and_bundled(graph: Graph, callback: Callback, ana: Person) -> None:
    graph.webhooks.hold()
    for number in range(5):
        await ana.say(str(number))
    assert callback.told == []
    graph.webhooks.batch = 3
    graph.webhooks.release(backwards=True)
    await graph.webhooks.quiet()
    assert callback.told == [["4", "3", "2"], ["1", "0"]]


async def test_webhooks_may_overtake_each_other(
    graph: Graph, callback: Callback, ana: Person, clock: FakeClock
) -> None:
    graph.webhooks.jitter = 1.0
    said = [str(number) for number in range(20)]
    for text in said:
        await ana.say(text)
    await pass_time(clock, 1, 0.05)
    assert callback.texts != said
    assert sorted(callback.texts, key=int) == said


async def test_of_an_account_that_the_app_is_not_subscribed_to_it_hears_nothing(
    graph: Graph, callback: Callback, ana: Person
) -> None:
    url = f"{graph.url}/v26.0/{graph.number.business}/subscribed_apps"
    async with aiohttp.ClientSession(headers=BEARER) as session:
        async with session.delete(url) as response:
            assert await response.json() == {"success": True}
        await ana.say("unheard")
        async with session.get(url) as response:
            assert await response.json() == {"data": []}
        async with session.post(url) as response:
            assert await response.json() == {"success": True}
    await ana.say("heard")
    assert callback.texts == ["heard"]


async def test_a_fault_is_there_as_often_as_it_was_planned_and_where(graph: Graph) -> None:
    graph.faults.plan(Fault(Kind.ERROR, At.OBJECT, code=4, times=2, headers=(("Retry-After", "7"),)))
    url = f"{graph.url}/v26.0/{graph.number.id}"
    async with aiohttp.ClientSession(headers=BEARER) as session:
        for status, wait in ((400, "7"), (400, "7"), (200, None)):
            async with session.get(url) as response:
                assert (response.status, response.headers.get("Retry-After")) == (status, wait)
    assert [asked.status for asked in graph.asked] == [400, 400, 200]


async def test_a_token_tells_what_it_may_and_until_when(graph: Graph, clock: FakeClock) -> None:
    graph.tokens["for-an-hour"] = clock.now() + 3_600_000
    url = f"{graph.url}/v26.0/debug_token"
    async with aiohttp.ClientSession(headers=BEARER) as session:
        found = []
        for token in (TOKEN, "for-an-hour", "unknown"):
            async with session.get(url, params={"input_token": token}) as response:
                data = (await response.json())["data"]
                found.append((data["is_valid"], data["expires_at"]))
    assert found == [(True, 0), (True, clock.now() // 1000 + 3600), (False, 0)]
    async with aiohttp.ClientSession() as nobody, nobody.get(url) as response:
        assert (response.status, (await response.json())["error"]["code"]) == (401, 190)
