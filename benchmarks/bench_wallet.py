"""The wallet's own time: from a message to its answer, with a backend that takes 0, 50 and 200 ms for every call.

`python -m benchmarks.bench_wallet [--rounds N] [--people N] [--delays MS …]` prints one JSON line, in milliseconds. The
whole service runs in a process of its own with its real database and sealing, the sandbox in another; the world is in
this one. One person after the other says, once the service is quiet:

balance      the first after money moved: the account is read
send         `send 0.01 to @somebody`, until the confirmation is shown: the payee is read, whatever is kept
yes          with its code, until "Paid" is read: the payment
send_cold    another `send` right after that movement: the balances are read with the payee
*_again      balance, history and price once more: `most_calls` has to be 0
history      the first page

`took` is from post to answer, in the world's own process; `own` is that less the time of the backend's calls, as the
service measures it (of `yes`: of the payment alone, for looks at the lists follow); calls are the backend's. `plain` is
the same requests one after the other by a client that keeps, checks and seals nothing, in the same run. Of every number
the median, the lowest and the highest of the rounds. Goals at 50 ms: balance 60, send 110, yes 70; own p50 5.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import uvloop
from benchmarks.common import Service, World, machine, open_service, open_world, percentile, say, spread, tell
from benchmarks.wallet import (
    Conversations,
    Customer,
    Plain,
    Sandbox,
    bot_of,
    calls,
    link,
    move_in,
    open_accounts,
    open_sandbox,
    quiet,
)

DELAYS = (0, 50, 200)  # milliseconds
PAYMENT = "intraLedgerUsdPaymentSend"
CODE = re.compile(r"\byes ([A-Z0-9]{4,})\b")
Found = dict[str, dict[str, list[float]]]
"""By command: `took`, `own`, `calls`."""


class Stopwatch:
    """Says things for people, and notes what they take."""

    def __init__(self, world: World, service: Service, heard: Conversations) -> None:
        self.found: Found = defaultdict(lambda: defaultdict(list))
        self._world = world
        self._service = service
        self._heard = heard

    async def say(self, command: str, who: Customer, text: str, answer: str, only: str = "") -> str:
        """`only`: the operation that the answer waits for; by default all that are called."""
        before = await calls(self._service)
        told, seconds = await self._heard.say(self._world, who, text, answer)
        made = (await calls(self._service)).since(before)
        # What is asked for together is waited for together.
        waited = made.seconds[only] if only else max(made.seconds.values(), default=0.0)
        self._note(command, seconds, seconds - waited, made.number[only] if only else made.total)
        return told

    def _note(self, command: str, took: float, own: float, number: int) -> None:
        found = self.found[command]
        found["took"].append(took * 1000)
        found["own"].append(own * 1000)
        found["calls"].append(number)


async def day(watch: Stopwatch, service: Service, who: Customer, other: Customer, pause: float) -> None:
    """What one person says. `pause`: seconds without a call after which it is quiet."""
    await watch.say("balance", who, "balance", "Balance")
    await watch.say("history", who, "history", "")
    for text in ("balance", "history", "price"):
        await watch.say(f"{text}_again", who, text, "")
    shown = await watch.say("send", who, f"send 0.01 to @{other.name}", CODE.pattern)
    await watch.say("yes", who, f"yes {_code(shown)}", "Paid", PAYMENT)
    await quiet(service, pause)
    await watch.say("send_cold", who, f"send 0.01 to @{other.name}", CODE.pattern)
    await watch.say("cancel", who, "no", "")
    await quiet(service, pause)


def _code(shown: str) -> str:
    found = CODE.search(shown)
    assert found is not None, shown
    return found[1]


async def plainly(plain: Plain, who: Customer, other: Customer, target: str, found: Found) -> None:
    """The same requests by the plain client."""
    payee = ("accountDefaultWallet", {"username": other.name, "walletCurrency": "USD"})
    given = {"walletId": who.dollars, "recipientWalletId": target, "amount": 1, "memo": "plain"}
    requests: dict[str, Sequence[tuple[str, dict[str, Any]]]] = {
        "balance": [("me", {})],
        "history": [("transactions", {"first": 8, "after": None})],
        "send": [payee],
        "yes": [(PAYMENT, {"input": given})],
        "send_cold": [("me", {}), payee],
    }
    for command, parts in requests.items():
        began = time.perf_counter()
        for part in parts:
            await plain.ask(who.token, *part)
        found[command]["plain"].append((time.perf_counter() - began) * 1000)


async def at_delay(watch: Stopwatch, sandbox: Sandbox, service: Service, people: Sequence[Customer], ms: int) -> None:
    """All of them, at so many milliseconds a call."""
    await sandbox.slow_down(ms / 1000)
    rich, *others = people
    pause = 0.2 + 2 * ms / 1000
    await watch.say("price", rich, "price", "")
    await quiet(service, pause)
    async with aiohttp.ClientSession() as http:
        plain = Plain(http, sandbox.graphql)
        for who in others:
            await day(watch, service, who, rich, pause)
            await plainly(plain, who, rich, rich.dollars, watch.found)


async def measure(folder: Path, count: int, delays: Sequence[int]) -> dict[int, Found]:
    """By delay; the service and the sandbox are new, the people too."""
    customers = open_accounts(folder / "bank.db", count * len(delays), movements=12)
    heard = Conversations()
    async with open_world(heard.hear) as world, open_sandbox(folder / "bank.db") as sandbox:
        heard.bot = bot_of(world)
        move_in(world, customers)
        await link(folder, customers)
        async with open_service(folder, world, sandbox.service()) as service:
            await service.start()
            found = {}
            for number, ms in enumerate(delays):
                watch = Stopwatch(world, service, heard)
                await quiet(service)
                await at_delay(watch, sandbox, service, customers[number * count : (number + 1) * count], ms)
                found[ms] = watch.found
            await sandbox.slow_down(0)
            await service.stop()
    return found


def summary(rounds: Sequence[Found]) -> dict[str, dict[str, Any]]:
    """By command: p50 and p95 of what it took, the median of the rounds with the lowest and highest."""
    table: dict[str, dict[str, Any]] = {}
    for command in rounds[0]:
        table[command] = line = {}
        for part, parts in (("took", (0.5, 0.95)), ("own", (0.5, 0.95)), ("plain", (0.5, 0.95)), ("calls", (1.0,))):
            for at in parts:
                values = [percentile(sorted(each[command][part]), at) for each in rounds if each[command].get(part)]
                if values:
                    line["most_calls" if part == "calls" else f"{part}_p{at * 100:.0f}"] = spread(values, 1)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--people", type=int, default=21, help="for each delay and round; one is only paid")
    parser.add_argument("--delays", type=int, nargs="+", default=DELAYS, metavar="MS", help="of a backend call")
    given = parser.parse_args()
    before, rounds = machine(), []
    for number in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(uvloop.run(measure(Path(folder), given.people, given.delays)))
        say(f"round {number + 1}/{given.rounds}")
    tables = {f"{ms}_ms": summary([each[ms] for each in rounds]) for ms in given.delays}
    tell({"benchmark": "wallet", "rounds": given.rounds, "people": given.people - 1, "machine": before, **tables})


if __name__ == "__main__":
    main()
