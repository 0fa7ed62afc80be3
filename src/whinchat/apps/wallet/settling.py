"""What a payment's end means, in one batch: its state, the receipt, and everybody who waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from whinchat.apps.wallet.backend import Capabilities, Transaction
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.intent import ESCROW, Intent, Rail, reconcile_job
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.known import KnownPayees
from whinchat.apps.wallet.money import Currency, Money
from whinchat.apps.wallet.transitions import (
    CANCEL,
    DISMISS,
    DOUBT,
    FAIL,
    FIND,
    GIVE_UP,
    PAY,
    RECORD,
    RULE_FAILED,
    RULE_PAID,
    State,
    change,
)
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup
from whinchat.core.ports import Batch, Clock, Statement
from whinchat.core.types import OnUnknown, Otherwise, Reply, SendText


class Settled(Protocol):
    """Whoever proposes payments of one purpose, and has to know how they end. What it gives is committed with the end,
    exactly once; it may read, but not write."""

    @property
    def purpose(self) -> str: ...

    @property
    def tells(self) -> bool:
        """Whether it tells the person itself: then there is no receipt besides its own."""
        ...

    async def paid(self, intent: Intent) -> Outcome: ...

    async def failed(self, intent: Intent) -> Outcome:
        """Nothing left, and nothing will: it failed, or was called off after it was confirmed."""
        ...

    async def unknown(self, intent: Intent) -> Outcome:
        """It may have been paid; one of the others follows, or nothing ever."""
        ...


HOUR = 3600 * 1000  # milliseconds
_DAY_BUT_ONE = 23 * HOUR
_FAILURES = frozenset(
    (
        "insufficient_balance",
        "limit",
        "self_payment",
        "no_route",
        "expired",
        "invalid",
        "refused",
        "unauthenticated",
        "unavailable",
    )
)
"""What there are sentences for."""


def pause(look: int) -> float:
    """Seconds before the n-th look (from 0) for what is not known: 2, 4, 8, … up to a quarter of an hour."""
    return min(900.0, 2.0 ** (look + 1))


class Settling:
    """Every method gives what is to be committed, once. Conflict: the payment's state had moved on."""

    def __init__(
        self,
        intents: Intents,
        known: KnownPayees,
        hooks: Sequence[Settled],
        words: Words,
        capabilities: Capabilities,
        clock: Clock,
    ) -> None:
        self._intents = intents
        self._known = known
        self._hooks: Mapping[str, Settled] = {hook.purpose: hook for hook in hooks}
        self._words = words
        self._capabilities = capabilities
        self._clock = clock

    # --- the ends ------------------------------------------------------------------------------------------------

    async def paid(self, intent: Intent, transaction: Transaction | None) -> Outcome:
        """Without the transaction its record is looked for, and what it cost is told then."""
        now = self._clock.now()
        fee = None if transaction is None else transaction.fee.minor
        statements = [change(PAY, intent.id, now=now, fee=fee)]
        if intent.owner != ESCROW:
            statements += self._known.paid(intent.owner, intent.body.payee, now)
        if transaction is not None:
            statements.append(self._intents.record(intent, transaction))
        outcome = _durable(*statements) + self._receipt(intent, self._paid_text(intent, transaction))
        if transaction is None:
            outcome += Outcome(jobs=(reconcile_job(intent.id, pause(0)),))
        hook = self._hooks.get(intent.purpose)
        return outcome if hook is None else outcome + await hook.paid(intent)

    async def failed(self, intent: Intent, error: str, transaction: Transaction | None = None) -> Outcome:
        """`transaction`: that failed."""
        outcome = _durable(change(FAIL, intent.id, now=self._clock.now(), error=error))
        if transaction is not None:
            outcome += _durable(self._intents.record(intent, transaction))
        reason = error if error in _FAILURES else "refused"
        return outcome + self._receipt(intent, self._say(intent, f"failed_{reason}")) + await self._nothing_left(intent)

    async def unknown(self, intent: Intent, error: str, since: int) -> Outcome:
        """`since`: when it was submitted."""
        look_at = self._clock.now() + round(pause(0) * 1000)
        doubt = change(DOUBT, intent.id, error=error, look_at=look_at, resend_until=self._resend_until(intent, since))
        outcome = _durable(doubt) + self._receipt(intent, self._say(intent, "unknown"))
        outcome += Outcome(jobs=(reconcile_job(intent.id, pause(0)),))
        hook = self._hooks.get(intent.purpose)
        return outcome if hook is None else outcome + await hook.unknown(intent)

    async def unresolved(self, intent: Intent) -> Outcome:
        now = self._clock.now()
        return _durable(change(GIVE_UP, intent.id, now=now)) + self._receipt(intent, self._say(intent, "unresolved"))

    async def ruled(self, intent: Intent, *, paid: bool) -> Outcome:
        """By the operator, who found out elsewhere."""
        transition = RULE_PAID if paid else RULE_FAILED
        outcome = _durable(change(transition, intent.id, now=self._clock.now()))
        hook = self._hooks.get(intent.purpose)
        if not paid:
            return (
                outcome + self._receipt(intent, self._say(intent, "failed_refused")) + await self._nothing_left(intent)
            )
        outcome += self._receipt(intent, self._paid_text(intent, None))
        return outcome if hook is None else outcome + await hook.paid(intent)

    async def dismissed(self, intent: Intent, error: str) -> Outcome:
        """Confirmed, and not begun: `late`, `expired`, `held`, `unlinked`."""
        outcome = _durable(change(DISMISS, intent.id, now=self._clock.now(), error=error))
        return (
            outcome + self._receipt(intent, self._say(intent, f"dismissed_{error}")) + await self._nothing_left(intent)
        )

    async def cancelled(self, intents: Sequence[Intent]) -> Outcome:
        """The person said no. What was confirmed already is not begun."""
        outcome = NOTHING
        for each in intents:
            outcome += _durable(change(CANCEL, each.id, now=self._clock.now()))
            if each.state is State.CONFIRMED:
                outcome += await self._nothing_left(each)
        return outcome

    async def found(self, intent: Intent, transaction: Transaction) -> Outcome:
        """After a restore: what the backup knew as expired was paid after it was made."""
        now, fee = transaction.time, transaction.fee.minor
        outcome = _durable(change(FIND, intent.id, now=now, fee=fee), self._intents.record(intent, transaction))
        hook = self._hooks.get(intent.purpose)
        return outcome if hook is None else outcome + await hook.paid(intent)

    def recorded(self, intent: Intent, transaction: Transaction) -> Outcome:
        """The record of what is known to be paid: the receipt is completed where it stands."""
        changes = _durable(
            change(RECORD, intent.id, fee=transaction.fee.minor), self._intents.record(intent, transaction)
        )
        text = self._paid_text(intent, transaction)
        # A message of its own is worth it only for what somebody did not know.
        otherwise = Otherwise.SEND if transaction.fee.minor else Otherwise.DROP
        return changes + self._receipt(intent, text, edited=str(text), otherwise=otherwise)

    async def _nothing_left(self, intent: Intent) -> Outcome:
        hook = self._hooks.get(intent.purpose)
        return NOTHING if hook is None else await hook.failed(intent)

    def _resend_until(self, intent: Intent, since: int) -> int | None:
        """Until when the invoice may be sent again, milliseconds UTC; None: never."""
        able = self._capabilities
        if intent.rail is not Rail.INVOICE or not able.keys_lightning:
            return None
        if intent.body.invoice_amount and intent.currency is Currency.USD and not able.keys_amount_usd:
            return None
        end = since + min(_DAY_BUT_ONE, (able.keys_hours - 1) * HOUR)
        return min(end, intent.body.payee.expires_at or end)

    # --- what people read ----------------------------------------------------------------------------------------

    def _receipt(
        self, intent: Intent, text: Markup, *, edited: str | None = None, otherwise: Otherwise = Otherwise.SEND
    ) -> Outcome:
        hook = self._hooks.get(intent.purpose)
        if intent.body.chat is None or (hook is not None and hook.tells):
            return NOTHING
        reply = Reply(
            intent.body.transport,
            intent.body.chat,
            SendText(text),
            OnUnknown.RESEND_ONCE,
            subject=intent.reply_subject,
            edited=edited,
            otherwise=otherwise,
        )
        return Outcome(replies=(reply,))

    def _paid_text(self, intent: Intent, transaction: Transaction | None) -> Markup:
        paid = self._say(intent, "paid")
        if transaction is None:
            return paid
        fee = plain(Money(intent.currency, transaction.fee.minor))
        record = self._words.say("wallet.pay.record", intent.body.language, fee=fee, id=intent.id)
        return Markup(f"{paid}\n{record}")

    def _say(self, intent: Intent, key: str) -> Markup:
        return self._words.say(
            f"wallet.pay.{key}",
            intent.body.language,
            amount=plain(intent.amount),
            payee=intent.body.payee.label,
        )


def _durable(*statements: Statement) -> Outcome:
    return Outcome(changes=Batch(statements, durable=True))
