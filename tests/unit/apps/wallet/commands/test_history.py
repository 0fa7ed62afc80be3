"""The history: page by page, one call each, and one transaction in full."""

from __future__ import annotations

from functools import partial

import pytest
from tests.support.wallet.backend import RETICENT, FakeBackend
from tests.support.wallet.views import Views, viewing

from whinchat.apps.wallet.backend import Failed, Status, Unknown
from whinchat.apps.wallet.commands.history import SIZE, SLACK
from whinchat.apps.wallet.listings import LASTS
from whinchat.apps.wallet.money import Currency, sats, usd

RETICENTLY = partial(FakeBackend, capabilities=RETICENT)
BACKENDS = pytest.mark.parametrize("backend", [FakeBackend, RETICENTLY], ids=["pages", "no pages"])


def fill(views: Views, count: int, start: int = 1) -> None:
    """Ana receives 1, 2, 3 … cents."""
    for cents in range(start, start + count):
        views.backend.receive(views.backend.people["token-ana"], usd(cents))


def entries(text: str) -> list[str]:
    """`#1 $0.20`"""
    return [" ".join(line.split()[i] for i in (0, 2)) for line in text.splitlines() if line.startswith("#")]


@BACKENDS
async def test_page_by_page_to_the_end_with_one_call_each(backend: type[FakeBackend]) -> None:
    async with viewing("ana", backend=backend) as views:
        fill(views, 2 * SIZE + 1)
        views.bot.clock.move(120)
        (first,) = await views.ask("ana", "history")
        (second,) = await views.ask("ana", "history more")
        (third,) = await views.ask("ana", "history more")
        (fourth,) = await views.ask("ana", "history more")
        assert first.splitlines()[:2] == ["*Your latest transactions*", "#1 ⬇️ $0.17 · 2 minutes ago"]
        shown = entries(first) + entries(second) + entries(third)
        assert shown == [f"#{number} $0.{18 - number:02}" for number in range(1, 18)]
        assert first.endswith("Older ones: `history more`")
        assert third.endswith("That is all there is.")
        assert fourth == "There is nothing older."
        assert views.backend.calls == ["transactions"] * 3


@BACKENDS
async def test_a_page_that_is_exactly_full_and_the_last(backend: type[FakeBackend]) -> None:
    async with viewing("ana", backend=backend) as views:
        fill(views, SIZE)
        (text,) = await views.ask("ana", "history")
        assert len(entries(text)) == SIZE
        assert text.endswith("That is all there is.")


@BACKENDS
async def test_what_comes_in_meanwhile_repeats_and_hides_nothing(backend: type[FakeBackend]) -> None:
    async with viewing("ana", backend=backend) as views:
        fill(views, SIZE + 2)
        await views.ask("ana", "history")
        fill(views, 3, start=90)
        views.parts.reads.moved("ana")
        (text,) = await views.ask("ana", "history more")
        assert entries(text) == ["#9 $0.02", "#10 $0.01"]


async def test_a_list_without_pages_that_grew_too_much_is_begun_anew() -> None:
    async with viewing("ana", backend=RETICENTLY) as views:
        fill(views, SIZE + 2)
        await views.ask("ana", "history")
        fill(views, SIZE + SLACK + 2, start=50)
        views.parts.reads.moved("ana")
        (text,) = await views.ask("ana", "history more")
        assert entries(text)[0] == "#1 $0.69"


async def test_nobody_has_to_ask_the_backend_twice_for_a_page() -> None:
    async with viewing("ana") as views:
        fill(views, 3)
        first = await views.ask("ana", "history")
        assert await views.ask("ana", "history") == first
        assert views.backend.calls == ["transactions"]


async def test_more_without_a_beginning_or_after_a_long_time_begins() -> None:
    async with viewing("ana") as views:
        fill(views, SIZE + 1)
        (text,) = await views.ask("ana", "history more")
        assert entries(text)[0] == "#1 $0.09"
        views.bot.clock.move(LASTS / 1000)
        (text,) = await views.ask("ana", "history more")
        assert entries(text)[0] == "#1 $0.09"


async def test_where_somebody_is_survives_a_crash_but_not_another_session() -> None:
    async with viewing("ana") as views:
        fill(views, SIZE + 1)
        await views.ask("ana", "history")
        await views.bot.crash()
        (text,) = await views.ask("ana", "history more")
        assert entries(text) == ["#9 $0.01"]
        await views.link("ana", session="second")
        (text,) = await views.ask("ana", "history more")
        assert entries(text)[0] == "#1 $0.09"


async def test_a_history_that_was_shown_long_enough_ends() -> None:
    async with viewing("ana") as views:
        fill(views, 210)
        await views.ask("ana", "history")
        for _ in range(24):
            await views.ask("ana", "history more")
        assert await views.ask("ana", "history more") == ["There is nothing older."]


async def test_no_transactions() -> None:
    async with viewing("ana") as views:
        assert await views.ask("ana", "history") == ["There are no transactions yet."]
    async with viewing("ana", backend=RETICENTLY) as views:
        (text,) = await views.ask("ana", "history")
        assert "unable to read them" in text


async def test_an_outage_shows_what_was_known() -> None:
    async with viewing("ana") as views:
        fill(views, 1)
        await views.ask("ana", "history")
        views.bot.clock.move(600)
        views.backend.fail_next("transactions")
        (text,) = await views.ask("ana", "history")
        assert entries(text) == ["#1 $0.01"]
        assert text.endswith("As of 00:00 UTC: the wallet is not answering just now.")


# --- what a line says ---


async def test_a_line_says_who_what_for_and_whether_it_is_over() -> None:
    async with viewing("ana") as views:
        ana, bob = views.backend.people["token-ana"], views.backend.person("bob")
        views.backend.receive(ana, usd(500), "for *lunch* #abcdefgh23", sender="bob")
        await views.backend.pay_wallet(ana.token, ana.wallet(), "usd-bob", usd(200), "", "key")
        views.backend.script(Unknown("pending"), debits=True, status=Status.PENDING)
        await views.backend.pay_invoice(ana.token, ana.wallet(Currency.BTC), "lnbc1", sats(1000), "", "key")
        views.backend.script(Failed("no_route"), debits=True, status=Status.FAILURE)
        await views.backend.pay_invoice(ana.token, ana.wallet(), "lnbc2", usd(3), "", "key")
        (text,) = await views.ask("ana", "history")
        assert text.splitlines()[1:-1] == [
            "#1 ⬆️ $0.03 · just now · failed",
            "#2 ⬆️ 1,000 sats · just now · not settled yet",
            "#3 ⬆️ $2.00 · to @bob · just now",
            "#4 ⬇️ $5.00 · from @bob · “for ∗lunch∗” · just now",
        ]
        assert bob.balances["usd-bob"] == 102_00


# --- one of them ---


async def test_one_by_its_number_or_its_id_in_full() -> None:
    async with viewing("ana") as views:
        ana = views.backend.people["token-ana"]
        views.backend.fee_minor = 2
        views.backend.invoice("lnbc1", usd(300))
        await views.backend.pay_invoice(ana.token, ana.wallet(), "lnbc1", None, "coffee #abcdefgh23", "key")
        fill(views, 1)
        await views.ask("ana", "history")
        (text,) = await views.ask("ana", "history #2")
        assert text.splitlines() == [
            "⬆️ *Sent $3.02 · 6,040 sats*",
            "“coffee”",
            "Fee, included: $0.02",
            "Settled",
            "1 January 2026, 00:00 UTC",
            "Id: `tx-1`",
        ]
        assert await views.ask("ana", "history #tx-1") == [text]
        (received,) = await views.ask("ana", "history #1")
        assert received.startswith("⬇️ *Received $0.01 · 20 sats*\nSettled\n")


async def test_one_that_was_not_shown_or_does_not_exist() -> None:
    async with viewing("ana") as views:
        assert await views.ask("ana", "history #3") == [
            "I showed you no transaction #3. `history` lists the latest ones."
        ]
        assert await views.ask("ana", "history #tx-99") == [
            "I find no transaction tx-99. `history` lists the latest ones."
        ]
        views.backend.fail_next("transaction")
        (text,) = await views.ask("ana", "history #tx-99")
        assert "find no" not in text
