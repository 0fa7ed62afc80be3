"""One process at a time may serve, migrate or replace a database: a lock file beside it, released by the kernel."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from whinchat.core.errors import StorageError
from whinchat.infra.storage.connection import translated


class ProcessLock:
    """Held from `acquire` until `release` or the end of the process, however it ends. The file stays."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises StorageError (code `in_use`) when another process has it."""
        with translated(self._database):
            self._database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._database.with_name(self._database.name + ".lock")
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise StorageError(
                f"the database {self._database} is in use by another Whinchat process",
                hint="Stop that process first, or give this one a folder of its own in storage.data.",
                code="in_use",
            ) from None
        self._descriptor = descriptor

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
