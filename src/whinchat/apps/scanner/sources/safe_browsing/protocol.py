"""What Safe Browsing is asked and answers, version 5.

Source: https://developers.google.com/safe-browsing/reference/rest/v5 and the messages of
google/security/safebrowsing/v5/safebrowsing.proto, whose field numbers stand here.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.sources.safe_browsing.errors import garbled
from whinchat.apps.scanner.sources.safe_browsing.rice import RiceDelta
from whinchat.apps.scanner.sources.safe_browsing.wire import fields, number, numbers, view

ADDRESS = "https://safebrowsing.googleapis.com"
KEY_HEADER = "X-Goog-Api-Key"  # the key never stands in an address, which others may log
LISTS = ("se-4b", "mw-4b", "uws-4b", "uwsa-4b", "pha-4b")
"""Every threat list there is, of 4-byte prefixes. The Global Cache (gc-32b) is used in real-time mode only."""
PREFIX, HASH = 4, 32  # bytes
LONGEST_VERSION = 4096  # bytes
LONGEST = 7 * 86_400.0  # seconds; no duration in use comes near

THREATS: Mapping[int, Threat] = {
    1: Threat.MALWARE,
    2: Threat.PHISHING,  # SOCIAL_ENGINEERING
    3: Threat.MALWARE,  # UNWANTED_SOFTWARE
    4: Threat.MALWARE,  # POTENTIALLY_HARMFUL_APPLICATION
}

_SCALE = 1e-9  # of a Duration's nanos


@dataclass(frozen=True, slots=True)
class HashList:
    """One list, or what changed in it since the version that was named in the request."""

    name: str
    """Empty where the answer does not repeat it."""
    version: bytes
    partial: bool
    removals: RiceDelta | None
    """Positions in the sorted old list."""
    additions: RiceDelta | None
    """Prefixes as big-endian numbers."""
    wait: float
    """Seconds for which it must not be asked for again."""
    checksum: bytes
    """SHA-256 of all sorted prefixes after the change; empty when nothing changed."""


@dataclass(frozen=True, slots=True)
class FullHashes:
    """The threats with one of the prefixes that were asked for: SHA-256 of the expression to what it is."""

    found: Mapping[bytes, Threat]
    seconds: float
    """How long this holds for every prefix that was asked for, found or not."""


def lists_address(names: Sequence[str], versions: Iterable[bytes], base: str = ADDRESS) -> str:
    """hashLists.batchGet. `versions`: those that are held, in any order."""
    query = [("names", name) for name in names] + [("version", _base64(version)) for version in versions]
    return f"{base}/v5/hashLists:batchGet?{urlencode([*query, ('alt', 'proto')])}"


def search_address(prefixes: Iterable[bytes], base: str = ADDRESS) -> str:
    """hashes.search. At most 30 prefixes are ever needed for one link, 1,000 are allowed."""
    query = [("hashPrefixes", _base64(prefix)) for prefix in prefixes]
    return f"{base}/v5/hashes:search?{urlencode([*query, ('alt', 'proto')])}"


def read_lists(message: memoryview, names: Sequence[str]) -> dict[str, HashList]:
    """BatchGetHashListsResponse: the lists in the order of the request. Raises Unanswered: it is something else."""
    lists = [_hash_list(view(value)) for field, value in fields(message) if field == 1]
    if len(lists) != len(names):
        raise garbled("there are not as many lists as were asked for")
    if any(found.name and found.name.rpartition("/")[2] != name for name, found in zip(names, lists, strict=True)):
        raise garbled("there is another list than was asked for")
    return dict(zip(names, lists, strict=True))


def read_hashes(message: memoryview) -> FullHashes:
    """SearchHashesResponse. Raises Unanswered: it is something else."""
    found: dict[bytes, Threat] = {}
    seconds: float | None = None
    for field, value in fields(message):
        if field == 1:
            full, threat = _full_hash(view(value))
            if threat is not None:
                found.setdefault(full, threat)
        elif field == 2:
            seconds = _duration(view(value))
    if seconds is None:
        raise garbled("it is not said how long the answer holds")
    return FullHashes(found, seconds)


def _hash_list(message: memoryview) -> HashList:
    parts = dict(fields(message))  # no field of it is repeated; of one that comes twice, the last one counts
    if parts.keys() & {9, 10, 11}:
        raise garbled("a list has hashes of another length")
    return HashList(
        name=_text(view(parts.get(1, _NOTHING))),
        version=_bytes(view(parts.get(2, _NOTHING)), LONGEST_VERSION),
        partial=bool(number(parts.get(3, 0))),
        additions=_rice(view(parts[4])) if 4 in parts else None,
        removals=_rice(view(parts[5])) if 5 in parts else None,
        wait=_duration(view(parts.get(6, _NOTHING))),
        checksum=_bytes(view(parts.get(7, _NOTHING)), HASH),
    )


def _rice(message: memoryview) -> RiceDelta:
    parts = dict(fields(message))
    first, parameter, count = (number(parts.get(field, 0)) for field in (1, 2, 3))
    return RiceDelta(first, parameter, count, view(parts.get(4, _NOTHING)))


def _full_hash(message: memoryview) -> tuple[bytes, Threat | None]:
    full, threat = b"", None
    for field, value in fields(message):
        if field == 1:
            full = _bytes(view(value), HASH)
        elif field == 2:
            threat = threat or _threat(view(value))
    if len(full) != HASH:
        raise garbled("a hash is too short")
    return full, threat


def _threat(message: memoryview) -> Threat | None:
    """FullHashDetail. One with an attribute is disregarded, known or not: CANARY is not for enforcement, FRAME_ONLY is
    for frames, and of what is not known the protocol says so, as of unknown threats.
    """
    threat = None
    for field, value in fields(message):
        if field == 1:
            threat = THREATS.get(number(value))
        elif field == 2 and any(True for _ in numbers(value)):
            return None
    return threat


def _duration(message: memoryview) -> float:
    """Seconds. Negative ones are very large here."""
    parts = dict(fields(message))
    seconds = number(parts.get(1, 0)) + number(parts.get(2, 0)) * _SCALE
    if seconds > LONGEST:
        raise garbled("a duration is not plausible")
    return seconds


def _bytes(value: memoryview, most: int) -> bytes:
    if len(value) > most:
        raise garbled("a field is too long")
    return bytes(value)


def _text(value: memoryview) -> str:
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        raise garbled("a name is no text") from None


def _base64(data: bytes) -> str:
    """As JSON of Protocol Buffers has it, in the form that needs no escapes in an address."""
    return base64.urlsafe_b64encode(data).decode("ascii")


_NOTHING = memoryview(b"")
