"""The wallet under load: everybody at once, a day of use, and what it takes in memory and at the start.

`python -m benchmarks.bench_wallet_load [--rounds N] [--only history|day|memory|imports]` prints one JSON line.

history   500 linked people ask for their history at once, and once more: seconds until the last has it, and calls of
          the backend. The service and the sandbox run in processes of their own. Beside it, in the same run, the same
          requests at once by a plain client that keeps and checks nothing. Goals: one call for each, 1 s in all.
day       people of a simulated day (`wallet_day`, seeded) over the whole wallet in memory: how many reads needed no
          call (goal 90 %), what single flight and batches saved, and how many balances were told that were not true
          (goal 0).
memory    the service at rest with the wallet off, on with nobody, and with 10,000 linked people, 200 connections open;
          then after 2,000 of them asked for their balance. Megabytes, PSS; seconds from spawning to ready.
imports   an interpreter that imports what the service imports: without the wallet's parts, with them, and with the
          BOLT11 library on top, which is imported with the first invoice. Milliseconds and megabytes.

Of every number the median, the lowest and the highest of the rounds; the day is the same whenever it is played.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import uvloop
from benchmarks.bench_memory import QUIET, idle
from benchmarks.bench_start import interpreter
from benchmarks.common import (
    Service,
    World,
    machine,
    open_service,
    open_world,
    resident,
    say,
    spread,
    tell,
    until,
)
from benchmarks.wallet import (
    Calls,
    Conversations,
    Customer,
    Plain,
    bot_of,
    calls,
    link,
    move_in,
    open_accounts,
    open_sandbox,
    quiet,
)
from benchmarks.wallet_day import played

PAGE = {"first": 8, "after": None}
ASKING = 2_000  # people who ask for their balance, of those in memory
CONNECTIONS = "whinchat_wallet_connections"
SERVICE = "import whinchat.cli.run, whinchat.infra.logging, whinchat.bootstrap, uvloop"
WALLET = f"{SERVICE}, whinchat.apps.wallet.assembly, whinchat.apps.wallet.galoy.client"
IMPORTS = {"service": SERVICE, "wallet": WALLET, "bolt11": f"{WALLET}, bolt11"}
Numbers = dict[str, float]


# --- everybody at once -------------------------------------------------------------------------------------------


async def history(folder: Path, count: int) -> Numbers:
    customers = open_accounts(folder / "bank.db", count, movements=10)
    heard = Conversations()
    async with open_world(heard.hear) as world, open_sandbox(folder / "bank.db") as sandbox:
        heard.bot = bot_of(world)
        move_in(world, customers)
        await link(folder, customers)
        async with open_service(folder, world, sandbox.service()) as service:
            await service.start()
            await until_followed(service, count)
            first = await everybody(world, service, heard, customers, "history")
            again = await everybody(world, service, heard, customers, "history")
            plain = await plainly(customers, sandbox.graphql)
            await service.stop()
    return {
        "first_s": first[0],
        "first_calls": first[1].number["transactions"],
        "again_s": again[0],
        "again_calls": again[1].total,
        "plain_s": plain,
    }


async def until_followed(service: Service, count: int) -> None:
    """The connections stand, and everybody's list was looked at once."""
    while (await service.metrics()).get(CONNECTIONS, 0) < min(200, count):
        await asyncio.sleep(0.2)
    await quiet(service, 1.0)


async def everybody(
    world: World, service: Service, heard: Conversations, customers: Sequence[Customer], text: str
) -> tuple[float, Calls]:
    """Seconds until the last has an answer, and the calls that were made."""
    before = await calls(service)
    answers = heard.answers.total() + len(customers)
    began = time.perf_counter()
    for who in customers:
        world.call("post", chat=who.chat(heard.bot), sender=who.person, text=text)
    await until(lambda: heard.answers.total() >= answers, "everybody has an answer")
    took = time.perf_counter() - began
    return took, (await calls(service)).since(before)


async def plainly(customers: Sequence[Customer], url: str) -> float:
    """Seconds for the same requests, all at once."""
    async with aiohttp.ClientSession() as http:
        plain = Plain(http, url)
        began = time.perf_counter()
        await asyncio.gather(*(plain.ask(each.token, "transactions", PAGE) for each in customers))
        return time.perf_counter() - began


# --- memory and start --------------------------------------------------------------------------------------------


async def at_rest(folder: Path, count: int) -> Numbers:
    """The service with the wallet off, with it on, and with everybody in it."""
    customers = open_accounts(folder / "bank.db", count)
    heard, found = Conversations(), {}
    async with open_world(heard.hear) as world, open_sandbox(folder / "bank.db") as sandbox:
        heard.bot = bot_of(world)
        for name, kind in (("off", Service), ("on", sandbox.service())):
            async with open_service(folder, world, kind) as service:
                await service.start()  # what is read from disk for the first time does not count
                await service.stop()
                found[f"{name}_start_s"] = await service.start()
                await asyncio.sleep(QUIET)
                found[f"{name}_pss"] = resident(service.pid).pss
                await service.stop()
        await link(folder, customers)
        asking = customers[:ASKING]
        move_in(world, asking)
        async with open_service(folder, world, sandbox.service()) as service:
            found["linked_start_s"] = await service.start()
            await until_followed(service, count)
            await asyncio.sleep(QUIET)
            found["linked_pss"] = resident(service.pid).pss
            await everybody(world, service, heard, asking, "balance")
            await asyncio.sleep(QUIET)
            found["asked_pss"] = resident(service.pid).pss
            await service.stop()
    return found


async def imports() -> Numbers:
    found = {}
    for name, code in IMPORTS.items():
        await interpreter(code)
        found[f"{name}_ms"] = await interpreter(code) * 1000
        async with idle(code) as pid:
            found[f"{name}_pss"] = resident(pid).pss
    return found


# --- rounds ------------------------------------------------------------------------------------------------------


def rounds_of(name: str, rounds: Sequence[Numbers]) -> dict[str, Any]:
    say(f"{name}: {rounds[-1]}")
    return {key: spread(each[key] for each in rounds) for key in rounds[0]}


def measured(given: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    wanted = (given.only,) if given.only else ("history", "day", "memory", "imports")
    if "history" in wanted:
        found = []
        for _ in range(given.rounds):
            with tempfile.TemporaryDirectory() as folder:
                found.append(uvloop.run(history(Path(folder), given.people)))
        yield "history", {"people": given.people, **rounds_of("history", found)}
    if "day" in wanted:
        yield "day", asyncio.run(played(given.day, seed=1))
    if "memory" in wanted:
        with tempfile.TemporaryDirectory() as folder:
            found = [uvloop.run(at_rest(Path(folder), given.linked))]
        yield "memory", {"linked": given.linked, "asking": min(ASKING, given.linked), **rounds_of("memory", found)}
    if "imports" in wanted:
        yield "imports", rounds_of("imports", [uvloop.run(imports()) for _ in range(given.rounds)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="of history and imports")
    parser.add_argument("--people", type=int, default=500, help="who ask for their history at once")
    parser.add_argument("--day", type=int, default=100, help="people of the day")
    parser.add_argument("--linked", type=int, default=10_000, help="people in memory")
    parser.add_argument("--only", choices=("history", "day", "memory", "imports"))
    given = parser.parse_args()
    about = {"benchmark": "wallet_load", "rounds": given.rounds, "machine": machine()}
    tell({**about, **dict(measured(given))})


if __name__ == "__main__":
    main()
