"""The text of a message, read once for all links in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.evidence.wording import LINK

LONGEST = 4_096
"""Code points read of a message: half from its beginning, half from its end, so that nothing hides behind filler."""
BEFORE, AFTER = 60, 30
"""Words before and after a link that count."""
MANY = 3
"""Loaded ideas, the brand's name among them, that make the message speak for the brand without any sense found."""


@dataclass(frozen=True, slots=True)
class MessageReading:
    """What a message is about, as far as evidence needs it; it holds words of our lists and no others."""

    senses: Mapping[str, str] = field(default_factory=dict)
    """Sense (`context.toml`) to the words of our lists that made it."""
    brand: str | None = None
    """The first brand named, if the message seems to speak for it."""
    loaded: Mapping[str, str] = field(default_factory=dict)
    """Ideas that scams live on to the word of our lists."""
    words: int = 0
    """Near links, and outside them."""

    @classmethod
    def of(cls, texts: Sequence[str], tables: Tables) -> MessageReading:
        """`texts`: the parts of the message (body, caption, preview, …), the links still in them."""
        text = "\n".join(texts)
        if len(text) > LONGEST:
            text = f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"
        words = _near_links(tables.lexicon.read(text))
        found = tables.lexicon.look(words)
        speaks = found.brands and (found.senses or len(found.loaded) >= MANY)
        return cls(
            senses=found.senses,
            brand=found.brands[0].name if speaks else None,
            loaded=found.loaded,
            words=len(words) - words.count(LINK),
        )


def _near_links(words: list[str]) -> list[str]:
    """What is said about the links: a long text mentions everything somewhere."""
    if len(words) <= BEFORE + AFTER:
        return words
    links = [at for at, word in enumerate(words) if word == LINK] or [0]
    kept: list[str] = []
    done = 0
    for at in links:
        start, end = max(done, at - BEFORE), at + AFTER
        kept += words[start:end]
        done = max(done, end)
    return kept
