"""`whinchat db`: the database as a file, looked after while nobody or somebody uses it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whinchat.cli.common import echo_json, load, progress
from whinchat.core.errors import StorageError

if TYPE_CHECKING:
    from whinchat.config import Settings
    from whinchat.infra.crypto.sealer import AesSealer
    from whinchat.infra.storage.check import Report

MEGABYTE = 1024 * 1024


@click.group()
def db() -> None:
    """Migrate, back up, restore and check the database, whinchat.db in the folder of storage.data.

    \b
    Examples:
      whinchat db backup
      whinchat db check
    """


@db.command()
@click.pass_context
def migrate(ctx: click.Context) -> None:
    """Bring the database to this version's schema. `whinchat run` does so by itself.

    Before the first step a backup goes to the folder backups beside the database, and the last three of these are
    kept. A step that fails leaves the database as the step before left it.

    \b
    Example:
      whinchat db migrate
    """
    from whinchat.bootstrap import migrations
    from whinchat.infra.clock import SystemClock
    from whinchat.infra.storage.migrate import migrate as take

    storage = load(ctx).storage
    steps = take(storage.database, migrations(), storage.data / "backups", SystemClock())
    for step in steps:
        click.echo(f"{step.component} {step.number}: {step.name}")
    click.echo(f"ok: {len(steps)} steps taken" if steps else "ok: nothing to do")


@db.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_context
def backup(ctx: click.Context, file: Path | None) -> None:
    """Copy the database as it is now, while the service goes on working.

    Without FILE the copy goes to the folder backups beside the database; a name with the time is made up. It is there
    when it is complete and checked.

    The key that opens what is sealed is not in it. Without the key a backup is worth nothing: keep a copy of that too,
    in another place (whinchat keys export).

    \b
    Examples:
      whinchat db backup
      whinchat db backup /mnt/usb/whinchat-monday.db
    """
    from whinchat.bootstrap import sealed_columns
    from whinchat.infra.clock import SystemClock
    from whinchat.infra.files import stamp
    from whinchat.infra.storage.backup import backup as copy

    storage, clock = load(ctx).storage, SystemClock()
    target = file or storage.data / "backups" / f"whinchat-{stamp(clock.now())}.db"
    with progress("copying", _size(storage.database)) as advance:
        info = copy(storage.database, target, clock=clock, columns=sealed_columns(), progress=advance)
    click.echo(f"ok: {target} ({target.stat().st_size / MEGABYTE:.1f} MB)")
    if info.key_ids:
        click.echo(f"The key is not in it. To read it you need the key file with {', '.join(info.key_ids)}.")


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def restore(ctx: click.Context, file: Path) -> None:
    """Put a backup in the place of the database. Stop the service first.

    The backup is checked first, and the old database is kept beside the new one, with the time in its name. Messages
    that were waiting to be sent when the backup was made count as unknown, since they may have been sent afterwards:
    they are not sent again.

    \b
    Example:
      whinchat db restore var/data/backups/whinchat-20260101-000000-000.db
    """
    from whinchat.bootstrap import after_restore, migrations
    from whinchat.infra.clock import SystemClock
    from whinchat.infra.storage.restore import restore as put_back

    settings = load(ctx)
    with progress("copying", _size(file)) as advance:
        kept = put_back(
            file,
            settings.storage.database,
            migrations=migrations(),
            sealer=_sealer(settings),
            after=after_restore(),
            clock=SystemClock(),
            progress=advance,
        )
    click.echo(f"ok: {settings.storage.database} is now what {file} was")
    if kept is not None:
        click.echo(f"The database that was there is kept as {kept}.")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> int:
    """Look the database over: the file, references, schema, keys, and some of what is sealed. Changes nothing.

    The service may run. The exit code is 1 when something is wrong.

    \b
    Example:
      whinchat db check --json
    """
    from whinchat.bootstrap import migrations, sealed_columns
    from whinchat.infra.storage.check import check as look_over

    settings = load(ctx)
    try:
        sealer = _sealer(settings)
    except StorageError as error:
        if error.code != "key_missing":
            raise
        sealer = None
    with progress("checking"):
        report = look_over(settings.storage.database, migrations=migrations(), sealer=sealer, columns=sealed_columns())
    if as_json:
        echo_json({"ok": report.ok, **asdict(report)})
    else:
        _tell(report)
    return 0 if report.ok else 1


def _tell(report: Report) -> None:
    for finding in report.integrity:
        click.echo(f"damaged: {finding}")
    if report.broken_references:
        click.echo(f"damaged: {report.broken_references} rows refer to rows that are not there")
    for problem in filter(None, (report.schema_problem, report.key_problem)):
        click.echo(f"wrong: {problem}")
    for version in report.schema:
        missing = f", {version.known - version.applied} steps to take" if version.known > version.applied else ""
        click.echo(f"schema of {version.component}: {version.applied}{missing}")
    for sample in report.sealed:
        if sample.unopened:
            click.echo(f"damaged: {sample.unopened} of {sample.tried} in {sample.table}.{sample.column} do not open")
    sizes = report.sizes
    click.echo(
        f"size: {sizes.database / MEGABYTE:.1f} MB, of that unused {sizes.unused / MEGABYTE:.1f} MB, "
        f"log {sizes.log / MEGABYTE:.1f} MB; free on the disk: {sizes.disk_free / MEGABYTE:.0f} MB"
    )
    if report.ok:
        click.echo("ok: nothing is wrong with it")
    else:
        click.echo("The way out is usually a backup: whinchat db restore FILE")


def _sealer(settings: Settings) -> AesSealer:
    from whinchat.infra.crypto.keyring import load as load_keys
    from whinchat.infra.crypto.sealer import AesSealer

    return AesSealer(load_keys(settings.keys.path, settings.storage.data))


def _size(file: Path) -> int | None:
    return file.stat().st_size if file.is_file() else None
