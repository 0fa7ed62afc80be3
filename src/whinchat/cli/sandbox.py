"""`whinchat sandbox`: the wallet's local backend, a bank with play money in a process of its own."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from whinchat.cli.common import echo_json
from whinchat.cli.local import STOPPING, listen, stopped_by_signal, token_from
from whinchat.core.errors import Refused

if TYPE_CHECKING:
    from whinchat.core.ports import Clock
    from whinchat.sandbox.bank import Bank

PROFILES = ("sandbox", "flash", "blink")
SERVICE, CUSTODY = "service_account", "custody_account"
"""Usernames of the accounts without a phone: the one that asks for codes, and the one that holds money in escrow."""
FLOAT = 10_000
"""Cents that the custody account begins with, for fees."""


class Person(NamedTuple):
    phone: str
    username: str
    cents: int
    satoshis: int


DEMO = (
    Person("+999100000001", "ana", 12_500, 80_000),
    Person("+999100000002", "bob", 4_200, 15_000),
    Person("+999100000003", "chidi", 30_000, 250_000),
)
"""The first people of the simulator's demo."""


class Options(NamedTuple):
    port: int
    data: Path | None
    profile: str
    seed: int | None
    demo: bool
    as_json: bool
    parent: bool


@click.command()
@click.option("--port", default=0, type=click.IntRange(0, 65_535), help="Port on 127.0.0.1; 0 takes a free one.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the accounts, made if it is not there.  [default: nothing is kept]",
)
@click.option(
    "--profile",
    default="sandbox",
    show_default=True,
    type=click.Choice(PROFILES),
    help="Whose habits it has. A file keeps the profile that it was made with.",
)
@click.option("--seed", type=int, help="The same seed makes the same ids, codes and prices.  [default: drawn]")
@click.option("--token", help="Token of the page and the admin API. On a shared machine use --token-file.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that holds the token; made, with a new one, if it is not there.",
)
@click.option("--accounts", type=click.Choice(["demo"]), help="Open accounts with phones and money, unless they exist.")
@click.option("--json", "as_json", is_flag=True, help="Print addresses and tokens as one line of JSON.")
@click.option("--parent", is_flag=True, help="End when standard input is closed, as it is when the parent ends.")
def sandbox(
    port: int,
    data: Path | None,
    profile: str,
    seed: int | None,
    token: str | None,
    token_file: Path | None,
    accounts: str | None,
    as_json: bool,
    parent: bool,
) -> None:
    """Run a bank with play money until it is stopped: GraphQL as Flash and Blink speak it, with a page.

    \b
    The service uses it with these settings:
      [apps.wallet]
      backend = "sandbox"
      url = "http://127.0.0.1:PORT/graphql"
      service_token = "…"
      custody_token = "…"

    \b
    Examples:
      whinchat sandbox --accounts demo
      whinchat sandbox --data bank.db --profile flash --port 8480
    """
    if token and token_file:
        raise click.UsageError("use --token or --token-file")
    if importlib.util.find_spec("graphql") is None:
        raise Refused("the sandbox needs graphql-core", hint="install it with: pip install 'whinchat[sandbox]'")
    secret = token or (token_from(token_file) if token_file else secrets.token_urlsafe(32))
    asyncio.run(_serve(Options(port, data, profile, seed, accounts == "demo", as_json, parent), secret))


async def _serve(options: Options, token: str) -> None:
    from whinchat.infra.clock import SystemClock

    clock = SystemClock()
    bank = _opened(options, clock)
    try:
        await _run(bank, clock, token, options)
    finally:
        bank.close()


async def _run(bank: Bank, clock: Clock, token: str, options: Options) -> None:
    from aiohttp import web

    from whinchat.sandbox.api.application import Application
    from whinchat.sandbox.api.server import build_app, page_link

    stopped = stopped_by_signal()
    if options.parent:
        _when_input_ends(stopped.set)
    application = Application(bank, clock)
    app = build_app(application, clock, token)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOPPING)
    await runner.setup()
    try:
        address = await listen(runner, options.port)
        _announce(bank, address, page_link(app, address), token, options.as_json)
        async with asyncio.TaskGroup() as tasks:
            settling = tasks.create_task(application.keep_settling())
            await stopped.wait()
            settling.cancel()
    finally:
        await runner.cleanup()


def _when_input_ends(act: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()

    def read() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            act()

    loop.add_reader(descriptor, read)


def _opened(options: Options, clock: Clock) -> Bank:
    """With the accounts that the service needs. Raises Refused: the file cannot be used, or is of another profile."""
    from whinchat.sandbox.bank import Bank
    from whinchat.sandbox.profiles import PROFILES as KNOWN

    bank = Bank(options.data or ":memory:", clock=clock, profile=KNOWN[options.profile], seed=options.seed)
    accounts = bank.accounts()
    names, phones = {each.username for each in accounts}, {each.phone for each in accounts}
    if SERVICE not in names:
        bank.open_account(username=SERVICE)
    if CUSTODY not in names:
        bank.open_account(username=CUSTODY, usd=FLOAT)
    for person in DEMO if options.demo else ():
        if person.phone not in phones:
            bank.open_account(phone=person.phone, username=person.username, usd=person.cents, btc=person.satoshis)
    return bank


def _token_of(bank: Bank, username: str) -> str:
    return bank.token(next(account.id for account in bank.accounts() if account.username == username))


def _announce(bank: Bank, address: str, page: str, token: str, as_json: bool) -> None:
    told = {
        "graphql": f"{address}/graphql",
        "page": page,
        "token": token,
        "service_token": _token_of(bank, SERVICE),
        "custody_token": _token_of(bank, CUSTODY),
    }
    if as_json:
        echo_json({"address": address, **told})
        return
    for name, value in told.items():
        click.echo(f"{name + ':':<15}{value}")
    click.echo("Ctrl-C ends it.")
