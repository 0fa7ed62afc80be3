"""Lists in columns: which one holds the names."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.feeds.names import Entry, Reject, entry_of
from whinchat.core.errors import Refused

_NAMED = ("url", "ioc_value", "ioc", "indicator", "value", "domain", "hostname", "host", "fqdn", "domain_name", "link")
_KIND_NAMED = ("ioc_type", "type", "indicator_type")
_LINK_KINDS = frozenset({"url", "domain", "host", "hostname", "fqdn", "ip", "ip:port", "ipv4", "ipv6"})
_OTHER_KINDS = frozenset({"sha256", "sha1", "md5", "sha256_hash", "md5_hash", "sha1_hash", "email", "filename"})
_DELIMITERS = ",;\t|"


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
    header: str = ""
    """The line that named the columns; it is no row."""

    def names_in(self, line: str) -> Sequence[str] | Reject:
        try:
            row = fields(line, self.delimiter)
        except csv.Error:
            return Reject.UNREADABLE
        if len(row) <= max(self.column, self.kind or 0):
            return Reject.UNREADABLE
        if self.kind is not None and row[self.kind].lower() not in _LINK_KINDS:
            return Reject.OTHER_KIND
        return [row[self.column]]


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
    width = min(map(len, rows))
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
        kind = next((names.index(name) for name in _KIND_NAMED if name in names), None)
        return Table(delimiter, names.index(wanted), kind, header=line)
    return None


def _delimiter(lines: Sequence[str]) -> str | None:
    """The one that parts every line into the same number of fields."""
    for delimiter in _DELIMITERS:
        widths = Counter(len(fields(line, delimiter)) for line in lines)
        if len(widths) == 1 and min(widths) > 1:
            return delimiter
    return None


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
