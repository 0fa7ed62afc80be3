"""Scripts: people, chats and a timed conversation, written as TOML or JSON.

name = "evening"
pace = [2.0, 5.0]          # seconds before a step that has no `wait` of its own, drawn
rounds = 10                # how often the scenes are played, each time in another order

[[people]]                 # arguments of the operation `person`
name = "Ana"

[[groups]]                 # arguments of `group`; the bot is called "Whinchat"
subject = "Neighbours"
by = "Ana"
members = ["Whinchat"]

[[steps]]                  # once, at the beginning: an operation, its arguments, and what comes before it
do = "post"
chat = "Neighbours"
sender = "Ana"
text = "!scan consent"
wait = 1.0

[[scenes]]                 # again and again; `{round}` in `id` (and in a quote's) is the number of the round
steps = [{ do = "post", id = "dinner-{round}", chat = "Neighbours", sender = "Ana", text = "Dinner?" }]
"""

from __future__ import annotations

import asyncio
import logging
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from whinchat.core.errors import Refused
from whinchat.core.ports import Random
from whinchat.transports.simulator.arguments import CreateGroup, CreatePerson, Direct
from whinchat.transports.simulator.host import Host, Running, ScriptState
from whinchat.transports.simulator.operations import OPERATIONS, find_chat, perform

log = logging.getLogger(__name__)

TYPED = 25.0  # characters a person types in a second
LONGEST_TYPING = 3.0  # seconds
DEMO = Path(__file__).with_name("demo.toml")

Step = dict[str, Any]


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    steps: tuple[Step, ...]


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str = "script"
    pace: tuple[float, float] = (2.0, 5.0)
    rounds: int = 1
    people: tuple[CreatePerson, ...] = ()
    groups: tuple[CreateGroup, ...] = ()
    directs: tuple[Direct, ...] = ()
    steps: tuple[Step, ...] = ()
    scenes: tuple[Scene, ...] = ()


def load(path: Path) -> Script:
    """Raises Refused: not readable, or not a script; names the place."""
    try:
        text = path.read_text(encoding="utf-8")
        found = msgspec.json.decode(text) if path.suffix == ".json" else tomllib.loads(text)
        script = msgspec.convert(found, Script)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise Refused(f"the script {path.name} cannot be used: {error}", hint="see the reference of scripts") from None
    steps = (*script.steps, *(step for scene in script.scenes for step in scene.steps))
    for number, step in enumerate(steps, start=1):
        if (wrong := _mistake(step)) is not None:
            raise Refused(f"the script {path.name} cannot be used: step {number}: {wrong}")
    return script


class ScriptPlayer:
    """Builds a script's world in the host and plays its conversation; can be paused. `host.ScriptControl`."""

    def __init__(self, script: Script, host: Host, random: Random) -> None:
        self._script = script
        self._host = host
        self._random = random
        self._steps = 0
        self._done = False
        self._going = asyncio.Event()
        self._going.set()
        host.script = self

    def state(self) -> ScriptState:
        running = Running.RUNNING if self._going.is_set() else Running.PAUSED
        return ScriptState(self._script.name, Running.DONE if self._done else running, self._steps)

    def set_running(self, on: bool) -> None:
        if on:
            self._going.set()
        else:
            self._going.clear()

    def build(self) -> None:
        """People and chats. Raises Refused."""
        for operation, all_arguments in (
            ("person", self._script.people),
            ("group", self._script.groups),
            ("direct", self._script.directs),
        ):
            for arguments in all_arguments:
                OPERATIONS[operation].run(self._host, arguments)

    async def play(self) -> None:
        """The steps, then the scenes for as many rounds as the script says."""
        await self._play(self._script.steps, 0)
        for number in range(1, self._script.rounds + 1):
            for scene in sorted(self._script.scenes, key=lambda _scene: self._random.random()):
                await self._play(scene.steps, number)
        self._done = True

    async def _play(self, steps: Iterable[Step], number: int) -> None:
        for step in steps:
            await self._going.wait()
            arguments = dict(step)
            operation = arguments.pop("do")
            wait = arguments.pop("wait", None)
            pause = self._pause() if wait is None else float(wait)
            try:
                if operation == "post":
                    await self._post(_numbered(arguments, number), pause)
                else:
                    await self._host.clock.sleep(pause)
                    perform(self._host, operation, _numbered(arguments, number))
            except Refused as refusal:
                log.warning("a step of the script was refused", extra={"code": refusal.code})
            self._steps += 1

    def _pause(self) -> float:
        shortest, longest = self._script.pace
        return shortest + (longest - shortest) * self._random.random()

    async def _post(self, arguments: Step, pause: float) -> None:
        """As a person does: reads, types, sends."""
        typing = min(pause, LONGEST_TYPING, len(str(arguments.get("text", ""))) / TYPED)
        await self._host.clock.sleep(pause - typing)
        world = self._host.world
        chat, sender = find_chat(world, arguments["chat"]), world.people.find(arguments["sender"])
        world.talk.read(chat, sender)
        world.talk.typing(chat, sender, True)
        await self._host.clock.sleep(typing)
        perform(self._host, "post", arguments)


def _mistake(step: Step) -> str | None:
    arguments = {name: value for name, value in step.items() if name not in {"do", "wait"}}
    operation = OPERATIONS.get(str(step.get("do")))
    if operation is None:
        return "`do` names no operation"
    if not isinstance(step.get("wait", 0), int | float):
        return "`wait` is a number of seconds"
    try:
        msgspec.convert(arguments, operation.arguments)
    except msgspec.ValidationError as error:
        return str(error)
    return None


def _numbered(arguments: Mapping[str, Any], number: int) -> Step:
    numbered = dict(arguments)
    if "id" in numbered:
        numbered["id"] = numbered["id"].replace("{round}", str(number))
    if "quote" in numbered:
        numbered["quote"] = _numbered(numbered["quote"], number)
    return numbered
