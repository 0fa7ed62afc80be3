"""One numbered list of what somebody began for others."""

from __future__ import annotations

from tests.support.wallet.holding import holding


async def test_requests_and_held_money_stand_in_one_list_oldest_first() -> None:
    async with holding("ana", "bob") as it:
        await it.say("ana", "request 7 from @bob")
        await it.send(500)
        await it.say("ana", "request 8 from @bob")
        lines = (await it.say("ana", "pending sent")).splitlines()
        assert lines[0] == "*From you*"
        assert lines[1].startswith("1. $7.00 asked of @bob, Sandbox user, until ")
        assert lines[2].startswith("2. $5.00 held for +1555…03 until ")
        assert lines[3].startswith("3. $8.00 asked of @bob")
        await it.say("ana", "pending cancel 2")
        assert await it.states() == ["done"]
        await it.say("ana", "pending cancel 2")
        assert await it.requests() == ["open", "withdrawn"]


async def test_a_number_that_is_not_in_the_list_cancels_nothing() -> None:
    async with holding("ana", "bob") as it:
        assert "has the number 1" in await it.say("ana", "pending cancel 1")
        await it.send(500)
        assert "has the number 2" in await it.say("ana", "pending cancel 2")
        assert "has the number 1" in await it.say("bob", "pending cancel 1")
        assert await it.states() == ["open"]
