"""Schemes: which open a page, which open something else, and how their links look in running text."""

from __future__ import annotations

import re

from whinchat.apps.scanner.links.tables import groups

WEB = ("https", "http", "ftp")
LONGEST = 20  # characters of a scheme

_GROUPS = groups("schemes.txt")
_WITH_SLASHES = _GROUPS["slashes"]
_PATTERNS = {
    "bitcoin": r"[a-z0-9]{25,90}(?![a-z0-9])",
    "bitcoincash": r"[a-z0-9]{40,60}(?![a-z0-9])",
    "data": r"(?:text|application|image)/[a-z0-9.+-]{1,40}[;,]",
    "dogecoin": r"[a-z0-9]{25,50}(?![a-z0-9])",
    "ethereum": r"(?:pay-)?0x[0-9a-f]{40}",
    "intent": r"[^\s]{0,100}#intent;",
    "javascript": r"[^\s]{0,60}[(=;%]",
    "lightning": r"ln[a-z0-9]{20}",
    "litecoin": r"[a-z0-9]{25,50}(?![a-z0-9])",
    "magnet": r"\?[a-z.0-9]{2,5}=",
    "monero": r"[a-z0-9]{90,110}(?![a-z0-9])",
    "tg": r"[a-z_]{3,20}\?",
    "upi": r"[a-z]{3,20}\?",
    "vbscript": r"[^\s]{0,60}[(=;%]",
    "wc": r"[0-9a-f]{64}@",
}
_PAYLOADS = {scheme: re.compile(pattern, re.IGNORECASE) for scheme, pattern in _PATTERNS.items()}
OTHER = _WITH_SLASHES | _PAYLOADS.keys()
_SLASHES = re.compile(r"//[\w?#%&]")


def opens(scheme: str, text: str, position: int) -> bool:
    """Whether what follows the colon of one of OTHER makes it a link, not a word of the sentence ("market: up")."""
    if scheme in _WITH_SLASHES and _SLASHES.match(text, position):
        return True
    payload = _PAYLOADS.get(scheme)
    return payload is not None and payload.match(text, position) is not None
