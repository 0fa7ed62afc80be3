"""The file that look-ups read: sorted truncated hashes behind a bucket index, memory-mapped, nothing loaded.

    64 bytes   magic, format version, length of the description, length of the file, SHA-256 of everything else
    sections   per kind of name: the records, then an index of 2^8 or 2^16 buckets (uint32, cumulative)
    JSON       the description: which feeds the file holds, and where each section lies

A name's hash is BLAKE2b. Its first bytes choose the bucket, its next bytes are stored, followed by one bit per feed (or
per tag). A look-up touches one page of the index and one or two of the records.

How many bytes of a hash count is a matter of who gains by a collision. To be taken for a *popular* site an attacker
may try names until one fits, so those keep 80 bits; nobody can choose what a feed already lists, so entries keep 56
(one chance in 10^10 that any given innocent name is taken for one of five million entries).

Opening reads the whole file once, in pieces, to check its hash: about 1 ms per MB, and no page of it becomes resident
in this process. What passed can be looked up without further checks, for the file never changes: a new version is a
new file under the same name.
"""

from __future__ import annotations

import enum
import hashlib
import mmap
import os
import struct
from pathlib import Path
from typing import BinaryIO

import msgspec

from whinchat.apps.scanner.knowledge import Threat
from whinchat.core.errors import StorageError

MAGIC = b"WHINLIST"
FORMAT = 1
HEAD = struct.Struct("<8sIIQ8x")  # followed by the hash of what follows that, and of these 32 bytes
BODY_AT = HEAD.size + 32
MOST_FEEDS = 32
PIECE = 1 << 20

_PAIR = struct.Struct("<II")


class Section(enum.StrEnum):
    """The kinds of names a snapshot can hold."""

    URL = "url"
    HOST = "host"
    SITE = "site"
    POPULAR = "popular"
    TAGS = "tags"


class Trust(enum.StrEnum):
    """What an entry of a feed is good for."""

    DECISIVE = "decisive"
    """A verdict by itself."""
    EVIDENCE = "evidence"
    """One piece of evidence among others."""


class FeedInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    threat: Threat
    trust: Trust
    licence: str
    version: str
    date: str
    """The newest day the feed knows of, as YYYY-MM-DD."""
    entries: int
    current_at: int | None = None
    """When it was last known to be current, in milliseconds UTC; None for what ships."""


class Extent(msgspec.Struct, frozen=True):
    """Where a section lies and how its records look; positions and sizes in bytes."""

    section: Section
    count: int
    records: int
    index: int
    prefix: int
    """Bytes of the hash that choose the bucket."""
    key: int
    """Bytes of the hash that are stored."""
    payload: int


class Description(msgspec.Struct, frozen=True):
    built_at: int
    """Milliseconds UTC."""
    state: int
    """Of the store it was built from; lets a restart see that a build is missing."""
    feeds: tuple[FeedInfo, ...]
    extents: tuple[Extent, ...]


def digest(name: str) -> bytes:
    """What a name is looked up by, in every section."""
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Snapshot:
    """One open file. It closes itself when nobody holds it any more, so a look-up under way never loses its map."""

    def __init__(self, path: Path) -> None:
        """Raises StorageError: no such file (code `snapshot_missing`), or not a whole, sound snapshot."""
        try:
            with path.open("rb") as file:
                self.description, self.version = _verified(file, path.name)
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError:
            raise StorageError(f"{path.name} does not exist", code="snapshot_missing") from None
        except OSError as error:
            raise StorageError(f"{path.name} cannot be read: {error.strerror}") from error
        self._extents = {extent.section: extent for extent in self.description.extents}

    def find(self, section: Section, hashed: bytes) -> int | None:
        """The bits stored with a name (0 where a section stores none); None when it is not listed."""
        extent = self._extents.get(section)
        if extent is None:
            return None
        prefix, key = extent.prefix, extent.key
        bucket = int.from_bytes(hashed[:prefix], "big")
        first, end = _PAIR.unpack_from(self._map, extent.index + 4 * bucket)
        if first == end:
            return None
        size = key + extent.payload
        block = self._map[extent.records + first * size : extent.records + end * size]
        wanted = hashed[prefix : prefix + key]
        at = block.find(wanted)
        while at >= 0:
            if at % size == 0:
                return int.from_bytes(block[at + key : at + size], "little")
            at = block.find(wanted, at + 1)
        return None

    def count(self, section: Section) -> int:
        extent = self._extents.get(section)
        return extent.count if extent else 0

    def feeds_in(self, bits: int) -> tuple[FeedInfo, ...]:
        return tuple(feed for number, feed in enumerate(self.description.feeds) if bits >> number & 1)


def _verified(file: BinaryIO, name: str) -> tuple[Description, str]:
    damaged = StorageError(f"{name} is damaged or no list snapshot", hint="Import the feed again, or restore the file.")
    head = file.read(BODY_AT)
    length = os.fstat(file.fileno()).st_size
    if len(head) < BODY_AT:
        raise damaged
    magic, form, described, told = HEAD.unpack_from(head)
    if magic != MAGIC or told != length or described > length - BODY_AT:
        raise damaged
    if form != FORMAT:
        raise StorageError(
            f"{name} has format {form}, this version reads {FORMAT}", hint="Import the feeds again with this version."
        )
    check = hashlib.sha256()
    while piece := file.read(PIECE):
        check.update(piece)
    check.update(head[: HEAD.size])
    if check.digest() != head[HEAD.size :]:
        raise damaged
    file.seek(length - described)
    try:
        description = msgspec.json.decode(file.read(), type=Description)
    except msgspec.DecodeError:
        raise damaged from None
    if not all(_inside(extent, length) for extent in description.extents):
        raise damaged
    return description, check.hexdigest()[:12]


def _inside(extent: Extent, length: int) -> bool:
    index = 4 * ((1 << 8 * extent.prefix) + 1) if extent.prefix in {1, 2} else length
    records = extent.count * (extent.key + extent.payload)
    return (
        extent.key > 0
        and min(extent.index, extent.records, extent.payload, extent.count) >= 0
        and extent.index + index <= length
        and extent.records + records <= length
    )
