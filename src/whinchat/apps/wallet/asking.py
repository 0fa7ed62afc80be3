"""Asking somebody for money, and what they may do about it: pay, decline, or hear no more of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol

from whinchat.apps.wallet.accounts import Accounts, Member
from whinchat.apps.wallet.backend import Me, PayeeWallet
from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.inside import Inside, NeedsEscrow
from whinchat.apps.wallet.intent import Intent
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.labels import masked
from whinchat.apps.wallet.money import Money
from whinchat.apps.wallet.payee import FrozenPayee, Payee, PayeeKind
from whinchat.apps.wallet.payees import Payees
from whinchat.apps.wallet.payments import Payments
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.refusals import Unpayable
from whinchat.apps.wallet.requests import Body, Request, Requests, RequestState
from whinchat.apps.wallet.settling import Settling
from whinchat.apps.wallet.transitions import DOUBTFUL, OPEN, State
from whinchat.core.dispatch.arguments import INVISIBLE
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code, escape
from whinchat.core.ports import Batch
from whinchat.core.types import OnUnknown, Reply, SendText

PURPOSE = "request"
LONGEST_MEMO = 100  # code points
_LINK = re.compile(r"\S[.\u3002][^\W\d_]{2}|://|\d\.\d+\.\d+\.\d")
_UNSEEN = re.compile(rf"[{INVISIBLE}]+")


class Confirming(Protocol):
    """`commands.confirm.Confirm`."""

    async def coded(self, call: Call, member: Member, given: str) -> Outcome | None: ...


class Asking:
    """What is said and done about requests. Raises BackendError; Unpayable becomes the answer."""

    def __init__(
        self,
        requests: Requests,
        intents: Intents,
        payments: Payments,
        settling: Settling,
        accounts: Accounts,
        inside: Inside,
        payees: Payees,
        reads: Reads,
        confirming: Confirming,
        words: Words,
    ) -> None:
        self._requests = requests
        self._intents = intents
        self._payments = payments
        self._settling = settling
        self._accounts = accounts
        self._inside = inside
        self._payees = payees
        self._reads = reads
        self._confirming = confirming
        self._words = words

    # --- who asks ------------------------------------------------------------------------------------------------

    async def ask(self, call: Call, member: Member, payee: Payee, amount: Money, memo: str) -> Outcome:
        """The payer hears of it in their own direct chat. Whoever has no session here hears nothing."""
        try:
            return await self._ask(call, member, payee, amount, memo)
        except Unpayable as refusal:
            return self._answer(call, refusal.key, **refusal.values)

    async def _ask(self, call: Call, member: Member, payee: Payee, amount: Money, memo: str) -> Outcome:
        if len(memo.splitlines()) > 1 or has_link(memo):
            raise Unpayable("wallet.request.no_links")
        if len(memo) > LONGEST_MEMO:
            raise Unpayable("wallet.request.long_memo", count=LONGEST_MEMO)
        payer, label = await self._payer(member, payee)
        if payer.account == member.account:
            raise Unpayable("wallet.payee.self")
        reason = await self._requests.refusal(member.id, payer.id)
        if reason is not None:
            raise Unpayable(f"wallet.request.{reason}", payee=label)
        me = (await self._reads.me(member)).value
        body = Body(
            requester_name=verified_name(me, member),
            payer_name=label,
            target=_target(me, amount),
            transport=member.transport,
            chat=member.chat,
            language=member.language,
            memo=memo,
        )
        asked = self._requests.ask(member.id, payer.id, member.backend, amount, body)
        told = payer.reply(
            SendText(question(self._words, payer.language, body, amount)), on_unknown=OnUnknown.RESEND_ONCE
        )
        done = self._answer(call, "wallet.request.sent", amount=plain(amount), payee=escape(label))
        return done + Outcome((told,), Batch((asked,)))

    async def _payer(self, member: Member, payee: Payee) -> tuple[Member, str]:
        """Who is asked, and what whoever asks calls them."""
        if payee.kind in {PayeeKind.ADDRESS, PayeeKind.LNURL, PayeeKind.INVOICE}:
            raise Unpayable("wallet.request.needs_person")
        found = await self._inside.find(member, payee)
        if isinstance(found, NeedsEscrow):
            raise Unpayable("wallet.request.not_here", payee=found.label)
        payer = await self._accounts.by_wallet(found.wallet)
        if payer is None:
            raise Unpayable("wallet.request.not_here", payee=found.label)
        return payer, found.label

    async def withdraw(self, call: Call, request: Request) -> Outcome:
        """By who asked. What the payer was shown for it and has not confirmed is called off."""
        values = {"amount": plain(request.amount), "payee": escape(request.body.payer_name)}
        changes = Batch((self._requests.settle(request, RequestState.WITHDRAWN),))
        done = self._answer(call, "wallet.request.withdrawn", **values) + Outcome(changes=changes)
        return done + await self._called_off(await self._intents.of_subject(request.id))

    # --- who is asked --------------------------------------------------------------------------------------------

    async def numbered(self, call: Call, member: Member, number: int | None) -> Outcome:
        """The question whether that one shall be paid; None: the only one, or which."""
        waiting = await self._requests.received(member.id)
        chosen = [each for each in waiting if number in (None, each.number)]
        if len(chosen) == 1:
            try:
                return await self._propose(call, member, chosen[0])
            except Unpayable as refusal:
                return self._answer(call, refusal.key, **refusal.values)
        if not waiting:
            return self._answer(call, "wallet.request.none")
        if number is not None:
            return self._answer(call, "wallet.request.no_number", count=number, command=code("pending received"))
        lines = [self._words.say("wallet.request.which", call.language), *self.lines(waiting, call.language)]
        return Outcome((call.answer(Markup("\n").join(lines)),))

    async def _propose(self, call: Call, member: Member, request: Request) -> Outcome:
        """An own payment of the payer's; what they have open for the same request is called off first."""
        before = await self._intents.of_subject(request.id)
        if any(each.state in (*DOUBTFUL, State.PAID) for each in before):
            raise Unpayable("wallet.request.under_way")
        target = request.body.target
        payee = FrozenPayee(
            kind=PayeeKind.USERNAME,
            label=request.body.requester_name,
            key=f"wallet:{target.id}",
            named=f"requester:{request.requester}",
            wallet=target.id,
            currency=target.currency.value,
        )
        found = await self._payees.towards(
            member, payee, request.amount, purpose=PURPOSE, memo=request.body.memo, subject=request.id
        )
        called_off = await self._called_off(before)
        proposed = await self._payments.propose(call, member, found.proposal, pin=found.needs_pin, notes=found.notes)
        return called_off + proposed

    async def coded(self, call: Call, member: Member, code: str) -> Outcome | None:
        """`pay CODE`: the same as `confirm CODE`. None: nothing that was shown has this code."""
        return await self._confirming.coded(call, member, code)

    async def _called_off(self, intents: Sequence[Intent]) -> Outcome:
        """Those of a request that are not confirmed yet."""
        return await self._settling.cancelled([each for each in intents if each.state in OPEN])

    async def decline(self, call: Call, member: Member, number: int, *, block: bool) -> Outcome:
        """Nothing is paid, and whoever asked is told; with `block` they can ask no more."""
        found = [each for each in await self._requests.received(member.id) if each.number == number]
        if not found:
            return self._answer(call, "wallet.request.no_number", count=number, command=code("pending received"))
        request = found[0]
        changes = [self._requests.settle(request, RequestState.DECLINED)]
        if block:
            changes.append(self._requests.block(member.id, request.requester))
        done = self._answer(
            call,
            "wallet.request.blocked_done" if block else "wallet.request.declined_done",
            requester=escape(request.body.requester_name),
        )
        done += Outcome((_tell(self._words, request, "declined"),), Batch(tuple(changes)))
        return done + await self._called_off(await self._intents.of_subject(request.id))

    # --- what waits ----------------------------------------------------------------------------------------------

    def lines(self, requests: Sequence[Request], language: str) -> list[Markup]:
        """Of those that a person has received."""
        return [
            self._words.say(
                "wallet.request.line_received",
                language,
                number=each.number,
                amount=plain(each.amount),
                requester=escape(each.body.requester_name),
                memo=self._memo(each, language),
                pay=code(f"pay {each.number}"),
                decline=code(f"pending decline {each.number}"),
                block=code(f"pending block {each.number}"),
            )
            for each in requests
        ]

    def _memo(self, request: Request, language: str) -> Markup:
        memo = request.body.memo
        return self._words.say("wallet.request.line_memo", language, memo=escape(memo)) if memo else Markup("")

    def line_sent(self, request: Request, language: str) -> Markup:
        return self._words.say(
            "wallet.request.line_sent",
            language,
            amount=plain(request.amount),
            payee=escape(request.body.payer_name),
            time=self._words.moment(request.expires_at, language),
        )

    def _answer(self, call: Call, key: str, **values: Markup | str | int) -> Outcome:
        return Outcome((call.answer(self._words.say(key, call.language, **values)),))


class RequestPaid:
    """How a payment that somebody was asked for ends (`settling.Settled`)."""

    purpose = PURPOSE
    tells = False

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    async def paid(self, intent: Intent) -> Outcome:
        """Whoever asked hears of the money itself (`notifications`)."""
        request = None if intent.subject is None else await self._requests.get(intent.subject)
        if request is None or request.state is not RequestState.OPEN:
            return NOTHING  # withdrawn while it was being paid: it is paid all the same
        return Outcome(changes=Batch((self._requests.settle(request, RequestState.PAID),)))

    async def failed(self, intent: Intent) -> Outcome:
        return NOTHING

    async def unknown(self, intent: Intent) -> Outcome:
        return NOTHING


def has_link(text: str) -> bool:
    """Whether an app may show something in it as a link, whatever letters it is written with."""
    return _LINK.search(_UNSEEN.sub("", unicodedata.normalize("NFKC", text))) is not None


def question(words: Words, language: str, body: Body, amount: Money) -> Markup:
    """What somebody reads who is asked for money."""
    lines = [words.say("wallet.request.asked", language, requester=escape(body.requester_name), amount=plain(amount))]
    if body.memo:
        lines.append(words.say("wallet.request.memo", language, memo=escape(body.memo)))
    lines.append(words.say("wallet.request.ways", language, command=code("pending received")))
    return Markup("\n").join(lines)


def verified_name(me: Me, member: Member) -> str:
    """What a person is called to others: the username that the backend knows, else the number, shortened."""
    return f"@{me.username}" if me.username else masked(member.phone)


def _target(me: Me, amount: Money) -> PayeeWallet:
    wallet = me.wallet(amount.currency)
    if wallet is None:
        raise Unpayable("wallet.request.no_wallet", amount=plain(amount))
    return PayeeWallet(wallet.id, amount.currency)


def _tell(words: Words, request: Request, key: str) -> Reply:
    """To who asked."""
    body = request.body
    text = words.say(
        f"wallet.request.{key}", body.language, amount=plain(request.amount), payee=escape(body.payer_name)
    )
    return Reply(body.transport, body.chat, SendText(text), OnUnknown.RESEND_ONCE)
