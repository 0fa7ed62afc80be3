"""A wallet that can do nothing but link people: the real commands and jobs over a backend that hands out tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec.structs import replace
from tests.support.wallet.backend import Account, FakeBackend

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Accounts, Member
from whinchat.apps.wallet.backend import BackendError, Capabilities
from whinchat.apps.wallet.commands.linked import ForMembers
from whinchat.apps.wallet.membership import Membership
from whinchat.apps.wallet.migrations import MIGRATIONS, SEALED
from whinchat.apps.wallet.pin import Hasher
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.core.app import App, AppContext, AppSpec
from whinchat.core.dispatch.command import Command
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.secret import Secret
from whinchat.core.types import UserRef
from whinchat.testing.clock import FakeClock
from whinchat.testing.harness import BotHarness

CATALOGUES = Path(grammar.__file__).with_name("catalogues")
RIGHT, WRONG = "123456", "654321"
QUICK = Hasher(rounds=1, kibibytes=8)
"""As strong as a test needs."""


class Door(FakeBackend):
    """Every login opens another token, as backends do."""

    def __init__(self) -> None:
        super().__init__(FakeClock(), Capabilities(name="sandbox"))
        self.residents: dict[str, Account] = {}
        self.opened: list[str] = []
        self.revoked: list[str] = []

    def resident(self, name: str, phone: str) -> Account:
        """Somebody with an account there and no session."""
        account = self.person(name, phone=phone)
        del self.people[account.token.reveal()]
        self.residents[phone] = account
        return account

    @property
    def tokens(self) -> list[str]:
        """What was opened and not revoked."""
        return [token for token in self.opened if token not in self.revoked]

    async def login(self, phone: str, code: str) -> Secret:
        await self._asked("login")
        if code != RIGHT or phone not in self.residents:
            raise BackendError("the code is wrong", code="rejected")
        token = f"token-{len(self.opened) + 1}"
        self.opened.append(token)
        self.people[token] = self.residents[phone]
        return Secret(token)

    async def logout(self, token: Secret) -> None:
        await super().logout(token)
        self.revoked.append(token.reveal())


class Whoami:
    """A command that says what the wallet knows of whoever gives it."""

    def __init__(self, spec: Command, *, money: bool = False) -> None:
        self.spec = spec
        self.money = money
        self.fault: BackendError | None = None
        self.members: list[Member] = []
        self.ask: Callable[[Call, Member], Awaitable[Outcome]] | None = None
        """What is done instead."""

    async def handle(self, call: Call, member: Member) -> Outcome:
        self.members.append(member)
        if self.fault is not None:
            raise self.fault
        if self.ask is not None:
            return await self.ask(call, member)
        return Outcome((call.answer(f"you are {member.phone}"),))


class House:
    """What the test holds of a running bot: `accounts` are those of the bot's latest life."""

    def __init__(self, settings: WalletSettings | None = None) -> None:
        self.door = Door()
        self.settings = settings or WalletSettings(backend="sandbox")
        self.looks, self.spends = Whoami(grammar.BALANCE), Whoami(grammar.REFRESH, money=True)
        self.tips = Whoami(grammar.TIP, money=True)

    @property
    def spec(self) -> AppSpec[WalletSettings]:
        return AppSpec(
            name="wallet",
            settings=WalletSettings,
            build=self._build,
            catalogues=CATALOGUES,
            migrations=MIGRATIONS,
            sealed=SEALED,
            commands=grammar.COMMANDS,
        )

    def _build(self, given: AppContext, _settings: WalletSettings) -> App:
        reads = Reads(self.door, given.clock, given.random, given.metrics)
        self.membership = Membership.of(given, self.settings, self.door, reads, QUICK)
        own = (ForMembers(self.accounts, each) for each in (self.looks, self.spends, self.tips))
        return App(
            "wallet",
            grammar.APP,
            commands=(*self.membership.commands, *own),
            answerers=(self.membership.pins,),
            jobs=self.membership.jobs,
            schedules=self.membership.schedules,
            health=self.membership.health,
            close=reads.close,
        )

    @property
    def accounts(self) -> Accounts:
        return self.membership.accounts


async def tell(bot: BotHarness, person: str, said: str, **sender: str) -> list[str]:
    """What the bot answers in the person's direct chat, to a message whose sender the network describes so."""
    chat = bot.direct(person)
    before = len(bot.texts(chat))
    message = bot.message(person, chat, said)
    await bot.emit(replace(message, sender=replace(message.sender, **sender)))
    return bot.texts(chat)[before:]


async def link(bot: BotHarness, person: str, **sender: str) -> None:
    await tell(bot, person, "!wallet link", **sender)
    answer = await tell(bot, person, f"!wallet verify {RIGHT}", **sender)
    assert answer[0].startswith("✅"), answer


def known(person: str, phone: str | None = None, lid: str | None = None) -> UserRef:
    return UserRef(person, phone=phone, lid=lid)
