"""`whinchat demo`: the real service with a simulated world to chat in."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whinchat.cli.common import load

if TYPE_CHECKING:
    from whinchat.config import Settings
    from whinchat.service import Service

FOLDER = Path("var/demo")


@click.command(short_help="try it: the service with a simulated group to chat in")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port of the page.  [default: private.port; 0: any free one]"
)
@click.option("--quiet", is_flag=True, help="Nobody talks by themselves: an empty world, to be filled by you.")
@click.option("--keep", is_flag=True, help="Go on with the data of the last demo instead of beginning anew.")
@click.pass_context
def demo(ctx: click.Context, port: int | None, quiet: bool, keep: bool) -> None:
    """Run the real service beside a simulated world: people, chats and a group that is being protected.

    Open the address that is printed, be anybody, and post a link. Nothing leaves this machine, and no phone is needed.
    Data lies in var/demo and is made anew at each start.

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
    settings = _settings(load(ctx), port)
    serve(settings, _welcome, script=None if quiet else load_script(DEMO))


def _settings(settings: Settings, port: int | None) -> Settings:
    """The operator's settings, with data, keys and network of the demo's own."""
    from msgspec.structs import replace

    from whinchat.config.settings import SimulatorTransport, Transport

    return replace(
        settings,
        service=replace(settings.service, offline=True),
        storage=replace(settings.storage, data=FOLDER / "data"),
        keys=replace(settings.keys, path=FOLDER / "root.key"),
        transport=Transport(kind="simulator", simulator=SimulatorTransport()),
        private=settings.private if port is None else replace(settings.private, port=port),
        log=replace(settings.log, level="warning", format="text"),
    )


def _welcome(service: Service) -> None:
    click.echo()
    click.secho("  Whinchat is running. Open this page:", bold=True)
    click.echo()
    click.secho(f"    {service.page()}", fg="cyan", bold=True)
    click.echo()
    click.echo("  Be anybody, go to the group Neighbours, and post")
    click.secho("    Https://paypa1-login.pages.dev/verify", fg="yellow")
    click.echo("  or ask in a direct chat with Whinchat:  scan check example.com")
    click.echo()
    click.echo("  The admin's side, live (this link works once, within half an hour):")
    click.secho(f"    {service.sign_in}", fg="cyan")
    click.echo()
    click.echo(f"  Health {service.listeners.private_url}/readyz   Metrics {service.listeners.private_url}/metrics")
    click.echo("  Ctrl-C ends it. The link above opens once; another one: start again.")
    click.echo()
