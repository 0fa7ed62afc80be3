"""What the people of a soak do, and what is heard of it."""

from __future__ import annotations

from collections import Counter

from benchmarks.common import Group, World
from benchmarks.crowd import KINDS, SITE, Crowd, Witness

from whinchat.core.types import ChatKind, ChatRef, Content, MessageRef, SendText
from whinchat.testing.clock import FakeClock
from whinchat.transports.simulator.host import Host
from whinchat.transports.simulator.transcript import Entry, EntryKind


def crowd_of(heard: list[Entry]) -> Crowd:
    """A crowd in two groups; nobody listens but the test."""
    host = Host(FakeClock(), seed=1, listeners=[lambda entry: heard.append(entry) if entry else None])
    world = World(host, "")
    people = tuple(world.call("person", name=name).id for name in ("Ana", "Bob", "Eve"))
    made = [world.call("group", subject=name, by=people[0], members=people[1:]) for name in ("One", "Two")]
    crowd = Crowd(world, [Group(chat.id, people) for chat in made])
    heard.clear()
    return crowd


def test_what_a_crowd_does_is_what_it_says_has_to_come_of_it() -> None:
    heard: list[Entry] = []
    crowd = crowd_of(heard)
    for _ in range(600):
        crowd.act()
    kinds = Counter(entry.kind for entry in heard)
    texts = [entry.content.text for entry in heard if entry.content]
    sites = [int(site[1]) for text in texts if (site := SITE.search(text))]

    assert crowd.events == sum(kinds[each] for each in (EntryKind.MESSAGE, EntryKind.EDIT, EntryKind.MEMBERSHIP))
    assert min(kinds[each] for each in (EntryKind.EDIT, EntryKind.MEMBERSHIP)) > 0
    assert crowd.links == sum("https://" in text for text in texts)
    assert crowd.commands == sum(text.startswith("!") for text in texts)
    assert sorted(sites) == sorted(crowd.dangerous), "a link was posted twice"


def test_a_crowd_forgets_what_it_did_and_repeats_no_link() -> None:
    heard: list[Entry] = []
    crowd = crowd_of(heard)
    for _ in range(300):
        crowd.act()
    first = crowd.dangerous
    crowd.forget()
    assert (crowd.events, crowd.links, crowd.commands, crowd.dangerous) == (0, 0, 0, set())
    for _ in range(300):
        crowd.act()
    assert crowd.dangerous
    assert not crowd.dangerous & first


def test_what_a_crowd_does_adds_up() -> None:
    assert sum(KINDS.values()) == 100


def test_a_witness_tells_warnings_from_answers_and_counts_what_arrives_twice() -> None:
    witness = Witness()
    host = Host(FakeClock(), seed=1, listeners=[witness.hear])
    world = World(host, "")
    bot = next(host.world.people.bots())
    witness.bot = bot.id
    ana = world.call("person", name="Ana").id
    group = world.call("group", subject="One", by=ana, members=["Whinchat"])
    posted = world.call("post", chat=group.id, sender=ana, text="look https://paypa1-login-7.pages.dev/verify")
    about = ChatRef(group.id, ChatKind.GROUP)
    warned = MessageRef(about, posted.id, ana)
    for reference, text in (("a", "Do not open paypa1-login-7[.]pages[.]dev"), ("b", "pong")):
        host.world.sends.perform(bot, about, SendText(text, quote=warned), reference)
    host.world.sends.perform(bot, about, SendText("pong"), "b")

    assert dict(witness.warned) == {7: 1}
    assert witness.answers == 2
    assert dict(witness.arrived) == {"a": 1, "b": 2}
    witness.forget()
    assert (witness.arrived.total(), witness.warned.total(), witness.answers) == (0, 0, 0)


def test_a_witness_hears_the_bot_alone() -> None:
    witness = Witness()
    witness.bot = "bot"
    said = Content(text="look https://paypa1-login-7.pages.dev/verify")
    witness.hear(Entry(position=1, time=0, kind=EntryKind.MESSAGE, actor="ana", content=said))
    witness.hear(None)
    assert not witness.warned
