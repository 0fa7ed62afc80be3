"""What `whinchat scan` prints: results as data, as table rows, and in full."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from whinchat.apps.scanner.evidence.message import MessageReading
from whinchat.apps.scanner.evidence.situation import Situation
from whinchat.apps.scanner.explain import Explainer, percent
from whinchat.apps.scanner.feeds.lists import SNAPSHOT, SnapshotLists
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.links.collect import LARGE, Text
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.links.unwrap import unwrap
from whinchat.apps.scanner.scoring import Part
from whinchat.apps.scanner.service import links_in
from whinchat.apps.scanner.verdict import Level, Reason, Verdict
from whinchat.core.formatting.defang import defang_url
from whinchat.core.formatting.i18n import Words

CATALOGUES = Path(__file__).with_name("catalogues")
SHOWN = 60  # characters of a link in a table
NOT_A_LINK = "this is not a link, such as https://example.org/page"


class SystemClock:
    """`ports.Clock` for a program that ends when it has answered."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything needed to judge and explain."""

    judge: Judge
    lists: SnapshotLists
    words: Words
    explainer: Explainer
    language: str
    now: int


def desk(given: Any, language: str, *, feeds: bool = True) -> Desk:
    """`given`: the command line's object; where it has a data folder, feeds imported into it are used.

    Raises click.BadParameter: there is no such language.
    """
    words = Words((CATALOGUES,))
    spoken = words.match(language)
    if spoken is None:
        raise click.BadParameter(f"there are {', '.join(words.languages)}", param_hint="--language")
    data: Path | None = getattr(given, "data", None)
    imported = None if data is None else data / "scanner" / SNAPSHOT
    clock = SystemClock()
    lists = SnapshotLists(imported, clock)
    judge = Judge(lists)
    if not feeds:
        judge = judge.variant(frozenset({Part.FEEDS}))
    return Desk(judge, lists, words, Explainer(words), spoken, clock.now())


def link_in(text: str) -> Link | None:
    """The link that a text is, or what it wraps."""
    link = parse_link(text)
    return None if link is None else unwrap(link) or link


def result(desk: Desk, text: str) -> dict[str, Any]:
    """The verdict on one input; `unknown` with an error where it is no link."""
    link = link_in(text)
    if link is None:
        return _unreadable(text)
    return _judged(desk, text, desk.judge.judge(link, desk.now))


def message_result(desk: Desk, text: str) -> dict[str, Any]:
    """The verdicts on the links of a message, each with what the message says around it, worst first.

    `verdict`, `probability` and `score` are each the highest of all links; null where there is none.
    """
    reading = MessageReading.of([text[:LARGE]], desk.judge.tables)
    situation = Situation(desk.judge.tables, reading)
    found = []
    for link, _ in links_in([Text("body", text)]):
        verdict = desk.judge.in_situation(desk.judge.judge(link, desk.now), link, situation)
        found.append((verdict.level.rank, -verdict.log_odds, _judged(desk, link.raw, verdict)))
    links = [result for *_, result in sorted(found, key=lambda each: each[:2])]
    return {
        "verdict": links[0]["verdict"] if links else None,
        "probability": max((each["probability"] for each in links), default=None),
        "score": max((each["score"] for each in links), default=None),
        "links": links,
    }


def _judged(desk: Desk, text: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "input": text,
        "url": verdict.url,
        "verdict": verdict.level.value,
        "probability": round(verdict.probability, 6),
        "score": round(verdict.score, 4),
        "reasons": list(desk.explainer.reasons(verdict, desk.language)),
        "evidence": {reason.name: {"weight": round(reason.weight, 3), **reason.values} for reason in verdict.reasons},
        "site": verdict.site,
        "host": verdict.host,
        "pretends": verdict.pretends,
        "sources": [{"source": "lists", "version": verdict.lists_version, "listed": _listed(verdict.reasons)}],
        "wrapper": verdict.wrapper,
        "error": None,
    }


def _unreadable(text: str) -> dict[str, Any]:
    empty = dict.fromkeys(("url", "probability", "score", "site", "host", "pretends", "wrapper"))
    return {
        "input": text,
        **empty,
        "verdict": Level.UNKNOWN.value,
        "reasons": [],
        "evidence": {},
        "sources": [],
        "error": NOT_A_LINK,
    }


def _listed(reasons: tuple[Reason, ...]) -> list[str]:
    return [reason.values["feed"] for reason in reasons if "feed" in reason.values]


def row(found: dict[str, Any]) -> tuple[str, str, str, str]:
    """Verdict, percent, defanged link, strongest reason."""
    if found["error"]:
        return found["verdict"], "", _printable(found["input"])[:SHOWN], found["error"]
    why = found["reasons"][0] if found["reasons"] else ""
    return found["verdict"], f"{percent(found['probability'])} %", defang_url(found["url"], SHOWN), why


def _printable(text: str) -> str:
    """Text of strangers without what moves a terminal's cursor."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def link_result(link: Link) -> dict[str, Any]:
    """What `scan links` says of a link."""
    return {
        "raw": link.raw,
        "kind": link.kind.value,
        "url": link.url,
        "key": link.key,
        "host": link.host,
        "site": link.site.name,
        "start": link.start,
        "end": link.end,
        "tricks": sorted(trick.value for trick in link.tricks),
    }


def full(desk: Desk, link: Link) -> Iterator[str]:
    """Everything behind a verdict."""
    examined = desk.judge.examine(link, desk.now)
    verdict, say = desk.judge.judge(link, desk.now), desk.words.say
    tongue = desk.language
    yield from desk.explainer.lines(verdict, tongue)
    yield ""
    yield f"URL: {defang_url(verdict.url)}"
    yield f"{say('scanner.explain.class', tongue)}: {examined.address.value}"
    yield f"{say('scanner.explain.decided_by', tongue)}: {verdict.decided_by.value}"
    yield f"{say('scanner.explain.probability', tongue)}: {verdict.probability:.4f} ({verdict.log_odds:+.2f})"
    yield f"{say('scanner.explain.score', tongue)}: {verdict.score:+.2f}"
    limits = desk.judge.rules.thresholds
    yield (
        f"{say('scanner.explain.thresholds', tongue)}: benign < {limits.ask} ≤ unknown < {limits.warn} ≤ suspicious,"
        f" malicious ≥ {limits.malicious} ({limits.corroboration}+)"
    )
    age = desk.lists.age_days
    known = say("scanner.explain.no_lists", tongue) if age is None else f"{verdict.lists_version} ({age:.0f} d)"
    yield f"{say('scanner.explain.lists', tongue)}: {known}"
    model = desk.judge.model
    yield f"{say('scanner.explain.model', tongue)}: {model.version} ({model.age_days(desk.now):.0f} d)"
    yield f"{say('scanner.explain.evidence', tongue)}:"
    if not verdict.reasons:
        yield f"  {say('scanner.explain.evidence_none', tongue)}"
    for reason in verdict.reasons:
        yield f"  {reason.weight:+6.2f}  {reason.name}: {desk.explainer.sentence(reason, tongue)}"
    yield say("scanner.explain.not_asked", tongue)
