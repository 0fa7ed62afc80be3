"""`template`: what is paid again and again, kept under a word."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.wallet import bolt11 as strangers
from tests.support.wallet.shop import Shop, shopping

from whinchat.apps.wallet import notebook
from whinchat.apps.wallet.commands import templates as command


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with shopping() as shop:
        yield shop


async def test_a_template_is_kept_listed_and_removed(shop: Shop) -> None:
    assert "You have no templates yet" in await shop.say("template list")
    said = await shop.say('template add coffee 5 to john "Morning coffee"')
    assert said.splitlines() == [
        "Saved. `pay coffee` asks you to confirm it each time.",
        "• coffee: $5.00 to john for “Morning coffee”",
    ]
    await shop.say("template add rent 500 to @bob")
    said = await shop.say("templates")
    assert said.splitlines() == [
        "*Your 2 templates*",
        "• coffee: $5.00 to john for “Morning coffee”",
        "• rent: $500.00 to @bob",
    ]
    assert await shop.say("template remove Coffee") == "The template coffee is gone."
    assert "is called “coffee”" in await shop.say("template remove coffee")
    assert "*Your template*" in await shop.say("template")
    assert shop.backend.calls == []


async def test_the_same_word_again_is_another_template(shop: Shop) -> None:
    await shop.say("template add coffee 5 to john")
    await shop.say("template add coffee 6 to john")
    assert await shop.say("template") == "*Your template*\n• coffee: $6.00 to john"


async def test_an_invoice_is_paid_only_once(shop: Shop) -> None:
    text = strangers.invoice(shop.bot.clock.now())
    assert "An invoice can be paid only once" in await shop.say(f"template add coffee 5 to {text}")
    assert "no templates yet" in await shop.say("template")


async def test_there_is_room_for_so_many(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "MOST", 1)
    monkeypatch.setattr(command, "MOST", 1)
    await shop.say("template add coffee 5 to john")
    assert "no room for more" in await shop.say("template add tea 5 to john")
    assert "Saved" in await shop.say("template add coffee 6 to john")
