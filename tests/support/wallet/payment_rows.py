"""The table of payments alone, without a bot: rows, changes, and Ana who says yes."""

from __future__ import annotations

import random

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import PayeeWallet
from whinchat.apps.wallet.intent import Intent, Proposal
from whinchat.apps.wallet.intents import Intents, spending
from whinchat.apps.wallet.migrations import MIGRATIONS
from whinchat.apps.wallet.money import Currency, usd
from whinchat.apps.wallet.payee import FrozenPayee, PayeeKind
from whinchat.apps.wallet.transitions import CONFIRM, State, Transition, change
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Database, Value
from whinchat.core.secret import Secret
from whinchat.core.types import ChatKind, ChatRef
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.sealer import PlainSealer

ANA = Member(
    id="ana",
    backend="sandbox",
    account=b"account-ana",
    session="session",
    token=Secret("token"),
    phone="+15550000001",
    chat=ChatRef("ana@d", ChatKind.DIRECT),
    chat_key=b"ana's chat",
    transport="fake",
    language="en",
    payment_limit=500,
    day_limit=800,
    currency="USD",
    has_pin=True,
)


def proposal(cents: int, payee: str, *, invoice: bool = False, lasts: int = 0) -> Proposal:
    """To a wallet, or to the one invoice of the payee's."""
    return Proposal(
        purpose="send",
        source=PayeeWallet("usd-ana", Currency.USD),
        amount=usd(cents),
        fee_limit=usd(0),
        cents=cents,
        payee=FrozenPayee(
            kind=PayeeKind.INVOICE if invoice else PayeeKind.USERNAME,
            label=payee,
            key=f"payee:{payee}",
            wallet="" if invoice else f"usd-{payee}",
            bolt11=f"ln{payee}" if invoice else "",
            hash="00" if invoice else "",
            expires_at=lasts,
        ),
    )


class Store:
    """The table, and a clock."""

    def __init__(self, database: Database | None = None) -> None:
        self.clock = FakeClock()
        self.database = database or MemoryDatabase(MIGRATIONS)
        self.intents = Intents(self.database, PlainSealer(), self.clock, random.Random(1))

    async def draft(self, *proposals: Proposal, pin: bool = False) -> list[Intent]:
        drafted, statements = self.intents.draft(ANA, proposals, "en", pin=pin)
        await self.database.commit(Batch(statements))
        return drafted

    async def confirm(self, intent: Intent, **other: Value) -> bool:
        args = {**yes(self.clock.now() + 1000, intent.code), **other}
        return await self.change(CONFIRM, intent, **args)

    async def change(self, transition: Transition, intent: Intent, **args: Value) -> bool:
        """Whether it could be."""
        try:
            batch = Batch((spending("sandbox", ANA.account), change(transition, intent.id, **args)), durable=True)
            await self.database.commit(batch)
        except Conflict:
            return False
        return True

    async def state(self, intent: Intent) -> State:
        found = await self.intents.get(intent.id)
        assert found is not None
        return found.state


def yes(now: int, code: str | None, *, pin: bool = False) -> dict[str, Value]:
    """What a yes of Ana's in her chat brings."""
    return {
        "owner": "ana",
        "chat": ANA.chat_key,
        "code": code,
        "second": now // 1000 * 1000,
        "payment_limit": ANA.payment_limit,
        "day_limit": ANA.day_limit,
        "pin": int(pin),
        "now": now,
    }
