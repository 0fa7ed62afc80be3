"""The kinds of argument a command can take, and how each is read from what a person typed.

People type on phones: words are compared without regard to case, full-width letters, invisible marks, smart quotes,
WhatsApp's formatting characters and punctuation that a keyboard added. What an argument holds stays as typed.
"""

from __future__ import annotations

import difflib
import enum
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)

LONGEST_WORD = 64  # code points; nothing longer is a word of the grammar

INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
"""Marks without a shape of their own (zero-width, direction, variation), as the inside of a character class."""

_INVISIBLES = re.compile(f"[{INVISIBLE}]+")
_GAP = re.compile(rf"[\s{INVISIBLE}]*")
_TOKEN = re.compile(r"\S+")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_BEFORE = "*_~`\"'“”„«»‘’"
_AFTER = _BEFORE + ".,;:!?…،؛؟।"
_OPENING = '"“”„«»'
_CLOSING = '"“”«»'


def fold(word: str) -> str:
    """`word` as the grammar compares it; empty when it is too long to be one of its words."""
    if len(word) > LONGEST_WORD:
        return ""
    if not word.isascii():
        word = _INVISIBLES.sub("", unicodedata.normalize("NFKC", word)).translate(_DASHES)
    return word.lstrip(_BEFORE).rstrip(_AFTER).casefold()


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that was probably meant."""
    found = difflib.get_close_matches(fold(word), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


class Problem(enum.StrEnum):
    """What can be wrong with a command, as the key of the sentence that says so."""

    MISSING = "core.usage.missing"
    LEFTOVER = "core.usage.leftover"
    WORD = "core.usage.word"
    NUMBER = "core.usage.number"
    RANGE = "core.usage.range"
    CHOICE = "core.usage.choice"
    DURATION = "core.usage.duration"
    QUOTE = "core.usage.quote"
    TOO_LONG = "core.usage.too_long"
    MESSAGE_TOO_LONG = "core.usage.message_too_long"
    NEEDS_REPLY = "core.usage.needs_reply"
    UNKNOWN = "core.usage.unknown"
    MEMBER = "core.usage.member"


@dataclass(frozen=True, slots=True)
class UsageProblem:
    """Why a command cannot be run as typed. `values` belong to the sentence and may hold what the person wrote."""

    argument: str | None
    """Name of the argument at fault; None when it is the command as a whole."""
    problem: str
    """Key of the sentence that says so: a `Problem`, or one of the application's own."""
    values: Mapping[str, str | int] = field(default_factory=dict)
    nearest: str | None = None
    """The word that was probably meant."""


class Mismatch(Exception):
    """An argument cannot be read from what stands there. Never leaves `Command.parse`."""

    def __init__(self, problem: UsageProblem) -> None:
        super().__init__(problem.problem)
        self.problem = problem


class Line:
    """What is left to read of a command. Gaps are white space and invisible marks."""

    __slots__ = ("_at", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.rewind(0)

    @property
    def at(self) -> int:
        """Where the next token begins."""
        return self._at

    def rewind(self, at: int) -> None:
        """Go back (or on) to `at`, and over the gap there."""
        gap = _GAP.match(self._text, at)
        self._at = gap.end() if gap else at

    @property
    def ended(self) -> bool:
        return self._at >= len(self._text)

    def peek(self) -> str:
        """The next token up to white space, empty at the end."""
        token = _TOKEN.match(self._text, self._at)
        return token[0] if token else ""

    def take(self) -> str:
        token = self.peek()
        self.rewind(self._at + len(token))
        return token

    def take_until(self, closing: str) -> str | None:
        """What stands before the next of the characters in `closing`, which is passed; None when none comes."""
        found = re.compile(f"[{closing}]").search(self._text, self._at)
        if found is None:
            return None
        taken = self._text[self._at : found.start()]
        self.rewind(found.end())
        return taken

    def take_rest(self) -> str:
        rest, self._at = self._text[self._at :], len(self._text)
        return _trimmed(rest)


def _trimmed(text: str) -> str:
    """Without the gap at its end."""
    end = len(text)
    while end and _GAP.fullmatch(text, end - 1, end):
        end -= 1
    return text[:end]


@dataclass(frozen=True, eq=False)
class Arg(ABC, Generic[T_co]):
    """One argument; the object itself is the key under which a handler finds its value."""

    name: str

    @property
    def usage(self) -> str:
        """How the argument stands in a usage line."""
        return self.name.upper().replace("_", "-")

    @abstractmethod
    def take(self, line: Line) -> T_co:
        """Read the argument, which may not be at the end of the line. Raises Mismatch."""

    def fault(self, problem: str, *, near: str | None = None, **values: str | int) -> Mismatch:
        return Mismatch(UsageProblem(self.name, problem, values, near))


@dataclass(frozen=True, eq=False)
class Word(Arg[str]):
    """A fixed keyword."""

    @property
    def usage(self) -> str:
        return self.name

    def take(self, line: Line) -> str:
        given = line.take()
        if fold(given) != self.name:
            raise self.fault(Problem.WORD, word=self.name, given=given)
        return self.name


@dataclass(frozen=True, eq=False)
class Text(Arg[str]):
    """One token, or several words in quotes of any style."""

    at_most: int = 256
    """Code points."""

    def take(self, line: Line) -> str:
        text = _trimmed(line.take()) if line.peek()[0] not in _OPENING else self._quoted(line)
        if not text:
            raise self.fault(Problem.MISSING, argument=self.usage)
        if len(text) > self.at_most:
            raise self.fault(Problem.TOO_LONG, argument=self.usage, count=self.at_most)
        return text

    def _quoted(self, line: Line) -> str:
        line.rewind(line.at + 1)
        text = line.take_until(_CLOSING)
        if text is None:
            raise self.fault(Problem.QUOTE, argument=self.usage)
        return _trimmed(text)


@dataclass(frozen=True, eq=False)
class Url(Arg[str]):
    """One token, handed on as typed: what a link is, the link extractor knows."""

    def take(self, line: Line) -> str:
        return _trimmed(line.take())


@dataclass(frozen=True, eq=False)
class Rest(Arg[str]):
    """Everything to the end of the command, line breaks included."""

    at_most: int = 1000
    """Code points."""

    def take(self, line: Line) -> str:
        text = line.take_rest()
        if len(text) > self.at_most:
            raise self.fault(Problem.TOO_LONG, argument=self.usage, count=self.at_most)
        return text


@dataclass(frozen=True, eq=False)
class Member(Arg[str]):
    """A person, by a mention or a phone number, to the end of the command: the mention's text, whose words are a name
    or a number as the sender's app wrote it. Who is meant, the message's `mentions` say.
    """

    @property
    def usage(self) -> str:
        return f"@{self.name}"

    def take(self, line: Line) -> str:
        given = line.take_rest()
        if not re.match(r"@\S|\+?\d", given):
            raise self.fault(Problem.MEMBER, given=given)
        return given


@dataclass(frozen=True, eq=False)
class Integer(Arg[int]):
    """A whole number from `least` to `most`, in the digits of any script."""

    least: int
    most: int

    def take(self, line: Line) -> int:
        given = line.take()
        digits = fold(given)
        if not re.fullmatch(r"[+-]?\d{1,18}", digits):
            raise self.fault(Problem.NUMBER, given=given, least=self.least, most=self.most)
        number = int(digits)
        if not self.least <= number <= self.most:
            raise self.fault(Problem.RANGE, argument=self.usage, least=self.least, most=self.most)
        return number


@dataclass(frozen=True, eq=False)
class Choice(Arg[str]):
    """One of a few words, in lower case."""

    options: tuple[str, ...]

    @property
    def usage(self) -> str:
        return "|".join(self.options)

    def take(self, line: Line) -> str:
        given = line.take()
        word = fold(given)
        if word not in self.options:
            near = nearest(given, self.options)
            raise self.fault(Problem.CHOICE, near=near, given=given, choices=", ".join(self.options))
        return word


SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

_SPELLINGS = {
    SECOND: ("s", "sec", "secs", "second", "seconds"),
    MINUTE: ("m", "min", "mins", "minute", "minutes"),
    HOUR: ("h", "hr", "hrs", "hour", "hours"),
    DAY: ("d", "day", "days"),
    WEEK: ("w", "wk", "wks", "week", "weeks"),
}
_UNITS = {spelling: size for size, spellings in _SPELLINGS.items() for spelling in spellings}
_COMPACT = re.compile(rf"(?:\d{{1,6}}(?:{'|'.join(_UNITS)}))+")
_PART = re.compile(r"(\d+)(\D+)")


def notation(span: int) -> str:
    """`span` milliseconds as one would type it: `1h30m`, `2d`, `1w`; seconds at the least."""
    parts = []
    for size, (letter, *_) in reversed(_SPELLINGS.items()):
        count, span = divmod(span, size)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"


@dataclass(frozen=True, eq=False)
class Duration(Arg[int]):
    """A span of time such as `30m`, `1h30m`, `1d 12h` or `2 hours`; milliseconds."""

    least: int = MINUTE
    most: int = 52 * WEEK

    def take(self, line: Line) -> int:
        given = line.peek()
        total = None
        while (part := _span(line)) is not None:
            total = part + (total or 0)
        if total is None:
            raise self.fault(Problem.DURATION, given=given)
        if not self.least <= total <= self.most:
            bounds = {"least": notation(self.least), "most": notation(self.most)}
            raise self.fault(Problem.RANGE, argument=self.usage, **bounds)
        return total


def _span(line: Line) -> int | None:
    """A piece like `1h30m`, or a number and its unit in two tokens; else None and nothing is taken."""
    word = fold(line.peek())
    if _COMPACT.fullmatch(word):
        line.take()
        return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(word))
    if not re.fullmatch(r"\d{1,6}", word):
        return None
    start = line.at
    line.take()
    unit = _UNITS.get(fold(line.peek()))
    if unit is None:
        line.rewind(start)
        return None
    line.take()
    return int(word) * unit


@dataclass(frozen=True, eq=False)
class Optional(Arg[T_co | None], Generic[T_co]):
    """`inner`, or None where it is left out; `after`: the keyword that announces it, as in `for 2h`.

    Without a keyword, something that `inner` cannot read belongs to the arguments after it; with one, or at the end
    of the grammar, it is an error: nobody who mistypes a span should get the default.
    """

    inner: Arg[T_co]
    after: str | None = None

    def __init__(self, inner: Arg[T_co], *, after: str | None = None) -> None:
        object.__setattr__(self, "name", inner.name)
        object.__setattr__(self, "inner", inner)
        object.__setattr__(self, "after", after)

    @property
    def usage(self) -> str:
        return f"[{self.after} {self.inner.usage}]" if self.after else f"[{self.inner.usage}]"

    def take(self, line: Line) -> T_co | None:
        if line.ended:
            return None
        if self.after is not None:
            if fold(line.peek()) != self.after:
                return None
            line.take()
            if line.ended:
                raise self.fault(Problem.MISSING, argument=self.inner.usage)
        return self.inner.take(line)
