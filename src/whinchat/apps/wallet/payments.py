"""A payment's way: proposed and shown to a person, and, once they confirmed it, handed to the backend exactly once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from whinchat.apps.wallet.accounts import Member
from whinchat.apps.wallet.backend import Backend, Failed, Paid, Sent, Unknown
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.holds import Holds
from whinchat.apps.wallet.intent import ESCROW, PAY, Intent, Proposal, Rail
from whinchat.apps.wallet.intents import SHOWN, Intents
from whinchat.apps.wallet.known import KnownPayees
from whinchat.apps.wallet.money import Money, usd
from whinchat.apps.wallet.sayings import quoting
from whinchat.apps.wallet.settling import Settling
from whinchat.apps.wallet.transitions import LATEST, SUBMIT, State, change
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup
from whinchat.core.ports import Batch, Claim, Clock, Database
from whinchat.core.secret import Secret
from whinchat.core.types import Answer, OnUnknown, SendText

log = logging.getLogger(__name__)

MOST_OPEN = 5
"""Showings that a person can have before them at once."""
MINUTE = 60_000  # milliseconds


class Payments:
    """What asks people to confirm. `pin_above`: US cents above which a payment to somebody new asks for the PIN, where
    there is one."""

    def __init__(self, intents: Intents, known: KnownPayees, words: Words, *, pin_above: int) -> None:
        self._intents = intents
        self._known = known
        self._words = words
        self._pin_above = pin_above

    async def propose(
        self, context: Context, member: Member, *proposals: Proposal, pin: bool = False, notes: Sequence[Markup] = ()
    ) -> Outcome:
        """Show one payment, or several that are confirmed together, in the person's direct chat; or say why not.

        `pin`: confirming asks for the PIN whoever is paid. `notes`: sentences that belong to the question. No two may
        pay the same amount to the same payee: ValueError.
        """
        if len({(each.payee.key, each.amount) for each in proposals}) < len(proposals):
            raise ValueError("two payments that are confirmed together are the same")
        opened = await self._intents.open(member.id)
        if len({each.showing for each in opened}) >= MOST_OPEN:
            return self._answer(context, member, self._words.say("wallet.pay.too_many", context.language))
        total = sum(each.cents for each in proposals)
        for each in proposals:
            reason = await self._intents.hindrance(member, each, total)
            if reason is not None:
                return self._answer(context, member, await self.refusal(reason, member, context.language))
        pin = pin or await self._needs_pin(member, proposals, total)
        taken = {each.code for each in opened}
        drafted, statements = self._intents.draft(member, proposals, context.language, pin=pin, besides=taken)
        text = self.question(drafted, context.language, notes)
        reply = member.reply(
            SendText(text, choices=self._choices(drafted[0].code, context.language)),
            on_unknown=OnUnknown.RESEND_ONCE,
            receipt=f"{SHOWN}:{drafted[0].showing}",
        )
        return Outcome(replies=(reply,), changes=Batch(statements))

    def _choices(self, code: str, language: str) -> tuple[Answer, ...]:
        """With the code: whoever taps an older question answers that one, and no other."""
        return tuple(
            Answer(str(self._words.say(f"wallet.pay.tap_{word}", language)), f"{word} {code}") for word in ("yes", "no")
        )

    async def _needs_pin(self, member: Member, proposals: Sequence[Proposal], total: int) -> bool:
        if not member.has_pin or total <= self._pin_above:
            return False
        standings = [await self._known.standing(member.id, each.payee) for each in proposals]
        return any(each.moved or not each.known for each in standings)

    def question(self, showing: Sequence[Intent], language: str, notes: Sequence[Markup] = ()) -> Markup:
        """What a person is asked before they pay, with the code that confirms it."""
        first = showing[0]
        lines = list(notes)
        if len(showing) == 1:
            lines.append(self._line("ask", first, language))
        else:
            amount = Money(first.currency, sum(each.minor for each in showing))
            lines.append(self._words.say("wallet.pay.ask_all", language, amount=plain(amount)))
            lines.extend(self._line("share", each, language) for each in showing)
        warnings = dict.fromkeys(each.body.payee.warning for each in showing if each.body.payee.warning)
        lines.extend(self._words.say(key, language) for key in warnings)
        if any(each.rail is Rail.INVOICE for each in showing):
            fee = Money(first.currency, sum(each.fee_limit for each in showing))
            lines.append(self._words.say("wallet.pay.fee", language, fee=plain(fee)))
        if first.body.memo:
            lines.append(self._words.say("wallet.pay.memo", language, memo=first.body.memo))
        left = first.expires_at - first.created_at
        # An invoice may end it sooner than usual; whole minutes are promised, never one too many.
        span = self._words.duration(left if left < MINUTE else left // MINUTE * MINUTE, language)
        lines.append(self._words.say("wallet.pay.reply", language, code=first.code, span=span))
        return Markup("\n").join(lines)

    async def refusal(self, reason: str, member: Member, language: str) -> Markup:
        """Why a payment cannot be made; `reason`: the name of a condition in `transitions`."""
        left = 0
        if reason == "day_limit":
            left = max(0, member.day_limit - await self._intents.spent(member.backend, member.account))
        return self._words.say(
            f"wallet.pay.refused_{reason}",
            language,
            limit=plain(usd(member.day_limit if reason == "day_limit" else member.payment_limit)),
            left=plain(usd(left)),
        )

    def _line(self, key: str, intent: Intent, language: str) -> Markup:
        return self._words.say(
            f"wallet.pay.{key}", language, amount=plain(intent.amount), payee=intent.body.payee.label
        )

    def _answer(self, context: Context, member: Member, text: Markup) -> Outcome:
        """In the direct chat: money is not spoken of in groups."""
        reply = quoting(context, text) if context.event.chat == member.chat else member.reply(SendText(text))
        return Outcome((reply,))


class People(Protocol):
    """`accounts.Accounts`."""

    async def by_id(self, user_id: str) -> Member | None: ...


class Payers:
    """With whose token a payment is made and looked for. `custody`: of the account that pays for nobody's person."""

    def __init__(self, people: People, custody: Secret | None) -> None:
        self._people = people
        self._custody = custody

    async def to_pay(self, intent: Intent) -> Secret | None:
        """None: the person is not linked any more, or to another account."""
        if intent.owner == ESCROW:
            return self._custody
        member = await self._member(intent)
        return None if member is None or member.closing else member.token

    async def to_look(self, intent: Intent) -> Secret | None:
        if intent.owner == ESCROW:
            return self._custody
        member = await self._member(intent)
        return None if member is None else member.token

    async def _member(self, intent: Intent) -> Member | None:
        member = await self._people.by_id(intent.owner)
        return member if member is not None and member.account == intent.account else None


class Till:
    """Hands payments to the backend. `moved` is told whose money may have moved, `moved_into` into which wallet."""

    def __init__(
        self, backend: Backend, moved: Callable[[str], None], moved_into: Callable[[str], None] = lambda _: None
    ) -> None:
        self._backend = backend
        self._moved = moved
        self._moved_into = moved_into

    async def pay(self, intent: Intent, token: Secret) -> Sent:
        """Never raises: whatever goes wrong, it is not known whether money left."""
        body = intent.body
        try:
            if intent.rail is Rail.WALLET:
                return await self._backend.pay_wallet(
                    token, body.source, body.payee.wallet, intent.amount, intent.memo, intent.key
                )
            return await self._backend.pay_invoice(
                token, body.source, body.payee.bolt11, body.invoice_amount, intent.memo, intent.key
            )
        except Exception as error:
            log.exception("a backend raised while paying", extra={"error": type(error).__name__})
            return Unknown("raised")
        finally:
            self._moved(intent.owner)
            if intent.rail is Rail.WALLET:
                self._moved_into(intent.body.payee.wallet)


class Pay:
    """The job `wallet.pay`: what was confirmed is submitted, if that is still right, and its answer noted.

    `submitting` is on the disk before a byte leaves. Whoever finds it there knows only that one may have left: it is
    never sent again from here.
    """

    kind = PAY
    concurrency = 8

    def __init__(
        self,
        intents: Intents,
        settling: Settling,
        payers: Payers,
        till: Till,
        holds: Holds,
        database: Database,
        clock: Clock,
    ) -> None:
        self._intents = intents
        self._settling = settling
        self._payers = payers
        self._till = till
        self._holds = holds
        self._database = database
        self._clock = clock

    async def run(self, claim: Claim) -> Outcome:
        intent = await self._intents.get(claim.key)
        if intent is None:
            return NOTHING
        if intent.state is State.SUBMITTING:
            since = intent.submitting_at or intent.created_at
            return await self._settling.unknown(intent, "interrupted", since)
        if intent.state is not State.CONFIRMED:
            return NOTHING
        token = await self._payers.to_pay(intent)
        error = await self._obstacle(intent)
        if token is None or error is not None:
            return await self._settling.dismissed(intent, error or "unlinked")
        return await self._submit(intent, token)

    async def _obstacle(self, intent: Intent) -> str | None:
        now = self._clock.now()
        if intent.confirmed_at is None or intent.confirmed_at <= now - LATEST:
            return "late"
        if intent.body.payee.expires_at and intent.body.payee.expires_at <= now:
            return "expired"
        return "held" if await self._holds.any(payouts=intent.owner == ESCROW) else None

    async def _submit(self, intent: Intent, token: Secret) -> Outcome:
        now = self._clock.now()
        # Conflict: somebody called it off, or money is held now; the job looks again.
        await self._database.commit(Batch((change(SUBMIT, intent.id, now=now),), durable=True))
        sent = await self._till.pay(intent, token)
        if isinstance(sent, Paid):
            return await self._settling.paid(intent, sent.transaction)
        if isinstance(sent, Failed):
            return await self._settling.failed(intent, sent.code)
        return await self._settling.unknown(intent, sent.code, now)
