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

Ages = Mapping[str, Mapping[int, tuple[int, int]]]


def write_card(
    path: Path, feeds: Sequence[Feed], shipped: Sequence[Feed], hits: Mapping[str, Hits], by_age: Ages, sites: Sites
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
        "popular": {"from": [*TOP_LISTS, *KNOWN_LISTS], "licence": "CC0-1.0 (MISP warning lists)"},
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
    first = card["feeds"][0]
    left = [
        f"- `{feed['name']}` ({feed['home']}): {feed['lines']:,} lines. Not used: "
        + (", ".join(f"{count:,} {reason}" for reason, count in feed["left_out"].items()) or "none")
        + (f". {feed['note'].capitalize()}." if feed["note"] else ".")
        for feed in card["feeds"]
    ]
    return "\n".join(
        [
            "# The lists that ship",
            "",
            f"`{card['file']}` is made by `scripts/build_feeds.py`: {card['bytes']:,} bytes, sha256 `{card['sha256']}`.",
            "It holds hashes only. It is a starting point: phishing lives for hours, so import live feeds too",
            "(`whinchat feeds import`).",
            "",
            "## Feeds",
            "",
            f"Hits are measured on {first['phishing_rows']:,} phishing links of April and May 2026 and "
            f"{first['benign_rows']:,} benign links. Only hits count that",
            "would be good for a verdict. A feed whose upper bound (95 %) of benign hits is above 0.02 % is evidence and",
            "never decides alone; one that hits more than 0.1 % is left out.",
            "",
            *feed_table(card),
            "",
            "The phishing column says too much: every list here was taken after many of these links were seen, and",
            "TweetFeed's own rows are 10 % of them. What a list knew *before* a link appeared is in the next table, for",
            "the two lists that have dates. The lists also say little about malware and scams: the links measured are",
            "phishing.",
            "",
            "## Age",
            "",
            "Replayed by time: links listed by an entry last seen before the link's day, by the entry's age then.",
            "",
            *age_table(card),
            "",
            f"All that is found was seen within 30 days, and false hits come with age, so entries older than {card['window_days']} days",
            "are left out. Phishing.Database has no hits here because it ships without the hosts that OpenPhish has,",
            "and nearly all links measured are OpenPhish's.",
            "",
            "## What was left out",
            "",
            *left,
            "",
            "Names that are popular sites, hosting, shorteners or redirectors are never entries; names below a popular site",
            "are evidence only. No name of the top-10k list has a decisive entry (a test checks each).",
            "",
            "## Popular sites and tags",
            "",
            f"{card['sections']['popular']:,} popular sites from {', '.join(card['popular']['from'])}: {card['popular']['licence']}.",
            f"{card['sections']['tags']:,} tagged names from {', '.join(card['tags']['from'])}: {card['tags']['licence']},",
            f"{card['tags']['own']} redirectors of our own, and {card['tags']['found_by_listed_subdomains']} domains with ten or more",
            "listed names below them, which are hosting whatever else they are.",
            "",
        ]
    )
