"""`whinchat simulator`: a world in a process of its own, which survives and witnesses a killed service."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import click

from whinchat.cli.common import echo_json
from whinchat.cli.local import STOPPING, listen, stopped_by_signal, token_from
from whinchat.core.errors import Refused

if TYPE_CHECKING:
    from whinchat.transports.simulator.host import Host
    from whinchat.transports.simulator.script import ScriptPlayer
    from whinchat.transports.simulator.transcript import Entry


@click.command()
@click.option("--port", default=0, type=click.IntRange(0, 65_535), help="Port on 127.0.0.1; 0 takes a free one.")
@click.option("--token", help="Token of the API. On a shared machine use --token-file: others see the command line.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that holds the token; made, with a new one, if it is not there.",
)
@click.option("--seed", type=int, help="The same seed makes the same world, ids included.  [default: drawn]")
@click.option("--script", help="People, chats and a conversation, TOML or JSON; `demo` is the built-in one.")
@click.option(
    "--transcript",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Append everything that happens to this file, a line of JSON each.",
)
@click.option("--account", "accounts", multiple=True, default=("simulator",), help="Account with a bot; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print address, token and page as one line of JSON.")
def simulator(
    port: int,
    token: str | None,
    token_file: Path | None,
    seed: int | None,
    script: str | None,
    transcript: Path | None,
    accounts: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run a simulated world until it is stopped, with its page and its API.

    \b
    The service joins it with these settings:
      [transport.simulator]
      world = "http://127.0.0.1:PORT"
      token_file = "FILE"

    \b
    Examples:
      whinchat simulator --port 8470 --token-file world.token
      whinchat simulator --script demo --seed 1
    """
    from whinchat.infra.clock import SystemClock
    from whinchat.transports.simulator.host import Host
    from whinchat.transports.simulator.script import DEMO, ScriptPlayer, load

    if token and token_file:
        raise click.UsageError("use --token or --token-file")
    listeners = [] if transcript is None else [_recorder(transcript)]
    host = Host(SystemClock(), seed=seed, accounts=accounts, listeners=listeners)
    player = None
    if script is not None:
        player = ScriptPlayer(load(DEMO if script == "demo" else Path(script)), host, Random(seed))
        player.build()
    secret = token or (token_from(token_file) if token_file else secrets.token_urlsafe(32))
    asyncio.run(_serve(host, secret, port, player, as_json))


async def _serve(host: Host, token: str, port: int, player: ScriptPlayer | None, as_json: bool) -> None:
    from aiohttp import web

    from whinchat.transports.simulator.api import PAGE, build_app, page_link

    stopped = stopped_by_signal()
    app = build_app(host, token, PAGE if PAGE.is_dir() else None)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOPPING)
    await runner.setup()
    try:
        address = await listen(runner, port)
        _announce(address, token, page_link(app, address), as_json)
        async with asyncio.TaskGroup() as tasks:
            playing = None if player is None else tasks.create_task(player.play())
            await stopped.wait()
            if playing is not None:
                playing.cancel()
    finally:
        await runner.cleanup()


def _announce(address: str, token: str, page: str, as_json: bool) -> None:
    if as_json:
        echo_json({"address": address, "token": token, "page": page})
        return
    click.echo(f"world: {address}")
    click.echo(f"token: {token}")
    click.echo(f"page:  {page}")
    click.echo("Ctrl-C ends it.")


def _recorder(path: Path) -> Callable[[Entry | None], None]:
    """Writes each entry at once, so that the file is whole whenever the process ends."""
    import msgspec

    try:
        file = path.open("ab", buffering=0)
    except OSError as error:
        raise Refused(f"the transcript cannot be written: {error.strerror}", hint="choose another file") from None

    def record(entry: Entry | None) -> None:
        if entry is not None:
            file.write(msgspec.json.encode(entry) + b"\n")

    return record
