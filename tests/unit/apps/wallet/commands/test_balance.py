"""What people read when they ask what they have."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from tests.support.wallet.backend import FakeBackend
from tests.support.wallet.views import viewing

from whinchat.apps.wallet.backend import BackendError, Me, Price
from whinchat.apps.wallet.money import sats, usd
from whinchat.core.secret import Secret

JMD = Price(currency="JMD", sat=Decimal("7.8"), usd_cent=Decimal(156), time=0)


async def test_both_wallets_in_both_currencies() -> None:
    async with viewing("ana") as views:
        (text,) = await views.ask("ana", "balance")
        assert text == "*Balance*\nDollars: $100.00 · 200,000 sats\nBitcoin: 100,000 sats · $50.00"


async def test_an_empty_wallet_is_not_worth_a_line() -> None:
    async with viewing("ana") as views:
        views.backend.people["token-ana"].balances = {"usd-ana": 1234, "btc-ana": 0}
        (text,) = await views.ask("ana", "balance")
        assert text == "*Balance:* $12.34 · 24,680 sats"
        views.backend.people["token-ana"].balances = {"usd-ana": 0, "btc-ana": 0}
        (text,) = await views.ask("ana", "refresh")
        assert text == "*Balance:* $0.00 · 0 sats"


async def test_in_the_persons_own_currency_too() -> None:
    async with viewing() as views:
        views.backend.prices["JMD"] = JMD
        await views.link("ana", currency="JMD")
        views.backend.people["token-ana"].balances = {"usd-ana": 1234, "btc-ana": 0}
        (text,) = await views.ask("ana", "balance")
        assert text == "*Balance:* $12.34 · 24,680 sats · 1,925.04 JMD"


async def test_without_a_price_the_money_alone() -> None:
    async with viewing("ana") as views:
        views.backend.prices.clear()
        (text,) = await views.ask("ana", "balance")
        assert text == "*Balance*\nDollars: $100.00\nBitcoin: 100,000 sats"


class Slowly(FakeBackend):
    """Something is on its way to everybody."""

    async def me(self, token: Secret) -> Me:
        me = await super().me(token)
        coming = [sats(250), usd(0)]
        wallets = tuple(msgspec.structs.replace(each, pending=coming.pop()) for each in me.wallets)
        return msgspec.structs.replace(me, wallets=wallets)


async def test_what_is_on_its_way_is_not_what_one_has() -> None:
    async with viewing("ana", backend=Slowly) as views:
        (text,) = await views.ask("ana", "balance")
        assert text.endswith("\nOn its way to you: 250 sats")


async def test_asked_again_it_is_remembered_and_refresh_asks() -> None:
    async with viewing("ana") as views:
        await views.ask("ana", "balance")
        await views.ask("ana", "bal")
        assert views.backend.calls.count("me") == 1
        views.backend.people["token-ana"].balances["usd-ana"] = 5
        (text,) = await views.ask("ana", "refresh")
        assert "$0.05" in text
        assert views.backend.calls.count("me") == 2


async def test_while_the_backend_is_down_the_last_known_with_its_time() -> None:
    async with viewing("ana") as views:
        await views.ask("ana", "balance")
        views.bot.clock.move(300)
        views.backend.fail_next("me")
        (text,) = await views.ask("ana", "balance")
        assert text.endswith("\nAs of 00:00 UTC: the wallet is not answering just now.")
        views.bot.clock.move(20 * 3600)
        views.backend.fail_next("me")
        (text,) = await views.ask("ana", "balance")
        assert text.endswith("\nAs of 1 January 2026, 00:00 UTC: the wallet is not answering just now.")


async def test_with_nothing_known_an_outage_is_said_to_be_one() -> None:
    async with viewing("ana") as views:
        views.backend.fail_next("me", BackendError("down"))
        (text,) = await views.ask("ana", "balance")
        assert "$" not in text
        assert text


async def test_who_is_not_linked_learns_how_to() -> None:
    async with viewing() as views:
        (text,) = await views.ask("bob", "balance")
        assert "link" in text
        assert views.backend.calls == []
