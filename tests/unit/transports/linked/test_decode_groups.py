"""Who comes and goes in a group, by whom, and what the group is like then."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.library import (
    ANA,
    ANA_PHONE,
    BOB,
    BOB_PHONE,
    EVE_PHONE,
    FAMILY,
    ME,
    ME_PHONE,
    NEONIZE,
    NOW,
    Known,
    decoded,
    group_change,
    group_info,
    identities,
    jid,
    participant,
)

from whinchat.core.types import (
    ChatKind,
    ChatRef,
    Event,
    Group,
    GroupChanged,
    MembershipChange,
    MembershipChanged,
    UserRef,
)
from whinchat.transports.linked import callbacks
from whinchat.transports.linked.items import Addressing, GroupNews, Undecodable

CHAT = ChatRef(FAMILY, ChatKind.GROUP)
BOB_REF = UserRef(BOB, phone="+49152222", lid=BOB)
ME_REF = UserRef(ME, phone="+49150000", lid=ME)


def news(data: bytes, known: Known | None = None) -> GroupNews:
    found = decoded(callbacks.GROUP_INFO, data, known)
    assert isinstance(found, GroupNews)
    assert found.chat == CHAT
    return found


def moves(data: bytes) -> list[tuple[MembershipChange, tuple[str, ...], str, bool]]:
    found = []
    for event in news(data).events:
        assert isinstance(event, MembershipChanged)
        found.append((event.change, tuple(each.id for each in event.members), event.sender.id, event.me))
    return found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (group_change(by=BOB, Join=[ANA]), (MembershipChange.ADD, (ANA,), BOB, False)),
        (group_change(by=ANA, Join=[ANA]), (MembershipChange.JOIN, (ANA,), ANA, False)),
        (group_change(by=BOB_PHONE, Join=[BOB]), (MembershipChange.JOIN, (BOB,), BOB, False)),
        (group_change(by=BOB, Join=[ANA], reason="invite"), (MembershipChange.JOIN, (ANA,), BOB, False)),
        (group_change(Join=[ANA]), (MembershipChange.JOIN, (ANA,), ANA, False)),
        (group_change(by=ANA, Leave=[ANA]), (MembershipChange.LEAVE, (ANA,), ANA, False)),
        (group_change(Leave=[ANA]), (MembershipChange.LEAVE, (ANA,), ANA, False)),
        (group_change(by=BOB, Leave=[ANA, EVE_PHONE]), (MembershipChange.REMOVE, (ANA, EVE_PHONE), BOB, False)),
        (group_change(by=BOB, Promote=[ANA]), (MembershipChange.PROMOTE, (ANA,), BOB, False)),
        (group_change(by=BOB, Demote=[ANA]), (MembershipChange.DEMOTE, (ANA,), BOB, False)),
        (group_change(by=BOB, Promote=[ME_PHONE]), (MembershipChange.PROMOTE, (ME,), BOB, True)),
        (group_change(by=BOB, Leave=[ME]), (MembershipChange.REMOVE, (ME,), BOB, True)),
        (
            group_change(by=BOB, Delete=NEONIZE.GroupDelete(Deleted=True, DeletedReason="admin")),
            (MembershipChange.LEAVE, (ME,), BOB, True),
        ),
    ],
)
def test_who_does_what_to_whom(data: bytes, expected: tuple[Any, ...]) -> None:
    assert moves(data) == [expected]


def test_what_happens_to_the_bot_is_an_event_of_its_own() -> None:
    assert moves(group_change(by=BOB, Join=[ANA, ME, EVE_PHONE])) == [
        (MembershipChange.ADD, (ANA, EVE_PHONE), BOB, False),
        (MembershipChange.ADD, (ME,), BOB, True),
    ]


def test_a_change_has_its_time_and_people_their_ids() -> None:
    (event,) = news(group_change(by=BOB, Promote=[BOB_PHONE])).events
    assert isinstance(event, MembershipChanged)
    assert event == MembershipChanged(
        account="main",
        chat=CHAT,
        id=event.id,
        sender=BOB_REF,
        time=NOW,
        change=MembershipChange.PROMOTE,
        members=(BOB_REF,),
    )


def test_the_same_change_told_again_is_the_same_event() -> None:
    def ids(*data: bytes) -> list[str]:
        return [event.id for each in data for event in news(each).events]

    many = group_change(by=BOB, Join=[ANA, ME], Promote=[EVE_PHONE], Name=group_name("new"))
    assert ids(many) == ids(many)
    different = ids(
        many,
        group_change(by=BOB, Join=[ANA], time=5),
        group_change(by=BOB, Join=[ANA], time=6),
        group_change(by=BOB, Join=[ANA], time=6, version="v3"),
        group_change(by=BOB, Leave=[ANA], time=6, version="v3"),
        group_change(by=BOB, Name=group_name("newer")),
        group_change(by=BOB, Announce=announce(on=True)),
        group_change(by=BOB, Announce=announce(on=False)),
    )
    assert len(set(different)) == len(different) == 11


def group_name(name: str) -> Any:
    return NEONIZE.GroupName(Name=name, NameSetAt=1, NameSetBy=jid())


def announce(*, on: bool) -> Any:
    return NEONIZE.GroupAnnounce(IsAnnounce=on, AnnounceVersionID="a")


def changed(data: bytes) -> Event:
    (event,) = news(data).events
    return event


def test_settings_of_the_group_are_told() -> None:
    named = changed(group_change(by=BOB, Name=group_name("Home")))
    assert named == GroupChanged(account="main", chat=CHAT, id=named.id, sender=BOB_REF, time=NOW, subject="Home")
    locked = changed(group_change(Announce=announce(on=True)))
    assert locked == GroupChanged(
        account="main", chat=CHAT, id=locked.id, sender=UserRef(FAMILY), time=NOW, announce_only=True
    )


def test_other_changes_are_nothing_to_anybody_but_the_group_is_another() -> None:
    assert news(group_change(by=BOB, NewInviteLink="https://chat.whatsapp.com/x")) == GroupNews(CHAT)


def test_a_change_without_a_time_is_of_now() -> None:
    assert changed(group_change(by=BOB, time=-62135596800, Promote=[ANA])).time == NOW


@pytest.mark.parametrize("id_", ["111@lid", "@", "1@newsletter"])
def test_a_change_of_no_group_cannot_be_read(id_: str) -> None:
    data = NEONIZE.GroupInfoEvent.FromString(group_change(by=BOB))
    data.JID.CopyFrom(jid(id_))
    with pytest.raises(Undecodable):
        decoded(callbacks.GROUP_INFO, data.SerializeToString())


# --- the bot comes into a group ---


def joined(*, reason: str = "", by: str = "", by_phone: str = "") -> bytes:
    data: bytes = NEONIZE.JoinedGroup(
        Reason=reason,
        Type=reason,
        CreateKey="",
        Sender=jid(by) if by else None,
        SenderPN=jid(by_phone) if by_phone else None,
        GroupInfo=group_info(
            FAMILY,
            "Family",
            participant(ANA, lid=ANA, phone=ANA_PHONE, owner=True),
            participant(BOB, lid=BOB, admin=True),
            participant(ME, lid=ME, phone=ME_PHONE),
            participant("@"),
            announce=True,
        ),
    ).SerializeToString()
    return data


@pytest.mark.parametrize(
    ("given", "change", "by"),
    [
        ({"by": ANA, "by_phone": ANA_PHONE}, MembershipChange.ADD, ANA),
        ({"by_phone": BOB_PHONE}, MembershipChange.ADD, BOB),
        ({}, MembershipChange.JOIN, ME),
        ({"by": ME}, MembershipChange.JOIN, ME),
        ({"by": ANA, "reason": "invite"}, MembershipChange.JOIN, ME),
    ],
)
def test_the_bot_is_added_or_joins(given: dict[str, str], change: MembershipChange, by: str) -> None:
    found = decoded(callbacks.JOINED_GROUP, joined(**given))
    assert isinstance(found, GroupNews)
    (event,) = found.events
    assert isinstance(event, MembershipChanged)
    assert (event.change, event.sender.id, event.members, event.me) == (change, by, (ME_REF,), True)
    assert (event.chat, event.time) == (CHAT, NOW)
    assert decoded(callbacks.JOINED_GROUP, joined(**given)) == found


def test_the_group_is_known_when_the_bot_comes_into_it() -> None:
    known = identities()
    found = decoded(callbacks.JOINED_GROUP, joined(), known)
    assert isinstance(found, GroupNews)
    assert found.state is not None
    assert known.pairs[ANA] == ANA_PHONE
    assert found.state.addressing is Addressing.LID
    assert found.state.group == Group(
        CHAT,
        "Family",
        (UserRef(ANA, phone="+49151111", lid=ANA), BOB_REF, ME_REF),
        (ANA, BOB),
        announce_only=True,
        me=ME,
    )


def test_before_the_account_knows_itself_a_group_is_only_known() -> None:
    found = decoded(callbacks.JOINED_GROUP, joined(by=ANA), Known())
    assert isinstance(found, GroupNews)
    assert found.events == ()
    assert found.state is not None
    assert found.state.group.me == ""
    assert decoded(
        callbacks.GROUP_INFO, group_change(Delete=NEONIZE.GroupDelete(Deleted=True, DeletedReason="")), Known()
    ) == GroupNews(CHAT)
