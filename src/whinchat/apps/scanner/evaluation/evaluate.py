"""An evaluation from beginning to end: rows are judged one by one, then everything is counted."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice

from whinchat.apps.scanner.evaluation.bootstrap import Bootstrap
from whinchat.apps.scanner.evaluation.calibration import PRIORS
from whinchat.apps.scanner.evaluation.judging import Bench, DatedLists, FeedUse, links_of
from whinchat.apps.scanner.evaluation.rows import Label, Row
from whinchat.apps.scanner.evaluation.sample import Sample
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.scoring import Part

_PEEKED = 100  # rows that show what a file has


@dataclass(frozen=True, slots=True)
class Options:
    feeds: FeedUse = FeedUse.NONE
    without: frozenset[Part] = frozenset()
    ablations: bool = False
    per_site: int | None = None
    """Rows of one site and label that are judged, the first ones."""
    sample: int | None = None
    """Rows that are judged, chosen at random."""
    unseen: str = ""
    """Name of the file whose sites are left out."""
    mine: bool = False
    """The rows are links that admins labelled."""
    group_by: str = ""
    """Name of the column for a table of its own."""
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    priors: Sequence[float] = PRIORS


@dataclass(slots=True)
class Evaluated:
    """What was judged, and all that the report needs to know of how."""

    sample: Sample
    bench: Bench
    has_text: bool
    replayed: bool
    """Whether rows were seen in the order of their dates, each knowing those before it in its chat."""
    left_out: Counter[str] = field(default_factory=Counter)


def sites_in(rows: Iterable[Row]) -> frozenset[str]:
    """The sites of all links of a file."""
    return frozenset(link.site.name for row in rows for link in links_of(row))


def evaluate(
    rows: Iterable[Row],
    judge: Judge,
    lists: DatedLists,
    options: Options,
    now: int,
    *,
    seen: frozenset[str] = frozenset(),
    judged: Callable[[int], None] = lambda _: None,
) -> Evaluated:
    """Judge the rows. `now`: milliseconds UTC; `seen`: sites that are left out; `judged` hears how many are done.

    Rows are read one by one, and a few numbers kept of each. Only where they have chats and dates are they held in
    memory, to be put in order.
    """
    left_out: Counter[str] = Counter()
    if options.sample is not None:
        rows = _chosen(rows, options.sample, random.Random(options.bootstrap.seed), left_out)
    stream = iter(rows)
    first = list(islice(stream, _PEEKED))
    has_text = any(row.text for row in first)
    replayed = Part.NOVELTY not in options.without and any(row.chat and row.when is not None for row in first)
    bench = Bench(
        judge,
        lists,
        now,
        feeds=options.feeds,
        without=options.without,
        ablations=_ablations(options, has_text=has_text, replayed=replayed),
        replay=replayed,
    )
    evaluated = Evaluated(Sample(bench.ablations), bench, has_text, replayed, left_out)
    counted: Counter[tuple[Label, str]] = Counter()
    ordered = _in_order(chain(first, stream)) if replayed else chain(first, stream)
    for number, row in enumerate(ordered, start=1):
        case = bench.case(row, partial(_wanted, row.label, seen, options.per_site, counted, left_out))
        if case is not None:
            evaluated.sample.add(case)
        judged(number)
    return evaluated


def _ablations(options: Options, *, has_text: bool, replayed: bool) -> list[Part]:
    """The parts that can make a difference."""
    if not options.ablations:
        return []
    idle = set(options.without)
    idle |= {Part.FEEDS} if options.feeds is FeedUse.NONE else set()
    idle |= set() if has_text else {Part.CONTEXT}
    idle |= set() if replayed else {Part.NOVELTY}
    return [part for part in Part if part not in idle]


def _wanted(
    label: Label,
    seen: frozenset[str],
    per_site: int | None,
    counted: Counter[tuple[Label, str]],
    left_out: Counter[str],
    links: Sequence[Link],
) -> bool:
    if seen and any(link.site.name in seen for link in links):
        left_out["a site of the training file"] += 1
        return False
    key = label, links[0].site.name
    counted[key] += 1
    if per_site is not None and counted[key] > per_site:
        left_out[f"more than {per_site} of a site"] += 1
        return False
    return True


def _in_order(rows: Iterable[Row]) -> Iterator[Row]:
    """By date; those without one come last and know nothing of the others."""
    yield from sorted(rows, key=lambda row: (row.when is None, row.when or 0))


def _chosen(rows: Iterable[Row], size: int, rng: random.Random, left_out: Counter[str]) -> list[Row]:
    """So many of the rows, each with the same chance, in their order (reservoir sampling)."""
    kept: list[tuple[int, Row]] = []
    for number, row in enumerate(rows):
        if len(kept) < size:
            kept.append((number, row))
            continue
        left_out["not among those drawn"] += 1
        place = rng.randrange(number + 1)
        if place < size:
            kept[place] = (number, row)
    return [row for _, row in sorted(kept, key=lambda each: each[0])]
