"""What waits for somebody, or is not known yet."""

from __future__ import annotations

import pytest
from tests.support.wallet.views import Views, viewing

from whinchat.apps.wallet.intent import Intent
from whinchat.core.ports import Batch, Statement, Value


async def become(views: Views, intent: Intent, state: str) -> None:
    sql = "UPDATE wallet_intents SET state = :state, confirmed_at = :now WHERE id = :id"
    args: dict[str, Value] = {"state": state, "now": views.bot.clock.now(), "id": intent.id}
    await views.bot.database.commit(Batch((Statement(sql, args, rows=1),)))


async def test_nothing() -> None:
    async with viewing("ana") as views:
        assert await views.ask("ana", "pending") == ["Nothing is pending."]
        assert await views.ask("ana", "pending received") == ["Nothing is pending."]


async def test_a_payment_waits_for_its_own_code_until_it_expires() -> None:
    async with viewing("ana") as views:
        intent = await views.propose("ana", 500)
        waiting = f"*From you*\n• $5.00 to @bob (Sandbox): waits for your `confirm {intent.code}`"
        (text,) = await views.ask("ana", "pending")
        assert text.replace("\uff20", "@") == waiting
        assert await views.ask("ana", "pending sent") == [text]
        assert await views.ask("ana", "pending received") == ["Nothing is pending."]
        views.bot.clock.move(600)
        assert await views.ask("ana", "pending") == ["Nothing is pending."]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("unknown", "outcome not known yet, checking (3 minutes ago)"),
        ("unresolved", "outcome still not known; the operator has been asked (3 minutes ago)"),
    ],
)
async def test_a_payment_whose_end_is_not_known(state: str, said: str) -> None:
    async with viewing("ana") as views:
        await become(views, await views.propose("ana", 500), state)
        views.bot.clock.move(180)
        (text,) = await views.ask("ana", "pending")
        assert text.endswith(f": {said}")


@pytest.mark.parametrize("state", ["paid", "failed", "cancelled"])
async def test_a_payment_that_is_over_is_not_pending(state: str) -> None:
    async with viewing("ana") as views:
        await become(views, await views.propose("ana", 500), state)
        assert await views.ask("ana", "pending") == ["Nothing is pending."]


async def test_claims_and_cancellations_go_to_whom_they_concern() -> None:
    async with viewing("ana") as views:
        assert await views.ask("ana", "pending claim abc-12345") == ["claimed"]
        assert await views.ask("ana", "pending cancel 2") == ["cancelled"]
        assert await views.ask("ana", "pending decline 1") == ["declined"]
        assert await views.ask("ana", "pending block 3") == ["declined"]
        assert views.escrows.declined == [(1, False), (3, True)]
        assert views.escrows.claimed == ["ABC12345"]
        assert views.escrows.cancelled == [2]
