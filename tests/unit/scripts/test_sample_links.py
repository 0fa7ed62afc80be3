"""How the sample of links that ships with the tests is drawn."""

from __future__ import annotations

import gzip

from scripts.sample_links import OUT, SOURCES, Row, Source, card, drawn, table


def source(count: int, *urls: str) -> Source:
    return Source("a list", "0", count, lambda: [(url, "2026-05-01") for url in urls], "home pages", "CC0 1.0")


def test_one_link_a_site_and_no_more_than_wanted() -> None:
    urls = ("a.example.com/1", "b.example.com/2", "x.pages.dev", "y.pages.dev", "no link", "example.org")
    assert {row.url for row in drawn(source(9, *urls))} == {
        "a.example.com/1",
        "x.pages.dev",
        "y.pages.dev",
        "example.org",
    }
    assert len(drawn(source(2, *urls))) == 2


def test_more_rows_keep_those_that_were_drawn() -> None:
    urls = [f"{name}.example" for name in "abcdefgh"]
    assert drawn(source(5, *urls))[:3] == drawn(source(3, *reversed(urls)))


def test_the_same_rows_are_the_same_bytes_in_any_order() -> None:
    rows = [Row("1", "b.example", "x", "2026-05-01"), Row("0", "a.example", "y", "2026-05-02")]
    assert table(rows) == table(reversed(rows))
    assert gzip.decompress(table(rows)).decode().splitlines()[1:] == [
        "0\ta.example\ty\t2026-05-02",
        "1\tb.example\tx\t2026-05-01",
    ]


def test_the_card_beside_the_sample_names_every_source_and_its_rows() -> None:
    lines = gzip.decompress((OUT / "links_sample.tsv.gz").read_bytes()).decode().splitlines()[1:]
    sources = [line.split("\t")[2] for line in lines]
    counts = {each.name: sources.count(each.name) for each in SOURCES}
    assert sum(counts.values()) == len(lines)
    assert (OUT / "links_sample.md").read_text(encoding="utf-8") == card(counts)
    assert (OUT / "links_sample.tsv.gz").stat().st_size <= 60_000
