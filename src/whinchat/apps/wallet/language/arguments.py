"""The kinds of argument that the wallet's commands take; each can also write its value back (`show`)."""

from __future__ import annotations

import re
import unicodedata
from abc import abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

from whinchat.apps.wallet.language import amounts, payees, refusal
from whinchat.apps.wallet.language.forms import Everyone, Mentioned, TipTarget
from whinchat.apps.wallet.language.unclear import Unclear
from whinchat.apps.wallet.language.words import spoken, vocabulary
from whinchat.apps.wallet.money import Money
from whinchat.apps.wallet.payee import Payee
from whinchat.core.dispatch.arguments import INVISIBLE, Arg, Line, Mismatch, Problem, fold

T = TypeVar("T")

LONGEST_MEMO = 140  # code points
LOOK_AHEAD = 24  # tokens; no amount has more
GROUP = "group"
QUOTES = '"“”„«»'

ASK_MEMO = "wallet.ask.memo"
ASK_TWO_PAYMENTS = "wallet.ask.two_payments"
ASK_REFUSAL = "wallet.ask.refusal"
ASK_LATER = "wallet.ask.later"
ASK_PHONE_END = "wallet.ask.phone_end"
NOT_A_CODE = "wallet.refuse.code"
NOT_A_LOGIN_CODE = "wallet.refuse.login_code"
NOT_A_CURRENCY = "wallet.refuse.currency_code"

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_EDGES = re.compile(rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$")


@dataclass(frozen=True, eq=False)
class Shown(Arg[T], Generic[T]):
    """An argument that can be written as well as read."""

    @abstractmethod
    def show(self, value: T) -> str:
        """As the grammar has it, so that reading it gives `value` again."""

    def unclear(self, found: Unclear) -> Mismatch:
        return self.fault(found.problem, near=found.meant, **found.values)


def ahead(line: Line) -> list[str]:
    """The next tokens, which stay where they are."""
    start, tokens = line.at, list[str]()
    while not line.ended and len(tokens) < LOOK_AHEAD:
        tokens.append(line.take())
    line.rewind(start)
    return tokens


def name(arg: Arg[object], line: Line) -> str:
    """One token, or several words in quotes of any style. Raises Mismatch: a quote without its end."""
    if line.peek()[0] not in QUOTES:
        return line.take()
    line.rewind(line.at + 1)
    text = line.take_until(QUOTES)
    if text is None:
        raise arg.fault(Problem.QUOTE, argument=arg.usage)
    return text


@dataclass(frozen=True, eq=False)
class Amount(Shown[Money]):
    """`10`, `$2.50`, `1,000 sats`, `twenty five dollars`."""

    def take(self, line: Line) -> Money:
        tokens = ahead(line)
        if not amounts.begins(tokens):
            raise self.fault(amounts.ASK_AMOUNT, given=tokens[0])
        try:
            money, taken = amounts.read(tokens)
        except Unclear as unclear:
            raise self.unclear(unclear) from None
        for _ in range(taken):
            line.take()
        return money

    def show(self, value: Money) -> str:
        return amounts.show(value)


@dataclass(frozen=True, eq=False)
class PayeeArg(Shown[Payee]):
    """One token, a name of several words in quotes, or a phone number with gaps."""

    def take(self, line: Line) -> Payee:
        written = name(self, line) if line.peek()[0] in QUOTES else phone_or_token(self, line)
        try:
            return payees.payee(written)
        except Unclear as unclear:
            raise self.unclear(unclear) from None

    def show(self, value: Payee) -> str:
        return payees.show(value)


def phone_or_token(arg: Arg[object], line: Line) -> str:
    """Raises Mismatch: the last of a number's groups of digits may be something else."""
    groups = [line.take() for _ in range(payees.groups(ahead(line)))]
    if len(groups) > 1 and sum(map(str.isdecimal, groups[-1])) < 2:
        raise arg.fault(ASK_PHONE_END, given=" ".join(groups))
    return " ".join(groups)


@dataclass(frozen=True, eq=False)
class TipTo(Shown[TipTarget]):
    """Who gets a tip: a payee, somebody mentioned in the group, or the whole group."""

    payee: PayeeArg

    @property
    def usage(self) -> str:
        return f"{super().usage}|{GROUP}"

    def take(self, line: Line) -> TipTarget:
        mentioned = payees.mention(line.peek())
        if fold(line.peek()) == GROUP:
            line.take()
            return Everyone()
        if mentioned is not None:
            line.take()
            return Mentioned(mentioned)
        return self.payee.take(line)

    def show(self, value: TipTarget) -> str:
        match value:
            case Everyone():
                return GROUP
            case Mentioned(text=text):
                return f"@{text}"
            case Payee():
                return self.payee.show(value)


@dataclass(frozen=True, eq=False)
class Memo(Shown[str | None]):
    """What a payment is for, to the end of the command, on one line. `marks` announce it and are no part of it.

    Words that nothing announces may be something else that was not understood: where it looks like that, it is asked.
    """

    marks: tuple[str, ...] = ("for", "memo", "note")

    def take(self, line: Line) -> str | None:
        tokens = ahead(line)
        quoted = tokens[0][0] in QUOTES
        marked = not quoted and fold(tokens[0]) in self.marks and len(tokens) > 1
        if marked:
            line.take()
        elif not quoted:
            self._doubt(tokens)
        text = _one_line(line.take_rest())
        if refusal.refuses(refusal.words(text)):
            raise self.fault(ASK_REFUSAL, given=text)
        if another_payment(text.split()):
            raise self.fault(ASK_TWO_PAYMENTS, given=text)
        if len(text) > LONGEST_MEMO:
            raise self.fault(Problem.TOO_LONG, argument=self.usage, count=LONGEST_MEMO)
        return None if not marked and _courtesy(text) else text or None

    def _doubt(self, tokens: list[str]) -> None:
        first, given = spoken(tokens[0]), " ".join(tokens)
        if amounts.begins(tokens):
            raise self._second_amount(tokens)
        if another_payment(tokens):
            raise self.fault(ASK_TWO_PAYMENTS, given=given)
        if first in vocabulary().later:
            raise self.fault(ASK_LATER, given=given)
        if first in vocabulary().particles or tokens[0].startswith("@"):
            raise self.fault(ASK_MEMO, given=given)

    def _second_amount(self, tokens: list[str]) -> Mismatch:
        """What is wrong with an amount that stands where the memo begins: on its own, or that it is there."""
        try:
            amounts.read(tokens)
        except Unclear as unclear:
            return self.unclear(unclear)
        return self.fault(ASK_TWO_PAYMENTS, given=" ".join(tokens))

    def show(self, value: str | None) -> str:
        return f"{self.marks[0]} {value}"


def another_payment(tokens: list[str]) -> bool:
    """Whether an amount and whom it goes to can be read in it: `and 5 to bob`."""
    directions = [at for at, token in enumerate(tokens) if fold(token) in ("to", "from") or token.startswith("@")]
    return bool(directions) and any(amounts.begins(tokens[at : at + 2]) for at in range(directions[-1]))


def _one_line(text: str) -> str:
    text = " ".join(_CONTROLS.sub(" ", text).split())
    while True:
        plain = _EDGES.sub("", text)
        if len(plain) > 1 and plain[0] in QUOTES and plain[-1] in QUOTES:
            plain = plain[1:-1]
        if plain == text:
            return text
        text = plain


def _courtesy(text: str) -> bool:
    """Whether nothing but politeness was said: no memo."""
    return tuple(map(spoken, text.split())) in vocabulary().closings


def _is_small_talk(token: str) -> bool:
    word, known = spoken(token), vocabulary()
    return (word,) in known.closings or word in known.particles | known.pronouns


_LOGIN_CODE = re.compile(r"\d{3}[\s-]?\d{3}")
_INTENT_CODE = re.compile(r"[2-9BCDFGHJKMNPQRSTVWXZ]{4}")


def login_code(text: str) -> str | None:
    """Six digits of any script, perhaps in two halves, as ASCII; None when it is something else."""
    folded = fold(text)
    if not _LOGIN_CODE.fullmatch(folded):
        return None
    return "".join(str(unicodedata.decimal(each)) for each in folded if each.isdecimal())


def intent_code(text: str) -> str | None:
    """A code as `intents` makes them: four letters and digits that no word is made of, upper case; else None."""
    code = fold(text).upper()
    return code if _INTENT_CODE.fullmatch(code) and not code.isdigit() else None


@dataclass(frozen=True, eq=False)
class SixDigits(Shown[str]):
    """The code of a login."""

    def take(self, line: Line) -> str:
        given = line.take_rest()
        code = login_code(given)
        if code is None:
            raise self.fault(NOT_A_LOGIN_CODE)
        return code

    def show(self, value: str) -> str:
        return value


@dataclass(frozen=True, eq=False)
class IntentCode(Shown[str]):
    """The code that was shown with a payment."""

    def take(self, line: Line) -> str:
        given = line.take()
        code = intent_code(given)
        if code is None:
            raise self.fault(NOT_A_CODE, given=given)
        return code

    def show(self, value: str) -> str:
        return value


@dataclass(frozen=True, eq=False)
class CurrencyCode(Shown[str]):
    """ISO 4217, upper case."""

    def take(self, line: Line) -> str:
        given = line.take()
        code = fold(given).upper()
        if not re.fullmatch("(?!BTC|XBT)[A-Z]{3}", code) or _is_small_talk(given):
            raise self.fault(NOT_A_CURRENCY, given=given)
        return code

    def show(self, value: str) -> str:
        return value


@dataclass(frozen=True, eq=False)
class Username(Shown[str]):
    """One's own; without @, lower case."""

    def take(self, line: Line) -> str:
        given = line.take()
        if _is_small_talk(given):
            raise self.fault(payees.NOT_A_USERNAME, given=given)
        try:
            return payees.username(given)
        except Unclear as unclear:
            raise self.unclear(unclear) from None

    def show(self, value: str) -> str:
        return value
