"""A world and a service that run beside the test, and what a test asks of them: say something, wait, look."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.support.live import PATIENCE, Service, World, until, world_process

from whinchat.cli.main import main

UNHURRIED = {"WHINCHAT_RATE__BURST": "1000", "WHINCHAT_RATE__PER_MINUTE": "6000"}
"""Tests give more commands in a second than people do in an hour."""

WAITING = """
    SELECT (SELECT count(*) FROM events WHERE state = 'waiting'),
           (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')),
           (SELECT count(*) FROM jobs WHERE state <> 'dead')"""

Said = dict[str, Any]
"""A message as the world shows it."""


class Chat:
    """A chat of the world that the bot is in. `id` is what the API knows it by."""

    def __init__(self, town: Running, identity: str) -> None:
        self._town = town
        self.id = identity

    def say(self, sender: str, text: str | None = None, **more: Any) -> Said:
        """Post, without waiting. `more`: the other arguments of `post`."""
        given = more if text is None else {"text": text, **more}
        said: Said = self._town.world.call("post", chat=self.id, sender=sender, **given)
        return said

    def ask(self, sender: str, text: str, **more: Any) -> str:
        """What the bot answers, waited for; all of it, when it is more than one message."""
        asked = self.say(sender, text, **more)
        until(lambda: bool(self.replies(asked)), f"an answer to {text[:40]}")
        self._town.settle()
        return "\n".join(self.replies(asked))

    def history(self) -> list[Said]:
        """The newest 500 messages, oldest first; notices left out."""
        messages: list[Said] = []
        before: dict[str, int] = {}
        while page := self._town.world.call("history", chat=self.id, limit=200, **before)["messages"]:
            messages = [*page, *messages]
            before = {"before": page[0]["seq"]}
        return [said for said in messages if "notice" not in said]

    def replies(self, message: Said) -> list[str]:
        """What the bot said in answer to the message, in order."""
        return [
            said["content"]["text"]
            for said in self.history()
            if said["sender"] == self._town.bot
            and (quoted := said.get("quoted")) is not None
            and (quoted["sender"], quoted["id"]) == (message["sender"], message["id"])
        ]

    def reaction(self, message: Said) -> str | None:
        """The bot's, to the message."""
        for said in self.history():
            if (said["sender"], said["id"]) == (message["sender"], message["id"]):
                emoji: str | None = said.get("reactions", {}).get(self._town.bot)
                return emoji
        raise AssertionError("the message is not there")

    def of_bot(self) -> list[str]:
        """Everything that the bot has said here."""
        return [said["content"]["text"] for said in self.history() if said["sender"] == self._town.bot]


class Printed(NamedTuple):
    """What a verb ended with and said."""

    code: int
    out: str
    err: str


def verb(*arguments: str, folder: Path, environment: Mapping[str, str] | None = None) -> Printed:
    """`whinchat …` in this process, in that folder and with these variables."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(folder)
        for name, value in (environment or {}).items():
            patch.setenv(name, value)
        code = main(arguments)
    return Printed(code, out.getvalue(), err.getvalue())


class Running:
    """Ana, Bob, Eve and the bot; Ana is the admin of what groups there are."""

    def __init__(self, world: World, service: Service) -> None:
        self.world = world
        self.service = service
        self.bot: str = world.bot()["id"]

    def group(self, subject: str, *, consent: bool = True) -> Chat:
        """Everybody and the bot, which has introduced itself and, with `consent`, been allowed to read."""
        members = ["Bob", "Eve", "Whinchat"]
        chat = Chat(self, self.world.call("group", subject=subject, by="Ana", members=members)["id"])
        if consent:
            chat.ask("Ana", "!scan consent")
        else:
            self.settle()
        return chat

    def direct(self, person: str) -> Chat:
        return Chat(self, self.world.call("direct", people=[person, "Whinchat"])["id"])

    def settle(self, patience: float = PATIENCE) -> None:
        """Until nothing waits, neither in the world nor in the service. Raises AssertionError with what does."""
        try:
            until(lambda: not any(self.waiting()), "everything is handled", patience)
        except AssertionError as late:
            late.add_note(f"world, events, outbox, jobs: {self.waiting()}\n{self.service.child.output()[-4000:]}")
            raise

    def waiting(self) -> tuple[int, ...]:
        """How much waits in the world for the bot, and in the service's inbox, outbox and queue."""
        return (self.world.call("post_many", messages=[])["waiting"], *self.rows(WAITING)[0])

    def verb(self, *arguments: str) -> Printed:
        """`whinchat …` with the service's settings, in this process: a tenth of the time."""
        return verb(*arguments, folder=self.service.folder, environment=self.service.environment)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """From the service's database, as it is on disk."""
        database = sqlite3.connect(f"file:{self.service.database}?mode=ro", uri=True, timeout=PATIENCE)
        with contextlib.closing(database):
            return database.execute(sql).fetchall()

    def count(self, sql: str) -> int:
        """The one number that `sql` gives."""
        return int(self.rows(sql)[0][0])

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page of the private listener."""
        try:
            with urllib.request.urlopen(self.service.address + path, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def ready(self) -> tuple[int, dict[str, Any]]:
        status, body = self.get("/readyz")
        return status, json.loads(body)

    def connected(self) -> bool:
        """By the service's own word, whatever else it remarks: shipped lists and the model grow old."""
        return "transport simulator" not in self.ready()[1]["degraded"]


@contextlib.contextmanager
def running(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """A world and a service in `folder`, both gone at the end. `environment`: settings of the service."""
    with world_process(folder) as world:
        service = Service(folder, world, {**UNHURRIED, **(environment or {})})
        try:
            service.start()
            yield Running(world, service)
        finally:
            service.kill()
