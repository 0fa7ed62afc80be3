"""A disk that loses power: what was written and not synced is gone."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import apsw

Write = tuple[int, bytes | None]
"""Where, and what; None: the file ends there."""


class Disk(apsw.VFS):
    """While it is the default, SQLite's files are kept as ever, and noted here as they are on the disk for certain.

    A directory counts as synced with its files: SQLite syncs it when a log is made.
    """

    def __init__(self) -> None:
        super().__init__("power", "unix", makedefault=True)
        self._certain: dict[str, bytearray] = {}
        self._waiting: defaultdict[str, list[Write]] = defaultdict(list)

    def close(self) -> None:
        apsw.set_default_vfs("unix")
        self.unregister()

    def save(self, path: Path, target: Path) -> Path:
        """What a power loss now would leave of the database at `path`, in the folder `target`."""
        target.mkdir()
        for name in (path.name, f"{path.name}-wal"):
            if (left := self._certain.get(str(path.with_name(name)))) is not None:
                (target / name).write_bytes(left)
        return target / path.name

    # --- what files tell ---

    def opened(self, name: str) -> None:
        if name not in self._certain:
            self._certain[name] = bytearray(Path(name).read_bytes())

    def wrote(self, name: str, write: Write) -> None:
        self._waiting[name].append(write)

    def synced(self, name: str) -> None:
        content = self._certain[name]
        for offset, data in self._waiting.pop(name, []):
            if data is None:
                del content[offset:]
                continue
            content.extend(bytes(max(0, offset - len(content))))
            content[offset : offset + len(data)] = data

    # --- apsw.VFS ---

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's name
        self._certain.pop(filename, None)
        self._waiting.pop(filename, None)
        super().xDelete(filename, syncdir)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        if self._name:
            disk.opened(self._name)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        super().xWrite(data, offset)
        self._disk.wrote(self._name, (offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        super().xTruncate(newsize)
        self._disk.wrote(self._name, (newsize, None))

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        self._disk.synced(self._name)
