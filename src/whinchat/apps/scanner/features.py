"""A link as numbers: what the model reads. Training and running use this one list.

Three kinds: counts over the link's text, what the learned tables say of its parts, and the amounts of the evidence that
has no declared weight.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from whinchat.apps.scanner.evidence.index import EVIDENCE
from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.scoring import AddressClass, Weights

LEARNED = ("name_odds", "subdomain_odds", "ending_odds", "path_odds", "ground_odds", "text_odds")
"""From the learned tables; training puts numbers here that were counted without the link's own fold."""

TELLS: Mapping[str, tuple[str, ...]] = {
    "strange_name": ("name_odds",),
    "familiar_name": ("name_odds",),
    "strange_path": ("path_odds",),
    "risky_suffix": ("ending_odds", "ground_odds"),
    "trusted_suffix": ("ending_odds", "ground_odds"),
    "risky_hosting": ("ending_odds", "ground_odds"),
}
"""Evidence that puts numbers of the learned tables into words, and those numbers."""

COUNTS: Mapping[str, str] = dict.fromkeys(
    (
        "brand_lookalike",
        "brand_misspelt",
        "brand_mangled",
        "brand_with_bait",
        "brand_in_name",
        "brand_alone",
        "brand_in_subdomain",
        "brand_in_path",
        "brand_in_title",
    ),
    "brands_named",
)
"""Evidence that is counted besides: without it that count would be 0."""

SAFETY = frozenset({"popular_site"})
"""Evidence that more of makes a link safer, never more dangerous; of all other evidence the opposite holds."""

_CLASSES = {each: float(number) for number, each in enumerate(AddressClass)}
_PAGES = {
    ending: float(number)
    for number, endings in enumerate(
        (
            "html",
            "htm",
            "php",
            "pdf",
            "asp aspx",
            "jsp do",
            "txt xml json md rst",
            "jpg jpeg png gif",
            "exe apk zip rar msi",
            "shtml cfm",
        ),
        start=1,
    )
    for ending in endings.split()
}
_OTHER_PAGE = float(len(set(_PAGES.values())) + 1)

_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]+")
_DIGITS = re.compile(r"[0-9]+")
_LETTERS = re.compile(r"[a-z]+")
_CAPITALS = re.compile(r"[A-Z]")
_CHANGES = re.compile(r"[0-9](?=[^0-9])|[^0-9](?=[0-9])")


def _runs(pattern: re.Pattern[str], text: str) -> list[int]:
    return [len(run) for run in pattern.findall(text)]


def entropy(text: str) -> float:
    """Bits per character by how often each occurs (Shannon)."""
    size = len(text)
    shares = [text.count(char) / size for char in dict.fromkeys(text)]
    return sum([-share * math.log2(share) for share in shares])


def _of_name(name: str) -> tuple[float, ...]:
    digits, letters = _runs(_DIGITS, name), _runs(_LETTERS, name)
    return (
        len(name),
        sum(digits),
        sum(digits) / len(name) if name else 0.0,
        max(digits, default=0),
        len(digits),
        max(letters, default=0),
        max(_runs(_CONSONANTS, name), default=0),
        sum(map(name.count, "aeiouy")) / sum(letters) if letters else 0.0,
        name.count("-"),
        entropy(name),
    )


_NAME = (
    "name_length",
    "name_digits",
    "name_digit_share",
    "name_digit_run",
    "name_digit_runs",
    "name_letter_run",
    "name_consonant_run",
    "name_vowel_share",
    "name_hyphens",
    "name_entropy",
)


def _of_host(link: Link, known: Known) -> tuple[float, ...]:
    sub = ".".join(known.reading.subdomains)
    suffix = link.site.suffix
    return (
        len(known.reading.words),
        len(known.reading.subdomains),
        len(sub),
        sum(_runs(_DIGITS, sub)),
        sub.count("-"),
        len(link.host),
        len(suffix),
        suffix.count("."),
        "xn--" in link.host,
        len(known.mentions),
        known.official is not None,
    )


_HOST = (
    "name_words",
    "sub_labels",
    "sub_length",
    "sub_digits",
    "sub_hyphens",
    "host_length",
    "suffix_length",
    "suffix_dots",
    "foreign_letters",
    "brands_named",
    "brand_site",
)


def _of_path(link: Link, known: Known) -> tuple[float, ...]:
    path, query, segments = link.path, link.query, known.reading.segments
    last = segments[-1] if segments else ""
    _, dot, ending = known.reading.file.rpartition(".")
    return (
        len(path),
        len(segments),
        max(map(len, segments), default=0),
        len(segments[0]) if segments else 0,
        sum(_runs(_DIGITS, path)),
        path.count("-"),
        path.count("_"),
        path.count("%"),
        len(_CAPITALS.findall(path)),
        len(path) > 1 and path.endswith("/"),
        len(last),
        sum(_runs(_DIGITS, last)),
        last.count("-"),
        entropy(last),
        len(_CHANGES.findall(last)),
        _PAGES.get(ending, _OTHER_PAGE) if dot else 0.0,
        len(query),
        query.count("="),
        sum(_runs(_DIGITS, query)),
    )


_PATH = (
    "path_length",
    "path_depth",
    "path_longest",
    "path_first_length",
    "path_digits",
    "path_hyphens",
    "path_underscores",
    "path_coded",
    "path_capitals",
    "path_slash_at_end",
    "last_length",
    "last_digits",
    "last_hyphens",
    "last_entropy",
    "last_changes",
    "page_kind",
    "query_length",
    "query_values",
    "query_digits",
)

NUMBERS = ("class", *_NAME, *_HOST, *_PATH)


def weighed(weights: Weights) -> tuple[str, ...]:
    """The kinds of evidence whose amounts the model reads, in the order of the index."""
    declared = weights.evidence
    kinds = [kind.__name__ for kind in EVIDENCE]
    return tuple(name for name in kinds if declared[name].weight is None and name not in TELLS)


def names(weights: Weights) -> tuple[str, ...]:
    """All features, in their order."""
    return (*NUMBERS, *LEARNED, *(f"evidence.{name}" for name in weighed(weights)))


def numbers(link: Link, known: Known, address: AddressClass) -> tuple[float, ...]:
    """What can be counted without anything learned, in the order of `NUMBERS`."""
    return (
        _CLASSES[address],
        *_of_name(known.reading.name),
        *_of_host(link, known),
        *_of_path(link, known),
    )


def learned(known: Known) -> tuple[float, ...]:
    """In the order of `LEARNED`."""
    found = known.learned
    return (*found, found.name + found.subdomain + found.ending + found.path)


def amounts(evidence: Iterable[Evidence], places: Mapping[str, int]) -> list[float]:
    """Amounts of the evidence that the model weighs; `places`: name to place."""
    found = [0.0] * len(places)
    for each in evidence:
        place = places.get(each.name)
        if place is not None:
            found[place] = each.amount
    return found
