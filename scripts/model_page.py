"""The data card of the shipped model as a page for people, and its headline for the README."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from whinchat.apps.scanner.evaluation.bounds import upper
from whinchat.apps.scanner.model.file import SHIPPED

CARD = SHIPPED.with_suffix(".json")

PAGE = """\
# The model's data card

Version {version}: {size:.2f} MB, {features} features, {trees} trees. Newest phishing link learned from: {learned_to}.
Probabilities assume that {prior:.0%} of all links are dangerous. Made by `make train`
([how](../howto/retrain.md)); what it is for: [how a verdict is reached](../explanation/verdict.md).

The file holds numbers: weights of short runs of letters, found by a hash and shared by all runs that fall on the same
place; log-odds of public suffixes and hosting platforms; thresholds of trees; calibration. No link is in it.

## What it learned from

At most {most} links of a site and label; of Phishing.Database none whose host is among OpenPhish's rows. Of benign
sources, statistics are all that is kept. Dates say when a link was collected; no date is a feature.

{sources}

## What set the limits and the calibration

{calibrated}

## What it was measured on

Links of sites that are not among those it learned from, under either label. OpenPhish's serve for this alone.

{measured}

## What came out

By the link alone: no lists of bad links, no message, no memory of the chat, no network. Three numbers side by side are
for 0.01, 0.1 and 1 % wrong warnings. Brackets are 95 % intervals, from resampling sites. "At most" is a one-sided 95 %
bound, as though every link were a fact of its own (Clopper and Pearson); "by sites" counts links of a site together, by
how they vary between sites (Korn and Graubard), and each site as one link where none is wrong. These are the model's
own numbers; `whinchat scan eval` gives those of whole verdicts, on any table.
{results}
## Known limits

- The months that measure the model also set its limits and calibration; only the halves of the sites, one against the
  other, are apart. Both halves are of the same sources, so other chats can differ by more than the intervals say.
- The limits are set by bounds that count each link by itself. Several links of one site are less than as many facts, so
  these bounds are somewhat too low: those by sites stand beside them.
- How the model is built, and its settings, were chosen by recall on the same months, so what it does later is likely
  to be somewhat less.
- Labels are those of the sources, with their mistakes: some links of benign sources lead to scam shops and malware, and
  some lists of phishing hold well-known sites.
- Benign links are mostly of Western governments, news, blogs and programmers. Links of private chats are not among
  them, there is no Chinese chat, and no honest SMS with a link: nothing here says how often it is wrong there.
- Phishing that nobody reported is in no source. What is reported leans to banks, mail and social networks in a few
  languages.
- Phishing changes: an old model finds less, see what a year costs above.
- What no link shows, no model of links sees: [what it cannot see](../explanation/verdict.md#what-it-cannot-see).
"""

TOLD = """\
How many benign links would be warned of, and how much of the phishing is found. The limits were set on these links."""
ABOUT = {
    "limits by class of address": """\
The raw score from which a link of the class may be warned about: the lowest at which the upper bound of wrong warnings
is 1 in 1,000, of front pages 3 in 10,000. Without a score the benign links are too few to bound it, and the model alone
never warns. Benign links learned from count as well, scored by a model that had not seen their part of the sites.""",
    "the model that ships: recall": """\
Share of each source's phishing above the score that the given share of all benign links exceeds: how well it ranks,
whatever the limits.""",
    "at its limits, by source": TOLD,
    "at its limits, by class": TOLD,
    "limits of one half of the sites on the other": """\
The same with limits set on one half of the sites and counted on the other: the number to go by.""",
    "all sources (research): recall": """\
The same recipe, had it been allowed to learn from every source. It does not ship.""",
    "phishing links to March 2025 only": """\
The same recipe with phishing links a year older, on the same later links.""",
}
LEFT_OUT = "left out"
LEFT_OUT_ABOUT = """\
Trained without a source, then measured on it: benign links of a kind that it never learned from, under limits that the
other sources set. Its own limits need 3,000 links. `ships`: learned from sources that may ship; `all sources`: from
every source but that one, for research."""

HEADLINE = """\
| the model alone, on {phishing:,} phishing and {benign:,} benign links of sites it has not seen | |
|---|---|
| phishing found at 0.01 % wrong warnings | {strict} |
| at 0.1 % | {usual} |
| at 1 % | {loose} |
| phishing found at its own limits, set on other sites | {found:.0%} |
| wrong warnings there | {wrong:,} of {benign:,}: {share:.3%}, at most {bound:.3%} |
| the same, each source of benign links counting alike | {mean} |
| the worst of them, `{worst}` | {worst_wrong:,} of {worst_benign:,} |
"""


def read() -> dict[str, Any]:
    card: dict[str, Any] = json.loads(CARD.read_text(encoding="utf-8"))
    return card


def page(card: Mapping[str, Any]) -> str:
    return PAGE.format(
        version=card["version"],
        size=card["size"]["bytes"] / 1e6,
        features=card["size"]["features"],
        trees=card["size"]["trees"],
        learned_to=card["learned_to"],
        prior=card["prior"],
        most=card["most_links_per_site"],
        sources=sources(card["sources"]),
        calibrated=sources(card["calibrated_on"]),
        measured=sources(card["measured_on"]),
        results=results(card["results"]),
    )


def headline(card: Mapping[str, Any]) -> str:
    """The numbers that matter most, those that flatter least among them."""
    found = card["results"]
    recall = list(found["the model that ships: recall"]["all phishing"].values())
    halves = found["limits of one half of the sites on the other"]
    rows = halves["by source"].values()
    wrong, benign = (sum(row[name] for row in rows) for name in ("wrong", "benign"))
    worst, worst_row = max(halves["by source"].items(), key=lambda item: item[1]["wrong"] / (item[1]["benign"] or 1))
    strict, usual, loose = (_interval(each) for each in recall)
    return HEADLINE.format(
        phishing=sum(row["phishing"] for row in rows),
        benign=benign,
        strict=strict,
        usual=usual,
        loose=loose,
        found=halves["phishing found"],
        wrong=wrong,
        share=wrong / benign,
        bound=upper(wrong, benign),
        mean=halves["mean over sources"],
        worst=worst,
        worst_wrong=worst_row["wrong"],
        worst_benign=worst_row["benign"],
    )


def sources(rows: Sequence[Mapping[str, Any]]) -> str:
    total = {label: sum(row["links"] for row in rows if row["label"] == label) for label in ("phishing", "benign")}
    lines = [
        (
            f"`{row['source']}`",
            row["what"],
            row["label"],
            f"{row['links']:,}",
            f"{row['first']} to {row['last']}",
            row["licence"],
        )
        for row in sorted(rows, key=lambda row: (row["label"] == "benign", -row["links"]))
    ]
    heading = ("source", "what", "label", "links", "collected", "licence")
    return f"{total['phishing']:,} phishing and {total['benign']:,} benign links.\n\n{table(heading, lines)}"


def results(found: Mapping[str, Any]) -> str:
    """Each table under its name; those with a source left out become one."""
    left_out = {name: each for name, each in found.items() if name.endswith(LEFT_OUT)}
    parts = [section(name, ABOUT.get(name, ""), each) for name, each in found.items() if name not in left_out]
    if left_out:
        parts.append(section("sources left out in turn", LEFT_OUT_ABOUT, left_out))
    return "".join(parts)


def section(name: str, about: str, found: Mapping[str, Any]) -> str:
    nested = {key: value for key, value in found.items() if isinstance(value, dict)}
    plain = [(key, cell(key, value)) for key, value in found.items() if key not in nested]
    tables = [table(("", ""), plain)] if plain else []
    if nested and plain:
        tables += [f"{key[0].upper()}{key[1:]}:\n\n{wide(rows)}" for key, rows in nested.items()]
    elif nested:
        tables.append(wide(nested))
    return "\n".join(
        ["", f"### {name[0].upper()}{name[1:]}", "", *([about, ""] if about else []), "\n\n".join(tables), ""]
    )


def wide(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """One line a key, one column for everything that any line has."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    lines = [
        (name, *(cell(column, row[column]) if column in row else "" for column in columns))
        for name, row in rows.items()
    ]
    return table(("", *columns), lines)


def cell(column: str, value: Any) -> str:
    """`column` says what the number is: a bound is a share, three numbers `at` a rate are an interval."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return _interval(value) if column.startswith("at ") else " / ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.3%}" if "at most" in column else str(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _interval(value: Sequence[float]) -> str:
    low, middle, high = value
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("| --- ", "|---").replace("--- |", "---|") for line in lines)


def between(text: str, begin: str, end: str, inner: str) -> str:
    """The text with what stands between two marks replaced. Raises ValueError: a mark is missing."""
    before, found, rest = text.partition(begin)
    _, also, after = rest.partition(end)
    if not (found and also):
        raise ValueError(f"no place for the results: {begin} … {end}")
    return f"{before}{begin}\n{inner}{end}{after}"
