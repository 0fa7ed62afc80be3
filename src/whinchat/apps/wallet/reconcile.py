"""Finding out what became of payments: in the account's own list of transactions, which is the only witness.

A transaction is a payment's if it carries its reference in the memo or its payment hash; time, direction and amount
only choose which ones are looked at. What is not in the list proves nothing.
"""

from __future__ import annotations

import logging

from whinchat.apps.wallet.backend import Backend, BackendError, Capabilities, Direction, Paid, Sent, Status, Transaction
from whinchat.apps.wallet.intent import RECONCILE, Intent, Rail, pay_job, reconcile_job, reference
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.payments import Payers, Till
from whinchat.apps.wallet.records import SKEW, since, whole_record
from whinchat.apps.wallet.settling import Settling, pause
from whinchat.apps.wallet.transitions import DAY, LOOK, RESEND, State, change
from whinchat.core.app import Schedule
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.errors import Conflict
from whinchat.core.ports import Batch, Claim, Clock, Database, Job
from whinchat.core.secret import Secret

log = logging.getLogger(__name__)

RECORD_LOOKS = 6
"""For the record of what is known to be paid; it only completes a receipt."""
RESEND_AFTER = 2
"""Looks that found nothing."""

RULE = "wallet.rule"
PAID = b"paid"
SWEEP = Job(kind="wallet.sweep", key="minute")
SCHEDULE = Schedule("* * * * *", SWEEP)


class Finder:
    """Looks for the transaction of a payment."""

    def __init__(self, backend: Backend, intents: Intents) -> None:
        self._backend = backend
        self._intents = intents

    async def find(self, intent: Intent, token: Secret) -> Transaction | None:
        """None: it is not there, or not yet, or does not show. Raises BackendError."""
        begun = intent.submitting_at or intent.created_at
        async for each in since(self._backend, token, begun - SKEW):
            if _may_be(intent, each):
                whole = await whole_record(self._backend, token, each)
                if _is(intent, whole) and await self._free(intent, whole):
                    return whole
        return None

    async def _free(self, intent: Intent, transaction: Transaction) -> bool:
        """Whether it has not settled another payment."""
        return await self._intents.settled_by(intent.backend, transaction) in (None, intent.id)


def _may_be(intent: Intent, transaction: Transaction) -> bool:
    """By what every list tells. The amount may be off by the fee, and by another price than was expected."""
    slack = 1 + intent.minor // 20
    return (
        transaction.direction is Direction.SEND
        and transaction.wallet == intent.body.source.id
        and intent.minor - slack <= transaction.amount.minor <= intent.minor + intent.fee_limit + slack
    )


def _is(intent: Intent, transaction: Transaction) -> bool:
    if intent.rail is Rail.INVOICE and transaction.hash is not None:
        return transaction.hash == intent.body.payee.hash
    return reference(intent.id) in (transaction.memo or "").split()


class Reconcile:
    """The job `wallet.reconcile`: looks, with growing pauses, until it is known what became of a payment."""

    kind = RECONCILE
    concurrency = 4

    def __init__(
        self,
        finder: Finder,
        intents: Intents,
        settling: Settling,
        payers: Payers,
        till: Till,
        *,
        capabilities: Capabilities,
        database: Database,
        clock: Clock,
    ) -> None:
        self._finder = finder
        self._intents = intents
        self._settling = settling
        self._payers = payers
        self._till = till
        self._capabilities = capabilities
        self._database = database
        self._clock = clock

    async def run(self, claim: Claim) -> Outcome:
        intent = await self._intents.get(claim.key)
        if intent is None:
            return NOTHING
        if intent.state is State.UNKNOWN:
            return await self._find_out(intent)
        if intent.state is State.UNRESOLVED:
            return await self._find_after_all(intent)
        if intent.state is State.PAID and not await self._intents.has_record(intent):
            return await self._complete(intent, int(claim.payload))
        return NOTHING

    async def _find_out(self, intent: Intent) -> Outcome:
        looked, found = await self._look(intent)
        if found is not None and found.status is Status.SUCCESS:
            return await self._settling.paid(intent, found)
        if found is not None and found.status is Status.FAILURE and self._capabilities.status_in_list:
            return await self._settling.failed(intent, "refused", found)
        if (intent.submitting_at or intent.created_at) <= self._clock.now() - DAY:
            return await self._settling.unresolved(intent)
        if looked and found is None and intent.looks >= RESEND_AFTER:
            sent = await self._resend(intent)
            # Of the first submission only this says anything: a second one may fail because of the first.
            if isinstance(sent, Paid):
                return await self._settling.paid(intent, sent.transaction)
        seconds = pause(intent.looks + 1)
        look = change(LOOK, intent.id, look_at=self._clock.now() + round(seconds * 1000))
        return Outcome(changes=Batch((look,)), jobs=(reconcile_job(intent.id, seconds),))

    async def _find_after_all(self, intent: Intent) -> Outcome:
        """Once, when its account can be read again; what is not found stays with the operator."""
        _, found = await self._look(intent)
        if found is None or found.status is not Status.SUCCESS:
            return NOTHING
        return await self._settling.paid(intent, found)

    async def _look(self, intent: Intent) -> tuple[bool, Transaction | None]:
        """Whether there was an answer, and the transaction."""
        token = await self._payers.to_look(intent)
        if token is None:
            return False, None
        try:
            return True, await self._finder.find(intent, token)
        except BackendError as error:
            log.warning("a payment could not be looked for", extra={"error": error.code})
            return False, None

    async def _resend(self, intent: Intent) -> Sent | None:
        """The invoice once more, with the same key, where the backend is known to refuse to pay it twice; None: not."""
        if intent.resend_until is None or intent.resend_until <= self._clock.now():
            return None
        token = await self._payers.to_pay(intent)
        if token is None:
            return None
        try:
            await self._database.commit(Batch((change(RESEND, intent.id, now=self._clock.now()),), durable=True))
        except Conflict:
            return None
        return await self._till.pay(intent, token)

    async def _complete(self, intent: Intent, look: int) -> Outcome:
        """The receipt of what is known to be paid."""
        _, found = await self._look(intent)
        if found is not None and found.status is Status.SUCCESS:
            return self._settling.recorded(intent, found)
        if look + 1 == RECORD_LOOKS:
            return NOTHING
        return Outcome(jobs=(reconcile_job(intent.id, pause(look + 1), look + 1),))


class Rule:
    """The job `wallet.rule`: what the operator found out about an unresolved payment. Payload: `paid` or `failed`."""

    kind = RULE
    concurrency = 1

    def __init__(self, intents: Intents, settling: Settling) -> None:
        self._intents = intents
        self._settling = settling

    async def run(self, claim: Claim) -> Outcome:
        intent = await self._intents.get(claim.key)
        if intent is None or intent.state is not State.UNRESOLVED:
            return NOTHING
        return await self._settling.ruled(intent, paid=claim.payload == PAID)


def rule_job(intent_id: str, *, paid: bool) -> Job:
    return Job(kind=RULE, key=intent_id, payload=PAID if paid else b"failed")


class Sweep:
    """The job `wallet.sweep`, every minute: what nobody confirmed expires, and lost jobs are added again."""

    kind = SWEEP.kind
    concurrency = 1

    def __init__(self, intents: Intents) -> None:
        self._intents = intents

    async def run(self, claim: Claim) -> Outcome:
        jobs = [
            reconcile_job(each.id) if each.state is State.UNKNOWN else pay_job(each.id)
            for each in await self._intents.lost()
        ]
        return Outcome(changes=Batch(self._intents.sweep()), jobs=tuple(jobs))
