"""Everything behind the sandbox's GraphQL API: accounts, sessions, invoices, payments, history, prices, notices."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from whinchat.core.errors import Refused
from whinchat.core.ports import Clock, Random
from whinchat.sandbox.faults import CLEAR, Faults, Plan
from whinchat.sandbox.history import History, Movement
from whinchat.sandbox.identity import CODES_PHONE, Identity
from whinchat.sandbox.invoices import Invoices
from whinchat.sandbox.ledger import Ledger, micro
from whinchat.sandbox.lightning import plain, understand
from whinchat.sandbox.orders import Orders
from whinchat.sandbox.payments import Payments, Request
from whinchat.sandbox.people import People
from whinchat.sandbox.prices import Prices, currencies
from whinchat.sandbox.profiles import SANDBOX, Profile
from whinchat.sandbox.records import (
    Account,
    BankError,
    Currency,
    CurrencyInfo,
    Decoded,
    Invoice,
    Message,
    Page,
    Payment,
    Price,
    Transaction,
    Update,
    Wallet,
)
from whinchat.sandbox.transfers import Transfers

EXPIRY = {Currency.USD: (5, 5), Currency.BTC: (240, 1_440)}
"""Minutes that an invoice of a wallet is good for, and at most: dollars are promised for a short time only
(GaloyMoney/blink core/api/src/domain/bitcoin/lightning/invoice-expiration.ts)."""


class Bank:
    """One bank over one SQLite file. Synchronous, for one thread; every method is one transaction, on disk when it
    returns, and first ends the pending payments that are due. Amounts are Decimals in cents or satoshis.
    Refusals raise BankError; payments answer instead.

    Deterministic: the same seed, clock and calls give the same ids, codes, keys and prices.
    """

    def __init__(
        self, path: Path | str = ":memory:", *, clock: Clock, profile: Profile = SANDBOX, seed: int | None = None
    ) -> None:
        """`seed` None: nobody can guess codes and tokens. Refused: the file is of another profile."""
        self.profile = profile
        self._clock = clock
        self._ledger = Ledger(path)
        with self._ledger.transaction():
            opened = self._ledger.opened()  # another stream each time: no id comes twice
            chance: Random = random.SystemRandom() if seed is None else random.Random(f"{seed}/{opened}")
            prices = Prices(bytes.fromhex(self._ledger.kept("prices", chance.randbytes(32).hex())))
            self._invoices = Invoices(self._ledger, chance)
            if self._ledger.kept("profile", profile.name) != profile.name:
                raise Refused(
                    "the sandbox's file was made for another backend",
                    hint="Name that backend, or another file.",
                    code="other_profile",
                )
        self.faults = Faults(random.Random(chance.randbytes(8)))
        self._people = People(self._ledger, chance)
        self._identity = Identity(self._ledger, chance)
        self._prices = prices
        self._history = History(self._ledger, chance, profile)
        self._transfers = Transfers(self._ledger, self._history, self._invoices, profile)
        self._orders = Orders(self._ledger, self._people, self._invoices, prices, chance, profile)
        self._payments = Payments(
            self._ledger, self._people, self._history, self._invoices, self._orders, self._transfers, profile
        )
        self._subscribers: dict[str, list[Callable[[Update], None]]] = {}

    def close(self) -> None:
        self._ledger.close()

    # --- for the page, the demo and tests ---

    def open_account(
        self,
        *,
        phone: str | None = None,
        username: str | None = None,
        usd: Decimal | int = 0,
        btc: Decimal | int = 0,
        language: str = "",
        display_currency: str = "USD",
        default: Currency = Currency.USD,
    ) -> Account:
        """With money from outside. Without a phone: a service or custody account. BankError: phone or name is taken."""
        with self._work() as now:
            opened = self._people.open(
                phone=phone, language=language, display_currency=display_currency, default=default, now=now
            )
            if username is not None:
                self._people.set_username(opened, username)
            for wallet in self._people.get(opened).wallets:
                if amount := usd if wallet.currency is Currency.USD else btc:
                    self._deposit(wallet.id, amount, now)
            return self._people.get(opened)

    def token(self, account: str) -> str:
        """A session without a code: for service and custody accounts, and tests. BankError NOT_FOUND."""
        with self._work():
            return self._identity.open_session(self._people.get(account).id)

    def deposit(self, wallet: str, amount: Decimal | int) -> Transaction:
        """Money from outside. BankError."""
        with self._work() as now:
            updates = self._deposit(wallet, amount, now)
        return self._told(updates)

    def accounts(self) -> tuple[Account, ...]:
        """The oldest first."""
        self.settle()
        return self._people.all()

    def messages(self) -> tuple[Message, ...]:
        """Codes sent, newest first, at most 100."""
        return self._identity.messages()

    def expire(self, account: str | None = None) -> None:
        """End all sessions, of one account or of all."""
        with self._work():
            self._identity.close_sessions(account)

    def check(self) -> None:
        """Raises AssertionError unless the books balance: see `ledger.CHECKS`."""
        self._ledger.check()

    def settle(self) -> int | None:
        """End the pending payments that are due. Gives when the next one is (milliseconds UTC), or None."""
        now = self._clock.now()
        due = self._transfers.next_due()
        if due is None or due > now:
            return due
        with self._ledger.transaction():
            updates = self._transfers.finish_due(now)
        self._tell(updates)
        return self._transfers.next_due()

    # --- sessions ---

    def send_code(self, account: str, phone: str, ip: str, plan: Plan = CLEAR) -> None:
        """`userPhoneRegistrationInitiate`: `account` must have no phone. BankError TOO_MANY_REQUEST, …"""
        if plan.code_limit:
            raise BankError(CODES_PHONE.code, CODES_PHONE.message)
        with self._work() as now:
            if self._people.get(account).phone is not None:
                raise BankError("PHONE_ALREADY_ATTACHED_ERROR", "A phone is attached to the account already")
            self._people.require_phone(phone)
            refusal = self._identity.send_code(phone, ip, now)
        if refusal:
            raise refusal

    def login(self, phone: str, code: str, ip: str) -> str:
        """`userLogin`: a token; a phone without an account gets one, with empty wallets. BankError."""
        token = ""
        with self._work() as now:
            refusal = self._identity.use_code(phone, code, ip, now)
            if refusal is None:
                known = self._people.by_phone(phone)
                account = known.id if known else self._new_account(phone, now)
                token = self._identity.open_session(account)
        if refusal:
            raise refusal
        return token

    def authenticate(self, token: str, plan: Plan = CLEAR) -> str:
        """The account's id. BankError NOT_AUTHENTICATED."""
        if plan.expired_token:
            self.logout(token)
        if account := self._identity.account(token):
            return account
        raise BankError("NOT_AUTHENTICATED", "Not authenticated")

    def logout(self, token: str) -> None:
        """No error when it is not valid (any more)."""
        with self._work():
            self._identity.close_session(token)

    # --- the account: BankError NOT_FOUND, INVALID_INPUT, USERNAME_ERROR ---

    def account(self, account: str) -> Account:
        self.settle()
        return self._people.get(account)

    def set_username(self, account: str, username: str) -> Account:
        with self._work():
            self._people.set_username(account, username)
        return self._people.get(account)

    def default_wallet(self, username: str, currency: Currency | None = None) -> Wallet:
        """`accountDefaultWallet`: NOT_FOUND on an unknown name. `currency` None: the account's default."""
        found = self._people.by_name(username)
        wallet = next(each for each in found.wallets if each.id == found.default_wallet)
        return wallet if currency is None else found.wallet(currency) or wallet

    # --- prices ---

    def price(self, currency: str = "USD", plan: Plan = CLEAR) -> Price:
        """BankError: INVALID_INPUT for a currency that is not listed; PRICE_SERVICE_OFFLINE."""
        if plan.price_down:
            raise BankError("PRICE_SERVICE_OFFLINE", "Price unavailable, please wait for a while and try again.")
        return self._prices.price(currency, self._clock.now())

    def currencies(self) -> tuple[CurrencyInfo, ...]:
        return currencies()

    # --- invoices ---

    def create_invoice(
        self, account: str, wallet: str, amount: Decimal | int | None, memo: str = "", minutes: int | None = None
    ) -> Invoice:
        """`amount` in the wallet's own unit (cents: `lnUsdInvoiceCreate`), None: the payer chooses. BankError."""
        with self._work() as now:
            currency = self._people.own_wallet(account, wallet).currency
            satoshis, credit = self._orders.invoiced(currency, amount, now)
            usual, most = EXPIRY[currency]
            created = self._invoices.create(
                wallet=wallet,
                satoshis=satoshis,
                credit=credit,
                memo=memo,
                now=now,
                seconds=60 * (minutes if minutes and 0 < minutes <= most else usual),
            )
            return self._invoices.known(created)

    def invoice(self, bolt11_or_hash: str) -> Invoice | None:
        """One of the bank's or of the outside node's."""
        return self._invoices.get(bolt11_or_hash) or self._invoices.by_bolt11(plain(bolt11_or_hash))

    def invoices(self) -> tuple[Invoice, ...]:
        """Of the bank, newest first, at most 100."""
        self.settle()
        return self._invoices.newest()

    def decode(self, bolt11: str) -> Decoded:
        """BankError INVOICE_DECODE_ERROR."""
        return understand(bolt11)

    def outside_invoice(
        self, satoshis: int | None, memo: str = "", *, description_hash: str | None = None, minutes: int = 60
    ) -> Invoice:
        """By the node outside: what an LNURL server or another wallet would give. BankError INVALID_INPUT."""
        with self._work() as now:
            created = self._invoices.create(
                wallet=None,
                satoshis=satoshis,
                credit=None,
                memo=memo,
                now=now,
                seconds=60 * minutes,
                description_hash=description_hash,
            )
            return self._invoices.known(created)

    def pay_from_outside(self, bolt11: str, satoshis: int | None = None) -> Transaction:
        """Somebody outside pays an invoice of the bank. BankError LIGHTNING_PAYMENT_ERROR, INVALID_INPUT."""
        with self._work() as now:
            invoice = self._invoices.by_bolt11(plain(bolt11))
            if invoice is None or invoice.wallet is None:
                raise BankError("LIGHTNING_PAYMENT_ERROR", "The invoice is not one of this bank")
            if invoice.paid_at is not None or self._transfers.by_hash(invoice.hash):
                raise BankError("LIGHTNING_PAYMENT_ERROR", "Invoice is already paid")
            if now > invoice.expires_at:
                raise BankError("LIGHTNING_PAYMENT_ERROR", "Invoice already expired, or has bad payment hash")
            paid = micro(invoice.satoshis or satoshis or 0)
            movement = Movement(
                wallet=invoice.wallet,
                amount=self._orders.credit(invoice, paid, now),
                memo=invoice.memo,
                hash=invoice.hash,
                preimage=invoice.preimage,
                bolt11=invoice.bolt11,
                now=now,
            )
            updates = self._transfers.receive(movement, paid, Currency.BTC)
            self._invoices.mark_paid(invoice.hash, now)
        return self._told(updates)

    # --- payments ---

    def fee(self, account: str, wallet: str, bolt11: str, amount: Decimal | int | None = None) -> Decimal:
        """The most that the payment may cost, in the wallet's unit, as `amount` is. BankError."""
        self._people.own_wallet(account, wallet)
        text = plain(bolt11)
        order = self._orders.of_invoice(wallet, text, understand(text), amount, None, self._clock.now())
        return self._orders.most(order)

    def pay_wallet(
        self,
        account: str,
        source: str,
        target: str,
        amount: Decimal | int,
        memo: str | None = None,
        key: str | None = None,
        plan: Plan = CLEAR,
    ) -> Payment:
        """`intraLedgerUsdPaymentSend`, `intraLedgerPaymentSend`: `amount` in the source wallet's unit."""
        request = Request(account=account, source=source, memo=memo, key=key, plan=plan)
        try:
            with self._work() as now:
                payment, updates = self._payments.pay_wallet(request, target, amount, now)
        except BankError as error:
            return self._payments.refusal(error, of_invoice=False)
        self._tell(updates)
        return payment

    def pay_invoice(
        self,
        account: str,
        source: str,
        bolt11: str,
        amount: Decimal | int | None = None,
        memo: str | None = None,
        key: str | None = None,
        plan: Plan = CLEAR,
    ) -> Payment:
        """`lnInvoicePaymentSend` (no amount) and `lnNoAmount(Usd)InvoicePaymentSend` (in the source's unit)."""
        request = Request(account=account, source=source, memo=memo, key=key, plan=plan)
        try:
            with self._work() as now:
                payment, updates = self._payments.pay_invoice(request, plain(bolt11), amount, now)
        except BankError as error:
            return self._payments.refusal(error, of_invoice=True)
        self._tell(updates)
        return payment

    # --- history ---

    def transactions(self, account: str, first: int = 20, after: str | None = None, plan: Plan = CLEAR) -> Page:
        """As the profile's list tells them. BankError INVALID_INPUT: `after` is no cursor."""
        wallets = tuple(wallet.id for wallet in self.account(account).wallets)
        return self._history.page(wallets, first, after, plan)

    def transaction(self, account: str, transaction: str) -> Transaction:
        """All of one of the account's own (`transactionDetails`), by its id. BankError NOT_FOUND."""
        self.settle()
        found = self._history.get(transaction)
        if any(wallet.id == found.wallet for wallet in self._people.get(account).wallets):
            return found
        raise BankError("NOT_FOUND", "The transaction does not exist")

    # --- notices ---

    def subscribe(self, account: str, callback: Callable[[Update], None]) -> Callable[[], None]:
        """Called after each commit that moved money of the account; gives what ends it."""
        callbacks = self._subscribers.setdefault(account, [])
        callbacks.append(callback)

        def end() -> None:
            if callback in callbacks:
                callbacks.remove(callback)

        return end

    # --- inside ---

    @contextmanager
    def _work(self) -> Iterator[int]:
        """One transaction, at one moment."""
        self.settle()
        with self._ledger.transaction():
            yield self._clock.now()

    def _tell(self, updates: list[Update]) -> None:
        for update in updates:
            for callback in tuple(self._subscribers.get(update.account, ())):
                callback(update)

    def _told(self, updates: list[Update]) -> Transaction:
        self._tell(updates)
        return updates[0].transaction

    def _new_account(self, phone: str, now: int) -> str:
        return self._people.open(phone=phone, language="", display_currency="USD", default=Currency.USD, now=now)

    def _deposit(self, wallet: str, amount: Decimal | int, now: int) -> list[Update]:
        if self._people.owner(wallet) is None:
            raise BankError("NOT_FOUND", "The wallet does not exist")
        currency = self._ledger.currency(wallet)
        credit = micro(amount, step=self._orders.step(currency))
        return self._transfers.receive(Movement(wallet=wallet, amount=credit, now=now), credit, currency)
