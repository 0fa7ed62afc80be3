"""Yes and no. A word of refusal anywhere in a message is a refusal; consent is nothing but words of consent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from whinchat.apps.wallet.language.words import Phrase, spoken, vocabulary
from whinchat.core.dispatch.arguments import LONGEST_WORD

LONGEST_CONSENT = 6
"""Words; who says more means more."""
QUESTION = re.compile("[?¿؟？⁇⁈⁉❓❔]")
_RUN = re.compile(r"(.)\1{2,}")
_PARTS = re.compile(r"[^\w']+")


def words(text: str) -> list[str]:
    """All words in a text as the vocabulary has them; a picture is a word. What is part of a payee is left out."""
    found: list[str] = []
    for token in _apart(text).split():
        if "@" in token or "://" in token:
            continue
        found += filter(None, map(spoken, _PARTS.split(token)) if len(token) > LONGEST_WORD else _split(spoken(token)))
    return found


def refuses(said: Sequence[str]) -> bool:
    """Whether a word or phrase of refusal is anywhere among the words."""
    if any(_is_refusal(word) for word in said):
        return True
    phrases = vocabulary().refusal_phrases
    return any(tuple(said[at : at + len(phrase)]) == phrase for phrase in phrases for at in range(len(said)))


def is_refusal(said: Sequence[str]) -> bool:
    """Whether a message of these words refuses: some do only when they are all that was said."""
    return refuses(said) or (len(said) == 1 and said[0] in vocabulary().refusals_alone)


def consent(text: str) -> tuple[str, ...] | None:
    """What is left of a message that begins with a consent, in its own letters: nothing of a plain `yes please`, the
    code of `yes 7K2M`. None: it does not begin with one. A question is left as a whole.
    """
    # What is too long for a word is not spoken, and is no mere punctuation either.
    tokens = _apart(text).split()
    said = [spoken(token) if len(token) <= LONGEST_WORD else token for token in tokens]
    start = _consented(said)
    if start == 0:
        return None
    if QUESTION.search(text) or len(tokens) > LONGEST_CONSENT:
        return tuple(tokens)
    return tuple(tokens[start:])


def _consented(said: Sequence[str]) -> int:
    """How many words from the beginning are consent, or courtesy and punctuation beside it."""
    known = vocabulary()
    at, agreed = 0, False
    while at < len(said):
        step = _phrase_at(said, at, known.consent_phrases) or int(said[at] in known.consents)
        agreed = agreed or step > 0
        if not step and said[at] and said[at] not in known.consent_courtesy:
            break
        at += step or 1
    return at if agreed else 0


def _phrase_at(said: Sequence[str], at: int, phrases: frozenset[Phrase]) -> int:
    return max((len(each) for each in phrases if tuple(said[at : at + len(each)]) == each), default=0)


def _is_refusal(word: str) -> bool:
    """Long drawn ones too: `nooo`, `stoppp`."""
    refusals = vocabulary().refusals
    if word in refusals or word.endswith("n't"):
        return True
    return _RUN.search(word) is not None and not refusals.isdisjoint({_RUN.sub(r"\1", word), _RUN.sub(r"\1\1", word)})


def _split(folded: str) -> Iterator[str]:
    yield from (folded,) if folded in vocabulary().refusals else _PARTS.split(folded)


def _apart(text: str) -> str:
    """With gaps around pictures: `yes👍` is two words."""
    pictures = "".join(word for word in vocabulary().refusals | vocabulary().consents if not word[0].isalnum())
    return re.sub(f"[{re.escape(pictures)}]", r" \g<0> ", text)
