"""Labelled links as arrays: read once, taken apart by the code that runs, so that both see the same numbers."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from whinchat.apps.scanner.evidence.index import gather
from whinchat.apps.scanner.evidence.known import know, parts_of
from whinchat.apps.scanner.evidence.places import ground
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.features import amounts, numbers, weighed
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.model.file import blank
from whinchat.apps.scanner.model.grams import Part
from whinchat.apps.scanner.scoring import AddressClass, Weights
from whinchat.infra.clock import SystemClock

LINKS = Path(__file__).parents[3] / "shared" / "data" / "links"
SHIPS = ("tweetfeed", "phishdb_active", "phishdb_inactive")
"""Phishing sources whose licence lets a model ship. Of Phishing.Database without OpenPhish's hosts, which most of its
newest links (phishdb_new) are."""
MOST_PER_SITE = 4
FOLDS = 5
CHUNK = 4_000

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


class Taken(NamedTuple):
    """One link, taken apart."""

    bad: bool
    source: str
    date: str
    key: str
    host: str
    site: str
    address: str
    ground: str
    parts: tuple[Part, ...]
    numbers: tuple[float, ...]
    amounts: tuple[float, ...]


@dataclass(slots=True)
class Sample:
    """Links as columns; row i of each is the same link."""

    bad: Mask
    source: npt.NDArray[np.str_]
    date: npt.NDArray[np.str_]
    key: npt.NDArray[np.object_]
    host: npt.NDArray[np.object_]
    site: npt.NDArray[np.object_]
    address: npt.NDArray[np.str_]
    ground: npt.NDArray[np.object_]
    fold: npt.NDArray[np.int32]
    parts: list[tuple[Part, ...]]
    numbers: Floats
    amounts: Floats

    def __len__(self) -> int:
        return len(self.bad)

    @classmethod
    def of(cls, rows: Sequence[Taken]) -> Sample:
        return cls(
            bad=np.array([row.bad for row in rows]),
            source=np.array([row.source for row in rows]),
            date=np.array([row.date for row in rows]),
            key=np.array([row.key for row in rows], dtype=object),
            host=np.array([row.host for row in rows], dtype=object),
            site=np.array([row.site for row in rows], dtype=object),
            address=np.array([row.address for row in rows]),
            ground=np.array([row.ground for row in rows], dtype=object),
            fold=np.array([zlib.crc32(row.site.encode()) % FOLDS for row in rows], dtype=np.int32),
            parts=[row.parts for row in rows],
            numbers=np.array([row.numbers for row in rows], dtype=np.float32),
            amounts=np.array([row.amounts for row in rows], dtype=np.float32),
        )


@cache
def _equipment() -> tuple[Tables, SnapshotLists, dict[str, int]]:
    """Of one process."""
    names = weighed(Weights.load())
    return (
        Tables.load(blank()),
        SnapshotLists(None, SystemClock()),
        {name: place for place, name in enumerate(names)},
    )


def take(row: tuple[bool, str, str, str]) -> Taken | None:
    bad, url, source, date = row
    link = parse_link("http://" + url)
    if link is None:
        return None
    tables, lists, places = _equipment()
    known = replace(know(link, tables, lists), listings=())  # what is fitted must not know the answers
    address = AddressClass.of(link, known.tags)
    return Taken(
        bad,
        source,
        date,
        link.key,
        link.host,
        link.site.name,
        address.value,
        ground(link.site),
        parts_of(link, known.reading),
        numbers(link, known, address),
        tuple(amounts(gather(link, known), places)),
    )


def _take_many(rows: list[tuple[bool, str, str, str]]) -> list[Taken | None]:
    return [take(row) for row in rows]


def rows(path: Path) -> Iterator[tuple[bool, str, str, str]]:
    """(phishing, URL without scheme, source, date) of each row."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            _, label, url, source, date, *_ = line.rstrip("\n").split("\t")
            yield label == "1", url, source, date


def read(name: str) -> list[Taken]:
    """All links of a file that can be read, each once a label."""
    seen: set[tuple[str, bool]] = set()
    found = []
    with Pool() as pool:
        for many in pool.imap(_take_many, _chunks(rows(LINKS / f"{name}.tsv.gz"))):
            for taken in many:
                if taken is not None and (taken.key, taken.bad) not in seen:
                    seen.add((taken.key, taken.bad))
                    found.append(taken)
    return found


def _chunks(items: Iterable[tuple[bool, str, str, str]]) -> Iterator[list[tuple[bool, str, str, str]]]:
    iterator = iter(items)
    while chunk := list(itertools.islice(iterator, CHUNK)):
        yield chunk


def few_per_site(found: Sequence[Taken], seed: int) -> list[Taken]:
    """At most `MOST_PER_SITE` links of a site and label, chosen by chance: a site is one fact, however often seen."""
    order = np.random.default_rng(seed).permutation(len(found))
    count: Counter[tuple[str, bool]] = Counter()
    kept = []
    for index in order:
        taken = found[int(index)]
        count[taken.site, taken.bad] += 1
        if count[taken.site, taken.bad] <= MOST_PER_SITE:
            kept.append(taken)
    return kept


def ships(sample: Sample) -> Mask:
    """Links that a model which ships may learn from."""
    openphish = set(sample.host[sample.source == "openphish"])
    foreign = np.array([host in openphish for host in sample.host])
    found: Mask = ~sample.bad | (np.isin(sample.source, SHIPS) & ~foreign)
    return found
