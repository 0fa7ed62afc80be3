"""`start`: what this is, where the person stands, and what to do next."""

from __future__ import annotations

from whinchat.apps.wallet import grammar
from whinchat.apps.wallet.accounts import Accounts, Known, Member
from whinchat.apps.wallet.backend import BackendError, Me
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.sayings import Sayings, quoting
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.markup import Markup


class Start:
    """One short card, and one step."""

    spec = grammar.START

    def __init__(self, accounts: Accounts, reads: Reads, sayings: Sayings) -> None:
        self._accounts = accounts
        self._reads = reads
        self._sayings = sayings

    async def handle(self, call: Call) -> Outcome:
        known = await self._accounts.known(call)
        if isinstance(known, Outcome):
            return known
        if known.user is None or known.user.open is None:
            return self._card(call, "welcome", _first_step(call, known))
        found = await self._accounts.recognise(call)
        if isinstance(found, Outcome):
            return found
        member, used = found
        return Outcome(changes=used) + self._card(call, "linked", await self._next_step(member))

    def _card(self, call: Call, card: str, step: str) -> Outcome:
        lines = [self._sayings.text(f"wallet.start.{key}", call.language) for key in (card, step)]
        return Outcome((quoting(call, Markup("\n\n").join(lines)),))

    async def _next_step(self, member: Member) -> str:
        try:
            me = (await self._reads.me(member)).value
        except BackendError:
            return "help"
        if not any(wallet.balance.minor for wallet in me.wallets):
            return "fill"
        return _missing(member, me)


def _first_step(call: Call, known: Known) -> str:
    if known.user is not None and known.user.awaits_code(call.now):
        return "send_code"
    if known.user is not None and known.user.waiting_at is not None:
        return "wait"
    return "link" if call.event.sender.phone is not None else "no_phone"


def _missing(member: Member, me: Me) -> str:
    if me.username is None:
        return "name"
    return "help" if member.has_pin else "guard"
