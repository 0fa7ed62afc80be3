from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from whinchat.core.errors import Refused
from whinchat.core.types import Content, Poll
from whinchat.testing.clock import FakeClock
from whinchat.transports.simulator.host import Host
from whinchat.transports.simulator.player import LocalApi, Player, Progress, read_records
from whinchat.transports.simulator.transcript import EntryKind

HEAD = "label\ttext\tsource\tdate\thas_url\n"


class Played:
    def __init__(self, seed: int = 1) -> None:
        self.clock = FakeClock()
        self.host = Host(self.clock, seed=1)
        self.player = Player(LocalApi(self.host), self.clock, Random(seed))

    def posted(self) -> list[tuple[str, str]]:
        entries = self.host.world.transcript.page(0, 10_000).entries
        return [(e.message, e.content.text) for e in entries if e.kind is EntryKind.MESSAGE and e.content is not None]

    def take_everything(self) -> None:
        world = self.host.world
        bot = world.bot("simulator")
        session = world.attach(bot, lambda: None)
        parcels = world.take(bot, session, 10**6, 10**6)
        world.acknowledge(bot, session, [parcel.position for parcel in parcels])


def numbers(count: int) -> Iterator[Content]:
    return (Content(text=str(n)) for n in range(count))


async def test_messages_are_spread_over_groups_and_people_the_same_way_for_a_seed() -> None:
    async def spread(seed: int) -> list[tuple[str, str]]:
        played = Played(seed)
        places = await played.player.settle(5, 20, size=4)
        assert [len(place.members) for place in places] == [4] * 5
        await played.player.play(numbers(100), places)
        entries = played.host.world.transcript.page(0, 1000).entries
        return [(entry.chat, entry.actor) for entry in entries if entry.kind is EntryKind.MESSAGE]

    first = await spread(1)
    assert first == await spread(1)
    assert first != await spread(2)
    assert len({chat for chat, _ in first}) == 5
    assert len({person for _, person in first}) > 8


async def test_each_message_is_posted_once_in_order_and_known_by_its_number() -> None:
    played = Played()
    places = await played.player.settle(3, 5)
    reached = await played.player.play(numbers(450), places)
    assert reached.posted == 450
    assert played.posted() == [(f"{played.player.run}-{n}", str(n)) for n in range(450)]


async def test_each_group_can_be_opened_by_its_admin() -> None:
    played = Played()
    places = await played.player.settle(2, 5, opening="!scan consent")
    assert [text for _, text in played.posted()] == ["!scan consent"] * 2
    for place in places:
        assert tuple(played.host.world.realm.chats[place.chat].admins) == place.members[:1]


async def test_a_speed_is_kept() -> None:
    played = Played()
    places = await played.player.settle(1, 2)
    progress: list[Progress] = []
    playing = asyncio.create_task(played.player.play(numbers(100), places, rate=50, progress=progress.append))
    await played.clock.advance(1)
    assert 48 <= len(played.posted()) <= 52
    await played.clock.advance(2)
    reached = await playing
    assert progress[-1] == reached
    assert reached.posted == 100
    assert 1.9 < reached.seconds < 2.1


async def test_playing_waits_for_a_bot_that_is_behind() -> None:
    played = Played()
    places = await played.player.settle(1, 2)
    playing = asyncio.create_task(played.player.play(numbers(100), places, behind=30))
    await played.clock.advance(5)
    assert len(played.posted()) <= 31
    while not playing.done():
        played.take_everything()
        await played.clock.advance(0.1)
    assert len(played.posted()) == 100


async def test_it_is_finished_when_everything_is_acknowledged() -> None:
    played = Played()
    places = await played.player.settle(1, 2)
    await played.player.play(numbers(3), places)
    progress: list[Progress] = []
    finishing = asyncio.create_task(played.player.finish(progress=progress.append))
    await played.clock.advance(1)
    assert not finishing.done()
    assert progress[-1].waiting == 4
    played.take_everything()
    await played.clock.advance(1)
    await finishing


async def test_a_message_that_cannot_be_posted_stops_the_play() -> None:
    played = Played()
    places = await played.player.settle(1, 2)
    with pytest.raises(Refused, match="message 2 of 2"):
        await played.player.play([Content(text="fine"), Content()], places)


def test_recorded_messages_are_read_without_quoting(tmp_path: Path) -> None:
    text = 'ham\t"half a quote\thardhat\t2025\t0\r\nspam\thttps://example.org/ "\tirc\t2024\t1\nham\t\tirc\t\t0\n'
    (tmp_path / "m.tsv").write_bytes(HEAD.encode() + text.encode() + b"ham\tbad \xff\tirc\t\t0\n")
    records = list(read_records(tmp_path / "m.tsv"))
    assert [(record.label, record.content.text, record.source) for record in records] == [
        ("ham", '"half a quote', "hardhat"),
        ("spam", 'https://example.org/ "', "irc"),
        ("ham", "bad \ufffd", "irc"),
    ]


def test_recorded_messages_may_be_packed_and_may_be_json(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "m.tsv.gz", "wt") as file:
        file.write(HEAD + "ham\thello\tirc\t2024\t0\n")
    assert [record.content.text for record in read_records(tmp_path / "m.tsv.gz")] == ["hello"]
    lines = '{"text": "plain"}\n{"content": {"poll": {"question": "When?", "options": ["now"]}}, "label": "ham"}\n'
    (tmp_path / "m.jsonl").write_text(lines)
    plain, poll = read_records(tmp_path / "m.jsonl")
    assert plain.content == Content(text="plain")
    assert (poll.content.poll, poll.label) == (Poll("When?", ("now",)), "ham")


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("m.tsv", "a\tb\n", "m.tsv cannot"),
        ("m.tsv", "", "m.tsv cannot"),
        ("m.tsv", HEAD + "ham\tx\n", "line 2: 2 columns"),
        ("m.jsonl", '{"text": "x"}\n{"text": 3}\n', "line 2"),
        ("m.jsonl", "hello\n", "line 1"),
    ],
)
def test_a_file_that_cannot_be_played_names_the_line(tmp_path: Path, name: str, text: str, place: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(Refused, match=place):
        list(read_records(tmp_path / name))
