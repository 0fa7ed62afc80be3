"""Where reads are kept: a shelf for each person, the longest unused taken away first, bounded in number and bytes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

MOST_PEOPLE = 4000
MOST_BYTES = 4 * 1024 * 1024
MOST_ENTRIES = 12  # of one person
SHELF_BYTES = 950  # beside the entries, about
ENTRY_BYTES = 500  # beside the data, about

Name = tuple[str, str]
"""What was read, and with which arguments."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was read, encoded: that is a fifth of the memory, and its size is known."""

    data: bytes
    refusal: str
    """Code of the error in place of data; empty for none."""
    at: int
    """Milliseconds UTC."""
    read: float
    fresh_until: float
    """Seconds of the monotonic clock, as is `read`."""


@dataclass(slots=True, eq=False)
class Shelf:
    """Of one person and session, or (with neither) of everybody."""

    session: str
    most: int
    entries: dict[Name, Entry] = field(default_factory=dict)
    bytes: int = SHELF_BYTES
    readers: int = 0
    """Reads under way."""
    wallets: frozenset[str] = frozenset()
    """Ids of the person's, once they are known."""
    gone: bool = False
    """Money moved, or the session ended: whoever reads now has another shelf."""

    def put(self, name: Name, entry: Entry) -> None:
        self._drop(name)
        while len(self.entries) >= self.most:
            self._drop(next(iter(self.entries)))
        self.entries[name] = entry
        self.bytes += len(entry.data) + ENTRY_BYTES

    def _drop(self, name: Name) -> None:
        entry = self.entries.pop(name, None)
        if entry is not None:
            self.bytes -= len(entry.data) + ENTRY_BYTES


class Shelves:
    def __init__(self, most_people: int = MOST_PEOPLE, most_bytes: int = MOST_BYTES) -> None:
        self._shelves: OrderedDict[str, Shelf] = OrderedDict()
        self._most_people = most_people
        self._most_bytes = most_bytes
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._shelves)

    @property
    def bytes(self) -> int:
        """About what all of it takes."""
        return self._bytes

    def of(self, user_id: str, session: str) -> Shelf:
        """The person's own; a new one for a new session."""
        shelf = self._shelves.get(user_id)
        if shelf is not None and shelf.session != session:
            self.remove(user_id)
            shelf = None
        if shelf is None:
            shelf = self._shelves[user_id] = Shelf(session, MOST_ENTRIES)
            self._bytes += shelf.bytes
        self._shelves.move_to_end(user_id)
        return shelf

    def put(self, shelf: Shelf, name: Name, entry: Entry) -> None:
        """On a shelf that is still somebody's."""
        if shelf.gone:
            return
        before = shelf.bytes
        shelf.put(name, entry)
        self._bytes += shelf.bytes - before
        self._make_room()

    def remove(self, user_id: str) -> None:
        shelf = self._shelves.pop(user_id, None)
        if shelf is not None:
            shelf.gone = True
            self._bytes -= shelf.bytes

    def remove_owner(self, wallet: str) -> None:
        """Of whoever has this wallet, and of those of whom it is not known."""
        found = [each for each, shelf in self._shelves.items() if wallet in shelf.wallets or not shelf.wallets]
        for user_id in found:
            self.remove(user_id)

    def _make_room(self) -> None:
        while self._bytes > self._most_bytes or len(self._shelves) > self._most_people:
            # One that is read just now has to learn of movements.
            unused = next((user_id for user_id, shelf in self._shelves.items() if not shelf.readers), None)
            if unused is None:
                return
            self.remove(unused)
