"""Writes snapshots. The same input gives the same bytes, whatever its order."""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

import msgspec

from whinchat.apps.scanner.feeds.snapshot import (
    BODY_AT,
    FORMAT,
    HEAD,
    MAGIC,
    MOST_FEEDS,
    Description,
    Extent,
    FeedInfo,
    Section,
    Snapshot,
    digest,
)
from whinchat.apps.scanner.knowledge import SiteTag
from whinchat.core.errors import Refused, StorageError

TAGS = tuple(SiteTag)
"""Bit n of a tag record is TAGS[n]."""

_HASH = 10  # bytes kept until it is known how long the section's index will be
_RECORD = _HASH + 1  # and the number of the feed or tag
_SMALL = 1 << 14  # entries up to which a one-byte index keeps buckets within a page
_KEPT = {Section.URL: 7, Section.HOST: 7, Section.SITE: 7, Section.POPULAR: 10, Section.TAGS: 10}  # bytes of the hash


class _Drawer:
    """The records of one section, parted by their first byte so that one part at a time is sorted."""

    def __init__(self) -> None:
        self._parts = [bytearray() for _ in range(256)]

    @property
    def size(self) -> int:
        return sum(map(len, self._parts)) // _RECORD

    def add(self, hashed: bytes, bit: int) -> None:
        part = self._parts[hashed[0]]
        part += hashed[:_HASH]
        part.append(bit)

    def merged(self) -> Iterator[dict[bytes, int]]:
        """Part by part every hash once, ascending, with the bits of all its records; the drawer is emptied."""
        for part in self._parts:
            merged: dict[bytes, int] = {}
            for record in sorted(bytes(part[at : at + _RECORD]) for at in range(0, len(part), _RECORD)):
                merged[record[:_HASH]] = merged.get(record[:_HASH], 0) | 1 << record[_HASH]
            part.clear()
            yield merged


class SnapshotBuilder:
    """Collects names and writes them as one file; holds 11 bytes for each name.

    Raises Refused when there are more feeds than a record has bits for.
    """

    def __init__(self, feeds: Sequence[FeedInfo] = ()) -> None:
        if len(feeds) > MOST_FEEDS:
            raise Refused(f"{len(feeds)} feeds are more than {MOST_FEEDS}", hint="Remove a feed that is not needed.")
        self._feeds = tuple(feeds)
        self._drawers: defaultdict[Section, _Drawer] = defaultdict(_Drawer)

    def add(self, section: Section, name: str, feed: int) -> None:
        """List a URL, host or site under the feed of that position."""
        self._drawers[section].add(digest(name), feed)

    def add_popular(self, registrable: str) -> None:
        self._drawers[Section.POPULAR].add(digest(registrable), 0)

    def add_tag(self, host: str, tag: SiteTag) -> None:
        self._drawers[Section.TAGS].add(digest(host), TAGS.index(tag))

    def write(self, path: Path, *, built_at: int, state: int = 0) -> Snapshot:
        """Write the file, on the disk when this returns, and give it back opened and verified; the builder is empty.

        It replaces nothing: the caller renames it into place with `publish`. Raises StorageError: no room, no right.
        """
        with _written(path):
            path.touch(mode=0o600)
            self._write_all(path, built_at, state)
        return Snapshot(path)

    def _write_all(self, path: Path, built_at: int, state: int) -> None:
        with path.open("wb") as file:
            out = _Out(file)
            extents = tuple([self._write(section, out) for section in Section if section in self._drawers])
            described = msgspec.json.encode(
                Description(built_at=built_at, state=state, feeds=self._feeds, extents=extents)
            )
            out.write(described)
            out.finish(len(described))

    def _payload(self, section: Section) -> int:
        if section is Section.POPULAR:
            return 0
        bits = len(TAGS) if section is Section.TAGS else len(self._feeds)
        return (bits + 7) // 8

    def _write(self, section: Section, out: _Out) -> Extent:
        drawer, kept, payload = self._drawers[section], _KEPT[section], self._payload(section)
        prefix = 1 if drawer.size <= _SMALL else 2
        buckets = [0] * (1 << 8 * prefix)
        records = out.at
        for part in drawer.merged():
            lines = bytearray()
            for hashed, bits in part.items():
                buckets[int.from_bytes(hashed[:prefix], "big")] += 1
                lines += hashed[prefix:kept]
                if payload:
                    lines += bits.to_bytes(payload, "little")
            out.write(lines)
        index = out.at
        out.write(struct.pack(f"<{len(buckets) + 1}I", 0, *accumulate(buckets)))
        return Extent(
            section=section,
            count=sum(buckets),
            records=records,
            index=index,
            prefix=prefix,
            key=kept - prefix,
            payload=payload,
        )


class _Out:
    """The file being written, with its running hash; the head comes last."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._check = hashlib.sha256()
        self.at = file.write(bytes(BODY_AT))

    def write(self, data: bytes | bytearray) -> None:
        self._check.update(data)
        self.at += self._file.write(data)

    def finish(self, described: int) -> None:
        head = HEAD.pack(MAGIC, FORMAT, described, self.at)
        self._check.update(head)
        self._file.seek(0)
        self._file.write(head + self._check.digest())
        self._file.flush()
        os.fsync(self._file.fileno())


def publish(temporary: Path, path: Path) -> None:
    """Put a written snapshot in place of the old one, at once and durably; readers keep the old one open.

    Raises StorageError when that cannot be done; the old one is still there then.
    """
    with _written(path):
        temporary.replace(path)
    with contextlib.suppress(OSError):  # not every system can open a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextlib.contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{path.name} cannot be written: {error.strerror}",
            hint=f"Make room or give the right to write in {path.parent}.",
        ) from error
