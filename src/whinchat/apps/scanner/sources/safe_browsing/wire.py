"""Reads Protocol Buffers: just the wire format, for messages whose fields are known here.

Source: https://protobuf.dev/programming-guides/encoding. A library for it costs more memory than the lists do.
"""

from __future__ import annotations

from collections.abc import Iterator

from whinchat.apps.scanner.sources.safe_browsing.errors import garbled

LONGEST_VARINT = 10  # bytes
WORD = (1 << 64) - 1

_FIXED = {1: 8, 5: 4}  # wire type to bytes
_VARINT, _LENGTH = 0, 2

Value = int | memoryview


def fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Field number and value, in the order in which they come: numbers unsigned, the rest as a view of the message.

    Raises Unanswered: this is no message.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == _LENGTH:
            size, at = _varint(message, at)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise garbled("a field has a type that is not in use")
        if size > len(message) - at:
            raise garbled("a field is longer than its message")
        part = message[at : at + size]
        at += size
        yield key >> 3, part if kind == _LENGTH else int.from_bytes(part, "little")


def number(value: Value) -> int:
    if not isinstance(value, int):
        raise garbled("there is something else where a number must be")
    return value


def view(value: Value) -> memoryview:
    if isinstance(value, int):
        raise garbled("there is a number where something else must be")
    return value


def numbers(value: Value) -> Iterator[int]:
    """Of a repeated field, in either of its two forms."""
    if isinstance(value, int):
        yield value
        return
    at = 0
    while at < len(value):
        each, at = _varint(value, at)
        yield each


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """The number at a place, and the place behind it."""
    value = 0
    for shift, byte in enumerate(message[at : at + LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value & WORD, at + shift + 1
    raise garbled("a number has no end")
