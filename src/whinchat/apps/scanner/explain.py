"""A verdict in plain sentences: title, what it pretends to be, up to three reasons, one line of advice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from whinchat.apps.scanner.sources.asked import Skip
from whinchat.apps.scanner.verdict import DecidedBy, Level, Reason, Verdict
from whinchat.core.formatting.defang import defang_host, defang_url
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup

MOST_REASONS = 3
TELLING = 0.3  # log-odds below which a piece of evidence is not worth a sentence
URL_SHOWN = 60  # characters
IN_VAIN = frozenset({Skip.MISCONFIGURED, Skip.RESTING, Skip.BUSY, Skip.QUOTA})
"""Why a source that would have been asked was not."""
NO_TITLES: Mapping[str, str] = MappingProxyType({})
BAD = frozenset({Level.MALICIOUS, Level.SUSPICIOUS})
DAY = 24 * 3600 * 1000  # milliseconds
STATISTICAL = frozenset(
    {
        "strange_name",
        "familiar_name",
        "strange_path",
        "random_name",
        "long_name",
        "long_subdomain",
        "risky_suffix",
        "trusted_suffix",
        "risky_hosting",
        "free_app",
        "free_site",
        "bare_page_on_hosting",
    }
)
"""True, but nothing that convinces a person by itself: said last."""
FACTS = frozenset({"page_gone", "not_reached"})
"""They speak for nothing, but who asks would like to know: said after all reasons."""
HOSTS = frozenset({"site", "host", "domain"})
"""Values that are shown defanged."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Sentences that are safe to show: hosts are defanged, nothing in them can format or be tapped."""

    level: Level
    host: Markup
    title: Markup
    pretends: Markup | None
    reasons: tuple[Markup, ...]
    """Strongest first: what speaks against the link, or for it when it is benign."""
    advice: Markup


class Explainer:
    """Puts verdicts into words."""

    def __init__(self, words: Words, titles: Mapping[str, str] = NO_TITLES) -> None:
        """`titles`: of external sources, by name."""
        self._words = words
        self._titles = titles

    def explain(self, verdict: Verdict, language: str, *, most: int = MOST_REASONS) -> Explanation:
        say = self._words.say
        pretends = None
        if verdict.pretends is not None and verdict.level in BAD:
            pretends = say("scanner.warning.pretends", language, brand=verdict.pretends)
        return Explanation(
            level=verdict.level,
            host=shown_host(verdict),
            title=say(f"scanner.verdict.{verdict.level.value}", language),
            pretends=pretends,
            reasons=self.reasons(verdict, language, most=most),
            advice=say(f"scanner.advice.{verdict.level.value}", language),
        )

    def reasons(self, verdict: Verdict, language: str, *, most: int = MOST_REASONS) -> tuple[Markup, ...]:
        """The strongest reasons as sentences; empty when nothing stood out."""
        return tuple(self.sentence(reason, language) for reason in telling(verdict)[:most])

    def sentence(self, reason: Reason, language: str) -> Markup:
        """One piece of evidence, and what a source wants to be shown with it. Raises KeyError: no catalogue has it."""
        values: dict[str, str] = {name: self._value(name, text, language) for name, text in reason.values.items()}
        said = self._words.say(f"evidence.{reason.name}", language, **values)
        notice = reason.values.get("notice")  # of ours, in English: it is to be shown as it is
        return said if notice is None else Markup(f"{said} ({notice})")

    def lines(self, verdict: Verdict, language: str) -> list[Markup]:
        """The whole answer to somebody who asked about a link, whatever its level."""
        say = self._words.say
        explained = self.explain(verdict, language)
        lines = [say(f"scanner.answer.{verdict.level.value}", language, host=explained.host)]
        if explained.pretends is not None:
            lines.append(explained.pretends)
        lines += [say("scanner.warning.reason", language, reason=reason) for reason in explained.reasons]
        if not explained.reasons:
            lines.append(say("scanner.answer.nothing" if verdict.host else "scanner.answer.app", language))
        if verdict.wrapper is not None:
            lines.append(say("scanner.answer.wrapper", language, host=Markup(defang_url(verdict.wrapper, URL_SHOWN))))
        if verdict.final is not None:
            lines.append(self.leads(verdict.final, language))
        lines += self._sources(verdict, language)
        if verdict.decided_by is not DecidedBy.OVERRIDE:
            lines.append(say("scanner.answer.chance", language, percent=Markup(percent(verdict.probability))))
        return [*lines, explained.advice]

    def leads(self, final: str, language: str) -> Markup:
        """Where a link that leads elsewhere ends."""
        return self._words.say("scanner.answer.leads", language, host=Markup(defang_url(final, URL_SHOWN)))

    def _sources(self, verdict: Verdict, language: str) -> list[Markup]:
        """Who was asked in vain is named: what they know is missing from the verdict."""
        asked, lines = verdict.asked, []
        if asked.heard:
            lines.append(self._words.say("scanner.answer.sources_heard", language, count=len(asked.heard)))
        silent = [*asked.failed, *(name for name, why in asked.skipped.items() if why in IN_VAIN)]
        if silent:
            titles = ", ".join(self._titles.get(name, name) for name in silent)
            lines.append(self._words.say("scanner.answer.sources_silent", language, sources=titles))
        return lines

    def _value(self, name: str, text: str, language: str) -> str:
        if name == "threat":
            return self._words.say(f"scanner.threat.{text}", language)
        if name == "age" and text.isdecimal():
            return self._words.duration(int(text) * DAY, language)
        # An ending such as .top is no host; that of a platform is.
        is_host = name in HOSTS or (name == "suffix" and not text.startswith("."))
        return Markup(defang_host(text)) if is_host else text


def shown_host(verdict: Verdict) -> Markup:
    """The host, defanged; of a link that opens an app its scheme."""
    return Markup(defang_host(verdict.host or verdict.site))


def telling(verdict: Verdict) -> list[Reason]:
    """The reasons worth a sentence, against the link or, when it is benign, for it: what people can see for themselves
    first, and within that the strongest.
    """
    if verdict.decided_by is DecidedBy.OVERRIDE:
        return list(verdict.reasons)
    side = -1 if verdict.level is Level.BENIGN else 1
    found = [reason for reason in verdict.reasons if reason.weight * side > TELLING]
    facts = [reason for reason in verdict.reasons if reason.name in FACTS]
    return [*sorted(found, key=lambda reason: reason.name in STATISTICAL), *facts]


def percent(probability: float) -> str:
    """`<1`, `37` or `>99`: as exact as the estimate is good for."""
    if probability < 0.01:
        return "<1"
    return ">99" if probability > 0.99 else str(round(100 * probability))
