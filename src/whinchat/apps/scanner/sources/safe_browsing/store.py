"""The lists on the disk: one file for each, sorted prefixes, memory-mapped, nothing loaded.

    32 bytes   magic, length and CRC-32 of the description
    prefixes   4 bytes each, ascending, as this machine stores numbers
    JSON       the description: name, version, checksum, how many

A file never changes: a new version is a new file under the same name. What an update was told besides (when to ask
again) is in `state.json`.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import struct
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from whinchat.apps.scanner.feeds.build import publish
from whinchat.apps.scanner.sources.answers import Missing
from whinchat.apps.scanner.sources.safe_browsing.protocol import LISTS
from whinchat.core.errors import StorageError
from whinchat.core.ports import Clock

FOLDER = "safe_browsing"
"""In the scanner's folder."""
STATE = "state.json"
MAGIC = b"WHINSB1" + sys.byteorder[:1].encode()
HEAD = struct.Struct("<8sII16x")
SIZE = 4  # bytes of a prefix
CHUNK = 4096  # prefixes hashed and written at once; other threads get their turn each time
LOOK_EVERY = 2.0  # seconds between looks for new files

_Signature = tuple[int, int, int] | None


class Description(msgspec.Struct, frozen=True):
    name: str
    version: bytes
    """What the server calls this version; opaque."""
    checksum: bytes
    """SHA-256 of the prefixes, each as four bytes in network order."""
    count: int


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the last update; times in milliseconds UTC."""

    next_at: int = 0
    failures: int = 0
    """In a row; an update that was killed is one."""
    confirmed_at: int | None = None
    """When all lists were last known to be the newest."""
    reason: Missing | None = None
    """Why the last update failed."""
    key: str = ""
    """Tells one API key from the next, and nothing more."""


class PrefixList:
    """One open list. Opening reads no prefixes. It closes itself when nobody holds it any more."""

    def __init__(self, path: Path) -> None:
        """Raises StorageError: it cannot be read, or is no such file."""
        try:
            with path.open("rb") as file:
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (OSError, ValueError) as error:  # mmap refuses an empty file with ValueError
            raise StorageError(f"{path.name} cannot be read ({type(error).__name__})") from None
        self.description, self.numbers = _parts(data, path.name)

    def sound(self) -> bool:
        """Whether the prefixes are those that were written; reads them all, some milliseconds for each million."""
        check = hashlib.sha256()
        for at in range(0, len(self), CHUNK):
            check.update(network_order(self.numbers[at : at + CHUNK]))
        return check.digest() == self.description.checksum

    def __len__(self) -> int:
        return len(self.numbers)

    def __contains__(self, prefix: int) -> bool:
        at = bisect_left(self.numbers, prefix)
        return at < len(self.numbers) and self.numbers[at] == prefix


def _parts(data: memoryview, name: str) -> tuple[Description, memoryview]:
    damaged = StorageError(f"{name} is damaged or of another version")
    if len(data) < HEAD.size:
        raise damaged
    magic, length, crc = HEAD.unpack_from(data)
    body = len(data) - HEAD.size - length
    if magic != MAGIC or body < 0 or body % SIZE or zlib.crc32(data[len(data) - length :]) != crc:
        raise damaged
    try:
        described = msgspec.json.decode(data[HEAD.size + body :], type=Description)
    except msgspec.DecodeError:
        raise damaged from None
    if described.count * SIZE != body:
        raise damaged
    return described, data[HEAD.size : HEAD.size + body].cast("I")


def network_order(numbers: memoryview | array[int]) -> bytes:
    """Four bytes for each, highest first, as checksums are made of them."""
    copy = array("I", bytes(numbers))
    if sys.byteorder == "little":
        copy.byteswap()
    return copy.tobytes()


@contextlib.contextmanager
def storing(temporary: Path) -> Iterator[None]:
    """Sees to it that the file is gone, and that what the disk refuses is a StorageError."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"Safe Browsing's lists cannot be stored: {error.strerror}",
            hint=f"Make room or give the right to write in {temporary.parent}.",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_list(path: Path, name: str, version: bytes, pieces: Iterator[array[int]]) -> Description:
    """Write a list that replaces nothing yet, on the disk when this returns. Raises OSError."""
    check, count = hashlib.sha256(), 0
    with path.open("xb") as file:
        path.chmod(0o600)
        file.write(bytes(HEAD.size))
        for piece in pieces:
            check.update(network_order(piece))
            file.write(piece)
            count += len(piece)
        description = Description(name, version, check.digest(), count)
        tail = msgspec.json.encode(description)
        file.write(tail)
        file.seek(0)
        file.write(HEAD.pack(MAGIC, len(tail), zlib.crc32(tail)))
        file.flush()
        os.fsync(file.fileno())
    return description


class PrefixStore:
    """All lists and the state, as they are on the disk; any process may replace them while this runs.

    Look from one thread only; `path` and `save` may be used from any.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self._clock = clock
        self._looked: float | None = None
        self._seen: dict[str, _Signature] = {}
        self._lists: dict[str, PrefixList] = {}
        self._state = State()

    @property
    def lists(self) -> Mapping[str, PrefixList]:
        """Those that are there, by name."""
        self._look()
        return self._lists

    @property
    def state(self) -> State:
        self._look()
        return self._state

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.prefixes"

    def look_again(self) -> None:
        """At the next use, however recently that was."""
        self._looked = None

    def save(self, state: State, temporary: Path) -> None:
        """Raises StorageError: no room, no right; the state is as it was then."""
        with storing(temporary):
            temporary.write_bytes(msgspec.json.encode(state))
            publish(temporary, self.folder / STATE)
        self.look_again()

    def _look(self) -> None:
        now = self._clock.monotonic()
        if self._looked is not None and now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        for name in LISTS:
            if self._changed(self.path(name)):
                self._open(name)
        path = self.folder / STATE
        if self._changed(path):
            self._state = _read_state(path)

    def _open(self, name: str) -> None:
        """Use a list as it is now; one that cannot be read is as good as none."""
        lists = {other: list_ for other, list_ in self._lists.items() if other != name}
        with contextlib.suppress(StorageError):
            opened = PrefixList(self.path(name))
            if opened.description.name == name:
                lists[name] = opened
        self._lists = lists  # another one: whoever goes through the old one may finish

    def _changed(self, path: Path) -> bool:
        """Whether there is another file than the last time."""
        try:
            found = path.stat()
        except FileNotFoundError:
            signature = None
        else:
            signature = (found.st_ino, found.st_mtime_ns, found.st_size)
        changed = self._seen.get(path.name) != signature
        self._seen[path.name] = signature
        return changed


def _read_state(path: Path) -> State:
    """As new where there is none, or none that can be read: the lists are asked for anew then."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except (OSError, msgspec.DecodeError):
        return State()
