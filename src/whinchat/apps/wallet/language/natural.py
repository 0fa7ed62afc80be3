"""Forms of speech: other ways to say a command, each with the command that it stands for (`data/<language>.toml`).

What is said is rewritten into the grammar and read by that, so nothing can be said here that cannot be typed there. A
form takes every word of a message, or does not apply.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from whinchat.apps.wallet.language import amounts, payees
from whinchat.apps.wallet.language.unclear import Unclear
from whinchat.apps.wallet.language.words import Phrase, spoken, vocabulary
from whinchat.core.dispatch.arguments import LONGEST_WORD

LONGEST = 48  # tokens; who says more tells a story
LONGEST_NAME = 3  # tokens
QUOTES = '"“”„«»'

Taken = dict[str, tuple[str, ...]]
"""Slot to the tokens that fill it."""


@dataclass(frozen=True, slots=True)
class Words:
    """One of these, in the spelling of the vocabulary."""

    any_of: frozenset[str]


@dataclass(frozen=True, slots=True)
class Slot:
    name: str


@dataclass(frozen=True, slots=True)
class Maybe:
    """What may be left out."""

    parts: tuple[Part, ...]


Part = Words | Slot | Maybe


@dataclass(frozen=True, slots=True)
class Pattern:
    parts: tuple[Part, ...]
    needs: tuple[frozenset[str], ...]
    """One of each has to be in the message."""
    means: str


class Message:
    """A message as tokens, as they were written and as the vocabulary has them."""

    __slots__ = ("said", "tokens")

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tuple(tokens)
        self.said = tuple(map(spoken, tokens))

    def plain(self) -> Message:
        """Without what people begin and end with out of politeness, such as `could you …, please?`"""
        start, end = 0, len(self.said)
        while (length := _phrase(self.said[start:], vocabulary().openings)) and start + length < end:
            start += length
        while (length := _phrase_at_end(self.said[start:end], vocabulary().closings)) and start + length < end:
            end -= length
        tokens = self.tokens[start:end]
        if start:
            *most, last = tokens
            tokens = (*most, last.rstrip("?") or last)
        return Message(tokens)


def _phrase(said: Phrase, phrases: Sequence[Phrase]) -> int:
    return next((len(each) for each in phrases if said[: len(each)] == each), 0)


def _phrase_at_end(said: Phrase, phrases: Sequence[Phrase]) -> int:
    return next((len(each) for each in phrases if said[-len(each) :] == each), 0)


def readings(message: Message) -> list[str]:
    """The commands that the message can stand for, as the grammar has them, in the order of the forms."""
    if len(message.tokens) > LONGEST:
        return []
    words = frozenset(message.said)
    found: dict[str, None] = {}
    for pattern in _patterns():
        if any(words.isdisjoint(need) for need in pattern.needs):
            continue
        for taken in _match(pattern.parts, message, 0):
            found[_rewritten(pattern.means, taken)] = None
    return list(found)


def _match(parts: tuple[Part, ...], message: Message, at: int) -> Iterator[Taken]:
    """All ways in which the parts take all that is left from `at`."""
    if not parts:
        if at == len(message.tokens):
            yield {}
        return
    first, rest = parts[0], parts[1:]
    match first:
        case Words(any_of=words):
            if at < len(message.said) and message.said[at] in words:
                yield from _match(rest, message, at + 1)
        case Maybe(parts=inner):
            yield from _match((*inner, *rest), message, at)
            yield from _match(rest, message, at)
        case Slot(name=slot):
            for end in _SLOTS[slot](message, at) if at < len(message.tokens) else ():
                for taken in _match(rest, message, end):
                    yield {slot: message.tokens[at:end], **taken}


def _rewritten(means: str, taken: Taken) -> str:
    """The command with its slots filled; a memo is announced, and left out where there is none."""
    words: list[str] = []
    for word in means.split():
        if not word.isupper():
            words.append(word)
        elif word == "MEMO":
            words += ("for", *taken[word]) if word in taken else ()
        elif word == "NAME" and len(taken[word]) > 1 and taken[word][0][0] not in QUOTES:
            words.append(f'"{" ".join(taken[word])}"')
        elif word == "CURRENCY":
            words.append(_currency(taken[word][0]) or "")
        else:
            words += taken[word]
    return " ".join(words)


# --- slots: from where something begins to all the places where it may end --------------------------------------------


def _amount(message: Message, at: int) -> Iterator[int]:
    tokens = message.tokens[at:]
    if not amounts.begins(tokens) or _is_phone(tokens[0]):
        return
    try:
        yield at + amounts.read(tokens).tokens
    except Unclear:
        if not _is_clear(tokens[:1]):
            # The grammar says what is wrong with it.
            yield at + 1


def _is_clear(tokens: Sequence[str]) -> bool:
    try:
        amounts.read(tokens)
    except Unclear:
        return False
    return True


def _payee(message: Message, at: int) -> Iterator[int]:
    tokens = message.tokens[at:]
    if tokens[0][0] in QUOTES:
        yield from _quoted(message, at)
    elif _is_phone(tokens[0]):
        yield at + payees.groups(tokens)
    elif len(tokens[0]) > LONGEST_WORD or (_may_be_a_name(message.said[at]) and not amounts.begins(tokens)):
        yield at + 1


def _may_be_a_name(word: str) -> bool:
    """A pronoun may: whoever says one is asked whom they mean."""
    return bool(word) and word not in vocabulary().particles and word not in vocabulary().things


def _quoted(message: Message, at: int) -> Iterator[int]:
    for end in range(at, len(message.tokens)):
        token = message.tokens[end].rstrip(".,;:!?")
        if token[-1:] in QUOTES and token[-1:] and (end > at or len(token) > 1):
            yield end + 1
            return


def _name(message: Message, at: int) -> Iterator[int]:
    if message.tokens[at][0] in QUOTES:
        yield from _quoted(message, at)
        return
    for end in range(at + 1, min(at + LONGEST_NAME, len(message.tokens)) + 1):
        word = message.said[end - 1]
        if not _may_be_a_name(word) or word in vocabulary().pronouns or amounts.begins([word]):
            return
        yield end


def _memo(message: Message, at: int) -> Iterator[int]:
    yield from range(at + 1, len(message.tokens) + 1)


def _phone(message: Message, at: int) -> Iterator[int]:
    if _is_phone(message.tokens[at]):
        yield at + payees.groups(message.tokens[at:])


def _six_digits(message: Message, at: int) -> Iterator[int]:
    if re.fullmatch(r"\d{6}|\d{3}-\d{3}", message.said[at]):
        yield at + 1
    elif re.fullmatch(r"\d{3} \d{3}", " ".join(message.said[at : at + 2])):
        yield at + 2


def _claim(message: Message, at: int) -> Iterator[int]:
    """Something that is no word: a wrong code counts against the person."""
    token = message.tokens[at].rstrip(".,;:!?")
    if re.fullmatch(r"[A-Za-z0-9-]{6,30}", token) and (re.search(r"\d", token) or (token.isupper() and len(token) > 9)):
        yield at + 1


def _number(message: Message, at: int) -> Iterator[int]:
    if re.fullmatch(r"#?\d{1,4}", message.said[at]):
        yield at + 1


def _currency_at(message: Message, at: int) -> Iterator[int]:
    if _currency(message.tokens[at]):
        yield at + 1


def _invoice(message: Message, at: int) -> Iterator[int]:
    try:
        if payees.invoice(message.tokens[at]) is not None:
            yield at + 1
    except Unclear:
        return


def _currency(token: str) -> str | None:
    word = spoken(token)
    return vocabulary().currencies.get(word) or (word.upper() if word in amounts.ISO_CODES else None)


def _is_phone(token: str) -> bool:
    return bool(re.match(r"\+|\(", token)) or re.fullmatch(r"\d{8,}", spoken(token)) is not None


_SLOTS: Mapping[str, Callable[[Message, int], Iterator[int]]] = {
    "AMOUNT": _amount,
    "PAYEE": _payee,
    "NAME": _name,
    "MEMO": _memo,
    "PHONE": _phone,
    "CODE": _six_digits,
    "CLAIM": _claim,
    "NUMBER": _number,
    "CURRENCY": _currency_at,
    "INVOICE": _invoice,
}


# --- patterns ---------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"\[|\]|[^\s\[\]]+")


@cache
def _patterns() -> tuple[Pattern, ...]:
    return tuple(_pattern(form.says, form.means) for form in vocabulary().forms)


def _pattern(says: str, means: str) -> Pattern:
    parts = _parts(iter(_TOKEN.findall(says)))
    return Pattern(parts, tuple(part.any_of for part in parts if isinstance(part, Words)), means)


def _parts(tokens: Iterator[str]) -> tuple[Part, ...]:
    """Up to the bracket that closes, or the end."""
    parts: list[Part] = []
    for written in tokens:
        match written:
            case "]":
                break
            case "[":
                parts.append(Maybe(_parts(tokens)))
            case _ if written in _SLOTS:
                parts.append(Slot(written))
            case _:
                parts.append(Words(frozenset(written.format_map(vocabulary().classes).split("|"))))
    return tuple(parts)
