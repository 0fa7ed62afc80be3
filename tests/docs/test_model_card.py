"""The model's data card as a page, and its headline in the README."""

from __future__ import annotations

from typing import Any

import pytest
from scripts.model_page import between, headline, page

RECALL = {"at 0.01%": [0.3, 0.4, 0.5], "at 0.10%": [0.5, 0.6, 0.7], "at 1.00%": [0.7, 0.8, 0.9]}
BY_SOURCE = {
    "weblog": {"benign": 9_000, "wrong": 3, "wrong at most (95 %)": 0.00086, "phishing": 0, "found": None},
    "tips": {"benign": 0, "wrong": 0, "wrong at most (95 %)": None, "phishing": 1_000, "found": 0.5},
}


def source(name: str, label: str, links: int) -> dict[str, Any]:
    return {
        "source": name,
        "what": f"links of {name}",
        "licence": "CC0-1.0",
        "label": label,
        "links": links,
        "first": "2024-01-02",
        "last": "2026-03-04",
    }


CARD: dict[str, Any] = {
    "version": "2026-03-04-0badcafe",
    "learned_to": "2026-03-04",
    "prior": 0.02,
    "size": {"bytes": 1_234_567, "trees": 150, "features": 95},
    "most_links_per_site": 4,
    "sources": [source("weblog", "benign", 30_000), source("tips", "phishing", 20_000)],
    "calibrated_on": [source("tips", "phishing", 700)],
    "measured_on": [source("weblog", "benign", 9_000), source("tips", "phishing", 1_000)],
    "results": {
        "limits by class of address": {
            "own": {"raw score": 4.5, "benign links": 39_000, "wrong": 30, "wrong at most (95 %)": 0.00099},
            "number": {"raw score": None, "benign links": 4, "wrong": 0, "wrong at most (95 %)": 0.52713},
        },
        "the model that ships: recall": {"all phishing": RECALL},
        "limits of one half of the sites on the other": {
            "mean over sources": "0.03%",
            "phishing found": 0.503,
            "by source": BY_SOURCE,
        },
        "ships, weblog left out": {"its links": 9_000, "recall at those thresholds": [0.1, 0.2, 0.3]},
        "ships, tips left out": {"recall on the source itself": [0.2, 0.3, 0.4]},
    },
}


def test_every_source_is_named_with_its_numbers_dates_and_licence() -> None:
    text = page(CARD)
    assert "| `tips` | links of tips | phishing | 20,000 | 2024-01-02 to 2026-03-04 | CC0-1.0 |" in text
    assert "20,000 phishing and 30,000 benign links." in text
    assert "1,000 phishing and 9,000 benign links." in text


def test_results_are_shown_with_their_intervals() -> None:
    text = page(CARD)
    assert "| all phishing | 0.400 (0.300 to 0.500) | 0.600 (0.500 to 0.700) | 0.800 (0.700 to 0.900) |" in text
    assert "| own | 4.5 | 39,000 | 30 | 0.099% |" in text
    assert "| weblog | 9,000 | 3 | 0.086% | 0 | – |" in text


def test_a_class_without_a_limit_shows_none() -> None:
    assert "| number | – | 4 | 0 | 52.713% |" in page(CARD)


def test_sources_left_out_are_one_table() -> None:
    text = page(CARD)
    assert "| ships, weblog left out | 9,000 | 0.1 / 0.2 / 0.3 |  |" in text
    assert "| ships, tips left out |  |  | 0.2 / 0.3 / 0.4 |" in text


def test_a_table_that_nobody_described_is_shown_too() -> None:
    text = page({**CARD, "results": {**CARD["results"], "something new": {"links": 12_345}}})
    assert "### Something new" in text
    assert "| links | 12,345 |" in text


def test_the_headline_names_what_was_wrong_as_well_as_what_was_found() -> None:
    text = headline(CARD)
    assert "on 1,000 phishing and 9,000 benign links" in text
    assert "| at 0.1 % | 0.600 (0.500 to 0.700) |" in text
    assert "| 3 of 9,000: 0.033%, at most 0.086% |" in text
    assert "| 0.03% |" in text
    assert "| the worst of them, `weblog` | 3 of 9,000 |" in text


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    assert between("a <b> old <e> c", "<b>", "<e>", "new\n") == "a <b>\nnew\n<e> c"
    with pytest.raises(ValueError, match="no place for the results"):
        between("a <b> old", "<b>", "<e>", "new\n")
