"""The text of a contact card (vCard 2.1 to 4.0) in which a link may stand."""

from __future__ import annotations

import quopri
import re

_FOLD = re.compile(r"\r?\n[ \t]")
_SOFT_BREAK = re.compile(r"=\r?\n")
_ESCAPED = re.compile(r"\\([\\,;:nN])")
_WITHOUT_LINKS = frozenset({
    "ANNIVERSARY", "BDAY", "BEGIN", "CLASS", "EMAIL", "END", "GENDER", "GEO", "KEY", "KIND", "LANG", "LOGO",
    "MAILER", "PHOTO", "PRODID", "REV", "SOUND", "TEL", "TZ", "UID", "VERSION",
})  # fmt: skip
LONGEST = 65_536  # characters read of one card


def texts(vcard: str) -> list[str]:
    """The values of the properties that may hold a link, unfolded, decoded and unescaped: no mailboxes, no pictures."""
    card = vcard[:LONGEST]
    if "QUOTED-PRINTABLE" in card.upper():
        card = _SOFT_BREAK.sub("", card)
    found = []
    for line in _FOLD.sub("", card).splitlines():
        head, colon, value = line.partition(":")
        name, *parameters = head.upper().split(";")
        name = name.rpartition(".")[2].strip()  # item1.URL
        if not colon or not value.strip() or name in _WITHOUT_LINKS:
            continue
        if any("QUOTED-PRINTABLE" in parameter for parameter in parameters):
            value = quopri.decodestring(value.encode("utf-8", "replace")).decode("utf-8", "replace")
        elif any(parameter in {"ENCODING=B", "ENCODING=BASE64", "BASE64"} for parameter in parameters):
            continue
        found.append(_ESCAPED.sub(_plain, value).strip())
    return found


def _plain(escape: re.Match[str]) -> str:
    return "\n" if escape[1] in "nN" else escape[1]
