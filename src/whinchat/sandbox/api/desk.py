"""What the page shows, and what it and tests may do to the bank from behind the counter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec

from whinchat.sandbox.api.application import Application
from whinchat.sandbox.api.mutations import MUTATIONS
from whinchat.sandbox.api.queries import QUERIES
from whinchat.sandbox.faults import OF_PAYMENTS, Fault, Switch
from whinchat.sandbox.records import Account, Currency, Invoice, Message, Price, Transaction

MOST_ACCOUNTS = 50
MOST_TRANSACTIONS = 30
MOST_INVOICES = 20
MOST_MESSAGES = 8

PAYMENTS = tuple(name for name in MUTATIONS if name.endswith("PaymentSend"))
SCOPES: Mapping[str, tuple[str | None, ...]] = {
    "all": (None,),
    "payments": PAYMENTS,
    "reads": tuple(name for name in QUERIES),
}
"""Which operations a fault is for; None: all of them."""


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operation takes, as JSON. Amounts are dollars and satoshis."""


class OpenAccount(Given, frozen=True):
    phone: str | None = None
    username: str | None = None
    dollars: Decimal = Decimal(0)
    satoshis: int = 0


class Deposit(Given, frozen=True):
    """Into the wallet of its currency."""

    account: str
    dollars: Decimal = Decimal(0)
    satoshis: int = 0


class PayInvoice(Given, frozen=True):
    """From outside. `satoshis` for an invoice without an amount."""

    bolt11: str
    satoshis: int | None = None


class OutsideInvoice(Given, frozen=True):
    satoshis: int | None = None
    memo: str = ""
    description_hash: str | None = None


class SetFault(Given, frozen=True):
    """`operation` names one; otherwise `scope` says which. `on` false turns all switches of the fault off."""

    fault: Fault
    on: bool = True
    scope: Literal["all", "payments", "reads"] = "all"
    operation: str | None = None
    seconds: float = 2.0
    count: int | None = None
    probability: float = 1.0
    code: str = "UNKNOWN_CLIENT_ERROR"


class OfAccount(Given, frozen=True):
    account: str


class OfAccounts(Given, frozen=True):
    """None: of all."""

    account: str | None = None


class Nothing(Given, frozen=True):
    pass


class Opened(msgspec.Struct, frozen=True):
    account: Account
    token: str


class Token(msgspec.Struct, frozen=True):
    token: str


class Done(msgspec.Struct, frozen=True):
    done: Literal[True] = True


class Movement(msgspec.Struct, frozen=True):
    """`owner`: whose wallet; `other`: who is at the other end, where it is in the bank."""

    owner: Account
    other: Account | None
    transaction: Transaction


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the page shows."""

    profile: str
    now: int
    accounts: tuple[Account, ...]
    more_accounts: int
    """How many are not among `accounts`."""
    messages: tuple[Message, ...]
    movements: tuple[Movement, ...]
    invoices: tuple[Invoice, ...]
    """Those that can be paid."""
    switches: dict[int, Switch]
    prices: tuple[Price, ...]


class Desk:
    def __init__(self, application: Application) -> None:
        self._application = application
        self._bank = application.bank

    def state(self, now: int) -> State:
        accounts = self._bank.accounts()
        shown = accounts[-MOST_ACCOUNTS:]
        open_invoices = (each for each in self._bank.invoices() if each.paid_at is None and each.expires_at > now)
        return State(
            profile=self._bank.profile.name,
            now=now,
            accounts=shown,
            more_accounts=len(accounts) - len(shown),
            messages=self._bank.messages()[:MOST_MESSAGES],
            movements=self._movements(shown),
            invoices=tuple(open_invoices)[:MOST_INVOICES],
            switches=self._bank.faults.switches,
            prices=tuple(self._bank.price(each.id) for each in self._bank.currencies()),
        )

    def _movements(self, accounts: tuple[Account, ...]) -> tuple[Movement, ...]:
        """The newest first, as they are, not as the profile's list tells them."""
        owners = {wallet.id: account for account in accounts for wallet in account.wallets}
        ids = [
            (each.created_at, account.id, each.id)
            for account in accounts
            for each in self._bank.transactions(account.id, MOST_TRANSACTIONS).transactions
        ]
        newest = sorted(ids, reverse=True)[:MOST_TRANSACTIONS]
        records = [self._bank.transaction(account, id_) for _, account, id_ in newest]
        return tuple(
            Movement(owners[each.wallet], owners.get(each.counterparty_wallet or ""), each) for each in records
        )

    # --- operations: BankError says why not ---

    async def open_account(self, given: OpenAccount) -> Opened:
        account = self._bank.open_account(
            phone=given.phone or None,
            username=given.username or None,
            usd=given.dollars * 100,
            btc=given.satoshis,
        )
        return Opened(account, self._bank.token(account.id))

    async def deposit(self, given: Deposit) -> Account:
        account = self._bank.account(given.account)
        amounts = {Currency.USD: given.dollars * 100, Currency.BTC: Decimal(given.satoshis)}
        for wallet in account.wallets:
            if amounts[wallet.currency] > 0:
                self._bank.deposit(wallet.id, amounts[wallet.currency])
        return self._bank.account(given.account)

    async def pay(self, given: PayInvoice) -> Transaction:
        return self._bank.pay_from_outside(given.bolt11.strip().removeprefix("lightning:"), given.satoshis)

    async def invoice(self, given: OutsideInvoice) -> Invoice:
        return self._bank.outside_invoice(given.satoshis, given.memo, description_hash=given.description_hash)

    async def fault(self, given: SetFault) -> dict[int, Switch]:
        """The switches that are on."""
        faults = self._bank.faults
        if not given.on:
            for number, switch in faults.switches.items():
                if switch.fault is given.fault:
                    faults.remove(number)
            return faults.switches
        operations = SCOPES["all" if given.fault in OF_PAYMENTS else given.scope]
        for operation in operations if given.operation is None else (given.operation,):
            faults.set(
                Switch(
                    fault=given.fault,
                    operation=operation,
                    probability=given.probability,
                    count=given.count,
                    seconds=given.seconds,
                    code=given.code,
                )
            )
        return faults.switches

    async def clear(self, _given: Nothing) -> Done:
        """All faults."""
        self._bank.faults.clear()
        return Done()

    async def expire(self, given: OfAccounts) -> Done:
        """Sessions."""
        self._bank.expire(given.account)
        return Done()

    async def token(self, given: OfAccount) -> Token:
        return Token(self._bank.token(given.account))

    async def cut(self, _given: Nothing) -> Done:
        """Open subscriptions."""
        await self._application.cut()
        return Done()

    def operations(self) -> Mapping[str, tuple[type[Given], Callable[[Any], Awaitable[object]]]]:
        """By name: what each takes, and how it is done."""
        return {
            "accounts": (OpenAccount, self.open_account),
            "deposit": (Deposit, self.deposit),
            "pay": (PayInvoice, self.pay),
            "invoice": (OutsideInvoice, self.invoice),
            "fault": (SetFault, self.fault),
            "clear": (Nothing, self.clear),
            "expire": (OfAccounts, self.expire),
            "token": (OfAccount, self.token),
            "cut": (Nothing, self.cut),
        }

    async def perform(self, name: str, body: bytes) -> object:
        """BankError; LookupError: no such operation; msgspec.MsgspecError: the body is none of its."""
        kind, does = self.operations()[name]
        return await does(msgspec.json.decode(body or b"{}", type=kind, strict=False))
