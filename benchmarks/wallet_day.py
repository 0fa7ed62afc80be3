"""A day of people with a wallet, made up with a seed: what they say, and when. Nothing here is recorded from anybody.

Everybody looks in a few times between seven and midnight. A visit is a few messages, seconds apart: most look at the
balance, the price, what came and went, and look again; some pay somebody, some ask for an invoice, and now and then
money comes in from outside. After a movement nearly everybody looks at the balance.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.wallet import DOCUMENTS, Customer, link_one, open_account
from tests.support.wallet.peer import SandboxPeer

from whinchat.apps.basics.app import APP as BASICS
from whinchat.apps.wallet.app import APP as WALLET
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.galoy.caller import CALLS, SAVED
from whinchat.apps.wallet.money import usd
from whinchat.apps.wallet.reads import READS
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.sandbox.bank import Bank
from whinchat.testing.clock import FakeClock
from whinchat.testing.harness import ACCOUNT, BotHarness, running

VISITS = (2, 7)  # of one person in a day
LENGTH = (3, 9)  # messages of a visit
BETWEEN = (3.0, 25.0)  # seconds from one message to the next
AWAKE = (7 * 3600.0, 24 * 3600.0)  # seconds of the day
LOOKS_AFTER = 0.8  # of movements
MIX = {
    "balance": 34,
    "history": 16,
    "history more": 3,
    "price": 12,
    "price EUR": 3,
    "send": 10,
    "receive": 3,
    "contacts": 3,
    "pending": 3,
    "limits": 3,
    "settings": 3,
    "help": 3,
    "paid": 4,
}
"""Of 100 things that happen: `send` asks and confirms, `paid` is money from outside, all else is said as it stands."""


@dataclass(frozen=True, slots=True)
class Moment:
    """`at`: seconds since midnight; `other`: whom the person pays."""

    at: float
    person: str
    what: str
    other: str


def day(people: Sequence[str], seed: int) -> Iterator[Moment]:
    """In the order of time."""
    chance = Random(seed)
    moments = [moment for person in people for moment in _of_one(person, people, chance)]
    yield from sorted(moments, key=lambda each: each.at)


def _of_one(person: str, people: Sequence[str], chance: Random) -> Iterator[Moment]:
    others = [each for each in people if each != person]
    for _ in range(chance.randint(*VISITS)):
        at = chance.uniform(*AWAKE)
        for _ in range(chance.randint(*LENGTH)):
            (what,) = chance.choices(tuple(MIX), tuple(MIX.values()))
            yield Moment(at, person, what, chance.choice(others))
            at += chance.uniform(*BETWEEN)
            if what in {"send", "paid"} and chance.random() < LOOKS_AFTER:
                yield Moment(at, person, "balance", chance.choice(others))
                at += chance.uniform(*BETWEEN)


# --- playing it --------------------------------------------------------------------------------------------------

ADDRESS = "http://127.0.0.1:1/graphql"
CODE = re.compile(r"\byes ([A-Z0-9]{4,})\b")
READ = ("me", "history", "price", "currencies", "username")
RESULTS = ("hit", "joined", "miss", "stale", "renewed")
"""`renewed` is no read of anybody's: the kept answer was given, and is asked for anew meanwhile."""
TURNS = 50  # of the event loop, until what the backend says is heard


class Player:
    """Plays a day to the whole wallet, in memory, over a sandbox without sockets; every balance is compared."""

    def __init__(self, bot: BotHarness, bank: Bank, people: dict[str, Customer]) -> None:
        self.said = self.moved = self.balances = 0
        self.stale: list[str] = []
        """Balances that were told and not true."""
        self.refused: Counter[str] = Counter()
        self._bot = bot
        self._bank = bank
        self.people = people

    async def play(self, moments: Iterator[Moment]) -> None:
        midnight = self._bot.clock.now()
        for moment in moments:
            self._bot.clock.move(max(0.0, moment.at - (self._bot.clock.now() - midnight) / 1000))
            await self._happen(moment)

    async def _happen(self, moment: Moment) -> None:
        who = self.people[moment.person]
        match moment.what:
            case "send":
                await self.pay(who, moment.other)
            case "paid":
                self.moved += 1
                self._bank.deposit(who.dollars, 7)
                await self.heard()
            case "receive":
                await self._say(who, "receive 5")
            case "balance":
                await self.look(who)
            case said:
                await self._say(who, said)

    async def pay(self, who: Customer, other: str) -> None:
        shown = await self._say(who, f"send 0.05 to @{other}")
        self._bot.clock.move(4.0)
        found = CODE.search(shown)
        if found is None:
            self.refused[shown[:60]] += 1
            return
        told = await self._say(who, f"yes {found[1]}")
        self.moved += "Paid" in told
        await self.heard()

    async def look(self, who: Customer) -> None:
        told = await self._say(who, "balance")
        self.balances += 1
        wallets = {each.id: each for each in self._bank.account(who.account).wallets}
        true = plain(usd(int(wallets[who.dollars].balance)))
        if true not in told:
            self.stale.append(f"{told!r}, and it was {true}")

    async def _say(self, who: Customer, text: str) -> str:
        """Everything that is answered, in one."""
        self.said += 1
        chat = self._bot.direct(who.name)
        before = len(self._bot.transport.performed)
        await self._bot.say(who.name, chat, text)
        told = [
            getattr(each.action, "text", "") for each in self._bot.transport.performed[before:] if each.chat == chat
        ]
        self._bot.transport.performed.clear()
        return "\n".join(told)

    async def heard(self) -> None:
        """What the backend said on the open connections, and what follows."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        await self._bot.settle()


@asynccontextmanager
async def open_player(count: int) -> AsyncIterator[tuple[Player, BotHarness, SandboxPeer]]:
    """With so many people who are linked; connections for updates are open."""
    clock = FakeClock()
    bank = Bank(clock=clock, seed=1)
    peer = SandboxPeer(bank, clock)
    customers = [open_account(bank, number, movements=20) for number in range(count)]
    settings = WalletSettings(backend="sandbox", url=ADDRESS)
    async with running(BASICS, WALLET, options={"wallet": settings}, peer=peer, clock=clock) as bot:
        for who in customers:
            bot.phones[who.name] = who.phone
            person, chat = bot.user(who.name), bot.direct(who.name)
            await link_one(bot.database, bot.sealer, who, person, chat, ACCOUNT, clock.now())
        parts = [asyncio.ensure_future(part.run()) for app in bot.apps for part in app.parts]
        player = Player(bot, bank, {each.name: each for each in customers})
        await player.heard()
        yield player, bot, peer
        for task in parts:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    await peer.close()
    bank.close()


async def played(count: int, seed: int) -> dict[str, Any]:
    """A whole day of `count` people, in numbers."""
    async with open_player(count) as (player, bot, peer):
        await player.play(day(list(player.people), seed))
        reads = {result: sum(bot.metrics.value(READS, what=what, result=result) for what in READ) for result in RESULTS}
        by_kind = {
            what: {result: int(bot.metrics.value(READS, what=what, result=result)) for result in RESULTS}
            for what in READ
        }
        saved = {
            how: int(sum(bot.metrics.value(SAVED, operation=name, how=how) for name in DOCUMENTS))
            for how in ("shared", "batched")
        }
        answered = {
            name: int(bot.metrics.value(CALLS, operation=name, result="answered")) for name in (*DOCUMENTS, "batch")
        }
        asked = sum(reads.values()) - reads["renewed"]
        return {
            "people": count,
            "messages": player.said,
            "movements": player.moved,
            "balances": player.balances,
            "stale_balances": len(player.stale),
            "reads": int(asked),
            "hit_rate": round((reads["hit"] + reads["joined"]) / asked, 4),
            "by_kind": by_kind,
            "saved": saved,
            "requests": peer.requests,
            "calls": {name: number for name, number in answered.items() if number},
            "refused": dict(player.refused),
        }
