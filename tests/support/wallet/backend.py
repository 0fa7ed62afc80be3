"""A backend in memory: people with wallets, and payments that end as a test wants them to."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec
from tests.support.wallet.orders import Foreign, Payment, Script

from whinchat.apps.wallet.backend import (
    BackendError,
    Capabilities,
    CurrencyInfo,
    Direction,
    Failed,
    Invoice,
    Me,
    Page,
    Paid,
    PayeeWallet,
    Price,
    Sent,
    Status,
    Transaction,
    Unknown,
    Update,
    Wallet,
)
from whinchat.apps.wallet.money import Currency, Money
from whinchat.core.ports import Clock
from whinchat.core.secret import Secret

FRANK = Capabilities(
    name="sandbox",
    payload_transaction=True,
    memo_in_list=True,
    hash_in_list=True,
    status_in_list=True,
    details=True,
    pages=True,
    empty_means_nothing=True,
)
"""It tells all there is to tell, and knows no keys."""

RETICENT = Capabilities(name="sandbox", keys_intraledger=True, keys_lightning=True, keys_hours=24, details=True)
"""As Flash: a bare list without pages, details only on request, keys for a day."""


@dataclass
class Account:
    """One person. Amounts are cents and satoshis."""

    name: str
    phone: str | None
    wallets: dict[Currency, str]
    balances: dict[str, int]
    """By wallet id."""
    username: str | None
    transactions: list[Transaction] = field(default_factory=list)
    """Newest last."""

    @property
    def token(self) -> Secret:
        return Secret(f"token-{self.name}")

    def wallet(self, currency: Currency = Currency.USD) -> PayeeWallet:
        return PayeeWallet(self.wallets[currency], currency)

    def debits(self) -> list[Transaction]:
        """What left and did not come back."""
        return [
            each for each in self.transactions if each.direction is Direction.SEND and each.status is not Status.FAILURE
        ]


class FakeBackend:
    """`Backend`. What is not scripted goes well: a payment debits, and says Paid or why not."""

    def __init__(self, clock: Clock, capabilities: Capabilities = FRANK) -> None:
        self.capabilities = capabilities
        self.people: dict[str, Account] = {}
        """By token."""
        self.payments: list[Payment] = []
        self.calls: list[str] = []
        """The names of what was asked, in order."""
        self.fee_minor = 0
        """What paying an invoice costs."""
        self.outage = False
        """Lists are empty: what is behind the backend does not answer."""
        self.prices = {"USD": Price(currency="USD", sat=Decimal("0.05"), usd_cent=Decimal(1), time=0)}
        self.codes: list[str] = []
        """Phones that were sent a code; the right one is `123456`."""
        self.stuck = False
        """Every page is the first one."""
        self._clock = clock
        self._scripts: deque[Script] = deque()
        self._faults: dict[str, deque[BackendError]] = defaultdict(deque)
        self._invoices: dict[str, Foreign] = {}
        self._revoked: set[str] = set()
        self._listeners: dict[str, asyncio.Queue[Update | None]] = {}
        self._numbers = 0

    # --- what a test does ---

    def person(self, name: str, *, cents: int = 100_00, satoshis: int = 100_000, phone: str | None = None) -> Account:
        """Somebody with both wallets and `name` as username, signed in with `token-NAME`."""
        wallets = {Currency.USD: f"usd-{name}", Currency.BTC: f"btc-{name}"}
        account = Account(name, phone, wallets, {f"usd-{name}": cents, f"btc-{name}": satoshis}, name)
        self.people[account.token.reveal()] = account
        return account

    def script(
        self,
        answer: Sent | None = None,
        *,
        debits: bool = False,
        status: Status = Status.SUCCESS,
        raises: BaseException | None = None,
        times: int = 1,
    ) -> None:
        """The next payments are answered so, whether the money left or not; `status`: of the transaction then."""
        script = Script(answer or Unknown("timeout"), debits, status, raises, None)
        self._scripts.extend([script] * times)

    def hold(self, answer: Sent, *, debits: bool = False) -> Callable[[], None]:
        """The next payment is answered when the function that this gives is called; what leaves has left before."""
        until = asyncio.Event()
        self._scripts.append(Script(answer, debits, Status.SUCCESS, None, until))
        return until.set

    def fail_next(self, call: str, error: BackendError | None = None, *, times: int = 1) -> None:
        """The next reads of this name (`me`, `transactions`, …) raise."""
        self._faults[call].extend([error or BackendError("no answer")] * times)

    def invoice(self, bolt11: str, amount: Money | None = None) -> str:
        """Somebody elsewhere wants to be paid; its payment hash."""
        paid = hashlib.sha256(bolt11.encode()).hexdigest()
        self._invoices[bolt11] = Foreign(paid, amount, None)
        return paid

    def settle(self, account: Account, name: str, status: Status) -> None:
        """A transaction that was pending ends; what failed comes back."""
        index, old = next((i, each) for i, each in enumerate(account.transactions) if each.id == name)
        account.transactions[index] = msgspec.structs.replace(old, status=status)
        if status is Status.FAILURE:
            account.balances[old.wallet] += old.amount.minor

    def receive(self, account: Account, amount: Money, memo: str = "", sender: str | None = None) -> Transaction:
        """Money comes in; who listens is told."""
        transaction = self._record(
            account, Direction.RECEIVE, account.wallet(amount.currency), amount, memo, counterparty=sender
        )
        listener = self._listeners.get(account.token.reveal())
        if listener is not None:
            listener.put_nowait(Update(transaction))
        return transaction

    def drop_listeners(self) -> None:
        """Every connection of `updates` ends."""
        for listener in self._listeners.values():
            listener.put_nowait(None)

    # --- sessions ---

    async def send_code(self, phone: str) -> None:
        await self._asked("send_code")
        self.codes.append(phone)

    async def login(self, phone: str, code: str) -> Secret:
        await self._asked("login")
        account = next((each for each in self.people.values() if each.phone == phone), None)
        if code != "123456" or account is None:
            raise BackendError("the code is wrong", code="rejected")
        self._revoked.discard(account.token.reveal())
        return account.token

    async def logout(self, token: Secret) -> None:
        await self._asked("logout")
        self._revoked.add(token.reveal())

    # --- reads ---

    async def me(self, token: Secret) -> Me:
        account = await self._account("me", token)
        wallets = tuple(
            Wallet(name, Money(currency, account.balances[name]), Money(currency, 0))
            for currency, name in account.wallets.items()
        )
        return Me(
            account=f"account-{account.name}",
            wallets=wallets,
            default_wallet=account.wallets[Currency.USD],
            display_currency="USD",
            phone=account.phone,
            username=account.username,
        )

    async def default_wallet(self, username: str, currency: Currency) -> PayeeWallet:
        await self._asked("default_wallet")
        account = next((each for each in self.people.values() if each.username == username), None)
        if account is None:
            raise BackendError("nobody is called so", code="not_found")
        return account.wallet(currency)

    async def price(self, currency: str) -> Price:
        await self._asked("price")
        found = self.prices.get(currency)
        if found is None:
            raise BackendError("no such currency", code="rejected")
        return msgspec.structs.replace(found, time=self._clock.now())

    async def currencies(self) -> tuple[CurrencyInfo, ...]:
        await self._asked("currencies")
        return (CurrencyInfo("USD", "US dollar", "$", 2), CurrencyInfo("JMD", "Jamaican dollar", "$", 2))

    async def transactions(self, token: Secret, first: int, after: str | None = None) -> Page:
        account = await self._account("transactions", token)
        newest = [] if self.outage else account.transactions[::-1]
        start = 0
        if after is not None and self.capabilities.pages and not self.stuck:
            start = next((i + 1 for i, each in enumerate(newest) if each.id == after), 0)
        page = tuple(map(self._listed, newest[start : start + first]))
        more = self.capabilities.pages and start + first < len(newest)
        return Page(page, page[-1].id if more else None)

    async def transaction(self, token: Secret, transaction_id: str) -> Transaction:
        account = await self._account("transaction", token)
        found = next((each for each in account.transactions if each.id == transaction_id), None)
        if found is None or not self.capabilities.details:
            raise BackendError("no such transaction", code="not_found")
        return found

    async def fee(self, token: Secret, wallet: PayeeWallet, bolt11: str, amount: Money | None) -> Money:
        await self._account("fee", token)
        return Money(wallet.currency, self.fee_minor)

    # --- writes ---

    async def create_invoice(self, token: Secret, wallet: PayeeWallet, amount: Money | None, memo: str) -> Invoice:
        await self._account("create_invoice", token)
        self._numbers += 1
        bolt11 = f"lnfake{self._numbers}"
        self._invoices[bolt11] = Foreign(hashlib.sha256(bolt11.encode()).hexdigest(), amount, wallet)
        return Invoice(bolt11, self._invoices[bolt11].hash)

    async def set_username(self, token: Secret, name: str) -> None:
        (await self._account("set_username", token)).username = name

    async def pay_wallet(
        self, token: Secret, source: PayeeWallet, target: str, amount: Money, memo: str, key: str
    ) -> Sent:
        return await self._pay(token, source, target, amount, memo, key)

    async def pay_invoice(
        self, token: Secret, source: PayeeWallet, bolt11: str, amount: Money | None, memo: str, key: str
    ) -> Sent:
        return await self._pay(token, source, bolt11, amount, memo, key)

    # --- what moves ---

    @asynccontextmanager
    async def updates(self, token: Secret) -> AsyncIterator[AsyncIterator[Update]]:
        await self._account("updates", token)
        queue = self._listeners[token.reveal()] = asyncio.Queue()
        try:
            yield _until_none(queue)
        finally:
            self._listeners.pop(token.reveal(), None)

    # --- inside ---

    async def _asked(self, call: str) -> None:
        self.calls.append(call)
        await asyncio.sleep(0)
        if self._faults[call]:
            raise self._faults[call].popleft()

    async def _account(self, call: str, token: Secret) -> Account:
        await self._asked(call)
        account = self.people.get(token.reveal())
        if account is None or token.reveal() in self._revoked:
            raise BackendError("the token is not valid", code="unauthenticated")
        return account

    async def _pay(
        self, token: Secret, source: PayeeWallet, target: str, amount: Money | None, memo: str, key: str
    ) -> Sent:
        self.calls.append("pay")
        await asyncio.sleep(0)
        self.payments.append(Payment(source.id, target, amount, memo, key))
        account = self.people.get(token.reveal())
        if account is None or token.reveal() in self._revoked:
            return Failed("unauthenticated")
        if self._scripts:
            return await self._scripted(self._scripts.popleft(), account, source, target, amount, memo)
        return self._honest(account, source, target, amount, memo)

    async def _scripted(
        self, script: Script, account: Account, source: PayeeWallet, target: str, amount: Money | None, memo: str
    ) -> Sent:
        if script.debits:
            self._move(account, source, target, amount, memo, script.status)
        if script.until is not None:
            await script.until.wait()
        if script.raises is not None:
            raise script.raises
        return script.answer

    def _honest(self, account: Account, source: PayeeWallet, target: str, amount: Money | None, memo: str) -> Sent:
        invoice = self._invoices.get(target)
        if invoice is not None and any(each.hash == invoice.hash for each in account.debits()):
            return Unknown("already_paid")
        if self._debit(source, target, amount).minor > account.balances[source.id]:
            return Failed("insufficient_balance")
        transaction = self._move(account, source, target, amount, memo, Status.SUCCESS)
        return Paid(transaction if self.capabilities.payload_transaction else None)

    def _move(
        self, account: Account, source: PayeeWallet, target: str, amount: Money | None, memo: str, status: Status
    ) -> Transaction:
        invoice = self._invoices.get(target)
        total = self._debit(source, target, amount)
        fee = Money(source.currency, 0 if invoice is None else self.fee_minor)
        payee = next((each for each in self.people.values() if target in each.balances), None)
        if payee is not None and status is Status.SUCCESS:
            currency = next(currency for currency, name in payee.wallets.items() if name == target)
            self._record(payee, Direction.RECEIVE, payee.wallet(currency), total, memo, counterparty=account.username)
        return self._record(
            account,
            Direction.SEND,
            source,
            total,
            memo,
            fee=fee,
            status=status,
            payment_hash=None if invoice is None else invoice.hash,
            counterparty=None if payee is None else payee.username,
        )

    def _debit(self, source: PayeeWallet, target: str, amount: Money | None) -> Money:
        """The fee included."""
        invoice = self._invoices.get(target)
        if invoice is None:
            return amount or Money(source.currency, 0)
        wanted = (amount or invoice.amount or Money(source.currency, 0)).minor
        return Money(source.currency, wanted + self.fee_minor)

    def _record(
        self,
        account: Account,
        direction: Direction,
        wallet: PayeeWallet,
        amount: Money,
        memo: str,
        *,
        fee: Money | None = None,
        status: Status = Status.SUCCESS,
        payment_hash: str | None = None,
        counterparty: str | None = None,
    ) -> Transaction:
        self._numbers += 1
        transaction = Transaction(
            id=f"tx-{self._numbers}",
            wallet=wallet.id,
            direction=direction,
            status=status,
            amount=amount,
            fee=fee or Money(wallet.currency, 0),
            time=self._clock.now(),
            memo=memo,
            hash=payment_hash,
            counterparty=counterparty,
        )
        account.transactions.append(transaction)
        if status is not Status.FAILURE:
            account.balances[wallet.id] += amount.minor if direction is Direction.RECEIVE else -amount.minor
        return transaction

    def _listed(self, transaction: Transaction) -> Transaction:
        """As the list shows it."""
        able = self.capabilities
        return msgspec.structs.replace(
            transaction,
            memo=transaction.memo if able.memo_in_list else None,
            hash=transaction.hash if able.hash_in_list else None,
            status=transaction.status if able.status_in_list else Status.SUCCESS,
        )


async def _until_none(queue: asyncio.Queue[Update | None]) -> AsyncIterator[Update]:
    while (update := await queue.get()) is not None:
        yield update
