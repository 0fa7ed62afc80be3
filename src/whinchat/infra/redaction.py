"""Takes out of log lines what must not be in them: who people are, what opens doors, what an address carries.

A second line of defence: the first is never to log such values. It prefers to hide too much.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[hidden]"
LONGEST = 16_384  # characters of one value
DEEPEST = 6  # levels of nested values that are looked into; below that everything is hidden

CODE_WORDS = r"(?:codes?|verification|otp|pin|passcode|código|codigo|kode)"
GUARDED = r"(?:token|secret|password|passwd|passphrase|api[_-]?key|auth[_-]?key|private[_-]?key|authorization|cookie)"

SUSPECT = re.compile(r"[\d@:=]|bearer|basic", re.IGNORECASE)
"""Every pattern below needs one of these: most texts have none and are done."""
WHATSAPP_ID = re.compile(r"[\w.:+-]{1,64}@(?:s\.whatsapp\.net|c\.us|g\.us|lid|broadcast|newsletter)", re.IGNORECASE)
URL = re.compile(r"\b([a-z][a-z0-9+.-]{1,15}://)([^\s\"'<>]*)", re.IGNORECASE)
BEARER = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{4,}", re.IGNORECASE)
ASSIGNED = re.compile(rf"({GUARDED}[\"']?\s*[=:]\s*[\"']?)([^\s\"',;&]+)", re.IGNORECASE)
SIX_DIGITS = r"(?<!\d)\d{3}[ -]?\d{3}(?!\d)"
CODE = re.compile(SIX_DIGITS)
CODE_AFTER = re.compile(rf"\b({CODE_WORDS}\b[^\d]{{0,40}}){SIX_DIGITS}", re.IGNORECASE)
CODE_BEFORE = re.compile(rf"{SIX_DIGITS}([^\d]{{0,40}}\b{CODE_WORDS}\b)", re.IGNORECASE)
PHONE = re.compile(
    r"\+\s?\d[\d\s().-]{4,24}\d"  # international, however it is grouped
    r"|\(?(?<!\d)\d{2,5}\)?[ -]\d{3,4}[ -]\d{3,}"  # national, in groups
    r"|\d{7,}"  # no separators at all
)

GUARDED_KEY = re.compile(
    rf"(?:^|[_\W])(?:{GUARDED}|auth|otp|pin|phone|credentials?|session|jid|lid)(?:$|[_\W])", re.IGNORECASE
)
CODE_KEY = re.compile(rf"(?:^|[_\W]){CODE_WORDS}(?:$|[_\W])", re.IGNORECASE)


def redact(text: str) -> str:
    """`text` without phone numbers, WhatsApp ids, codes, secrets, and the queries and user names of addresses."""
    if SUSPECT.search(text) is None:
        return text
    text = URL.sub(_bare_address, text)
    text = WHATSAPP_ID.sub(HIDDEN, text)
    text = BEARER.sub(rf"\1 {HIDDEN}", text)
    text = ASSIGNED.sub(rf"\1{HIDDEN}", text)
    text = CODE_AFTER.sub(rf"\1{HIDDEN}", text)
    text = CODE_BEFORE.sub(rf"{HIDDEN}\1", text)
    return PHONE.sub(HIDDEN, text)


def redact_field(key: str, value: object, depth: int = 0) -> Any:
    """A field of a log line, made of plain values. Numbers stay unless the key says that they are secret."""
    if value is None or isinstance(value, bool):
        return value
    if GUARDED_KEY.search(key) or depth > DEEPEST:
        return HIDDEN
    if isinstance(value, Mapping):
        return {redact(str(name)): redact_field(str(name), item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_field(key, item, depth + 1) for item in value]
    return _redact_single(key, value)


def _redact_single(key: str, value: object) -> str | int | float:
    is_code = CODE_KEY.search(key) is not None
    if isinstance(value, int | float):
        return HIDDEN if is_code and CODE.fullmatch(str(value)) else value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    text = redact(CODE.sub(HIDDEN, str(value)) if is_code else str(value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _bare_address(match: re.Match[str]) -> str:
    scheme, rest = match.group(1), match.group(2)
    before_query = re.split(r"[?#]", rest, maxsplit=1)[0]
    if "@" in rest:  # user name and password may hold any character: all up to the last @ goes
        return f"{scheme}{HIDDEN}"
    return f"{scheme}{before_query}" + (f"?{HIDDEN}" if before_query != rest else "")
