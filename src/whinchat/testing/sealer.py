"""Sealing that a test can read."""

from __future__ import annotations

import hashlib

from whinchat.core.errors import StorageError

MARK = 8  # bytes that bind a value to its table and row


class PlainSealer:
    """`ports.Sealer` without a key: always the same, legible in a dump, and as strict as the real one."""

    def seal(self, table: str, row: bytes | str, data: bytes) -> bytes:
        return _hash(table, row, data)[:MARK] + data

    def open(self, table: str, row: bytes | str, sealed: bytes) -> bytes:
        data = sealed[MARK:]
        if _hash(table, row, data)[:MARK] != sealed[:MARK]:
            raise StorageError(f"a sealed value in {table} does not open", code="unsealable")
        return data

    def digest(self, purpose: str, *parts: str | bytes) -> bytes:
        return _hash(purpose, *parts)[:16]


def _hash(*parts: str | bytes) -> bytes:
    hashed = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        hashed.update(len(data).to_bytes(4, "big") + data)
    return hashed.digest()
