"""What is tidied, and what the operator is told."""

from __future__ import annotations

from tests.support.wallet.paying import paying
from tests.support.wallet.whole import whole

from whinchat.apps.wallet.backend import Unknown
from whinchat.apps.wallet.jobs import SCHEDULE, Unresolved

DAY = 24 * 3600


async def test_a_request_that_waited_too_long_ends() -> None:
    async with whole("ana", "bob") as it:
        await it.say("bob", "request 5 from @ana")
        await it.bot.run_job(SCHEDULE.job)
        assert await it.bot.count("wallet_requests", "state = 'open'") == 1
        it.bot.clock.move(31 * DAY)
        await it.bot.run_job(SCHEDULE.job)
        assert await it.bot.count("wallet_requests", "state = 'expired'") == 1


async def test_payments_that_nobody_could_find_out_about_are_the_operators() -> None:
    async with paying("ana", "bob") as desk:
        health = Unresolved(desk.parts.intents)
        assert (await health.check()).ok
        desk.backend.script(Unknown("timeout"), debits=False)
        await desk.draft("ana", 500, "bob")
        await desk.say("ana", "yes")
        await desk.wait(25 * 3600, 900)
        found = await health.check()
        assert not found.ok
        assert "of 1 payment" in found.detail
        assert "whinchat wallet unresolved" in found.hint
