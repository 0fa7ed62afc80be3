"""Sending money to somebody without an account: paid into custody, claimed with a code, or taken back."""

from __future__ import annotations

from collections.abc import Sequence

from whinchat.apps.wallet.accounts import Accounts, Member
from whinchat.apps.wallet.asking import verified_name
from whinchat.apps.wallet.backend import PayeeWallet
from whinchat.apps.wallet.custody import Custody
from whinchat.apps.wallet.escrow import (
    CLAIM,
    DAY,
    FUNDING,
    MARKS,
    REFUND,
    UNPAID,
    Body,
    Escrow,
    Escrows,
    EscrowState,
)
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.funding import Purse
from whinchat.apps.wallet.holds import Holds
from whinchat.apps.wallet.inside import NeedsEscrow
from whinchat.apps.wallet.intent import Intent, Proposal
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.money import Currency, Money
from whinchat.apps.wallet.payee import FrozenPayee, PayeeKind
from whinchat.apps.wallet.payments import Payments
from whinchat.core.app import Schedule
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code, escape
from whinchat.core.ports import Batch, Claim, Job, Statement
from whinchat.core.types import OnUnknown, Reply, SendText

MOST_TRIES = 5
"""Wrong codes of one person in 24 hours."""

EXPIRE = Job(kind="wallet.escrow_expiry", key="all")
SCHEDULE = Schedule("*/5 * * * *", EXPIRE)


class Held:
    """What is in custody, and the ways out of it. Every way out is a payment of custody's own, begun in the batch that
    gives the money away: there is never a second one."""

    def __init__(
        self,
        escrows: Escrows,
        intents: Intents,
        payments: Payments,
        custody: Custody,
        purse: Purse,
        holds: Holds,
        words: Words,
        *,
        days: int,
    ) -> None:
        """`days`: until money that nobody claimed goes back."""
        self._escrows = escrows
        self._intents = intents
        self._custody = custody
        self._payments = payments
        self._purse = purse
        self._days = days
        self._holds = holds
        self._words = words

    # --- sending -------------------------------------------------------------------------------------------------

    async def offer(self, call: Call, member: Member, payee: NeedsEscrow, amount: Money, memo: str) -> Outcome:
        """The question whether it shall be held (`drafting.Custody`). Raises Unpayable, BackendError."""
        pocket = await self._purse.look(member)
        funding = await self._purse.fund(member, pocket, amount, amount.currency)
        target = await self._custody.wallet(funding.amount.currency)
        escrow_id = self._escrows.new_id()
        proposal = Proposal(
            purpose=FUNDING,
            source=funding.source,
            amount=funding.amount,
            fee_limit=Money(funding.amount.currency, 0),
            cents=pocket.cents(funding.amount),
            payee=FrozenPayee(
                kind=PayeeKind.PHONE,
                label=payee.label,
                key=f"phone:{payee.phone}",
                wallet=target.id,
                currency=target.currency.value,
            ),
            memo=memo,
            subject=escrow_id,
        )
        notes = [self._words.say("wallet.escrow.offer", call.language, payee=escape(payee.label), days=self._days)]
        if funding.instead:
            notes.append(self._words.say(f"wallet.send.instead_{funding.amount.currency.lower()}", call.language))
        outcome = await self._payments.propose(call, member, proposal, notes=notes)
        if not outcome.changes.statements:
            return outcome  # it was refused
        body = Body(
            label=payee.label,
            memo=memo,
            sender_name=verified_name(pocket.me, member),
            refund_wallet=funding.source,
            transport=member.transport,
            chat=member.chat,
            language=member.language,
        )
        start = self._escrows.start(
            escrow_id, member.id, member.backend, payee.phone, funding.amount, body, days=self._days
        )
        return outcome + Outcome(changes=Batch((start,)))

    # --- claiming ------------------------------------------------------------------------------------------------

    async def claim(self, call: Call, member: Member, given: str) -> Outcome:
        """By somebody whose verified number it is for. Raises BackendError."""
        tries = await self._escrows.tries(member.id)
        if tries >= MOST_TRIES:
            return self._answer(call, "too_many_tries")
        escrow = await self._escrows.by_code(given, member.phone)
        if escrow is None:
            wrong = Batch((self._escrows.wrong_code(member.id),))
            return self._answer(call, "wrong_code", count=MOST_TRIES - tries - 1) + Outcome(changes=wrong)
        over = self._over(escrow, call.now)
        if over is not None:
            return self._answer(call, over, amount=plain(escrow.amount))
        if await self._holds.any(payouts=True):
            return self._answer(call, "held_back")
        return await self._claim(call, member, escrow, given)

    async def _claim(self, call: Call, member: Member, escrow: Escrow, given: str) -> Outcome:
        pocket = await self._purse.look(member, fresh=True)
        wallet = pocket.me.wallet(escrow.currency)
        if wallet is None:
            return self._answer(call, "no_wallet", amount=plain(escrow.amount))
        target = PayeeWallet(wallet.id, escrow.currency)
        payout, statements, job = await self._pay_out(escrow, CLAIM, target)
        claiming = self._escrows.claim(escrow, given, member.phone, member.id, payout.id)
        begun = self._answer(call, "claiming", amount=plain(escrow.amount), sender=escape(escrow.body.sender_name))
        return begun + Outcome(changes=Batch((claiming, *statements), durable=True), jobs=(job,))

    def _over(self, escrow: Escrow, now: int) -> str | None:
        """Why what has this code cannot be claimed now; None: it can."""
        if escrow.state is EscrowState.OPEN:
            return "over" if escrow.expires_at <= now else None
        if escrow.state is EscrowState.CLAIMING:
            return "claim_under_way"
        return "claimed_already" if escrow.state is EscrowState.DONE and not escrow.refunded else "went_back"

    # --- taking back ---------------------------------------------------------------------------------------------

    async def take_back(self, call: Call, escrow: Escrow) -> Outcome:
        """By who sent it; or it was claimed first, and the batch is a Conflict."""
        if await self._holds.any(payouts=True):
            return self._answer(call, "held_back")
        values = {"amount": plain(escrow.amount), "payee": escape(escrow.body.label)}
        return self._answer(call, "refunding", **values) + await self.refund(escrow)

    async def refund(self, escrow: Escrow) -> Outcome:
        payout, statements, job = await self._pay_out(escrow, REFUND, escrow.body.refund_wallet)
        changes = Batch((self._escrows.refund(escrow, payout.id), *statements), durable=True)
        return Outcome(changes=changes, jobs=(job,))

    async def _pay_out(
        self, escrow: Escrow, purpose: str, target: PayeeWallet
    ) -> tuple[Intent, tuple[Statement, ...], Job]:
        proposal = Proposal(
            purpose=purpose,
            source=await self._custody.wallet(escrow.currency),
            amount=escrow.amount,
            fee_limit=Money(escrow.currency, 0),
            cents=escrow.minor if escrow.currency is Currency.USD else 0,
            payee=FrozenPayee(
                kind=PayeeKind.NAME,
                label=escrow.body.label,
                key=f"wallet:{target.id}",
                wallet=target.id,
                currency=target.currency.value,
            ),
            memo=f"{MARKS[purpose]}{escrow.id}",
            subject=escrow.id,
        )
        return self._intents.payout(self._custody.name, await self._custody.account(), proposal)

    # --- what waits ----------------------------------------------------------------------------------------------

    async def sent(self, member: Member) -> Sequence[Escrow]:
        return await self._escrows.of_sender(member.id)

    async def received(self, member: Member, language: str) -> Sequence[Markup]:
        return [
            self._words.say(
                "wallet.escrow.line_received",
                language,
                amount=plain(escrow.amount),
                sender=escape(escrow.body.sender_name),
                command=code("claim CODE"),
            )
            for escrow in await self._escrows.waiting_for(member.phone)
        ]

    def _answer(self, call: Call, key: str, **values: Markup | str | int) -> Outcome:
        return Outcome(
            replies=(call.reply(SendText(self._words.say(f"wallet.escrow.{key}", call.language, **values))),)
        )


class Funding:
    """How paying into custody ends (`settling.Settled`)."""

    purpose = FUNDING
    tells = True

    def __init__(self, escrows: Escrows, words: Words) -> None:
        self._escrows = escrows
        self._words = words

    async def paid(self, intent: Intent) -> Outcome:
        escrow = await self._of(intent)
        if escrow is None:
            return NOTHING
        if escrow.state not in UNPAID:  # what left it since a backup was known before what came in
            return Outcome(changes=Batch((self._escrows.received(escrow, intent.id),), durable=True))
        secret = self._escrows.new_code()
        told = _tell(
            self._words,
            escrow,
            "funded",
            command=code(f"claim {secret}"),
            back=code("pending sent"),
            days=(escrow.expires_at - escrow.created_at) // DAY,
        )
        return Outcome((told,), Batch(tuple(self._escrows.opened(escrow, intent.id, secret)), durable=True))

    async def failed(self, intent: Intent) -> Outcome:
        escrow = await self._of(intent)
        if escrow is None:
            return NOTHING
        return Outcome((_tell(self._words, escrow, "not_funded"),), Batch((self._escrows.void(escrow),)))

    async def unknown(self, intent: Intent) -> Outcome:
        escrow = await self._of(intent)
        return NOTHING if escrow is None else Outcome((_tell(self._words, escrow, "funding_unknown"),))

    async def _of(self, intent: Intent) -> Escrow | None:
        return None if intent.subject is None else await self._escrows.get(intent.subject)


class PayingOut:
    """How a payment out of custody ends: of a claim, or of a refund."""

    tells = True

    def __init__(self, purpose: str, escrows: Escrows, accounts: Accounts, words: Words) -> None:
        self.purpose = purpose
        self._escrows = escrows
        self._accounts = accounts
        self._words = words

    async def paid(self, intent: Intent) -> Outcome:
        escrow = await self._of(intent)
        if escrow is None:
            return NOTHING
        changes = Batch(tuple(self._escrows.done(escrow, intent.id)), durable=True)
        key = "claimed" if self.purpose == CLAIM else "refunded"
        sender = _tell(self._words, escrow, key)
        return Outcome((sender, *await self._claimant(escrow, "received")), changes)

    async def failed(self, intent: Intent) -> Outcome:
        escrow = await self._of(intent)
        if escrow is None:
            return NOTHING
        changes = Batch((self._escrows.reopen(escrow, intent.id),), durable=True)
        if self.purpose == CLAIM:
            return Outcome(await self._claimant(escrow, "claim_failed"), changes)
        return Outcome((_tell(self._words, escrow, "refund_failed"),), changes)

    async def unknown(self, intent: Intent) -> Outcome:
        escrow = await self._of(intent)
        if escrow is None:
            return NOTHING
        if self.purpose == CLAIM:
            return Outcome(await self._claimant(escrow, "payout_unknown"))
        return Outcome((_tell(self._words, escrow, "payout_unknown"),))

    async def _of(self, intent: Intent) -> Escrow | None:
        escrow = None if intent.subject is None else await self._escrows.get(intent.subject)
        return escrow if escrow is not None and escrow.payout == intent.id else None

    async def _claimant(self, escrow: Escrow, key: str) -> tuple[Reply, ...]:
        member = None if escrow.claimant is None else await self._accounts.by_id(escrow.claimant)
        if member is None:
            return ()
        text = _sentence(self._words, escrow, key, member.language)
        return (member.reply(SendText(text), on_unknown=OnUnknown.RESEND_ONCE),)


class Expiry:
    """Every five minutes: what nobody claimed in time goes back, once. Not while payouts are held: they would fail."""

    kind = EXPIRE.kind
    concurrency = 1

    def __init__(self, held: Held, escrows: Escrows, holds: Holds) -> None:
        self._held = held
        self._escrows = escrows
        self._holds = holds

    async def run(self, claim: Claim) -> Outcome:
        if await self._holds.any(payouts=True):
            return NOTHING
        outcome = Outcome(changes=Batch((self._escrows.abandon(),)))
        for escrow in await self._escrows.over():
            outcome += await self._held.refund(escrow)
        return outcome


def sent_line(words: Words, escrow: Escrow, language: str) -> Markup:
    """For who sent it."""
    return words.say(
        f"wallet.escrow.line_{escrow.state.value}",
        language,
        amount=plain(escrow.amount),
        payee=escape(escrow.body.label),
        time=words.moment(escrow.expires_at, language),
    )


def _tell(words: Words, escrow: Escrow, key: str, **values: Markup | str | int) -> Reply:
    """To who sent it."""
    body = escrow.body
    text = _sentence(words, escrow, key, body.language, **values)
    return Reply(body.transport, body.chat, SendText(text), OnUnknown.RESEND_ONCE)


def _sentence(words: Words, escrow: Escrow, key: str, language: str, **values: Markup | str | int) -> Markup:
    given = {
        "amount": plain(escrow.amount),
        "payee": escape(escrow.body.label),
        "sender": escape(escrow.body.sender_name),
        **values,
    }
    return words.say(f"wallet.escrow.{key}", language, **given)
