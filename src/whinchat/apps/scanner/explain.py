"""A verdict in plain sentences: title, what it pretends to be, up to three reasons, one line of advice."""

from __future__ import annotations

from dataclasses import dataclass

from whinchat.apps.scanner.verdict import DecidedBy, Level, Reason, Verdict
from whinchat.core.formatting.defang import defang_host, defang_url
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup

MOST_REASONS = 3
TELLING = 0.3  # log-odds below which a piece of evidence is not worth a sentence
WRAPPER_SHOWN = 60  # characters
BAD = frozenset({Level.MALICIOUS, Level.SUSPICIOUS})
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

    def __init__(self, words: Words) -> None:
        self._words = words

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
        """One piece of evidence. Raises KeyError: the catalogues do not know it."""
        values: dict[str, str] = {name: self._value(name, text, language) for name, text in reason.values.items()}
        return self._words.say(f"evidence.{reason.name}", language, **values)

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
            lines.append(
                say("scanner.answer.wrapper", language, host=Markup(defang_url(verdict.wrapper, WRAPPER_SHOWN)))
            )
        if verdict.decided_by is not DecidedBy.OVERRIDE:
            lines.append(say("scanner.answer.chance", language, percent=Markup(percent(verdict.probability))))
        return [*lines, explained.advice]

    def _value(self, name: str, text: str, language: str) -> str:
        if name == "threat":
            return self._words.say(f"scanner.threat.{text}", language)
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
    return sorted(found, key=lambda reason: reason.name in STATISTICAL)


def percent(probability: float) -> str:
    """`<1`, `37` or `>99`: as exact as the estimate is good for."""
    if probability < 0.01:
        return "<1"
    return ">99" if probability > 0.99 else str(round(100 * probability))
