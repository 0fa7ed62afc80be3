"""What the backends answer, as what the wallet asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from whinchat.apps.wallet import backend
from whinchat.apps.wallet.backend import CurrencyInfo, Direction, Me, Page, Price, Status, Transaction
from whinchat.apps.wallet.galoy import types
from whinchat.apps.wallet.galoy.errors import refused
from whinchat.apps.wallet.money import Currency, debit, spendable

MOST_DIGITS = 15
"""Of a number of money; what is longer is garbage, and costly to calculate with."""
CURRENCIES = {"USD": Currency.USD, "BTC": Currency.BTC, "USDT": Currency.USD}
"""Flash keeps dollars in USDT and shows them as a dollar wallet to who does not ask for more, but not in its list."""
NAMELESS = "null"
"""What Flash calls a transaction whose id it does not know."""

_DONE = frozenset({"complete", "completed", "confirmed", "paid", "settled", "succeeded", "success"})
_FAILED = frozenset({"canceled", "cancelled", "expired", "failed", "failure"})
_PENDING = frozenset({"created", "initiated", "in_progress", "mempool", "pending"})


def me(user: types.User) -> Me:
    account = user.default_account
    return Me(
        account=account.id,
        wallets=tuple(
            backend.Wallet(
                wallet.id,
                spendable(currency, sound(wallet.balance)),
                spendable(currency, sound(wallet.pending_incoming_balance)),
            )
            for wallet in account.wallets
            if wallet.balance is not None and (currency := CURRENCIES.get(wallet.wallet_currency)) is not None
        ),
        default_wallet=account.default_wallet_id,
        display_currency=account.display_currency,
        phone=user.phone,
        username=user.username,
        language=user.language,
    )


def price(currency: str, answer: types.RealtimePrice) -> Price:
    return Price(
        currency=currency,
        sat=_rate(answer.btc_sat_price),
        usd_cent=_rate(answer.usd_cent_price),
        time=answer.timestamp * 1000,
    )


def currency_info(entry: types.CurrencyEntry) -> CurrencyInfo:
    return CurrencyInfo(entry.id, entry.name, entry.symbol, entry.fraction_digits)


def page(user: types.ListedUser, first: int, *, pages: bool, dollars: bool) -> Page:
    """At most `first` of them. `pages`: whether the next can be asked for; `dollars`: `Dialect.dollars_in_list`."""
    account = user.default_account
    if account.transactions is None:
        raise refused("unavailable")
    wallets = {CURRENCIES.get(wallet.wallet_currency): wallet.id for wallet in account.wallets}
    found = (
        transaction(edge.node, wallets.get(currency, ""), currency, dollars=dollars)
        for edge in account.transactions.edges or ()
        if edge.node.id != NAMELESS and (currency := CURRENCIES.get(edge.node.settlement_currency)) is not None
    )
    info = account.transactions.page_info
    after = info.end_cursor if pages and info.has_next_page else None
    # Flash gives so many of each wallet, one wallet's after the other's.
    return Page(tuple(sorted(found, key=lambda each: each.time, reverse=True)[:first]), after)


def transaction(node: types.TransactionNode, wallet: str, currency: Currency, *, dollars: bool) -> Transaction:
    amount, fee = sound(node.settlement_amount), sound(node.settlement_fee)
    if dollars and currency is Currency.USD and _in_dollars(node):
        amount, fee = amount * 100, fee * 100
    direction = Direction.SEND if node.direction == "SEND" else Direction.RECEIVE
    rounded = debit if direction is Direction.SEND else spendable
    return Transaction(
        id=node.id,
        wallet=wallet,
        direction=direction,
        status=_STATUSES.get(node.status, Status.PENDING),
        amount=rounded(currency, amount.copy_abs()),
        fee=debit(currency, fee.copy_abs()),
        time=node.created_at * 1000,
        memo=node.memo or None,
        hash=(node.initiation_via.payment_hash or "").lower() or None,
        counterparty=node.settlement_via.counter_party_username or node.initiation_via.counter_party_username,
    )


def detailed(details: types.Details, listed: Transaction | None) -> Transaction:
    """A transaction with what its details add. They do not tell the direction in so many words: without the entry of
    the list it may not be known."""
    known = listed or _from_details(details)
    return Transaction(
        id=known.id,
        wallet=known.wallet,
        direction=known.direction,
        status=_told_status(details.status) or known.status,
        amount=known.amount,
        fee=known.fee,
        time=known.time,
        memo=details.memo or known.memo,
        hash=(details.payment_hash or "").lower() or known.hash,
        counterparty=known.counterparty,
    )


def sound(number: Decimal) -> Decimal:
    """BackendError: it is no amount of money."""
    if not number.is_finite() or number.adjusted() > MOST_DIGITS:
        raise refused("unavailable")
    return number


def _from_details(details: types.Details) -> Transaction:
    """Amounts are in dollars, or satoshis."""
    currency = CURRENCIES.get(details.currency or "")
    direction = _told_direction(details.type or "")
    if currency is None or direction is None or details.amount is None:
        raise refused("unavailable")
    unit = 100 if currency is Currency.USD else 1
    rounded = debit if direction is Direction.SEND else spendable
    return Transaction(
        id=details.id,
        wallet=details.account_id or "",
        direction=direction,
        status=Status.PENDING,
        amount=rounded(currency, sound(details.amount).copy_abs() * unit),
        fee=debit(currency, sound(details.fee or Decimal(0)).copy_abs() * unit),
        time=_milliseconds(details.created_at or ""),
    )


def _in_dollars(node: types.TransactionNode) -> bool:
    """Cents and their display amount in dollars are never the same number."""
    try:
        shown = Decimal(node.settlement_display_amount)
    except InvalidOperation:
        return False
    return node.settlement_display_currency == "USD" and shown == node.settlement_amount


def _rate(point: types.Point) -> Decimal:
    if not 0 <= point.offset <= 30:
        raise refused("unavailable")
    return sound(point.base).scaleb(-point.offset)


def _told_direction(kind: str) -> Direction | None:
    lower = kind.lower()
    if "send" in lower:
        return Direction.SEND
    return Direction.RECEIVE if "receive" in lower else None


def _told_status(status: str | None) -> Status | None:
    lower = (status or "").lower()
    for statuses, meaning in ((_DONE, Status.SUCCESS), (_FAILED, Status.FAILURE), (_PENDING, Status.PENDING)):
        if lower in statuses:
            return meaning
    return None


def _milliseconds(text: str) -> int:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise refused("unavailable") from None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


_STATUSES: Mapping[str, Status] = {"SUCCESS": Status.SUCCESS, "PENDING": Status.PENDING, "FAILURE": Status.FAILURE}
