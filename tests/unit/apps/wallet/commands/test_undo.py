"""Undo, which never claims more than it does."""

from __future__ import annotations

from tests.support.wallet.paying import paying

from whinchat.apps.wallet.backend import Failed, Unknown


async def test_without_a_payment_of_the_last_day_there_is_nothing_to_undo() -> None:
    async with paying("ana", "bob") as desk:
        assert await desk.say("ana", "undo") == ["There is no payment of the last day to undo."]
        await desk.draft("ana", 500, "bob")
        desk.backend.script(Failed("refused"))
        await desk.say("ana", "yes")
        assert await desk.say("ana", "undo") == ["There is no payment of the last day to undo."]


async def test_what_was_not_confirmed_is_stopped() -> None:
    async with paying("ana", "bob") as desk:
        await desk.draft("ana", 500, "bob")
        assert await desk.say("ana", "undo") == ["Stopped: $5.00 to @bob. Nothing was paid."]
        assert await desk.states() == ["cancelled"]


async def test_what_is_not_known_is_not_undone() -> None:
    async with paying("ana", "bob") as desk:
        desk.backend.script(Unknown("timeout"))
        await desk.draft("ana", 500, "bob")
        await desk.say("ana", "yes")
        assert (await desk.say("ana", "undo"))[0].startswith("It is not known yet whether your $5.00 reached @bob.")


async def test_what_was_paid_inside_is_asked_back_once() -> None:
    async with paying("ana", "bob") as desk:
        await desk.draft("ana", 500, "bob")
        await desk.say("ana", "yes")
        (told,) = await desk.say("ana", "undo")
        assert told.startswith("$5.00 to @bob was paid and cannot be taken back. I have asked the receiver")
        (again,) = await desk.say("ana", "undo")
        assert again == "The receiver was asked to return $5.00 already. I ask only once."
        assert desk.returns.asked == [(await desk.intent()).id]


async def test_what_left_over_lightning_or_to_whom_nobody_can_ask_is_final() -> None:
    async with paying("ana", "bob") as desk:
        await desk.draft("ana", 500, "lncoffee")
        await desk.say("ana", "yes")
        assert await desk.say("ana", "undo") == ["$5.00 to an invoice was paid and cannot be taken back."]
        desk.returns.reaches = False
        desk.bot.clock.move(1)
        await desk.draft("ana", 500, "bob")
        await desk.say("ana", "yes")
        assert await desk.say("ana", "undo") == ["$5.00 to @bob was paid and cannot be taken back."]
        assert desk.returns.asked == []
