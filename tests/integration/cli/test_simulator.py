"""`whinchat simulator`, as a process."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import aiohttp
import msgspec
import pytest
from click.testing import CliRunner
from tests.support.processes import process, world

from whinchat.cli.simulator import simulator
from whinchat.core.errors import Refused
from whinchat.transports.simulator.player import HttpApi


async def test_it_runs_a_world_with_its_script_and_writes_the_transcript(tmp_path: Path) -> None:
    script, transcript, token = tmp_path / "world.toml", tmp_path / "transcript.jsonl", tmp_path / "token"
    script.write_text(
        """
        [[people]]
        name = "Ana"
        [[directs]]
        people = ["Ana", "Whinchat"]
        [[steps]]
        do = "post"
        chat = "Ana~Whinchat"
        sender = "Ana"
        text = "hello"
        wait = 0
        """
    )
    options = ("--script", str(script), "--transcript", str(transcript), "--token-file", str(token), "--seed", "3")
    async with world(*options) as found, aiohttp.ClientSession() as http:
        assert token.read_text() == found["token"]
        assert token.stat().st_mode & 0o777 == 0o600
        api = HttpApi(http, found["address"], found["token"])
        async with asyncio.timeout(10):
            while not (await api.call("history", {"chat": "Ana~Whinchat"}))["messages"]:
                await asyncio.sleep(0.02)
        headers = {"Authorization": f"Bearer {found['token']}"}
        async with http.get(f"{found['address']}/api/state", headers=headers) as response:
            state = await response.json()
    entries = [msgspec.json.decode(line) for line in transcript.read_bytes().splitlines()]
    assert [entry["position"] for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[-1]["content"] == {"text": "hello"}
    async with world("--token-file", str(token), "--seed", "3") as again:
        assert (again["token"], state["nonce"]) == (found["token"], state["nonce"])


async def test_it_tells_people_where_to_look() -> None:
    command = "from whinchat.cli.simulator import simulator; simulator()"
    async with process("-u", "-c", command, "--token", "T") as started:
        assert started.stdout is not None
        lines = [(await asyncio.wait_for(started.stdout.readline(), 20)).decode() for _ in range(4)]
        assert lines[0].startswith("world: http://127.0.0.1:")
        assert lines[1] == "token: T\n"
        assert lines[2].startswith("page:  http://127.0.0.1:")
        started.terminate()
        await started.wait()


def refusal(*options: str) -> Refused:
    result = CliRunner().invoke(simulator, options)
    assert isinstance(result.exception, Refused)
    return result.exception


def test_a_port_in_use_is_refused_with_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = refusal("--port", str(taken.getsockname()[1]))
    assert "cannot be used" in str(refused)
    assert "--port" in refused.hint


@pytest.mark.parametrize("option", ["--token-file", "--transcript"])
def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path, option: str) -> None:
    assert "No such file or directory" in str(refusal(option, str(tmp_path / "nowhere" / "file")))


def test_an_empty_token_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    assert "empty" in str(refusal("--token-file", str(tmp_path / "token")))


def test_a_script_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "cannot be used" in str(refusal("--script", str(tmp_path / "nothing.toml")))


def test_one_token_is_enough(tmp_path: Path) -> None:
    result = CliRunner().invoke(simulator, ["--token", "T", "--token-file", str(tmp_path / "token")])
    assert result.exit_code == 2
    assert "--token or --token-file" in result.output
