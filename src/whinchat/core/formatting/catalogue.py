"""Catalogues of sentences: TOML files, one a language; tables nest into dotted keys (`scanner.warning.title`).

A sentence is a string with `{name}` placeholders and nothing else in braces. A table whose keys are plural categories
(`one`, `few`, `other`, …) is one sentence in several forms, chosen by its value `count`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

Sentence = str | dict[str, str]
"""One form, or plural category to form."""

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
CATEGORIES = frozenset(("zero", "one", "two", "few", "many", "other"))


def load(folders: Sequence[Path], language: str) -> dict[str, Sentence]:
    """All sentences of a language.

    Raises ValueError, naming the file: it is no TOML, holds something else than sentences, or a key of another file.
    """
    sentences: dict[str, Sentence] = {}
    for folder in folders:
        path = folder / f"{language}.toml"
        if not path.is_file():
            continue
        try:
            found = _flat(tomllib.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        twice = found.keys() & sentences.keys()
        if twice:
            raise ValueError(f"{path}: {min(twice)} is in another catalogue too")
        sentences |= found
    return sentences


def _flat(table: Mapping[str, object], path: str = "") -> dict[str, Sentence]:
    flat: dict[str, Sentence] = {}
    for name, value in table.items():
        key = f"{path}.{name}" if path else name
        match value:
            case str():
                flat[key] = value
            case dict() if "other" in value and CATEGORIES.issuperset(value):
                flat[key] = _forms(key, value)
            case dict():
                flat |= _flat(value, key)
            case _:
                raise ValueError(f"{key} is no sentence")
    return flat


def _forms(key: str, table: Mapping[str, object]) -> dict[str, str]:
    forms = {category: form for category, form in table.items() if isinstance(form, str)}
    if len(forms) < len(table):
        raise ValueError(f"{key} is no sentence")
    return forms


# --- plural categories of whole numbers (Unicode CLDR, plurals.xml) -----------------------------------------------


def _one(count: int) -> str:
    return "one" if count == 1 else "other"


def _romance(*ones: int) -> Callable[[int], str]:
    """Whole millions are a category of their own: "un millón *de* …"."""

    def category(count: int) -> str:
        if count in ones:
            return "one"
        return "many" if count and count % 1_000_000 == 0 else "other"

    return category


def _arabic(count: int) -> str:
    if count <= 2:
        return ("zero", "one", "two")[count]
    rest = count % 100
    if 3 <= rest <= 10:
        return "few"
    return "many" if rest >= 11 else "other"


_PLURALS: Mapping[str, tuple[Callable[[int], str], frozenset[str]]] = {
    "en": (_one, frozenset(("one", "other"))),
    "de": (_one, frozenset(("one", "other"))),
    "es": (_romance(1), frozenset(("one", "other"))),
    "pt": (_romance(0, 1), frozenset(("one", "other"))),
    "fr": (_romance(0, 1), frozenset(("one", "other"))),
    "hi": (lambda count: "one" if count in (0, 1) else "other", frozenset(("one", "other"))),
    "ar": (_arabic, frozenset(("one", "two", "few", "many", "other"))),
    "id": (lambda _: "other", frozenset(("other",))),
}
"""Language to its rule and the forms that a catalogue must have; what is missing besides falls back to `other`."""


def plural_category(language: str, count: int) -> str:
    """A language that is not known here counts like English."""
    rule, _ = _PLURALS.get(language.partition("-")[0], _PLURALS["en"])
    return rule(abs(count))


# --- completeness -------------------------------------------------------------------------------------------------


def faults(language: str, sentences: Mapping[str, Sentence], model: Mapping[str, Sentence]) -> list[str]:
    """What is wrong with a language's catalogues, measured against English ones."""
    missing = [f"{language}: {key} is missing" for key in sorted(model.keys() - sentences.keys())]
    unknown = [f"{language}: {key} is not in English" for key in sorted(sentences.keys() - model.keys())]
    wrong = [
        f"{language}: {key} {fault}"
        for key in sorted(sentences.keys() & model.keys())
        for fault in _faults(language, sentences[key], model[key])
    ]
    return missing + unknown + wrong


def _faults(language: str, sentence: Sentence, model: Sentence) -> list[str]:
    wanted = _names(model)
    if isinstance(sentence, str):
        if not isinstance(model, str):
            return ["lacks its plural forms"]
        found = _names(sentence)
        return _malformed(sentence) + ([] if found == wanted else [f"has {sorted(found)} instead of {sorted(wanted)}"])
    if isinstance(model, str):
        return ["has plural forms, which English does not have"]
    _, needed = _PLURALS.get(language.partition("-")[0], _PLURALS["en"])
    wrong = [f"lacks the form {category}" for category in sorted(needed - sentence.keys())]
    for category, form in sentence.items():
        # "One hour" and "two hours" may do without the number.
        optional = {"count"} if category in ("zero", "one", "two") else set()
        if not wanted - optional <= _names(form) <= wanted | {"count"}:
            wrong.append(f"has {sorted(_names(form))} instead of {sorted(wanted)} in {category}")
        wrong += _malformed(form)
    return wrong


def _names(sentence: Sentence) -> set[str]:
    forms = [sentence] if isinstance(sentence, str) else sentence.values()
    return {name for form in forms for name in PLACEHOLDER.findall(form)}


def _malformed(form: str) -> list[str]:
    if re.search("[{}]", PLACEHOLDER.sub("", form)):
        return ["has a brace that is no placeholder"]
    return ["is empty or has white space around it"] if not form or form != form.strip() else []
