from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support.worlds import Town

from whinchat.core.errors import Refused
from whinchat.core.types import ChatKind, GroupChanged, MembershipChange, MembershipChanged
from whinchat.transports.simulator.transcript import EntryKind


@pytest.fixture
def town() -> Town:
    return Town()


def changes(town: Town) -> list[tuple[MembershipChange, str | None, tuple[str | None, ...], bool]]:
    """(what, by whom, whom, is it the bot) of every membership event that the bot gets now."""
    return [
        (event.change, event.sender.name, tuple(member.name for member in event.members), event.me)
        for event in town.events()
        if isinstance(event, MembershipChanged)
    ]


def test_a_bot_that_is_in_a_new_group_hears_that_it_was_added(town: Town) -> None:
    town.connect()
    assert changes(town) == [(MembershipChange.ADD, "Ana", ("Whinchat",), True)]


def test_members_come_and_go_and_the_bot_hears_of_it(town: Town) -> None:
    town.meet()
    kim = town.world.person("Kim")
    groups = town.world.groups
    groups.join(town.chat, kim)
    groups.promote(town.chat, town.ana, (kim,))
    groups.demote(town.chat, kim, (kim,))
    groups.leave(town.chat, kim)
    groups.add(town.chat, town.ana, (kim,))
    groups.remove(town.chat, town.ana, (kim, town.eve))
    assert changes(town) == [
        (MembershipChange.JOIN, "Kim", ("Kim",), False),
        (MembershipChange.PROMOTE, "Ana", ("Kim",), False),
        (MembershipChange.DEMOTE, "Kim", ("Kim",), False),
        (MembershipChange.LEAVE, "Kim", ("Kim",), False),
        (MembershipChange.ADD, "Ana", ("Kim",), False),
        (MembershipChange.REMOVE, "Ana", ("Kim", "Eve"), False),
    ]
    assert set(town.chat.members) == {town.ana.id, town.bob.id, town.bot.id}


def test_a_removed_bot_hears_of_it_and_of_nothing_afterwards(town: Town) -> None:
    town.meet()
    town.world.groups.remove(town.chat, town.ana, (town.bot,))
    town.say(town.bob, "at last among ourselves")
    assert changes(town) == [(MembershipChange.REMOVE, "Ana", ("Whinchat",), True)]
    assert town.world.group(town.bot, town.ref()) is None


def test_every_event_has_an_id_of_its_own(town: Town) -> None:
    town.connect()
    town.world.groups.promote(town.chat, town.ana, (town.bob,))
    town.world.groups.demote(town.chat, town.ana, (town.bob,))
    ids = [event.id for event in town.events() if isinstance(event, MembershipChanged)]
    assert len(ids) == len(set(ids)) == 3


def test_the_bot_sees_the_group_as_it_is_now(town: Town) -> None:
    town.world.groups.promote(town.chat, town.ana, (town.bob,))
    town.world.groups.set_announce_only(town.chat, town.bob, True)
    group = town.world.group(town.bot, town.ref())
    assert group is not None
    assert group.subject == "Neighbours"
    assert [member.name for member in group.members] == ["Ana", "Bob", "Eve", "Whinchat"]
    assert group.admins == (town.ana.id, town.bob.id)
    assert group.announce_only


def test_subject_and_announcements_are_events_of_the_group(town: Town) -> None:
    town.meet()
    town.world.groups.set_subject(town.chat, town.ana, "Street 7")
    town.world.groups.set_announce_only(town.chat, town.ana, True)
    first, second = town.events()
    assert isinstance(first, GroupChanged)
    assert isinstance(second, GroupChanged)
    assert (first.subject, first.announce_only) == ("Street 7", None)
    assert (second.subject, second.announce_only) == (None, True)
    assert town.chat.subject == "Street 7"


def test_only_admins_write_where_only_announcements_are_made(town: Town) -> None:
    town.world.groups.set_announce_only(town.chat, town.ana, True)
    town.say(town.ana, "listen")
    with pytest.raises(Refused) as refused:
        town.say(town.bob, "me too")
    assert refused.value.code == "announce_only"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda town: town.world.groups.promote(town.chat, town.bob, (town.bob,)), "not_admin"),
        (lambda town: town.world.groups.demote(town.chat, town.bob, (town.ana,)), "not_admin"),
        (lambda town: town.world.groups.remove(town.chat, town.bob, (town.ana,)), "not_admin"),
        (lambda town: town.world.groups.add(town.chat, town.bob, (town.world.person("Kim"),)), "not_admin"),
        (lambda town: town.world.groups.set_subject(town.chat, town.bob, "mine"), "not_admin"),
        (lambda town: town.world.groups.set_subject(town.chat, town.ana, ""), "bad_subject"),
        (lambda town: town.world.groups.set_announce_only(town.chat, town.bob, True), "not_admin"),
        (lambda town: town.world.groups.join(town.chat, town.bob), "is_member"),
        (lambda town: town.world.groups.leave(town.chat, town.world.person("Kim")), "not_member"),
        (lambda town: town.world.groups.promote(town.chat, town.ana, (town.world.person("Kim"),)), "not_member"),
        (lambda town: town.world.groups.demote(town.chat, town.ana, (town.world.person("Kim"),)), "not_member"),
        (lambda town: town.world.groups.create("Twin", town.ana, identity=town.chat.id), "taken"),
        (lambda town: town.world.groups.create("Odd", town.ana, identity="no group"), "bad_id"),
    ],
)
def test_what_the_network_forbids_changes_nothing(town: Town, act: Callable[[Town], None], code: str) -> None:
    town.meet()
    before = town.chat.view()
    with pytest.raises(Refused) as refused:
        act(town)
    assert refused.value.code == code
    assert town.chat.view() == before
    assert town.events() == []


def test_a_direct_chat_has_no_members_to_change(town: Town) -> None:
    direct = town.world.realm.direct(town.ana, town.bob)
    assert direct.kind is ChatKind.DIRECT
    assert town.world.realm.direct(town.bob, town.ana) is direct
    for act in (town.world.groups.join, town.world.groups.leave):
        with pytest.raises(Refused) as refused:
            act(direct, town.eve)
        assert refused.value.code == "not_a_group"
    with pytest.raises(Refused) as alone:
        town.world.realm.direct(town.ana, town.ana)
    assert alone.value.code == "alone"


def test_a_group_has_a_most_of_members(town: Town) -> None:
    crowd = [town.world.person(f"P{n}") for n in range(1024)]
    with pytest.raises(Refused) as refused:
        town.world.groups.create("Stadium", town.ana, crowd)
    assert refused.value.code == "too_many"
    stadium = town.world.groups.create("Stadium", crowd[0], crowd)
    with pytest.raises(Refused) as full:
        town.world.groups.join(stadium, town.ana)
    assert full.value.code == "too_many"


def test_the_chat_shows_who_came_and_went(town: Town) -> None:
    town.world.groups.leave(town.chat, town.eve)
    created, left = (message.notice for message in town.chat.history(None, 10))
    assert created is not None
    assert left is not None
    assert (created.what, created.text) == ("created", "Neighbours")
    assert (left.what, left.people) == ("leave", (town.eve.id,))
    entry = town.entries(EntryKind.MEMBERSHIP)[0]
    assert (entry.change, entry.people, entry.actor) == ("leave", (town.eve.id,), town.eve.id)
