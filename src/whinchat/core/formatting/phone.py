"""Phone numbers as people type them."""

from __future__ import annotations

import re

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
BETWEEN_DIGITS = re.compile(r"[\s().\u2010-\u2015/-]")


def phone_number(typed: str) -> str | None:
    """`+` and digits, or None: this is no number with its country's code."""
    number = BETWEEN_DIGITS.sub("", typed)
    return number if NUMBER.fullmatch(number) else None
