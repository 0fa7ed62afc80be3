"""`whinchat demo`: the real service with a simulated world to chat in, and a bank with play money."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whinchat.cli.common import load
from whinchat.core.errors import Refused

if TYPE_CHECKING:
    from whinchat.config import Settings
    from whinchat.service import Service

FOLDER = Path("var/demo")

Told = Mapping[str, str]
"""What the sandbox says of itself: its addresses and tokens."""


@click.command(short_help="try it: the service with a simulated group to chat in")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port of the page.  [default: private.port; 0: any free one]"
)
@click.option("--quiet", is_flag=True, help="Nobody talks by themselves: an empty world, to be filled by you.")
@click.option("--keep", is_flag=True, help="Go on with the data of the last demo instead of beginning anew.")
@click.option("--wallet/--no-wallet", default=True, help="With or without a bank with play money.  [default: with]")
@click.pass_context
def demo(ctx: click.Context, port: int | None, quiet: bool, keep: bool, wallet: bool) -> None:
    """Run the real service beside a simulated world: people, chats and a group that is being protected.

    Open the address that is printed, be anybody, and post a link; or send play money, which `whinchat sandbox` keeps
    in a process of its own. Nothing leaves this machine, and no phone is needed. Data lies in var/demo and is made
    anew at each start.

    \b
    Examples:
      whinchat demo
      whinchat demo --port 0         when the usual port is taken
      whinchat demo --quiet          without the neighbours' talk
    """
    from whinchat.cli.run import serve
    from whinchat.transports.simulator.network import DEMO
    from whinchat.transports.simulator.script import load as load_script

    if not keep:
        shutil.rmtree(FOLDER, ignore_errors=True)
    own = load(ctx)
    with sandbox(FOLDER) if wallet else contextlib.nullcontext() as bank:
        settings = _settings(own, port, bank)
        serve(settings, partial(_welcome, bank), script=None if quiet else load_script(DEMO))


@contextlib.contextmanager
def sandbox(folder: Path) -> Iterator[Told]:
    """`whinchat sandbox` in a process that ends with this one, however this one ends: it holds the only other end of
    its standard input. Raises Refused: it did not start; why stands on stderr.
    """
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--parent", "--json", "--accounts", "demo", "--data", str(folder / "sandbox.db")]
    with subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "whinchat", "sandbox", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for this process, which may still need it
    ) as child:
        try:
            yield _told(child)
        finally:
            child.terminate()


def _told(child: subprocess.Popen[bytes]) -> Told:
    """Raises Refused."""
    line = b"" if child.stdout is None else child.stdout.readline()
    if not line:
        raise Refused(
            "the bank with play money did not start",
            hint="What it says of it stands above. `whinchat demo --no-wallet` goes without.",
        )
    told: Told = json.loads(line)
    return told


def _settings(settings: Settings, port: int | None, bank: Told | None) -> Settings:
    """The operator's settings, with data, keys, network and money of the demo's own."""
    from msgspec.structs import replace

    from whinchat.config import SimulatorTransport, Transport

    return replace(
        settings,
        service=replace(settings.service, offline=True),
        storage=replace(settings.storage, data=FOLDER / "data"),
        keys=replace(settings.keys, path=FOLDER / "root.key"),
        transport=Transport(kind="simulator", simulator=SimulatorTransport()),
        private=settings.private if port is None else replace(settings.private, port=port),
        log=replace(settings.log, level="warning", format="text"),
        apps={**settings.apps, "wallet": replace(settings.apps["wallet"], **_wallet(bank))},
    )


def _wallet(bank: Told | None) -> dict[str, object]:
    """What the wallet's settings must be, whatever else the operator set."""
    from whinchat.core.secret import Secret

    if bank is None:
        return {"backend": None}
    return {
        "backend": "sandbox",
        "url": bank["graphql"],
        "service_token": Secret(bank["service_token"]),
        "custody_token": Secret(bank["custody_token"]),
        "escrow": True,
    }


def _welcome(bank: Told | None, service: Service) -> None:
    click.echo()
    click.secho("  Whinchat is running. Open this page:", bold=True)
    click.echo()
    click.secho(f"    {service.page()}", fg="cyan", bold=True)
    click.echo()
    click.echo("  Be anybody, go to the group Neighbours, and post")
    click.secho("    Https://paypa1-login.pages.dev/verify", fg="yellow")
    click.echo("  or ask in a direct chat with Whinchat:  scan check example.com")
    click.echo()
    if bank is not None:
        _welcome_to_bank(bank)
    click.echo("  The admin's side, live (this link works once, within half an hour):")
    click.secho(f"    {service.sign_in}", fg="cyan")
    click.echo()
    click.echo(f"  Health {service.listeners.private_url}/readyz   Metrics {service.listeners.private_url}/metrics")
    click.echo("  Ctrl-C ends it. The links above open once; others: start again.")
    click.echo()


def _welcome_to_bank(bank: Told) -> None:
    click.echo("  Play money: the bank, where codes arrive, accounts are opened and things go wrong when you say so:")
    click.secho(f"    {bank['page']}", fg="cyan")
    click.echo("  Be Ana in a direct chat with Whinchat, and type")
    for said, meaning in (
        ("link", "then the six digits that the bank's page shows"),
        ("send 5 to @bob", "then:  yes"),
        ("send 5 to +999100000004", "Dewi, who has no account: yes, and you get a code for her"),
    ):
        click.echo(f"    {click.style(f'{said:<25}', fg='yellow')} {meaning}")
    click.echo("  Dewi opens an account on the bank's page, links it in her chat, and says  claim CODE")
    click.echo()
