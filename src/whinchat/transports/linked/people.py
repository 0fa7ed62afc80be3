"""Who somebody is, under the one id that stays: the LID where it is known, else the phone number's."""

from __future__ import annotations

from whinchat.core.types import ChatKind, ChatRef, UserRef
from whinchat.transports.linked.items import Identities
from whinchat.transports.linked.values import GROUP, LID, PHONE


class People:
    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    @property
    def me(self) -> UserRef | None:
        """The bot; None before the account is linked."""
        mine = self._identities.me
        return self.user(min(mine, key=lambda each: not each.endswith(LID))) if mine else None

    def learn(self, one: str, other: str) -> None:
        """Both are the same person, where one is a LID and the other a phone number's."""
        for lid, phone in ((one, other), (other, one)):
            if lid.endswith("@" + LID) and phone.endswith("@" + PHONE):
                self._identities.learn(lid, phone)

    def canonical(self, id_: str) -> str:
        return (self._identities.lid(id_) or id_) if id_.endswith("@" + PHONE) else id_

    def user(self, id_: str, name: str = "") -> UserRef:
        """Of a bare id of either kind."""
        lid: str | None
        phone: str | None
        if id_.endswith("@" + LID):
            lid, phone = id_, self._identities.phone(id_)
        else:
            lid, phone = self._identities.lid(id_), id_
        digits = phone.partition("@")[0] if phone else ""
        return UserRef(lid or id_, phone=f"+{digits}" if digits else None, lid=lid, name=name or None)

    def chat(self, id_: str) -> ChatRef:
        """Of a group's id or a person's."""
        if id_.endswith("@" + GROUP):
            return ChatRef(id_, ChatKind.GROUP)
        return ChatRef(self.canonical(id_), ChatKind.DIRECT)

    def is_me(self, id_: str) -> bool:
        return id_ in self._identities.me or self.canonical(id_) in self._identities.me
