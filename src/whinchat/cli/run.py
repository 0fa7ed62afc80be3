"""`whinchat run`: the service, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import click

from whinchat.cli.common import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from whinchat.bootstrap import Around
    from whinchat.config import Settings
    from whinchat.service import Service
    from whinchat.transports.simulator.script import Script


@click.command(short_help="run the service")
@click.pass_context
def run(ctx: click.Context) -> None:
    """Run the service until it is interrupted (Ctrl-C) or told to end (SIGTERM).

    Settings come from whinchat.toml in this folder, or from --config FILE, and from WHINCHAT_… in the environment.
    Without any, everything has a sensible default: data in var/data, health and metrics on 127.0.0.1:8466.

    \b
    Examples:
      whinchat run
      whinchat --config /etc/whinchat.toml run
      WHINCHAT_LOG__FORMAT=text whinchat run
    """
    settings = load(ctx)

    def ready(service: Service) -> None:
        click.echo(f"Whinchat is ready: {service.listeners.private_url}/readyz", err=True)
        page = service.page()
        if page is not None:
            click.echo(f"The simulator's page: {page}", err=True)
        click.echo(f"The admin pages, once and within half an hour: {service.sign_in}", err=True)

    serve(settings, ready)


def serve(
    settings: Settings,
    ready: Callable[[Service], None],
    *,
    script: Script | None = None,
    around: Around | None = None,
) -> None:
    """Start, call `ready`, and stop in an orderly way at SIGINT or SIGTERM. `script` is played in an embedded world;
    `around` lets tests inject faults.

    Raises Refused when it cannot start.
    """
    from whinchat.infra import logging

    logging.configure(settings.log.level, settings.log.format)
    serving = _serve(settings, ready, script, around)
    try:
        import uvloop
    except ImportError:  # not there on every platform; asyncio's own loop does the same, slower
        again = asyncio.run(serving)
    else:
        again = uvloop.run(serving)
    if again:
        # The same process, as whoever watches over it knows it, with everything in it new.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - as it was started


async def _serve(
    settings: Settings, ready: Callable[[Service], None], script: Script | None, around: Around | None
) -> bool:
    """Whether it is to start again."""
    from whinchat.bootstrap import build

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    service = await build(settings, script=script, around=around)
    try:
        await service.start()
        ready(service)
        ends = [asyncio.ensure_future(event.wait()) for event in (stopped, service.restart_asked)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
    finally:
        # A second signal ends it at once.
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        await service.stop()
    return service.restart_asked.is_set() and not stopped.is_set()
