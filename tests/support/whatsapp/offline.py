"""What a linked device has been sent and has not confirmed: it is sent again when the device comes back."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.whatsapp import codec
from tests.support.whatsapp.nodes import SERVER, Node, bare, node
from tests.support.whatsapp.state import State

Key = tuple[str, str, str, str, str]
"""Tag, id, sender, participant and type; messages are confirmed without their type."""


@dataclass(frozen=True)
class Pending:
    number: int
    stanza: Node
    encoded: bytes


class Outbox:
    def __init__(self, owner: str, state: State) -> None:
        self._kind = f"outbox/{owner}"
        self._state = state
        self._pending: dict[Key, Pending] = {}
        self._number = 0
        for number, encoded in sorted((int(key), value) for key, value in state.all(self._kind).items()):
            stanza = codec.decode(encoded)
            self._pending[key_of(stanza)] = Pending(number, stanza, encoded)
            self._number = number

    def add(self, stanza: Node) -> Pending:
        key = key_of(stanza)
        if key in self._pending:
            self._remove(key)
        self._number += 1
        pending = Pending(self._number, stanza, codec.encode(stanza))
        self._pending[key] = pending
        self._state.put(self._kind, str(pending.number), pending.encoded)
        return pending

    def settle(self, tag: str, confirmation: Node) -> bool:
        """The device has it. `confirmation`: its receipt or acknowledgement."""
        told = confirmation.attrs
        kind = told.get("type", "") if tag != "message" else ""
        key = (tag, told["id"], bare(told.get("to", "")), bare(told.get("participant", "")), kind)
        if key not in self._pending:
            return False
        self._remove(key)
        return True

    def pending(self) -> list[Pending]:
        return list(self._pending.values())

    def __len__(self) -> int:
        return len(self._pending)

    def clear(self) -> None:
        for key in list(self._pending):
            self._remove(key)

    def _remove(self, key: Key) -> None:
        self._state.put(self._kind, str(self._pending.pop(key).number), None)


def key_of(stanza: Node) -> Key:
    told = stanza.attrs
    kind = told.get("type", "") if stanza.tag != "message" else ""
    return (stanza.tag, told["id"], bare(told["from"]), bare(told.get("participant", "")), kind)


def preview(pending: list[Pending]) -> Node:
    """What a device is told before its backlog comes."""
    amount = {tag: sum(each.stanza.tag == tag for each in pending) for tag in ("message", "notification", "receipt")}
    told = {tag: str(count) for tag, count in amount.items()}
    return node("ib", [node("offline_preview", count=str(len(pending)), appdata="0", **told)], from_=SERVER)


def complete(count: int) -> Node:
    return node("ib", [node("offline", count=str(count))], from_=SERVER)


def marked(pending: Pending, ordinal: int) -> bytes:
    """As a device gets it that was away."""
    stanza = pending.stanza
    return codec.encode(Node(stanza.tag, {**stanza.attrs, "offline": str(ordinal)}, stanza.content))
