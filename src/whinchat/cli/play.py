"""`whinchat play`: recorded messages into a simulated world."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import click

from whinchat.cli.common import progress
from whinchat.core.errors import Refused

if TYPE_CHECKING:
    from whinchat.transports.simulator.player import Progress, Record


@click.command(short_help="play recorded messages into a simulated world")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--world", required=True, metavar="URL", help="Address of the world, as `whinchat simulator` prints it.")
@click.option("--token", help="Token of its API. On a shared machine use --token-file: others see the command line.")
@click.option("--token-file", type=click.Path(path_type=Path, dir_okay=False), help="File that holds the token.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Messages a second.  [default: as they fit]")
@click.option("--groups", default=10, show_default=True, type=click.IntRange(1, 500), help="Groups to play in.")
@click.option("--people", default=40, show_default=True, type=click.IntRange(2, 2000), help="People who say it.")
@click.option("--seed", default=1, show_default=True, help="The same seed has the same people say the same.")
def play(
    file: Path,
    world: str,
    token: str | None,
    token_file: Path | None,
    rate: float | None,
    groups: int,
    people: int,
    seed: int,
) -> None:
    """Play the messages of FILE into a world: new people in new groups that the bot protects.

    FILE has tab-separated columns (label, text, source, date, has_url; the first line names them) or one JSON object a
    line, a message's content; either may be gzipped.

    \b
    Example:
      whinchat simulator --token-file token --port 8470 &
      whinchat play messages.tsv.gz --world http://127.0.0.1:8470 --token-file token --rate 50
    """
    from whinchat.transports.simulator.player import read_records

    if (token is None) == (token_file is None):
        raise click.UsageError("give --token or --token-file")
    secret = token or _read(token_file)
    records = list(read_records(file))
    done = asyncio.run(_play(records, world, secret, rate, groups, people, seed))
    click.echo(f"{done.posted} messages in {done.seconds:.1f} s")


def _read(path: Path | None) -> str:
    try:
        return "" if path is None else path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Refused(f"the token file cannot be read: {error.strerror}", hint="Name another --token-file.") from None


async def _play(
    records: list[Record], world: str, token: str, rate: float | None, groups: int, people: int, seed: int
) -> Progress:
    import aiohttp

    from whinchat.infra.clock import SystemClock
    from whinchat.transports.simulator.player import HttpApi, Player

    async with aiohttp.ClientSession() as session:
        player = Player(HttpApi(session, world, token), SystemClock(), Random(seed))
        try:
            places = await player.settle(groups, people, opening="!scan consent")
            await player.finish()
            with progress("playing", len(records)) as shown:
                before = 0

                def tell(reached: Progress) -> None:
                    nonlocal before
                    shown(reached.posted - before)
                    before = reached.posted

                done = await player.play((record.content for record in records), places, rate=rate, progress=tell)
                await player.finish()
        except aiohttp.ClientError as error:
            raise Refused(
                f"the world at {world} cannot be reached: {type(error).__name__}",
                hint="`whinchat simulator` starts one and prints its address.",
            ) from None
        return done
