from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from random import Random

import pytest

from whinchat.core.errors import Refused
from whinchat.testing.clock import FakeClock
from whinchat.transports.simulator.host import Host, Running
from whinchat.transports.simulator.operations import find_chat
from whinchat.transports.simulator.script import DEMO, Script, ScriptPlayer, load
from whinchat.transports.simulator.transcript import EntryKind

EVENING = """
name = "evening"
pace = [1.0, 2.0]
rounds = 2

[[people]]
name = "Ana"

[[people]]
name = "Bob"

[[groups]]
subject = "Neighbours"
by = "Ana"
members = ["Bob", "Whinchat"]

[[directs]]
people = ["Bob", "Whinchat"]

[[steps]]
do = "post"
chat = "Neighbours"
sender = "Ana"
text = "!scan consent"
wait = 5

[[scenes]]
steps = [
  { do = "post", id = "dinner-{round}", chat = "Neighbours", sender = "Bob", text = "Dinner?" },
  { do = "post", chat = "Neighbours", sender = "Ana", quote = { sender = "Bob", id = "dinner-{round}" }, text = "Yes" },
]
"""


def written(folder: Path, text: str, name: str = "world.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def player(script: Script) -> tuple[ScriptPlayer, Host, FakeClock]:
    clock = FakeClock()
    host = Host(clock, seed=1)
    found = ScriptPlayer(script, host, Random(1))
    found.build()
    return found, host, clock


def posts(host: Host) -> list[str]:
    entries = host.world.transcript.page(0, 1000).entries
    return [e.content.text for e in entries if e.kind is EntryKind.MESSAGE and e.content is not None]


async def test_a_script_builds_its_world_and_plays_it_in_time(tmp_path: Path) -> None:
    played, host, clock = player(load(written(tmp_path, EVENING)))
    assert len(find_chat(host.world, "Bob~Whinchat").members) == 2
    playing = asyncio.create_task(played.play())
    await clock.advance(4.9)
    assert posts(host) == []
    await clock.advance(0.2)
    assert posts(host) == ["!scan consent"]
    await clock.advance(10)
    await playing
    assert posts(host) == ["!scan consent", "Dinner?", "Yes", "Dinner?", "Yes"]
    last = next(find_chat(host.world, "Neighbours").newest_first())
    assert last.quoted is not None
    assert (last.quoted.id, last.quoted.content.text) == ("dinner-2", "Dinner?")
    assert (played.state().state, played.state().step, played.state().name) == (Running.DONE, 5, "evening")


async def test_who_writes_reads_and_types_first(tmp_path: Path) -> None:
    played, host, clock = player(load(written(tmp_path, EVENING)))
    playing = asyncio.create_task(played.play())
    await clock.advance(30)
    await playing
    kinds = [entry.kind for entry in host.world.transcript.page(0, 1000).entries]
    first = kinds.index(EntryKind.MESSAGE)
    assert kinds[first - 2 : first] == [EntryKind.READ, EntryKind.TYPING]


async def test_a_paused_script_waits(tmp_path: Path) -> None:
    played, host, clock = player(load(written(tmp_path, EVENING)))
    playing = asyncio.create_task(played.play())
    await clock.advance(5)
    played.set_running(False)
    await clock.advance(100)
    assert played.state().state is Running.PAUSED
    paused = len(posts(host))
    assert paused <= 2  # the step that was under way is finished
    played.set_running(True)
    await clock.advance(100)
    await playing
    assert len(posts(host)) == 5


async def test_a_step_that_the_world_refuses_is_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    played, host, clock = player(load(written(tmp_path, EVENING)))
    bob, chat = host.world.people.find("Bob"), find_chat(host.world, "Neighbours")
    host.world.groups.leave(chat, bob)
    with caplog.at_level(logging.WARNING):
        playing = asyncio.create_task(played.play())
        await clock.advance(100)
        await playing
    assert posts(host) == ["!scan consent", "Yes", "Yes"]
    assert {record.__dict__["code"] for record in caplog.records} == {"not_member"}


async def test_the_demo_plays_through_without_a_refusal(caplog: pytest.LogCaptureFixture) -> None:
    script = load(DEMO)
    script = Script(**{name: getattr(script, name) for name in script.__struct_fields__} | {"rounds": 2})
    played, host, clock = player(script)
    playing = asyncio.create_task(played.play())
    while not playing.done():
        await clock.advance(20)
    assert not caplog.records
    neighbours = find_chat(host.world, "Neighbours")
    assert len(neighbours.members) == 11
    said = posts(host)
    assert said.index("!scan consent") < next(n for n, text in enumerate(said) if "paypa1-login" in text)
    assert len(said) > 50


def test_a_script_may_be_json(tmp_path: Path) -> None:
    path = written(tmp_path, '{"people": [{"name": "Ana"}], "steps": [{"do": "reset"}]}', "world.json")
    assert load(path).people[0].name == "Ana"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("people = 3", "$.people"),
        ("[[people]]\nage = 3", "$.people[0]"),
        ("colour = 1", "colour"),
        ("not toml", "line 1"),
        ("[[steps]]\nchat = 'x'", "step 1: `do`"),
        ("[[steps]]\ndo = 'dance'", "step 1: `do`"),
        ("[[steps]]\ndo = 'reset'\nwait = 'long'", "step 1: `wait`"),
        ("[[scenes]]\nsteps = [{ do = 'post', chat = 'x', sender = 3 }]", "$.sender"),
    ],
)
def test_a_script_that_cannot_be_used_names_the_place(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(Refused) as refused:
        load(written(tmp_path, text))
    assert "world.toml" in str(refused.value)
    assert place in str(refused.value)


def test_a_script_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        load(tmp_path / "nothing.toml")
