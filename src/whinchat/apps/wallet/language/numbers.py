"""Whole numbers in words: `twenty five`, `a hundred and five`, `fifteen hundred`."""

from __future__ import annotations

from collections.abc import Sequence

from whinchat.apps.wallet.language.words import vocabulary

HUNDRED = 100


def words_of(token: str) -> tuple[str, ...]:
    """A folded token as the words it is made of: `twenty-five` is two."""
    return tuple(part for part in token.split("-") if part)


def is_number_word(token: str) -> bool:
    """Whether a folded token belongs to a number and to nothing else."""
    parts = words_of(token)
    return bool(parts) and all(part in vocabulary().numbers for part in parts)


def read(words: Sequence[str]) -> int | None:
    """The number that the words are, all of them together; None when they are none, or could be two."""
    total, current, scale = 0, 0, 0
    joined = False
    for place, word in enumerate(_opened(words)):
        if word in vocabulary().joins:
            if joined or not place or (current % HUNDRED or not (current or total)):
                return None
            joined = True
            continue
        value = vocabulary().numbers.get(word)
        if value is None:
            return None
        if value < HUNDRED:
            grown = _grown(current, value, alone=len(words) == 1)
        elif value == HUNDRED:
            grown = _hundreds(current) if not joined else None
        elif current and not joined and (not scale or value < scale):
            total, grown, scale = total + current * value, 0, value
        else:
            grown = None
        if grown is None:
            return None
        current, joined = grown, False
    return None if joined else total + current


def _opened(words: Sequence[str]) -> list[str]:
    """`a hundred`, `hundred` and `one hundred` are the same."""
    numbers = vocabulary().numbers
    unit = next(word for word, value in numbers.items() if value == 1)
    if words and numbers.get(words[0], 0) >= HUNDRED:
        return [unit, *words]
    if len(words) > 1 and words[0] in vocabulary().one and numbers.get(words[1], 0) >= HUNDRED:
        return [unit, *words[1:]]
    return list(words)


def _grown(current: int, value: int, *, alone: bool) -> int | None:
    """`current` with units, teens or tens said after it."""
    if value == 0:
        return 0 if alone else None
    room = current % 10 == 0 and current % HUNDRED != 10 if value < 10 else current % HUNDRED == 0
    return current + value if room else None


def _hundreds(current: int) -> int | None:
    """`five hundred`, `fifteen hundred`; nobody says `twenty hundred`."""
    if 0 < current < HUNDRED and (current < 10 or current % 10):
        return current * HUNDRED
    return None
