from __future__ import annotations

from tests.support.worlds import Town

from whinchat.core.types import ChatKind, ChatRef, DeliveryStatus
from whinchat.transports.simulator.transcript import EntryKind


def ids(town: Town) -> list[str]:
    town.connect()
    said = [town.say(town.bob, "a"), town.say(town.eve, "b")]
    town.world.talk.edit(said[0], said[1].content)
    return [town.chat.id, *(message.id for message in said), *(getattr(event, "id", "") for event in town.events())]


def test_the_same_seed_makes_the_same_world_and_another_seed_shares_no_id() -> None:
    assert ids(Town(seed=1)) == ids(Town(seed=1))
    assert not set(ids(Town(seed=1))) & set(ids(Town(seed=2)))


def test_messages_wait_for_people_who_are_away() -> None:
    town = Town()
    town.world.set_online(town.eve, False)
    said = town.say(town.bob, "hello")
    seen = [said.status]
    town.world.set_online(town.eve, True)
    assert [*seen, said.status] == [DeliveryStatus.SENT, DeliveryStatus.DELIVERED]
    town.world.set_online(town.eve, True)  # nothing happens twice
    assert [entry.text for entry in town.entries(EntryKind.PRESENCE)] == ["offline", "online"]


def test_an_older_message_stays_delivered_when_somebody_goes() -> None:
    town = Town()
    said = town.say(town.bob, "hello")
    town.world.set_online(town.eve, False)
    town.world.talk.read(town.chat, town.ana)
    assert said.status is DeliveryStatus.DELIVERED
    assert town.world.receipts(said)[town.eve.id] is DeliveryStatus.DELIVERED


def test_the_bot_comes_and_goes_in_the_transcript() -> None:
    town = Town()
    town.connect()
    town.world.detach(town.bot, town.session)
    town.world.detach(town.bot, town.session)
    assert [entry.text for entry in town.entries(EntryKind.PRESENCE)] == ["connected", "disconnected"]


def test_handed_over_and_acknowledged_are_counted() -> None:
    town = Town()
    town.meet()
    counts = town.world.transcript.counts
    assert counts["handed_over"] == counts["acknowledged"] == 1
    town.say(town.bob, "hello")
    parcels = town.parcels()
    town.connect()
    town.parcels()
    town.world.acknowledge(town.bot, town.session, [parcels[0].position, 10**6])
    assert (counts["handed_over"], counts["acknowledged"]) == (3, 2)


def test_a_bot_knows_only_groups_that_it_is_in() -> None:
    town = Town()
    club = town.world.groups.create("Club", town.ana)
    direct = town.world.realm.direct(town.ana, town.bot)
    assert town.world.group(town.bot, ChatRef(club.id, ChatKind.GROUP)) is None
    assert town.world.group(town.bot, ChatRef("nowhere", ChatKind.GROUP)) is None
    assert town.world.group(town.bot, ChatRef(direct.id, ChatKind.DIRECT)) is None


def test_people_are_shown_as_they_are_and_bots_with_what_waits() -> None:
    town = Town()
    assert town.world.shown(town.ana) is town.ana
    assert town.world.shown(town.bot).waiting == 1
    assert not town.world.shown(town.bot).connected
