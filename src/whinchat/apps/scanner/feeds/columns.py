"""Lists in columns: which one holds the names."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.feeds.names import Entry, Reject, entry_of
from whinchat.core.errors import Refused

_NAMED = (
    "url", "ioc_value", "ioc", "indicator", "value", "domain", "hostname", "host", "fqdn", "domain_name",
    "domainaddress", "link",
)  # fmt: skip
_KIND_NAMED = ("ioc_type", "type", "indicator_type")
_STATE_NAMED = ("url_status", "online", "deletedate")
_OVER = re.compile(r"offline|no|false|0|\d{4}-.*", re.IGNORECASE)  # or the date on which it was taken off
_LINK_KINDS = frozenset({"url", "domain", "host", "hostname", "fqdn", "ip", "ip:port", "ipv4", "ipv6"})
_OTHER_KINDS = frozenset({"sha256", "sha1", "md5", "sha256_hash", "md5_hash", "sha1_hash", "email", "filename"})
_DELIMITERS = ",;\t|"
MOSTLY = 0.8  # share of the first rows that must look alike


def fields(line: str, delimiter: str) -> list[str]:
    """One row; a quote that never closes ends with its line, so one bad line spoils no other."""
    return [field.strip() for field in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]


@dataclass(frozen=True, slots=True)
class Table:
    """How to read the rows of one list."""

    delimiter: str
    column: int
    kind: int | None = None
    """Column that says what the name is: url, domain, sha256, …"""
    state: int | None = None
    """Column that says whether the entry still holds."""
    header: str = ""
    """The line that named the columns; it is no row."""

    def names_in(self, line: str) -> Sequence[str] | Reject:
        try:
            row = fields(line, self.delimiter)
        except csv.Error:
            return Reject.UNREADABLE
        if len(row) <= max(self.column, self.kind or 0):
            return Reject.UNREADABLE
        kind = None if self.kind is None else row[self.kind]
        state = row[self.state] if self.state is not None and self.state < len(row) else None
        return _name(row[self.column], kind, state)


class Records:
    """How to read the objects of a JSON list; columns are what tables have, keys are what these have."""

    def __init__(self, key: str | None) -> None:
        """`key`: the one to read, when the reader should not guess."""
        self._wanted = (key.lower(),) if key else _NAMED

    def name_in(self, record: Mapping[str, object]) -> Sequence[str] | Reject:
        values = {key.lower(): value for key, value in record.items()}
        name, kind, state = (
            next((str(values[key]) for key in keys if key in values), None)
            for keys in (self._wanted, _KIND_NAMED, _STATE_NAMED)
        )
        return Reject.UNREADABLE if name is None else _name(name, kind, state)


def _name(name: str, kind: str | None, state: str | None) -> Sequence[str] | Reject:
    if kind is not None and kind.lower() not in _LINK_KINDS:
        return Reject.OTHER_KIND
    return Reject.OVER if state is not None and _OVER.fullmatch(state) else [name]


def table_of(lines: Sequence[str], remarks: Sequence[str], column: str | None = None) -> Table | None:
    """Find the columns from the first rows and the comments before them; None when these are no columns.

    Args:
        lines: the first lines that are no comments.
        remarks: the comments before them, where some lists keep their header.
        column: the name or the number (from 1) of the column to read, when the reader should not guess.

    Raises:
        Refused: there is no such column.
    """
    for header in [*lines[:1], *(remark.lstrip("#;! ") for remark in reversed(remarks))]:
        table = _by_header(header, column)
        if table is not None:
            return table
    if column is not None and not column.isdigit():
        raise Refused(f"no column is called {column!r}", hint="Give its number instead, counted from 1.")
    delimiter = _delimiter(lines)
    if delimiter is None:
        return None
    rows = [fields(line, delimiter) for line in lines]
    width = _usual_width(rows)
    rows = [row for row in rows if len(row) == width]
    if column is not None:
        return _numbered(delimiter, column, width)
    kind = next((at for at in range(width - 1) if _all_kinds(row[at] for row in rows)), None)
    if kind is not None:
        return Table(delimiter, kind + 1, kind)
    best, score = max(((at, _names([[row[at]] for row in rows])) for at in range(width)), key=lambda pair: pair[1])
    return Table(delimiter, best) if 2 * score > len(rows) else None


def _by_header(line: str, column: str | None) -> Table | None:
    for delimiter in _DELIMITERS:
        if delimiter not in line:
            continue
        names = [name.lower() for name in fields(line, delimiter)]
        wanted = next((name for name in ([column.lower()] if column else _NAMED) if name in names), None)
        if wanted is None or _names([names]):
            continue
        kind, state = (
            next((names.index(name) for name in known if name in names), None) for known in (_KIND_NAMED, _STATE_NAMED)
        )
        return Table(delimiter, names.index(wanted), kind, state, header=line)
    return None


def _delimiter(lines: Sequence[str]) -> str | None:
    """The one that parts the lines, but for a few broken ones, into the same number of fields."""
    for delimiter in _DELIMITERS:
        rows = [fields(line, delimiter) for line in lines]
        width = _usual_width(rows)
        if width > 1 and sum(len(row) == width for row in rows) > MOSTLY * len(rows):
            return delimiter
    return None


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
    return Counter(map(len, rows)).most_common(1)[0][0]


def _numbered(delimiter: str, column: str, width: int) -> Table:
    if not 1 <= int(column) <= width:
        raise Refused(f"there is no column {column}, the rows have {width}", hint="Columns are counted from 1.")
    return Table(delimiter, int(column) - 1)


def _all_kinds(values: Iterable[str]) -> bool:
    kinds = {value.lower() for value in values}
    return kinds <= _LINK_KINDS | _OTHER_KINDS


def _names(rows: Iterable[Sequence[str]]) -> int:
    """How many fields name a link."""
    return sum(isinstance(entry_of(field), Entry) for row in rows for field in row)
