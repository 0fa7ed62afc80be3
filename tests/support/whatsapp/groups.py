"""Groups of the fake network: who is in them and what they may do, and how the bots are told of changes.

Shapes as whatsmeow's group.go reads them (`w:g2` queries, `w:gp2` notifications); all groups address by LID.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
from tests.support.whatsapp.accounts import Account, Device
from tests.support.whatsapp.group_messages import GroupMessages, Received, Said, Someone, shown_name
from tests.support.whatsapp.log import Log
from tests.support.whatsapp.nodes import Node, bare, node
from tests.support.whatsapp.people import Person
from tests.support.whatsapp.proto import Message
from tests.support.whatsapp.stamps import new_id, now

if TYPE_CHECKING:
    from tests.support.whatsapp.server import WhatsApp


class Role(StrEnum):
    MEMBER = ""
    ADMIN = "admin"
    CREATOR = "superadmin"


class Record(msgspec.Struct):
    """What of a group outlives the server's process. `members`: roles by LID."""

    jid: str
    subject: str
    creator: str
    created: int
    members: dict[str, Role]
    announce: bool = False
    locked: bool = False
    version: int = 1


class Group:
    """`received` is what the bots did there, decrypted, in order."""

    def __init__(self, whatsapp: WhatsApp, record: Record) -> None:
        self.jid = record.jid
        self.received: Log[Received] = Log()
        self.messages = GroupMessages(whatsapp, self)
        self._whatsapp = whatsapp
        self._record = record
        self._keep()

    # --- what it is ---

    @property
    def subject(self) -> str:
        return self._record.subject

    @property
    def announce(self) -> bool:
        """Whether only admins may write."""
        return self._record.announce

    @property
    def members(self) -> list[Someone]:
        return [self._whatsapp.groups.someone(lid) for lid in self._record.members]

    @property
    def people(self) -> list[Person]:
        return [member for member in self.members if isinstance(member, Person)]

    @property
    def accounts(self) -> list[Account]:
        return [member for member in self.members if isinstance(member, Account)]

    def has(self, who: Someone) -> bool:
        return who.lid in self._record.members

    def is_admin(self, who: Someone) -> bool:
        return self._record.members.get(who.lid, Role.MEMBER) is not Role.MEMBER

    def is_creator(self, who: Someone) -> bool:
        return self._record.members.get(who.lid) is Role.CREATOR

    def find(self, jid: str) -> Someone | None:
        """The member of that LID or phone number."""
        return next((member for member in self.members if bare(jid) in {member.lid, member.jid}), None)

    # --- what people do ---

    async def say(
        self,
        who: Someone,
        what: str | Message,
        *,
        identity: str = "",
        at: float | None = None,
        keyless: bool = False,
    ) -> Said:
        """A message of a member, encrypted with its sender key. `at`: its time, in seconds since 1970.

        `keyless`: the bots were not told that key, so that they have to ask for the message again.
        """
        return await self.messages.say(who, what, identity, at, keyless=keyless)

    async def withhold(self, who: Someone, kind: str = "view_once") -> str:
        """A message that linked devices are only told of; gives its id."""
        return await self.messages.withhold(who, kind)

    async def edit(self, said: Said, what: str | Message) -> Said:
        return await self.messages.edit(said, what)

    async def revoke(self, said: Said | Received, *, by: Someone) -> Said:
        """By its sender, or by an admin."""
        return await self.messages.revoke(said.key, by)

    async def react(self, said: Said | Received, emoji: str, *, by: Someone) -> Said:
        """An empty one takes it back."""
        return await self.messages.react(said.key, emoji, by)

    async def change(self, kind: str, *, by: Someone, who: Someone | None = None, subject: str = "") -> None:
        """`kind`: add, remove, join (by link), leave, promote, demote, subject, announce, open, lock or unlock.

        The bots in it are told, and a bot that comes or goes by it too. For join and leave `by` is who does it.
        """
        told = {account.lid: account for account in self.accounts}
        change = self._apply(kind, by, who or by, subject)
        told |= {account.lid: account for account in self.accounts}
        added = who or by if kind in {"add", "join"} else None
        for account in told.values():
            content = self._creation("invite" if kind == "join" else "") if account is added else change
            await account.deliver(self._notification(by, content))
        if kind in {"remove", "leave"}:
            self.messages.renew_keys()

    async def announce_creation(self) -> None:
        """To the bots in it, as when somebody has made it just now."""
        creator = self._whatsapp.groups.someone(self._record.creator)
        for account in self.accounts:
            await account.deliver(self._notification(creator, self._creation("", new=True)))

    def _apply(self, kind: str, by: Someone, who: Someone, subject: str) -> Node:
        before, record = str(self._record.version), self._record
        versions = {"v_id": str(record.version + 1), "prev_v_id": before}
        participant = node("participant", jid=who.lid, phone_number=who.jid or None)
        match kind:
            case "add" | "join":
                record.members[who.lid] = Role.MEMBER
                reason = "invite" if kind == "join" else None
                change = node("add", [participant], **versions, reason=reason)
            case "remove" | "leave":
                del record.members[who.lid]
                change = node("remove", [participant], **versions)
            case "promote" | "demote":
                record.members[who.lid] = Role.ADMIN if kind == "promote" else Role.MEMBER
                change = node(kind, [participant], **versions)
            case "subject":
                record.subject = subject
                change = node("subject", subject=subject, s_t=now(), s_o=by.lid, s_o_pn=by.jid or None)
            case "announce" | "open":
                record.announce = kind == "announce"
                change = node("announcement" if record.announce else "not_announcement", v_id=versions["v_id"])
            case "lock" | "unlock":
                record.locked = kind == "lock"
                change = node("locked" if record.locked else "unlocked")
            case _:
                raise ValueError(kind)
        record.version += 1
        self._keep()
        return change

    # --- how it looks on the wire ---

    def description(self) -> Node:
        """All that a member may know of it: the answer to `<query request="interactive"/>`."""
        record = self._record
        settings = [("announcement", record.announce), ("locked", record.locked)]
        creator = self._whatsapp.groups.someone(record.creator)
        return node(
            "group",
            [
                *(self._participant(member) for member in self.members),
                *(node(tag) for tag, given in settings if given),
                node("member_add_mode", b"admin_add"),
            ],
            id=record.jid.partition("@")[0],
            subject=record.subject,
            s_t=str(record.created),
            s_o=record.creator,
            creation=str(record.created),
            creator=record.creator,
            creator_pn=creator.jid or None,
            a_v_id=str(record.version),
            p_v_id=str(record.version),
            size=str(len(record.members)),
            addressing_mode="lid",
        )

    def _participant(self, member: Someone) -> Node:
        role = self._record.members[member.lid]
        return node("participant", jid=member.lid, phone_number=member.jid or None, type=role.value or None)

    def _creation(self, reason: str, *, new: bool = False) -> Node:
        return node("create", [self.description()], reason=reason or None, type="new" if new else None)

    def _notification(self, by: Someone, content: Node) -> Node:
        return node(
            "notification",
            [content],
            from_=self.jid,
            type="w:gp2",
            id=new_id(),
            t=now(),
            participant=by.lid,
            participant_pn=by.jid or None,
            notify=shown_name(by),
            addressing_mode="lid",
        )

    def _keep(self) -> None:
        self._whatsapp.state.put("group", self.jid, msgspec.msgpack.encode(self._record))


@dataclass
class RequestFault:
    """What happens to a question about groups, or to a change that a bot asks for."""

    error: int = 0
    """It is refused with this code, as 429 for too many questions; 0: it is never answered."""
    arrives: bool = True
    """Whether what it asks for is done nevertheless."""
    times: int = 1
    tag: str = ""
    """What it asks, as `query`, `remove` or `announcement`; empty for anything."""


class Groups:
    """`faults`: what happens to the next requests instead; the first that fits one does."""

    def __init__(self, whatsapp: WhatsApp) -> None:
        self.faults: list[RequestFault] = []
        self._whatsapp = whatsapp
        self._groups: dict[str, Group] = {}
        self._kept = whatsapp.state.all("group")

    def create(self, subject: str, admins: Sequence[Someone], members: Sequence[Someone], jid: str = "") -> Group:
        """The first of `admins` made it."""
        creator, *others = admins
        roles = {creator.lid: Role.CREATOR} | {admin.lid: Role.ADMIN for admin in others}
        roles |= {member.lid: Role.MEMBER for member in members}
        jid = jid or f"1203630{len(self._kept | self._groups):011}@g.us"
        group = Group(self._whatsapp, Record(jid, subject, creator.lid, int(time.time()), roles))
        self._groups[group.jid] = group
        return group

    def get(self, jid: str) -> Group | None:
        """Also one that was made before the server was started again."""
        if jid not in self._groups and jid in self._kept:
            self._groups[jid] = Group(self._whatsapp, msgspec.msgpack.decode(self._kept[jid], type=Record))
        return self._groups.get(jid)

    def all(self) -> list[Group]:
        return [group for jid in {**self._kept, **self._groups} if (group := self.get(jid)) is not None]

    def fault_for(self, tag: str) -> RequestFault | None:
        fault = next((each for each in self.faults if each.times > 0 and each.tag in {"", tag}), None)
        if fault is not None:
            fault.times -= 1
        return fault

    async def resend(self, _: Person, device: Device, receipt: Node) -> None:
        """A linked device could not read a message in a group."""
        group = self.get(receipt.attrs["to"])
        if group is not None:
            await group.messages.on_retry(device, receipt)

    def someone(self, lid: str) -> Someone:
        everybody: list[Someone] = [*self._whatsapp.people.values(), *self._whatsapp.accounts.values()]
        return next(each for each in everybody if each.lid == lid)
