"""The words of the languages in which people speak to their wallet: `data/<language>.toml`, all of them at once.

Whoever writes in one language need not have chosen it, and a refusal counts in every one.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from whinchat.core.dispatch.arguments import fold

LANGUAGES = ("en",)
DATA = Path(__file__).parent / "data"

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A way to say something, such as `{give} PAYEE AMOUNT`, and the command that it stands for."""

    says: str
    means: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    refusals: frozenset[str]
    refusal_phrases: frozenset[Phrase]
    refusals_alone: frozenset[str]
    refusals_misspelt: frozenset[str]
    consents: frozenset[str]
    consent_phrases: frozenset[Phrase]
    consent_courtesy: frozenset[str]
    openings: tuple[Phrase, ...]
    """The longest first; so are `closings`."""
    closings: tuple[Phrase, ...]
    dollars: frozenset[str]
    cents: frozenset[str]
    bitcoins: frozenset[str]
    satoshis: frozenset[str]
    other_money: frozenset[str]
    numbers: dict[str, int]
    joins: frozenset[str]
    one: frozenset[str]
    minus: frozenset[str]
    vague: frozenset[str]
    pronouns: frozenset[str]
    particles: frozenset[str]
    things: frozenset[str]
    later: frozenset[str]
    currencies: dict[str, str]
    """A currency's name to its code."""
    money_verbs: dict[str, str]
    """What people do with money to the command that may be meant."""
    money_words: frozenset[str]
    classes: dict[str, str]
    forms: tuple[Form, ...]


@cache
def vocabulary() -> Vocabulary:
    """Read when the first text comes."""
    read = [tomllib.loads((DATA / f"{language}.toml").read_text(encoding="utf-8")) for language in LANGUAGES]
    return Vocabulary(
        refusals=_words(read, "refusal", "words"),
        refusal_phrases=frozenset(_phrases(read, "refusal", "phrases")),
        refusals_alone=_words(read, "refusal", "alone"),
        refusals_misspelt=_words(read, "refusal", "misspelt"),
        consents=_words(read, "consent", "words"),
        consent_phrases=frozenset(_phrases(read, "consent", "phrases")),
        consent_courtesy=_words(read, "consent", "courtesy"),
        openings=_phrases(read, "courtesy", "opening"),
        closings=_phrases(read, "courtesy", "closing"),
        dollars=_words(read, "money", "dollars"),
        cents=_words(read, "money", "cents"),
        bitcoins=_words(read, "money", "bitcoins"),
        satoshis=_words(read, "money", "satoshis"),
        other_money=_words(read, "money", "other"),
        numbers={word: value for language in read for word, value in language["numbers"].items()},
        joins=_words(read, "number_grammar", "joins"),
        one=_words(read, "number_grammar", "one"),
        minus=_words(read, "number_grammar", "minus"),
        vague=_words(read, "number_grammar", "vague"),
        pronouns=_words(read, "people", "pronouns"),
        particles=_words(read, "people", "particles"),
        things=_words(read, "people", "things"),
        later=_words(read, "later", "words"),
        currencies={word: code for language in read for word, code in language["currencies"].items()},
        money_verbs={
            verb: command
            for language in read
            for command, verbs in language["money_verbs"].items()
            for verb in verbs.split()
        },
        money_words=_words(read, "money_words", "words"),
        classes={name: words for language in read for name, words in language["classes"].items()},
        forms=tuple(
            Form(says, said["means"]) for language in read for said in language["say"] for says in said["forms"]
        ),
    )


def _words(read: Iterable[dict[str, Any]], section: str, name: str) -> frozenset[str]:
    return frozenset(word for language in read for word in language[section][name].split())


def _phrases(read: Iterable[dict[str, Any]], section: str, name: str) -> tuple[Phrase, ...]:
    phrases = (tuple(phrase.split()) for language in read for phrase in language[section][name])
    return tuple(sorted(phrases, key=len, reverse=True))


_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ´`＇", "'"))


def spoken(token: str) -> str:
    """A token as the vocabulary has it: folded, with straight apostrophes, without skin tones."""
    return fold(_TONES.sub("", token.translate(_APOSTROPHES)))


def is_letter(character: str) -> bool:
    """Letters of any script, and the marks that belong to them (vowel signs, accents)."""
    return unicodedata.category(character)[0] in "LM"
