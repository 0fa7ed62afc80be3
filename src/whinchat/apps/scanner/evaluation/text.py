"""A report for a terminal: sentences, and tables with the numbers below each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from whinchat.apps.scanner.evaluation.ranking import RATES
from whinchat.apps.scanner.evaluation.report import AtRate, Calibration, Estimate, Group, Report, Shown
from whinchat.apps.scanner.evaluation.sentences import (
    caveats,
    coverage,
    headline,
    kind_of,
    made_with,
    percent,
    rate,
    spread,
    with_spread,
)
from whinchat.core.formatting.markup import FSI, PDI

LONGEST_NAME = 28  # characters
WIDTH = 100
_ISOLATES = dict.fromkeys(map(ord, FSI + PDI))


def lines(report: Report) -> Iterator[str]:
    """Nothing in them moves a terminal's cursor, whatever strangers wrote."""
    for line in _sections(report):
        yield "".join(mark if mark.isprintable() else "\ufffd" for mark in line.translate(_ISOLATES))


def _sections(report: Report) -> Iterator[str]:
    yield from _paragraphs(headline(report))
    yield ""
    yield from _paragraphs((*report.setup.notes, *coverage(report)))
    yield from _section("Goals", _goals(report))
    yield from _section("At the shipped thresholds (95 % intervals over sites)", _groups(report))
    yield from _section("Your chats: messages with links", _mine(report))
    yield from _section("Recall where so many harmless rows are flagged", _rankings(report))
    for each in report.calibration:
        yield from _section(f"Calibration, if {rate(each.prior)} of all links are dangerous", _calibration(each))
    yield from _section("Without a part of the scanner", _ablations(report))
    yield from _section("Worst wrong warnings", _shown(report.wrong))
    yield from _section("Worst misses", _shown(report.missed))
    yield from _section("Time for a row, from text to verdict", _times(report))
    yield from _section("What these numbers cannot say", _paragraphs(caveats(report)))
    yield ""
    yield from _paragraphs([made_with(report)])


def _section(title: str, content: Iterable[str]) -> Iterator[str]:
    found = list(content)
    if found:
        yield from ("", title, "-" * len(title), *found)


def _paragraphs(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        line = ""
        for word in sentence.split(" "):
            if line and len(line) + 1 + len(word) > WIDTH:
                yield line
                line = f"  {word}"
            else:
                line = f"{line} {word}" if line else word
        yield line


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, numbers to the right."""
    if not rows:
        return
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        first, *others = [
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join([first, *others]).rstrip()


def _clipped(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _goals(report: Report) -> Iterator[str]:
    rows = [
        [
            f"{goal.goal} ({_clipped(goal.note)})" if goal.note else goal.goal,
            goal.result.value,
            rate(goal.target),
            with_spread(goal.estimate),
            percent(goal.bound),
        ]
        for goal in report.goals
    ]
    yield from table(["", "", "goal", "measured", "95 % bound"], rows)


def _groups(report: Report) -> Iterator[str]:
    rows = []
    for by, groups in groupby(report.groups, key=lambda group: group.by):
        if by != "all":
            rows.append([f"by {kind_of(by, report)}", *[""] * 7])
        rows += [_group(group) for group in groups]
    yield from table(["", "dangerous", "warned of", "", "harmless", "warned of", "95 % bound", "1 in 1,000"], rows)
    if report.groups_left_out:
        yield f"({report.groups_left_out} smaller groups are not shown)"
    if report.of_all is not None:
        of_all = report.of_all
        yield f"Of all dangerous messages, also those without a link: {with_spread(of_all)} of {of_all.of:,}."
    if report.spam is not None:
        yield f"Of the spam, which is counted apart, {with_spread(report.spam)} was warned of."
    whole = report.groups[0]
    yield (
        f"Each site once: {percent(whole.caught_once_per_site)} caught, {percent(whole.wrong_once_per_site)} wrong."
        f" Called malicious: {percent(whole.caught_malicious.value)} and {percent(whole.wrong_malicious.value)}"
        f" (at most {percent(whole.wrong_malicious_upper)})."
    )


def _group(group: Group) -> list[str]:
    indent = "" if group.by == "all" else "  "
    return [
        indent + _clipped(group.name),
        _count(group.caught),
        percent(group.caught.value) if group.caught.of else "",
        spread(group.caught),
        _count(group.wrong),
        f"{group.wrong.hits:,}  {percent(group.wrong.value)}" if group.wrong.of else "",
        percent(group.wrong_upper) if group.wrong_upper is not None else "",
        group.budget.value if group.budget else "",
    ]


def _count(estimate: Estimate) -> str:
    return f"{estimate.of:,}" if estimate.of else ""


def _mine(report: Report) -> Iterator[str]:
    rows = [
        [
            _clipped(each.chat),
            f"{each.messages:,}",
            f"{each.wrong.hits:,}  {with_spread(each.wrong)}",
            f"{each.missed.hits:,}  {with_spread(each.missed)}",
        ]
        for each in report.mine
    ]
    yield from table(["", "messages", "warned wrongly", "missed"], rows)
    if rows:
        yield "At least so many: only what an admin labelled is known to be wrong."


def _rankings(report: Report) -> Iterator[str]:
    rows = [
        [
            _clipped(each.phishing),
            _clipped(each.benign),
            *(cell for at in each.at for cell in (percent(at.recall.value, 1), _between(at))),
        ]
        for each in report.rankings
    ]
    yield from table(["dangerous", "harmless", *(cell for each in RATES for cell in (rate(each), ""))], rows)
    if any(not at.enough for each in report.rankings for at in each.at):
        yield "* so few harmless rows that none may be flagged: a number without weight"


def _between(at: AtRate) -> str:
    return f"{spread(at.recall)}{'' if at.enough else ' *'}"


def _calibration(found: Calibration) -> Iterator[str]:
    rows = [
        [
            f"{band.low:g} to {band.high:g}",
            f"{band.rows:,}",
            percent(band.says),
            percent(band.found.value),
            spread(band.found),
        ]
        for band in found.bands
    ]
    yield from table(["probability", "rows", "says", "is", ""], rows)
    yield (
        f"Off by {percent(found.error)} on average. Right when it warns: {percent(found.right_when_warned)}; when it"
        f" says malicious: {percent(found.right_when_malicious)}."
    )


def _ablations(report: Report) -> Iterator[str]:
    if not report.ablations:
        return
    whole = report.groups[0]
    ranking = report.rankings[0]
    rows = [["(all of it)", *_numbers(ranking.at, whole.caught, whole.wrong)]]
    rows += [[f"without {each.without}", *_numbers(each.at, each.caught, each.wrong)] for each in report.ablations]
    yield from table(["", *(cell for each in RATES for cell in (rate(each), "")), "warned of", "wrongly"], rows)


def _numbers(at: Sequence[AtRate], caught: Estimate, wrong: Estimate) -> list[str]:
    cells = [cell for each in at for cell in (percent(each.recall.value, 1), _between(each))]
    return [*cells, percent(caught.value), percent(wrong.value)]


def _shown(found: Sequence[Shown]) -> Iterator[str]:
    for each in found:
        score = "" if each.score is None else f"{each.score:+.2f}"
        yield f"{score:>7}  {each.link}  [{_clipped(each.source)}]" if each.source else f"{score:>7}  {each.link}"
        yield from (f"{'':9}{reason}" for reason in each.reasons)


def _times(report: Report) -> Iterator[str]:
    times = report.times
    if times.median is None:
        return
    yield f"median {times.median:.3f} ms, 95 % within {times.p95:.3f} ms, longest {times.longest:.3f} ms"
    yield from (f"{each.milliseconds:7.3f}  {each.link}" for each in report.slowest[:5])
