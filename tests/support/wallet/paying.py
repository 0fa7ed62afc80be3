"""A bot that pays: proposals, confirmations and what follows, over a backend in memory. Who writes is linked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.deaths import Death, Killed
from tests.support.wallet.backend import Account, FakeBackend
from tests.support.wallet.bystanders import FakeReturns, People, RacingHolds, Recorded

from whinchat.apps import wallet
from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import Capabilities
from whinchat.apps.wallet.commands.confirm import Cancel, Confirm
from whinchat.apps.wallet.commands.linked import Linked
from whinchat.apps.wallet.commands.undo import Undo
from whinchat.apps.wallet.holds import LOCKDOWN, put_on
from whinchat.apps.wallet.intent import Intent, Proposal
from whinchat.apps.wallet.intents import RECEIPTS, Intents
from whinchat.apps.wallet.known import KnownPayees
from whinchat.apps.wallet.migrations import MIGRATIONS, SEALED
from whinchat.apps.wallet.money import Currency, Money, usd
from whinchat.apps.wallet.payee import FrozenPayee, PayeeKind
from whinchat.apps.wallet.payments import Pay, Payers, Payments, Till
from whinchat.apps.wallet.reconcile import Finder, Reconcile, Rule, Sweep
from whinchat.apps.wallet.restore import Restored
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.apps.wallet.settling import Settled, Settling
from whinchat.core.app import App, AppContext, AppSpec
from whinchat.core.dispatch.arguments import Integer, Optional, Rest, Text
from whinchat.core.dispatch.command import Command, Where
from whinchat.core.dispatch.context import Call, Context
from whinchat.core.dispatch.conversation import Turn
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.inbox import chat_key
from whinchat.core.ports import Batch, Row
from whinchat.core.secret import Secret
from whinchat.core.types import ChatRef, MessageReceived, SendText
from whinchat.testing.harness import ACCOUNT, BotHarness, running

CUSTODY = Secret("token-custody")
PIN_ABOVE = 200_00

CENTS = Integer("cents", least=1, most=100_000_000)
PAYEE = Text("payee")
MEMO = Optional(Rest("memo"))
DRAFT = Command("draft", "wallet", args=(CENTS, PAYEE, MEMO), help="wallet.command.send", where=Where.ANYWHERE)
"""`draft 500 bob` proposes a payment of 5 dollars to Bob, `draft 500 lncoffee` one of an invoice, `draft 500 bob+eve`
two that are confirmed together."""


class OfMember:
    """A command of the person who writes, as `ForMembers` would run it."""

    def __init__(self, desk: Desk, inner: Linked) -> None:
        self._desk = desk
        self._inner = inner

    @property
    def spec(self) -> Command:
        return self._inner.spec

    async def handle(self, call: Call) -> Outcome:
        return await self._inner.handle(call, self._desk.members[call.event.sender.id])


class Draft:
    spec = DRAFT
    money = True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def handle(self, call: Call, member: Member) -> Outcome:
        args = call.args
        names = args[PAYEE].split("+")
        made = [self._desk.proposal(member.id, args[CENTS], name, memo=args[MEMO] or "") for name in names]
        return await self._desk.parts.payments.propose(call, member, *made, pin=self._desk.pin)


class FakePins:
    """Asks, and takes `2749`; a no calls it off."""

    topic = "wallet.pin"

    def __init__(self, desk: Desk, given: AppContext) -> None:
        self._desk = desk
        self._conversations = given.conversations

    async def ask(self, context: Context, member: Member, purpose: str, data: bytes) -> Outcome:
        asked = self._conversations.open(context.chat_key, context.user_key, self.topic, data, seconds=300)
        return Outcome((context.reply(SendText("PIN?")),), Batch((asked,)))

    async def answer(self, context: Context, turn: Turn) -> Outcome:
        said = context.event.content.text if isinstance(context.event, MessageReceived) else ""
        member = self._desk.members[context.event.sender.id]
        match said:
            case "2749":
                return await self._desk.parts.confirm.proceed(context, member, turn.data)
            case "no":
                return await self._desk.parts.confirm.call_off(context, member, turn.data)
        return NOTHING


class Parts:
    """What one process is made of."""

    def __init__(self, desk: Desk, given: AppContext) -> None:
        backend, database = desk.backend, Recorded(given.database, desk.durable)
        self.intents = Intents(given.database, given.sealer, given.clock, given.random)
        self.holds = RacingHolds(given.database, desk.race)
        known = KnownPayees(given.database, given.sealer)
        self.settling = Settling(self.intents, known, desk.hooks, given.words, backend.capabilities, given.clock)
        self.payments = Payments(self.intents, known, given.words, pin_above=PIN_ABOVE)
        people = People(desk.members)
        payers = Payers(people, desk.custody_token)
        till = Till(backend, desk.moved.append)
        pay = Pay(self.intents, self.settling, payers, till, self.holds, database, given.clock)
        reconcile = Reconcile(
            Finder(backend, self.intents),
            self.intents,
            self.settling,
            payers,
            till,
            capabilities=backend.capabilities,
            database=database,
            clock=given.clock,
        )
        pins = FakePins(desk, given)
        cancel = Cancel(self.intents, self.settling, given.words)
        self.confirm = Confirm(self.intents, self.payments, self.settling, cancel, backend, pins, given.words)
        undo = Undo(self.intents, self.settling, desk.returns, given.words)
        linked: Sequence[Linked] = (Draft(desk), self.confirm, cancel, undo)
        self.app = App(
            "wallet",
            grammar.APP,
            commands=tuple(OfMember(desk, each) for each in linked),
            answerers=(pins,),
            receipts=RECEIPTS,
            jobs=(
                pay,
                reconcile,
                Rule(self.intents, self.settling),
                Sweep(self.intents),
                Restored(backend, self.intents, self.settling, self.holds, people, None, given.database),
            ),
        )


class Desk:
    """The bot, its backend, and the people."""

    bot: BotHarness
    backend: FakeBackend
    parts: Parts
    """Of the process that runs now."""

    def __init__(self, capabilities: Capabilities | None, hooks: Sequence[Settled], custody: Secret | None) -> None:
        self.hooks = hooks
        self.custody_token = custody
        self.members: dict[str, Member] = {}
        self.moved: list[str] = []
        self.durable: list[bool] = []
        """Of what jobs committed before they went on: whether it was on the disk then."""
        self.returns = FakeReturns()
        self.pin = False
        """Whether drafts ask for the PIN whoever is paid."""
        self.purpose = "send"
        self.warning = ""
        self.invoice_lasts = 3600.0  # seconds
        self.hold_meanwhile = False
        """Whether money is held right after it was looked at that."""
        self._capabilities = capabilities
        self._made = False

    def build(self, given: AppContext, settings: WalletSettings) -> App:
        if not self._made:
            self.backend = FakeBackend(given.clock, *([self._capabilities] if self._capabilities else []))
            self._made = True
        self.parts = Parts(self, given)
        return self.parts.app

    # --- people --------------------------------------------------------------------------------------------------

    def link(self, name: str, *, cents: int = 100_00, limit: int = 500_00, day: int = 1000_00) -> Account:
        account = self.backend.person(name, cents=cents)
        chat = self.bot.direct(name)
        self.members[name] = Member(
            id=name,
            backend="sandbox",
            account=f"account-{name}".encode(),
            session="session",
            token=account.token,
            phone="+15550000001",
            chat=chat,
            chat_key=chat_key(self.bot.sealer, ACCOUNT, chat),
            transport=ACCOUNT,
            language="en",
            payment_limit=limit,
            day_limit=day,
            currency="USD",
            has_pin=True,
        )
        return account

    def change(self, name: str, **changes: Any) -> None:
        """Something about the person is another now."""
        self.members[name] = replace(self.members[name], **changes)

    def account(self, name: str) -> Account:
        return self.backend.people[f"token-{name}"]

    def custody(self) -> Account:
        """The account that pays for nobody's person, with 100 dollars."""
        return self.backend.person("custody")

    # --- payments ------------------------------------------------------------------------------------------------

    def proposal(self, payer: str, cents: int, payee: str, *, memo: str = "") -> Proposal:
        """`payee`: a person, or an invoice (`ln…`; `lnany…` has no amount of its own)."""
        invoice = payee.startswith("ln")
        fee = self.backend.fee_minor if invoice else 0
        return Proposal(
            purpose=self.purpose,
            source=self.account(payer).wallet(),
            amount=usd(cents),
            fee_limit=Money(Currency.USD, fee),
            cents=cents + fee,
            payee=self._invoice(payee, cents) if invoice else self._user(payee),
            memo=memo,
            invoice_amount=usd(cents) if payee.startswith("lnany") else None,
        )

    def _user(self, name: str) -> FrozenPayee:
        wallet = self.account(name).wallet()
        return FrozenPayee(
            kind=PayeeKind.USERNAME,
            label=f"@{name}",
            key=f"wallet:{wallet.id}",
            named=f"username:{name}",
            wallet=wallet.id,
            currency="USD",
            warning=self.warning,
        )

    def _invoice(self, bolt11: str, cents: int) -> FrozenPayee:
        return FrozenPayee(
            kind=PayeeKind.INVOICE,
            label="an invoice",
            key=f"node:{bolt11}",
            bolt11=bolt11,
            hash=self.backend.invoice(bolt11, usd(cents)),
            expires_at=self.bot.clock.now() + round(self.invoice_lasts * 1000),
            warning=self.warning,
        )

    async def draft(self, name: str, cents: int, payee: str, memo: str = "") -> str:
        """Show a payment, then let a second pass; its code."""
        (text,) = await self.say(name, f"draft {cents} {payee} {memo}")
        self.bot.clock.move(1)
        return text.split("yes ")[-1].split("*")[0]

    async def confirmed(self, name: str, cents: int, payee: str) -> None:
        """Up to a yes whose job has not begun."""
        await self.draft(name, cents, payee)
        await self.bot.transport.emit(self.bot.message(name, self.bot.direct(name), "wallet yes"))
        for _ in range(200):
            await asyncio.sleep(0)
        assert "confirmed" in await self.states()

    async def pay_out(self, cents: int, payee: str) -> None:
        """From custody."""
        proposal = self.proposal("custody", cents, payee)
        _, statements, job = self.parts.intents.payout("sandbox", b"custody", proposal)
        await self.bot.database.commit(Batch(statements, durable=True))
        await self.bot.run_job(job)

    async def race(self) -> None:
        """It was looked whether money is held."""
        if self.hold_meanwhile:
            self.hold_meanwhile = False
            await self.hold(LOCKDOWN)

    async def hold(self, name: str) -> None:
        await self.bot.database.commit(Batch((put_on(name, self.bot.clock.now()),)))

    # --- what is said, and what is there -----------------------------------------------------------------------

    async def say(self, name: str, text: str, chat: ChatRef | None = None) -> list[str]:
        """What is answered, edits included."""
        before = len(self.bot.sent())
        await self.bot.say(name, chat or self.bot.direct(name), f"wallet {text}")
        return self.told(before)

    async def later(self, seconds: float) -> list[str]:
        """What is said meanwhile."""
        before = len(self.bot.sent())
        self.bot.clock.move(seconds)
        await self.bot.settle()
        return self.told(before)

    async def wait(self, seconds: float, step: float = 60.0) -> list[str]:
        """What is said meanwhile; whatever is due in between happens then, to the step."""
        before = len(self.bot.sent())
        for _ in range(round(seconds / step)):
            await self.later(step)
        return self.told(before)

    def told(self, since: int = 0) -> list[str]:
        return [getattr(each.action, "text", "") for each in self.bot.sent()[since:]]

    def receipts(self) -> list[str]:
        """Different messages that say that something was paid; one that went out twice counts once."""
        return list(
            {
                each.reference: each.action.text
                for each in self.bot.sent()
                if isinstance(each.action, SendText) and each.action.text.startswith("✅")
            }.values()
        )

    def context(self) -> Context:
        """A message of Ana's."""
        message = self.bot.message("ana", self.bot.direct("ana"), "wallet draft 500 bob")
        return Context(message, 0, b"", b"", self.bot.clock.now(), "en")

    async def spent(self, name: str) -> int:
        member = self.members[name]
        return await self.parts.intents.spent(member.backend, member.account)

    async def states(self) -> list[str]:
        """Of all payments, in the order they were proposed."""
        rows = await self.rows("SELECT state FROM wallet_intents ORDER BY created_at, id")
        return [str(state) for (state,) in rows]

    async def rows(self, sql: str) -> list[Row]:
        return await self.bot.database.fetch(sql)

    async def intent(self) -> Intent:
        """The only one."""
        (row,) = await self.rows("SELECT id FROM wallet_intents")
        found = await self.parts.intents.get(str(row[0]))
        assert found is not None
        return found

    # --- deaths --------------------------------------------------------------------------------------------------

    async def die(self, name: str, text: str, death: Death | None = None) -> bool:
        """Say something, and let the process die as `death` or a payment's script says; False when it lived on."""
        self.bot.database.hook = death
        killed = False
        try:
            await self.bot.transport.emit(self.bot.message(name, self.bot.direct(name), f"wallet {text}"))
            for _ in range(300):
                await asyncio.sleep(0)
                if self.bot._running is not None and self.bot._running.done():
                    killed = True
                    break
                await self.bot._run_job()
        except Killed:
            killed = True
        self.bot.database.hook = None
        if killed:
            await self.bot.crash()
        return killed


@asynccontextmanager
async def paying(
    *names: str,
    capabilities: Capabilities | None = None,
    hooks: Sequence[Settled] = (),
    custody: Secret | None = CUSTODY,
) -> AsyncIterator[Desk]:
    """A running bot; these people are linked, with 100 dollars each."""
    desk = Desk(capabilities, hooks, custody)
    async with running(spec(desk)) as bot:
        desk.bot = bot
        for name in names:
            desk.link(name)
        yield desk


def spec(desk: Desk) -> AppSpec[WalletSettings]:
    return AppSpec(
        name="wallet",
        settings=WalletSettings,
        build=desk.build,
        catalogues=Path(wallet.__path__[0]) / "catalogues",
        migrations=MIGRATIONS,
        sealed=SEALED,
        commands=(DRAFT, grammar.CONFIRM, grammar.CANCEL, grammar.UNDO),
    )
