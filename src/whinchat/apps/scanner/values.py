"""The kinds of value that a setting of a chat can have, and how each is read from and shown to people."""

from __future__ import annotations

import enum
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from whinchat.apps.scanner.hours import Hours, zones, zones_called
from whinchat.core.dispatch.arguments import fold, nearest

T = TypeVar("T")
E = TypeVar("E", bound=enum.StrEnum)

ON = frozenset({"on", "yes", "true", "1"})
OFF = frozenset({"off", "no", "false", "0"})
NOTHING = "nothing"
_LISTED = re.compile(r"[\s,;+]+")
_HOURS = re.compile(r"(\d{1,2})(?::?00)?\s*-\s*(\d{1,2})(?::?00)?")


class Problem(enum.StrEnum):
    """What can be wrong with a value, as the end of the key of the sentence that says so."""

    CHOICE = "choice"
    SOME = "some"
    NUMBER = "number"
    HOURS = "hours"
    ZONE = "zone"


class Unfit(ValueError):
    """A value cannot be read. `values` belong to the sentence `scanner.policy.unfit.<problem>`."""

    def __init__(self, problem: Problem, values: Mapping[str, str | int], near: str | None = None) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.values = values
        self.near = near
        """What was probably meant."""


@dataclass(frozen=True)
class Kind(ABC, Generic[T]):
    @property
    @abstractmethod
    def expects(self) -> str:
        """What can be written, such as `on|off`."""

    @property
    def options(self) -> tuple[str, ...]:
        """All that can be chosen from, where that is a few words; a form shows them."""
        return ()

    @property
    def several(self) -> bool:
        """Whether any number of the options can be chosen."""
        return False

    @abstractmethod
    def read(self, given: str) -> T:
        """Raises Unfit."""

    def show(self, value: T) -> str:
        """As one would write it."""
        return str(value)


@dataclass(frozen=True)
class Switch(Kind[bool]):
    @property
    def expects(self) -> str:
        return "on|off"

    @property
    def options(self) -> tuple[str, ...]:
        return ("on", "off")

    def read(self, given: str) -> bool:
        word = fold(given)
        if word not in ON | OFF:
            raise Unfit(Problem.CHOICE, {"given": given, "choices": "on, off"})
        return word in ON

    def show(self, value: bool) -> str:
        return "on" if value else "off"


@dataclass(frozen=True)
class OneOf(Kind[E]):
    choices: type[E]

    @property
    def expects(self) -> str:
        return "|".join(self.options)

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(choice.value for choice in self.choices)

    def read(self, given: str) -> E:
        word = fold(given)
        if word not in self.options:
            raise Unfit(
                Problem.CHOICE, {"given": given, "choices": ", ".join(self.options)}, nearest(word, self.options)
            )
        return self.choices(word)


@dataclass(frozen=True)
class SomeOf(Kind[tuple[E, ...]]):
    """Any number of words, kept in the order of `choices` unless the order says something (`ordered`)."""

    choices: tuple[E, ...]
    ordered: bool = False

    @property
    def expects(self) -> str:
        return f"{','.join(self.options)}|{NOTHING}"

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(choice.value for choice in self.choices)

    @property
    def several(self) -> bool:
        return True

    def read(self, given: str) -> tuple[E, ...]:
        words = [fold(word) for word in _LISTED.split(given) if word]
        if words == [NOTHING]:
            return ()
        known = {choice.value: choice for choice in self.choices}
        for word in words:
            if word not in known:
                values = {"given": word, "choices": ", ".join((*known, NOTHING))}
                raise Unfit(Problem.SOME, values, nearest(word, known))
        chosen = dict.fromkeys(known[word] for word in words)
        return tuple(chosen) if self.ordered else tuple(choice for choice in self.choices if choice in chosen)

    def show(self, value: tuple[E, ...]) -> str:
        return ",".join(choice.value for choice in value) or NOTHING


@dataclass(frozen=True)
class Number(Kind[int]):
    least: int
    most: int

    @property
    def expects(self) -> str:
        return f"{self.least}–{self.most}"

    def read(self, given: str) -> int:
        digits = fold(given)
        if not re.fullmatch(r"\d{1,9}", digits) or not self.least <= int(digits) <= self.most:
            raise Unfit(Problem.NUMBER, {"given": given, "least": self.least, "most": self.most})
        return int(digits)


@dataclass(frozen=True)
class Percent(Kind[float]):
    """A probability from `least` to 1, written in percent."""

    least: float

    @property
    def expects(self) -> str:
        return f"{self._written(self.least)}–100"

    def read(self, given: str) -> float:
        digits = fold(given).removesuffix("%").rstrip().replace(",", ".")
        if re.fullmatch(r"\d{1,3}(?:\.\d{1,4})?", digits):
            share = round(float(digits) / 100, 6)
            if self.least <= share <= 1:
                return share
        raise Unfit(Problem.NUMBER, {"given": given, "least": self._written(self.least), "most": 100})

    def show(self, value: float) -> str:
        return self._written(value)

    def _written(self, share: float) -> str:
        return f"{share * 100:.4f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class DailyHours(Kind[Hours | None]):
    @property
    def expects(self) -> str:
        return "HH-HH|off"

    def read(self, given: str) -> Hours | None:
        written = fold(given)
        if written in OFF:
            return None
        found = _HOURS.fullmatch(written)
        start, end = (int(found[1]), int(found[2])) if found else (0, 0)
        if max(start, end) > 24 or start % 24 == end % 24:
            raise Unfit(Problem.HOURS, {"given": given})
        return Hours(start % 24, end % 24)

    def show(self, value: Hours | None) -> str:
        return "off" if value is None else str(value)


@dataclass(frozen=True)
class TimeZone(Kind[str]):
    """A name of the IANA list; the city alone does where it is clear."""

    @property
    def expects(self) -> str:
        return "Europe/Madrid"

    def read(self, given: str) -> str:
        called = zones_called(given)
        if len(called) != 1:
            near = called[0] if called else self._near(given)
            raise Unfit(Problem.ZONE, {"given": given}, near)
        return called[0]

    def _near(self, given: str) -> str | None:
        called = {zone.casefold().rpartition("/")[2]: zone for zone in zones()}
        called |= {zone.casefold(): zone for zone in zones()}
        word = nearest(given.replace(" ", "_"), called)
        return None if word is None else called[word]
