"""What `whinchat doctor` finds out at Meta, asked of the fake Graph: both sides fit, or one of them is set up wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.graph.client import Client
from tests.support.graph.faults import At, Fault, Kind
from tests.support.graph.graph import TOKEN, Graph
from tests.support.graph.server import graphing

from whinchat.core.ports import Clock
from whinchat.infra.clock import SystemClock
from whinchat.infra.http import AiohttpClient
from whinchat.transports.cloud.check import check

HOUR = 3_600_000  # milliseconds


class AheadClock(SystemClock):
    def now(self) -> int:
        return super().now() + HOUR


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with graphing(SystemClock()) as graph:
        yield graph


@pytest.fixture
def client(graph: Graph, tmp_path: Path) -> Client:
    return Client(graph, tmp_path, SystemClock())


async def wrong(client: Client, clock: Clock | None = None) -> dict[str, str]:
    """What is not as it should be: the name of the check, and what it says."""
    http = AiohttpClient("whinchat")
    try:
        findings = await check(client.chosen, http, clock or SystemClock(), client.metrics)
    finally:
        await http.close()
    assert all(finding.hint for finding in findings.values() if not finding.ok)
    assert all(TOKEN not in finding.detail + finding.hint for finding in findings.values())
    return {name.removeprefix("cloud cloud: "): each.detail for name, each in findings.items() if not each.ok}


async def test_when_both_sides_fit_there_is_nothing_to_say(client: Client) -> None:
    assert await wrong(client) == {}


async def test_a_token_that_has_ended_or_ends_soon(graph: Graph, client: Client) -> None:
    graph.tokens[TOKEN] = graph.now() + 2 * HOUR
    assert list(await wrong(client)) == ["token"]
    graph.tokens[TOKEN] = graph.now()
    assert "token" in await wrong(client)


async def test_an_app_that_is_not_subscribed(graph: Graph, client: Client) -> None:
    graph.subscribed.clear()
    assert list(await wrong(client)) == ["webhook"]


async def test_a_secret_of_another_app(client: Client) -> None:
    client.write("secret", "of-another-app")
    assert list(await wrong(client)) == ["app secret"]


async def test_a_number_of_another_account(graph: Graph, client: Client) -> None:
    graph.add_number("106540352242999", "102290129340999", "+999 155 500 009")
    graph.number.business = "102290129340999"
    assert "number" in await wrong(client)


async def test_a_number_that_is_rated_badly(graph: Graph, client: Client) -> None:
    graph.number.quality = "RED"
    assert list(await wrong(client)) == ["number"]


async def test_a_clock_that_is_wrong(client: Client) -> None:
    assert "clock" in (await wrong(client, AheadClock()))["token"]


@pytest.mark.parametrize("kind", [Kind.DROP, Kind.BROKEN, Kind.GARBAGE])
async def test_a_graph_that_does_not_answer_well_is_said_to_be_that(graph: Graph, client: Client, kind: Kind) -> None:
    graph.faults.plan(Fault(kind, At.OBJECT, times=10))
    assert "number" in await wrong(client)


async def test_a_graph_out_of_reach(graph: Graph, client: Client) -> None:
    graph.url = "http://127.0.0.1:9"
    other = Client(graph, client.folder, SystemClock())
    assert list(await wrong(other)) == ["token"]
