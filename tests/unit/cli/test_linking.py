"""Linking an account at the terminal: what a person sees, and how it ends."""

from __future__ import annotations

import asyncio
import re
import sys

import pytest
from tests.support.accounts import CODE, LASTS, QR, PhoneAccount
from tests.support.half_blocks import is_drawn, seen

from whinchat.cli.linking import AGAIN, FINISHING, SETTLE, Linking, Screen, half_blocks, settled
from whinchat.core.errors import Refused
from whinchat.core.types import ConnectionState
from whinchat.testing.clock import FakeClock

PATIENCE = 300.0  # seconds


@pytest.mark.parametrize("text", [QR, "short", "x" * 230])
def test_a_camera_can_read_the_half_blocks(text: str) -> None:
    plain = half_blocks(text, coloured=False)
    assert seen(plain) == text
    assert len({len(line) for line in plain}) == 1
    coloured = half_blocks(text, coloured=True)
    assert tuple(re.sub(r"\x1b\[[0-9;]*m", "", line) for line in coloured) == plain
    assert all(line.startswith("\x1b[97;40m") and line.endswith("\x1b[0m") for line in coloured)


class Person:
    """Sits before the terminal, with a phone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int] | None = None) -> None:
        self.clock = FakeClock()
        self.account = PhoneAccount(self.clock)
        if size is not None:
            monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
            monkeypatch.setattr("shutil.get_terminal_size", lambda: size)

    def pair(self, phone: str | None = None) -> asyncio.Task[None]:
        return asyncio.create_task(Linking(self.account, phone, self.clock, Screen(), PATIENCE).run())

    def links(self) -> None:
        self.account.enter(ConnectionState.CONNECTING)
        self.account.enter(ConnectionState.ONLINE)


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    """Without a terminal: what is said goes to a file or a log."""
    return Person(monkeypatch)


async def test_a_phone_links_by_the_second_qr_code(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    task = person.pair()
    await person.clock.advance(1)
    first = capsys.readouterr().out.splitlines()
    assert first[:2] == ["Connecting main …", "Waiting for WhatsApp …"]
    assert seen([line for line in first if is_drawn(line)]) == QR
    assert "Linked devices, Link a device. Point the camera at this code." in first[-1]
    await person.clock.advance(LASTS / 1000 + AGAIN)
    assert person.account.asked == ["pair None"] * 2
    person.links()
    await person.clock.advance(FINISHING + 1)
    await task
    last = capsys.readouterr().out.splitlines()
    assert last[-2:] == [
        "main is linked. Keep WhatsApp open on the phone while it hands over the chats …",
        "ok: main is linked",
    ]


async def test_a_phone_links_by_a_code(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    task = person.pair("+15550100")
    await person.clock.advance(5)
    out = capsys.readouterr().out
    assert f"    {CODE}" in out.splitlines()
    assert "Link with phone number instead" in out
    assert out.count(CODE) == 1  # where it cannot be redrawn, nothing is repeated
    assert person.account.asked == ["pair +15550100"]
    person.links()
    await person.clock.advance(FINISHING + 1)
    await task


async def test_an_account_that_is_linked_is_left_alone(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    person.account.enter(ConnectionState.CONNECTING)
    task = person.pair()
    await person.clock.advance(2)
    assert not task.done()
    person.account.enter(ConnectionState.ONLINE)
    await person.clock.advance(1)
    await task
    assert "ok: main is linked already, and connected" in capsys.readouterr().out
    assert person.account.asked == []


async def test_nobody_comes(person: Person) -> None:
    task = person.pair()
    await person.clock.advance(PATIENCE + 1)
    with pytest.raises(Refused, match="no phone has linked the account in time") as refused:
        await task
    assert refused.value.hint == "Try again: whinchat pair main"


async def test_whatsapp_cannot_be_reached(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    person.account.fault, person.account.hint = "unreachable", "Look at the cable."
    task = person.pair()
    await person.clock.advance(2)
    assert "not now; trying again …" in capsys.readouterr().out
    await person.clock.advance(PATIENCE)
    assert len(person.account.asked) > 10
    with pytest.raises(Refused, match="not now") as refused:
        await task
    assert refused.value.hint == "Look at the cable."


@pytest.mark.parametrize("code", ["bad_number", "rate_limited"])
async def test_some_things_are_no_use_to_repeat(person: Person, code: str) -> None:
    person.account.fault = code
    task = person.pair("+15550100")
    await person.clock.advance(2)
    with pytest.raises(Refused) as refused:
        await task
    assert refused.value.hint
    assert person.account.asked == ["pair +15550100"]


@pytest.mark.parametrize("state", [ConnectionState.BANNED, ConnectionState.REPLACED, ConnectionState.OUTDATED])
async def test_an_account_that_cannot_be_linked_now(person: Person, state: ConnectionState) -> None:
    person.account.enter(state)
    person.account.hint = "Wait."
    task = person.pair()
    await person.clock.advance(1)
    with pytest.raises(Refused, match=state.value) as refused:
        await task
    assert refused.value.hint == "Wait."


async def test_a_link_that_is_ended_at_once_is_no_link(person: Person) -> None:
    task = person.pair()
    await person.clock.advance(1)
    person.links()
    await person.clock.advance(1)
    person.account.enter(ConnectionState.LOGGED_OUT)
    await person.clock.advance(FINISHING)
    with pytest.raises(Refused, match="did not last"):
        await task


async def test_an_account_that_stays_away_is_not_waited_for_for_ever(person: Person) -> None:
    person.account.enter(ConnectionState.CONNECTING)
    task = asyncio.create_task(settled(person.account, person.clock))
    await person.clock.advance(SETTLE + 1)
    assert await task is ConnectionState.CONNECTING


async def test_at_a_terminal_the_code_is_drawn_in_its_place_and_counts_down(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    person = Person(monkeypatch, (120, 60))
    task = person.pair()
    await person.clock.advance(3)
    out = capsys.readouterr().out
    assert "It runs out in 20 seconds" in out
    assert "It runs out in 18 seconds" in out
    height = len(half_blocks(QR, coloured=False)) + 3  # an empty line, what to do, how long
    assert f"\x1b[{height}A\x1b[J" in out
    person.links()
    await person.clock.advance(FINISHING + 1)
    await task
    assert f"\x1b[{height}A\x1b[J" in capsys.readouterr().out  # a code that was used is not left on the screen


@pytest.mark.parametrize("size", [(30, 60), (120, 10)])
async def test_a_small_terminal_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], size: tuple[int, int]
) -> None:
    person = Person(monkeypatch, size)
    linking = person.pair()
    await person.clock.advance(2)
    out = capsys.readouterr().out
    assert "needs a terminal of" in out
    assert "█" not in out
    linking.cancel()
