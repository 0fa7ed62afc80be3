"""A bot that shows what is in the wallet, to people who are linked already, at a backend in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.wallet.backend import Account, FakeBackend

from whinchat.apps import wallet
from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Accounts, Member
from whinchat.apps.wallet.commands.balance import Balance, Refresh
from whinchat.apps.wallet.commands.history import History
from whinchat.apps.wallet.commands.linked import ForMembers, Linked
from whinchat.apps.wallet.commands.pending import Pending, WaitingPayments
from whinchat.apps.wallet.commands.price import ShowPrice
from whinchat.apps.wallet.commands.receive import MakeInvoice, Receive
from whinchat.apps.wallet.followers import Followers
from whinchat.apps.wallet.guards import Guards
from whinchat.apps.wallet.identity import Identities
from whinchat.apps.wallet.intent import Intent, Proposal
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.listings import Listings
from whinchat.apps.wallet.migrations import MIGRATIONS, SEALED
from whinchat.apps.wallet.money import usd
from whinchat.apps.wallet.notices import Notices
from whinchat.apps.wallet.notifications import Notify, Poll, look
from whinchat.apps.wallet.payee import FrozenPayee, PayeeKind
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.sayings import Sayings
from whinchat.apps.wallet.sessions import SessionBegan, SessionEnded, Sessions
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.apps.wallet.users import Profile, Users
from whinchat.core.app import App, AppContext, AppSpec, Subscription
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.ports import Batch, Clock
from whinchat.core.types import SendMedia
from whinchat.testing.harness import ACCOUNT, BotHarness, running


class Escrows:
    """What the ways out of what is pending were told."""

    def __init__(self) -> None:
        self.claimed: list[str] = []
        self.cancelled: list[int] = []
        self.declined: list[tuple[int, bool]] = []

    async def claim(self, call: Call, member: Member, code: str) -> Outcome:
        self.claimed.append(code)
        return Outcome(replies=(call.answer("claimed"),))

    async def cancel(self, call: Call, member: Member, number: int) -> Outcome:
        self.cancelled.append(number)
        return Outcome(replies=(call.answer("cancelled"),))

    async def decline(self, call: Call, member: Member, number: int, *, block: bool) -> Outcome:
        self.declined.append((number, block))
        return Outcome(replies=(call.answer("declined"),))


class Parts:
    """What one process is made of."""

    def __init__(self, given: AppContext, settings: WalletSettings, backend: FakeBackend, escrows: Escrows) -> None:
        self.users = Users(given.database, given.sealer, "sandbox")
        self.identities = Identities(given.database, given.sealer, "sandbox")
        self.sessions = Sessions(self.users, given.random)
        guards = Guards(given.database, given.sealer, "sandbox")
        sayings = Sayings(given.words, given.chats, given.sealer, "sandbox")
        self.accounts = Accounts(given, settings, self.identities, self.users, guards, self.sessions, sayings)
        self.reads = Reads(backend, given.clock, given.random, given.metrics)
        self.intents = Intents(given.database, given.sealer, given.clock, given.random)
        self.notices = Notices(given.database, given.sealer, given.clock)
        self.listings = Listings(given.database, given.sealer, given.clock)
        self.followers = Followers(
            self.accounts,
            backend,
            self.reads,
            given.database,
            given.queue,
            given.clock,
            given.random,
            given.metrics,
            most=2,
        )
        linked: tuple[Linked, ...] = (
            Balance(self.reads, given.words),
            Refresh(self.reads, given.words),
            ShowPrice(self.reads, given.words),
            History(backend, self.reads, self.listings, given.words),
            Receive(),
            Pending([WaitingPayments(self.intents, given.words)], escrows, given.words),
        )
        self.app = App(
            "wallet",
            grammar.APP,
            commands=tuple(ForMembers(self.accounts, each) for each in linked),
            jobs=(
                MakeInvoice(self.accounts, backend, self.reads, given.words, workers=given.workers, clock=given.clock),
                Notify(self.accounts, backend, self.reads, self.notices, self.intents, given.words, given.clock),
                Poll(self.notices),
            ),
            subscriptions=(
                Subscription(SessionBegan, self.followers.began),
                Subscription(SessionEnded, self.followers.ended),
            ),
            parts=(self.followers.part,),
            close=self.reads.close,
        )


class Views:
    """The bot, its backend, and the people."""

    bot: BotHarness
    parts: Parts
    """Of the process that runs now."""
    backend: FakeBackend

    def __init__(self, backend: Callable[[Clock], FakeBackend]) -> None:
        self.escrows = Escrows()
        self._make_backend: Callable[[Clock], FakeBackend] | None = backend

    def build(self, given: AppContext, settings: WalletSettings) -> App:
        if self._make_backend is not None:
            self.backend, self._make_backend = self._make_backend(given.clock), None
        self.parts = Parts(given, settings, self.backend, self.escrows)
        return self.parts.app

    async def link(self, name: str, *, currency: str = "USD", session: str = "first") -> Account:
        """Somebody with a phone, an account and a session."""
        phone = self.bot.phones.setdefault(name, f"+1555000{len(self.bot.phones):04}")
        account = self.backend.people.get(f"token-{name}") or self.backend.person(name, phone=phone)
        now, users = self.bot.clock.now(), self.parts.users
        if await users.get(name) is None:
            profile = Profile(phone, self.bot.direct(name), ACCOUNT, currency)
            aliases = (await self.parts.identities.of(ACCOUNT, self.bot.user(name))).new
            names = self.parts.identities.learn(name, aliases)
            await self.bot.database.commit(Batch((users.add(name, profile, now), *names)))
        user = await users.get(name)
        assert user is not None
        began = users.began(user, session, account.token, users.account_key(f"account-{name}"), currency, now)
        await self.bot.database.commit(Batch((began,)))
        return account

    async def propose(self, name: str, cents: int, payment_hash: str = "") -> Intent:
        """A payment that waits for the person's yes."""
        member = await self.parts.accounts.by_id(name)
        assert member is not None
        payee = FrozenPayee(kind=PayeeKind.USERNAME, label="@bob (Sandbox)", key="wallet:usd-bob", hash=payment_hash)
        source = self.backend.people[f"token-{name}"].wallet()
        proposal = Proposal(
            purpose="send", source=source, amount=usd(cents), fee_limit=usd(0), cents=cents, payee=payee
        )
        (intent,), statements = self.parts.intents.draft(member, [proposal], "en", pin=False)
        await self.bot.database.commit(Batch(statements))
        return intent

    async def look(self, name: str) -> None:
        """As whoever noticed something asks for it."""
        await self.bot.run_job(look(name))

    async def ask(self, name: str, text: str) -> list[str]:
        """What is answered; pictures as their file names."""
        before = len(self.bot.sent())
        await self.bot.say(name, self.bot.direct(name), f"wallet {text}")
        return self._said(before)

    async def told(self, name: str) -> list[str]:
        """What the person is told once a look was asked for."""
        before = len(self.bot.sent())
        await self.look(name)
        return self._said(before)

    def _said(self, before: int) -> list[str]:
        actions = [each.action for each in self.bot.sent()[before:]]
        return [str(each.file_name) if isinstance(each, SendMedia) else getattr(each, "text", "") for each in actions]


def spec(views: Views) -> AppSpec[WalletSettings]:
    return AppSpec(
        name="wallet",
        settings=WalletSettings,
        build=views.build,
        catalogues=Path(wallet.__path__[0]) / "catalogues",
        migrations=MIGRATIONS,
        sealed=SEALED,
        commands=(grammar.BALANCE, grammar.REFRESH, grammar.PRICE, grammar.HISTORY, grammar.RECEIVE, grammar.PENDING),
    )


@asynccontextmanager
async def viewing(*names: str, backend: Callable[[Clock], FakeBackend] = FakeBackend) -> AsyncIterator[Views]:
    """A running bot; the people of these names are linked, and were looked after once."""
    views = Views(backend)
    async with running(spec(views)) as bot:
        views.bot = bot
        for name in names:
            await views.link(name)
            await views.look(name)
        views.backend.calls.clear()
        bot.transport.performed.clear()
        yield views
