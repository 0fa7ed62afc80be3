"""The library's calls with their types. No call raises for an outage: it gives a `Failure`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from whinchat.core.types import MediaKind
from whinchat.transports.linked import answers, encode
from whinchat.transports.linked.answers import Failure, Sent, Uploaded
from whinchat.transports.linked.identities import LID
from whinchat.transports.linked.items import GroupState, Identities, Undecodable
from whinchat.transports.linked.link import Argument, BridgeDown, BridgeTimeout, Link

QUERY = 15.0  # seconds for a question to the network
LOOK_UP = 3.0  # seconds for what the library knows by itself
TRANSFER = 120.0  # seconds for a media file
SEND = 90.0  # seconds, after which the library has surely given up by itself (75, and 5 for a new connection)

COMPOSING, PAUSED, AS_TEXT = 0, 1, 0

T = TypeVar("T")


class Client:
    def __init__(self, link: Link, identities: Identities) -> None:
        self._link = link
        self._identities = identities

    async def send(self, chat: str, message: bytes) -> Sent | Failure:
        """Takes as long as the library waits for the network: up to `SEND`."""
        return await self._ask(answers.sent, SEND, "SendMessage", encode.jid(chat), message)

    async def upload(self, kind: MediaKind, data: bytes) -> Uploaded | Failure:
        return await self._ask(answers.uploaded, TRANSFER, "Upload", data, encode.upload_type(kind))

    async def group(self, chat: str) -> GroupState | Failure:
        read = partial(answers.group, identities=self._identities)
        return await self._ask(read, QUERY, "GetGroupInfo", encode.jid(chat))

    async def remove(self, chat: str, member: str) -> dict[str, str] | Failure:
        """Member to an error code, empty where it was done."""
        jids = encode.jids((member,))
        return await self._ask(answers.participants, QUERY, "UpdateGroupParticipants", encode.jid(chat), jids, "remove")

    async def lock(self, chat: str, locked: bool) -> Failure | None:
        return await self._tell(QUERY, "SetGroupAnnounce", encode.jid(chat), int(locked))

    async def mark_read(self, chat: str, sender: str, message: str, seconds: int) -> Failure | None:
        """`seconds`: when, UTC."""
        return await self._tell(LOOK_UP, "MarkRead", message, seconds, encode.jid(chat), encode.jid(sender), "read")

    async def compose(self, chat: str) -> Failure | None:
        """Shows that something is being typed, until a message comes."""
        return await self._tell(LOOK_UP, "SendChatPresence", encode.jid(chat), COMPOSING, AS_TEXT)

    async def present(self, *, available: bool) -> Failure | None:
        return await self._tell(LOOK_UP, "SendPresence", "available" if available else "unavailable")

    async def pair_code(self, phone: str) -> str | Failure:
        return await self._ask(answers.pair_code, QUERY, "PairPhone", encode.pair_phone(phone))

    async def logout(self) -> Failure | None:
        return await self._tell(QUERY, "Logout")

    async def other_id(self, id_: str) -> str | Failure | None:
        """The LID of a phone's id or the other way round, where the library has seen both together."""
        name = "GetPNFromLID" if id_.endswith(LID) else "GetLIDFromPN"
        return await self._ask(answers.person, LOOK_UP, name, encode.jid(id_))

    async def logged_in(self) -> bool | Failure:
        return await self._ask(lambda data: data == b"1", LOOK_UP, "IsLoggedIn")

    async def _tell(self, seconds: float, name: str, *arguments: Argument) -> Failure | None:
        return await self._ask(lambda data: answers.failure(data.decode(errors="replace")), seconds, name, *arguments)

    async def _ask(
        self, read: Callable[[bytes], T | Failure], seconds: float, name: str, *arguments: Argument
    ) -> T | Failure:
        try:
            return read(await self._link.call(name, *arguments, timeout=seconds))
        except BridgeDown as down:
            return Failure("no_connection", left=down.left, retryable=True)
        except BridgeTimeout as late:
            return Failure("timeout", left=late.left, retryable=True)
        except Undecodable as error:
            return Failure(error.code, left=True, retryable=False)
