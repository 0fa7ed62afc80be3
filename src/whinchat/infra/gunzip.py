"""Undoes gzip a bounded piece at a time: what is small when it is sent may be huge when it is read."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from whinchat.core.errors import HttpError

PIECE = 1 << 16  # bytes that are decompressed at once
NAMES = frozenset({"gzip", "x-gzip"})
"""What a Content-Encoding calls it (RFC 9110, 8.4.1.3)."""


class Gunzip:
    """Any number of gzip members (RFC 1952)."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj(wbits=31)

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """Raises HttpError: it is damaged."""
        try:
            while chunk:
                if self._engine.eof:
                    self._engine = zlib.decompressobj(wbits=31)
                yield self._engine.decompress(chunk, PIECE)
                chunk = self._engine.unused_data if self._engine.eof else self._engine.unconsumed_tail
        except zlib.error:
            raise HttpError("the compressed answer is damaged", code="encoding") from None

    def end(self) -> None:
        """Raises HttpError: there is more to come."""
        if not self._engine.eof:
            raise HttpError("the compressed answer ends too early", code="truncated")
