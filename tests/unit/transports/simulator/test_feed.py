from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.worlds import Town

from whinchat.core.errors import Refused
from whinchat.core.types import MessageReceived
from whinchat.transports.simulator.faults import Fault, FaultKind
from whinchat.transports.simulator.feed import Disconnected, Parcel
from whinchat.transports.simulator.realm import Bounds


@pytest.fixture
def town() -> Town:
    town = Town()
    town.meet()
    return town


def texts(parcels: list[Parcel]) -> list[str]:
    return [parcel.item.content.text for parcel in parcels if isinstance(parcel.item, MessageReceived)]


def acknowledge(town: Town, parcels: list[Parcel]) -> None:
    town.world.acknowledge(town.bot, town.session, [parcel.position for parcel in parcels])


def test_what_was_not_acknowledged_comes_again_before_newer_things(town: Town) -> None:
    for text in ("one", "two", "three"):
        town.say(town.bob, text)
    parcels = town.parcels()
    acknowledge(town, parcels[:1])
    town.connect()  # the service was killed and is back
    town.say(town.bob, "four")
    again = town.parcels()
    assert texts(again) == ["two", "three", "four"]
    assert [p.item.offline for p in again if isinstance(p.item, MessageReceived)] == [True, True, False]


def test_what_happened_while_the_bot_was_away_waits_and_says_so(town: Town) -> None:
    town.world.set_online(town.bot, False)
    town.say(town.bob, "anybody there?")
    with pytest.raises(Disconnected):
        town.parcels()
    with pytest.raises(Disconnected):
        town.connect()
    town.world.set_online(town.bot, True)
    town.connect()
    (parcel,) = town.parcels()
    assert isinstance(parcel.item, MessageReceived)
    assert parcel.item.offline
    assert town.world.shown(town.bot).waiting == 1


def test_no_more_than_the_window_is_under_way(town: Town) -> None:
    for n in range(10):
        town.say(town.bob, str(n))
    first = town.parcels(limit=3, window=4)
    second = town.parcels(limit=3, window=4)
    assert (texts(first), texts(second), town.parcels(limit=3, window=4)) == (["0", "1", "2"], ["3"], [])
    acknowledge(town, first[:2])
    assert texts(town.parcels(limit=3, window=4)) == ["4", "5"]


def test_a_new_session_ends_the_one_before(town: Town) -> None:
    town.say(town.bob, "hello")
    old, parcels = town.session, town.parcels()
    town.connect()
    town.world.acknowledge(town.bot, old, [parcels[0].position])
    town.world.detach(town.bot, old)
    with pytest.raises(Disconnected):
        town.world.take(town.bot, old, 1, 1)
    assert texts(town.parcels()) == ["hello"]
    assert town.bot.connected


def test_an_event_can_come_many_times(town: Town) -> None:
    town.world.inject(Fault(kind=FaultKind.DUPLICATE, times=100, count=1))
    town.say(town.bob, "echo")
    town.say(town.bob, "once")
    events = town.events()
    assert len(events) == 101
    assert len({event.id for event in events if isinstance(event, MessageReceived)}) == 2


def test_delayed_events_come_later_and_in_order(town: Town) -> None:
    town.world.inject(Fault(kind=FaultKind.DELAY, seconds=5))
    town.say(town.bob, "one")
    town.say(town.bob, "two")
    assert town.parcels() == []
    assert town.world.next_due(town.bot) == town.clock.now() + 5000
    town.clock.move(4.999)
    assert town.parcels() == []
    town.clock.move(0.001)
    assert texts(town.parcels()) == ["one", "two"]
    assert town.world.next_due(town.bot) is None


def test_with_jitter_later_events_overtake_but_none_is_lost(town: Town) -> None:
    town.world.inject(Fault(kind=FaultKind.DELAY, jitter=2))
    said = [str(n) for n in range(30)]
    for text in said:
        town.say(town.bob, text)
    town.clock.move(2)
    came = texts(town.parcels())
    assert came != said
    assert sorted(came, key=int) == said


def test_the_connection_breaks_after_so_many_events(town: Town) -> None:
    town.world.inject(Fault(kind=FaultKind.DISCONNECT, after=2, count=2))
    for n in range(5):
        town.say(town.bob, str(n))
    first = town.parcels()
    assert texts(first) == ["0", "1"]
    acknowledge(town, first)
    with pytest.raises(Disconnected):
        town.parcels()
    assert not town.bot.connected
    town.connect()
    assert texts(town.parcels()) == ["2", "3"]
    with pytest.raises(Disconnected):
        town.parcels()
    town.connect()
    assert texts(town.parcels()) == ["2", "3", "4"]


def test_a_bot_that_does_not_take_anything_stops_the_world_from_growing() -> None:
    town = Town(bounds=Bounds(waiting=5))
    for n in range(4):  # its being added is the first event
        town.say(town.bob, str(n))
    with pytest.raises(Refused) as refused:
        town.say(town.bob, "too much")
    assert refused.value.code == "bot_behind"
    town.meet()
    town.say(town.bob, "now")


def test_who_waits_is_woken(town: Town) -> None:
    woken: list[str] = []
    session = town.world.attach(town.bot, lambda: woken.append("woken"))
    town.say(town.bob, "hello")
    assert woken == ["woken"]
    (parcel,) = town.world.take(town.bot, session, 1, 1)
    town.world.acknowledge(town.bot, session, [parcel.position])
    assert len(woken) == 2  # the window has room again
    town.world.set_online(town.bot, False)
    assert len(woken) == 3  # to learn that it is over


@given(steps=st.lists(st.one_of(st.just("say"), st.just("take"), st.just("crash"), st.integers(0, 5)), max_size=60))
def test_whatever_happens_nothing_is_lost_and_order_holds(steps: list[str | int]) -> None:
    """`say` posts, `take` takes two, a number acknowledges the first few of what is open, `crash` connects anew."""
    town = Town(seed=3)
    town.meet()
    said, accepted, open_parcels = 0, list[str](), list[Parcel]()
    for step in [*steps, "crash"]:
        if step == "say":
            town.say(town.bob, str(said))
            said += 1
        elif step == "take":
            open_parcels += town.parcels(limit=2, window=6)
        elif step == "crash":
            town.connect()
            open_parcels = []
        elif isinstance(step, int):
            acknowledge(town, open_parcels[:step])
            accepted += texts(open_parcels[:step])
            open_parcels = open_parcels[step:]
    accepted += texts(town.parcels())
    assert accepted == [str(n) for n in range(said)]
