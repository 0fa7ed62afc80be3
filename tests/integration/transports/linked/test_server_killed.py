"""The fake network as a process that is killed and started again: a client notices no more than a broken line."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.support.whatsapp.apart import apart
from tests.support.whatsapp.lines import Failed
from tests.support.whatsapp.wheel import wheel

pytestmark = pytest.mark.skipif(find_spec("neonize") is None, reason="needs the extra `linked`")


async def test_nothing_is_lost_or_doubled_when_the_network_is_killed(tmp_path: Path) -> None:
    said: list[str] = []
    async with apart(tmp_path) as network, wheel(network, tmp_path) as bot:
        await network.do("account", name="bot")
        ana = await network.do("person", name="ana")
        await network.do("scan", account="bot", qr=await bot.qr())
        await bot.event("connected")
        said += (await network.do("say", person="ana", text="before", count=20))["ids"]
        first = await bot.do("send", to=ana["lid"], text="and from me")
        await network.event("received", id=first, text="and from me")

        dying = asyncio.create_task(network.do("steady", person="ana", text="dying {i}", rate=300, seconds=60))
        await bot.event("message", text="dying 50")
        network.kill()
        with pytest.raises(Failed):
            await dying

        async with apart(tmp_path, network.port) as again:
            await again.event("connected", within=30)
            said += (await again.do("say", person="ana", text="after", count=20))["ids"]
            await bot.event("message", text="after")
            second = await bot.do("send", to=ana["lid"], text="still here")
            await again.event("received", id=second)
            while (await again.do("backlog"))["bot"]:
                await asyncio.sleep(0.05)
            heard = [event["id"] for event in bot.events if event["event"] == "message"]
            assert set(said) <= set(heard)
            assert len(heard) == len(set(heard))
            assert [event["id"] for event in again.events if event["event"] == "received"] == [second]
