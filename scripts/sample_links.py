"""Draws the small sample of labelled links that ships with the tests, and writes where it comes from beside it.

    .venv/bin/python -m scripts.sample_links

Reads ../shared/data and writes tests/data/links_sample.tsv.gz and links_sample.md, the same bytes for the same input.
Only sources whose licence lets their rows ship. One link a site; which sites, a hash with the seed says, so that
another number of rows keeps those that were drawn. `tests/integration/apps/scanner/test_gates.py` reads the sample.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from whinchat.apps.scanner.links.parse import parse_link

DATA = Path(__file__).parents[2] / "shared" / "data"
OUT = Path(__file__).parents[1] / "tests" / "data"
SEED = 20261122


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    url: str
    """Without scheme and `www.`"""
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    label: str
    count: int
    read: Callable[[], Iterable[tuple[str, str]]]
    """URL and date of each of its rows."""
    what: str
    licence: str


def links(part: str, source: str, wanted: Callable[[str], bool] = bool) -> Iterator[tuple[str, str]]:
    """Rows of ../shared/data/links whose host is wanted."""
    with gzip.open(DATA / "links" / f"{part}.tsv.gz", "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            _, _, url, name, date, *_ = line.split("\t")
            if name == source and wanted(url.partition("/")[0]):
                yield url, date


def hosts(name: str, date: str) -> Iterator[tuple[str, str]]:
    """Home pages of a list of ../shared/data/lists."""
    with gzip.open(DATA / "lists" / f"{name}.txt.gz", "rt", encoding="utf-8") as file:
        yield from ((line.strip().lstrip("*.").lower(), date) for line in file if "." in line)


def is_us_government(host: str) -> bool:
    return host.endswith(".gov")


TAKEN = "2026-08-23"  # the day of the lists
SOURCES = (
    Source(
        "tweetfeed", "1", 1400, lambda: links("validation", "tweetfeed"),
        "phishing links that people reported, April and May 2026", "CC0 1.0",
    ),
    Source(
        "us_government", "0", 400, lambda: links("validation", "archiveteam_gov_news", is_us_government),
        "pages under .gov, as a crawl of May 2026 met them", "addresses of works of the United States' government",
    ),
    Source(
        "gov_urls", "0", 900, lambda: links("train", "gov_urls"),
        "pages of American authorities, largely outside .gov, from the government's own list of 2023 "
        "(the model's training data hold them too)",
        "work of the United States' government",
    ),
    Source(
        "misp_university_domains", "0", 700, lambda: hosts("misp_university_domains", TAKEN),
        "home pages of universities, MISP warning list", "CC0 1.0",
    ),
    Source(
        "misp_bank-website", "0", 400, lambda: hosts("misp_bank-website", TAKEN),
        "home pages of banks, MISP warning list", "CC0 1.0",
    ),
    Source(
        "misp_cloudflare-top100k", "0", 1400, lambda: hosts("misp_cloudflare-top100k", TAKEN),
        "home pages of much visited sites, MISP warning list", "CC0 1.0",
    ),
)  # fmt: skip


def drawn(source: Source) -> list[Row]:
    """One link a site, those of the sites with the smallest hashes."""
    of_site: dict[str, Row] = {}
    for url, date in source.read():
        link = parse_link(f"http://{url}")
        if link is not None:
            of_site.setdefault(link.site.name, Row(source.label, url, source.name, date))
    order = sorted(of_site, key=lambda site: (zlib.crc32(f"{SEED} {site}".encode()), site))
    return [of_site[site] for site in order[: source.count]]


def table(rows: Iterable[Row]) -> bytes:
    lines = ["label\turl\tsource\tdate", *sorted(f"{row.label}\t{row.url}\t{row.source}\t{row.date}" for row in rows)]
    return gzip.compress("\n".join([*lines, ""]).encode(), compresslevel=9, mtime=0)


def card(counts: dict[str, int]) -> str:
    head = (
        "# links_sample.tsv.gz\n\n"
        "Links whose nature is known, for a test that fails when detection breaks; too few to measure detection by.\n"
        f"Written by `scripts/sample_links.py` with seed {SEED}: one link a site. Labels (1 phishing, 0 ordinary) are\n"
        "as noisy as their sources. The hosts of the phishing links are dangerous: never open one.\n\n"
        "| source | label | links | what | licence |\n|---|---|---|---|---|\n"
    )
    return head + "".join(
        f"| {each.name} | {each.label} | {counts[each.name]} | {each.what} | {each.licence} |\n" for each in SOURCES
    )


def main() -> int:
    if not DATA.exists():
        print(f"nothing to draw from: {DATA} is not there", file=sys.stderr)
        return 1
    found = {source.name: drawn(source) for source in SOURCES}
    data = table(row for rows in found.values() for row in rows)
    (OUT / "links_sample.tsv.gz").write_bytes(data)
    (OUT / "links_sample.md").write_text(card({name: len(rows) for name, rows in found.items()}), encoding="utf-8")
    print(f"{sum(map(len, found.values()))} links, {len(data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
