"""Connections that say when money moves: who has one, and what happens when they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.support.wallet.views import Views, viewing

from whinchat.apps.wallet.backend import BackendError
from whinchat.apps.wallet.followers import ACTIVE, CONNECTIONS, ROUND, STEADY
from whinchat.apps.wallet.money import usd
from whinchat.apps.wallet.sessions import SessionBegan, SessionEnded
from whinchat.core.ports import Batch


@asynccontextmanager
async def following(*names: str) -> AsyncIterator[Views]:
    """As the service runs it: with at most two connections."""
    async with viewing(*names) as views:
        task = asyncio.create_task(views.parts.followers.run())
        try:
            await settle(views)
            views.bot.transport.performed.clear()
            views.backend.calls.clear()
            yield views
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def settle(views: Views, seconds: float = 0.0) -> None:
    await views.bot.clock.advance(seconds)
    await views.bot.settle()


def receive(views: Views, name: str = "ana", cents: int = 500) -> None:
    views.backend.receive(views.backend.people[f"token-{name}"], usd(cents))


def connections(views: Views) -> float:
    return views.bot.metrics.value(CONNECTIONS)


async def close(views: Views, name: str) -> None:
    user = await views.parts.users.get(name)
    assert user is not None
    await views.bot.database.commit(Batch((views.parts.users.close(user.id, "first", views.bot.clock.now()),)))


async def test_money_is_told_when_it_comes_and_shown_when_asked() -> None:
    async with following("ana") as views:
        await views.ask("ana", "balance")
        receive(views)
        await settle(views)
        assert [text.splitlines()[0] for text in views.bot.texts()[1:]] == ["💰 *You received $5.00 · 10,000 sats*"]
        assert "$105.00" in (await views.ask("ana", "balance"))[0]
        assert connections(views) == 1


async def test_a_burst_of_updates_is_told_once_each() -> None:
    async with following("ana") as views:
        for cents in range(1, 6):
            receive(views, cents=cents)
        await settle(views)
        lines = [
            line
            for text in views.bot.texts()
            for line in text.splitlines()
            if line.startswith(("•", "💰 *You received $"))
        ]
        assert len(lines) == 5


async def test_a_connection_that_ends_is_made_again_and_what_came_meanwhile_is_told() -> None:
    async with following("ana") as views:
        views.backend.drop_listeners()
        await settle(views)
        receive(views)
        await settle(views)
        assert views.bot.texts() == []
        await settle(views, 2)
        assert len(views.bot.texts()) == 1
        receive(views)
        await settle(views)
        assert len(views.bot.texts()) == 2


async def test_a_backend_that_is_down_is_asked_less_and_less_often() -> None:
    async with following("ana") as views:
        views.backend.fail_next("updates", times=1000)
        views.backend.drop_listeners()
        await settle(views, 600)
        assert 5 <= views.backend.calls.count("updates") <= 14
        assert connections(views) == 0


async def test_after_a_steady_connection_the_pauses_are_short_again() -> None:
    async with following("ana") as views:
        views.backend.fail_next("updates", times=6)
        views.backend.drop_listeners()
        await settle(views, 300)
        assert connections(views) == 1
        await settle(views, STEADY)
        views.backend.drop_listeners()
        await settle(views, 2)
        assert connections(views) == 1


async def test_only_those_who_wrote_last_have_one() -> None:
    async with following("ana", "bob") as views:
        assert connections(views) == 2
        views.bot.clock.move(1)
        await views.link("eve")
        await settle(views, ROUND)
        assert connections(views) == 2
        assert "token-eve" in views.backend._listeners
        views.bot.clock.move(1)
        await views.ask("ana", "balance")
        views.bot.clock.move(1)
        await views.ask("bob", "balance")
        await settle(views, ROUND)
        assert set(views.backend._listeners) == {"token-ana", "token-bob"}
        views.bot.clock.move(ACTIVE / 1000)
        await settle(views, ROUND)
        assert connections(views) == 0


async def test_a_new_session_is_followed_at_once_and_what_was_before_it_is_old() -> None:
    async with following() as views:
        ana = await views.link("ana")
        views.backend.receive(ana, usd(1))
        await views.bot.bus.publish(SessionBegan("ana"))
        await settle(views)
        assert connections(views) == 1
        assert views.bot.texts() == []
        receive(views)
        await settle(views)
        assert len(views.bot.texts()) == 1


async def test_a_session_that_ends_takes_its_connection_and_what_was_read() -> None:
    async with following("ana") as views:
        await views.ask("ana", "balance")
        await close(views, "ana")
        await views.bot.bus.publish(SessionEnded("ana"))
        await views.bot.bus.publish(SessionEnded("nobody"))
        await settle(views)
        assert connections(views) == 0
        await views.link("ana", session="second")
        await views.ask("ana", "balance")
        assert views.backend.calls.count("me") == 2


async def test_a_session_that_the_backend_refuses_is_left_alone_until_another_begins() -> None:
    async with following("ana") as views:
        ana = views.backend.people["token-ana"]
        await views.backend.logout(ana.token)
        views.backend.drop_listeners()
        await settle(views, 300)
        assert views.backend.calls.count("updates") == 1
        await views.backend.login(ana.phone or "", "123456")
        await views.link("ana", session="second")
        await views.bot.bus.publish(SessionBegan("ana"))
        await settle(views)
        assert connections(views) == 1


async def test_a_session_that_ended_elsewhere_is_noticed() -> None:
    async with following("ana") as views:
        await close(views, "ana")
        views.backend.drop_listeners()
        await settle(views, 5)
        assert connections(views) == 0
        assert views.backend.calls.count("updates") == 0


async def test_a_backend_that_asks_for_patience_is_tried_again() -> None:
    async with following("ana") as views:
        views.backend.fail_next("updates", BackendError("no", code="rate_limited", retry_after=5))
        views.backend.drop_listeners()
        await settle(views, 10)
        assert connections(views) == 1
