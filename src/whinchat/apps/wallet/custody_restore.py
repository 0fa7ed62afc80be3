"""Custody after a backup was restored: what it paid since then is claimed or back already, and is closed; what it got
since then and nobody knows for whom goes to the operator."""

from __future__ import annotations

import re

from whinchat.apps.wallet.backend import Backend, Direction, Status, Transaction
from whinchat.apps.wallet.custody import Custody
from whinchat.apps.wallet.escrow import MARKS, REFUND, Escrows, EscrowState
from whinchat.apps.wallet.intent import ESCROW, Party
from whinchat.apps.wallet.intents import RESTORED, Intents
from whinchat.apps.wallet.money import Currency
from whinchat.apps.wallet.records import EmptyList, since, whole_record
from whinchat.apps.wallet.restore import REFERENCE
from whinchat.core.ports import Statement

_PAYOUT = re.compile(rf"({'|'.join(MARKS.values())})([a-z2-7]{{16}}) #([a-z2-7]{{10}})")


class CustodyRestored:
    """`restore.Vault`."""

    def __init__(self, backend: Backend, custody: Custody, escrows: Escrows, intents: Intents) -> None:
        self._backend = backend
        self._custody = custody
        self._escrows = escrows
        self._intents = intents

    async def since(self, time: int) -> tuple[Statement, ...]:
        """Raises BackendError, EmptyList: the list shows nothing, and there was something."""
        party = Party(ESCROW, self._custody.name, await self._custody.account())
        statements: list[Statement] = []
        try:
            async for each in since(self._backend, self._custody.token, time):
                whole = await whole_record(self._backend, self._custody.token, each)
                statements += await self._put_back(party, whole)
        except EmptyList:
            if await self._escrows.used():
                raise
        return tuple(statements)

    async def _put_back(self, party: Party, whole: Transaction) -> tuple[Statement, ...]:
        if whole.direction is Direction.RECEIVE:
            return await self._received(party, whole)
        failed = whole.status is Status.FAILURE and self._backend.capabilities.status_in_list
        payout = _PAYOUT.fullmatch(whole.memo or "")
        if payout is None or failed or await self._intents.get(payout[3]) is not None:
            return ()  # what the backup knows is found out as always (`reconcile`)
        mark, escrow_id, reference = payout.groups()
        cents = whole.amount.minor if whole.amount.currency is Currency.USD else 0
        paid = self._intents.restored(party, reference, whole, cents, escrow_id)
        escrow = await self._escrows.get(escrow_id)
        if escrow is None or escrow.state is EscrowState.DONE:
            return paid
        return *paid, *self._escrows.paid_out(escrow, reference, refunded=mark == MARKS[REFUND])

    async def _received(self, party: Party, whole: Transaction) -> tuple[Statement, ...]:
        """What no payment of ours brought, the operator paid in."""
        reference = REFERENCE.search(whole.memo or "")
        if reference is None:
            return ()
        intent = await self._intents.get(reference[1])
        if intent is not None and intent.purpose != RESTORED:
            return ()
        return (self._intents.queued(party, whole),)
