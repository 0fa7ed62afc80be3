"""Messages with a link, and what the scanner finds in what they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.evidence import link, tables

from whinchat.apps.scanner.evidence.index import around
from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.evidence.message import MessageReading
from whinchat.apps.scanner.evidence.situation import Situation
from whinchat.apps.scanner.scoring import Weights, score

CASES = Path(__file__).parents[1] / "data" / "messages.txt"
ELSEWHERE = "https://ordinary.example.com/page"
ORDINARY = -4.0  # log-odds of a link that nothing is known about
WARN = 1.386  # log-odds of 0.8


@dataclass(frozen=True, slots=True)
class Case:
    language: str
    text: str
    senses: frozenset[str]
    """To be found; none for an honest message."""


@cache
def cases() -> tuple[Case, ...]:
    """Of `tests/data/messages.txt`, each with a link in it."""
    return tuple(_cases())


def _cases() -> Iterator[Case]:
    language = ""
    for line in CASES.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            language = line.strip("[]")
        elif line and not line.startswith("#"):
            senses, _, text = line.partition(" | ")
            words = (ELSEWHERE if word == "L" else word for word in text.split())
            yield Case(language, " ".join(words), frozenset(senses.split()) - {"-"})


def read(*texts: str) -> MessageReading:
    return MessageReading.of(texts, tables())


def said(text: str, to: str = ELSEWHERE) -> dict[str, Evidence]:
    """Evidence by name in a message about one link."""
    return {each.name: each for each in around(link(to), Situation(tables(), read(text)))}


@cache
def weights() -> Weights:
    return Weights.load()


def added(text: str, to: str = ELSEWHERE) -> float:
    """Log-odds that the message adds to the link."""
    return score(said(text, to).values(), weights(), 0.0).log_odds
