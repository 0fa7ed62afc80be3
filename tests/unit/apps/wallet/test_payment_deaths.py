"""Payments of a process that dies: at every commit, and between every two steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support.deaths import Death, Killed
from tests.support.wallet.backend import FakeBackend
from tests.support.wallet.paying import Desk, paying

from whinchat.apps.wallet.backend import Unknown
from whinchat.apps.wallet.reconcile import SWEEP

MOST_COMMITS = 40

STORIES: dict[str, Callable[[FakeBackend], None]] = {
    "paid": lambda backend: None,
    "paid, and nobody says so": lambda backend: backend.script(Unknown("timeout"), debits=True),
}


async def recover(desk: Desk) -> None:
    """The process starts again, and half an hour goes by."""
    await desk.bot.transport.offer()
    await desk.bot.settle()
    for seconds in (31, 60, 120, 120):
        desk.bot.clock.move(seconds)
        await desk.bot.run_job(SWEEP)


async def check(desk: Desk) -> None:
    """What is said is what happened, once."""
    (state,) = await desk.states()
    debits, receipts = len(desk.account("ana").debits()), len(desk.receipts())
    assert len(desk.backend.payments) <= 1
    if debits:
        assert (state, debits, receipts) == ("paid", 1, 1)
    else:
        assert state in {"shown", "expired", "cancelled", "failed", "unknown"}
        assert receipts == 0
    if state == "unknown":
        assert len(desk.backend.payments) == 1 or (await desk.intent()).error == "interrupted"


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_a_death_at_any_commit_pays_at_most_once_and_tells_the_truth(story: str, point: str) -> None:
    """From the yes to the receipt."""
    for number in range(1, MOST_COMMITS):
        async with paying("ana", "bob") as desk:
            await desk.draft("ana", 500, "bob")
            STORIES[story](desk.backend)
            death = Death(number, point)
            died = await desk.die("ana", "yes", death)
            await recover(desk)
            await check(desk)
            if not (died and death.dead):
                assert number > 7
                return
    pytest.fail("the story has more commits than were tried")


@pytest.mark.parametrize("debits", [True, False])
async def test_a_death_between_the_backend_and_the_commit_is_found_out_and_nothing_is_sent_again(debits: bool) -> None:
    async with paying("ana", "bob") as desk:
        await desk.draft("ana", 500, "bob")
        desk.backend.script(raises=Killed(), debits=debits)
        assert await desk.die("ana", "yes")
        assert await desk.states() == ["submitting"]
        await recover(desk)
        await check(desk)
        assert await desk.states() == ["paid" if debits else "unknown"]
        assert len(desk.backend.payments) == 1


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_a_death_while_a_payment_is_looked_for_changes_nothing_about_its_end(point: str) -> None:
    for number in range(1, MOST_COMMITS):
        async with paying("ana", "bob") as desk:
            await desk.draft("ana", 500, "bob")
            desk.backend.script(Unknown("timeout"), debits=True)
            await desk.say("ana", "yes")
            desk.bot.clock.move(3)
            death = Death(number, point)
            await desk.die("ana", "nonsense", death)
            await recover(desk)
            await check(desk)
            assert await desk.states() == ["paid"]
            if not death.dead:
                return
    pytest.fail("the story has more commits than were tried")


async def test_a_draft_whose_process_dies_is_shown_and_paid_once() -> None:
    for number in range(1, MOST_COMMITS):
        async with paying("ana", "bob") as desk:
            death = Death(number, "after_commit")
            died = await desk.die("ana", "draft 500 bob", death)
            await desk.bot.transport.offer()
            await desk.later(1)
            (state,) = await desk.states()
            assert state in {"drafted", "shown"}
            await desk.say("ana", f"yes {(await desk.intent()).code}")
            await check(desk)
            assert await desk.states() == ["paid"]
            if not died:
                return
    pytest.fail("the story has more commits than were tried")
