"""Somebody who pays: Ana with both wallets, Bob who is linked too, and a web that a test writes."""

from __future__ import annotations

import asyncio
import json
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.support.wallet import bolt11 as strangers
from tests.support.wallet.backend import FakeBackend

from whinchat.apps import wallet
from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.contacts import Contact, open_contacts
from whinchat.apps.wallet.funding import Purse
from whinchat.apps.wallet.inside import Inside, NeedsEscrow
from whinchat.apps.wallet.known import KnownPayees
from whinchat.apps.wallet.labels import Labels
from whinchat.apps.wallet.lnurl import Services
from whinchat.apps.wallet.migrations import MIGRATIONS
from whinchat.apps.wallet.money import Money
from whinchat.apps.wallet.outside import Outside
from whinchat.apps.wallet.payee import Payee, PayeeKind
from whinchat.apps.wallet.payees import Payees, Resolved
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.refusals import Unpayable
from whinchat.core.formatting.i18n import Words
from whinchat.core.ports import Batch, Fetcher
from whinchat.core.types import ChatKind, ChatRef
from whinchat.testing.clock import FakeClock
from whinchat.testing.database import MemoryDatabase
from whinchat.testing.fetcher import FakeFetcher
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.sealer import PlainSealer

ANA, BOB = "+18765550001", "+18765550002"
ADDRESS = Payee(PayeeKind.ADDRESS, "alice@pay.example")
METADATA = '[["text/plain", "Coffee for Alice"]]'


@cache
def words() -> Words:
    return Words((Path(wallet.__path__[0]) / "catalogues",))


def member(name: str, phone: str, **more: Any) -> Member:
    given: dict[str, Any] = {
        "id": name,
        "backend": "sandbox",
        "account": name.encode(),
        "session": "session",
        "phone": phone,
        "chat": ChatRef(f"{name}@d", ChatKind.DIRECT),
        "chat_key": name.encode(),
        "transport": "fake",
        "language": "en",
        "payment_limit": 500_00,
        "day_limit": 1000_00,
        "currency": "USD",
        "has_pin": False,
    }
    return Member(**(given | more))


TURNS = 20
"""Of the event loop that a call takes: enough for whatever begins together to have begun."""


class Chained(FakeBackend):
    """`depth`: how many calls were made one after the other, each when the one before it had been answered."""

    depth = 0

    async def _asked(self, call: str) -> None:
        depth = self.depth + 1
        for _ in range(TURNS):
            await asyncio.sleep(0)
        await super()._asked(call)
        self.depth = max(self.depth, depth)


class Payer:
    """`linked`: people with a session, by phone."""

    def __init__(self, *, offline: bool = False) -> None:
        self.clock, self.database, self.sealer = FakeClock(), MemoryDatabase(MIGRATIONS), PlainSealer()
        self.backend, self.web = Chained(self.clock), FakeFetcher()
        self.ana = member("ana", ANA, token=self.backend.person("ana", phone=ANA).token)
        self.bob = self.backend.person("bob", phone=BOB)
        self.linked = {ANA: self.ana, BOB: member("bob", BOB, token=self.bob.token)}
        self.contacts = open_contacts(self.database, self.sealer, self.clock)
        self.known = KnownPayees(self.database, self.sealer)
        self.reads = Reads(self.backend, self.clock, random.Random(1), RecordedMetrics())
        labels, purse = Labels(words(), "flash"), Purse(self.reads, self.clock)
        fetcher: Fetcher | None = None if offline else self.web
        self.payees = Payees(
            Inside(self, self.backend, self.contacts, labels),
            Outside(self.backend, Services(fetcher), purse, labels, self.clock),
            purse,
            self.known,
            words(),
            pin_above=100_00,
        )

    async def by_phone(self, phone: str) -> Member | None:
        return self.linked.get(phone)

    async def contact(self, name: str, phone: str) -> None:
        await self.database.commit(Batch((self.contacts.save("ana", Contact(name, phone)),)))

    async def pay(self, payee: Payee, amount: Money | None, *, memo: str = "") -> Resolved:
        found = await self._resolve(payee, amount, memo)
        assert isinstance(found, Resolved)
        return found

    async def _resolve(self, payee: Payee, amount: Money | None, memo: str = "") -> Resolved | NeedsEscrow:
        if amount is None:
            return await self.payees.bill(self.ana, payee)
        return await self.payees.resolve(self.ana, payee, amount, memo=memo)

    async def hold(self, payee: Payee, amount: Money) -> NeedsEscrow:
        found = await self._resolve(payee, amount)
        assert isinstance(found, NeedsEscrow)
        return found

    async def refused(self, payee: Payee, amount: Money | None) -> str:
        """The sentence's key; it can be said."""
        with pytest.raises(Unpayable) as refusal:
            await self._resolve(payee, amount)
        assert words().say(refusal.value.key, "en", **refusal.value.values)
        return refusal.value.key.removeprefix("wallet.")

    async def settle(self, resolved: Resolved) -> None:
        """As when it was paid."""
        await self.database.commit(Batch(self.known.paid("ana", resolved.proposal.payee, self.clock.now())))

    def invoice(self, msat: int | None = 1_000_000, **more: Any) -> Payee:
        return Payee(PayeeKind.INVOICE, strangers.invoice(self.clock.now(), msat=msat, **more))

    def serves(self, satoshis: int, *, url: str = "https://pay.example/.well-known/lnurlp/alice", **offer: Any) -> None:
        """A service that gives an invoice over so much."""
        told = {
            "callback": "https://pay.example/invoice",
            "minSendable": 1000,
            "maxSendable": 10**9,
            "metadata": METADATA,
            "tag": "payRequest",
        }
        self.web.page(url, json.dumps(told | offer))
        text = strangers.invoice(self.clock.now(), msat=satoshis * 1000, metadata=str(offer.get("metadata", METADATA)))
        self.web.page(f"https://pay.example/invoice?amount={satoshis * 1000}", json.dumps({"pr": text}))
