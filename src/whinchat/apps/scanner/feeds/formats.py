"""Reads lists of dangerous names piece by piece, whatever their size, and refuses what is no such list."""

from __future__ import annotations

import hashlib
import itertools
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol

from whinchat.apps.scanner.feeds.columns import Records, Table, table_of
from whinchat.apps.scanner.feeds.lines import COMMENTS, Format, names_in
from whinchat.apps.scanner.feeds.names import Entry, Reject, entry_of
from whinchat.apps.scanner.feeds.records import records
from whinchat.core.errors import Refused

PIECE = 1 << 16
SNIFFED = 512  # bytes at the beginning that show what this is
GZIP = b"\x1f\x8b"
LONGEST_LINE = 8 << 10
MOST_BYTES = 1 << 30  # after decompression
SAMPLE = 20  # lines from which columns are recognised
SPARED = 20  # bad lines that no list is refused for
BAD_SHARE = 0.1

_FAULTS = frozenset(Reject) - {Reject.OTHER_KIND, Reject.OVER}
_DAMAGED = "the compressed file is damaged or incomplete"
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{|\[\s*[\[\]{\"])")
_SAMPLES = 3  # numbers of bad lines that are remembered, for the error text


class Source(Protocol):
    """An open binary file, a pipe or a response body."""

    def read(self, size: int, /) -> bytes: ...


class FeedReader:
    """Iterating gives the entries; afterwards the counts and the hash are complete.

    Raises:
        Refused: this is no list (a web page, an archive, empty), too much of it cannot be read, or it grows beyond
            `most_bytes` when decompressed. Nothing that was given out before then may be used.
    """

    def __init__(
        self, source: Source, form: Format = Format.AUTO, *, column: str | None = None, most_bytes: int = MOST_BYTES
    ) -> None:
        self._raw = _Hashing(source)
        self._form = form
        self._column = column
        self._most_bytes = most_bytes
        self.lines = 0
        """Lines that are neither empty nor comments."""
        self.entries = 0
        self.rejects: Counter[Reject] = Counter()
        self._samples: list[int] = []

    @property
    def bytes_read(self) -> int:
        """Of the source as it is, compressed or not: for progress."""
        return self._raw.count

    @property
    def sha256(self) -> str:
        return self._raw.check.hexdigest()

    def __iter__(self) -> Iterator[Entry]:
        pieces = _plain_bytes(self._raw, self._most_bytes)
        first = next(pieces, b"")
        pieces = itertools.chain([first], pieces)
        is_json = self._form is Format.JSON or (self._form is Format.AUTO and bool(_JSON.match(first)))
        for number, names in self._in_json(pieces) if is_json else self._in_lines(pieces):
            self.lines += 1
            yield from self._entries(number, names)
            if self.lines % 1000 == 0:
                self._check_rejects()
        self._check_rejects()
        if not self.entries:
            raise Refused("the list is empty", hint="Check that the download is complete and of the format you named.")

    def _entries(self, number: int, names: Sequence[str] | Reject) -> Iterator[Entry]:
        for found in [names] if isinstance(names, Reject) else map(entry_of, names):
            if isinstance(found, Entry):
                self.entries += 1
                yield found
            else:
                self._reject(number, found)

    def _in_json(self, pieces: Iterator[bytes]) -> Iterator[tuple[int, Sequence[str] | Reject]]:
        """Numbered records, and what they name."""
        keys = Records(self._column)
        for number, record in enumerate(records(pieces), start=1):
            if isinstance(record, dict):
                yield number, keys.name_in(record)
            else:
                yield number, [record] if isinstance(record, str) else Reject.UNREADABLE

    def _in_lines(self, pieces: Iterator[bytes]) -> Iterator[tuple[int, Sequence[str] | Reject]]:
        """Numbered lines that are no comments, and what they name."""
        lines = self._content(pieces)
        first, remarks = self._sample(lines)
        table = self._table([line for _, line in first], remarks)
        for number, line in itertools.chain(first, lines):
            if line.startswith(COMMENTS) or (table and line == table.header):
                continue
            yield number, table.names_in(line) if table else names_in(line, self._form)

    def _content(self, pieces: Iterator[bytes]) -> Iterator[tuple[int, str]]:
        """Numbered lines, stripped, that are not empty."""
        for number, raw in enumerate(_split(pieces), start=1):
            if raw is None:
                self._reject(number, Reject.TOO_LONG)
                continue
            try:
                line = raw.decode("utf-8").strip("\ufeff \t\r\v\f")
            except UnicodeDecodeError:
                self._reject(number, Reject.ENCODING)
                continue
            if line:
                yield number, line

    def _sample(self, lines: Iterator[tuple[int, str]]) -> tuple[list[tuple[int, str]], list[str]]:
        """The first rows, and the comments before and between them."""
        first: list[tuple[int, str]] = []
        remarks: list[str] = []
        for number, line in lines:
            if line.startswith(COMMENTS):
                remarks.append(line)
                del remarks[:-SAMPLE]
                continue
            first.append((number, line))
            if len(first) == SAMPLE:
                break
        return first, remarks

    def _table(self, first: list[str], remarks: list[str]) -> Table | None:
        if self._form not in {Format.AUTO, Format.CSV}:
            return None
        if self._form is Format.AUTO and self._column is None and first and self._mostly_lines(first):
            return None
        table = table_of(first, remarks, self._column) if first else None
        if table is None and first and (self._form is Format.CSV or self._column):
            raise Refused("no columns were found", hint="Name the one to read with --column, or use another --format.")
        return table

    @staticmethod
    def _mostly_lines(first: list[str]) -> bool:
        """Whether the first lines make sense without columns."""
        readings = [names_in(line, Format.AUTO) for line in first]
        sound = sum(
            not isinstance(names, Reject) and not any(isinstance(entry_of(name), Reject) for name in names)
            for names in readings
        )
        return 2 * sound > len(first)

    def _reject(self, number: int, reason: Reject) -> None:
        self.rejects[reason] += 1
        if reason in _FAULTS and len(self._samples) < _SAMPLES:
            self._samples.append(number)

    def _check_rejects(self) -> None:
        bad = sum(self.rejects[reason] for reason in _FAULTS)
        if bad <= max(SPARED, BAD_SHARE * self.lines) and (self.entries or not bad):
            return
        reason, _ = max(((reason, self.rejects[reason]) for reason in _FAULTS), key=lambda pair: pair[1])
        where = ", ".join(map(str, self._samples))
        raise Refused(
            f"{bad} lines cannot be used, most of them as {reason.replace('_', ' ')} (first: line {where})",
            hint="Check that the file is a list of hosts or URLs, and name its --format if it was not recognised.",
        )


class _Hashing:
    """Counts and hashes what is read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.check = hashlib.sha256()
        self.count = 0

    def read(self, size: int) -> bytes:
        data = self._source.read(size)
        self.check.update(data)
        self.count += len(data)
        return data


def _plain_bytes(raw: _Hashing, most: int) -> Iterator[bytes]:
    """Pieces of the decompressed content. Raises Refused for what is clearly no list."""
    pieces = iter(lambda: raw.read(PIECE), b"")
    first = b""
    while len(first) < SNIFFED and (piece := next(pieces, b"")):
        first += piece
    pieces = itertools.chain([first], pieces)
    total = 0
    for piece in _decompressed(pieces) if first.startswith(GZIP) else pieces:
        if not total:
            _refuse_other_content(piece)
        total += len(piece)
        if total > most:
            raise Refused(
                f"the list is over {most >> 20} MiB when decompressed", hint="Split it, or check where it comes from."
            )
        yield piece


def _decompressed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Any number of gzip members, never more than a piece at a time however small the input that unfolds to it."""
    engine = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            rest = piece
            while rest:
                if engine.eof:
                    engine = zlib.decompressobj(wbits=31)
                yield engine.decompress(rest, PIECE)
                rest = engine.unused_data.lstrip(b"\0") if engine.eof else engine.unconsumed_tail
    except zlib.error:
        raise Refused(_DAMAGED, hint="Download it again.") from None
    if not engine.eof:
        raise Refused(_DAMAGED, hint="Download it again.")


def _refuse_other_content(piece: bytes) -> None:
    start = piece[:SNIFFED].lstrip().lower()
    for mark, what in _OTHER_CONTENT:
        if start.startswith(mark):
            raise Refused(f"this is {what}, not a list", hint="Lists are text, one name a line or CSV, gzip allowed.")
    if b"\0" in piece:
        raise Refused("this is binary data, not a list", hint="Lists are text, one name a line or CSV, gzip allowed.")


_OTHER_CONTENT = (
    (b"<", "a web page or XML"),
    (b"pk\x03\x04", "a zip archive"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"%pdf", "a PDF"),
)


def _split(pieces: Iterator[bytes]) -> Iterator[bytes | None]:
    """Lines without their ends; None for one that is too long, of which no more than a piece is ever kept."""
    rest, skipping = b"", False
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield None if skipping or len(line) > LONGEST_LINE else line
            skipping = False
        if len(rest) > LONGEST_LINE:
            rest, skipping = b"", True
    if rest or skipping:
        yield None if skipping else rest
