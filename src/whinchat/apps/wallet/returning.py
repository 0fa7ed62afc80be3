"""Asking for money back that was paid inside the backend: a request like any other, to whoever received it."""

from __future__ import annotations

from whinchat.apps.wallet.accounts import Accounts, Member
from whinchat.apps.wallet.asking import question, verified_name
from whinchat.apps.wallet.intent import Intent
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.requests import Body, Requests
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.i18n import Words
from whinchat.core.ports import Batch
from whinchat.core.types import OnUnknown, SendText


class Returning:
    """`commands.undo.Returns`."""

    def __init__(self, requests: Requests, accounts: Accounts, reads: Reads, words: Words) -> None:
        self._requests = requests
        self._accounts = accounts
        self._reads = reads
        self._words = words

    async def ask(self, call: Call, member: Member, intent: Intent) -> Outcome | None:
        """The amount without the fee, into the wallet that it left. None: the receiver has no session here, has
        blocked the person, or was asked too often. Raises BackendError."""
        receiver = await self._accounts.by_wallet(intent.body.payee.wallet)
        if receiver is None or await self._requests.refusal(member.id, receiver.id) is not None:
            return None
        me = (await self._reads.me(member)).value
        body = Body(
            requester_name=verified_name(me, member),
            payer_name=intent.body.payee.label,
            target=intent.body.source,
            transport=member.transport,
            chat=member.chat,
            language=member.language,
            memo=str(self._words.say("wallet.request.back", receiver.language)),
        )
        asked = self._requests.ask(member.id, receiver.id, member.backend, intent.amount, body)
        text = question(self._words, receiver.language, body, intent.amount)
        told = receiver.reply(SendText(text), on_unknown=OnUnknown.RESEND_ONCE)
        return Outcome((told,), Batch((asked,)))
