"""The key file: where it lies, who may read it, what is in it.

It holds one look-up key, made once and never changed, so that look-up columns stay valid for ever, and the sealing
keys, of which the newest seals and all open. It lies outside the data folder, because whoever copies that folder
must not get the key with it.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from whinchat.core.errors import StorageError
from whinchat.infra.files import sync, write_new

SIZE = 32  # bytes of every key
ID_SIZE = 4  # bytes; written as 8 hexadecimal digits
NOTE = "Whinchat's keys. Without this file the data cannot be read: keep a copy (whinchat keys export), apart from it."


@dataclass(frozen=True, slots=True)
class RootKey:
    """Everything that is encrypted is encrypted under keys derived from one of these."""

    id: str
    created: int
    """Milliseconds since 1970 in UTC."""
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    lookup: bytes = field(repr=False)
    keys: tuple[RootKey, ...]
    """Oldest first."""

    @classmethod
    def new(cls, now: int) -> KeyRing:
        return cls(secrets.token_bytes(SIZE), ()).with_new_key(now)

    @property
    def newest(self) -> RootKey:
        return self.keys[-1]

    def with_new_key(self, now: int) -> KeyRing:
        taken = {key.id for key in self.keys}
        while (name := secrets.token_hex(ID_SIZE)) in taken:
            pass
        return replace(self, keys=(*self.keys, RootKey(name, now, secrets.token_bytes(SIZE))))

    def without(self, ids: Collection[str]) -> KeyRing:
        """The newest always stays."""
        return replace(self, keys=tuple(key for key in self.keys if key is self.newest or key.id not in ids))

    def merged(self, other: KeyRing) -> KeyRing:
        """Both rings' keys, oldest first. Raises StorageError (code `key_wrong`) when they are not related."""
        if self.lookup != other.lookup:
            raise StorageError(
                "these keys belong to another installation",
                hint="Move the present key file aside first, if its data is no longer needed.",
                code="key_wrong",
            )
        keys = {key.id: key for key in (*self.keys, *other.keys)}
        return replace(self, keys=tuple(sorted(keys.values(), key=lambda key: key.created)))


# --- the file ----------------------------------------------------------------------------------------------------


class _StoredKey(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    created: int
    secret: bytes


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    note: str
    version: int
    lookup: bytes
    keys: list[_StoredKey]


def encode(ring: KeyRing) -> bytes:
    keys = [_StoredKey(key.id, key.created, key.secret) for key in ring.keys]
    return msgspec.json.format(msgspec.json.encode(_Stored(NOTE, 1, ring.lookup, keys)))


def decode(text: bytes) -> KeyRing:
    """Raises ValueError: not the text of a key file."""
    stored = msgspec.json.decode(text, type=_Stored)
    keys = tuple(RootKey(key.id, key.created, key.secret) for key in stored.keys)
    if stored.version != 1 or not keys or len({key.id for key in keys}) != len(keys):
        raise ValueError("not a key file that this version knows")
    if any(len(secret) != SIZE for secret in (stored.lookup, *(key.secret for key in keys))):
        raise ValueError("a key has the wrong size")
    if any(len(bytes.fromhex(key.id)) != ID_SIZE for key in keys):
        raise ValueError("a key's id has the wrong size")
    return KeyRing(stored.lookup, keys)


def open_keys(path: Path, data: Path, *, now: int, sealed: bool) -> KeyRing:
    """The keys at `path`; made there at the first run.

    `data` is the data folder; `sealed` says that something was already sealed, so that a missing file
    is not a first run.

    Raises:
        StorageError: see `load`; `key_missing` when `sealed` and there is no file.
    """
    try:
        return load(path, data)
    except StorageError as error:
        if sealed or error.code != "key_missing":
            raise
    ring = KeyRing.new(now)
    with _written(path, ring) as part:
        os.link(part, path)  # unlike a rename never over a file that another process has just made
    return ring


def load(path: Path, data: Path) -> KeyRing:
    """The keys at `path`.

    Raises:
        StorageError: inside the data folder or readable by others (`key_exposed`), `key_missing`, `key_damaged`.
    """
    require_outside(path, data)
    try:
        mode = path.stat().st_mode
        text = path.read_bytes()
    except FileNotFoundError:
        raise StorageError(
            f"the key file {path} is missing, and the data cannot be read without it",
            hint="Put it back from your copy, or run `whinchat keys import FILE` with an export of it. "
            "Nothing was deleted.",
            code="key_missing",
        ) from None
    except OSError as error:
        raise _unusable(path, error) from error
    if stat.S_IMODE(mode) & 0o077:
        raise StorageError(
            f"other users of this machine can read the key file {path}", hint=f"chmod 600 {path}", code="key_exposed"
        )
    try:
        return decode(text)
    except ValueError as error:  # msgspec's errors are ValueErrors; none of them quotes the text
        raise StorageError(
            f"the key file {path} is damaged: {error}",
            hint="Put it back from your copy, or run `whinchat keys import FILE` with an export of it.",
            code="key_damaged",
        ) from error


def save(path: Path, ring: KeyRing) -> None:
    """Replace the key file: the old one or the new one is there, whatever happens."""
    with _written(path, ring) as part:
        part.replace(path)


def require_outside(path: Path, data: Path) -> None:
    if path.resolve().is_relative_to(data.resolve()):
        raise StorageError(
            f"the key file {path} lies in the data folder {data}: whoever copies the data gets the key too",
            hint="Move it to another folder, and say where in keys.path.",
            code="key_exposed",
        )


@contextmanager
def _written(path: Path, ring: KeyRing) -> Iterator[Path]:
    """A complete key file beside `path`, on the disk, to be put in its place."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        try:
            write_new(part, encode(ring))
            yield part
        finally:
            part.unlink(missing_ok=True)
        sync(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"the key file {path} cannot be read or written: {error.strerror}",
        hint="Give the user that runs Whinchat its folder, or say in keys.path where the file lies.",
        code="key_unusable",
    )
