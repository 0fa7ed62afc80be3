"""Money that came in: told once, whoever noticed it first (a subscription, a schedule, a payment of our own).

Whoever notices something asks for a look at the person's list (`look`); the look alone decides what is new, and its
message leaves with the note that it did.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from whinchat.apps.wallet.accounts import Accounts, Member
from whinchat.apps.wallet.backend import Backend, BackendError, Direction, Status, Transaction
from whinchat.apps.wallet.format import BETWEEN, Rates, about, both, hour
from whinchat.apps.wallet.intent import ESCROW
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.notices import DAY, Notices, Watermark
from whinchat.apps.wallet.reads import Reads
from whinchat.core.app import Schedule
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code
from whinchat.core.ports import Batch, Claim, Clock, Job, Statement
from whinchat.core.types import OnUnknown, SendText

KIND = "wallet.notify"
POLL = Job(kind="wallet.poll", key="everybody")
SCHEDULES = (Schedule("* * * * *", POLL),)

FIRST = 20  # transactions that a look begins with
MOST = 320  # … and ends with, when nothing known comes
AT_ONCE = 10  # that are told in one message
POLL_AFTER = 10 * 60_000  # milliseconds after which somebody is looked after whom nothing was heard of
POLLED = 50  # people a minute: the backend sees all of us at one address
RETURNED = 2 * DAY  # milliseconds in which a payment of our own may come back

_REFERENCE = re.compile(r"#([a-z2-7]{10})$")


def look(user_id: str) -> Job:
    """For something may have moved. However often it is asked for, it is done once, and once more when it was begun."""
    return Job(kind=KIND, key=user_id)


class Notify:
    """A look at one person's list."""

    kind = KIND
    concurrency = 8

    def __init__(
        self,
        accounts: Accounts,
        backend: Backend,
        reads: Reads,
        notices: Notices,
        intents: Intents,
        words: Words,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._backend = backend
        self._reads = reads
        self._notices = notices
        self._intents = intents
        self._words = words
        self._clock = clock

    async def run(self, claim: Claim) -> Outcome:
        """Raises BackendError: it is tried again."""
        member = await self._accounts.by_id(claim.key)
        if member is None or member.closing:
            return NOTHING
        try:
            changes = await self._look(member)
        except BackendError as error:
            if error.code != "unauthenticated":
                raise
            return NOTHING  # the person hears of it when they write
        guarded = Batch((self._accounts.stands(member), *changes.changes.statements), durable=True)
        return Outcome(changes.replies, guarded, changes.jobs)

    async def _look(self, member: Member) -> Outcome:
        watermark = await self._notices.watermark(member)
        if watermark is None:
            return await self._first_look(member)
        listed = await self._listed(member, watermark)
        received = [each for each in listed if each.direction is Direction.RECEIVE and each.time >= watermark.since]
        noted = await self._notices.noted(member, received)
        new = sorted((each for each in received if each.id not in noted), key=lambda each: each.time)
        newest = self._newest(member, listed) or watermark.newest
        if new or newest != watermark.newest:
            self._reads.moved(member.id)
        more = len(new) > AT_ONCE
        # The rest is found by the next look, which must go back as far as this one.
        mark = Watermark(watermark.since, watermark.newest if more else newest)
        told, notes = await self._ended(member, new[:AT_ONCE])
        text = await self._text(member, told)
        return Outcome(
            replies=() if text is None else (member.reply(SendText(text), on_unknown=OnUnknown.RESEND_ONCE),),
            changes=Batch((self._notices.mark(member, mark), *notes)),
            jobs=(look(member.id),) if more else (),
        )

    async def _first_look(self, member: Member) -> Outcome:
        """Everything up to now is old. The backend's clock counts: ours may be ahead of it."""
        listed = (await self._backend.transactions(member.token, FIRST)).transactions
        since = max((each.time for each in listed), default=0)
        if not listed and not self._backend.capabilities.empty_means_nothing:
            since = self._clock.now()
        # Its times may be whole seconds, and the second not be over.
        same = [each for each in _each_once(listed) if each.direction is Direction.RECEIVE and each.time == since]
        mark = self._notices.mark(member, Watermark(since, self._newest(member, listed)))
        return Outcome(changes=Batch((mark, *(self._notices.note(member, each) for each in same))))

    async def _listed(self, member: Member, watermark: Watermark) -> Sequence[Transaction]:
        """At least back to what was known at the last look, if that can be had."""
        first = FIRST
        while True:
            listed = (await self._backend.transactions(member.token, first)).transactions
            if len(listed) < first or first >= MOST or self._reaches(member, listed, watermark):
                return _each_once(listed)
            first *= 2

    def _reaches(self, member: Member, listed: Sequence[Transaction], watermark: Watermark) -> bool:
        return any(
            each.time < watermark.since or self._notices.digest(member, each) == watermark.newest for each in listed
        )

    def _newest(self, member: Member, listed: Sequence[Transaction]) -> bytes | None:
        newest = max(listed, key=lambda each: each.time, default=None)
        return None if newest is None else self._notices.digest(member, newest)

    async def _ended(
        self, member: Member, new: Sequence[Transaction]
    ) -> tuple[list[Transaction], tuple[Statement, ...]]:
        """What is to be told, and the notes of all that will not change any more."""
        records = [await self._record(member, each) for each in new]
        ended = [each for each in records if each.status is not Status.PENDING]
        told = [each for each in ended if each.status is Status.SUCCESS and not await self._own(member, each)]
        return told, tuple(self._notices.note(member, each) for each in ended)

    async def _record(self, member: Member, listed: Transaction) -> Transaction:
        able = self._backend.capabilities
        if not able.details or (able.memo_in_list and able.hash_in_list and able.status_in_list):
            return listed
        return await self._backend.transaction(member.token, listed.id)

    async def _own(self, member: Member, received: Transaction) -> bool:
        """Whether it is told by a text of its own: paid from custody, or a payment that came back."""
        reference = _REFERENCE.search(received.memo or "")
        if reference is not None:
            intent = await self._intents.get(reference[1])
            if intent is not None and intent.owner == ESCROW and intent.amount == received.amount:
                return True
        if received.hash is None:
            return False
        paid = await self._intents.recent(member.id, RETURNED)
        return any(each.body.payee.hash == received.hash for each in paid)

    # --- the message ---

    async def _text(self, member: Member, told: Sequence[Transaction]) -> Markup | None:
        if not told:
            return None
        rates = await self._reads.rates(member.currency)
        if len(told) == 1:
            lines = [
                self._say(member, "one", amount=both(told[0].amount, rates)),
                *about(self._words, told[0], member.language),
            ]
        else:
            lines = [self._say(member, "several", count=len(told))]
            lines += [self._line(member, each, rates) for each in told]
        lines += await self._balances(member, told, rates)
        if not await self._notices.any(member):
            lines.append(self._say(member, "hint", history=code("history"), balance=code("balance")))
        return Markup("\n").join(lines)

    def _line(self, member: Member, received: Transaction, rates: Rates | None) -> Markup:
        details = about(self._words, received, member.language)
        parts = [both(received.amount, rates), *details, hour(received.time)]
        return self._say(member, "entry", text=Markup(BETWEEN).join(parts))

    async def _balances(self, member: Member, told: Sequence[Transaction], rates: Rates | None) -> list[Markup]:
        """Of the wallets that something came into; none where they cannot be read just now."""
        try:
            me = (await self._reads.me(member)).value
        except BackendError:
            return []
        touched = {each.wallet for each in told}
        return [
            self._say(member, "balance", amount=both(each.balance, rates)) for each in me.wallets if each.id in touched
        ]

    def _say(self, member: Member, key: str, **values: str | int) -> Markup:
        return self._words.say(f"wallet.received.{key}", member.language, **values)


class Poll:
    """Every minute: a look for those after whom nobody looked for a while."""

    kind = POLL.kind
    concurrency = 1

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    async def run(self, claim: Claim) -> Outcome:
        due = await self._notices.due(POLL_AFTER, POLLED)
        return Outcome(
            changes=Batch(tuple(self._notices.asked(each) for each in due)), jobs=tuple(look(each) for each in due)
        )


def _each_once(listed: Sequence[Transaction]) -> list[Transaction]:
    return list({each.id: each for each in listed}.values())
