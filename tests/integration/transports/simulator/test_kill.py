"""The world in a process of its own, and a service that is killed with -9: what it had not taken comes again."""

from __future__ import annotations

import asyncio
import signal
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
from tests.support.processes import process, world

from whinchat.core.types import Content
from whinchat.infra.clock import SystemClock
from whinchat.transports.simulator.player import HttpApi, Player

SERVICE = str(Path(__file__).parents[3] / "support" / "mortal_service.py")
MESSAGES = 300


def notes(path: Path) -> dict[str, list[int]]:
    """What was taken, by chat."""
    taken: dict[str, list[int]] = defaultdict(list)
    for line in path.read_text().splitlines() if path.exists() else ():
        chat, number, _ = line.split()
        taken[chat].append(int(number))
    return taken


async def lines_in(path: Path, count: int) -> None:
    async with asyncio.timeout(20):
        while not path.exists() or path.read_text().count("\n") < count:
            await asyncio.sleep(0.01)


async def test_a_killed_service_loses_nothing_and_order_holds_in_each_chat(tmp_path: Path) -> None:
    path = tmp_path / "taken"
    async with world("--seed", "1") as found, aiohttp.ClientSession() as http:
        api = HttpApi(http, found["address"], found["token"])
        player = Player(api, SystemClock(), Random(1))
        places = await player.settle(4, 8)
        await player.play((Content(text=str(n)) for n in range(MESSAGES)), places)
        for limit in (50, 100, 20):
            async with process(SERVICE, found["address"], found["token"], str(path), str(limit)) as service:
                await lines_in(path, sum(map(len, notes(path).values())) + limit)
                service.send_signal(signal.SIGKILL)
                await service.wait()
        async with process(SERVICE, found["address"], found["token"], str(path), "100000"):
            async with asyncio.timeout(20):
                await player.finish()
        counts = await transcript_counts(http, found)

    taken = notes(path)
    assert len(taken) == 4
    assert sorted({number for numbers in taken.values() for number in numbers}) == list(range(MESSAGES))
    for numbers in taken.values():
        first_taken = list(dict.fromkeys(numbers))
        assert first_taken == sorted(first_taken)
    assert counts["handed_over"] > counts["acknowledged"] == MESSAGES + 4  # and its being added to four groups


async def transcript_counts(http: aiohttp.ClientSession, found: dict[str, str]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {found['token']}"}
    async with http.get(f"{found['address']}/api/transcript?limit=1", headers=headers) as response:
        counts: dict[str, Any] = (await response.json())["counts"]
        return counts
