"""The backend as the wallet sees it, spoken in GraphQL."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from whinchat.apps.wallet.backend import (
    Backend,
    BackendError,
    Capabilities,
    CurrencyInfo,
    Failed,
    Invoice,
    Me,
    Page,
    Paid,
    PayeeWallet,
    Price,
    Sent,
    Transaction,
    Unknown,
    Update,
)
from whinchat.apps.wallet.galoy import convert, operations, types
from whinchat.apps.wallet.galoy.caller import Caller
from whinchat.apps.wallet.galoy.capabilities import DIALECTS, Dialect
from whinchat.apps.wallet.galoy.errors import (
    of_payload,
    of_payment,
    of_refused_request,
    of_unanswered,
    refused,
)
from whinchat.apps.wallet.galoy.graphql import Answer, Endpoint
from whinchat.apps.wallet.galoy.subscription import Subscriptions
from whinchat.apps.wallet.money import Currency, Money, debit
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.core.errors import HttpError, SettingsError
from whinchat.core.ports import Clock, Metric, MetricKind, Metrics, Peer, Random
from whinchat.core.secret import Secret

log = logging.getLogger(__name__)

P = TypeVar("P", bound=types.Payload)

PAYMENTS = Metric(
    MetricKind.COUNTER,
    "whinchat_wallet_payments_sent_total",
    "Payments that the wallet's backend was asked for, by what is known of them: paid, failed, unknown.",
    ("operation", "outcome"),
)

MOST_LISTED = 100
"""Transactions at once: Flash and Blink refuse more (DEFAULT_MAX_CONNECTION_LIMIT, MAX_PAGINATION_PAGE_SIZE)."""
LONGEST_MEMO = 639  # bytes (MAX_BYTES_FOR_MEMO of both)
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")

_USER = msgspec.json.Decoder(types.User).decode
_WALLET = msgspec.json.Decoder(types.PublicWallet).decode
_PRICE = msgspec.json.Decoder(types.RealtimePrice).decode
_CURRENCY_LIST = msgspec.json.Decoder(tuple[types.CurrencyEntry, ...]).decode
_LISTED = msgspec.json.Decoder(types.ListedUser).decode
_DETAILS = msgspec.json.Decoder(types.DetailsPayload).decode
_FEE = msgspec.json.Decoder(types.FeePayload).decode
_PAYLOAD = msgspec.json.Decoder(types.Payload).decode
_SUCCESS = msgspec.json.Decoder(types.SuccessPayload).decode
_LOGIN = msgspec.json.Decoder(types.LoginPayload).decode
_INVOICE = msgspec.json.Decoder(types.InvoicePayload).decode
_PAYMENT = msgspec.json.Decoder(types.PaymentPayload).decode


def open_backend(settings: WalletSettings, peer: Peer, clock: Clock, random: Random, metrics: Metrics) -> Backend:
    """What `settings` name. Nothing is asked yet.

    Raises:
        SettingsError: no backend is named, or no address where it has none of its own.
    """
    if settings.backend is None:
        raise SettingsError("apps.wallet.backend", "no backend is named")
    dialect = DIALECTS[settings.backend]
    url = settings.url or dialect.url
    if url is None:
        raise SettingsError("apps.wallet.url", "this backend has no address of its own", hint="Set what it prints.")
    if dialect.capabilities.unverified:
        unverified = list(dialect.capabilities.unverified)
        log.warning("the wallet's backend was not tried in every respect", extra={"unverified": unverified})
    caller = Caller(Endpoint(peer, url), clock, random, metrics)
    socket_url = dialect.socket_url if settings.url is None and dialect.socket_url else socket_address(url)
    return GaloyBackend(dialect, caller, peer, socket_url, settings.service_token, metrics)


def socket_address(url: str) -> str:
    """Where connections are made for an API at `url`: with Galoy at `ws.` where the API is at `api.`."""
    scheme, host, path = urlsplit(url)[:3]
    name = f"ws.{host.removeprefix('api.')}" if host.startswith("api.") else host
    return f"{'wss' if scheme == 'https' else 'ws'}://{name}{path}"


class GaloyBackend:
    """`Backend`."""

    def __init__(
        self,
        dialect: Dialect,
        caller: Caller,
        peer: Peer,
        socket_url: str,
        service_token: Secret | None,
        metrics: Metrics,
    ) -> None:
        self._dialect = dialect
        self._caller = caller
        self._service_token = service_token
        self._metrics = metrics
        self._operations = operations.load(dialect.documents)
        updates = self._operations["myUpdates"]
        self._subscriptions = Subscriptions(peer, socket_url, updates, self._update, caller.moved)

    @property
    def capabilities(self) -> Capabilities:
        return self._dialect.capabilities

    # --- sessions ---

    async def send_code(self, phone: str) -> None:
        if self._service_token is None:
            raise refused("rejected")
        operation = self._operations["userPhoneRegistrationInitiate"]
        variables = _input(phone=phone, channel="WHATSAPP")
        _succeeded(await self._caller.write(operation, variables, _SUCCESS, self._service_token))

    async def login(self, phone: str, code: str) -> Secret:
        answer = await self._caller.write(self._operations["userLogin"], _input(phone=phone, code=code), _LOGIN)
        token = _accepted(answer).auth_token
        if token is None:  # the account wants a second factor
            raise refused("rejected")
        if not _TOKEN.fullmatch(token):
            raise refused("unavailable")
        return Secret(token)

    async def logout(self, token: Secret) -> None:
        try:
            _succeeded(await self._caller.write(self._operations["userLogout"], {}, _SUCCESS, token))
        except BackendError as error:
            if error.code != "unauthenticated":
                raise

    # --- reads ---

    async def me(self, token: Secret) -> Me:
        return convert.me(await self._caller.read(self._operations["me"], {}, _USER, token))

    async def default_wallet(self, username: str, currency: Currency) -> PayeeWallet:
        variables = {"username": username, "walletCurrency": currency.value}
        try:
            found = await self._caller.read(self._operations["accountDefaultWallet"], variables, _WALLET)
        except BackendError as error:
            raise refused("not_found") if error.code == "rejected" else error from None
        return PayeeWallet(found.id, currency)

    async def price(self, currency: str) -> Price:
        operation = self._operations["realtimePrice"]
        return convert.price(currency, await self._caller.read(operation, {"currency": currency}, _PRICE))

    async def currencies(self) -> tuple[CurrencyInfo, ...]:
        found = await self._caller.read(self._operations["currencyList"], {}, _CURRENCY_LIST)
        return tuple(convert.currency_info(entry) for entry in found)

    async def transactions(self, token: Secret, first: int, after: str | None = None) -> Page:
        first = min(first, MOST_LISTED)
        variables = {"first": first, "after": after if self.capabilities.pages else None}
        user = await self._caller.read(self._operations["transactions"], variables, _LISTED, token)
        return convert.page(user, first, pages=self.capabilities.pages, dollars=self._dialect.dollars_in_list)

    async def transaction(self, token: Secret, transaction_id: str) -> Transaction:
        if self.capabilities.details:
            details, page = await asyncio.gather(
                self._details(token, transaction_id), self.transactions(token, MOST_LISTED)
            )
            return convert.detailed(details, _listed(page, transaction_id))
        listed = _listed(await self.transactions(token, MOST_LISTED), transaction_id)
        if listed is None:
            raise refused("not_found")
        return listed

    async def fee(self, token: Secret, wallet: PayeeWallet, bolt11: str, amount: Money | None) -> Money:
        usd = "Usd" if wallet.currency is Currency.USD else ""
        operation = self._operations[f"ln{'NoAmount' if amount else ''}{usd}InvoiceFeeProbe"]
        variables = _input(walletId=wallet.id, paymentRequest=bolt11, amount=amount.minor if amount else None)
        answer = await self._caller.read(operation, variables, _FEE, token)
        if answer.amount is None:
            raise of_payload(answer.errors[0].code) if answer.errors else refused("unavailable")
        return debit(wallet.currency, convert.sound(answer.amount))

    async def _details(self, token: Secret, transaction_id: str) -> types.Details:
        operation = self._operations["transactionDetails"]
        payload = await self._caller.read(operation, _input(transactionId=transaction_id), _DETAILS, token)
        if payload.errors:  # they have no codes: it may be unknown, or what is behind the backend is down
            raise refused("unavailable")
        if payload.transaction_details is None:
            raise refused("not_found")
        return payload.transaction_details

    # --- writes without money ---

    async def create_invoice(self, token: Secret, wallet: PayeeWallet, amount: Money | None, memo: str) -> Invoice:
        if amount is None:
            name = "lnNoAmountInvoiceCreate"
        else:
            name = "lnUsdInvoiceCreate" if wallet.currency is Currency.USD else "lnInvoiceCreate"
        variables = _input(walletId=wallet.id, amount=amount.minor if amount else None, memo=memo or None)
        invoice = _accepted(await self._caller.write(self._operations[name], variables, _INVOICE, token)).invoice
        if invoice is None:
            raise refused("unavailable")
        return Invoice(invoice.payment_request, invoice.payment_hash)

    async def set_username(self, token: Secret, name: str) -> None:
        operation = self._operations["userUpdateUsername"]
        _accepted(await self._caller.write(operation, _input(username=name), _PAYLOAD, token))

    # --- money ---

    async def pay_wallet(
        self, token: Secret, source: PayeeWallet, target: str, amount: Money, memo: str, key: str
    ) -> Sent:
        usd = "Usd" if source.currency is Currency.USD else ""
        if not _payable(source, amount, memo):
            return Failed("invalid")
        variables = _input(
            walletId=source.id,
            recipientWalletId=target,
            amount=amount.minor,
            memo=memo or None,
            idempotencyKey=key if self.capabilities.keys_intraledger else None,
        )
        return await self._pay(f"intraLedger{usd}PaymentSend", variables, token, source)

    async def pay_invoice(
        self, token: Secret, source: PayeeWallet, bolt11: str, amount: Money | None, memo: str, key: str
    ) -> Sent:
        if not _payable(source, amount, memo):
            return Failed("invalid")
        name, keyed = "lnInvoicePaymentSend", self.capabilities.keys_lightning
        if amount is not None and source.currency is Currency.USD:
            name, keyed = "lnNoAmountUsdInvoicePaymentSend", self.capabilities.keys_amount_usd
        elif amount is not None:
            name = "lnNoAmountInvoicePaymentSend"
        variables = _input(
            walletId=source.id,
            paymentRequest=bolt11,
            amount=amount.minor if amount else None,
            memo=memo or None,
            idempotencyKey=key if keyed else None,
        )
        return await self._pay(name, variables, token, source)

    async def _pay(self, name: str, variables: operations.Variables, token: Secret, source: PayeeWallet) -> Sent:
        """Once. Reads that were under way before it ended are not shared with who asks afterwards."""
        self._caller.moved()
        try:
            outcome = await self._outcome(name, variables, token, source)
        except Exception:  # it may have been sent: whatever broke, nothing is known
            log.exception("a payment's answer was not understood", extra={"operation": name})
            outcome = Unknown("internal")
        finally:
            self._caller.moved()
        self._metrics.add(PAYMENTS, operation=name, outcome=type(outcome).__name__.lower())
        return outcome

    async def _outcome(self, name: str, variables: operations.Variables, token: Secret, source: PayeeWallet) -> Sent:
        if not self._caller.healthy and not await self._answers():
            return Failed("unavailable")
        try:
            answer = await self._caller.send(self._operations[name], variables, token)
        except HttpError as error:
            return of_unanswered(error.code)
        return self._read(name, answer, source)

    async def _answers(self) -> bool:
        """Whether a backend that failed works again: no payment is what finds it out."""
        try:
            await self.price("USD")
        except BackendError:
            return False
        return True

    def _read(self, name: str, answer: Answer, source: PayeeWallet) -> Sent:
        data = answer.data.get(name)
        if data is None:
            return of_refused_request(answer.status, answer.errors)
        try:
            payload = _PAYMENT(bytes(data))
        except (msgspec.DecodeError, RecursionError):
            return Unknown("protocol")
        if payload.status != "SUCCESS" or payload.errors:
            return of_payment(payload, self._dialect.precedes_debit)
        return Paid(self._told(payload.transaction, source.id))

    # --- what moves ---

    def updates(self, token: Secret) -> AbstractAsyncContextManager[AsyncIterator[Update]]:
        return self._subscriptions.open(token)

    def _update(self, node: types.UpdateNode) -> Update | None:
        if node.wallet_id is None or (node.typename == "LnUpdate" and node.status != "PAID"):
            return None
        return Update(self._told(node.transaction, node.wallet_id))

    def _told(self, node: types.TransactionNode | None, wallet: str) -> Transaction | None:
        """A transaction that came along; None where it makes no sense, for it can be asked for."""
        currency = convert.CURRENCIES.get(node.settlement_currency) if node else None
        if node is None or currency is None:
            return None
        try:
            return convert.transaction(node, wallet, currency, dollars=self._dialect.dollars_in_list)
        except BackendError:
            return None


def _input(**values: Any) -> dict[str, Any]:
    """The one variable of mutations. What is None is left out."""
    return {"input": {name: value for name, value in values.items() if value is not None}}


def _accepted(payload: P) -> P:
    """BackendError for what the backend did not do."""
    if payload.errors:
        raise of_payload(payload.errors[0].code)
    return payload


def _succeeded(payload: types.SuccessPayload) -> None:
    if not _accepted(payload).success:
        raise refused("rejected")


def _listed(page: Page, transaction_id: str) -> Transaction | None:
    return next((each for each in page.transactions if each.id == transaction_id), None)


def _payable(source: PayeeWallet, amount: Money | None, memo: str) -> bool:
    """Whether the backends could do it at all: what they find wrong with the input they say without a code."""
    try:
        fits = len(memo.encode()) <= LONGEST_MEMO
    except UnicodeEncodeError:
        return False
    return fits and (amount is None or (amount.currency is source.currency and amount.minor > 0))
