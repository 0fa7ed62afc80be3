"""A linked account over the fake network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.linked.accounts import Machine, link, trusting
from tests.support.stages import RecordingSink
from tests.support.whatsapp.server import WhatsApp

from whinchat.transports.linked.transport import LinkedTransport


@pytest.fixture
async def whatsapp() -> AsyncIterator[WhatsApp]:
    async with WhatsApp() as whatsapp:
        whatsapp.account()
        whatsapp.person("ana")
        with trusting(whatsapp):
            yield whatsapp


@pytest.fixture
async def machine(whatsapp: WhatsApp, tmp_path: Path) -> AsyncIterator[Machine]:
    async with Machine(whatsapp, tmp_path / "linked") as machine:
        yield machine


@pytest.fixture
async def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
async def bot(machine: Machine, sink: RecordingSink) -> AsyncIterator[LinkedTransport]:
    """Started, and not linked yet."""
    (bot,) = machine.transports()
    await bot.start(sink)
    yield bot
    await bot.stop(1)


@pytest.fixture
async def linked(bot: LinkedTransport, whatsapp: WhatsApp) -> LinkedTransport:
    await link(bot, whatsapp)
    return bot
