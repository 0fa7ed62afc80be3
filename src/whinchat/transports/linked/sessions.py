"""Where the library keeps the accounts' sessions, and copies of them that may travel.

Whoever has a session's file is that device: it lies unencrypted, as the library writes it, in a folder of this user
alone. A copy leaves the folder only sealed under a passphrase.
"""

from __future__ import annotations

import fcntl
import os
import re
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from pathlib import Path

import apsw
import msgspec

from whinchat.core.errors import Refused, StorageError
from whinchat.core.ports import Clock
from whinchat.transports.linked.parking import SUFFIX

Seal = Callable[[bytes], bytes]
"""Encrypts under a passphrase, or decrypts; the latter raises StorageError."""

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
VERSION = 1
LARGEST = 1 << 30  # bytes of a session
LINKED = "SELECT EXISTS (SELECT 1 FROM whatsmeow_device)"
"""The library's own table: the row is there from the moment when the phone has linked the device."""
OWNER = "SELECT jid, lid FROM whatsmeow_device LIMIT 1"


class _Exported(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    account: str
    database: bytes
    """A whole SQLite file, deflated."""


class Sessions:
    """`folder` is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, account: str) -> Path:
        """Raises Refused: no such name is possible."""
        if not NAME.fullmatch(account):
            raise Refused(
                f"{account!r} is no name of an account",
                hint="Use up to 32 small letters, digits, - and _.",
                code="bad_name",
            )
        return self._folder / f"{account}.db"

    def accounts(self) -> list[str]:
        """Those that have a file here, linked or not."""
        return sorted(path.stem for path in self._folder.glob("*.db") if NAME.fullmatch(path.stem))

    def prepare(self, account: str) -> Path:
        """The file that the library opens, there and for this user alone."""
        path = self.path(account)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        for each in _files(path):
            if each.exists():
                each.chmod(0o600)  # the library's companions of the file get its own mode
        return path

    def linked(self, account: str) -> bool:
        """Whether a device is linked; to be asked only while the file is not in use."""
        path = self.path(account)
        if not path.exists():
            return False
        with closing(_open(path)) as connection:
            return _is_linked(connection)

    def owner(self, account: str) -> tuple[str, ...]:
        """Whose device it is: their ids as the library writes them; to be asked as `linked` is, of what is linked."""
        with closing(_open(self.path(account))) as connection:
            try:
                row = connection.execute(OWNER).fetchone()
            except apsw.Error:  # who it is is told again by the library
                return ()
        return tuple(str(each) for each in row or () if each)

    @contextmanager
    def held(self, account: str) -> Iterator[None]:
        """Nobody else has the session meanwhile, in no process. Raises Refused (code `in_use`)."""
        path = self.prepare(account).with_suffix(".lock")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refused(
                    f"the session of {account} is in use", hint="Stop the service that runs it first.", code="in_use"
                ) from None
            yield
        finally:
            os.close(descriptor)

    @asynccontextmanager
    async def held_within(self, account: str, seconds: float, clock: Clock) -> AsyncIterator[None]:
        """As `held`; who holds it is waited for so long."""
        until = clock.monotonic() + seconds
        with ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(self.held(account))
                    break
                except Refused as refused:
                    if refused.code != "in_use" or clock.monotonic() >= until:
                        raise
                await clock.sleep(0.5)
            yield

    def forget(self, account: str) -> None:
        """Delete the session, and what waited there for the service; to be called only while it is held."""
        path = self.path(account)
        for each in (*_files(path), path.with_suffix(SUFFIX)):
            each.unlink(missing_ok=True)

    def export(self, account: str, seal: Seal) -> bytes:
        """A copy of the session as it is now, sealed. Two machines must not use it at once: stop this one for good.

        Raises:
            Refused: it is in use, or there is none (code `not_linked`).
        """
        path = self.path(account)
        if not path.exists():
            raise _not_linked(account)
        with self.held(account), closing(_open(path)) as connection:
            if not _is_linked(connection):
                raise _not_linked(account)
            database = _copied(connection)
        return seal(msgspec.msgpack.encode(_Exported(VERSION, account, zlib.compress(database))))

    def import_(self, account: str, text: bytes, unseal: Seal, *, force: bool = False) -> None:
        """Make an export this machine's session. With `force` it takes the place of one that is there.

        Raises:
            Refused: it is in use, there is one already (code `exists`), or this is no export (`export_damaged`).
            StorageError: what `unseal` says.
        """
        database = _unpacked(unseal(text))
        with self.held(account):
            path = self.path(account)
            if not force and self.linked(account):
                raise Refused(
                    f"{account} is linked already",
                    hint="Log it out first, or say that the import takes its place.",
                    code="exists",
                )
            new = path.with_suffix(".new")
            new.unlink(missing_ok=True)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(database)
                file.flush()
                os.fsync(file.fileno())
            for each in _files(path):
                each.unlink(missing_ok=True)  # a journal of another database must not be applied to this one
            new.replace(path)


def _files(path: Path) -> tuple[Path, ...]:
    """A SQLite database and its companions."""
    return (path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal")))


def _open(path: Path) -> apsw.Connection:
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(2000)
    except apsw.Error as error:
        raise StorageError(f"the session {path.name} cannot be opened: {error}", code="damaged") from None
    return connection


def _is_linked(connection: apsw.Connection) -> bool:
    try:
        return bool(connection.execute(LINKED).get)
    except apsw.SQLError:  # the library has not made its tables yet
        return False
    except apsw.Error as error:
        raise StorageError(f"the session cannot be read: {error}", code="damaged") from None


def _copied(connection: apsw.Connection) -> bytes:
    """The database as one file, with what its journal holds."""
    with closing(apsw.Connection(":memory:")) as copy:
        with copy.backup("main", connection, "main") as backup:
            backup.step(-1)
        return _without_wal(copy.serialize("main"))


def _without_wal(database: bytes) -> bytes:
    """Marked as one that has no write-ahead log: such a one cannot be opened in memory. The library makes a new one.

    SQLite's file format, 1.3.3: file format version numbers.
    """
    return database[:18] + b"\1\1" + database[20:]


def _unpacked(data: bytes) -> bytes:
    """The database of an export, looked at. Raises Refused."""
    try:
        exported = msgspec.msgpack.decode(data, type=_Exported)
        inflater = zlib.decompressobj()
        database = inflater.decompress(exported.database, LARGEST)
        sound = exported.version == VERSION and inflater.eof and _is_sound(database)
    except (msgspec.MsgspecError, ValueError, zlib.error, apsw.Error):
        sound, database = False, b""
    if not sound:
        raise Refused(
            "this is no export of a session",
            hint="Give a file that `whinchat session export` has written, whole.",
            code="export_damaged",
        )
    return database


def _is_sound(database: bytes) -> bool:
    with closing(apsw.Connection(":memory:")) as connection:
        connection.deserialize("main", database)
        checked = connection.execute("PRAGMA quick_check").get == "ok"
        return checked and _is_linked(connection)


def _not_linked(account: str) -> Refused:
    return Refused(f"{account} is not linked", hint="Link it: `whinchat pair`.", code="not_linked")
