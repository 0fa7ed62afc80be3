from __future__ import annotations

from tests.support.worlds import Town

from whinchat.transports.simulator.realm import Bounds
from whinchat.transports.simulator.transcript import Entry, EntryKind, Transcript


def filled(entries: int, kept: int) -> Transcript:
    transcript = Transcript(kept)
    for position in range(1, entries + 1):
        transcript.append(Entry(position=position, time=0, kind=EntryKind.MESSAGE, text=str(position)))
    return transcript


def test_it_is_read_by_position() -> None:
    page = filled(10, 100).page(after=4, limit=3)
    assert [entry.position for entry in page.entries] == [5, 6, 7]
    assert (page.first, page.last) == (1, 10)
    assert filled(10, 100).page(after=10, limit=3).entries == ()


def test_memory_is_bounded_and_counts_are_exact() -> None:
    transcript = filled(1000, 10)
    page = transcript.page(after=0, limit=1000)
    assert page.counts == {"message": 1000}
    assert page.last == 1000
    assert page.first > 900  # whoever asks for older ones sees that some were missed
    assert [entry.position for entry in page.entries] == list(range(page.first, 1001))
    assert 10 <= len(page.entries) < 20
    assert [entry.position for entry in transcript.page(after=995, limit=2).entries] == [996, 997]


def test_everything_that_happens_is_in_it_with_its_time() -> None:
    town = Town()
    town.meet()
    town.clock.move(60)
    said = town.say(town.bob, "hello")
    town.world.talk.typing(town.chat, town.eve, True)
    town.send("welcome", reference="R1")
    message, typing, answer, send = town.entries()[-4:]
    assert (message.kind, message.time, message.actor) == (EntryKind.MESSAGE, town.clock.now(), town.bob.id)
    assert (message.message, message.content) == (said.id, said.content)
    assert (typing.kind, typing.on) == (EntryKind.TYPING, True)
    assert answer.kind is EntryKind.MESSAGE
    assert (send.kind, send.reference, send.message) == (EntryKind.SEND, "R1", answer.message)
    assert [entry.position for entry in town.entries()] == list(range(1, town.world.transcript.last + 1))


def test_the_bounds_of_a_world_hold() -> None:
    town = Town(bounds=Bounds(messages=5, entries=10))
    town.meet()
    for n in range(100):
        town.say(town.bob, str(n))
    assert town.texts() == ["95", "96", "97", "98", "99"]
    assert town.world.transcript.counts["message"] == 100
    assert len(town.entries()) < 20
