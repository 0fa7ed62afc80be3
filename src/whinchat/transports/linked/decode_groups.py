"""Groups: what one is like, and what changed in it. Source: `parseGroupNode` and `parseGroupChange` in `group.go`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from whinchat.core.types import (
    ChatRef,
    Event,
    Group,
    GroupChanged,
    MembershipChange,
    MembershipChanged,
    UserRef,
)
from whinchat.transports.linked import wire
from whinchat.transports.linked.items import Addressing, GroupNews, GroupState, Undecodable
from whinchat.transports.linked.people import People
from whinchat.transports.linked.values import GROUP, LID, bare, seconds, text

SUBJECT: Final = 1024  # characters; the apps take 100
BY_LINK: Final = "invite"
"""Reason with which somebody enters who was not added by anybody."""


def group_state(info: wire.GroupInfo, people: People) -> GroupState:
    """Raises Undecodable."""
    chat = _group(info.JID, people)
    members, admins, lids, me = [], [], 0, ""
    for each in info.Participants:
        id_ = bare(each.JID) or bare(each.LID) or bare(each.PhoneNumber)
        if not id_:
            continue
        people.learn(bare(each.LID), bare(each.PhoneNumber))
        user = people.user(id_)
        members.append(user)
        lids += id_.endswith(LID)
        if each.IsAdmin or each.IsSuperAdmin:
            admins.append(user.id)
        if people.is_me(id_):
            me = user.id
    return GroupState(
        Group(
            chat,
            text(info.GroupName.Name, SUBJECT),
            tuple(members),
            tuple(admins),
            announce_only=info.GroupAnnounce.IsAnnounce,
            me=me,
        ),
        Addressing.LID if 2 * lids > len(members) else Addressing.PHONE,
    )


class Groups:
    def __init__(self, account: str, people: People) -> None:
        self._account = account
        self._people = people

    def joined(self, data: bytes, *, now: int) -> GroupNews:
        """The bot is in a group that it was not in. The library does not say since when."""
        told = wire.JoinedGroup.FromString(data)
        state = group_state(told.GroupInfo, self._people)
        chat, me = state.group.chat, self._people.me
        if me is None:
            return GroupNews(chat, state=state)
        by = bare(told.Sender) or bare(told.SenderPN)
        self._people.learn(bare(told.Sender), bare(told.SenderPN))
        alone = not by or self._people.is_me(by) or told.Reason == BY_LINK
        version = text(told.GroupInfo.ParticipantVersionID, SUBJECT) or str(now)
        change = MembershipChange.JOIN if alone else MembershipChange.ADD
        event = MembershipChanged(
            account=self._account,
            chat=chat,
            id=event_id(chat, change, me.id, text(told.CreateKey, SUBJECT), version),
            sender=me if alone else self._people.user(by),
            time=now,
            change=change,
            members=(me,),
            me=True,
        )
        return GroupNews(chat, (event,), state)

    def changed(self, data: bytes, *, now: int) -> GroupNews:
        told = wire.GroupInfoEvent.FromString(data)
        chat = _group(told.JID, self._people)
        time = seconds(told.Timestamp) or now
        by = bare(told.Sender) if told.HasField("Sender") else ""
        events = [*self._moves(told, chat, by, time), *self._settings(told, chat, by, time)]
        return GroupNews(chat, tuple(events))

    def _moves(self, told: wire.GroupInfoEvent, chat: ChatRef, by: str, time: int) -> Iterator[Event]:
        version = text(told.PrevParticipantsVersionID, SUBJECT), text(told.ParticipantVersionID, SUBJECT)
        for change, ids in self._changes(told, by):
            # What happens to the bot is an event of its own, so that others read about the others only.
            for mine in (False, True):
                members = [self._people.user(each) for each in ids if self._people.is_me(each) is mine]
                if members:
                    yield MembershipChanged(
                        account=self._account,
                        chat=chat,
                        id=event_id(chat, change, str(time), by, *version, *(each.id for each in members)),
                        sender=self._people.user(by) if by else members[0],
                        time=time,
                        change=change,
                        members=tuple(members),
                        me=mine,
                    )

    def _changes(self, told: wire.GroupInfoEvent, by: str) -> Iterator[tuple[MembershipChange, Sequence[str]]]:
        """Who enters or goes by themselves is told apart from who is brought in or put out."""
        actor = self._people.canonical(by)
        entered, gone = _ids(told.Join), _ids(told.Leave)
        alone = not by or told.JoinReason == BY_LINK
        yield MembershipChange.JOIN, [each for each in entered if alone or self._people.canonical(each) == actor]
        yield MembershipChange.ADD, [each for each in entered if not alone and self._people.canonical(each) != actor]
        yield MembershipChange.LEAVE, [each for each in gone if not by or self._people.canonical(each) == actor]
        yield MembershipChange.REMOVE, [each for each in gone if by and self._people.canonical(each) != actor]
        yield MembershipChange.PROMOTE, _ids(told.Promote)
        yield MembershipChange.DEMOTE, _ids(told.Demote)
        me = self._people.me
        if told.Delete.Deleted and me is not None:
            yield MembershipChange.LEAVE, [me.id]

    def _settings(self, told: wire.GroupInfoEvent, chat: ChatRef, by: str, time: int) -> Iterator[Event]:
        subject = text(told.Name.Name, SUBJECT) if told.HasField("Name") else None
        announce = told.Announce.IsAnnounce if told.HasField("Announce") else None
        if subject is None and announce is None:
            return
        yield GroupChanged(
            account=self._account,
            chat=chat,
            id=event_id(chat, "group", str(time), by, repr(subject), repr(announce)),
            sender=self._people.user(by) if by else UserRef(chat.id),
            time=time,
            subject=subject,
            announce_only=announce,
        )


def event_id(chat: ChatRef, *about: str) -> str:
    """The library passes on changes without their stanza's id; the same change has the same one when it comes again."""
    joined = "\0".join((chat.id, *about))
    return "g-" + hashlib.blake2b(joined.encode(errors="replace"), digest_size=16).hexdigest()


def _group(jid: wire.Jid, people: People) -> ChatRef:
    id_ = bare(jid)
    if not id_.endswith("@" + GROUP):
        raise Undecodable("a group without an id")
    return people.chat(id_)


def _ids(jids: Iterable[wire.Jid]) -> list[str]:
    return [id_ for id_ in map(bare, jids) if id_]
