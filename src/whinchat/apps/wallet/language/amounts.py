"""What people write for an amount of money, as whole cents or satoshis; nothing is ever rounded.

A bare amount is US dollars, whatever the display currency. `1,000` is a thousand; `1.000` and `10,50` are asked about,
since they mean different things in different countries. All raise Unclear, with the reason.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from whinchat.apps.wallet.language import numbers
from whinchat.apps.wallet.language.unclear import Unclear
from whinchat.apps.wallet.language.words import spoken, vocabulary
from whinchat.apps.wallet.money import Currency, Money
from whinchat.core.dispatch.arguments import INVISIBLE, LONGEST_WORD

LARGEST = {Currency.USD: 10**9 * 100, Currency.BTC: 21 * 10**14}
"""A billion dollars, all the bitcoin there will be: beyond it, nobody meant it."""

ASK_AMOUNT = "wallet.ask.amount"
ASK_SEPARATOR = "wallet.ask.separator"
ASK_TWO_UNITS = "wallet.ask.two_units"
ASK_IN_DIGITS = "wallet.ask.in_digits"
ASK_LEADING_ZERO = "wallet.ask.leading_zero"
NOT_AN_AMOUNT = "wallet.refuse.amount"
NEGATIVE = "wallet.refuse.negative"
ZERO = "wallet.refuse.zero"
DECIMALS = "wallet.refuse.decimals"
EXPONENT = "wallet.refuse.exponent"
TOO_LARGE = "wallet.refuse.too_large"
OTHER_CURRENCY = "wallet.refuse.currency"


class Unit(enum.Enum):
    """(currency, digits after the point)"""

    DOLLAR = (Currency.USD, 2)
    CENT = (Currency.USD, 0)
    BITCOIN = (Currency.BTC, 8)
    SATOSHI = (Currency.BTC, 0)
    OTHER = (None, 0)


class Read(NamedTuple):
    money: Money
    tokens: int
    """How many of the tokens it took."""


_FULL_WIDTH = {0xFF00 + code: 0x20 + code for code in range(1, 0x5F)}
_MARKS = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-") | dict.fromkeys("’‘ʼ＇", "'")
_SEPARATORS = {"٫": ".", "٬": ",", "·": "."}
_TABLE = str.maketrans(_MARKS | _SEPARATORS) | _FULL_WIDTH
_INVISIBLES = re.compile(f"[{INVISIBLE}]+")
_AROUND = '*_~`"“”„«»‘'
_PAUSES = ",;:.!?"
_BEHIND = _AROUND + "'.,;:!?…،؛؟।)"

_SYMBOLS = {"$": Unit.DOLLAR, "us$": Unit.DOLLAR, "$us": Unit.DOLLAR, "¢": Unit.CENT, "₿": Unit.BITCOIN}
_CODES = {"usd": Unit.DOLLAR, "btc": Unit.BITCOIN, "xbt": Unit.BITCOIN}
_ATTACHED = {"c": Unit.CENT}
_OTHER_SYMBOLS = "€£¥₦₹₽₩₱₪₫₺₴₸₡₲₵₮₭฿﷼￥￡"
_OTHER_DOLLARS = r"(?:[acjsnh]|au|ca|ja|nz|hk|sg|tt|bb|bz|r|mx)\$"
_MORE_CODES = """
    aed ars aud bbd bdt bgn bhd bmd brl bsd bzd cad chf clp cny crc czk dkk dop dzd egp etb eur gbp ghs gtq gyd hkd hnl
    htg huf idr ils inr iqd isk jmd jod jpy kes khr krw kwd kyd kzt lbp lkr mxn myr ngn nio nok npr nzd omr pab php pkr
    pln pyg qar ron rsd rub rwf sar sek sgd svc thb ttd twd tzs uah ugx uyu vnd xaf xcd xof zmw eth ltc usdt usdc doge
    msat msats
"""
_OTHER_CODES = frozenset(_MORE_CODES.split())
ISO_CODES = _OTHER_CODES - {"eth", "ltc", "usdt", "usdc", "doge", "msat", "msats"} | {"usd"}
_SIGNS = rf"us\$|\$us|{_OTHER_DOLLARS}|[$¢₿{_OTHER_SYMBOLS}]"
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)(?P<before>{_SIGNS}|(?:{'|'.join((*_CODES, *_OTHER_CODES))})(?=[\d.]))?(?P<inner>[+-]?)"
    rf"(?P<digits>[.,]?\d[\d.,']*)(?P<behind>k?)(?P<unit>{_SIGNS}|%|[a-z]*)"
)
_START = re.compile(rf"[+-]?(?:{_SIGNS})?[+-]?[.,]?\d")
_EXPONENT = re.compile(r"[+-]?\$?\d[\d.,]*e[+-]?\d+[a-z$]*")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PLAIN = re.compile(r"\d*(?:\.\d+)?")
_THREE_DECIMALS = re.compile(r"[1-9]\d{0,2}\.\d\d0")


def begins(tokens: Sequence[str]) -> bool:
    """Whether an amount, good or bad, begins the tokens."""
    if not tokens:
        return False
    plain, word = _plain(tokens[0]), spoken(tokens[0])
    if _START.match(plain) or plain in _SYMBOLS or _NUMBER.fullmatch(plain):
        return True
    if numbers.is_number_word(word) or word in vocabulary().minus:
        return True
    if len(tokens) == 1:
        return False
    if word in vocabulary().one:
        return numbers.is_number_word(spoken(tokens[1])) or unit_of(tokens[1]) not in (None, Unit.OTHER)
    return plain in _CODES and _START.match(_plain(tokens[1])) is not None


def read(tokens: Sequence[str]) -> Read:
    """The amount at the beginning of the tokens, as much of them as belongs to it. Raises Unclear: there is none."""
    if not tokens:
        raise Unclear(ASK_AMOUNT)
    whole, taken, unit = _leading_unit(tokens), 0, None
    if whole is not None:
        unit, taken = whole, 1
    rest = tokens[taken:]
    if rest and spoken(rest[0]) in vocabulary().minus and begins(rest[1:]):
        raise Unclear(NEGATIVE)
    spelled = _spelled(rest)
    if spelled is not None:
        number, count = spelled
        return _with_unit(str(number), unit, tokens, taken + count)
    if not rest:
        raise Unclear(NOT_AN_AMOUNT, given=tokens[0])
    return _in_digits(unit, tokens, taken)


def show(money: Money) -> str:
    """As the grammar has it: `10`, `2.50`, `1000 sats`."""
    if money.currency is Currency.BTC:
        return f"{money.minor} sats"
    dollars, cents = divmod(money.minor, 100)
    return f"{dollars}.{cents:02}" if cents else str(dollars)


def _plain(token: str) -> str:
    """In lower case, with the digits, signs and separators of ASCII; what is no digit does not become one.

    Empty when it is too long for an amount: nothing is ever cut off.
    """
    token = _INVISIBLES.sub("", token).translate(_TABLE)
    if len(token) > LONGEST_WORD:
        return ""
    token = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in token)
    return token.casefold().lstrip(_AROUND).rstrip(_BEHIND)


def _leading_unit(tokens: Sequence[str]) -> Unit | None:
    """Of a unit in front of its number: `$ 10`, `usd 10`."""
    if len(tokens) < 2 or not begins(tokens[1:]):
        return None
    plain = _plain(tokens[0])
    found = _SYMBOLS.get(plain) or _CODES.get(plain)
    if found is None and (plain in _OTHER_CODES or (plain and plain in _OTHER_SYMBOLS)):
        raise Unclear(OTHER_CURRENCY, given=tokens[0])
    return found


def _spelled(tokens: Sequence[str]) -> tuple[int, int] | None:
    """(number, tokens) of one in words. `a dollar` is one."""
    words: list[str] = []
    taken = 0
    known = vocabulary()
    for place, token in enumerate(tokens[:16]):
        word = spoken(token)
        if numbers.is_number_word(word):
            words += numbers.words_of(word)
            taken = place + 1
        elif word in known.joins and words:
            words.append(word)
        elif not place and word in known.one and len(tokens) > 1:
            if unit_of(tokens[1]) in (Unit.DOLLAR, Unit.CENT, Unit.SATOSHI, Unit.BITCOIN):
                return 1, 1
            words.append(word)
        else:
            break
        if token[-1] in _PAUSES:
            break
    while words and words[-1] in known.joins:
        words.pop()
    if not taken:
        return None
    number = numbers.read(words)
    if number is None or (tokens[taken - 1][-1] not in _PAUSES and _goes_on(tokens[taken:])):
        raise Unclear(ASK_IN_DIGITS, given=" ".join(tokens[:taken]))
    return number, taken


def _goes_on(tokens: Sequence[str]) -> bool:
    """Whether what follows is a part of the number that is not understood: `… and a half`, `… point five`, `… 50`."""
    words = [spoken(token) for token in tokens[:3]]
    if not words or unit_of(tokens[0]) is not None:
        return False
    if words[0] in vocabulary().joins and len(words) > 1:
        words = words[2:] if words[1] in vocabulary().one else words[1:]
    return bool(words) and (words[0] in vocabulary().vague or begins(words))


def _in_digits(unit: Unit | None, tokens: Sequence[str], taken: int) -> Read:
    given = tokens[taken]
    plain = _plain(given)
    if _EXPONENT.fullmatch(plain):
        raise Unclear(EXPONENT, given=given)
    found = _NUMBER.fullmatch(plain)
    if (
        found is None
        or _mixes_digits(given)
        or found["sign"] == "+"
        or found["inner"] == "+"
        or (found["sign"] and found["inner"])
    ):
        raise Unclear(NOT_AN_AMOUNT, given=given)
    units = [_unit(sign, given) for sign in (found["before"], found["unit"]) if sign]
    if unit is not None:
        units.insert(0, unit)
    digits = _digits(found["digits"], given)
    if found["behind"]:
        digits = _thousandfold(digits)
    if given[-1] not in _PAUSES and _goes_on(tokens[taken + 1 :]):
        raise Unclear(ASK_IN_DIGITS, given=" ".join(tokens[taken : taken + 2]))
    if found["sign"] or found["inner"]:
        raise Unclear(NEGATIVE)
    return _with_unit(digits, _one_of(units, given), tokens, taken + 1)


def _mixes_digits(given: str) -> bool:
    """Whether it has digits of several scripts."""
    plain = given.translate(_TABLE)
    return len({ord(each) - unicodedata.decimal(each) for each in plain if each.isdecimal()}) > 1


def _unit(sign: str, given: str) -> Unit:
    """Of something written right before or behind the digits."""
    unit = _SYMBOLS.get(sign) or _CODES.get(sign) or _ATTACHED.get(sign) or _worded(sign)
    if unit is None:
        raise Unclear(NOT_AN_AMOUNT, given=given)
    if unit is Unit.OTHER:
        raise Unclear(OTHER_CURRENCY, given=given)
    return unit


def _worded(word: str) -> Unit | None:
    known = vocabulary()
    for words, unit in (
        (known.dollars, Unit.DOLLAR),
        (known.cents, Unit.CENT),
        (known.satoshis, Unit.SATOSHI),
        (known.bitcoins, Unit.BITCOIN),
        (known.other_money, Unit.OTHER),
        (_OTHER_CODES, Unit.OTHER),
    ):
        if word in words:
            return unit
    return Unit.OTHER if re.fullmatch(rf"{_OTHER_DOLLARS}|[{_OTHER_SYMBOLS}]", word) else None


def unit_of(token: str) -> Unit | None:
    """What money a token says that follows a number."""
    plain = _plain(token)
    return _SYMBOLS.get(plain) or _CODES.get(plain) or _worded(plain)


def _one_of(units: Sequence[Unit], given: str) -> Unit | None:
    if len(set(units)) > 1:
        raise Unclear(ASK_TWO_UNITS, given=given)
    return units[0] if units else None


def _digits(written: str, given: str) -> str:
    """`written` without separators of thousands and with a point for the decimals, if that can be told."""
    if _GROUPED.fullmatch(written):
        written = written.replace(",", "")
    if not _PLAIN.fullmatch(written):
        raise Unclear(ASK_SEPARATOR if re.search(r"[.,'].", written) else NOT_AN_AMOUNT, given=given)
    if _THREE_DECIMALS.fullmatch(written):
        raise Unclear(ASK_SEPARATOR, given=given)
    if re.match(r"0\d", written):
        raise Unclear(ASK_LEADING_ZERO, given=given)
    return written


def _thousandfold(digits: str) -> str:
    whole, _, decimals = digits.partition(".")
    decimals = decimals.ljust(3, "0")
    moved = (whole + decimals[:3]).lstrip("0") or "0"
    return moved + (f".{decimals[3:]}" if decimals[3:] else "")


def _with_unit(digits: str, unit: Unit | None, tokens: Sequence[str], taken: int) -> Read:
    """The number with the unit that may follow it, and cents that may follow dollars."""
    given = " ".join(tokens[:taken])
    unit, taken = _trailing_unit(unit, tokens, taken)
    money = _minor(digits, unit or Unit.DOLLAR, given)
    if unit is Unit.DOLLAR and "." not in digits:
        cents = _cents(tokens[taken:])
        if cents is not None:
            return Read(Money(money.currency, money.minor + cents[0]), taken + cents[1])
    return Read(money, taken)


def _trailing_unit(unit: Unit | None, tokens: Sequence[str], taken: int) -> tuple[Unit | None, int]:
    if tokens[taken - 1][-1] in _PAUSES:
        return unit, taken
    after = list(tokens[taken : taken + 2])
    if len(after) == 2 and spoken(after[0]) == "us" and unit_of(after[1]) is Unit.DOLLAR:
        taken, after = taken + 1, after[1:]
    if not after:
        return unit, taken
    found = unit_of(after[0])
    if found is None:
        return unit, taken
    if found is Unit.OTHER:
        raise Unclear(OTHER_CURRENCY, given=after[0])
    another = unit_of(after[1]) if len(after) > 1 else None
    if (unit is not None and unit is not found) or another not in (None, found):
        raise Unclear(ASK_TWO_UNITS, given=" ".join(tokens[: taken + 1]))
    return found, taken + 1


def _cents(tokens: Sequence[str]) -> tuple[int, int] | None:
    """(cents, tokens) of `[and] 50 cents` after dollars."""
    start = 1 if tokens and spoken(tokens[0]) in vocabulary().joins else 0
    rest = tokens[start:]
    if not begins(rest):
        return None
    spelled = _spelled(rest)
    number, count = spelled if spelled is not None else (_small(rest[0]), 1)
    if number is None or len(rest) <= count or unit_of(rest[count]) is not Unit.CENT:
        return None
    if not 0 < number < 100:
        raise Unclear(NOT_AN_AMOUNT, given=" ".join(rest[: count + 1]))
    return number, start + count + 1


def _small(token: str) -> int | None:
    plain = _plain(token)
    return int(plain) if re.fullmatch(r"\d{1,3}", plain) else None


def _minor(digits: str, unit: Unit, given: str) -> Money:
    """Raises Unclear: not to be paid out in the smallest unit, nothing, or more than there is."""
    currency, places = unit.value
    if currency is None:
        raise Unclear(OTHER_CURRENCY, given=given)
    whole, _, decimals = digits.partition(".")
    if len(decimals) > places:
        raise Unclear(DECIMALS, given=given, count=places, currency=currency.value)
    minor = int((whole or "0") + decimals.ljust(places, "0"))
    if minor == 0:
        raise Unclear(ZERO)
    if minor > LARGEST[currency]:
        raise Unclear(TOO_LARGE, given=given)
    return Money(currency, minor)
