"""Who is who: each person has a phone number's id and, newer and kept when the number changes, a LID.

Source: whatsmeow `store/sqlstore/lidmap.go`. The library keeps every pair that it has seen; here are those of late, and
what the library does not know either.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from whinchat.core.types import UserRef
from whinchat.transports.linked.values import bare_text

PHONE = "@s.whatsapp.net"
LID = "@lid"
KEPT = 8192  # pairs


class KnownIdentities:
    """`items.Identities`. What is asked for in vain is noted, so that the library can be asked."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._me: frozenset[str] = frozenset()
        self._other: OrderedDict[str, str | None] = OrderedDict()
        """Id to the same person's id of the other kind; None when the library has none."""
        self._missing: set[str] = set()

    @property
    def me(self) -> frozenset[str]:
        return self._me

    def become(self, user: UserRef) -> None:
        """The account is linked, as this one."""
        phone = None if user.phone is None else user.phone.removeprefix("+") + PHONE
        self._me = frozenset(each for each in (user.id, user.lid, phone) if each)

    def belong(self, ids: Iterable[str]) -> None:
        """The same, by ids that may name the device; nothing where there is none."""
        self._me = frozenset(each for each in map(bare_text, ids) if each) or self._me

    def lid(self, phone: str) -> str | None:
        return self._find(phone)

    def phone(self, lid: str) -> str | None:
        return self._find(lid)

    def learn(self, lid: str, phone: str) -> None:
        old = self._other.get(phone)
        if old is not None and old != lid:
            self._other.pop(old, None)  # the number has another owner now
        self._put(lid, phone)
        self._put(phone, lid)

    def unknown(self, id_: str) -> None:
        """The library does not know the person's other id either."""
        self._put(id_, None)

    def missing(self) -> tuple[str, ...]:
        """What was asked for in vain since the last call."""
        missing, self._missing = tuple(sorted(self._missing)), set()
        return missing

    def all_of(self, id_: str) -> tuple[str, ...]:
        """Every id of the person that is known, this one first."""
        other = self._other.get(id_)
        return (id_,) if other is None else (id_, other)

    def _find(self, id_: str) -> str | None:
        if id_ not in self._other:
            self._missing.add(id_)
            return None
        self._other.move_to_end(id_)
        return self._other[id_]

    def _put(self, id_: str, other: str | None) -> None:
        self._missing.discard(id_)
        self._other[id_] = other
        self._other.move_to_end(id_)
        while len(self._other) > 2 * self._kept:
            self._other.popitem(last=False)
