"""Golomb-Rice coding, which is how Safe Browsing sends hash prefixes and indices: ascending numbers below 2^32.

Each number is sent as its difference to the one before: the quotient by 2^k as so many ones and a zero, then the k bits
of the remainder, lowest bit first, from the lowest bit of the first byte on.

Source: https://developers.google.com/safe-browsing/reference/Local.Database ("Decoding List Contents") and the message
RiceDeltaEncoded32Bit of google/security/safebrowsing/v5/safebrowsing.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from whinchat.apps.scanner.sources.safe_browsing.errors import garbled

LEAST_PARAMETER, MOST_PARAMETER = 3, 30
MOST_NUMBER = (1 << 32) - 1

_PIECE = 16  # bytes that are taken at once
_ENOUGH = 64  # bits that are there before a number is read, so that most can be read at once


@dataclass(frozen=True, slots=True)
class RiceDelta:
    """Encoded numbers: `first`, and those of the `count` differences that follow it."""

    first: int
    parameter: int
    count: int
    data: memoryview


def decode(delta: RiceDelta) -> Iterator[int]:
    """The numbers, ascending; takes time in proportion to the data, and no memory. Raises Unanswered: they are damaged,
    perhaps after some were given.
    """
    _check(delta)
    value, parameter, mask = delta.first, delta.parameter, (1 << delta.parameter) - 1
    data, at, bits, have = delta.data, 0, 0, 0
    yield value
    for _ in range(delta.count):
        quotient = 0
        while True:
            if have < _ENOUGH:
                piece = data[at : at + _PIECE]
                at += len(piece)
                bits |= int.from_bytes(piece, "little") << have
                have += 8 * len(piece)
            ones = (~bits & (bits + 1)).bit_length() - 1
            if ones + parameter < have:
                break
            if at == len(data):
                raise garbled("the encoded numbers end too early")
            quotient, bits, have = quotient + ones, bits >> ones, have - ones
        bits >>= ones + 1
        value += (quotient + ones << parameter) + (bits & mask)
        bits >>= parameter
        have -= ones + 1 + parameter
        if value > MOST_NUMBER:
            raise garbled("an encoded number is too large")
        yield value


def _check(delta: RiceDelta) -> None:
    if delta.first > MOST_NUMBER:
        raise garbled("the first number is too large")
    if not delta.count:
        return
    if not LEAST_PARAMETER <= delta.parameter <= MOST_PARAMETER:
        raise garbled("the parameter of the encoding is not one that is in use")
    if delta.count * (delta.parameter + 1) > 8 * len(delta.data):
        raise garbled("there are not as many encoded numbers as was said")
