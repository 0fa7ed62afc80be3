"""Invoices of one's own: as text, and as a picture that reads as the same."""

from __future__ import annotations

import msgspec
import pytest
from tests.support.wallet.backend import FakeBackend
from tests.support.wallet.bolt11 import invoice
from tests.support.wallet.views import Views, viewing

from whinchat.apps.scanner.qr import decode
from whinchat.apps.wallet.backend import BackendError, Invoice, Me, PayeeWallet
from whinchat.apps.wallet.money import Currency, Money
from whinchat.core.ports import Batch, Clock
from whinchat.core.secret import Secret
from whinchat.core.types import SendMedia, SendText

HOW = "Pass on the text that follows, or let the picture be scanned."


class Mint(FakeBackend):
    """Makes invoices that can be read: a cent is 20 satoshis, and dollars are for five minutes."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.made: list[tuple[str, Money | None, str]] = []
        self.instead: str | None = None
        """What it gives, whatever is asked for."""
        self.clock = clock

    async def create_invoice(self, token: Secret, wallet: PayeeWallet, amount: Money | None, memo: str) -> Invoice:
        await super().create_invoice(token, wallet, amount, memo)
        self.made.append((wallet.id, amount, memo))
        msat = None if amount is None else amount.minor * (20_000 if amount.currency is Currency.USD else 1000)
        seconds = 300 if wallet.currency is Currency.USD else 24 * 3600
        made = invoice(self.clock.now(), msat=msat, description=memo, seconds=seconds)
        return Invoice(self.instead or made, "")


def mint(views: Views) -> Mint:
    assert isinstance(views.backend, Mint)
    return views.backend


async def test_over_an_amount_with_a_memo() -> None:
    async with viewing("ana", backend=Mint) as views:
        text, bolt11, name = await views.ask("ana", "receive 10 for lunch")
        assert text.splitlines() == [
            "*Invoice over $10.00 · 20,000 sats*",
            "“lunch”",
            "What is paid arrives in dollars.",
            f"It can be paid for 5 minutes, until 00:05 UTC. {HOW}",
        ]
        assert bolt11.startswith("lnbc200u1")
        assert name == "invoice.png"
        assert mint(views).made == [("usd-ana", Money(Currency.USD, 1000), "lunch")]


async def test_the_picture_is_the_invoice_and_the_answer_quotes_the_question() -> None:
    async with viewing("ana", backend=Mint) as views:
        _, bolt11, _ = await views.ask("ana", "receive 10")
        first, *_, last = [each.action for each in views.bot.sent()]
        assert isinstance(last, SendMedia)
        assert [each.lower() for each in decode(last.data)] == [bolt11]
        assert isinstance(first, SendText)
        assert first.quote is not None


async def test_in_bitcoin() -> None:
    async with viewing("ana", backend=Mint) as views:
        text, *_ = await views.ask("ana", "receive 5000 sats")
        assert text.splitlines()[:2] == ["*Invoice over 5,000 sats · $2.50*", "What is paid arrives in bitcoin."]
        assert "24 hours" in text
        assert mint(views).made == [("btc-ana", Money(Currency.BTC, 5000), "")]


async def test_over_any_amount_into_the_usual_wallet() -> None:
    async with viewing("ana", backend=Mint) as views:
        text, bolt11, _ = await views.ask("ana", "receive")
        assert text.startswith("*Invoice over any amount*\nWhat is paid arrives in dollars.")
        assert bolt11.startswith("lnbc1")


async def test_a_currency_that_the_account_has_no_wallet_in() -> None:
    async with viewing("ana", backend=Mint) as views:
        del views.backend.people["token-ana"].wallets[Currency.BTC]
        (text,) = await views.ask("ana", "receive 5000 sats")
        assert text.startswith("Your account has no wallet in this currency.")
        assert mint(views).made == []


async def test_an_outage_is_waited_for_a_little_and_then_said() -> None:
    async with viewing("ana", backend=Mint) as views:
        views.backend.fail_next("create_invoice")
        assert await views.ask("ana", "receive 10") == []
        views.bot.clock.move(2)
        await views.bot.settle()
        assert len(views.bot.sent()) == 3
        views.backend.fail_next("create_invoice", times=3)
        await views.ask("ana", "receive 10")
        for _ in range(3):
            views.bot.clock.move(5)
            await views.bot.settle()
        assert views.bot.texts()[-1] == (
            "The wallet is not answering, so there is no invoice. Try again in a few minutes."
        )
        assert len(views.bot.sent()) == 4


async def test_a_refusal_is_said_at_once() -> None:
    async with viewing("ana", backend=Mint) as views:
        views.backend.fail_next("create_invoice", BackendError("too much", code="rejected"))
        (text,) = await views.ask("ana", "receive 10")
        assert text.startswith("The wallet refuses to make this invoice.")


@pytest.mark.parametrize(
    "wrong",
    [
        "lnbc1nonsense",
        invoice(1_767_225_600_000, msat=None),
        invoice(1_767_225_600_000, msat=1000),
        invoice(1_767_225_600_000, msat=5_000_000, network="tb"),
        invoice(1_767_225_600_000 - 7200_000, msat=5_000_000),
    ],
    ids=["nonsense", "any amount", "another amount", "another network", "expired"],
)
async def test_an_invoice_that_is_not_what_was_asked_for_is_shown_to_nobody(wrong: str) -> None:
    async with viewing("ana", backend=Mint) as views:
        mint(views).instead = wrong
        await views.ask("ana", "receive 5000 sats")
        for _ in range(3):
            views.bot.clock.move(5)
            await views.bot.settle()
        assert views.bot.texts() == ["The wallet is not answering, so there is no invoice. Try again in a few minutes."]


async def test_no_invoice_for_a_session_that_ended_meanwhile() -> None:
    async with viewing("ana", backend=Mint) as views:
        views.backend.fail_next("create_invoice")
        await views.ask("ana", "receive 10")
        user = await views.parts.users.get("ana")
        assert user is not None
        await views.bot.database.commit(Batch((views.parts.users.close(user.id, "first", views.bot.clock.now()),)))
        views.bot.clock.move(5)
        await views.bot.settle()
        assert views.bot.sent() == []


class Unusual(Mint):
    """Its accounts' usual wallet is none of theirs."""

    async def me(self, token: Secret) -> Me:
        return msgspec.structs.replace(await super().me(token), default_wallet="another")


async def test_without_a_usual_wallet_the_currency_has_to_be_said() -> None:
    async with viewing("ana", backend=Unusual) as views:
        (text,) = await views.ask("ana", "receive")
        assert text.startswith("Your account has no wallet in this currency.")
        assert len(await views.ask("ana", "receive 10")) == 3
