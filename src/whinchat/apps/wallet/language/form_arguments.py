"""What follows the word of a command that can be said in several ways: `contacts add Bob +1876…`, `pay 2`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from whinchat.apps.wallet.language import amounts, payees
from whinchat.apps.wallet.language.arguments import (
    QUOTES,
    Amount,
    Memo,
    PayeeArg,
    Shown,
    intent_code,
    name,
    phone_or_token,
)
from whinchat.apps.wallet.language.forms import (
    AddContact,
    AddTemplate,
    CancelPending,
    ChangeLimit,
    Claim,
    ContactHistory,
    ContactsForm,
    DeclinePending,
    HistoryForm,
    Invoiced,
    LimitOf,
    ListContacts,
    ListTemplates,
    MoreHistory,
    Named,
    NewPin,
    NoPin,
    NumberedRequest,
    OneTransaction,
    PayForm,
    PendingForm,
    PinForm,
    ReceivedOnes,
    RemoveContact,
    RemoveTemplate,
    SentOnes,
    SharedCards,
    TemplateForm,
)
from whinchat.apps.wallet.language.unclear import Unclear
from whinchat.apps.wallet.language.words import spoken, vocabulary
from whinchat.apps.wallet.money import Currency
from whinchat.core.dispatch.arguments import INVISIBLE, Arg, Line, Problem, Word, fold, nearest

ASK_HOW_MUCH = "wallet.ask.how_much"
ASK_TO_WHOM = "wallet.ask.to_whom"
NOT_A_NAME = "wallet.refuse.name"
NOT_A_NUMBER = "wallet.refuse.number"
NOT_A_TRANSACTION = "wallet.refuse.transaction"
NOT_A_CLAIM = "wallet.refuse.claim"
NOT_A_LIMIT = "wallet.refuse.limit"
NOT_A_PIN = "wallet.refuse.pin"

_TO = Word("to")
_UNSEEN = re.compile(rf"[{INVISIBLE}\x00-\x1f\x7f-\x9f]+")
_PHONE_START = re.compile(r"[+(]*\d")


def _clean(text: str) -> str:
    return " ".join(_UNSEEN.sub("", text).split())


def _option(arg: Arg[object], line: Line, options: tuple[str, ...]) -> str:
    """The word that the form begins with. Raises Mismatch."""
    given = line.take()
    word = fold(given)
    if word not in options:
        raise arg.fault(Problem.CHOICE, near=nearest(given, options), given=given, choices=", ".join(options))
    return word


def _needed(arg: Arg[object], line: Line, what: str) -> None:
    """Raises Mismatch: the command ends where `what` should be."""
    if line.ended:
        raise arg.fault(Problem.MISSING, argument=what)


def _checked_name(arg: Arg[object], text: str) -> str:
    text = _clean(text)
    if not text or len(text) > payees.LONGEST_NAME or any(quote in text for quote in QUOTES):
        raise arg.fault(NOT_A_NAME, given=text)
    return text


def _name_to_the_end(arg: Arg[object], line: Line) -> str:
    _needed(arg, line, "NAME")
    return _checked_name(arg, name(arg, line) if line.peek()[0] in QUOTES else line.take_rest())


def _number(arg: Arg[object], line: Line) -> int:
    _needed(arg, line, "NUMBER")
    given = line.take()
    digits = fold(given).removeprefix("#")
    if not re.fullmatch(r"\d{1,4}", digits) or not int(digits):
        raise arg.fault(NOT_A_NUMBER, given=given)
    return int(digits)


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


@dataclass(frozen=True, eq=False)
class PayArg(Shown[PayForm]):
    """`2`, `coffee`, a code, an invoice."""

    @property
    def usage(self) -> str:
        return "NUMBER|CODE|TEMPLATE|INVOICE"

    def take(self, line: Line) -> PayForm:
        given = name(self, line)
        try:
            found = payees.invoice(given)
        except Unclear as unclear:
            raise self.unclear(unclear) from None
        if found is not None:
            return Invoiced(found)
        digits = fold(given).removeprefix("#")
        if re.fullmatch(r"\d{1,4}", digits) and int(digits):
            return NumberedRequest(int(digits))
        code = intent_code(given)
        if code is not None and amounts.unit_of(code.lstrip("0123456789")) is None:  # `5BTC` is an amount
            return Named(code)
        if amounts.begins([given]):
            raise self.fault(ASK_TO_WHOM, given=given)
        if "@" in given:
            raise self.fault(ASK_HOW_MUCH, given=given)
        word, known = spoken(given), vocabulary()
        if "/" in given or word in known.pronouns | known.particles | known.things:
            raise self.fault(ASK_TO_WHOM, given=given)
        return Named(_checked_name(self, given))

    def show(self, value: PayForm) -> str:
        match value:
            case NumberedRequest(number=number):
                return str(number)
            case Named(text=text):
                return _quoted(text)
            case Invoiced(payee=payee):
                return payee.text


@dataclass(frozen=True, eq=False)
class HistoryArg(Shown[HistoryForm]):
    """`more`, or one transaction by the number or id that the list shows."""

    @property
    def usage(self) -> str:
        return "more|#ID"

    def take(self, line: Line) -> HistoryForm:
        given = line.take()
        if fold(given) == "more":
            return MoreHistory()
        found = _UNSEEN.sub("", given).removeprefix("#").rstrip(".,;:!?")
        if not re.fullmatch(r"[\w-]{1,64}", found) or not (given.startswith("#") or re.search(r"\d", found)):
            raise self.fault(NOT_A_TRANSACTION, given=given)
        return OneTransaction(found)

    def show(self, value: HistoryForm) -> str:
        return f"#{value.id}" if isinstance(value, OneTransaction) else "more"


@dataclass(frozen=True, eq=False)
class ContactsArg(Shown[ContactsForm]):
    @property
    def usage(self) -> str:
        return "list|add NAME PHONE|remove NAME|history NAME"

    def take(self, line: Line) -> ContactsForm:
        match _option(self, line, ("list", "add", "remove", "history")):
            case "list":
                return ListContacts()
            case "add":
                return self._added(line)
            case "remove":
                return RemoveContact(_name_to_the_end(self, line))
            case _:
                return ContactHistory(_name_to_the_end(self, line))

    def _added(self, line: Line) -> AddContact:
        """The name goes on up to the number."""
        _needed(self, line, "NAME")
        parts = [name(self, line)]
        while not line.ended and not _PHONE_START.match(line.peek()):
            parts.append(line.take())
        called = _checked_name(self, " ".join(parts))
        _needed(self, line, "PHONE")
        try:
            return AddContact(called, payees.phone(phone_or_token(self, line)))
        except Unclear as unclear:
            raise self.unclear(unclear) from None

    def show(self, value: ContactsForm) -> str:
        match value:
            case AddContact(name=called, phone=phone):
                return f"add {_quoted(called)} {phone}"
            case RemoveContact(name=called):
                return f"remove {_quoted(called)}"
            case ContactHistory(name=called):
                return f"history {_quoted(called)}"
            case SharedCards():
                return "add"
            case ListContacts():
                return "list"


@dataclass(frozen=True, eq=False)
class PendingArg(Shown[PendingForm]):
    @property
    def usage(self) -> str:
        return "sent|received|claim CODE|cancel NUMBER|decline NUMBER|block NUMBER"

    def take(self, line: Line) -> PendingForm:
        match _option(self, line, ("sent", "received", "claim", "cancel", "decline", "block")):
            case "sent":
                return SentOnes()
            case "received":
                return ReceivedOnes()
            case "claim":
                return self._claimed(line)
            case "cancel":
                return CancelPending(_number(self, line))
            case word:
                return DeclinePending(_number(self, line), block=word == "block")

    def _claimed(self, line: Line) -> Claim:
        """The code may come in groups."""
        _needed(self, line, "CODE")
        code = re.sub(r"[\s-]", "", fold(line.take_rest())).upper()
        if not re.fullmatch(r"[A-Z0-9]{6,24}", code):
            raise self.fault(NOT_A_CLAIM)
        return Claim(code)

    def show(self, value: PendingForm) -> str:
        match value:
            case SentOnes():
                return "sent"
            case ReceivedOnes():
                return "received"
            case Claim(code=code):
                return f"claim {code}"
            case CancelPending(number=number):
                return f"cancel {number}"
            case DeclinePending(number=number, block=block):
                return f"{'block' if block else 'decline'} {number}"


@dataclass(frozen=True, eq=False)
class TemplateArg(Shown[TemplateForm]):
    amount: Amount
    payee: PayeeArg
    memo: Memo

    @property
    def usage(self) -> str:
        return 'list|add NAME AMOUNT to PAYEE ["MEMO"]|remove NAME'

    def take(self, line: Line) -> TemplateForm:
        match _option(self, line, ("list", "add", "remove")):
            case "list":
                return ListTemplates()
            case "add":
                return self._added(line)
            case _:
                return RemoveTemplate(_name_to_the_end(self, line).lower())

    def _added(self, line: Line) -> AddTemplate:
        _needed(self, line, "NAME")
        given = line.take()
        called = _clean(fold(given))
        if not called or amounts.begins([called]):
            raise self.fault(NOT_A_NAME, given=given)
        _needed(self, line, self.amount.usage)
        amount = self.amount.take(line)
        _needed(self, line, _TO.usage)
        _TO.take(line)
        _needed(self, line, self.payee.usage)
        payee = self.payee.take(line)
        return AddTemplate(_checked_name(self, called), amount, payee, None if line.ended else self.memo.take(line))

    def show(self, value: TemplateForm) -> str:
        match value:
            case AddTemplate(name=called, amount=amount, payee=payee, memo=memo):
                shown = f"add {called} {self.amount.show(amount)} to {self.payee.show(payee)}"
                return shown if memo is None else f"{shown} {self.memo.show(memo)}"
            case RemoveTemplate(name=called):
                return f"remove {_quoted(called)}"
            case ListTemplates():
                return "list"


_LIMITS: Mapping[str, LimitOf] = {each.value: each for each in LimitOf}


@dataclass(frozen=True, eq=False)
class LimitArg(Shown[ChangeLimit]):
    """What one payment may be, or with `day` before it all of 24 hours; US dollars."""

    amount: Amount

    @property
    def usage(self) -> str:
        return f"[{'|'.join(_LIMITS)}] AMOUNT"

    def take(self, line: Line) -> ChangeLimit:
        of = _LIMITS.get(fold(line.peek()), None)
        if of is not None:
            line.take()
            _needed(self, line, self.amount.usage)
        amount = self.amount.take(line)
        if amount.currency is not Currency.USD:
            raise self.fault(NOT_A_LIMIT)
        return ChangeLimit(of or LimitOf.PAYMENT, amount)

    def show(self, value: ChangeLimit) -> str:
        return f"{value.of.value} {self.amount.show(value.amount)}"


@dataclass(frozen=True, eq=False)
class PinArg(Shown[PinForm]):
    @property
    def usage(self) -> str:
        return "DIGITS|off"

    def take(self, line: Line) -> PinForm:
        word = fold(line.take())
        if word == "off":
            return NoPin()
        if not re.fullmatch(r"\d{4,8}", word):
            raise self.fault(NOT_A_PIN)
        return NewPin("".join(str(unicodedata.decimal(digit)) for digit in word))

    def show(self, value: PinForm) -> str:
        return value.digits if isinstance(value, NewPin) else "off"
