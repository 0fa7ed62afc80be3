"""`whinchat admin`: who may see the pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import click

from whinchat.cli.common import Invocation, load

if TYPE_CHECKING:
    from whinchat.admin.sessions import Sessions
    from whinchat.config import Settings

T = TypeVar("T")

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - addresses that are listened on and cannot be opened


@click.group(short_help="sign in to the admin pages, sign everybody out")
def admin() -> None:
    """The admin pages of a running service: who may see them.

    \b
    Examples:
      whinchat admin link
      whinchat admin sign-out
    """


@admin.command()
@click.pass_context
def link(ctx: click.Context) -> None:
    """Print a link that signs one browser in to the admin pages, once, within half an hour.

    \b
    Example:
      whinchat admin link
    """
    settings = load(ctx)
    click.echo(sign_in_link(ctx.ensure_object(Invocation), settings))
    if not settings.private.port:
        click.echo("private.port is 0: put the port that the service printed in the place of PORT", err=True)


def sign_in_link(invocation: Invocation, settings: Settings, to: str = "") -> str:
    """A new one; `to`: the page that it leads to. Raises Refused."""
    token = _with_sessions(invocation, lambda sessions: sessions.new_link())
    return f"{_address(settings)}/admin/sign-in?token={token}" + (f"&to={to}" if to else "")


@admin.command("sign-out")
@click.pass_context
def sign_out(ctx: click.Context) -> None:
    """Sign every browser out of the admin pages, and let links that were not used yet end.

    \b
    Example:
      whinchat admin sign-out
    """
    from whinchat.core.dispatch.audit import Via

    count = _with_sessions(ctx.ensure_object(Invocation), lambda sessions: sessions.end_all(Via.CLI))
    click.echo("nobody was signed in" if not count else f"signed out: {count} browser{'s' if count > 1 else ''}")


def _address(settings: Settings) -> str:
    private = settings.private
    host = "127.0.0.1" if private.host in EVERYWHERE else private.host
    return f"http://{f'[{host}]' if ':' in host else host}:{private.port or 'PORT'}"


def _with_sessions(invocation: Invocation, ask: Callable[[Sessions], Awaitable[T]]) -> T:
    async def run() -> T:
        from random import SystemRandom

        from whinchat.admin.sessions import Sessions
        from whinchat.core.dispatch.audit import Audit

        async with invocation.open_data() as (database, sealer):
            clock = invocation.clock
            return await ask(Sessions(database, sealer, clock, SystemRandom(), Audit(database, sealer, clock)))

    return asyncio.run(run())
