"""`whinchat pair`: links an account with the WhatsApp on a phone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from whinchat.cli.common import Invocation, load
from whinchat.core.errors import Refused

if TYPE_CHECKING:
    from whinchat.config import Settings

MINUTES = 5.0


@click.command(short_help="link an account with the WhatsApp on a phone")
@click.argument("account", required=False)
@click.option(
    "--phone", metavar="+NUMBER", help="Link with an eight-character code, typed on the phone of this number."
)
@click.option(
    "--minutes",
    type=click.FloatRange(0.5, 60),
    default=MINUTES,
    show_default=True,
    help="How long to wait for the phone.",
)
@click.pass_context
def pair(ctx: click.Context, account: str | None, phone: str | None, minutes: float) -> None:
    """Make this machine a linked device of the WhatsApp account on a phone. ACCOUNT is a name from
    transport.linked.accounts, and may be left out when there is only one.

    Shows a QR code; scan it on the phone: WhatsApp, Settings, Linked devices, Link a device. With --phone it shows a
    code to be typed there instead.

    While the service runs, it holds the accounts: then this prints a link to the page Accounts, where the same can be
    done in a browser. What arrives while this runs is kept, and handled when the service starts.

    WhatsApp's terms do not allow automated use of linked devices, and accounts have been banned for it. Use a number
    that you can do without: docs/howto/whatsapp.md.

    \b
    Examples:
      whinchat pair
      whinchat pair main --phone +4915100000000
    """
    from whinchat.cli import accounts
    from whinchat.core.formatting.phone import phone_number

    settings = load(ctx)
    name = accounts.named(settings, account)
    number = None if phone is None else phone_number(phone)
    if phone is not None and number is None:
        raise Refused(
            "--phone is no phone number with its country's code", hint="Write it such as --phone +4915100000000."
        )
    accounts.require_library()
    try:
        asyncio.run(_link(settings, name, number, minutes * 60))
    except Refused as refusal:
        if refusal.code != "in_use":
            raise
        _lead_to_page(ctx, settings, name)
        return
    click.echo("Start the service: whinchat run")


async def _link(settings: Settings, account: str, phone: str | None, patience: float) -> None:
    from whinchat.cli.accounts import connected
    from whinchat.cli.linking import Linking, Screen
    from whinchat.infra import logging
    from whinchat.infra.clock import SystemClock

    logging.configure("error", "text")  # what goes wrong is said here in other words
    async with connected(settings, account) as linked:
        await Linking(linked, phone, SystemClock(), Screen(), patience).run()


def _lead_to_page(ctx: click.Context, settings: Settings, account: str) -> None:
    from whinchat.cli.admin import sign_in_link

    click.echo(f"The service is running and holds {account}. Link it in a browser, on the page Accounts:")
    click.echo(sign_in_link(ctx.ensure_object(Invocation), settings, to="/accounts"))
    click.echo("The link signs one browser in, once, within half an hour.")
