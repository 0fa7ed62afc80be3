"""Commands for people whose account is linked."""

from __future__ import annotations

from typing import Protocol

from whinchat.apps.wallet.accounts import Accounts, Member
from whinchat.apps.wallet.backend import BackendError
from whinchat.core.dispatch.command import Command
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import Outcome


class Linked(Protocol):
    """One command of somebody with a session."""

    @property
    def spec(self) -> Command: ...

    @property
    def money(self) -> bool:
        """Whether it leads to money moving: then a message older than five minutes has no effect."""
        ...

    async def handle(self, call: Call, member: Member) -> Outcome:
        """BackendError may be raised: the person is told what it means."""
        ...


class ForMembers:
    """`inner` for those who are linked; the others are told how to link.

    What `inner` wants is committed only if the session is still open then.
    """

    def __init__(self, accounts: Accounts, inner: Linked) -> None:
        self._accounts = accounts
        self._inner = inner

    @property
    def spec(self) -> Command:
        return self._inner.spec

    async def handle(self, call: Call) -> Outcome:
        found = await self._accounts.recognise(call)
        if isinstance(found, Outcome):
            return found
        member, changes = found
        return Outcome(changes=changes) + await self._handle(call, member)

    async def _handle(self, call: Call, member: Member) -> Outcome:
        late = self._accounts.late(call) if self._inner.money else None
        if late is not None:
            return late
        try:
            return await self._inner.handle(call, member)
        except BackendError as error:
            return await self._accounts.trouble(call, member, error)
