"""`whinchat keys`: the file without which the data cannot be read."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whinchat.cli.common import load, progress
from whinchat.cli.passphrase import passphrase, passphrase_file, read_file
from whinchat.core.errors import Refused, StorageError

if TYPE_CHECKING:
    from whinchat.config import Settings
    from whinchat.infra.crypto.keyring import KeyRing
    from whinchat.infra.storage.lock import ProcessLock
    from whinchat.infra.storage.sqlite import SqliteDatabase

PATIENCE = 600.0  # seconds for the service to seal everything again
LOOK = 1.0  # seconds


@click.group()
def keys() -> None:
    """Rotate, export and import the keys that seal the data.

    They lie in one file (keys.path), apart from the data and from every backup. Lose it, and the data is lost.

    \b
    Examples:
      whinchat keys status
      whinchat keys export whinchat-keys.json
    """


@keys.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Show the ids of the keys and which of them the database still uses. The keys themselves are never shown.

    \b
    Example:
      whinchat keys status
    """
    from whinchat.infra.crypto.keyring import load as load_keys

    settings = load(ctx)
    ring = load_keys(settings.keys.path, settings.storage.data)
    in_use = asyncio.run(_ids_in_use(settings)) if settings.storage.database.exists() else set()
    click.echo(f"key file: {settings.keys.path}")
    for key in ring.keys:
        made = datetime.fromtimestamp(key.created / 1000, UTC).strftime("%Y-%m-%d")
        words = ["seals" if key is ring.newest else "opens", *(["in use"] if key.id in in_use else [])]
        click.echo(f"{key.id}  made {made}  {', '.join(words)}")


@keys.command()
@click.option("--continue", "again", is_flag=True, help="Make no new key: finish a rotation that was stopped.")
@click.option("--prune", is_flag=True, help="Afterwards drop the old keys, which older backups still need.")
@click.pass_context
def rotate(ctx: click.Context, again: bool, prune: bool) -> None:
    """Make a new key and seal everything again with it. A running service does that itself, and goes on serving.

    It may be stopped at any time and taken up again with --continue: old and new keys both open. Look-up columns keep
    their key, so nothing that was known is forgotten.

    The old keys stay in the file until --prune, for which the service must be stopped. Backups made before the rotation
    cannot be read without them.

    \b
    Examples:
      whinchat keys rotate
      whinchat keys rotate --continue --prune
    """
    from whinchat.infra.clock import SystemClock
    from whinchat.infra.crypto.keyring import load as load_keys
    from whinchat.infra.crypto.keyring import save
    from whinchat.infra.storage.lock import ProcessLock

    settings = load(ctx)
    path = settings.keys.path
    in_use: set[str] = set()
    lock = ProcessLock(settings.storage.database)
    serving = _is_served(lock)
    if serving and prune:
        raise Refused(
            "the running service may still be sealing with an old key",
            hint="Leave out --prune now; once the service is stopped: whinchat keys rotate --continue --prune",
        )
    with contextlib.nullcontext() if serving else lock:
        ring = load_keys(path, settings.storage.data)
        if not again:
            ring = ring.with_new_key(SystemClock().now())
            save(path, ring)
        if serving:
            asyncio.run(_ask_service(settings, ring))
            click.echo(f"ok: {ring.newest.id} seals now; the service has sealed everything again")
        else:
            renewed = 0
            if settings.storage.database.exists():
                renewed, in_use = asyncio.run(_reseal(settings, ring))
            click.echo(f"ok: {ring.newest.id} seals now; {renewed} values were sealed again")
        if prune:
            kept = ring.without({key.id for key in ring.keys} - in_use)
            save(path, kept)
            click.echo(f"{len(ring.keys) - len(kept.keys)} old keys were dropped")
    click.echo("Export the keys again (whinchat keys export): an older export does not have the newest.")


@keys.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_file
@click.pass_context
def export(ctx: click.Context, file: Path, passphrase_file: Path | None) -> None:
    """Write the keys to FILE, encrypted under a passphrase that you are asked for.

    Keep FILE apart from the data and its backups, and the passphrase apart from both. Whoever has all of them can
    read everything.

    \b
    Example:
      whinchat keys export whinchat-keys.json
    """
    from whinchat.infra.crypto.keyring import load as load_keys
    from whinchat.infra.crypto.passphrase import export_keys
    from whinchat.infra.files import write_new

    settings = load(ctx)
    ring = load_keys(settings.keys.path, settings.storage.data)
    text = export_keys(ring, passphrase(passphrase_file, confirm=True))
    try:
        write_new(file, text)
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}", hint="Choose another name or folder.") from error
    click.echo(f"ok: {file} holds {', '.join(key.id for key in ring.keys)} under the passphrase")


@keys.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_file
@click.pass_context
def import_(ctx: click.Context, file: Path, passphrase_file: Path | None) -> None:
    """Read keys from an export and put them in the key file; keys that are there stay. Stop the service first.

    \b
    Example:
      whinchat keys import whinchat-keys.json
    """
    from whinchat.infra.crypto.keyring import load as load_keys
    from whinchat.infra.crypto.keyring import require_outside, save
    from whinchat.infra.crypto.passphrase import import_keys
    from whinchat.infra.storage.lock import ProcessLock

    settings = load(ctx)
    path = settings.keys.path
    ring = import_keys(read_file(file), passphrase(passphrase_file, confirm=False))
    with ProcessLock(settings.storage.database):
        require_outside(path, settings.storage.data)
        if path.exists():
            ring = load_keys(path, settings.storage.data).merged(ring)
        save(path, ring)
    click.echo(f"ok: {path} holds {', '.join(key.id for key in ring.keys)}")


async def _reseal(settings: Settings, ring: KeyRing) -> tuple[int, set[str]]:
    """How many values were sealed again, and the ids of the keys that are in use afterwards."""
    from whinchat.bootstrap import sealed_columns
    from whinchat.infra.crypto.rotation import key_ids_in_use, reseal, verify_key
    from whinchat.infra.crypto.sealer import AesSealer

    sealer = AesSealer(ring)
    async with _migrated(settings) as database:
        await verify_key(database, sealer)
        with progress("sealing again") as advance:
            renewed = await reseal(database, sealer, sealed_columns(), advance)
        return renewed, await key_ids_in_use(database, sealed_columns())


def _is_served(lock: ProcessLock) -> bool:
    """Whether a service runs. Raises StorageError (`in_use`): something else has the database."""
    try:
        with lock:
            return False
    except StorageError as error:
        if error.code != "in_use" or not lock.is_served():
            raise
        return True


async def _ask_service(settings: Settings, ring: KeyRing) -> None:
    """The running service takes up the ring, and seals everything again. Raises Refused: not in time."""
    from random import SystemRandom

    from whinchat.bootstrap import sealed_columns
    from whinchat.core.ports import Batch
    from whinchat.infra.clock import SystemClock
    from whinchat.infra.crypto.rotation import RESEAL, key_ids_in_use
    from whinchat.infra.crypto.sealer import AesSealer
    from whinchat.infra.queue.sql import SqlQueue

    clock = SystemClock()
    until = clock.monotonic() + PATIENCE
    async with _migrated(settings) as database:
        # Under the oldest key, which the service knows in any case; once it has run, it knows the newest.
        first = SqlQueue(database, AesSealer(replace(ring, keys=ring.keys[:1])), clock, SystemRandom())
        again = SqlQueue(database, AesSealer(ring), clock, SystemRandom())
        await database.commit(Batch(first.add(RESEAL)))
        while await key_ids_in_use(database, sealed_columns()) != {ring.newest.id}:
            if clock.monotonic() > until:
                raise Refused(
                    "the service has not sealed everything again yet",
                    hint="`whinchat jobs` shows whether it is at it. Old and new keys both open, so nothing is lost; "
                    "`whinchat keys rotate --continue` goes on.",
                )
            await clock.sleep(LOOK)
            await database.commit(Batch(again.add(RESEAL)))  # for what was being sealed just then


async def _ids_in_use(settings: Settings) -> set[str]:
    from whinchat.bootstrap import sealed_columns
    from whinchat.infra.crypto.rotation import key_ids_in_use

    async with _migrated(settings) as database:
        return await key_ids_in_use(database, sealed_columns())


def _migrated(settings: Settings) -> SqliteDatabase:
    """The database, whose tables must be those that this version knows."""
    from whinchat.bootstrap import migrations
    from whinchat.infra.storage.migrate import pending_in
    from whinchat.infra.storage.sqlite import SqliteDatabase

    if pending_in(settings.storage.database, migrations()):
        raise Refused("the database has the schema of an older version", hint="Run `whinchat db migrate` first.")
    return SqliteDatabase(settings.storage.database)
