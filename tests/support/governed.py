"""Groups with a policy: setting it, and what was done to whom."""

from __future__ import annotations

from whinchat.core.types import Action, ChatRef, React, SendText
from whinchat.testing.harness import BotHarness


async def policy(bot: BotHarness, chat: ChatRef, *settings: str) -> None:
    """As Ana, its admin, would set it; what the bot answered is forgotten."""
    for each in settings:
        await bot.say("ana", chat, f"!scan policy {each}")
    bot.transport.performed.clear()


def done(bot: BotHarness, chat: ChatRef) -> list[Action]:
    """What was done in the chat, but for what was said."""
    return [each.action for each in bot.sent(chat) if not isinstance(each.action, SendText | React)]
