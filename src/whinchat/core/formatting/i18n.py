"""What the bot says, in the language of the chat: sentences from catalogues, spans of time, dates and lists."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from whinchat.core.formatting.catalogue import PLACEHOLDER, Sentence, faults, load, plural_category
from whinchat.core.formatting.markup import Markup, escape, has_right_to_left, isolate

log = logging.getLogger(__name__)

CORE = Path(__file__).with_name("catalogues")
"""The core's own sentences, part of every `Words`."""

RIGHT_TO_LEFT = frozenset(("ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"))

_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
_TWO_DAYS = 172_800  # seconds; below, a day is 24 hours


class Words:
    """Sentences from the core's catalogues and those in `folders`, one file a language, loaded when first used.

    Languages are BCP 47 tags: `pt-BR` falls back to `pt`, and what a language lacks is said in `default`.

    Raises ValueError: the catalogues of `default` cannot be read.
    """

    def __init__(self, folders: Sequence[Path] = (), default: str = "en") -> None:
        self._folders = (CORE, *folders)
        self._default = default
        self.languages: tuple[str, ...] = tuple(
            sorted({path.stem for folder in self._folders for path in folder.glob("*.toml")})
        )
        """Languages with at least one catalogue."""
        self._loaded = {default: load(self._folders, default)}

    def match(self, language: str) -> str | None:
        """The available language that serves `language` best; None when there is none but the default."""
        tag = language.replace("_", "-").lower()
        while tag:
            if tag in self.languages:
                return tag
            tag = tag.rpartition("-")[0]
        return None

    def require(self, keys: Iterable[str]) -> None:
        """Raises KeyError, naming them, when sentences are missing in the default language."""
        missing = sorted(set(keys) - self._loaded[self._default].keys())
        if missing:
            raise KeyError(", ".join(missing))

    def say(self, key: str, language: str, /, **values: str | int) -> Markup:
        """The sentence with its values, which are escaped unless they are `Markup`.

        Raises KeyError: there is no such sentence, or a value for one of its placeholders is missing.
        """
        spoken, sentence = self._find(key, language)
        if not isinstance(sentence, str):
            count = values["count"]
            category = plural_category(spoken, count) if isinstance(count, int) else "other"
            sentence = sentence.get(category) or sentence["other"]
        return Markup(PLACEHOLDER.sub(lambda found: _inserted(values[found[1]], spoken), sentence))

    def duration(self, milliseconds: int, language: str) -> Markup:
        """`24 hours`, `3 days`, `1 hour 30 minutes`: at most two units, seconds at the least."""
        rest = max(0, milliseconds) // 1000
        parts: list[Markup] = []
        for unit, size in _UNITS:
            if unit == "day" and rest < _TWO_DAYS:
                continue
            count, rest = divmod(rest, size)
            if count or (unit == "second" and not parts):
                parts.append(self.say(f"core.time.{unit}", language, count=count))
        if len(parts) == 1:
            return parts[0]
        larger, smaller, *_ = parts
        return self.say("core.time.two", language, larger=larger, smaller=smaller)

    def moment(self, at: int, language: str) -> Markup:
        """`22 November 2026, 14:30 UTC`, from milliseconds since 1970."""
        time = datetime.fromtimestamp(at / 1000, UTC)
        month = self.say(f"core.time.month_{time.month}", language)
        return self.say(
            "core.time.moment", language, day=time.day, month=month, year=time.year, time=Markup(f"{time:%H:%M}")
        )

    def listing(self, items: Sequence[str], language: str) -> Markup:
        """`a, b and c`."""
        spoken, _ = self._find("core.list.next", language)
        *most, last = [_inserted(item, spoken) for item in items] or [""]
        if not most:
            return Markup(last)
        return Markup(
            f"{self._between('core.list.next', language).join(most)}{self._between('core.list.last', language)}{last}"
        )

    def problems(self) -> list[str]:
        """What is wrong with the catalogues of all languages; empty when they are complete."""
        model = self._sentences(self._default)
        return [
            fault for language in self.languages for fault in faults(language, load(self._folders, language), model)
        ]

    def _between(self, key: str, language: str) -> str:
        """What stands between two items of a list: the sentence without its placeholders, which are at its ends."""
        _, sentence = self._find(key, language)
        return str(sentence).removeprefix("{first}").removesuffix("{second}")

    def _find(self, key: str, language: str) -> tuple[str, Sentence]:
        """The sentence and the language it is in."""
        spoken = self.match(language)
        while spoken is not None:
            sentence = self._sentences(spoken).get(key)
            if sentence is not None:
                return spoken, sentence
            spoken = self.match(spoken.rpartition("-")[0])
        return self._default, self._sentences(self._default)[key]

    def _sentences(self, language: str) -> dict[str, Sentence]:
        sentences = self._loaded.get(language)
        if sentences is None:
            try:
                sentences = load(self._folders, language)
            except (OSError, ValueError):
                log.exception("a catalogue cannot be read", extra={"language": language})
                sentences = {}
            self._loaded[language] = sentences
        return sentences


def _inserted(value: str | int, spoken: str) -> str:
    """`value` made safe, and kept from turning the sentence around where left-to-right meets right-to-left."""
    if isinstance(value, int):
        return str(value)
    text = escape(value)
    if text and (spoken.partition("-")[0] in RIGHT_TO_LEFT or has_right_to_left(text)):
        return isolate(text)
    return text
