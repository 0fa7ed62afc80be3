"""What an admin does to a group: the network is not even asked for what it would refuse."""

from __future__ import annotations

from whinchat.core.types import Certainty, ChatKind, ChatRef, LockGroup, RemoveMember, SendResult, UserRef
from whinchat.transports.linked.answers import Failure
from whinchat.transports.linked.client import Client
from whinchat.transports.linked.groups import Groups
from whinchat.transports.linked.items import GroupState

MEANS = {
    "forbidden": "not_admin",
    "server_403": "not_admin",
    "server_404": "not_member",
    "not_found": "not_in_group",
    "no_such_group": "not_in_group",
}
"""What the network's refusals say."""


class Governing:
    def __init__(self, client: Client, groups: Groups) -> None:
        self._client = client
        self._groups = groups

    async def state(self, chat: ChatRef, member: str = "") -> GroupState | str:
        """The group, if the account is its admin and `member` is in it; or the code of why not. Raises TransportError.

        What is known may be old: before anything is refused the network is asked anew.
        """
        if chat.kind is not ChatKind.GROUP:
            return "not_a_group"
        found = self._judge(await self._groups.state(chat.id), member)
        if isinstance(found, str):
            self._groups.forget(chat.id)
            found = self._judge(await self._groups.state(chat.id), member)
        return found

    def _judge(self, state: GroupState | None, member: str) -> GroupState | str:
        if state is None:
            return "not_in_group"
        if state.group.me not in state.group.admins:
            return "not_admin"
        if member and state.group.member(UserRef(member)) is None:
            return "not_member"
        return state

    async def perform(self, chat: ChatRef, action: RemoveMember | LockGroup) -> Failure | SendResult:
        """Raises TransportError."""
        state = await self.state(chat, action.member if isinstance(action, RemoveMember) else "")
        if isinstance(state, str):
            return SendResult(Certainty.REJECTED, error=state)
        failure: Failure | None
        if isinstance(action, LockGroup):
            failure = await self._client.lock(chat.id, action.locked)
            error = ""
        else:
            failure, error = await self._remove(chat, action.member)
        self._groups.forget(chat.id)
        if failure is not None:
            error = MEANS.get(failure.code, "")
            if not error:
                return failure
        return SendResult(Certainty.REJECTED, error=MEANS.get(error, error)) if error else SendResult(Certainty.SENT)

    async def _remove(self, chat: ChatRef, member: str) -> tuple[Failure | None, str]:
        """Why nothing was done, or the code of why this member is still there."""
        answer = await self._client.remove(chat.id, member)
        if isinstance(answer, Failure):
            return answer, ""
        return None, next(filter(None, answer.values()), "")
