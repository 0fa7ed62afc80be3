"""The fake network in a process of its own, and a service whose linked account `main` finds it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.live import Child, until
from tests.support.whatsapp.root_key import VARIABLE

PHONE = "15550100"


class Network:
    """With the phone of the bot, that of `PHONE`."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.whatsapp.main"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._numbers = 0
        self._ready = self._heard()
        self._authority = folder / "authority.pem"
        self._authority.write_text(self._ready["authority"])
        self.do("account", name="bot", phone=PHONE)
        self.do("person", name="Ana")

    def environment(self, folder: Path) -> dict[str, str]:
        """Of a machine that is on it, with its data in the folder."""
        return {
            "SSL_CERT_FILE": str(self._authority),
            "SSL_CERT_DIR": str(self._authority.parent),
            VARIABLE: self._ready["root_key"],
            "WHINCHAT_TRANSPORT__KIND": "whatsapp",
            "WHINCHAT_TRANSPORT__LINKED__ACCOUNTS": "main",
            "WHINCHAT_TRANSPORT__LINKED__PROXY": self._ready["proxy"],
            "WHINCHAT_STORAGE__DATA": str(folder / "data"),
            "WHINCHAT_KEYS__PATH": str(folder / "root.key"),
            "WHINCHAT_PRIVATE__PORT": "0",
            "WHINCHAT_SERVICE__OFFLINE": "true",
        }

    def do(self, verb: str, **arguments: object) -> Any:
        """A verb of `tests.support.whatsapp.main`."""
        assert self._process.stdin is not None
        self._numbers += 1
        self._process.stdin.write(json.dumps({"n": self._numbers, "do": verb, **arguments}) + "\n")
        self._process.stdin.flush()
        while (told := self._heard()).get("n") != self._numbers:
            """What happened meanwhile is of no interest here."""
        assert "error" not in told, told
        return told["result"]

    def scan(self, qr: str) -> None:
        """The phone's camera looks at it."""
        self.do("scan", account="bot", qr=qr)

    def enter(self, code: str) -> None:
        """It is typed on the phone."""
        self.do("enter", account="bot", code=code)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line: dict[str, Any] = json.loads(self._process.stdout.readline())
        return line


@contextlib.contextmanager
def network_process(folder: Path) -> Iterator[Network]:
    network = Network(folder)
    try:
        yield network
    finally:
        network.close()


@contextlib.contextmanager
def whinchat(network: Network, folder: Path, *arguments: str) -> Iterator[Child]:
    """`whinchat …` of a machine that is on the network."""
    child = Child(["tests.support.trusting", *arguments], folder, arguments[0], network.environment(folder))
    try:
        yield child
    finally:
        child.kill()


@contextlib.contextmanager
def service_process(network: Network, folder: Path) -> Iterator[Child]:
    with whinchat(network, folder, "run") as child:
        until(lambda: "Whinchat is ready" in child.output() or not child.running, "the service is up")
        assert child.running, child.output()
        yield child
