"""Linking an account at the terminal: what is shown, what is waited for, and how it ends."""

from __future__ import annotations

import functools
import shutil
import sys
from collections.abc import Sequence

import click

from whinchat.core.errors import Refused, TransportError
from whinchat.core.ports import Clock, Linkable, Pairing
from whinchat.core.types import ConnectionState

LOOK = 0.5  # seconds
AGAIN = 5.0  # seconds between two times that a code is asked for
SETTLE = 60.0  # seconds that a known session has to connect
FINISHING = 10.0  # seconds in which the phone hands over what it has, after it has linked the device
QUIET = 4  # modules around a QR code
AROUND = 4  # lines

ENDED = frozenset({ConnectionState.REPLACED, ConnectionState.BANNED, ConnectionState.OUTDATED})
STANDS = frozenset({ConnectionState.ONLINE, ConnectionState.DEGRADED})
UNDER_WAY = frozenset({ConnectionState.STOPPED, ConnectionState.CONNECTING})

SCAN = "On the phone: WhatsApp, Settings, Linked devices, Link a device. Point the camera at this code."
TYPE = (
    "On the phone: WhatsApp, Settings, Linked devices, Link a device, Link with phone number instead. Type this code:"
)
MEANINGS = {
    "bad_number": "Give the number of the phone's WhatsApp with its country's code, such as --phone +4915100000000.",
    "rate_limited": "WhatsApp gives no more codes for now. Wait some minutes, or scan a QR code: without --phone.",
}


@functools.lru_cache(maxsize=2)
def half_blocks(text: str, *, coloured: bool) -> tuple[str, ...]:
    """A QR code, two rows of modules in each line. Without colours it is right on a dark terminal.

    The last one is kept: it is shown again and again, with the seconds that are left.
    """
    import segno

    rows = [list(row) for row in segno.make_qr(text, error="l").matrix_iter(border=QUIET)]
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    marks = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    lines = tuple(
        "".join(marks[bool(above), bool(below)] for above, below in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    )
    return tuple(f"\x1b[97;40m{line}\x1b[0m" for line in lines) if coloured else lines


class Screen:
    """Lines on stdout that take the place of those before, at a terminal; elsewhere they follow each other."""

    def __init__(self) -> None:
        self.in_place = sys.stdout.isatty()
        self._shown: Sequence[str] = ()

    def fits(self, lines: Sequence[str]) -> bool:
        """Whether a QR code can be seen at once, with the lines around it. `lines` without colours."""
        columns, rows = shutil.get_terminal_size()
        return not self.in_place or (len(lines[0]) <= columns and len(lines) + AROUND <= rows)

    def show(self, lines: Sequence[str]) -> None:
        if lines == self._shown:
            return
        self._clear()
        for line in lines:
            click.echo(line, color=True)
        self._shown = lines

    def keep(self, line: str) -> None:
        """Stays."""
        self._clear()
        click.echo(line)

    def _clear(self) -> None:
        if self.in_place and self._shown:
            click.echo(f"\x1b[{len(self._shown)}A\x1b[J", nl=False, color=True)
        self._shown = ()


async def settled(account: Linkable, clock: Clock) -> ConnectionState:
    """The state in which it comes to rest, at most a minute later."""
    deadline = clock.monotonic() + SETTLE
    while account.state in UNDER_WAY and clock.monotonic() < deadline:
        await clock.sleep(LOOK)
    return account.state


class Linking:
    """`phone`: to be linked with a code instead of a QR code. `patience`: seconds until it is given up."""

    def __init__(self, account: Linkable, phone: str | None, clock: Clock, screen: Screen, patience: float) -> None:
        self._account = account
        self._phone = phone
        self._clock = clock
        self._screen = screen
        self._deadline = clock.monotonic() + patience
        self._asked = -AGAIN
        self._trouble = ""

    async def run(self) -> None:
        """Returns when the account is linked. Raises Refused."""
        account, screen = self._account, self._screen
        screen.keep(f"Connecting {account.account} …")
        if await settled(account, self._clock) is ConnectionState.ONLINE:
            screen.keep(f"ok: {account.account} is linked already, and connected")
            return
        while account.state is not ConnectionState.ONLINE:
            self._check()
            screen.show(self._lines(self._pairing()))
            if account.state not in UNDER_WAY and self._pairing() is None:
                await self._ask()
            await self._clock.sleep(LOOK)
        screen.keep(f"{account.account} is linked. Keep WhatsApp open on the phone while it hands over the chats …")
        await self._clock.sleep(FINISHING)
        state = await settled(account, self._clock)
        if state not in STANDS:
            raise Refused(f"the link did not last: {account.account} is {state.value}", hint=account.hint)
        screen.keep(f"ok: {account.account} is linked")

    def _check(self) -> None:
        """Raises Refused."""
        account = self._account
        if account.state in ENDED:
            self._screen.keep("")
            raise Refused(f"{account.account} cannot be linked: it is {account.state.value}", hint=account.hint)
        if self._clock.monotonic() >= self._deadline:
            self._screen.keep("")
            raise Refused(
                self._trouble or "no phone has linked the account in time",
                hint=account.hint if self._trouble else f"Try again: whinchat pair {account.account}",
            )

    def _pairing(self) -> Pairing | None:
        pairing = self._account.pairing
        return pairing if pairing is not None and pairing.expires_at > self._clock.now() else None

    async def _ask(self) -> None:
        """Raises Refused: it is no use to ask again."""
        if self._clock.monotonic() - self._asked < AGAIN:
            return
        self._asked = self._clock.monotonic()
        self._trouble = ""
        try:
            await self._account.pair(self._phone)
        except TransportError as error:
            if error.code in MEANINGS:
                raise Refused(str(error), hint=MEANINGS[error.code]) from error
            self._trouble = str(error)

    def _lines(self, pairing: Pairing | None) -> list[str]:
        if pairing is None:
            return [f"{self._trouble}; trying again …" if self._trouble else "Waiting for WhatsApp …"]
        left = max(0, round((pairing.expires_at - self._clock.now()) / 1000))
        ends = [f"It runs out in {left} seconds; then there is another one."] if self._screen.in_place else []
        if pairing.code:
            return ["", TYPE, "", f"    {pairing.code}", "", *ends]
        plain = half_blocks(pairing.qr, coloured=False)
        if not self._screen.fits(plain):
            size = f"{len(plain[0])} columns and {len(plain) + AROUND} lines"
            return [f"The QR code needs a terminal of {size}. Make it larger, or use --phone."]
        drawn = half_blocks(pairing.qr, coloured=True) if self._screen.in_place else plain
        return ["", *drawn, SCAN, *ends]
