"""A report as one HTML file: style and charts inside, no script, nothing loaded, every text of strangers escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from whinchat.apps.scanner.evaluation.charts import calibration_chart, recall_chart, wrong_chart
from whinchat.apps.scanner.evaluation.measures import ALL, MEAN
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
)

STYLE = Path(__file__).with_name("page.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
BARS = 12  # groups in the chart of wrong warnings

Cell = str
"""HTML: what comes from files goes through `_text` first."""


def page(report: Report) -> str:
    sections = [(name, title, body) for name, title, found in _sections(report) if (body := "\n".join(found))]
    links = "".join(f'<a href="#{name}">{title}</a>' for name, title, _ in sections)
    content = "\n".join(f'<section id="{name}"><h2>{title}</h2>\n{body}\n</section>' for name, title, body in sections)
    files = ", ".join(map(_text, report.setup.files))
    verdict = "".join(f"<p>{escape(sentence)}</p>" for sentence in headline(report))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>How good the verdicts are</title>
<style>
{STYLE.read_text("utf-8")}</style>
</head>
<body>
<header>
<h1>How good the verdicts are: {files}</h1>
<div class="verdict">{verdict}</div>
<nav>{links}</nav>
</header>
<main>
{content}
</main>
<footer>{escape(made_with(report))}</footer>
</body>
</html>
"""


def _sections(report: Report) -> Iterator[tuple[str, str, Iterable[str]]]:
    yield "goals", "Goals", _goals(report)
    yield "measured", "What was measured", _measured(report)
    yield "thresholds", "At the shipped thresholds", _thresholds(report)
    yield "mine", "Your chats", _mine(report)
    yield "ranking", "What a score could find", _ranking(report)
    yield "calibration", "Whether a probability means what it says", _calibrations(report.calibration)
    yield "ablations", "What each part is worth", _ablations(report)
    yield "mistakes", "Worst mistakes", _mistakes(report)
    yield "time", "Time", _times(report)
    yield "limits", "What these numbers cannot say", [_list(caveats(report))]


# --- sections ----------------------------------------------------------------------------------------------------


def _goals(report: Report) -> Iterator[str]:
    rows = [
        [
            escape(goal.goal) + (f' <span class="spread">{_text(goal.note)}</span>' if goal.note else ""),
            f'<span class="{goal.result.value.replace(" ", "-")}">{goal.result.value}</span>',
            rate(goal.target),
            _estimate(goal.estimate),
            percent(goal.bound),
        ]
        for goal in report.goals
    ]
    if rows:
        yield _table(["", "", "goal", "measured", "95 % bound"], rows, words=True)
        yield (
            '<p class="soft">“Met” only if the 95 % bound is on the right side of the goal; “refuted” if it is surely'
            " missed; else there are too few rows to say.</p>"
        )


def _measured(report: Report) -> Iterator[str]:
    yield _list((*report.setup.notes, *coverage(report)))
    verdicts = report.counts.verdicts
    kinds = list(dict.fromkeys(kind for found in verdicts.values() for kind in found))
    rows = [[_text(label), *(f"{found.get(kind, 0):,}" for kind in kinds)] for label, found in verdicts.items()]
    yield _table(["label", *(kind.replace("_", " ") for kind in kinds)], rows)


def _thresholds(report: Report) -> Iterator[str]:
    rows: list[list[Cell]] = []
    for by, groups in groupby(report.groups, key=lambda group: group.by):
        if by != ALL:
            rows.append([f"by {_text(kind_of(by, report))}"])
        rows += [_group(group) for group in groups]
    headings = ["", "dangerous", "warned of", "harmless", "warned of", "95 % bound", "at most 1 in 1,000"]
    yield _table(headings, rows)
    if report.groups_left_out:
        yield f'<p class="soft">{report.groups_left_out} smaller groups are not shown.</p>'
    whole = report.groups[0]
    yield (
        f"<p>Each site counted once: {percent(whole.caught_once_per_site)} caught,"
        f" {percent(whole.wrong_once_per_site)} wrong. Called malicious: {_estimate(whole.caught_malicious)} of the"
        f" dangerous, {percent(whole.wrong_malicious.value)} of the harmless (at most"
        f" {percent(whole.wrong_malicious_upper)}).</p>"
    )
    if report.of_all is not None:
        yield f"<p>Of all dangerous messages, also those without a link: {_estimate(report.of_all)}.</p>"
    if report.spam is not None:
        yield f"<p>Of the spam, which is counted apart, {_estimate(report.spam)} was warned of.</p>"
    shown = [group for group in report.groups if group.name != MEAN and group.wrong.of][:BARS]
    if shown:
        caption = (
            "Harmless links warned of, with 95 % bounds. Dashed: 1 in 1,000. Bars that reach the left edge reach 0."
        )
        yield _figure(caption, wrong_chart(shown))


def _mine(report: Report) -> Iterator[str]:
    rows = [
        [
            _text(each.chat),
            f"{each.messages:,}",
            f'{_estimate(each.wrong)} <span class="spread">({each.wrong.hits:,})</span>',
            f'{_estimate(each.missed)} <span class="spread">({each.missed.hits:,})</span>',
        ]
        for each in report.mine
    ]
    if rows:
        yield "<p>At least so many: only what an admin labelled is known to be wrong.</p>"
        yield _table(["chat", "messages with links", "warned wrongly", "missed"], rows)


def _ranking(report: Report) -> Iterator[str]:
    if not report.rankings:
        return
    yield (
        "<p>Thresholds can be moved. This is what the raw score finds where so many of the harmless rows may be"
        " flagged; the threshold is chosen on the rows themselves, so it is a measure of the score and no"
        " forecast.</p>"
    )
    yield _figure("Dangerous links found, by harmless links flagged.", recall_chart(report.curves, report.groups[0]))
    rows = [[_text(each.phishing), _text(each.benign), *map(_recall, each.at)] for each in report.rankings]
    rates = [f"at {rate(at.rate)}" for at in report.rankings[0].at]
    yield _table(["dangerous", "harmless", *rates], rows)
    if any(not at.enough for each in report.rankings for at in each.at):
        yield '<p class="soft">* So few harmless rows that none may be flagged: a number without weight.</p>'


def _calibrations(found: Sequence[Calibration]) -> Iterator[str]:
    if not found:
        return
    yield (
        "<p>Probabilities are moved to the share of dangerous links that each line is for, and the rows weighed alike."
        " Below the diagonal it cries wolf, above it is too quiet.</p>"
    )
    rows = [
        [
            f"{rate(each.prior)} dangerous",
            percent(each.error),
            percent(each.right_when_warned),
            percent(each.right_when_malicious),
        ]
        for each in found
    ]
    summary = _table(["if", "off by, on average", "warnings that are right", "“malicious” that is right"], rows)
    bands = "".join(f"<h3>If {rate(each.prior)} are dangerous</h3>{_bands(each)}" for each in found)
    yield _figure("What it says, and what is so.", calibration_chart(found))
    yield summary
    yield f"<details><summary>The bands</summary>{bands}</details>"


def _bands(found: Calibration) -> str:
    rows = [
        [f"{band.low:g} to {band.high:g}", f"{band.rows:,}", percent(band.says), _estimate(band.found)]
        for band in found.bands
    ]
    return _table(["probability", "rows", "says", "is"], rows)


def _ablations(report: Report) -> Iterator[str]:
    if not report.ablations:
        return
    yield "<p>The same rows, judged once more without one part. What gets worse is what the part is worth here.</p>"
    whole = report.groups[0]
    rows = [["with all of it", *map(_recall, report.rankings[0].at), _estimate(whole.caught), _estimate(whole.wrong)]]
    rows += [
        [f"without {_text(each.without)}", *map(_recall, each.at), _estimate(each.caught), _estimate(each.wrong)]
        for each in report.ablations
    ]
    rates = [f"found at {rate(at.rate)}" for at in report.rankings[0].at]
    yield _table(["", *rates, "warned of", "wrongly"], rows)


def _mistakes(report: Report) -> Iterator[str]:
    kinds = (("Harmless, and warned of", report.wrong), ("Dangerous, and missed", report.missed))
    columns = [f"<div><h3>{title}</h3>{_cases(found)}</div>" for title, found in kinds if found]
    if columns:
        yield "<p>One a site, the worst first; with what spoke most for and against. Some are wrong labels.</p>"
        yield f'<div class="pair">{"".join(columns)}</div>'


def _cases(found: Iterable[Shown]) -> str:
    items = []
    for each in found:
        about = ", ".join(
            filter(None, [_text(each.source), each.verdict, "" if each.score is None else f"score {each.score:+.2f}"])
        )
        reasons = "".join(f"<li>{_text(reason)}</li>" for reason in each.reasons)
        items.append(
            f'<li><div class="link">{_text(each.link)}</div><span class="spread">{about}</span><ul>{reasons}</ul></li>'
        )
    return f'<ol class="cases">{"".join(items)}</ol>'


def _times(report: Report) -> Iterator[str]:
    times = report.times
    if times.median is None or times.p95 is None:
        return
    yield (
        f"<p>From text to verdict a row takes {times.median:.3f} ms at the median, and no more than"
        f" {times.p95:.3f} ms in 95 of 100; these took longest:</p>"
    )
    rows = [[f'<span class="link">{_text(each.link)}</span>', f"{each.milliseconds:.2f} ms"] for each in report.slowest]
    yield _table(["link", "took"], rows, words=True)


# --- pieces ------------------------------------------------------------------------------------------------------


def _text(text: str) -> Cell:
    """What a stranger wrote, inert, and in its own direction of writing."""
    return f"<bdi>{escape(text)}</bdi>"


def _estimate(estimate: Estimate) -> Cell:
    between = spread(estimate)
    return percent(estimate.value) + (f' <span class="spread">{between}</span>' if between else "")


def _recall(at: AtRate) -> Cell:
    between = spread(at.recall)
    star = "" if at.enough else " *"
    return percent(at.recall.value, 1) + (f' <span class="spread">{between}{star}</span>' if between else star)


def _group(group: Group) -> list[Cell]:
    budget = group.budget.value if group.budget else ""
    return [
        _text(group.name),
        f"{group.caught.of:,}" if group.caught.of else "none",
        _estimate(group.caught) if group.caught.of else "",
        f"{group.wrong.of:,}" if group.wrong.of else "none",
        f'{_estimate(group.wrong)} <span class="spread">({group.wrong.hits:,})</span>' if group.wrong.of else "",
        "" if group.wrong_upper is None else percent(group.wrong_upper),
        f'<span class="{budget.replace(" ", "-")}">{budget}</span>' if budget else "",
    ]


def _table(headings: Sequence[str], rows: Sequence[Sequence[Cell]], *, words: bool = False) -> str:
    """`words`: the first column is sentences and may be broken. A row of one cell is a heading within the table."""
    if not rows:
        return ""
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = []
    for row in rows:
        if len(row) == 1:
            body.append(f'<tr class="part"><td colspan="{len(headings)}">{row[0]}</td></tr>')
            continue
        first = f'<td class="words">{row[0]}</td>' if words else f"<td>{row[0]}</td>"
        body.append(f"<tr>{first}{''.join(f'<td>{cell}</td>' for cell in row[1:])}</tr>")
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    return f'<div class="wide" tabindex="0">{table}</div>'


def _figure(caption: str, chart: str) -> str:
    return f"<figure><figcaption>{caption}</figcaption>{chart}</figure>"


def _list(sentences: Iterable[str]) -> str:
    return f'<ul class="notes">{"".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)}</ul>'
