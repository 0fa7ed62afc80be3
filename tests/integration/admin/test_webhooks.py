"""Webhooks at the public listener, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest

from whinchat.admin.server import Address, Listeners
from whinchat.admin.webhooks import PREFIX, webhooks
from whinchat.core.app import Webhook
from whinchat.core.secret import Secret

SECRET = "a-long-random-word"
MOST = 1000


class Healthy:
    def live(self) -> bool:
        return True

    async def ready(self) -> tuple[bool, Mapping[str, object]]:
        return True, {}


class Desk:
    """Takes notices; `url` is the public listener's."""

    def __init__(self) -> None:
        self.url: str | None = None
        self.taken: list[bytes] = []
        self.status = 204

    async def take(self, body: bytes) -> int:
        self.taken.append(body)
        return self.status


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    listeners = Listeners(
        private=Address("127.0.0.1", 0, "private"),
        public=Address("127.0.0.1", 0, "public"),
        health=Healthy(),
        metrics=lambda: b"",
    )
    hook = Webhook("urlscan", Secret(SECRET), desk.take, MOST)
    listeners.mount_public(PREFIX, webhooks({"scanner": [hook]}))
    await listeners.start()
    desk.url = listeners.public_url
    yield desk
    await listeners.stop()


async def post(desk: Desk, path: str, body: bytes = b"notice") -> int:
    async with aiohttp.ClientSession() as client, client.post(f"{desk.url}{path}", data=body) as response:
        return response.status


async def test_who_knows_the_secret_leaves_a_notice(desk: Desk) -> None:
    assert await post(desk, f"/hooks/scanner/urlscan/{SECRET}") == 204
    assert desk.taken == [b"notice"]
    desk.status = 202
    assert await post(desk, f"/hooks/scanner/urlscan/{SECRET}", b"") == 202


@pytest.mark.parametrize(
    "path",
    [
        "/hooks/scanner/urlscan/wrong",
        f"/hooks/scanner/urlscan/{SECRET}x",
        f"/hooks/scanner/urlscan/{SECRET[:-1]}",
        "/hooks/scanner/urlscan/%FF%C3%A4",
        f"/hooks/scanner/other/{SECRET}",
        f"/hooks/basics/urlscan/{SECRET}",
        "/hooks/scanner/urlscan/",
        f"/hooks/scanner/urlscan/{SECRET}/more",
    ],
)
async def test_anybody_else_finds_nothing_and_is_not_read(desk: Desk, path: str) -> None:
    assert await post(desk, path) == 404
    assert desk.taken == []


async def test_it_is_for_posts_alone(desk: Desk) -> None:
    async with aiohttp.ClientSession() as client, client.get(f"{desk.url}/hooks/scanner/urlscan/{SECRET}") as response:
        assert response.status == 405


async def test_a_body_is_as_large_as_it_may_be(desk: Desk) -> None:
    assert await post(desk, f"/hooks/scanner/urlscan/{SECRET}", b"x" * MOST) == 204
    assert await post(desk, f"/hooks/scanner/urlscan/{SECRET}", b"x" * (MOST + 1)) == 413
    assert len(desk.taken) == 1
