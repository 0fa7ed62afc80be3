"""What moved, as each wallet's owner sees it, and as the profile's list tells it."""

from __future__ import annotations

import json

from msgspec import Struct
from msgspec.structs import replace

from whinchat.core.ports import Random
from whinchat.sandbox.faults import Plan
from whinchat.sandbox.ledger import Ledger, minor
from whinchat.sandbox.people import new_id
from whinchat.sandbox.profiles import Profile
from whinchat.sandbox.records import BankError, Currency, Direction, Page, Transaction, TxStatus, Via

NEWEST = 2**63 - 1
"""A number after those of all movements."""
MOST = 100
"""Transactions in one page."""
SELECT = """
    SELECT movement.id, movement.wallet, wallet.currency, direction, status, amount, fee, memo, hash, preimage, bolt11,
        initiation, settlement, counterparty_wallet, account.username, movement.created_at
    FROM movement
    JOIN wallet ON wallet.id = movement.wallet
    LEFT JOIN wallet AS other ON other.id = counterparty_wallet
    LEFT JOIN account ON account.id = other.account
    WHERE """


class Movement(Struct, frozen=True, kw_only=True):
    """One to be written; amounts in micro-units, `amount` with its sign and the fee."""

    wallet: str
    amount: int
    now: int
    status: TxStatus = TxStatus.SUCCESS
    fee: int = 0
    memo: str | None = None
    hash: str | None = None
    preimage: str | None = None
    bolt11: str | None = None
    initiation: Via = Via.LIGHTNING
    settlement: Via = Via.LIGHTNING
    other: str | None = None
    """The wallet at the other end, where it is in the bank."""


class History:
    def __init__(self, ledger: Ledger, random: Random, profile: Profile) -> None:
        self._ledger = ledger
        self._random = random
        self._profile = profile

    def write(self, movement: Movement) -> str:
        """Its new id."""
        id_ = new_id(self._random)
        direction = Direction.SEND if movement.amount < 0 else Direction.RECEIVE
        self._ledger.run(
            "INSERT INTO movement (id, wallet, direction, status, amount, fee, memo, hash, preimage, bolt11,"
            " initiation, settlement, counterparty_wallet, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            id_,
            movement.wallet,
            direction,
            movement.status,
            movement.amount,
            movement.fee,
            movement.memo or None,
            movement.hash,
            movement.preimage,
            movement.bolt11,
            movement.initiation,
            movement.settlement,
            movement.other,
            movement.now,
        )
        return id_

    def finish(self, id_: str, status: TxStatus, preimage: str | None) -> None:
        """A pending one."""
        self._ledger.run("UPDATE movement SET status = ?, preimage = ? WHERE id = ?", status, preimage, id_)

    def get(self, id_: str) -> Transaction:
        """BankError NOT_FOUND."""
        if found := self._find("movement.id = ?", id_):
            return found[0]
        raise BankError("NOT_FOUND", "The transaction does not exist")

    def page(self, wallets: tuple[str, ...], first: int, after: str | None, plan: Plan) -> Page:
        """The newest of these wallets, as the profile lists them. BankError INVALID_INPUT: `after` is no cursor."""
        if plan.empty_list:
            return Page((), has_next=False)
        count = max(0, min(first, MOST))
        if not self._profile.list_pages:
            found = [each for wallet in wallets for each in self._newest((wallet,), count, None)]
            return Page(tuple(self._told(each, plan) for each in found), has_next=False)
        found = self._newest(wallets, count + 1, after)
        return Page(tuple(self._told(each, plan) for each in found[:count]), has_next=len(found) > count)

    def _newest(self, wallets: tuple[str, ...], count: int, after: str | None) -> list[Transaction]:
        among = json.dumps(wallets)
        before = NEWEST
        if after is not None:
            cursor = "SELECT number FROM movement WHERE id = ? AND wallet IN (SELECT value FROM json_each(?))"
            before = self._ledger.value(cursor, after, among)
            if before is None:
                raise BankError("INVALID_INPUT", 'Argument "after" must be a valid cursor')
        page = "movement.wallet IN (SELECT value FROM json_each(?)) AND number < ? ORDER BY number DESC LIMIT ?"
        return self._find(page, among, before, count)

    def _told(self, transaction: Transaction, plan: Plan) -> Transaction:
        profile = self._profile
        if not profile.list_memo or plan.no_memos:
            transaction = replace(transaction, memo=None)
        if not profile.list_hash or plan.no_memos:
            transaction = replace(transaction, hash="", preimage=None, bolt11=None)
        if not profile.list_counterparty:
            transaction = replace(transaction, counterparty=None, counterparty_wallet=None)
        if not profile.list_status:
            transaction = replace(transaction, status=TxStatus.SUCCESS)
        return transaction

    def _find(self, condition: str, *args: str | int) -> list[Transaction]:
        rows = self._ledger.rows(SELECT + condition, *args)
        return [
            Transaction(
                id=id_,
                wallet=wallet,
                currency=Currency(currency),
                direction=Direction(direction),
                status=TxStatus(status),
                amount=minor(amount),
                fee=minor(fee),
                memo=memo,
                hash=hash_ or "",
                preimage=preimage,
                bolt11=bolt11,
                initiation=Via(initiation),
                settlement=Via(settlement),
                counterparty_wallet=other,
                counterparty=username,
                created_at=created_at,
            )
            for (
                id_,
                wallet,
                currency,
                direction,
                status,
                amount,
                fee,
                memo,
                hash_,
                preimage,
                bolt11,
                initiation,
                settlement,
                other,
                username,
                created_at,
            ) in rows
        ]
