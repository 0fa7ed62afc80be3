"""A report in plain sentences, for people who want to know what it comes to."""

from __future__ import annotations

from collections.abc import Iterator

from whinchat.apps.scanner.evaluation.measures import ALL, MEAN
from whinchat.apps.scanner.evaluation.report import Budget, Estimate, Group, Ranking, Report

FEW = 3_000  # benign rows, none of them wrong, from which "at most 1 in 1,000" can be met

Interval = tuple[float | None, float | None]


def percent(share: float | None, digits: int | None = None) -> str:
    """`45.5 %`, with more digits the smaller it is; a dash for what cannot be said."""
    if share is None:
        return "–"
    if digits is None:
        digits = 0 if not share else 1 if share >= 0.01 else 2 if share >= 0.001 else 3
    return f"{100 * share:.{digits}f} %"


def rate(share: float) -> str:
    """A round share, as `0.1 %`."""
    return f"{100 * share:g} %"


def spread(estimate: Estimate) -> str:
    """`43–48 %`; empty where it is unknown."""
    if estimate.low is None or estimate.high is None:
        return ""
    high = percent(estimate.high)
    digits = max(0, len(high.partition(".")[2]) - len(" %"))
    return f"{100 * estimate.low:.{digits}f}–{high}"


def with_spread(estimate: Estimate) -> str:
    """`45.5 % (43.1–48.0 %)`"""
    between = spread(estimate)
    return f"{percent(estimate.value)} ({between})" if between else percent(estimate.value)


def whole_ranking(report: Report) -> Ranking | None:
    """All of the phishing against all of the benign rows."""
    return next((each for each in report.rankings if each.phishing == each.benign == ALL), None)


def headline(report: Report) -> Iterator[str]:
    """What it comes to."""
    whole, noun = report.groups[0], "messages" if _of_messages(report) else "links"
    if not whole.caught.of and not whole.wrong.of:
        yield "There is nothing to measure: no row is a dangerous or a harmless link."
        return
    if whole.caught.of:
        yield f"It warned of {with_spread(whole.caught)} of {whole.caught.of:,} dangerous {noun}."
    if whole.wrong.of:
        yield _wrongly(whole, noun)
    ranking = whole_ranking(report)
    for at in ranking.at if ranking else ():
        if at.rate == 0.001 and at.enough:
            yield (
                f"With the threshold where 1 in 1,000 harmless {noun} would be warned of, it would find"
                f" {with_spread(at.recall)}."
            )
    if not whole.caught.of or not whole.wrong.of:
        missing = "dangerous" if not whole.caught.of else "harmless"
        yield f"There are no {missing} {noun} in the file: half of what matters cannot be said."
    worst = [group for group in report.groups if group.by in {"source", "chat"} and group.budget is Budget.REFUTED]
    if worst:
        names = ", ".join(f"{group.name} ({percent(group.wrong.value)})" for group in worst[:3])
        yield f"In some places it warns wrongly more often than 1 in 1,000, surely: {names}."


def _wrongly(whole: Group, noun: str) -> str:
    verdict = {
        Budget.MET: "That is within the budget of 1 in 1,000",
        Budget.NOT_REFUTED: "Whether that is within the budget of 1 in 1,000 cannot be told from so few",
        Budget.REFUTED: "That is more than the budget of 1 in 1,000",
        None: "",
    }[whole.budget]
    wrong = whole.wrong
    return (
        f"It warned wrongly of {wrong.hits:,} of {wrong.of:,} harmless {noun}, {percent(wrong.value)}."
        f" {verdict}: with 95 % confidence it is at most {percent(whole.wrong_upper)}."
    )


def _of_messages(report: Report) -> bool:
    return 2 * report.counts.messages > report.counts.rows


def kind_of(by: str, report: Report) -> str:
    """What a group is a group of."""
    return report.setup.group_by if by == "group" else {"class": "class of link"}.get(by, by)


def coverage(report: Report) -> Iterator[str]:
    """What became of all rows."""
    counts = report.counts
    parts = [f"{counts.phishing:,} dangerous", f"{counts.benign:,} harmless"]
    if counts.spam:
        parts.append(f"{counts.spam:,} spam, counted apart")
    yield f"{counts.rows:,} rows: {', '.join(parts)}. {counts.sites:,} sites."
    if counts.messages:
        yield (
            f"Without a link, so nothing to judge: {counts.phishing_without_link:,} dangerous messages (missed, in"
            f' "of all" below) and {counts.benign_without_link:,} harmless ones (in no share).'
        )
    if counts.coverage is not None:
        yield (
            f"{percent(counts.coverage, 2)} of the rows with a link got a score; {counts.unreadable:,} could not be"
            f" read as a link, {counts.failed:,} failed. Without a score dangerous counts as missed and harmless as"
            " warned of."
        )
    for reason, rows in counts.left_out.items():
        yield f"Left out as asked: {rows:,} rows, {reason}."


def caveats(report: Report) -> Iterator[str]:
    """What these numbers cannot say."""
    setup, counts = report.setup, report.counts
    whole = report.groups[0]
    if not setup.unseen:
        yield (
            "How it does on sites that are new to it: sites it was trained on may be among these. `--unseen FILE` with"
            " the training links leaves them out."
        )
    if setup.feeds == "none":
        yield "What live feeds add: none were used. Running with feeds that are kept fresh, it catches more."
    if setup.feeds == "all":
        yield "How it would have done on the day: feeds may have learned of these very links afterwards."
    if whole.wrong.of < FEW:
        yield (
            f"Whether wrong warnings stay below 1 in 1,000: that takes at least {FEW:,} harmless rows, none of them"
            f" wrong; there are {whole.wrong.of:,}."
        )
    elif any(group.by in {"source", "chat"} and 0 < group.wrong.of < FEW for group in report.groups):
        yield f"Whether the budget is met in the small sources: that takes at least {FEW:,} harmless rows of each."
    if not any(group.name == MEAN for group in report.groups):
        yield "How it does elsewhere: all harmless rows come from one source, and chats differ more than thresholds do."
    else:
        yield "How it does in chats unlike these sources: the rows by source show how much that can matter."
    if counts.sites < counts.rows / 3:
        yield 'How it does on many sites: few sites repeat often here. The rows "each site once" weigh them alike.'
    yield (
        "How many warnings are right in your chats: that depends on how many links are dangerous there. The table of"
        " calibration shows it for several shares."
    )
    yield "Whether the labels are right: a few of the worst mistakes usually turn out to be wrong labels. Look at them."


def made_with(report: Report) -> str:
    """What the numbers depend on."""
    versions, setup = report.versions, report.setup
    return (
        f"whinchat {versions.whinchat}, weights {versions.weights}, model {versions.model}, lists {versions.lists}."
        f" {setup.bootstrap} resamples of sites, seed {setup.seed}. {report.made_at}"
    )
