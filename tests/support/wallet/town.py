"""A bank with two customers, for tests of the sandbox."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from whinchat.sandbox.bank import Bank
from whinchat.sandbox.faults import Fault, Plan, Switch
from whinchat.sandbox.profiles import SANDBOX, Profile
from whinchat.sandbox.records import Currency, Update, Wallet
from whinchat.testing.clock import FakeClock

ANA = "+15550000001"
BOB = "+15550000002"


class Town:
    """Ana has 100 dollars and a hundred thousand satoshis, Bob has nothing."""

    def __init__(self, profile: Profile = SANDBOX, path: Path | str = ":memory:", seed: int = 1) -> None:
        self.clock = FakeClock()
        self.bank = Bank(path, clock=self.clock, profile=profile, seed=seed)
        self.ana = self.bank.open_account(phone=ANA, username="ana", usd=10_000, btc=100_000).id
        self.bob = self.bank.open_account(phone=BOB, username="bob").id
        self.service = self.bank.open_account().id
        self.updates: list[Update] = []
        for account in (self.ana, self.bob):
            self.bank.subscribe(account, self.updates.append)

    def wallet(self, account: str, currency: Currency = Currency.USD) -> Wallet:
        found = self.bank.account(account).wallet(currency)
        assert found is not None
        return found

    def usd(self, account: str) -> str:
        return self.wallet(account).id

    def btc(self, account: str) -> str:
        return self.wallet(account, Currency.BTC).id

    def dollars(self, account: str) -> Decimal:
        """The balance in cents."""
        return self.wallet(account).balance

    def satoshis(self, account: str) -> Decimal:
        return self.wallet(account, Currency.BTC).balance


def ending(fault: Fault, seconds: float = 0.0) -> Plan:
    """A call whose payment ends so."""
    return Plan(payment=Switch(fault=fault, seconds=seconds, code="TRANSACTION_RESTRICTED", message="not today"))
