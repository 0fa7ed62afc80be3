"""A world and a service in processes of their own, as a person would start them; the world is the witness."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

TOKEN = "a-token-for-tests-0123456789"
PATIENCE = 30.0  # seconds for anything to happen; generous, because machines are slow now and then


class Child:
    """A child process whose output goes to a file; killed at the end whatever happens."""

    def __init__(self, arguments: list[str], folder: Path, name: str, environment: Mapping[str, str]) -> None:
        self.log = folder / f"{name}.log"
        self._file = self.log.open("ab")
        self._offset = self.log.stat().st_size
        self._process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
            stdin=subprocess.DEVNULL,
            stdout=self._file,
            stderr=subprocess.STDOUT,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def output(self) -> str:
        """What this run has printed."""
        with self.log.open("rb") as file:
            file.seek(self._offset)
            return file.read().decode("utf-8", "replace")

    def wait(self) -> int:
        """The exit code; negative: the signal."""
        return self._process.wait(PATIENCE)

    def stop(self) -> int:
        """In good order."""
        self.send(signal.SIGTERM)
        return self.wait()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        if self.running:
            self._process.kill()
        self._process.wait()
        self._file.close()


class World:
    """The simulator's API, as any script would use it."""

    def __init__(self, child: Child, address: str) -> None:
        self.child = child
        self.address = address

    def call(self, operation: str, **arguments: Any) -> Any:
        return self._ask(f"api/{operation}", json.dumps(arguments).encode())

    def transcript(self) -> list[dict[str, Any]]:
        """Everything that happened."""
        entries: list[dict[str, Any]] = []
        while True:
            page = self._ask(f"api/transcript?after={entries[-1]['position'] if entries else 0}&limit=5000")
            entries += page["entries"]
            if not page["entries"]:
                return entries

    def counts(self) -> dict[str, int]:
        """How much of everything there was since the world began."""
        counts: dict[str, int] = self._ask("api/transcript?limit=1")["counts"]
        return counts

    def sends(self, action: str = "text") -> list[dict[str, Any]]:
        """What the bot sent and the network has, in order."""
        return [
            entry
            for entry in self.transcript()
            if entry["kind"] == "send" and entry["action"] == action and entry.get("arrived")
        ]

    def said(self, sender: str | None = None) -> list[dict[str, Any]]:
        """The newest messages of every chat in order, of one person if given; notices left out."""
        messages: list[dict[str, Any]] = self._ask("api/state")["messages"]
        return [message for message in messages if "notice" not in message and sender in {None, message["sender"]}]

    def bot(self) -> dict[str, Any]:
        people: list[dict[str, Any]] = self._ask("api/state")["people"]
        return next(person for person in people if person.get("bot"))

    def group(self, subject: str, *members: str, admin: str = "Ana") -> str:
        """A group with the bot, whose admin has agreed to be protected."""
        chat: str = self.call("group", subject=subject, by=admin, members=[*members, "Whinchat"])["id"]
        self.call("post", chat=chat, sender=admin, text="!scan consent")
        return chat

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}/{path}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.status} {error.read().decode()}") from None


class Service:
    """`whinchat run`, or a module of the tests that runs it with faults."""

    def __init__(self, folder: Path, world: World, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.world = world
        self.environment = {
            "WHINCHAT_TRANSPORT__SIMULATOR__WORLD": world.address,
            "WHINCHAT_TRANSPORT__SIMULATOR__TOKEN": TOKEN,
            "WHINCHAT_STORAGE__DATA": str(folder / "data"),
            "WHINCHAT_KEYS__PATH": str(folder / "root.key"),
            "WHINCHAT_PRIVATE__PORT": "0",
            "WHINCHAT_SERVICE__OFFLINE": "true",
            **(environment or {}),
        }
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        assert self._child is not None
        return self._child

    @property
    def database(self) -> Path:
        return Path(self.environment["WHINCHAT_STORAGE__DATA"]) / "whinchat.db"

    @property
    def address(self) -> str:
        """Of the private listener."""
        return self.child.output().split("Whinchat is ready: ")[1].split("/readyz")[0]

    def start(self, *arguments: str, wait: bool = True, **environment: str) -> None:
        """Raises AssertionError with the log when it is not ready in time. `arguments`: a module and its arguments."""
        self.kill()
        command = list(arguments) or ["whinchat", "run"]
        self._child = Child(command, self.folder, "service", {**self.environment, **environment})
        if wait:
            until(lambda: "Whinchat is ready" in self.child.output() or not self.child.running, "the service is up")
            assert self.child.running, self.child.output()

    def whinchat(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another verb with the same settings."""
        return subprocess.run(
            [sys.executable, "-m", "whinchat", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **self.environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE * 2,
            check=False,
        )

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()


def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Looks every few milliseconds. Raises AssertionError when `what` does not come true."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"not in {patience:.0f} s: {what}"
        time.sleep(0.02)


@contextlib.contextmanager
def world_process(folder: Path, *arguments: str) -> Iterator[World]:
    """A world with Ana, Bob and Eve, and the bot's account."""
    command = ["whinchat", "simulator", "--port", "0", "--token", TOKEN, "--json", *arguments]
    child = Child(command, folder, "world", {})
    try:
        until(lambda: "\n" in child.output() or not child.running, "the world is up")
        assert child.running, child.output()
        world = World(child, json.loads(child.output().splitlines()[0])["address"])
        if not arguments:
            for name in ("Ana", "Bob", "Eve"):
                world.call("person", name=name)
        yield world
    finally:
        child.kill()
