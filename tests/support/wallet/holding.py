"""The whole wallet over a backend in memory, with custody: people who have an account, and people who have none yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from tests.support.deaths import Death, Killed
from tests.support.wallet.backend import FRANK, Account, FakeBackend

from whinchat.apps import wallet
from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.assembly import Assembly
from whinchat.apps.wallet.backend import Capabilities
from whinchat.apps.wallet.escrow import Escrow
from whinchat.apps.wallet.holds import PAYOUTS
from whinchat.apps.wallet.identity import Identities
from whinchat.apps.wallet.migrations import MIGRATIONS, SEALED
from whinchat.apps.wallet.money import Currency
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.apps.wallet.users import Profile, Users
from whinchat.core.app import App, AppContext, AppSpec
from whinchat.core.ports import Batch, Row, Statement
from whinchat.core.secret import Secret
from whinchat.core.types import ChatKind, ChatRef, Group, UserRef
from whinchat.testing.harness import ACCOUNT, BotHarness, running

PHONES = {
    "ana": "+15550000001",
    "bob": "+15550000002",
    "eve": "+15550000003",
    "dan": "+15550000004",
    "zoe": "+15550000005",
}
CUSTODY = Secret("token-custody")


class Holding:
    """The bot, its backend, and the people."""

    bot: BotHarness
    parts: Assembly
    """Of the process that runs now."""

    def __init__(self, settings: WalletSettings, capabilities: Capabilities) -> None:
        self.settings = settings
        self._capabilities = capabilities
        self._backend: FakeBackend | None = None

    def build(self, given: AppContext, settings: WalletSettings) -> App:
        if self._backend is None:
            self._backend = FakeBackend(given.clock, self._capabilities)
            self._backend.person("custody", cents=0, satoshis=0)
        self.parts = Assembly(given, settings, self._backend)
        return self.parts.app()

    @property
    def backend(self) -> FakeBackend:
        assert self._backend is not None
        return self._backend

    # --- people --------------------------------------------------------------------------------------------------

    async def link(self, name: str, *, cents: int = 100_00) -> None:
        """Somebody with a phone, an account and a session."""
        phone = self.bot.phones[name] = PHONES[name]
        account = self.backend.person(name, cents=cents, phone=phone)
        given, now = self.bot.given, self.bot.clock.now()
        users = Users(given.database, given.sealer, "sandbox")
        identities = Identities(given.database, given.sealer, "sandbox")
        names = identities.learn(name, (await identities.of(ACCOUNT, self.bot.user(name))).new)
        profile = Profile(phone, self.bot.direct(name), ACCOUNT, "USD")
        await self._commit(users.add(name, profile, now), *names)
        user = await users.get(name)
        assert user is not None
        began = users.began(user, "session", account.token, users.account_key(f"account-{name}"), "USD", now)
        await self._commit(began, *users.owns(user, account.balances))

    def account(self, name: str) -> Account:
        return self.backend.people[f"token-{name}"]

    def cents(self, name: str) -> int:
        return self.account(name).balances[f"usd-{name}"]

    @property
    def custody(self) -> Account:
        return self.account("custody")

    # --- what people do ------------------------------------------------------------------------------------------

    async def say(self, name: str, text: str, chat: ChatRef | None = None, **more: Any) -> str:
        """What is said to anybody then, edits included; a second passes first, as people do not type faster."""
        self.bot.clock.move(1)
        before = len(self.bot.sent())
        await self.bot.say(name, chat or self.bot.direct(name), f"!wallet {text}" if chat else text, **more)
        return "\n".join(self.told(before))

    async def later(self, seconds: float, step: float = 60.0) -> str:
        """What is said meanwhile; whatever is due in between happens then, to the step."""
        before = len(self.bot.sent())
        while seconds > 0:
            self.bot.clock.move(min(step, seconds))
            seconds -= step
            await self.bot.settle()
        return "\n".join(self.told(before))

    def told(self, since: int = 0) -> list[str]:
        return [getattr(each.action, "text", "") for each in self.bot.sent()[since:]]

    async def send(self, cents: int = 500, *, to: str = "eve", by: str = "ana") -> str:
        """Money for somebody without an account; the code."""
        await self.say(by, f"send {cents / 100:.2f} to {PHONES[to]} for lunch")
        return code_in(await self.say(by, "yes"))

    def group(self, *names: str) -> ChatRef:
        """With the bot in it."""
        chat = ChatRef("family@g", ChatKind.GROUP)
        people = tuple(UserRef(name, phone=self.bot.phones.get(name)) for name in (*names, "bot"))
        self.bot.transport.groups[chat.id] = Group(chat, "family", people, (names[0],), me="bot")
        return chat

    # --- what is there -------------------------------------------------------------------------------------------

    async def rows(self, sql: str) -> list[Row]:
        return await self.bot.database.fetch(sql)

    async def escrow(self) -> Escrow:
        """The only one."""
        ((escrow_id,),) = await self.rows("SELECT id FROM wallet_escrows")
        found = await self.parts.escrows.get(str(escrow_id))
        assert found is not None
        return found

    async def states(self) -> list[str]:
        rows = await self.rows("SELECT state FROM wallet_escrows ORDER BY created_at, id")
        return [str(state) for (state,) in rows]

    async def intents(self, purpose: str) -> list[str]:
        rows = await self.rows("SELECT purpose, state FROM wallet_intents ORDER BY created_at, id")
        return [str(state) for wanted, state in rows if wanted == purpose]

    async def requests(self) -> list[str]:
        rows = await self.rows("SELECT state FROM wallet_requests ORDER BY created_at, id")
        return [str(state) for (state,) in rows]

    async def ledger(self) -> dict[str, int]:
        """Cents by kind of entry."""
        rows = await self.rows("SELECT entry, sum(minor) FROM wallet_escrow_ledger GROUP BY entry ORDER BY entry")
        return dict(msgspec.convert(rows, list[tuple[str, int]]))

    async def balanced(self) -> None:
        """What is owed is what was received and neither paid nor refunded, and custody has it unless it just left."""
        owed = (await self.parts.escrows.held()).get(Currency.USD, 0)
        assert owed == (await self.parts.escrows.booked()).get(Currency.USD, 0)
        flows = await self.ledger()
        assert owed == flows.get("received", 0) - flows.get("paid", 0) - flows.get("refunded", 0)
        assert self.custody.balances["usd-custody"] >= 0

    async def payouts_held(self) -> bool:
        return await self.parts.holds.since(PAYOUTS) is not None

    # --- deaths --------------------------------------------------------------------------------------------------

    async def die(self, name: str, text: str, death: Death | None = None) -> bool:
        """Say something, and let the process die as `death` or a payment's script says; False when it lived on."""
        self.bot.clock.move(1)
        self.bot.database.hook = death
        killed = False
        try:
            await self.bot.transport.emit(self.bot.message(name, self.bot.direct(name), text))
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

    async def _commit(self, *statements: Statement) -> None:
        await self.bot.database.commit(Batch(statements))


def code_in(text: str) -> str:
    """The claim code that a sender is told."""
    return text.split("claim ", 1)[1].split("`", 1)[0]


@asynccontextmanager
async def holding(
    *linked: str, settings: WalletSettings | None = None, capabilities: Capabilities = FRANK
) -> AsyncIterator[Holding]:
    """A running bot; these people are linked, with 100 dollars each. The others have phones."""
    settings = settings or WalletSettings(backend="sandbox", escrow=True, custody_token=CUSTODY)
    it = Holding(settings, capabilities)
    spec = AppSpec(
        name="wallet",
        settings=WalletSettings,
        build=it.build,
        catalogues=Path(wallet.__path__[0]) / "catalogues",
        migrations=MIGRATIONS,
        sealed=SEALED,
        commands=grammar.COMMANDS,
    )
    async with running(spec, options={"wallet": settings}) as bot:
        it.bot = bot
        bot.phones.update(PHONES)
        for name in linked:
            await it.link(name)
        yield it
