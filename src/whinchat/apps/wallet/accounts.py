"""The people whose accounts are linked: who writes, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from whinchat.apps.wallet.backend import BackendError
from whinchat.apps.wallet.guards import Guards
from whinchat.apps.wallet.identity import Alias, Identities, Identity
from whinchat.apps.wallet.sayings import Sayings
from whinchat.apps.wallet.sessions import Sessions
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.apps.wallet.users import Profile, Session, User, Users
from whinchat.core.app import AppContext
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.inbox import chat_key
from whinchat.core.ports import Batch, Statement
from whinchat.core.secret import Secret
from whinchat.core.types import Action, ChatKind, ChatRef, OnUnknown, Reply, Urgency, UserRef

EXPLAINED = frozenset(("unavailable", "rate_limited", "not_found", "rejected"))
"""What the backend says, as far as there are sentences for it."""
LATE = 5 * 60 * 1000  # milliseconds after which a message moves no money


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody with a session at the backend. Never logged: phone and token are theirs."""

    id: str
    backend: str
    account: bytes
    """Keyed hash of the account's id at the backend: what limits and spending are counted by."""
    session: str
    token: Secret
    phone: str
    """E.164, by the transport's word."""
    chat: ChatRef
    """Direct: where money is spoken of."""
    chat_key: bytes
    transport: str
    """The account of ours that the chat is with."""
    language: str
    payment_limit: int
    day_limit: int
    """US cents, as they are in force now."""
    currency: str
    """ISO 4217, for display."""
    has_pin: bool
    closing: bool = False
    """The session is over; the token is kept only to find out what became of payments, and for nothing else."""

    def reply(
        self,
        action: Action,
        *,
        on_unknown: OnUnknown = OnUnknown.DROP,
        urgency: Urgency = Urgency.ANSWER,
        subject: str = "",
        receipt: str = "",
    ) -> Reply:
        """`action` in the person's direct chat."""
        return Reply(self.transport, self.chat, action, on_unknown, urgency, subject=subject, receipt=receipt)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of whoever writes. `new`: names of theirs that no row has yet."""

    user: User | None
    new: tuple[Alias, ...]


class Accounts:
    """Everything here reads; what is to change is given as statements for an outcome."""

    def __init__(
        self,
        given: AppContext,
        settings: WalletSettings,
        identities: Identities,
        users: Users,
        guards: Guards,
        sessions: Sessions,
        sayings: Sayings,
    ) -> None:
        self._given = given
        self._settings = settings
        self._identities = identities
        self._users = users
        self._guards = guards
        self._sessions = sessions
        self._sayings = sayings

    # --- who writes ---

    async def recognise(self, context: Context) -> tuple[Member, Batch] | Outcome:
        """The person and what belongs to the outcome of whatever they asked for, which fails should their session end
        meanwhile; or what to answer to somebody who has none.
        """
        found = await self.known(context)
        if isinstance(found, Outcome):
            return found
        user = found.user
        session = None if user is None else user.open
        if user is None or session is None:
            return self._answer(context, "wallet.link.first" if _is_new(user) else "wallet.link.again")
        if session.over(context.now):
            return self._answer(context, "wallet.link.over") + self._sessions.end(user, context.now)
        profile = self._profile(context, user)
        used = self._users.used(user.id, session.id, context.now, None if profile == user.profile else profile)
        changes = Batch((used, *self._identities.learn(user.id, found.new)))
        return await self._member(user.id, session, profile), changes

    async def known(self, context: Context) -> Known | Outcome:
        """The row of whoever writes, linked or not; an outcome when the network gives their names to somebody else than
        before: then all sessions concerned have ended.
        """
        identity = await self._identities.of(context.event.account, context.event.sender)
        if identity.contested:
            return await self._taken_over(context, identity)
        user = None if identity.user is None else await self._users.get(identity.user)
        return Known(user, identity.new)

    async def _taken_over(self, context: Context, identity: Identity) -> Outcome:
        outcome = self._answer(context, "wallet.link.taken_over")
        for user in filter(None, [await self._users.get(user_id) for user_id in identity.contested]):
            outcome += self._sessions.end(user, context.now)
            outcome += Outcome(changes=Batch((self._users.unnamed(user.id),)))
        return outcome + Outcome(changes=Batch(self._identities.release(identity.presented)))

    # --- others ---

    async def by_id(self, user_id: str) -> Member | None:
        """Somebody with a session; also `closing`, with one that is over."""
        user = await self._users.get(user_id)
        if user is None or user.session is None:
            return None
        return await self._member(user.id, user.session, user.profile)

    async def by_phone(self, phone: str) -> Member | None:
        """Somebody with a session, by their number in E.164."""
        user = await self._users.by_phone(phone)
        return await self._open_member(user)

    async def by_wallet(self, wallet: str) -> Member | None:
        """Somebody with a session, by the id of one of their wallets at the backend."""
        user = await self._users.by_wallet(wallet)
        return await self._open_member(user)

    async def by_person(self, transport: str, person: UserRef) -> Member | None:
        """Somebody with a session, such as a group's member."""
        identity = await self._identities.of(transport, person)
        user = None if identity.user is None else await self._users.get(identity.user)
        return await self._open_member(user)

    async def active(self, since: int, limit: int) -> list[str]:
        """Ids of people with a session who used it since then, the latest first."""
        return await self._users.active(since, limit)

    # --- a session ---

    def stands(self, member: Member) -> Statement:
        """Makes a batch fail (Conflict) unless the person's session is still the same and open."""
        return Statement(
            "UPDATE wallet_users SET used_at = used_at WHERE id = :id AND session = :session AND closing_at IS NULL",
            {"id": member.id, "session": member.session},
            rows=1,
        )

    def show_in(self, member: Member, currency: str, now: int) -> Statement:
        """Amounts are shown in this currency too; ISO 4217."""
        profile = Profile(member.phone, member.chat, member.transport, currency)
        return self._users.used(member.id, member.session, now, profile)

    def late(self, context: Context) -> Outcome | None:
        """What to answer to a message that is too old to move money; None to others."""
        if context.now - context.event.time <= LATE:
            return None
        return self._answer(context, "wallet.link.late", private=False)

    async def trouble(self, context: Context, member: Member, error: BackendError) -> Outcome:
        """What to answer when the backend could not do what the person asked for. A token that it does not take any
        more is the end of the session.
        """
        if error.code != "unauthenticated":
            code = error.code if error.code in EXPLAINED else "unavailable"
            return self._answer(context, f"wallet.backend.{code}", private=False)
        user = await self._users.get(member.id)
        return self._answer(context, "wallet.link.over") + (
            NOTHING if user is None else self._sessions.end(user, context.now)
        )

    # --- how ---

    async def _open_member(self, user: User | None) -> Member | None:
        if user is None or user.session is None or user.session.over(self._given.clock.now()):
            return None
        return await self._member(user.id, user.session, user.profile)

    async def _member(self, user_id: str, session: Session, profile: Profile) -> Member:
        now = self._given.clock.now()
        guard = await self._guards.of(session.account)
        key = chat_key(self._given.sealer, profile.transport, profile.chat)
        day = guard.day.at(now, self._settings.day_limit)
        return Member(
            id=user_id,
            backend=self._users.backend,
            account=session.account,
            session=session.id,
            token=session.token,
            phone=profile.phone,
            chat=profile.chat,
            chat_key=key,
            transport=profile.transport,
            language=await self._given.chats.language(key),
            payment_limit=min(day, guard.payment.at(now, self._settings.payment_limit)),
            day_limit=day,
            currency=profile.currency,
            has_pin=guard.pin is not None,
            closing=session.over(now),
        )

    def _profile(self, context: Context, user: User) -> Profile:
        """Where the person writes from is where they are written to."""
        event = context.event
        if event.chat.kind is not ChatKind.DIRECT:
            return user.profile
        return msgspec.structs.replace(user.profile, chat=event.chat, transport=event.account)

    def _answer(self, context: Context, key: str, *, private: bool = True) -> Outcome:
        """`private`: in a group it is not said what it is about."""
        if private and context.event.chat.kind is not ChatKind.DIRECT:
            key = "wallet.link.in_private"
        return self._sayings.answer(context, key)


def _is_new(user: User | None) -> bool:
    return user is None or user.linked_at is None
