"""Who answers what the bot sends. A module of the server adds its own in `register(handlers)`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from tests.support.whatsapp.nodes import Node, children

if TYPE_CHECKING:
    from tests.support.whatsapp.connection import Connection

Iq = Callable[["Connection", Node], Awaitable[Sequence[Node] | None]]
"""Gives the nodes in the result; `None`: no answer. Raises `Refusal` for an error."""
Stanza = Callable[["Connection", Node], Awaitable[None]]


class Refusal(Exception):
    """An error that an iq is answered with."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Handlers:
    def __init__(self) -> None:
        self._iqs: dict[tuple[str, str, str], Iq] = {}
        self._stanzas: dict[str, Stanza] = {}
        self._chats: dict[str, Stanza] = {}

    def iq(self, namespace: str, kind: str, tag: str, handler: Iq) -> None:
        """`kind`: get or set; `tag`: of the first child, empty where there is none, `*` for any."""
        self._iqs[namespace, kind, tag] = handler

    def stanza(self, tag: str, handler: Stanza) -> None:
        self._stanzas[tag] = handler

    def chat(self, server: str, handler: Stanza) -> None:
        """Messages to ids of that server, as `g.us`; raises `Refusal` for a message that is not taken."""
        self._chats[server] = handler

    def for_iq(self, iq: Node) -> Iq:
        first = next(iter(children(iq)), None)
        namespace, kind = iq.attrs.get("xmlns", ""), iq.attrs.get("type", "")
        exact = self._iqs.get((namespace, kind, first.tag if first is not None else ""))
        return exact or self._iqs.get((namespace, kind, "*"), _unknown)

    def for_stanza(self, tag: str) -> Stanza | None:
        return self._stanzas.get(tag)

    def for_chat(self, server: str) -> Stanza:
        return self._chats.get(server, _nowhere)


async def _unknown(connection: Connection, iq: Node) -> list[Node]:
    connection.whatsapp.unknown.append(iq)
    raise Refusal(501, "feature-not-implemented")


async def _nowhere(connection: Connection, stanza: Node) -> None:
    connection.whatsapp.unknown.append(stanza)
    raise Refusal(400, "bad-request")
