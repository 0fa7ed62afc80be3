"""What is fetched from Meta: media in two steps, and who is in a group."""

from __future__ import annotations

import re

from whinchat.core.errors import Refused, TransportError
from whinchat.core.types import ChatRef, Group, Media, UserRef
from whinchat.transports.cloud import shapes
from whinchat.transports.cloud.decode import PHONE
from whinchat.transports.cloud.errors import Remedy
from whinchat.transports.cloud.graph import Graph, GraphFailure

IDENTITY = re.compile(r"[A-Za-z0-9_.=-]{1,256}")
"""Of an object of Graph: it stands in an address."""
GONE = frozenset({100, 131052})


class Downloads:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def media(self, media: Media, max_bytes: int) -> bytes:
        """Raises TransportError: `gone`, `too_large`, `refused`, `disconnected`.

        Meta, business-messaging/whatsapp/reference (media): an address for the id, good for five minutes, then the
        file itself.
        """
        if not IDENTITY.fullmatch(media.handle):
            raise _gone()
        try:
            found = (await self._graph.get(media.handle)).read(shapes.MediaAddress)
            if (found.file_size or 0) > max_bytes:
                raise _too_large()
            return await self._graph.fetch(found.url, max_bytes)
        except GraphFailure as failure:
            raise _explained(failure) from None
        except Refused:
            raise _refused() from None

    async def group(self, chat: ChatRef) -> Group | None:
        """Raises TransportError.

        Meta, business-messaging/whatsapp/groups (get group info).
        """
        if not IDENTITY.fullmatch(chat.id):
            return None
        try:
            found = (await self._graph.get(chat.id, fields="subject,participants")).read(shapes.GroupInfo)
        except GraphFailure as failure:
            if failure.remedy is Remedy.RECIPIENT or failure.code in GONE or failure.status == 404:
                return None
            raise _explained(failure) from None
        except Refused:
            raise _refused() from None
        members = tuple(_member(each) for each in found.participants or () if each.user_id or each.wa_id)
        return Group(chat, found.subject or "", members, admins=())


def _member(participant: shapes.Participant) -> UserRef:
    wa_id = participant.wa_id or ""
    return UserRef(participant.user_id or wa_id, phone=f"+{wa_id}" if PHONE.fullmatch(wa_id) else None)


def _explained(failure: GraphFailure) -> TransportError:
    if failure.reason == "too_large":
        return _too_large()
    if failure.remedy is Remedy.MEDIA or failure.code in GONE or failure.status in {404, 410}:
        return _gone()
    if failure.remedy in {Remedy.ACCESS, Remedy.MESSAGE}:
        return _refused()
    return TransportError(
        "Meta cannot be reached", code="disconnected", retryable=True, retry_after=failure.retry_after or 1.0
    )


def _gone() -> TransportError:
    return TransportError("Meta no longer has it", code="gone")


def _too_large() -> TransportError:
    return TransportError("it is larger than is allowed", code="too_large")


def _refused() -> TransportError:
    return TransportError("Meta does not hand it over", code="refused")
