"""Values as they come in a request. A wrong one is no error of the request: resolvers tell it among a payload's errors.

That is how the Galoy schema's servers behave (src/graphql/shared/types/scalar in github.com/lnflash/flash).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from graphql import GraphQLScalarType, GraphQLSchema

from whinchat.sandbox.records import BankError

MOST_CENTS = 100_000_000 * 100  # a hundred million dollars
MOST_SATS = 21_000_000 * 100_000_000
MOST_MEMO = 639  # bytes: what fits into a BOLT11 description

PHONE = re.compile(r"\+[1-9]\d{6,14}")
USERNAME = re.compile(r"(?!1|3|bc1|lnbc1)\w{3,50}", re.IGNORECASE)
CODE = re.compile(r"\d{6}")
BOLT11 = re.compile(r"ln[a-z0-9]+", re.IGNORECASE)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Invalid:
    """In place of a value that is none."""

    message: str


Parse = Callable[[Any], object]


def _text(name: str, pattern: re.Pattern[str]) -> Parse:
    def parse(value: Any) -> object:
        if not isinstance(value, str):
            return Invalid(f"Invalid type for {name}")
        return value if pattern.fullmatch(value) else Invalid(f"Invalid value for {name}")

    return parse


def _phone(value: Any) -> object:
    if not isinstance(value, str):
        return Invalid("Invalid type for Phone")
    number = re.sub(r"[\s()-]", "", value)
    return number if PHONE.fullmatch(number) else Invalid("Phone number is not a valid phone number")


def _memo(value: Any) -> object:
    if not isinstance(value, str):
        return Invalid("Invalid type for Memo")
    return value if len(value.encode()) <= MOST_MEMO else Invalid("Memo is too long")


def _username(value: Any) -> object:
    if not isinstance(value, str):
        return Invalid("Invalid type for Username")
    return value.lower() if USERNAME.fullmatch(value) else Invalid("Invalid value for Username")


def _currency(value: Any) -> object:
    if not isinstance(value, str):
        return Invalid("Invalid type for DisplayCurrency")
    return value.upper() if 3 <= len(value) <= 4 else Invalid("Invalid value for DisplayCurrency")


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _whole(name: str, most: int) -> Parse:
    """A number, or one written as text, which is not negative and has no fraction."""

    def parse(value: Any) -> object:
        number = _decimal(value)
        if number is None or number < 0 or number != number.to_integral_value():
            return Invalid(f"Invalid value for {name}")
        return int(number) if number <= most else Invalid(f"Value too big for {name}")

    return parse


def _fractional_cents(value: Any) -> object:
    number = _decimal(value)
    if number is None:
        return Invalid("Invalid value for FractionalCentAmount")
    return number if abs(number) <= MOST_CENTS else Invalid("Value out of range for FractionalCentAmount")


PARSERS: Mapping[str, Parse] = {
    "CentAmount": _whole("CentAmount", MOST_CENTS),
    "DisplayCurrency": _currency,
    "FractionalCentAmount": _fractional_cents,
    "LnPaymentRequest": _text("LnPaymentRequest", BOLT11),
    "Memo": _memo,
    "Minutes": _whole("Minutes", 10_000_000),
    "OneTimeAuthCode": _text("OneTimeAuthCode", CODE),
    "Phone": _phone,
    "SatAmount": _whole("SatAmount", MOST_SATS),
    "Username": _username,
    "WalletId": _text("WalletId", UUID),
}


def attach(schema: GraphQLSchema) -> None:
    """To those of the schema's scalars that come in."""
    for name, parse in PARSERS.items():
        kind = schema.type_map.get(name)
        if isinstance(kind, GraphQLScalarType):
            kind.coerce_input_value = parse


def invalid(values: Mapping[str, Any]) -> Invalid | None:
    """The first wrong one."""
    return next((value for value in values.values() if isinstance(value, Invalid)), None)


def checked(value: Any) -> Any:
    """BankError INVALID_INPUT."""
    if isinstance(value, Invalid):
        raise BankError("INVALID_INPUT", value.message)
    return value
