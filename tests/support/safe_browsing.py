"""Safe Browsing's messages, written as the server writes them, and lists on the disk.

Its own writer of Protocol Buffers and Golomb-Rice codes, from the documentation: what the service reads is checked
against it.
"""

from __future__ import annotations

import hashlib
import random
import struct
from array import array
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from tests.support.sources.double import KEY

from whinchat.apps.scanner.sources.safe_browsing.client import Client
from whinchat.apps.scanner.sources.safe_browsing.protocol import LISTS
from whinchat.apps.scanner.sources.safe_browsing.rice import RiceDelta
from whinchat.apps.scanner.sources.safe_browsing.store import STATE, PrefixList, PrefixStore, State, write_list
from whinchat.apps.scanner.sources.safe_browsing.updater import Updater
from whinchat.core.ports import Clock, HttpClient
from whinchat.core.secret import Secret
from whinchat.testing.workers import InlineWorkers

# --- Protocol Buffers ---


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*out, number))


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def duration(seconds: float) -> bytes:
    return field(1, int(seconds)) + field(2, round(seconds % 1 * 1e9))


# --- Golomb-Rice ---


def rice(numbers: Sequence[int], parameter: int) -> RiceDelta:
    """`numbers`: ascending, at least one."""
    bits: list[str] = []
    for before, number in pairwise(numbers):
        quotient, rest = divmod(number - before, 1 << parameter)
        bits.append("1" * quotient + "0" + format(rest, f"0{parameter}b")[::-1])
    text = "".join(bits)
    data = bytes(int(text[at : at + 8][::-1], 2) for at in range(0, len(text), 8))
    return RiceDelta(numbers[0], parameter, len(numbers) - 1, memoryview(data))


def encoded(numbers: Sequence[int], parameter: int | None = None) -> bytes:
    """RiceDeltaEncoded32Bit, with the parameter that suits the numbers."""
    if parameter is None:
        mean = (numbers[-1] - numbers[0]) // max(1, len(numbers) - 1)
        parameter = min(30, max(3, mean.bit_length() - 1))
    delta = rice(numbers, parameter)
    message = field(1, delta.first)
    return message + (field(2, parameter) + field(3, delta.count) + field(4, bytes(delta.data)) if delta.count else b"")


# --- messages ---


def checksum(prefixes: Iterable[int]) -> bytes:
    return hashlib.sha256(b"".join(struct.pack(">I", prefix) for prefix in sorted(prefixes))).digest()


def hash_list(
    name: str,
    version: bytes,
    prefixes: Collection[int],
    *,
    old: Collection[int] | None = None,
    wait: float = 1800,
    check: bytes | None = None,
) -> bytes:
    """HashList: the whole list, or what leads to it from `old`."""
    message = field(1, name) + field(2, version)
    removed = added = b""
    if old is None:
        added = encoded(sorted(prefixes)) if prefixes else b""
    else:
        message += field(3, 1)
        gone = [position for position, prefix in enumerate(sorted(old)) if prefix not in prefixes]
        new = sorted(set(prefixes) - set(old))
        removed = encoded(gone) if gone else b""
        added = encoded(new) if new else b""
    message += (field(4, added) if added else b"") + (field(5, removed) if removed else b"")
    if old is None or removed or added:
        message += field(7, checksum(prefixes) if check is None else check)
    return message + (field(6, duration(wait)) if wait else b"")


def batch(*lists: bytes) -> bytes:
    """BatchGetHashListsResponse."""
    return b"".join(field(1, each) for each in lists)


def full_hash(full: bytes, *details: bytes) -> bytes:
    return field(1, full) + b"".join(field(2, detail) for detail in details)


def detail(threat: int, *attributes: int, packed: bool = True) -> bytes:
    """FullHashDetail, its repeated field in one of its two forms."""
    if packed and attributes:
        return field(1, threat) + field(2, b"".join(map(varint, attributes)))
    return field(1, threat) + b"".join(field(2, each) for each in attributes)


def found(*hashes: bytes, seconds: float = 300) -> bytes:
    """SearchHashesResponse."""
    return b"".join(field(1, each) for each in hashes) + field(2, duration(seconds))


# --- lists on the disk ---


def hashed(expression: str) -> bytes:
    return hashlib.sha256(expression.encode()).digest()


def prefix_of(expression: str) -> int:
    return int.from_bytes(hashed(expression)[:4], "big")


class Held(PrefixList):
    """A list that lies in no file."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.numbers = memoryview(array("I", sorted(numbers)))


def put_lists(folder: Path, prefixes: Iterable[int], *, confirmed_at: int) -> None:
    """Every list, all prefixes in the first of them."""
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(LISTS):
        held = frozenset(prefixes) if number == 0 else frozenset()
        (folder / f"{name}.prefixes").write_bytes(_file(name, held))
    put_state(folder, State(confirmed_at=confirmed_at))


@cache
def _file(name: str, prefixes: frozenset[int]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        write_list(path, name, b"v1", iter([array("I", sorted(prefixes))]))
        return path.read_bytes()


def put_state(folder: Path, state: State) -> None:
    (folder / STATE).write_bytes(msgspec.json.encode(state))


def contents(store: PrefixStore) -> dict[str, list[int]]:
    store.look_again()
    return {name: list(each.numbers) for name, each in store.lists.items()}


def updater(folder: Path, http: HttpClient, clock: Clock, *, address: str, key: str = KEY) -> Updater:
    client = Client(http, Secret(key), address)
    store = PrefixStore(folder, clock)
    return Updater(client, Secret(key), store, clock, random.Random(1), InlineWorkers())
