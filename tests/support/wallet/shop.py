"""A bot that sends, keeps contacts and templates, and pays what was confirmed. Who writes is linked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.wallet.backend import FakeBackend
from tests.support.wallet.payees import ANA, BOB, member

from whinchat.apps import wallet
from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.commands.confirm import Cancel, Confirm
from whinchat.apps.wallet.commands.contacts import ManageContacts
from whinchat.apps.wallet.commands.linked import Linked
from whinchat.apps.wallet.commands.send import Pay as PayCommand
from whinchat.apps.wallet.commands.send import Send
from whinchat.apps.wallet.commands.templates import ManageTemplates
from whinchat.apps.wallet.contacts import open_contacts
from whinchat.apps.wallet.drafting import Drafting
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.funding import Purse
from whinchat.apps.wallet.holds import Holds
from whinchat.apps.wallet.inside import Inside, NeedsEscrow
from whinchat.apps.wallet.intents import RECEIPTS, Intents
from whinchat.apps.wallet.interpreter import WalletInterpreter
from whinchat.apps.wallet.known import KnownPayees
from whinchat.apps.wallet.labels import Labels
from whinchat.apps.wallet.lnurl import Services
from whinchat.apps.wallet.migrations import MIGRATIONS, SEALED
from whinchat.apps.wallet.money import Money
from whinchat.apps.wallet.outside import Outside
from whinchat.apps.wallet.payees import Payees
from whinchat.apps.wallet.payments import Pay, Payers, Payments, Till
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.apps.wallet.settling import Settling
from whinchat.apps.wallet.templates import open_templates
from whinchat.core.app import App, AppContext, AppSpec
from whinchat.core.dispatch.command import Command
from whinchat.core.dispatch.context import Call, Context
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.dispatch.inbox import chat_key
from whinchat.core.types import Content, SendText
from whinchat.testing.harness import ACCOUNT, BotHarness, running


class Shop:
    """The bot, its backend, and the people. `members`: by name; `requested`: what requests were asked for."""

    bot: BotHarness
    backend: FakeBackend

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.requested: list[int | str | None] = []

    def build(self, given: AppContext, settings: WalletSettings) -> App:
        self.backend = FakeBackend(given.clock)
        words, clock = given.words, given.clock
        intents = Intents(given.database, given.sealer, clock, given.random)
        known = KnownPayees(given.database, given.sealer)
        settling = Settling(intents, known, (), words, self.backend.capabilities, clock)
        payments = Payments(intents, known, words, pin_above=settings.pin_above)
        cancel = Cancel(intents, settling, words)
        reads = Reads(self.backend, clock, given.random, given.metrics)
        contacts = open_contacts(given.database, given.sealer, clock)
        templates = open_templates(given.database, given.sealer, clock)
        labels, purse = Labels(words, "sandbox"), Purse(reads, clock)
        payees = Payees(
            Inside(self, self.backend, contacts, labels),
            Outside(self.backend, Services(given.fetcher), purse, labels, clock),
            purse,
            known,
            words,
            pin_above=settings.pin_above,
        )
        drafting = Drafting(payees, payments, self if settings.escrow else None, words)
        handlers: Sequence[Linked] = (
            Send(drafting),
            PayCommand(drafting, templates, self, words),
            ManageContacts(contacts, intents, words),
            ManageTemplates(templates, words),
            Confirm(intents, payments, settling, cancel, self.backend, self, words),
            cancel,
        )
        pay = Pay(
            intents,
            settling,
            Payers(self, None),
            Till(self.backend, reads.moved),
            Holds(given.database),
            given.database,
            clock,
        )
        return App(
            "wallet",
            grammar.APP,
            commands=tuple(OfMember(self, each) for each in handlers),
            interpreter=WalletInterpreter(),
            receipts=RECEIPTS,
            jobs=(pay,),
            close=reads.close,
        )

    # --- what the wallet asks others for -----------------------------------------------------------------------------

    async def by_id(self, user_id: str) -> Member | None:
        return self.members.get(user_id)

    async def by_phone(self, phone: str) -> Member | None:
        return next((each for each in self.members.values() if each.phone == phone), None)

    async def ask(self, context: Context, member: Member, purpose: str, data: bytes) -> Outcome:
        return Outcome((context.reply(SendText("PIN?")),))

    async def offer(self, call: Call, member: Member, payee: NeedsEscrow, amount: Money, memo: str) -> Outcome:
        return Outcome((call.answer(f"{plain(amount)} held for {payee.label}: {memo}"),))

    async def numbered(self, call: Call, member: Member, number: int | None) -> Outcome:
        self.requested.append(number)
        return Outcome((call.answer("a request"),))

    async def coded(self, call: Call, member: Member, code: str) -> Outcome | None:
        self.requested.append(code)
        return Outcome((call.answer("a request"),)) if code == "AB12CD" else None

    # --- what people do ----------------------------------------------------------------------------------------------

    def link(self, name: str, phone: str, **more: Any) -> None:
        account = self.backend.person(name, phone=phone)
        chat = self.bot.direct(name)
        key = chat_key(self.bot.sealer, ACCOUNT, chat)
        self.members[name] = member(name, phone, token=account.token, chat=chat, chat_key=key, **more)

    async def say(self, text: str | Content, name: str = "ana") -> str:
        """What is answered, one message after the other."""
        before = len(self.bot.sent())
        await self.bot.say(name, self.bot.direct(name), text)
        return "\n".join(self.told(before))

    def told(self, since: int = 0) -> list[str]:
        return [getattr(each.action, "text", "") for each in self.bot.sent()[since:]]

    def debits(self, name: str = "ana") -> list[int]:
        """In the order in which they left."""
        return [each.amount.minor for each in self.backend.people[f"token-{name}"].debits()]


class OfMember:
    """A command of the person who writes, as `ForMembers` would run it."""

    def __init__(self, shop: Shop, inner: Linked) -> None:
        self._shop = shop
        self._inner = inner

    @property
    def spec(self) -> Command:
        return self._inner.spec

    async def handle(self, call: Call) -> Outcome:
        return await self._inner.handle(call, self._shop.members[call.event.sender.id])


@asynccontextmanager
async def shopping(settings: WalletSettings | None = None) -> AsyncIterator[Shop]:
    """A running bot; Ana and Bob are linked, with 100 dollars each."""
    shop = Shop()
    spec = AppSpec(
        name="wallet",
        settings=WalletSettings,
        build=shop.build,
        catalogues=Path(wallet.__path__[0]) / "catalogues",
        migrations=MIGRATIONS,
        sealed=SEALED,
        commands=(
            grammar.SEND,
            grammar.PAY,
            grammar.CONTACTS,
            grammar.TEMPLATE,
            grammar.CONFIRM,
            grammar.CANCEL,
        ),
    )
    async with running(spec, options={"wallet": settings or WalletSettings()}) as bot:
        shop.bot = bot
        shop.link("ana", ANA)
        shop.link("bob", BOB)
        yield shop
