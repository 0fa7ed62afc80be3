"""Money that comes in is told once, whoever notices it and whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.deaths import Death, Killed
from tests.support.wallet.backend import FRANK, RETICENT, FakeBackend
from tests.support.wallet.views import Views, viewing

from whinchat.apps.wallet.backend import BackendError, Page, Status, Transaction
from whinchat.apps.wallet.money import Money, sats, usd
from whinchat.apps.wallet.notices import KEPT, OLDEST
from whinchat.apps.wallet.notifications import AT_ONCE, look
from whinchat.core.ports import Batch, Clock
from whinchat.core.secret import Secret

RETICENTLY = partial(FakeBackend, capabilities=RETICENT)
HINT = "`balance` shows what you have, `history` what came and went."


def receive(views: Views, amount: Money, memo: str = "", sender: str | None = None) -> Transaction:
    return views.backend.receive(views.backend.people["token-ana"], amount, memo, sender)


# --- what is said ---


async def test_amount_sender_memo_and_balance() -> None:
    async with viewing("ana") as views:
        receive(views, usd(500), "lunch #abcdefgh23", "bob")
        (text,) = await views.told("ana")
        assert text.splitlines() == [
            "💰 *You received $5.00 · 10,000 sats*",
            "from @bob",
            "“lunch”",
            "Balance: $105.00 · 210,000 sats",
            HINT,
        ]


async def test_the_hint_comes_with_the_first_one_only() -> None:
    async with viewing("ana") as views:
        receive(views, usd(500))
        assert (await views.told("ana"))[0].endswith(HINT)
        receive(views, sats(70))
        (text,) = await views.told("ana")
        assert text.splitlines() == ["💰 *You received 70 sats · $0.04*", "Balance: 100,070 sats · $50.04"]


async def test_several_are_told_in_one_message() -> None:
    async with viewing("ana") as views:
        receive(views, usd(500), "lunch", "bob")
        views.bot.clock.move(3600)
        receive(views, sats(70))
        (text,) = await views.told("ana")
        assert text.splitlines() == [
            "💰 *You received 2 payments*",
            "• $5.00 · 10,000 sats · from @bob · “lunch” · 00:00 UTC",
            "• 70 sats · $0.04 · 01:00 UTC",
            "Balance: $105.00 · 210,000 sats",
            "Balance: 100,070 sats · $50.04",
            HINT,
        ]


async def test_without_balance_and_price_the_payment_is_told_all_the_same() -> None:
    async with viewing("ana") as views:
        views.backend.prices.clear()
        views.backend.fail_next("me")
        receive(views, usd(500))
        assert await views.told("ana") == [f"💰 *You received $5.00*\n{HINT}"]


async def test_a_list_that_tells_little_is_asked_for_each_record() -> None:
    async with viewing("ana", backend=RETICENTLY) as views:
        views.backend.outage = False
        receive(views, usd(500), "lunch", "bob")
        (text,) = await views.told("ana")
        assert "“lunch”" in text
        assert views.backend.calls.count("transaction") == 1


async def test_an_unread_list_of_records_is_looked_at_again_later() -> None:
    async with viewing("ana", backend=RETICENTLY) as views:
        receive(views, usd(500))
        views.backend.fail_next("transaction")
        assert await views.told("ana") == []
        views.bot.clock.move(5)
        await views.bot.settle()
        assert len(views.bot.texts()) == 1


# --- once ---


async def test_once_however_often_it_is_noticed() -> None:
    async with viewing("ana") as views:
        receive(views, usd(500))
        assert len(await views.told("ana")) == 1
        for _ in range(3):
            assert await views.told("ana") == []


@pytest.mark.parametrize("backend", [FakeBackend, RETICENTLY], ids=["frank", "reticent"])
async def test_what_came_before_the_session_is_old_and_what_comes_after_it_is_not(
    backend: type[FakeBackend],
) -> None:
    async with viewing(backend=backend) as views:
        await views.link("ana")
        receive(views, usd(1))
        receive(views, usd(2))
        assert await views.told("ana") == []
        receive(views, usd(3))
        (text,) = await views.told("ana")
        assert "received $0.03" in text


async def test_another_session_begins_anew() -> None:
    async with viewing("ana") as views:
        receive(views, usd(1))
        await views.link("ana", session="second")
        assert await views.told("ana") == []
        receive(views, usd(2))
        (text,) = await views.told("ana")
        assert "received $0.02" in text


async def test_an_empty_list_may_be_an_outage_and_what_was_in_it_is_old() -> None:
    async with viewing(backend=RETICENTLY) as views:
        await views.link("ana")
        receive(views, usd(1))
        views.bot.clock.move(10)
        views.backend.outage = True
        assert await views.told("ana") == []
        views.backend.outage = False
        assert await views.told("ana") == []
        receive(views, usd(2))
        views.backend.outage = True
        assert await views.told("ana") == []
        views.backend.outage = False
        (text,) = await views.told("ana")
        assert "received $0.02" in text


async def test_what_is_pending_is_told_when_it_has_come() -> None:
    async with viewing("ana") as views:
        ana = views.backend.people["token-ana"]
        pending = receive(views, usd(500))
        views.backend.settle(ana, pending.id, Status.PENDING)
        assert await views.told("ana") == []
        failed = receive(views, usd(600))
        views.backend.settle(ana, failed.id, Status.FAILURE)
        assert await views.told("ana") == []
        views.backend.settle(ana, pending.id, Status.SUCCESS)
        (text,) = await views.told("ana")
        assert "received $5.00" in text


async def test_what_one_sends_is_no_news() -> None:
    async with viewing("ana") as views:
        views.backend.person("bob")
        ana = views.backend.people["token-ana"]
        await views.backend.pay_wallet(ana.token, ana.wallet(), "usd-bob", usd(1), "", "key")
        assert await views.told("ana") == []


async def test_a_payment_of_ones_own_that_comes_back_is_told_by_its_own_text() -> None:
    async with viewing("ana") as views:
        await views.propose("ana", 500, payment_hash="ab" * 32)
        ana = views.backend.people["token-ana"]
        receive(views, usd(500))
        ana.transactions[-1] = msgspec.structs.replace(ana.transactions[-1], hash="ab" * 32)
        assert await views.told("ana") == []
        receive(views, usd(500))
        ana.transactions[-1] = msgspec.structs.replace(ana.transactions[-1], hash="cd" * 32)
        assert len(await views.told("ana")) == 1


async def test_what_custody_pays_is_told_by_its_own_text() -> None:
    async with viewing("ana") as views:
        intent = await views.propose("ana", 500)
        receive(views, usd(500), intent.memo)
        assert len(await views.told("ana")) == 1  # somebody's intent, but not one of custody's
        payout, statements, _ = views.parts.intents.payout("sandbox", b"custody", intent.proposal)
        await views.bot.database.commit(Batch(statements))
        receive(views, usd(501), payout.memo)
        assert len(await views.told("ana")) == 1  # another amount: whoever sent it copied the reference
        receive(views, usd(500), payout.memo)
        assert await views.told("ana") == []
        receive(views, usd(500), "#aaaaaaaaaa")
        assert len(await views.told("ana")) == 1


# --- gaps ---


async def test_a_long_gap_is_filled_back_to_what_was_known_and_told_in_portions() -> None:
    async with viewing("ana", backend=RETICENTLY) as views:
        receive(views, usd(1))
        await views.told("ana")
        for number in range(100, 100 + 45):
            views.bot.clock.move(1)
            receive(views, usd(number))
        texts = await views.told("ana")
        lines = [line for text in texts for line in text.splitlines() if line.startswith("•")]
        assert [line.split()[1] for line in lines] == [f"$1.{number:02}" for number in range(45)]
        assert len(texts) == -(-45 // AT_ONCE)


async def test_a_gap_beyond_reason_is_told_as_far_as_it_was_seen() -> None:
    async with viewing("ana") as views:
        receive(views, usd(1))
        await views.told("ana")
        for _ in range(400):
            views.bot.clock.move(1)
            receive(views, usd(2))
        texts = await views.told("ana")
        assert sum(line.startswith("•") for text in texts for line in text.splitlines()) == 320


async def test_what_is_too_old_is_told_no_more_and_what_was_told_is_forgotten_only_then() -> None:
    async with viewing("ana") as views:
        receive(views, usd(1))
        await views.told("ana")
        receive(views, usd(2))
        await later(views, OLDEST + 1000)
        receive(views, usd(3))
        (text,) = await views.told("ana")
        assert "received $0.03" in text
        await views.bot.database.commit(Batch(views.parts.notices.retention(100)))
        assert await views.bot.count("wallet_notices") == 2
        await later(views, KEPT - OLDEST)
        await views.bot.database.commit(Batch(views.parts.notices.retention(100)))
        assert await views.bot.count("wallet_notices") == 1
        assert await views.told("ana") == []


async def later(views: Views, milliseconds: int) -> None:
    """Ana goes on using her wallet."""
    for _ in range(2):
        views.bot.clock.move(milliseconds / 2000)
        await views.ask("ana", "balance")


class Disorderly(FakeBackend):
    """Its lists come in any order, with some transactions twice."""

    def __init__(self, clock: Clock, seed: int = 1) -> None:
        super().__init__(clock, msgspec.structs.replace(FRANK, pages=False))
        self.random = Random(seed)

    async def transactions(self, token: Secret, first: int, after: str | None = None) -> Page:
        page = await super().transactions(token, first, after)
        listed = [*page.transactions, *self.random.sample(page.transactions, len(page.transactions) // 2)]
        self.random.shuffle(listed)
        return Page(tuple(listed), None)


@given(
    st.lists(st.sampled_from(["receive", "send", "look", "twice", "fail", "crash", "time"]), max_size=25),
    st.integers(0, 9),
)
async def test_in_whatever_order_things_are_noticed_each_is_told_once(steps: list[str], seed: int) -> None:
    async with viewing("ana", backend=partial(Disorderly, seed=seed)) as views:
        ana = views.backend.people["token-ana"]
        expected: list[str] = []
        for step in steps:
            match step:
                case "receive":
                    expected.append(f"${len(expected) + 1}.00")
                    receive(views, usd(100 * len(expected)))
                case "send":
                    await views.backend.pay_wallet(ana.token, ana.wallet(), "usd-x", usd(1), "", "key")
                case "look":
                    await views.look("ana")
                case "twice":
                    await views.bot.database.commit(
                        Batch((*views.bot.queue.add(look("ana")), *views.bot.queue.add(look("ana"))))
                    )
                case "fail":
                    views.backend.fail_next("transactions", BackendError("down"))
                case "crash":
                    await views.bot.crash()
                case _:
                    views.bot.clock.move(1)
        for _ in range(6):
            await views.look("ana")
            views.bot.clock.move(200)
        told = [
            line.split()[1] if line.startswith("•") else line.split()[3]
            for text in views.bot.texts()
            for line in text.splitlines()
            if line.startswith(("•", "💰 *You received $"))
        ]
        assert sorted(told) == sorted(expected)


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_a_death_at_any_commit_tells_it_once(point: str) -> None:
    """But for a message that was being sent just then: it comes again, word for word."""
    for number in range(1, 12):
        async with viewing("ana") as views:
            receive(views, usd(500))
            dead = await die_at(views, number, point)
            for _ in range(3):
                await views.look("ana")
                views.bot.clock.move(40)
                await views.bot.settle()
            told = views.bot.texts()
            assert told
            assert len(set(told)) == 1
            assert len(told) == 1 or (point == "before_commit" and len(told) == 2)
            if not dead:
                assert number > 3
                return
    pytest.fail("the story has more commits than were tried")


async def die_at(views: Views, number: int, point: str) -> bool:
    """A look is asked for and carried out up to there; False when it was over before."""
    bot = views.bot
    death = Death(number, point)
    bot.database.hook = death
    with suppress(Killed):
        await bot.database.commit(Batch(bot.queue.add(look("ana"))))
        for _ in range(200):
            await asyncio.sleep(0)
            if bot._running is not None and bot._running.done():
                break
            await bot._run_job()
    bot.database.hook = None
    if death.dead:
        await bot.crash()
    return death.dead
