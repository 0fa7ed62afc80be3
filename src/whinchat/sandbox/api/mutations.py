"""Fields of Mutation. BankError, and values that are none, become `errors` of the payload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from whinchat.sandbox.api import views
from whinchat.sandbox.api.call import Call
from whinchat.sandbox.api.scalars import invalid
from whinchat.sandbox.api.views import View
from whinchat.sandbox.records import BankError, Currency, ErrorInfo, Payment, Status

Input = Mapping[str, Any]
Change = Callable[[Call, Input], View]


def change(call: Call, arguments: Mapping[str, Any], does: Change) -> View:
    """Runs one mutation."""
    given: Input = arguments.get("input") or {}
    if (wrong := invalid(given)) is not None:
        return {"errors": [views.error(None, wrong.message)]}
    try:
        return {"errors": [], **does(call, given)}
    except BankError as error:
        if error.code == "NOT_AUTHORIZED":
            raise
        return {"errors": [views.error(error.code, error.message)]}


# --- sessions ---


def _send_code(call: Call, given: Input) -> View:
    call.bank.send_code(call.account, given["phone"], call.address, call.plan)
    return {"success": True}


def _login(call: Call, given: Input) -> View:
    return {"authToken": call.bank.login(given["phone"], given["code"], call.address), "totpRequired": False}


def _logout(call: Call, _given: Input) -> View:
    if call.token is None:
        raise BankError("NOT_AUTHORIZED", "Not authorized")
    call.bank.logout(call.token)
    return {"success": True}


def _set_username(call: Call, given: Input) -> View:
    return {"user": views.user(call, call.bank.set_username(call.account, given["username"]))}


# --- invoices ---


def _invoice(currency: Currency | None) -> Change:
    """Over cents or satoshis; None: the payer chooses, and any wallet will do."""

    def create(call: Call, given: Input) -> View:
        wallet = _wallet(call, given, currency)
        memo, minutes = given.get("memo") or "", given.get("expiresIn")
        return {
            "invoice": views.invoice(call.bank.create_invoice(call.account, wallet, given.get("amount"), memo, minutes))
        }

    return create


def _fee(currency: Currency) -> Change:
    def probe(call: Call, given: Input) -> View:
        wallet = _wallet(call, given, currency)
        amount = given.get("amount")
        fee = call.bank.fee(call.account, wallet, given["paymentRequest"], None if amount is None else Decimal(amount))
        return {"amount": views.number(fee)}

    return probe


def _wallet(call: Call, given: Input, currency: Currency | None) -> str:
    """BankError INVALID_INPUT: one of the account's own, but of another currency."""
    wallet: str = given["walletId"]
    own = next((each for each in call.bank.account(call.account).wallets if each.id == wallet), None)
    if own is not None and currency is not None and own.currency is not currency:
        raise BankError("INVALID_INPUT", f"The wallet is not a {currency} wallet")
    return wallet


# --- payments ---


def _pay_wallet(currency: Currency) -> Change:
    def pay(call: Call, given: Input) -> Payment:
        source = _wallet(call, given, currency)
        target, memo, key = given["recipientWalletId"], given.get("memo"), given.get("idempotencyKey")
        return call.bank.pay_wallet(call.account, source, target, given["amount"], memo, key, call.plan)

    return _answered(pay)


def _pay_invoice(currency: Currency | None) -> Change:
    def pay(call: Call, given: Input) -> Payment:
        source = _wallet(call, given, currency)
        bolt11, memo, key = given["paymentRequest"], given.get("memo"), given.get("idempotencyKey")
        return call.bank.pay_invoice(call.account, source, bolt11, given.get("amount"), memo, key, call.plan)

    return _answered(pay)


def _answered(pay: Callable[[Call, Input], Payment]) -> Change:
    def answer(call: Call, given: Input) -> View:
        try:
            return views.payment(call, pay(call, given))
        except BankError as error:
            if error.code == "NOT_AUTHORIZED":
                raise
            return views.payment(call, Payment(Status.FAILURE, (ErrorInfo(error.message, error.code),)))

    return answer


MUTATIONS: Mapping[str, Change] = {
    "userPhoneRegistrationInitiate": _send_code,
    "userLogin": _login,
    "userLogout": _logout,
    "userUpdateUsername": _set_username,
    "lnUsdInvoiceCreate": _invoice(Currency.USD),
    "lnInvoiceCreate": _invoice(Currency.BTC),
    "lnNoAmountInvoiceCreate": _invoice(None),
    "lnUsdInvoiceFeeProbe": _fee(Currency.USD),
    "lnInvoiceFeeProbe": _fee(Currency.BTC),
    "lnNoAmountUsdInvoiceFeeProbe": _fee(Currency.USD),
    "lnNoAmountInvoiceFeeProbe": _fee(Currency.BTC),
    "intraLedgerUsdPaymentSend": _pay_wallet(Currency.USD),
    "intraLedgerPaymentSend": _pay_wallet(Currency.BTC),
    "lnInvoicePaymentSend": _pay_invoice(None),
    "lnNoAmountInvoicePaymentSend": _pay_invoice(Currency.BTC),
    "lnNoAmountUsdInvoicePaymentSend": _pay_invoice(Currency.USD),
}
