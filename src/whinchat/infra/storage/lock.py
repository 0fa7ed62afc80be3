"""One process at a time may serve, migrate or replace a database: a lock file beside it, released by the kernel."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from whinchat.core.errors import StorageError
from whinchat.infra.storage.connection import translated

SERVES = b"serves"


class ProcessLock:
    """Held from `acquire` until `release` or the end of the process, however it ends. The file stays."""

    def __init__(self, database: Path, *, serves: bool = False) -> None:
        """`serves`: by a service, which works off jobs meanwhile."""
        self._database = database
        self._mark = SERVES if serves else b""
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises StorageError (code `in_use`) when another process has it."""
        with translated(self._database):
            self._database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(_file(self._database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise StorageError(
                f"the database {self._database} is in use by another Whinchat process",
                hint="Stop that process first, or give this one a folder of its own in storage.data.",
                code="in_use",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, self._mark, 0)
        self._descriptor = descriptor

    def is_served(self) -> bool:
        """Whether who has it said that it is a service; to be asked when it could not be acquired."""
        with translated(self._database):
            return _file(self._database).read_bytes() == SERVES

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> ProcessLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _file(database: Path) -> Path:
    return database.with_name(database.name + ".lock")
