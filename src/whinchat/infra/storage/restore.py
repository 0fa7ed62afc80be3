"""Putting a backup in the place of the database, carefully."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import apsw

from whinchat.core.errors import StorageError
from whinchat.core.ports import Clock, Migration, Statement
from whinchat.infra.crypto.rotation import check_key
from whinchat.infra.crypto.sealer import AesSealer
from whinchat.infra.files import stamp, sync
from whinchat.infra.storage.backup import Progress, copy_database, read_info, require_sound
from whinchat.infra.storage.connection import companions, connect, make_private, translated
from whinchat.infra.storage.lock import ProcessLock
from whinchat.infra.storage.maintenance import checkpoint
from whinchat.infra.storage.migrate import apply, pending


def restore(
    backup_file: Path,
    path: Path,
    *,
    migrations: Sequence[Migration],
    sealer: AesSealer,
    after: Sequence[Statement],
    clock: Clock,
    progress: Progress | None = None,
) -> Path | None:
    """Make the database at `path` a copy of the backup; where the database that was there is now kept, if one was.

    The copy is brought to this version's schema and `after` is run on it (what was on its way out when the backup was
    made may have been sent since) before it takes the place of the old database at once.

    Raises:
        StorageError: the service runs (`in_use`); the file is no backup (`not_backup`), `damaged`, from a newer
            version (`newer_schema`), or needs keys that are not there (`key_missing`, `key_wrong`). In each of these
            cases nothing was changed.
    """
    with ProcessLock(path):
        _require_usable(backup_file, migrations, sealer)
        part = path.with_name(f".{path.name}.restoring")
        try:
            with translated(path):
                _clear(part)
                make_private(part)
                copy_database(backup_file, part, progress)
                _prepare(part, migrations, after, clock)
                return _swap(part, path, clock)
        finally:
            _clear(part)


def _require_usable(backup_file: Path, migrations: Sequence[Migration], sealer: AesSealer) -> None:
    if not backup_file.is_file():
        raise StorageError(f"there is no file {backup_file}", hint="Look at the name.", code="no_backup")
    info = read_info(backup_file)
    if missing := set(info.key_ids) - {key.id for key in sealer.ring.keys}:
        raise StorageError(
            f"the backup needs keys that the key file does not have: {', '.join(sorted(missing))}",
            hint="Read them from an export with `whinchat keys import FILE`, then restore again.",
            code="key_missing",
        )
    with closing(connect(backup_file)) as connection, translated(backup_file):
        require_sound(connection, backup_file)
        pending(connection, migrations)
        if connection.table_exists("main", "sealing"):
            for mark in connection.execute("SELECT lookup, canary FROM sealing"):
                check_key(sealer, mark)


def _prepare(part: Path, migrations: Sequence[Migration], after: Sequence[Statement], clock: Clock) -> None:
    with closing(connect(part, write=True)) as connection:  # the last one that closes takes the log with it
        connection.execute("DROP TABLE backup_info")
        apply(connection, part, migrations, clock)
        with connection:
            for statement in after:
                connection.execute(statement.sql, statement.args).fetchall()
    sync(part)


def _swap(part: Path, path: Path, clock: Clock) -> Path | None:
    aside = path.with_name(f"{path.name}.before-restore-{stamp(clock.now())}") if path.exists() else None
    if aside:
        _finish_log(path)
        aside.hardlink_to(path)
        for old, kept in zip(companions(path)[1:], companions(aside)[1:], strict=True):
            if old.exists():  # could not be finished, or is being read; a log must never meet another database
                old.rename(kept)
        sync(path.parent)
    part.replace(path)
    sync(path.parent)
    return aside


def _finish_log(path: Path) -> None:
    """Move what the log holds into the old database, so that it is one file. Damaged ones stay as they are."""
    try:
        connection = connect(path, write=True)
    except StorageError:
        return
    with closing(connection), suppress(apsw.Error):
        checkpoint(connection)


def _clear(part: Path) -> None:
    for file in companions(part):
        with suppress(OSError):
            file.unlink(missing_ok=True)
