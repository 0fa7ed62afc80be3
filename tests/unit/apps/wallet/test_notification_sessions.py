"""Whose money is looked after, and when."""

from __future__ import annotations

from functools import partial

from tests.support.wallet.backend import RETICENT, FakeBackend
from tests.support.wallet.views import Views, viewing

from whinchat.apps.wallet.backend import Transaction
from whinchat.apps.wallet.money import Money, usd
from whinchat.apps.wallet.notifications import POLL, POLL_AFTER, POLLED
from whinchat.core.ports import Batch

RETICENTLY = partial(FakeBackend, capabilities=RETICENT)
HINT = "`balance` shows what you have, `history` what came and went."


def receive(views: Views, amount: Money, memo: str = "", sender: str | None = None) -> Transaction:
    return views.backend.receive(views.backend.people["token-ana"], amount, memo, sender)


# --- sessions and schedules ---


async def test_nobody_without_a_session_is_looked_after() -> None:
    async with viewing("ana") as views:
        receive(views, usd(1))
        user = await views.parts.users.get("ana")
        assert user is not None
        await views.bot.database.commit(Batch((views.parts.users.close(user.id, "first", views.bot.clock.now()),)))
        assert await views.told("ana") == []
        assert await views.told("nobody") == []
        assert views.backend.calls == []


async def test_a_token_that_is_refused_is_no_reason_to_try_again() -> None:
    async with viewing("ana") as views:
        await views.backend.logout(views.backend.people["token-ana"].token)
        assert await views.told("ana") == []
        assert await views.bot.count("memory_jobs") == 0


async def test_what_was_read_before_the_payment_is_not_shown_after_it() -> None:
    async with viewing("ana") as views:
        await views.ask("ana", "balance")
        receive(views, usd(500))
        await views.look("ana")
        assert "$105.00" in (await views.ask("ana", "balance"))[0]


async def test_a_look_that_finds_nothing_keeps_what_was_read() -> None:
    async with viewing("ana") as views:
        receive(views, usd(500))
        await views.look("ana")
        await views.ask("ana", "balance")
        views.backend.calls.clear()
        await views.look("ana")
        await views.ask("ana", "balance")
        assert views.backend.calls == ["transactions"]


async def test_the_schedule_looks_after_everybody_in_turn() -> None:
    async with viewing("ana", "bob") as views:
        receive(views, usd(1))
        await views.bot.run_job(POLL)
        assert views.bot.texts() == []
        views.bot.clock.move(POLL_AFTER / 1000)
        await views.bot.run_job(POLL)
        assert len(views.bot.texts()) == 1
        assert views.backend.calls.count("transactions") == 2
        await views.bot.run_job(POLL)
        assert views.backend.calls.count("transactions") == 2


async def test_nobody_whose_look_fails_keeps_the_others_waiting() -> None:
    async with viewing() as views:
        for number in range(POLLED + 1):
            await views.link(f"p{number:02}")
        views.backend.fail_next("transactions", times=POLLED)
        await views.bot.run_job(POLL)
        await views.bot.run_job(POLL)
        assert views.backend.calls.count("transactions") == POLLED + 1


async def test_who_is_not_linked_any_more_leaves_no_mark() -> None:
    async with viewing("ana", "bob") as views:
        user = await views.parts.users.get("ana")
        assert user is not None
        now = views.bot.clock.now()
        closing = (views.parts.users.close(user.id, "first", now), views.parts.users.closed("ana", "first"))
        await views.bot.database.commit(Batch(closing))
        await views.bot.database.commit(Batch(views.parts.notices.retention(100)))
        assert await views.bot.count("wallet_watermarks") == 1
