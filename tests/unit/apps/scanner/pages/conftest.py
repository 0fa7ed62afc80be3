"""An admin at the pages of a bot with the scanner, whose opinions the test decides."""

from __future__ import annotations

import pytest
from tests.support.pages import Desk

from whinchat.core.types import ChatRef, Group
from whinchat.testing.harness import BotHarness


@pytest.fixture
async def desk(bot: BotHarness) -> Desk:
    desk = Desk(bot)
    await desk.sign_in()
    return desk


@pytest.fixture
def rename(bot: BotHarness) -> Rename:
    return Rename(bot)


class Rename:
    """The group is called otherwise from now on."""

    def __init__(self, bot: BotHarness) -> None:
        self._bot = bot

    def __call__(self, chat: ChatRef, subject: str) -> None:
        group = self._bot.transport.groups[chat.id]
        self._bot.transport.groups[chat.id] = Group(chat, subject, group.members, group.admins)
        self._bot.clock.move(61)  # what is known of a group is believed for a minute
