"""What the server knows, kept in memory and, where a file is given, so that it can be killed and started again.

Nothing is written until `save`; the server saves before anything leaves it that rests on what is to be written.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from pathlib import Path

Table = dict[str, bytes]


class State:
    def __init__(self, path: Path | None = None) -> None:
        self._tables: defaultdict[str, Table] = defaultdict(dict)
        self._dirty: dict[tuple[str, str], bytes | None] = {}
        self._file = _opened(path) if path is not None else None
        if self._file is not None:
            for kind, key, value in self._file.execute("SELECT kind, key, value FROM state ORDER BY rowid"):
                self._tables[kind][key] = value

    def get(self, kind: str, key: str) -> bytes | None:
        return self._tables[kind].get(key)

    def all(self, kind: str) -> Table:
        """Oldest first."""
        return dict(self._tables[kind])

    def put(self, kind: str, key: str, value: bytes | None) -> None:
        """`None` removes it."""
        if value is None:
            self._tables[kind].pop(key, None)
        else:
            self._tables[kind][key] = value
        if self._file is not None:
            self._dirty[kind, key] = value

    def save(self) -> None:
        if self._file is None or not self._dirty:
            return
        with self._file:
            for (kind, key), value in self._dirty.items():
                if value is None:
                    self._file.execute("DELETE FROM state WHERE kind = ? AND key = ?", (kind, key))
                else:
                    self._file.execute(
                        "INSERT INTO state VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                        (kind, key, value),
                    )
        self._dirty.clear()

    def close(self) -> None:
        self.save()
        if self._file is not None:
            self._file.close()


def _opened(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path)
    # It has to survive the death of the process, not of the machine.
    file.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
        "CREATE TABLE IF NOT EXISTS state (kind TEXT, key TEXT, value BLOB, PRIMARY KEY (kind, key));"
    )
    return file
