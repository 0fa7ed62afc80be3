"""What bitcoin costs."""

from __future__ import annotations

from decimal import Decimal

from tests.support.wallet.views import viewing

from whinchat.apps.wallet.backend import Price

JMD = Price(currency="JMD", sat=Decimal("7.8"), usd_cent=Decimal(156), time=0)


async def test_in_dollars() -> None:
    async with viewing("ana") as views:
        assert await views.ask("ana", "price") == ["*1 bitcoin:* 50,000.00 USD\n1 US dollar: 2,000 sats"]


async def test_in_the_persons_currency_and_in_any_other() -> None:
    async with viewing() as views:
        views.backend.prices["JMD"] = JMD
        await views.link("ana", currency="JMD")
        jamaican = "*1 bitcoin:* 7,800,000.00 JMD\n1 US dollar: 156.00 JMD"
        assert await views.ask("ana", "price") == [jamaican]
        assert await views.ask("ana", "price jmd") == [jamaican]
        assert await views.ask("ana", "price USD") == ["*1 bitcoin:* 50,000.00 USD\n1 US dollar: 2,000 sats"]


async def test_a_currency_that_nobody_knows() -> None:
    async with viewing("ana") as views:
        (text,) = await views.ask("ana", "price jmx")
        assert text.startswith("I know no currency called JMX.")
        assert text.endswith("Did you mean `price JMD`?")
        (text,) = await views.ask("ana", "price xyz")
        assert "Did you mean" not in text


async def test_an_old_price_says_that_it_is() -> None:
    async with viewing("ana") as views:
        await views.ask("ana", "price")
        views.bot.clock.move(1800)
        views.backend.fail_next("price")
        (text,) = await views.ask("ana", "price")
        assert text.endswith("\nAs of 00:00 UTC: the wallet is not answering just now.")


async def test_no_price_at_all_is_an_outage() -> None:
    async with viewing("ana") as views:
        views.backend.fail_next("price")
        (text,) = await views.ask("ana", "price")
        assert "bitcoin:" not in text
