"""Fields of Query, and the events of Subscription. BankError becomes an error of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from typing import Any

from whinchat.sandbox.api import views
from whinchat.sandbox.api.call import Call
from whinchat.sandbox.api.scalars import checked
from whinchat.sandbox.api.views import View
from whinchat.sandbox.records import BankError, Currency, Update

Resolver = Callable[[Call, Mapping[str, Any]], Any]


def me(call: Call, _arguments: Mapping[str, Any]) -> View:
    return views.user(call, call.bank.account(call.account))


def account_default_wallet(call: Call, arguments: Mapping[str, Any]) -> View:
    username, asked = checked(arguments["username"]), arguments.get("walletCurrency")
    if asked is not None and asked not in set(Currency):
        raise BankError("NOT_FOUND", f"Account of {username} has no {asked} wallet")
    return views.public_wallet(call.bank.default_wallet(username, asked and Currency(asked)))


def realtime_price(call: Call, arguments: Mapping[str, Any]) -> View:
    return views.realtime_price(call.price(checked(arguments["currency"])))


def currency_list(call: Call, _arguments: Mapping[str, Any]) -> list[View]:
    return [views.currency(each) for each in call.bank.currencies()]


def transaction_details(call: Call, arguments: Mapping[str, Any]) -> View:
    try:
        record = call.bank.transaction(call.account, arguments["input"]["transactionId"])
    except BankError as error:
        return {"errors": [{"message": error.message}]}
    return {"errors": [], "transactionDetails": views.details(record)}


async def my_updates(call: Call) -> AsyncGenerator[View]:
    """First the price, then whatever moves, until it is closed. BankError."""
    call.check()
    try:
        account = call.account
    except BankError:
        raise BankError("NOT_AUTHENTICATED", "Not Authenticated for subscription") from None
    happened: asyncio.Queue[Update] = asyncio.Queue()
    end = call.bank.subscribe(account, happened.put_nowait)
    try:
        with suppress(BankError):
            price = call.price(call.display_currency)
            if price.currency.id == "USD":
                yield _told(call, views.old_price(price))
            yield _told(call, views.realtime_price(price))
        while True:
            yield _told(call, views.update(call, await happened.get()))
    finally:
        end()


def _told(call: Call, update: View) -> View:
    return {"errors": [], "me": views.user(call, call.bank.account(call.account)), "update": update}


QUERIES: Mapping[str, Resolver] = {
    "me": me,
    "accountDefaultWallet": account_default_wallet,
    "realtimePrice": realtime_price,
    "currencyList": currency_list,
    "transactionDetails": transaction_details,
}
