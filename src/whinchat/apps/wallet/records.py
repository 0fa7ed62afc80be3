"""Reads an account's list of transactions, which is as honest as the backend's `Capabilities` say."""

from __future__ import annotations

from collections.abc import AsyncIterator

from whinchat.apps.wallet.backend import Backend, BackendError, Transaction
from whinchat.core.secret import Secret

FIRST = 20
"""Transactions that are asked for at once; more while the list does not reach back far enough."""
MOST = 640
SKEW = 2 * 60_000  # milliseconds that the backend's clock may be off


class EmptyList(BackendError):
    """The list is empty, where that may also be an outage of what is behind the backend."""


async def since(backend: Backend, token: Secret, time: int) -> AsyncIterator[Transaction]:
    """The account's transactions from `time` (milliseconds UTC) on, newest first, as far as the list tells.

    Raises BackendError, EmptyList among them.
    """
    able = backend.capabilities
    first, after = FIRST, None
    seen: set[str] = set()
    while len(seen) < MOST:
        page = await backend.transactions(token, first, after)
        if not page.transactions and not able.empty_means_nothing:
            raise EmptyList("the list of transactions is empty")
        new = [each for each in page.transactions if each.id not in seen and each.time >= time]
        seen.update(each.id for each in new)
        for each in new:
            yield each
        after = page.after
        ended = after is None if able.pages else len(page.transactions) < first
        if ended or not new or page.transactions[-1].time < time:
            return
        if not able.pages:
            first *= 2


async def whole_record(backend: Backend, token: Secret, transaction: Transaction) -> Transaction:
    """With memo and hash, if the backend tells them at all. Raises BackendError."""
    if transaction.memo is not None or transaction.hash is not None or not backend.capabilities.details:
        return transaction
    return await backend.transaction(token, transaction.id)
