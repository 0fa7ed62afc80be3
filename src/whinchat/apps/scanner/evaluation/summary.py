"""Puts a report together from what was judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from whinchat import __version__
from whinchat.apps.scanner.evaluation.calibration import calibration
from whinchat.apps.scanner.evaluation.evaluate import Evaluated, Options
from whinchat.apps.scanner.evaluation.goals import goals
from whinchat.apps.scanner.evaluation.judging import Case, DatedLists, FeedUse, State
from whinchat.apps.scanner.evaluation.measures import Measures
from whinchat.apps.scanner.evaluation.report import SCHEMA, Counts, Feed, Mine, Report, Setup, Shown, Times, Versions
from whinchat.apps.scanner.evaluation.rows import Label
from whinchat.apps.scanner.evaluation.sample import Sample
from whinchat.apps.scanner.explain import Explainer
from whinchat.apps.scanner.scoring import Part
from whinchat.core.formatting.defang import defang_url

LONGEST_SHOWN = 90  # characters of a link
LANGUAGE = "en"


def summarise(
    evaluated: Evaluated,
    options: Options,
    lists: DatedLists,
    explainer: Explainer,
    *,
    files: Sequence[str],
    now: int,
    mine: tuple[Mine, ...] = (),
) -> Report:
    """`now`: milliseconds UTC."""
    sample, judge = evaluated.sample, evaluated.bench.judge
    measures = Measures(sample, options.bootstrap)
    groups = tuple(measures.groups())
    rankings = tuple(measures.rankings())
    whole = (*measures.all.phishing, *measures.all.benign)
    prior = judge.model.prior
    return Report(
        schema=SCHEMA,
        made_at=datetime.fromtimestamp(now // 1000, UTC).isoformat(),
        versions=Versions(
            whinchat=__version__, weights=judge.weights.version, lists=lists.version, model=judge.model.version
        ),
        setup=_setup(evaluated, options, lists, files),
        counts=_counts(evaluated),
        goals=tuple(goals(groups, rankings, messages=2 * sample.messages > len(sample))),
        of_all=measures.of_all(),
        spam=measures.of_spam(),
        rankings=rankings,
        groups=groups,
        mine=mine,
        groups_left_out=measures.left_out,
        calibration=tuple(calibration(sample, whole, groups[0], prior, options.priors, options.bootstrap)),
        times=_times(sample),
        ablations=tuple(measures.ablations()),
        curves=tuple(measures.curves()),
        wrong=_shown(sample.wrong.cases(), explainer),
        missed=_shown(sample.missed.cases(), explainer),
        slowest=_shown(sample.slowest.cases(), explainer),
    )


def _setup(evaluated: Evaluated, options: Options, lists: DatedLists, files: Sequence[str]) -> Setup:
    judge = evaluated.bench.judge
    return Setup(
        files=tuple(files),
        feeds=options.feeds.value,
        without=tuple(sorted(part.value for part in options.without)),
        loaded_feeds=tuple(Feed(feed.name, feed.date, feed.entries) for feed in lists.feeds),
        warn=judge.rules.thresholds.warn,
        malicious=judge.rules.thresholds.malicious,
        prior=judge.model.prior,
        bootstrap=options.bootstrap.times,
        seed=options.bootstrap.seed,
        unseen=options.unseen,
        per_site=options.per_site,
        sample=options.sample,
        group_by=options.group_by,
        notes=tuple(_notes(evaluated, options, lists)),
    )


def _notes(evaluated: Evaluated, options: Options, lists: DatedLists) -> Iterator[str]:
    """What was and was not used, in sentences."""
    if options.mine:
        yield (
            "These links were labelled by admins, most of them because a verdict was wrong: shares among them say what"
            " has become better since, and nothing of how often verdicts are wrong."
        )
    newest = max((feed.date for feed in lists.feeds), default="")
    yield {
        FeedUse.NONE: "Feeds were not used.",
        FeedUse.REPLAY: (
            "Feeds were replayed: entries are not dated, so a feed counts only for links younger than its newest entry"
            f" (the newest feed knows {newest})."
        ),
        FeedUse.ALL: (
            f"All feeds were used, whatever the date of the link (the newest feed knows {newest}): they may have"
            " learned of these links later, so this is no forecast."
        ),
    }[options.feeds]
    if evaluated.has_text and Part.CONTEXT not in options.without:
        yield "The message around a link was read."
    else:
        yield "No message was read around the links."
    yield (
        "Rows were replayed by date, each chat remembering what it had seen before."
        if evaluated.replayed
        else "What a chat has seen before was not used."
    )
    if options.unseen:
        yield f"Links of sites in {options.unseen} were left out: all sites are new to what was learned from it."
    else:
        yield "Sites that the scanner was trained on were not left out, so they may be among these."
    if left := sorted(part.value for part in options.without):
        yield f"Left out of the scanner: {', '.join(left)}."
    if evaluated.sample.undated and (evaluated.replayed or options.feeds is FeedUse.REPLAY):
        yield f"{evaluated.sample.undated:,} rows have no date of the form 2026-05-31: no feed and no memory for them."


def _counts(evaluated: Evaluated) -> Counts:
    sample, told = evaluated.sample, evaluated.sample.verdicts

    def rows(label: Label | None = None, why: State | None = None) -> int:
        return sum(
            count
            for (of, verdict), count in told.items()
            if label in {None, of} and (why is None or verdict == why.name.lower())
        )

    with_link = len(sample) - rows(why=State.NO_LINK)
    lost = rows(why=State.UNREADABLE) + rows(why=State.FAILED)
    verdicts: dict[str, dict[str, int]] = {}
    for (label, verdict), count in sorted(told.items()):
        verdicts.setdefault(label.value, {})[verdict] = count
    return Counts(
        rows=len(sample),
        phishing=rows(Label.PHISHING),
        benign=rows(Label.BENIGN),
        spam=rows(Label.SPAM),
        sites=sum(1 for _ in sample.sites),
        messages=sample.messages,
        phishing_without_link=rows(Label.PHISHING, State.NO_LINK),
        benign_without_link=rows(Label.BENIGN, State.NO_LINK),
        unreadable=rows(why=State.UNREADABLE),
        failed=rows(why=State.FAILED),
        undated=sample.undated,
        left_out=dict(sorted(evaluated.left_out.items())),
        coverage=1 - lost / with_link if with_link else None,
        verdicts=verdicts,
    )


def _times(sample: Sample) -> Times:
    taken = sorted(1000 * seconds for seconds in sample.seconds if seconds)
    if not taken:
        return Times(None, None, None)
    return Times(taken[len(taken) // 2], taken[int(0.95 * len(taken))], taken[-1])


def _shown(cases: Sequence[Case], explainer: Explainer) -> tuple[Shown, ...]:
    return tuple(_show(case, explainer) for case in cases)


def _show(case: Case, explainer: Explainer) -> Shown:
    outcome = case.outcome
    if outcome is None:
        link = defang_url(case.row.address, LONGEST_SHOWN)
        why = "it cannot be read as a link" if case.state is State.UNREADABLE else "the scanner failed"
        return Shown(link, case.row.source, None, None, case.state.name.lower(), (why,), 0.0)
    verdict = outcome.verdict
    return Shown(
        link=defang_url(outcome.link.url, LONGEST_SHOWN),
        source=case.row.source,
        score=outcome.score,
        probability=verdict.probability,
        verdict=verdict.level.value,
        reasons=tuple(f"{reason.weight:+.1f} {explainer.sentence(reason, LANGUAGE)}" for reason in verdict.reasons[:4]),
        milliseconds=1000 * case.seconds,
    )
