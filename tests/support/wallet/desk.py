"""`whinchat sandbox` in a process of its own, and its admin API."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATIENCE = 30.0  # seconds for anything to happen
COMMAND = "import sys; from whinchat.cli.main import main; sys.exit(main(['sandbox', *sys.argv[1:]]))"


class Process:
    """The verb, once it has said where it is."""

    def __init__(self, started: subprocess.Popen[str], told: dict[str, str]) -> None:
        self.started = started
        self.told = told

    @property
    def address(self) -> str:
        return self.told["address"]

    def do(self, operation: str, /, **given: Any) -> Any:
        return self._asked(f"/admin/{operation}", json.dumps(given).encode())

    def state(self) -> Any:
        return self._asked("/admin/state")

    def graphql(self, query: str, token: str, /, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        return self._asked("/graphql", body, token)

    def stop(self) -> int:
        self.started.terminate()
        return self.started.wait(PATIENCE)

    def _asked(self, path: str, body: bytes | None = None, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token or self.told['token']}"}
        request = urllib.request.Request(self.address + path, body, headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)


@contextlib.contextmanager
def sandbox_process(*options: str, folder: Path) -> Iterator[Process]:
    """It is killed with the context if it still runs."""
    started = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--json", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdin is not None
    try:
        yield Process(started, json.loads(started.stdout.readline()))
    finally:
        started.kill()
        started.wait()
        started.stdin.close()
        started.stdout.close()
