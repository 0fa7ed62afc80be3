"""Payments into and out of custody that belong to nothing that is known."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.support.wallet.holding import Holding, holding

from whinchat.apps.wallet import held
from whinchat.apps.wallet.holds import put_on
from whinchat.core.dispatch.handler import NOTHING
from whinchat.core.ports import Batch

DAY = 24 * 3600
WRONG = "AAAAAAAAAAAA"


async def expire(it: Holding) -> str:
    """What is said when somebody looks for what nobody claimed."""
    before = len(it.bot.sent())
    await it.bot.run_job(held.EXPIRE)
    return "\n".join(it.told(before))


async def hold(it: Holding, name: str) -> None:
    await it.bot.database.commit(Batch((put_on(name, it.bot.clock.now()),)))


# --- ends that are nobody's ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["escrow", "claim", "refund"])
async def test_a_payment_of_nothing_that_is_known_changes_nothing(purpose: str) -> None:
    async with holding("ana") as it:
        await it.send()
        hooks = {each.purpose: each for each in it.parts.settling._hooks.values()}
        ((intent_id,),) = await it.rows("SELECT id FROM wallet_intents")
        intent = await it.parts.intents.get(str(intent_id))
        assert intent is not None
        for stray in (replace(intent, subject=None), replace(intent, subject="gone"), replace(intent, id="other")):
            if purpose == "escrow" and stray.subject == intent.subject:
                continue
            for end in ("paid", "failed", "unknown"):
                assert await getattr(hooks[purpose], end)(stray) == NOTHING
