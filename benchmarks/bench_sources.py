"""What external sources cost a verdict: how long asking all of them takes, with each of them slow or down.

`python -m benchmarks.bench_sources [--asks N] [--at-once N]` prints one JSON line. Three sources answer over HTTP on
loopback after 50, 200 and 2,000 ms; they stand behind everything a source stands behind in the service (real SQLite,
sealing, breaker, rate, cache), and every question is about another link. Then each is down in turn: it hangs, hangs up,
or answers 500. Milliseconds of `Panel.ask`; `slowest_useful` is the median of the slowest source that answered,
measured in the same run. Goals: p50 at most 20 ms above that, p95 at most 50 ms above the deadline. `remembered` is a
question that was answered before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiohttp import web
from tests.support.sources.double import Double, Fault, serving

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.migrations import MIGRATIONS
from whinchat.apps.scanner.sources.about import About, Lifetimes, Privacy, Sends
from whinchat.apps.scanner.sources.answers import Answer, NoAnswer, NotListed
from whinchat.apps.scanner.sources.guarded import SECONDS, Guarded, Surroundings
from whinchat.apps.scanner.sources.panel import DEADLINE, Panel, Seat
from whinchat.apps.scanner.sources.quotas import Quotas
from whinchat.apps.scanner.sources.remembered import Remembered
from whinchat.apps.scanner.sources.web import Web, decoded
from whinchat.core.ports import HttpClient, Limit
from whinchat.infra.clock import SystemClock
from whinchat.infra.crypto import keyring
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.infra.http import AiohttpClient
from whinchat.infra.rate_limit import TokenBuckets
from whinchat.infra.storage.opening import opened
from whinchat.testing.metrics import RecordedMetrics

DELAYS = {"quick": 0.05, "middling": 0.2, "slow": 2.0}  # seconds until each answers
TIMEOUT = 3.0  # seconds, as of the sources that ship
DOWN = (Fault.SLOW, Fault.DROP, Fault.SERVER_ERROR)
ABOVE_USEFUL, ABOVE_DEADLINE = 20.0, 50.0  # milliseconds, the goals


class _Nothing(msgspec.Struct):
    listed: bool


class _Provider(Double):
    async def answer(self, request: web.Request) -> web.Response:
        return web.json_response({"listed": False})


class _Source:
    """As thin as a source can be: what is measured is what stands around it."""

    def __init__(self, http: HttpClient, name: str, url: str) -> None:
        limit, lifetimes = Limit(rate=10_000, burst=10_000), Lifetimes(listed=600, clear=600)
        self.about = About(name, name, Sends.URL, limit, timeout=TIMEOUT, lifetimes=lifetimes)
        self._web = Web(http, self.about.timeout)
        self._url = url

    async def ask(self, link: Link) -> Answer:
        reply = await self._web.post_form(self._url, {}, {"url": link.key})
        found = reply if isinstance(reply, NoAnswer) else decoded(reply, _Nothing)
        return found if isinstance(found, NoAnswer) else NotListed()


@dataclass(frozen=True, slots=True)
class _Stage:
    panel: Panel
    metrics: RecordedMetrics


@asynccontextmanager
async def _stage(folder: Path, faults: Mapping[str, Fault]) -> AsyncIterator[_Stage]:
    clock, chance, metrics = SystemClock(), random.SystemRandom(), RecordedMetrics()
    sealer = AesSealer(keyring.open_keys(folder / "key", folder / "data", now=clock.now(), sealed=False))
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(opened(folder / "bench.db", MIGRATIONS, clock))
        around = Surroundings(
            Remembered(database, sealer, clock, chance),
            Quotas(database, clock),
            TokenBuckets(clock),
            clock,
            chance,
            metrics,
        )
        http = AiohttpClient("whinchat/bench")
        stack.push_async_callback(http.close)
        seats = []
        for name, delay in DELAYS.items():
            provider = await stack.enter_async_context(serving(_Provider(delay=delay, fault=faults.get(name))))
            source = _Source(http, name, provider.url)
            seats.append(Seat(source.about, Guarded(source, around)))
        panel = Panel(seats, around)
        yield _Stage(panel, metrics)
        panel.close()


async def _ask(panel: Panel, link: Link) -> float:
    start = time.perf_counter()
    await panel.ask(link, Privacy.FULL)
    return (time.perf_counter() - start) * 1000


def _links(number: int) -> list[Link]:
    found = [parse_link(f"https://shop-{each}.example/") for each in range(number)]
    return [link for link in found if link is not None]


async def _measure(faults: Mapping[str, Fault], asks: int, at_once: int) -> dict[str, object]:
    links = _links(asks)
    with tempfile.TemporaryDirectory() as folder:
        async with _stage(Path(folder), faults) as stage:
            times: list[float] = []
            for first in range(0, asks, at_once):
                times += await asyncio.gather(*(_ask(stage.panel, each) for each in links[first : first + at_once]))
            again = [await _ask(stage.panel, link) for link in links] if not faults else []
            useful = [statistics.median(stage.metrics.observed(SECONDS, source=n)) for n in DELAYS if n not in faults]
    result = {**_shown(times), "slowest_useful": round(max(useful) * 1000, 1)}
    result["reached"] = result["p50"] <= result["slowest_useful"] + ABOVE_USEFUL and (
        result["p95"] <= DEADLINE * 1000 + ABOVE_DEADLINE
    )
    return result | ({"remembered": _shown(again)} if again else {})


def _shown(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"p50": round(statistics.median(ordered), 1), "p95": round(p95, 1), "longest": round(ordered[-1], 1)}


async def _run(asks: int, at_once: int) -> dict[str, object]:
    plans: dict[str, dict[str, Fault]] = {"all_up": {}}
    plans |= {f"{name}_{fault.value}": {name: fault} for name in DELAYS for fault in DOWN}
    results: dict[str, object] = {}
    for title, faults in plans.items():
        sys.stderr.write(f"{title} …\n")
        results[title] = await _measure(faults, asks, at_once)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--asks", type=int, default=100, help="links for each scenario")
    parser.add_argument("--at-once", type=int, default=10, help="links that are asked about at the same time")
    given = parser.parse_args()
    results = asyncio.run(_run(given.asks, given.at_once))
    line = {"benchmark": "sources", "unit": "ms", "deadline": DEADLINE * 1000, "asks": given.asks}
    sys.stdout.write(json.dumps({**line, "at_once": given.at_once, "scenarios": results}) + "\n")


if __name__ == "__main__":
    main()
