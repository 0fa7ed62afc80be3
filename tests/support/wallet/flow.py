"""Lets a whole bot work as it does in service: jobs side by side, and time passes while somebody waits for it."""

from __future__ import annotations

import asyncio

from tests.support.deaths import Killed

from whinchat.core.ports import Claim
from whinchat.testing.harness import BotHarness

TURNS = 90  # of the event loop without anything new, before time moves on
MOVE = 5.0  # seconds
MOST_MOVES = 200


async def flow(bot: BotHarness) -> None:
    """Until nothing is handled, sent or due any more. Raises Killed when the process died, TimeoutError."""
    kinds = dict.fromkeys(bot._jobs, 2)
    running: dict[asyncio.Task[None], Claim] = {}
    quiet = turns = moves = 0
    try:
        while quiet < 6:
            await asyncio.sleep(0)
            turns += 1
            if bot._running is not None and bot._running.done():
                raise Killed
            if turns % 3 == 0 and (claims := await bot.queue.claim_many(kinds, 4)):
                running |= {asyncio.ensure_future(bot._run_claimed(claim)): claim for claim in claims}
                turns = 0
            for task in [each for each in running if each.done()]:
                del running[task]
                task.result()
                turns = 0
            busy = running or bot.engine.dispatcher.pending or not bot.engine.sender.idle
            quiet = 0 if busy else quiet + 1
            if busy and turns > TURNS:
                turns, moves = 0, moves + 1
                bot.clock.move(MOVE)
                for claim in running.values():
                    await bot.queue.extend(claim)
                if moves > MOST_MOVES:
                    raise TimeoutError("the bot does not get quiet")
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
