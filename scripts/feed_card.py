"""The data card of the shipped snapshot: one JSON file for programs, one page for people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from scripts.feed_measures import Hits, upper_bound
from scripts.feed_sites import Sites
from scripts.feed_sources import KNOWN_LISTS, NEWEST, REDIRECTORS, TAG_LISTS, TOP_LISTS, WINDOW

from whinchat.apps.scanner.feeds.snapshot import Section, Snapshot

if TYPE_CHECKING:
    from scripts.build_feeds import Feed

PAGE = """\
# The lists that ship

`{file}` is made by `python -m scripts.build_feeds`: {size} bytes, sha256
`{sha256}`. It holds hashes only.
It is a starting point: phishing lives for hours, so import live feeds too (`whinchat feeds import --help`).

## Feeds

Measured on {phishing} phishing links of April and May 2026 and {benign} benign links, counting the hits that would be
good for a verdict. A feed whose upper bound (95 %) of benign hits is above 0.02 % is evidence and never decides alone;
one that hits more than 0.1 % is left out.

{feeds}

The phishing column flatters: every list was taken after many of these links had been seen, and a tenth of them are
TweetFeed's own. What a list knew *before* a link appeared is in the next table, for the two lists that have dates. Do
not measure detection with this snapshot on these links, or on any from before August 2026. The links measured are
phishing, so they say little about the malware and scam lists.

## Age

Replayed by time: links listed by an entry that was last seen before the link's day, by the entry's age on that day.

{ages}

All that is found was seen within 30 days. TweetFeed's false hits are all older than a year, when a name's registration
has ended and others may have it, so entries not seen for {window} days are left out. Phishing.Database finds nothing
here because it ships without the hosts that OpenPhish has, and nearly all links measured are OpenPhish's.

## What was left out

{left_out}

No entry is a popular site, hosting, a shortener or a redirector; entries below a popular site are evidence only. No
name of the top-10k list has a decisive entry: a test checks each.

## Popular sites and tags

{popular} popular sites from {popular_from}: MISP warning lists, CC0-1.0.
On them are {popular_bad} of the {phishing} phishing links and {popular_good} of the {benign} benign ones. They keep 80
bits of their hashes, so that nobody can look for a name that is taken for one of them.

{tagged} tagged names from {tagged_from}: MISP warning lists (CC0-1.0) and
maltrail (MIT); {own} redirectors of our own; and {crowded} domains with ten or more listed names below them, which are
hosting whatever else they are.
"""

Ages = Mapping[str, Mapping[int, tuple[int, int]]]


def write_card(
    path: Path,
    feeds: Sequence[Feed],
    shipped: Sequence[Feed],
    hits: Mapping[str, Hits],
    by_age: Ages,
    sites: Sites,
    popular: tuple[int, int],
) -> dict[str, Any]:
    snapshot = Snapshot(path)
    card: dict[str, Any] = {
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "version": snapshot.version,
        "newest": NEWEST,
        "window_days": WINDOW,
        "sections": {section.value: snapshot.count(section) for section in Section},
        "popular": {
            "from": [*TOP_LISTS, *KNOWN_LISTS],
            "licence": "CC0-1.0 (MISP warning lists)",
            "phishing_rows": popular[0],
            "benign_rows": popular[1],
        },
        "tags": {
            "from": [file for file, _ in TAG_LISTS],
            "licence": "CC0-1.0 (MISP warning lists), MIT (maltrail)",
            "own": len(REDIRECTORS),
            "found_by_listed_subdomains": sites.crowded,
        },
        "feeds": [_feed(feed, feed in shipped, hits[feed.source.name]) for feed in feeds],
        "replayed_by_age": {name: {str(age): pair for age, pair in ages.items()} for name, ages in by_age.items()},
    }
    path.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")
    (path.parent / "README.md").write_text(_page(card), encoding="utf-8")
    return card


def _feed(feed: Feed, ships: bool, hits: Hits) -> dict[str, Any]:
    source = feed.source
    return {
        "name": source.name,
        "threat": source.threat.value,
        "trust": feed.trust.value if ships else "left out",
        "licence": source.licence,
        "home": source.home,
        "date": source.date,
        "note": source.note,
        "lines": feed.lines,
        "entries": len(feed.names),
        "left_out": dict(sorted(feed.left_out.items())),
        "phishing_hits": hits.phishing_decisive,
        "phishing_rows": hits.phishing_rows,
        "benign_hits": hits.benign_decisive,
        "benign_hits_upper": round(upper_bound(hits.benign_decisive), 1),
        "benign_rows": hits.benign_rows,
        "listed_by_source": {source: hits.listed[source] for source in sorted(hits.rows)},
    }


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}", *(f"| {' | '.join(row)} |" for row in rows)]


def feed_table(card: Mapping[str, Any]) -> list[str]:
    rows = [
        (
            feed["name"],
            feed["threat"],
            feed["trust"],
            f"{feed['entries']:,}",
            f"{feed['phishing_hits'] / feed['phishing_rows']:.2%}",
            str(feed["benign_hits"]),
            f"{feed['benign_hits_upper'] / feed['benign_rows']:.4%}",
            feed["licence"],
            feed["date"],
        )
        for feed in card["feeds"]
    ]
    return _table(
        ("feed", "threat", "trust", "entries", "phishing", "benign", "upper bound", "licence", "newest day"), rows
    )


def age_table(card: Mapping[str, Any]) -> list[str]:
    names = list(card["replayed_by_age"])
    ages = list(card["replayed_by_age"][names[0]])
    rows = [
        (f"≤ {age} days", *(f"{bad} / {good}" for name in names for bad, good in [card["replayed_by_age"][name][age]]))
        for age in ages
    ]
    return _table(("entry's age", *(f"{name}: phishing / benign" for name in names)), rows)


def print_tables(card: Mapping[str, Any]) -> None:
    sections = ", ".join(f"{count:,} {name}" for name, count in card["sections"].items())
    print(f"{card['file']}: {card['bytes']:,} bytes; {sections}\n")
    print("\n".join([*feed_table(card), "", *age_table(card)]))


def _page(card: Mapping[str, Any]) -> str:
    first, sections, tags = card["feeds"][0], card["sections"], card["tags"]
    return PAGE.format(
        file=card["file"],
        size=f"{card['bytes']:,}",
        sha256=card["sha256"],
        phishing=f"{first['phishing_rows']:,}",
        benign=f"{first['benign_rows']:,}",
        feeds="\n".join(feed_table(card)),
        ages="\n".join(age_table(card)),
        window=card["window_days"],
        left_out="\n".join(map(_left_out, card["feeds"])),
        popular=f"{sections['popular']:,}",
        popular_bad=card["popular"]["phishing_rows"],
        popular_good=f"{card['popular']['benign_rows']:,}",
        popular_from=", ".join(f"`{name}`" for name in card["popular"]["from"]),
        tagged=f"{sections['tags']:,}",
        tagged_from=", ".join(f"`{name}`" for name in tags["from"]),
        own=tags["own"],
        crowded=tags["found_by_listed_subdomains"],
    )


def _left_out(feed: Mapping[str, Any]) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in feed["left_out"].items()) or "none"
    note = f" Taken {feed['note']}." if feed["note"].startswith("without") else ""
    note = note or (f" Evidence, because {feed['note']}." if feed["note"] else "")
    return f"- `{feed['name']}` ({feed['home']}): of {feed['lines']:,} names not used: {reasons}.{note}"
