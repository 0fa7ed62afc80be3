"""`receive`: an invoice of one's own, as text to copy and as a picture to scan.

A job makes it: that is an effect outside, and a handler may run twice. A job that does leaves an invoice behind that
nobody is told of, which nobody can pay.
"""

from __future__ import annotations

from functools import partial

import msgspec

from whinchat.apps.wallet import grammar, invoice
from whinchat.apps.wallet.accounts import Accounts, Member
from whinchat.apps.wallet.backend import Backend, BackendError, Me, PayeeWallet, Wallet
from whinchat.apps.wallet.format import BETWEEN, both, hour, kind, plain
from whinchat.apps.wallet.invoice import Decoded
from whinchat.apps.wallet.money import Currency, Money
from whinchat.apps.wallet.qr import picture
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.refusals import Unpayable
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, escape
from whinchat.core.ports import Claim, Clock, Job, Workers
from whinchat.core.types import MediaKind, MessageRef, Reply, SendMedia, SendText

KIND = "wallet.receive"
PATIENCE = 3  # attempts, a few seconds apart; then the person is told that it cannot be done now


class _Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    user: str
    quote: MessageRef
    amount: Money | None = None
    memo: str = ""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Wanted).decode


class Receive:
    spec = grammar.RECEIVE
    money = False

    async def handle(self, call: Call, member: Member) -> Outcome:
        wanted = _Wanted(member.id, call.message.ref, call.args[grammar.ANY_AMOUNT], call.args[grammar.NOTE] or "")
        return Outcome(jobs=(Job(kind=KIND, key=str(call.event_id), payload=_encode(wanted)),))


class MakeInvoice:
    kind = KIND
    concurrency = 4

    def __init__(
        self,
        accounts: Accounts,
        backend: Backend,
        reads: Reads,
        words: Words,
        *,
        workers: Workers,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._backend = backend
        self._reads = reads
        self._words = words
        self._workers = workers
        self._clock = clock

    async def run(self, claim: Claim) -> Outcome:
        wanted = _decode(claim.payload)
        member = await self._accounts.by_id(wanted.user)
        if member is None or member.closing:
            return NOTHING
        try:
            return Outcome(replies=await self._made(member, wanted))
        except BackendError as error:
            if error.retryable and claim.attempt < PATIENCE:
                raise
            key = "failed" if error.retryable else "refused"
            return Outcome(replies=(self._text(member, wanted, self._say(member, key)),))

    async def _made(self, member: Member, wanted: _Wanted) -> tuple[Reply, ...]:
        me = (await self._reads.me(member)).value
        wallet = _wallet(me, wanted.amount)
        if wallet is None:
            return (self._text(member, wanted, self._say(member, "no_wallet")),)
        into = PayeeWallet(wallet.id, wallet.balance.currency)
        made = await self._backend.create_invoice(member.token, into, wanted.amount, wanted.memo)
        decoded = self._checked(made.bolt11, wanted.amount)
        text = await self._described(member, wanted, into.currency, decoded)
        code = await self._workers.run(partial(picture, decoded.text))
        return (
            self._text(member, wanted, text),
            member.reply(SendText(decoded.text)),
            member.reply(SendMedia(MediaKind.IMAGE, "image/png", code, file_name="invoice.png")),
        )

    def _checked(self, bolt11: str, amount: Money | None) -> Decoded:
        """Raises BackendError: it is not what was asked for."""
        try:
            decoded = invoice.decode(bolt11, self._backend.capabilities.network, self._clock.now())
        except Unpayable as fault:
            raise BackendError("an invoice that nobody can pay") from fault
        if (decoded.amount is None) != (amount is None):
            raise BackendError("an invoice over another amount")
        if amount is not None and amount.currency is Currency.BTC and decoded.amount != amount:
            raise BackendError("an invoice over another amount")
        return decoded

    async def _described(self, member: Member, wanted: _Wanted, into: Currency, decoded: Decoded) -> Markup:
        lines = [self._say(member, "open")]
        if wanted.amount is not None and decoded.amount is not None:
            if into is Currency.BTC:
                amount = both(wanted.amount, await self._reads.rates(member.currency))
            else:
                amount = Markup(BETWEEN.join((plain(wanted.amount), plain(decoded.amount))))
            lines = [self._say(member, "over", amount=amount)]
        if wanted.memo:
            lines.append(self._words.say("wallet.transaction.memo", member.language, memo=escape(wanted.memo)))
        span = self._words.duration((decoded.expires_at - self._clock.now()) // 60_000 * 60_000, member.language)
        lines.append(self._say(member, f"into_{kind(into)}"))
        lines.append(self._say(member, "expires", span=span, time=hour(decoded.expires_at)))
        return Markup("\n").join(lines)

    def _text(self, member: Member, wanted: _Wanted, text: Markup) -> Reply:
        return member.reply(SendText(text, quote=wanted.quote))

    def _say(self, member: Member, key: str, **values: str | int) -> Markup:
        return self._words.say(f"wallet.receive.{key}", member.language, **values)


def _wallet(me: Me, amount: Money | None) -> Wallet | None:
    """The one that an invoice is paid into: by its currency, or else the person's usual one."""
    if amount is not None:
        return me.wallet(amount.currency)
    return next((each for each in me.wallets if each.id == me.default_wallet), None)
