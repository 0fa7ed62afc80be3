"""Who does not install the extra for linked devices gets nothing of it, and everything else works."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import requires
from pathlib import Path

from tests.support.bare import EXTRA
from tests.support.graph.server import graphing
from tests.support.live import Child, Service, until, world_process
from tests.support.product import cloud_settings

from whinchat.infra.clock import SystemClock

ROOT = Path(__file__).parents[2]
HIDDEN = "tests.support.bare"


def locked(name: str) -> set[str]:
    """What a file of requirements installs."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))


def test_nothing_of_it_is_installed_unasked() -> None:
    unasked = [each for each in requires("whinchat") or () if "extra ==" not in each]
    assert unasked
    assert not any(each.startswith(("neonize", "protobuf", "aiohttp-socks")) for each in unasked)
    brought = locked("linked") - locked("runtime")
    assert {"neonize", "protobuf", "aiohttp-socks"} <= brought
    called = {"google.protobuf": "protobuf", "magic": "python-magic"}
    assert {called.get(name, name.replace("_", "-")) for name in EXTRA} <= brought  # what the other tests hide


def test_the_simulator_needs_nothing_of_it(tmp_path: Path) -> None:
    with world_process(tmp_path) as world:
        service = Service(tmp_path, world)
        try:
            service.start(HIDDEN, "run")
            chat = world.call("direct", people=["Ana", "Whinchat"])["id"]
            world.call("post", chat=chat, sender="Ana", text="!ping")
            until(lambda: bool(world.sends()), "an answer")
        finally:
            service.kill()


async def test_the_cloud_api_needs_nothing_of_it(tmp_path: Path) -> None:
    async with graphing(SystemClock()) as graph:
        ana = graph.person("Ana", phone="999100000001")
        with running(tmp_path, "--config", str(cloud_settings(tmp_path, graph)), "run") as service:
            await asyncio.to_thread(until, lambda: "Whinchat is ready" in service.output(), "the service is up")
            await ana.say("ping")
            async with asyncio.timeout(15):
                while not ana.screen:
                    await asyncio.sleep(0.05)


def test_a_linked_account_without_it_is_refused_with_the_way_out(tmp_path: Path) -> None:
    linked = {"WHINCHAT_TRANSPORT__KIND": "whatsapp", "WHINCHAT_TRANSPORT__LINKED__ACCOUNTS": "main"}
    with running(tmp_path, "run", **linked) as service:
        assert service.wait() == 2
        assert "pip install 'whinchat[linked]'" in service.output()
        assert "fault of the program" not in service.output()


@contextmanager
def running(folder: Path, *arguments: str, **environment: str) -> Iterator[Child]:
    """`whinchat …` without the extra, with its data in the folder."""
    kept = {
        "WHINCHAT_STORAGE__DATA": str(folder / "data"),
        "WHINCHAT_KEYS__PATH": str(folder / "root.key"),
        "WHINCHAT_PRIVATE__PORT": "0",
    }
    child = Child([HIDDEN, *arguments], folder, "service", kept | environment)
    try:
        yield child
    finally:
        child.kill()
