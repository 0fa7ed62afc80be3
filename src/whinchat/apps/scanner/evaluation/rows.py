"""Labelled links and messages out of tab-separated files: a header, then one row a line, no quoting."""

from __future__ import annotations

import enum
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn, Protocol

from whinchat.core.errors import Refused

PIECE = 1 << 16
LONGEST_LINE = 1 << 20  # bytes
GZIP = b"\x1f\x8b"
_MEMBER = 31  # zlib's number for a gzip header and the largest window

COLUMNS = "The first line names the columns, divided by tabs: `label`, and `url`, `norm_url` or `text`."


class Label(enum.StrEnum):
    PHISHING = "phishing"
    BENIGN = "benign"
    SPAM = "spam"
    """Unwanted, but no danger: neither to be caught nor to be left alone, so it is counted apart."""


LABELS = {
    **dict.fromkeys(("1", "phishing", "smishing", "scam", "dangerous", "malicious"), Label.PHISHING),
    **dict.fromkeys(("0", "benign", "ham", "safe", "harmless", "legitimate"), Label.BENIGN),
    "spam": Label.SPAM,
}
"""What the column `label` may hold, in any case."""


class Source(Protocol):
    """An open binary file or pipe."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled link or message. Cells that the file does not have are empty."""

    label: Label
    address: str = ""
    """The link, with a scheme where the file leaves it out."""
    text: str = ""
    """The message; its links are looked for where there is no `address`."""
    source: str = ""
    chat: str = ""
    sender: str = ""
    when: int | None = None
    """Milliseconds UTC; None without a date of the form 2026-05-31, with or without a time."""
    group: str = ""
    """Cell of the column that somebody asked to group by."""


def read(source: Source, name: str, *, chat: str = "chat", group_by: str | None = None) -> Iterator[Row]:
    """The rows of a file, plain or gzip. `chat` and `group_by`: names of columns.

    Raises Refused with the number of the line: not such a file, or a row that cannot be understood.
    """
    lines = _lines(_content(source, name), name)
    columns: list[str] | None = None
    number, found = 0, False
    for number, line in enumerate(lines, start=1):
        cells = _text(line, name, number).rstrip("\r").split("\t")
        if columns is None:
            columns = _columns(cells, name, wanted=[column for column in (group_by,) if column])
        elif cells != [""]:
            if len(cells) != len(columns):
                _refuse(
                    name,
                    number,
                    f"{len(cells)} columns where the header has {len(columns)}",
                    "A tab or a line break inside a cell must be replaced by a blank.",
                )
            found = True
            yield _row(dict(zip(columns, cells, strict=True)), name, number, chat, group_by)
    if not found:
        raise Refused(f"{name} has no rows" if number else f"{name} is empty", hint=COLUMNS)


def _row(cells: Mapping[str, str], name: str, number: int, chat: str, group_by: str | None) -> Row:
    label = LABELS.get(cells["label"].strip().lower())
    if label is None:
        _refuse(name, number, f"label {cells['label'][:20]!r}", f"A label is one of {', '.join(LABELS)}.")
    address = cells.get("url", "").strip()
    if not address and (bare := cells.get("norm_url", "").strip()):
        address = f"http://{bare}"
    return Row(
        label=label,
        address=address,
        text=cells.get("text", ""),
        source=cells.get("source", ""),
        chat=cells.get(chat, ""),
        sender=cells.get("sender", ""),
        when=_time(cells.get("date", "")),
        group=cells[group_by] if group_by else "",
    )


def _columns(cells: list[str], name: str, wanted: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    if len(columns) == 1 and columns[0] not in {"label", "url", "text"}:
        _refuse(name, 1, "there are no tabs in the header", COLUMNS)
    if "label" not in columns:
        _refuse(name, 1, "there is no column `label`", COLUMNS)
    if not {"url", "norm_url", "text"} & set(columns):
        _refuse(name, 1, "there is no column `url`, `norm_url` or `text`", COLUMNS)
    for column in wanted:
        if column not in columns:
            _refuse(name, 1, f"there is no column `{column}`", f"There are {', '.join(columns)}.")
    if len(set(columns)) < len(columns):
        _refuse(name, 1, "two columns have the same name", "Rename or remove one of them.")
    return columns


def _time(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


# --- lines -------------------------------------------------------------------------------------------------------


def _text(line: bytes, name: str, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        _refuse(name, number, "this is not UTF-8 text", "Convert the file: iconv -f LATIN1 -t UTF-8 FILE > NEW")


def _lines(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    rest, number = b"", 0
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        number += len(whole)
        yield from whole
        if len(rest) > LONGEST_LINE:
            _refuse(name, number + 1, "the line does not end", "A row is one line of at most 1 MB.")
    if rest:
        yield rest


def _content(source: Source, name: str) -> Iterator[bytes]:
    """The file in pieces, decompressed where it is gzip."""
    first = source.read(PIECE)
    pieces = _pieces(first, source)
    return _unpacked(pieces, name) if first.startswith(GZIP) else pieces


def _pieces(first: bytes, source: Source) -> Iterator[bytes]:
    piece = first
    while piece:
        yield piece
        piece = source.read(PIECE)


def _unpacked(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    damaged = Refused(f"{name}: the compressed file is damaged or incomplete", hint="Copy or download it again.")
    member = None
    for piece in pieces:
        left = piece
        while left:
            member = member or zlib.decompressobj(_MEMBER)
            try:
                yield member.decompress(left)
            except zlib.error:
                raise damaged from None
            left = member.unused_data
            if member.eof:  # another member may follow
                member = None
    if member is not None:
        raise damaged


def _refuse(name: str, number: int, problem: str, way_out: str) -> NoReturn:
    raise Refused(f"{name}, line {number}: {problem}", hint=way_out)
