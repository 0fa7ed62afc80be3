"""`whinchat session`: the files by which this machine is a linked device of a phone."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whinchat.cli.common import echo_json, echo_table, load
from whinchat.cli.doctor_accounts import session_state
from whinchat.cli.passphrase import passphrase, passphrase_file, read_file
from whinchat.core.errors import Refused, TransportError

if TYPE_CHECKING:
    from whinchat.config import Settings
    from whinchat.transports.linked.sessions import Sessions

NOTE = (
    "A WhatsApp session of Whinchat under a passphrase: who opens it is that linked device. "
    "Read it with `whinchat session import`."
)


@click.group(short_help="list, move and end the sessions of linked accounts")
def session() -> None:
    """The sessions of linked accounts: list them, move one to another machine, end one.

    Whoever has a session's file is that device and reads and writes in its place. The files lie in the data folder for
    this user alone, unencrypted, as the library keeps them; an export is encrypted under a passphrase.

    \b
    Examples:
      whinchat session list
      whinchat session export main main.session
      whinchat session import main main.session
    """


@session.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and account.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """Show the linked accounts: whether each is linked on this machine, and whether it is in use.

    \b
    Example:
      whinchat session list
    """
    settings = load(ctx)
    sessions = _sessions(settings)
    chosen = settings.transport.linked.accounts
    names = [*chosen, *(name for name in sessions.accounts() if name not in chosen)]
    rows = [(name, session_state(sessions, name), "yes" if name in chosen else "no") for name in names]
    if as_json:
        for name, state, in_settings in rows:
            echo_json({"account": name, "session": state, "in_settings": in_settings == "yes"})
    elif rows:
        echo_table(("account", "session", "in the settings"), rows)
    else:
        click.echo("there is no linked account; `whinchat setup` makes one")


@session.command()
@click.argument("account")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_file
@click.pass_context
def export(ctx: click.Context, account: str, file: Path, passphrase_file: Path | None) -> None:
    """Write the session of ACCOUNT to FILE, encrypted under a passphrase that you are asked for. Stop the service
    first.

    With it, another machine goes on as the same device, without a phone at hand. Two machines must not use one
    session: WhatsApp lets them push each other out. Once the other one has it, do not start this one again.

    \b
    Example:
      whinchat session export main main.session
    """
    from whinchat.infra.crypto.passphrase import lock
    from whinchat.infra.files import write_new

    sessions = _sessions(load(ctx))
    if file.exists():
        raise Refused(f"{file} is there already", hint="Choose another name.")
    words = passphrase(passphrase_file, confirm=True)
    text = sessions.export(account, partial(lock, passphrase=words, note=NOTE))
    try:
        write_new(file, text)
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}", hint="Choose another name or folder.") from error
    click.echo(f"ok: {file} holds the session of {account} under the passphrase")
    click.echo("Use it on one machine only. If it is not for a backup, do not start this one again.")


@session.command(name="import")
@click.argument("account")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Take the place of a session that is there; its device stays on the phone.")
@passphrase_file
@click.pass_context
def import_(ctx: click.Context, account: str, file: Path, force: bool, passphrase_file: Path | None) -> None:
    """Make the session in FILE that of ACCOUNT on this machine. Stop the service first.

    The machine that it came from must not connect with it again.

    \b
    Example:
      whinchat session import main main.session
    """
    from whinchat.infra.crypto.passphrase import unlock

    settings = load(ctx)
    words = passphrase(passphrase_file, confirm=False)
    unseal = partial(unlock, passphrase=words, what="a session", verb="whinchat session export")
    _sessions(settings).import_(account, read_file(file), unseal, force=force)
    click.echo(f"ok: {account} is linked on this machine")
    if account not in settings.transport.linked.accounts:
        click.echo(f'Add "{account}" to transport.linked.accounts, so that the service connects it.')


@session.command()
@click.argument("account")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--local", is_flag=True, help="Only delete the session here; the phone still lists the device.")
@click.pass_context
def logout(ctx: click.Context, account: str, yes: bool, local: bool) -> None:
    """End the link of ACCOUNT on both sides and delete its session. Stop the service first, or use the page Accounts.

    To use the account again, the phone has to be linked anew: whinchat pair ACCOUNT.

    \b
    Examples:
      whinchat session logout main
      whinchat session logout main --local    where WhatsApp cannot be reached
    """
    from whinchat.cli import accounts

    settings = load(ctx)
    sessions = _sessions(settings)
    if session_state(sessions, account) == "not linked":
        raise Refused(f"{account} is not linked on this machine", hint="`whinchat session list` shows what is.")
    if not yes:
        click.confirm(f"End the link of {account}, and delete its session?", abort=True)
    if local:
        with sessions.held(account):
            sessions.forget(account)
        click.echo(f"ok: the session of {account} is deleted here")
        click.echo("On the phone, remove the device: WhatsApp, Settings, Linked devices.")
        return
    accounts.require_library()
    try:
        asyncio.run(_end(settings, accounts.named(settings, account)))
    except TransportError as error:
        raise Refused(
            f"WhatsApp was not told: {error}",
            hint=f"Try again later; or remove the device on the phone, then: whinchat session logout {account} --local",
        ) from error
    click.echo(f"ok: {account} is logged out")


async def _end(settings: Settings, account: str) -> None:
    from whinchat.cli.accounts import connected
    from whinchat.cli.linking import settled
    from whinchat.core.types import ConnectionState
    from whinchat.infra.clock import SystemClock

    async with connected(settings, account) as linked:
        state = await settled(linked, SystemClock())
        if state is not ConnectionState.ONLINE:
            raise TransportError(f"the account is {state.value}, not connected")
        await linked.logout()


def _sessions(settings: Settings) -> Sessions:
    from whinchat.transports.linked.sessions import Sessions

    return Sessions(settings.storage.sessions)
