"""Reads lists in JSON record by record, however large: what one record holds is all that is in memory."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator

from whinchat.core.errors import Refused

LONGEST = 64 << 10  # characters of one record, or of what an object of arrays has under one key
DEEPEST = 4  # arrays inside each other

_SPACE = " \t\r\n"


def records(pieces: Iterator[bytes]) -> Iterator[object]:
    """The texts and objects of an array, or of the arrays that are the values of an object.

    Raises Refused: it is no JSON, ends too early, or has a record that is too long.
    """
    text = _Text(pieces)
    opened = text.next()
    if opened not in {"[", "{"}:
        raise _refused("begins with neither [ nor {")
    closed = "]" if opened == "[" else "}"
    while (mark := text.peek()) != closed:
        if mark == ",":
            text.next()
            continue
        if opened == "{":
            text.value()
            if text.next() != ":":
                raise _refused("has a key without a value")
        yield from _flat(text.value())
    text.next()
    if text.peek():
        raise _refused("goes on after its end")


def _flat(value: object, depth: int = 0) -> Iterator[object]:
    if isinstance(value, list) and depth < DEEPEST:
        for each in value:
            yield from _flat(each, depth + 1)
    else:
        yield value


class _Text:
    """A window on the text, filled as it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder()
        self._window = ""
        self._at = 0

    def peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            while self._at < len(self._window) and self._window[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._window):
                return self._window[self._at]
            if not self._fill():
                return ""

    def next(self) -> str:
        mark = self.peek()
        if not mark:
            raise _refused("ends too early")
        self._at += 1
        return mark

    def value(self) -> object:
        """The whole value that begins here."""
        self.peek()
        while True:
            try:
                value, end = self._json.raw_decode(self._window, self._at)
            except ValueError:  # the rest of it may be in the next piece
                value, end = None, len(self._window)
            except RecursionError:
                raise _refused("has records inside each other without end") from None
            if end < len(self._window):  # otherwise even a number could go on
                self._at = end
                return value
            if len(self._window) - self._at > LONGEST:
                raise _refused("is not JSON, or has a record that is too long")
            if not self._fill():
                raise _refused("ends too early")

    def _fill(self) -> bool:
        """Read a piece more and let go of what is done; false at the end."""
        piece = next(self._pieces, None)
        if piece is None:
            return False
        try:
            self._window = self._window[self._at :] + self._decoder.decode(piece)
        except UnicodeDecodeError:
            raise _refused("is not UTF-8 text") from None
        self._at = 0
        return True


def _refused(what: str) -> Refused:
    return Refused(f"the list {what}", hint="Check that the download is complete and of the format you named.")
