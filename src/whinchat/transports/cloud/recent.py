"""What is remembered of people for a while, in a bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

REMEMBERED = 4096  # people

V = TypeVar("V")


class Recent(Generic[V]):
    """What was last known of some, at most `most`: who was heard of longest ago is forgotten."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._known: OrderedDict[str, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: str) -> V | None:
        return self._known.get(key)

    def put(self, key: str, value: V) -> None:
        self._known[key] = value
        self._known.move_to_end(key)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def pop(self, key: str) -> V | None:
        return self._known.pop(key, None)
