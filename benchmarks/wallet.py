"""What the wallet's benchmarks share: the sandbox in a process of its own, people who are linked, and a plain client.

The sandbox is `whinchat sandbox` over a file; slowness is its own fault switch, set through its admin API. People are
linked by rows as linking writes them: the bounds on codes would let in a dozen an hour.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from types import MappingProxyType
from typing import Any

import aiohttp
from benchmarks.common import INTERPRETER, PATIENCE, TOKEN, Service, World

from whinchat import config
from whinchat.apps.wallet.galoy import operations
from whinchat.apps.wallet.galoy.capabilities import SANDBOX
from whinchat.apps.wallet.identity import Identities
from whinchat.apps.wallet.users import Profile, User, Users, random_id
from whinchat.bootstrap import APPS, prepare
from whinchat.core.ports import Batch, Database, Sealer
from whinchat.core.secret import Secret
from whinchat.core.types import ChatKind, ChatRef, UserRef
from whinchat.infra.clock import SystemClock
from whinchat.sandbox.bank import Bank
from whinchat.transports.simulator.transcript import Entry, EntryKind

NAME = "sandbox"
ACCOUNT = "simulator"
"""Of the bot, as the world calls it unless told otherwise."""
DOLLARS = 1_000_00
"""Cents that everybody has."""
RATES = {"WHINCHAT_RATE__PER_MINUTE": "6000", "WHINCHAT_RATE__BURST": "1000"}
"""One person says as much as a benchmark needs."""
DOCUMENTS = operations.load(SANDBOX.documents)
_CALL = re.compile(r'whinchat_wallet_backend_(calls_total|seconds_sum)\{.*operation="(\w+)"')


# --- people ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with an account at the sandbox and a phone in the world."""

    name: str
    phone: str
    account: str
    wallets: tuple[str, ...]
    dollars: str
    """The dollar wallet's id."""
    token: str

    @property
    def person(self) -> str:
        """Their id in the world."""
        return f"{self.phone[1:]}@sim"

    def chat(self, bot: str) -> str:
        """Id of their direct chat with the bot."""
        return "~".join(sorted((self.person, bot)))


def open_accounts(path: Path, count: int, *, movements: int = 0) -> list[Customer]:
    """In a new sandbox's file, each with DOLLARS that came in `movements` + 1 parts."""
    with closing(Bank(path, clock=SystemClock(), seed=1)) as bank:
        return [open_account(bank, number, movements) for number in range(count)]


def open_account(bank: Bank, number: int, movements: int = 0) -> Customer:
    name, phone = f"user{number}", f"+9992{number:07d}"
    account = bank.open_account(phone=phone, username=name, usd=DOLLARS - movements, btc=10_000)
    for _ in range(movements):
        bank.deposit(account.default_wallet, 1)
    wallets = tuple(wallet.id for wallet in account.wallets)
    return Customer(name, phone, account.id, wallets, account.default_wallet, bank.token(account.id))


async def link(folder: Path, customers: Iterable[Customer]) -> None:
    """In the database of a service that does not run, which is made if it is not there."""
    environment = {"WHINCHAT_STORAGE__DATA": str(folder / "data"), "WHINCHAT_KEYS__PATH": str(folder / "root.key")}
    settings = config.load(env=environment, apps={spec.name: spec.settings for spec in APPS})
    database, sealer = await prepare(settings)
    try:
        for each in customers:
            person = UserRef(each.person, phone=each.phone)
            await link_one(database, sealer, each, person, ChatRef(each.person, ChatKind.DIRECT), ACCOUNT)
    finally:
        await database.close()


async def link_one(
    database: Database, sealer: Sealer, who: Customer, person: UserRef, chat: ChatRef, transport: str, now: int = 0
) -> None:
    """`now`: milliseconds UTC; the real time by default."""
    users, identities = Users(database, sealer, NAME), Identities(database, sealer, NAME)
    now, chance = now or SystemClock().now(), SystemRandom()
    user = User(random_id(chance), None, None, None, None, None, 0, Profile(who.phone, chat, transport, "USD"))
    account, token = users.account_key(who.account), Secret(who.token)
    names = (await identities.of(transport, person)).new
    statements = (
        users.add(user.id, user.profile, now),
        users.began(user, random_id(chance), token, account, "USD", now),
        *users.owns(user, who.wallets),
        *identities.learn(user.id, names),
    )
    await database.commit(Batch(statements))


def bot_of(world: World) -> str:
    """Its id."""
    return world.host.world.people.bot(ACCOUNT).id


def move_in(world: World, customers: Iterable[Customer]) -> None:
    """With their phones, each in a direct chat with the bot."""
    for each in customers:
        world.call("person", name=each.name, phone=each.phone)
        world.call("direct", people=[each.person, bot_of(world)])


class Conversations:
    """Hears the world: what the bot answers in each direct chat. `bot`: its id, to be set before anybody speaks."""

    def __init__(self) -> None:
        self.bot = ""
        self.answers: Counter[str] = Counter()
        """Messages of the bot by chat."""
        self.last: defaultdict[str, str] = defaultdict(str)
        """The latest of them."""
        self._awaited: dict[str, tuple[re.Pattern[str], asyncio.Future[tuple[str, float]]]] = {}

    def hear(self, entry: Entry | None) -> None:
        if entry is None or entry.kind is not EntryKind.MESSAGE or entry.actor != self.bot or entry.content is None:
            return
        self.answers[entry.chat] += 1
        self.last[entry.chat] = entry.content.text
        pattern, answered = self._awaited.get(entry.chat, (None, None))
        if pattern is not None and answered is not None and not answered.done() and pattern.search(entry.content.text):
            answered.set_result((entry.content.text, time.perf_counter()))

    async def say(self, world: World, who: Customer, text: str, answer: str = "") -> tuple[str, float]:
        """The message of the bot in which `answer`, an expression, is found; and after how many seconds."""
        chat = who.chat(self.bot)
        answered: asyncio.Future[tuple[str, float]] = asyncio.get_running_loop().create_future()
        self._awaited[chat] = (re.compile(answer), answered)
        began = time.perf_counter()
        world.call("post", chat=chat, sender=who.person, text=text)
        try:
            async with asyncio.timeout(PATIENCE):
                told, at = await answered
        except TimeoutError:
            raise SystemExit(f"not answered in {PATIENCE:.0f} s: {text!r}; last said: {self.last[chat]!r}") from None
        return told, at - began


# --- the sandbox and the service ---------------------------------------------------------------------------------


class Sandbox:
    """The verb in a process of its own, and its admin API."""

    def __init__(self, told: Mapping[str, str], http: aiohttp.ClientSession) -> None:
        self.graphql = told["graphql"]
        self.service_token = told["service_token"]
        self._address = told["address"]
        self._token = told["token"]
        self._http = http

    async def do(self, operation: str, **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._http.post(f"{self._address}/admin/{operation}", json=given, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def slow_down(self, seconds: float) -> None:
        """Every call by so much; 0: as quick as it is."""
        await self.do("clear")
        if seconds:
            await self.do("fault", fault="slow", seconds=seconds)

    def service(self, **settings: str) -> type[Service]:
        """The service with a wallet at this sandbox."""
        given = {
            "WHINCHAT_APPS__WALLET__BACKEND": NAME,
            "WHINCHAT_APPS__WALLET__URL": self.graphql,
            "WHINCHAT_APPS__WALLET__SERVICE_TOKEN": self.service_token,
            **RATES,
            **settings,
        }
        return type("WalletService", (Service,), {"settings": MappingProxyType(given)})


@asynccontextmanager
async def open_sandbox(path: Path) -> AsyncIterator[Sandbox]:
    """Over the accounts of a file."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *INTERPRETER, "-m", "whinchat", "sandbox", "--data", str(path), "--token", TOKEN, "--json", "--parent",
        cwd=path.parent, env=dict(os.environ), stdin=pipe, stdout=pipe,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            told = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession() as http:
            yield Sandbox(told, http)
    finally:
        process.kill()
        await process.wait()


@dataclass(frozen=True, slots=True)
class Calls:
    """Of the backend by operation, and the seconds they took, as the service itself counts them."""

    number: Counter[str]
    seconds: Counter[str]

    @property
    def total(self) -> int:
        return self.number.total()

    def since(self, before: Calls) -> Calls:
        return Calls(self.number - before.number, self.seconds - before.seconds)


async def calls(service: Service) -> Calls:
    """So far."""
    found: dict[str, Counter[str]] = {"calls_total": Counter(), "seconds_sum": Counter()}
    for name, value in (await service.metrics()).items():
        if match := _CALL.match(name):
            found[match[1]][match[2]] += value  # type: ignore[assignment]  # counters of typing are of int
    return Calls(found["calls_total"], found["seconds_sum"])


async def quiet(service: Service, seconds: float = 0.2) -> None:
    """Returns when nothing is open and nothing was asked of the backend for a while."""
    before = -1
    while before != (before := (await calls(service)).total) or service.open_rows:
        await asyncio.sleep(seconds)


# --- the plain client --------------------------------------------------------------------------------------------


class Plain:
    """What one would write first: the same requests, one after the other, and nothing is kept, checked or sealed."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def ask(self, token: str, operation: str, variables: Mapping[str, Any]) -> Any:
        """One request."""
        body = {"query": DOCUMENTS[operation].text, "variables": variables}
        async with self._http.post(self._url, json=body, headers={"Authorization": f"Bearer {token}"}) as answer:
            found = await answer.json()
        assert "errors" not in found, found
        return found["data"]
