"""How a session with the fake network begins and ends, as the stock client sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.support.whatsapp.pairing import WrongCode
from tests.support.whatsapp.server import WhatsApp
from tests.support.whatsapp.wheel import Wheel, wheel

pytestmark = pytest.mark.skipif(find_spec("neonize") is None, reason="needs the extra `linked`")


@asynccontextmanager
async def linked(folder: Path) -> AsyncIterator[tuple[WhatsApp, Wheel]]:
    """A bot that was linked by QR code."""
    async with WhatsApp() as whatsapp, wheel(whatsapp, folder) as bot:
        await bot.pair(whatsapp, whatsapp.account())
        yield whatsapp, bot


async def test_a_bot_is_linked_by_a_code_of_eight_characters(tmp_path: Path) -> None:
    async with WhatsApp() as whatsapp, wheel(whatsapp, tmp_path) as bot:
        account, ana = whatsapp.account(phone="15551230000"), whatsapp.person("ana")
        await bot.qr()
        code = await bot.do("code", phone="+1 555 123 0000")
        assert len(code) == len("ABCD-EFGH")
        with pytest.raises(WrongCode):
            await whatsapp.enter(account, "AAAA-AAAA")
        assert account.devices == {}

        await whatsapp.enter(account, await bot.do("code", phone="15551230000"))
        await bot.event("connected")
        await bot.event("message", id=await ana.say("hello"))


@dataclass(frozen=True)
class Impostor:
    """The network's address and authority, with another key."""

    proxy_url: str
    authority_pem: bytes
    root_key: bytes


async def test_a_client_that_pins_another_key_does_not_talk_to_it(tmp_path: Path) -> None:
    async with WhatsApp() as whatsapp:
        other = Impostor(whatsapp.proxy_url, whatsapp.authority_pem, whatsapp.authority.static.public)
        async with wheel(other, tmp_path) as bot:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(bot.qr(), 1)
            assert whatsapp.proxy.asked == ["web.whatsapp.com:443"]
            assert all(not connection.refs for connection in whatsapp.connections())


@pytest.mark.parametrize(("reason", "event"), [(403, "logged out"), (405, "outdated"), (409, "failure")])
async def test_a_login_is_refused(tmp_path: Path, reason: int, event: str) -> None:
    async with linked(tmp_path) as (whatsapp, bot):
        whatsapp.faults.refuse(reason)
        whatsapp.faults.drop()
        await bot.event(event)


async def test_a_temporary_ban_says_how_long_it_is(tmp_path: Path) -> None:
    async with linked(tmp_path) as (whatsapp, bot):
        whatsapp.faults.ban(3600)
        whatsapp.faults.drop()
        assert "3600" in (await bot.event("banned"))["about"]


async def test_a_copy_of_the_session_replaces_the_one_that_is_connected(tmp_path: Path) -> None:
    async with linked(tmp_path) as (whatsapp, bot), wheel(whatsapp, tmp_path) as copy:
        await copy.do("connect")
        await copy.event("connected")
        await bot.event("replaced")
        await whatsapp.faults.replace()
        await copy.event("replaced")


async def test_a_device_is_removed_on_the_phone(tmp_path: Path) -> None:
    async with linked(tmp_path) as (whatsapp, bot):
        await whatsapp.faults.log_out()
        await bot.event("logged out")
        assert whatsapp.account().devices == {}


async def test_a_bot_unlinks_itself(tmp_path: Path) -> None:
    async with linked(tmp_path) as (whatsapp, bot):
        await bot.do("log out")
        assert whatsapp.account().devices == {}


async def test_a_bot_that_was_killed_takes_up_its_session(tmp_path: Path) -> None:
    async with linked(tmp_path) as (whatsapp, bot):
        ana = whatsapp.person("ana")
        await bot.event("message", id=await ana.say("before"))
        bot.kill()
        said = await ana.say("while it was dead")
        async with wheel(whatsapp, tmp_path) as again:
            await again.do("connect")
            await again.event("message", id=said)
