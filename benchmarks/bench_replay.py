"""Real messages and links through the whole service, and proof that nothing was lost or doubled.

`python -m benchmarks.bench_replay [--links N | --all] [--show WHAT]` prints one JSON line. Every recorded message, and
links as messages of one link each, are posted in 200 protected groups of a world in this process, as fast as the
service in another process takes them; one source after the other. In `rows`, for each source and label:

  messages, with_links, links          what was posted, what had a link, and the distinct links of each message
  malicious … benign                   links by the level that the service remembers of them
  warned                               messages that were answered with a warning
  judge_us                             mean time of a verdict, by the service's own metrics
  per_second, cpu_us                   messages a second; processor time of the service a message

The same links are judged directly in this process, and both have to agree on the verdict of each link for itself; what
stands around it in the message, and what the groups have seen, comes on top (`malicious` … `benign` have it). Each
message is handled once, each link of it is remembered once, each message with a link that was thought dangerous there
got one warning, no other message got any, and nothing was sent twice. The benchmark ends with an error if any of this
is not so.

Data is read from ../shared/data; without it there is nothing to replay, and the line says `skipped`. The shipped lists
are newer than these links: this is no measure of how well links are judged.
"""

from __future__ import annotations

import argparse
import gzip
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from benchmarks.common import Service, World, machine, open_service, open_world, say, tell

from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.links.collect import Text
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.moderation import DANGEROUS
from whinchat.apps.scanner.repository import KEPT
from whinchat.apps.scanner.service import links_in
from whinchat.apps.scanner.verdict import Level
from whinchat.core.formatting.defang import defang_host
from whinchat.core.types import Content
from whinchat.infra.clock import SystemClock
from whinchat.transports.simulator.player import LocalApi, Place, Player, read_records
from whinchat.transports.simulator.transcript import Entry, EntryKind

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
MESSAGES = (DATA / "messages" / "messages.tsv.gz", DATA / "messages" / "smishtank_validation.tsv.gz")
LINKS = DATA / "links" / "validation.tsv.gz"
SEED = 1
GROUPS = 200

Source = tuple[str, str]
"""Name and label."""


# --- what is played ----------------------------------------------------------------------------------------------


def recorded() -> dict[Source, list[str]]:
    """Texts of messages by where they come from."""
    found: dict[Source, list[str]] = defaultdict(list)
    for path in MESSAGES:
        for record in read_records(path):
            found[record.source, record.label].append(record.content.text)
    return found


def links(most: int | None) -> dict[Source, list[str]]:
    """Links as texts, by where they come from; a seeded sample of `most`, or all."""
    with gzip.open(LINKS, "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        rows = [line.split("\t")[1:4] for line in file]
    if most is not None and most < len(rows):
        rows = random.Random(SEED).sample(rows, most)
    found: dict[Source, list[str]] = defaultdict(list)
    for label, url, source in rows:
        found[source, "phishing" if label == "1" else "harmless"].append(f"http://{url}")
    return found


# --- what has to come of it --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Expected:
    """By judging directly. `dangerous`: by number of the message, links that are so whatever stands around them."""

    with_links: int = 0
    links: int = 0
    dangerous: dict[int, list[Link]] = field(default_factory=dict)


class Direct:
    """Judges without the service; a link that was seen keeps its level."""

    def __init__(self, folder: Path) -> None:
        self._judge = Judge(SnapshotLists.open(folder, SystemClock()))
        self._now = SystemClock().now()
        self._known: dict[str, Level] = {}

    def expect(self, texts: Sequence[str]) -> Expected:
        expected = Expected()
        for number, text in enumerate(texts):
            found = [link for link, _ in links_in([Text("body", text)])]
            assert len(found) <= KEPT, "more links than the service remembers of one message"
            levels = [self._level(link) for link in found]
            expected.with_links += bool(found)
            expected.links += len(found)
            if bad := [link for link, level in zip(found, levels, strict=True) if level in DANGEROUS]:
                expected.dangerous[number] = bad
        return expected

    @property
    def levels(self) -> Counter[str]:
        """Of all links so far, each once."""
        return Counter(level.value for level in self._known.values())

    def _level(self, link: Link) -> Level:
        if link.key not in self._known:
            self._known[link.key] = self._judge.judge(link, self._now).level
        return self._known[link.key]


# --- playing -----------------------------------------------------------------------------------------------------


class Witness:
    """Hears the world: which messages were warned of, and how often each reference arrived.

    A warning is a text and a reaction; of a link that the group has heard of it may be the reaction alone.
    """

    def __init__(self) -> None:
        self.references: Counter[str] = Counter()
        self.reactions: Counter[str] = Counter()

    def hear(self, entry: Entry | None) -> None:
        if entry is not None and entry.kind is EntryKind.SEND and entry.arrived:
            self.references[entry.reference] += 1
            if entry.action == "react":
                self.reactions[entry.message] += 1


@dataclass(frozen=True, slots=True)
class Totals:
    """What the service has in its database, and its metrics."""

    events: dict[str, int]
    sightings: int
    levels: Counter[str]
    """Of what was said of links in messages."""
    verdicts: dict[str, int]
    """Of links for themselves."""
    dangerous: int
    """Messages with a link that was thought dangerous there."""
    judged: float
    judge_seconds: float
    cpu: float

    @staticmethod
    async def of(service: Service) -> Totals:
        levels = Counter(dict(service.query("SELECT shown, count(*) FROM scanner_sightings GROUP BY shown")))
        ((different,),) = service.query("SELECT count(*) FROM (SELECT DISTINCT message, url FROM scanner_sightings)")
        ((dangerous,),) = service.query(
            "SELECT count(DISTINCT message) FROM scanner_sightings WHERE shown IN ('malicious', 'suspicious')"
        )
        metrics = await service.metrics()
        return Totals(
            dict(service.query("SELECT state, count(*) FROM events GROUP BY state")),
            different,
            levels,
            dict(service.query("SELECT level, count(*) FROM scanner_verdicts GROUP BY level")),
            dangerous,
            metrics.get("whinchat_judge_seconds_count", 0.0),
            metrics.get("whinchat_judge_seconds_sum", 0.0),
            service.cpu_seconds(),
        )


class Replay:
    def __init__(self, world: World, service: Service, witness: Witness, direct: Direct) -> None:
        self._world = world
        self._service = service
        self._witness = witness
        self._direct = direct
        self._places: list[Place] = []

    async def prepare(self) -> None:
        player = self._player(0)
        self._places = await player.settle(GROUPS, GROUPS, opening="!scan consent")
        await player.finish()
        await self._service.settled()

    async def play(self, number: int, source: Source, texts: Sequence[str]) -> dict[str, Any]:
        """One source; ends the benchmark when anything is not as it has to be."""
        expected = self._direct.expect(texts)
        before, player = await Totals.of(self._service), self._player(number)
        self._witness.reactions.clear()
        began = time.perf_counter()
        await player.play((Content(text=text) for text in texts), self._places)
        await player.finish()
        await self._service.settled()
        took = time.perf_counter() - began
        after = await Totals.of(self._service)
        levels = after.levels - before.levels
        check(self._service, self._witness)
        require(after.events, {"done": before.events["done"] + len(texts)}, "events by state")
        require(after.sightings - before.sightings, expected.links, "links remembered")
        require(after.verdicts, dict(self._direct.levels), "verdicts of links by level")
        warned = self._witness.reactions
        require(len(warned), after.dangerous - before.dangerous, "messages that were warned of")
        require(max(warned.values(), default=1), 1, "most warnings of one message")
        judged = after.judged - before.judged
        return {
            "source": source[0],
            "label": source[1],
            "messages": len(texts),
            "with_links": expected.with_links,
            "links": expected.links,
            **{level.value: levels[level.value] for level in Level},
            "warned": len(warned),
            "judge_us": round(1e6 * (after.judge_seconds - before.judge_seconds) / judged) if judged else None,
            "per_second": round(len(texts) / took),
            "cpu_us": round(1e6 * (after.cpu - before.cpu) / len(texts)),
        }

    def show(self, texts: Sequence[str]) -> Iterator[str]:
        """The hosts that are warned of, written so that nobody can tap them, and how many messages had each."""
        hosts: Counter[str] = Counter()
        for bad in self._direct.expect(texts).dangerous.values():
            hosts.update({defang_host(link.host) for link in bad})
        return (f"  {count:5} {host}" for host, count in hosts.most_common())

    def _player(self, number: int) -> Player:
        return Player(LocalApi(self._world.host), SystemClock(), random.Random(SEED + number))


def check(service: Service, witness: Witness) -> None:
    """Nothing was sent twice, and everything that was to be sent was."""
    require(max(witness.references.values()), 1, "most arrivals of one message")
    fates = dict(service.query("SELECT state, count(*) FROM outbox GROUP BY state"))
    require(fates, {"sent": witness.references.total()}, "messages to be sent, by state")
    ((dead,),) = service.query("SELECT count(*) FROM jobs WHERE state = 'dead'")
    require(dead, 0, "jobs that were given up")


def require(found: object, wanted: object, what: str) -> None:
    if found == wanted:
        return
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        found, wanted = dict(found.items() - wanted.items()), dict(wanted.items() - found.items())
    raise SystemExit(f"{what}: {str(found)[:500]} instead of {str(wanted)[:500]}")


async def replay(folder: Path, sources: Mapping[Source, Sequence[str]], shown: str | None) -> list[dict[str, Any]]:
    witness, rows = Witness(), []
    async with open_world(witness.hear) as world, open_service(folder, world) as service:
        await service.start()
        run = Replay(world, service, witness, Direct(folder / "lists"))
        await run.prepare()
        for number, (source, texts) in enumerate(sorted(sources.items()), start=1):
            rows.append(await run.play(number, source, texts))
            say(", ".join(f"{name} {value}" for name, value in rows[-1].items()))
            if shown in source:
                say("\n".join(run.show(texts)))
        await service.stop()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", type=int, default=20_000, help="how many links; a seeded sample")
    parser.add_argument("--all", action="store_true", help="all links (84,308)")
    parser.add_argument("--show", metavar="WHAT", help="a label or source of which every host warned of is listed")
    given = parser.parse_args()
    if missing := [path.name for path in (*MESSAGES, LINKS) if not path.exists()]:
        say(f"nothing to replay: {', '.join(missing)} is not in ../{DATA.relative_to(DATA.parents[1])}")
        tell({"benchmark": "replay", "skipped": "no data"})
        return
    before, began = machine(), time.perf_counter()
    sources = {**recorded(), **links(None if given.all else given.links)}
    with tempfile.TemporaryDirectory() as folder:
        rows = uvloop.run(replay(Path(folder), sources, given.show))
    sums = {name: sum(row[name] for row in rows) for name in ("messages", "links", "warned")}
    tell(
        {"benchmark": "replay", "machine": before, "seconds": round(time.perf_counter() - began), **sums, "rows": rows}
    )


if __name__ == "__main__":
    main()
