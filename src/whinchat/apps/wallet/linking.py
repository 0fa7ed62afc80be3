"""How somebody links their account: who may ask for a code, who may try one, and what ends it again.

Only the phone number that the network itself vouches for is ever sent to the backend.
"""

from __future__ import annotations

from whinchat.apps.wallet.accounts import Accounts, Known
from whinchat.apps.wallet.attempts import CODES, FAILURES, Attempts
from whinchat.apps.wallet.codes import NEXT
from whinchat.apps.wallet.identity import Identities, phone_key
from whinchat.apps.wallet.logins import login
from whinchat.apps.wallet.sayings import Sayings
from whinchat.apps.wallet.sessions import Sessions
from whinchat.apps.wallet.users import Profile, User, Users, random_id
from whinchat.core.dispatch.context import Call, Context
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.ports import Batch, Random, Sealer


class Linking:
    def __init__(
        self,
        accounts: Accounts,
        users: Users,
        identities: Identities,
        sessions: Sessions,
        attempts: Attempts,
        sayings: Sayings,
        *,
        sealer: Sealer,
        random: Random,
    ) -> None:
        self._accounts = accounts
        self._users = users
        self._identities = identities
        self._sessions = sessions
        self._attempts = attempts
        self._sayings = sayings
        self._sealer = sealer
        self._random = random

    async def begin(self, call: Call) -> Outcome:
        """Asks for a code, now or when there is room."""
        found = await self._accounts.known(call)
        if isinstance(found, Outcome):
            return found
        user, phone = found.user, call.event.sender.phone
        if user is not None and user.open is not None and not user.open.over(call.now):
            return self._sayings.answer(call, "wallet.link.already")
        if phone is None:
            return self._sayings.answer(call, "wallet.link.no_phone")
        if user is not None and user.waiting_at is not None:
            return self._sayings.answer(call, "wallet.link.waiting")
        key = phone_key(self._sealer, phone)
        wait = max(await self._attempts.wait(CODES, key), await self._attempts.wait(FAILURES, key))
        if wait:
            return self._sayings.answer(call, "wallet.link.too_many", span=wait)
        wait = await self._attempts.room()
        in_line = await self._in_line(call, found, phone, told=wait > 0)
        return in_line + self._sayings.answer(call, "wallet.link.line" if wait else "wallet.link.code", span=wait)

    async def _in_line(self, call: Context, found: Known, phone: str, *, told: bool) -> Outcome:
        user = found.user
        currency = "" if user is None else user.profile.currency
        profile = Profile(phone, call.event.chat, call.event.account, currency)
        outcome = Outcome()
        if user is None:
            user_id = random_id(self._random)
            outcome += Outcome(changes=Batch((self._users.add(user_id, profile, call.now),)))
        else:
            user_id = user.id
            if user.open is not None:
                outcome += self._sessions.end(user, call.now)
        learned = self._identities.learn(user_id, found.new)
        waits = self._users.wait(user_id, profile, call.now, told=told)
        return outcome + Outcome(changes=Batch((*learned, waits)), jobs=(NEXT,))

    async def check(self, call: Call, code: str) -> Outcome:
        """Tries a code; the answer comes from the job."""
        found = await self._accounts.known(call)
        if isinstance(found, Outcome):
            return found
        user = found.user
        if user is None:
            return self._sayings.answer(call, "wallet.verify.nothing")
        if not user.awaits_code(call.now):
            return self._sayings.answer(call, _not_awaited(user))
        wait = await self._attempts.wait(FAILURES, phone_key(self._sealer, user.profile.phone))
        if wait:
            return self._sayings.answer(call, "wallet.verify.too_many", span=wait)
        wait = await self._attempts.wait(FAILURES)
        if wait:
            # The code will be too old by then: another one is asked for.
            waits = self._users.wait(user.id, user.profile, call.now, told=True)
            return Outcome(changes=Batch((waits,)), jobs=(NEXT,)) + self._sayings.answer(
                call, "wallet.verify.line", span=wait
            )
        return Outcome(jobs=(login(user, code, self._random),))

    async def end(self, call: Call) -> Outcome:
        """Ends the session, or the linking that was begun."""
        found = await self._accounts.known(call)
        if isinstance(found, Outcome):
            return found
        user = found.user
        if user is None or not (user.open or user.waiting_at or user.asked_at):
            return self._sayings.answer(call, "wallet.unlink.nothing")
        key = "wallet.unlink.done" if user.open else "wallet.unlink.called_off"
        return self._sessions.end(user, call.now) + self._sayings.answer(call, key)


def _not_awaited(user: User) -> str:
    if user.open is not None:
        return "wallet.link.already"
    return "wallet.verify.nothing" if user.waiting_at is None else "wallet.link.waiting"
