"""The library's process as it really is: the unmodified shared library, over the fake network."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.support.whatsapp import connection
from tests.support.whatsapp.faults import SendFault
from tests.support.whatsapp.server import WhatsApp

from whinchat.infra.clock import SystemClock
from whinchat.transports.linked import life, process
from whinchat.transports.linked.bridge import Bridge
from whinchat.transports.linked.library import field
from whinchat.transports.linked.link import (
    BridgeDown,
    BridgeTimeout,
    LibraryUnusable,
    LinkChange,
    LinkState,
    Reason,
)
from whinchat.transports.linked.parking import beside
from whinchat.transports.linked.process import ChildProcess, Process, Setup, launch

pytestmark = pytest.mark.skipif(find_spec("neonize") is None, reason="the extra is not installed")

KEY = b"k" * 32


class Held:
    """A bridge, and all that it told."""

    def __init__(self, setup: Setup, *, memory_mb: int = 120) -> None:
        self.events: list[tuple[str, bytes]] = []
        self.changes: list[LinkChange] = []
        self.children: list[ChildProcess] = []
        self.takes = True
        """Whether events are taken; else they wait for ever."""
        self._told = asyncio.Condition()
        self.bridge = Bridge(setup, SystemClock(), random.Random(1), memory_mb=memory_mb, launch=self._launch)

    @property
    def pid(self) -> int:
        return self.children[-1].pid

    async def start(self) -> None:
        await self.bridge.start(self._take, self.changes.append)

    async def event(self, name: str, containing: bytes = b"", *, within: float = 12, after: int = 0) -> bytes:
        """The first one of that name."""

        def found() -> list[bytes]:
            return [data for told, data in self.events[after:] if told == name and containing in data]

        async with asyncio.timeout(within), self._told:
            await self._told.wait_for(found)
        return found()[0]

    async def pair(self, whatsapp: WhatsApp) -> None:
        await whatsapp.scan(whatsapp.account(), await self.qr())
        await self.event("connected")

    async def qr(self) -> str:
        return (await self.event("qr"))[3:].decode()

    def texts(self) -> list[bytes]:
        return [data for name, data in self.events if name == "message"]

    async def _take(self, name: str, data: bytes) -> None:
        self.events.append((name, data))
        async with self._told:
            self._told.notify_all()
        if name == "message" and not self.takes:
            await asyncio.Event().wait()

    async def _launch(self, setup: Setup) -> Process:
        child = await launch(setup)
        assert isinstance(child, ChildProcess)
        self.children.append(child)
        return child


@pytest.fixture
async def whatsapp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WhatsApp]:
    async with WhatsApp() as network:
        authority = tmp_path / "ca.pem"
        authority.write_bytes(network.credentials.authority)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        network.account()
        network.person("ana")
        yield network


@asynccontextmanager
async def held(whatsapp: WhatsApp, folder: Path, *, memory_mb: int = 120) -> AsyncIterator[Held]:
    """Not linked yet, unless the folder's session is."""
    holder = Held(settings(whatsapp, folder), memory_mb=memory_mb)
    await holder.start()
    try:
        yield holder
    finally:
        await holder.bridge.stop(3)


def settings(whatsapp: WhatsApp, folder: Path) -> Setup:
    return Setup(folder / "session.db", KEY, proxy=whatsapp.proxy_url, prepare=whatsapp.prepare)


def jid(id_: str) -> bytes:
    """A `JID` of neonize's, with all the fields that it must have."""
    user, _, server = id_.partition("@")
    return (
        field(1, user.encode())
        + bytes((2 << 3, 0, 3 << 3, 0, 4 << 3, 0))
        + field(5, server.encode())
        + bytes((6 << 3, 0))
    )


def text(body: str) -> bytes:
    """A `Message` with nothing but a text."""
    return field(1, body.encode())


async def eventually(true: Callable[[], bool], within: float = 12) -> None:
    async with asyncio.timeout(within):
        while not true():
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")


async def test_it_is_linked_and_messages_go_both_ways(whatsapp: WhatsApp, tmp_path: Path) -> None:
    async with held(whatsapp, tmp_path) as linked:
        await linked.pair(whatsapp)
        ana = whatsapp.person("ana")
        await ana.say("hello")
        await linked.event("message", b"hello")
        answer = await linked.bridge.call("SendMessage", jid(ana.lid), text("and to you"), timeout=10)
        assert (await whatsapp.received.first()).text == "and to you"
        assert (await whatsapp.received.first()).id.encode() in answer
        assert await linked.bridge.call("IsLoggedIn", timeout=5) == b"1"
        assert linked.bridge.memory < 45 * 1024 * 1024
        assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("session.*")} == {0o600}
        pid = linked.pid
    assert not alive(pid)
    assert linked.bridge.state is LinkState.STOPPED
    assert not Path(beside(str(tmp_path / "session.db"), ".parked")).exists()


async def test_a_killed_child_is_replaced_and_nothing_is_lost_or_doubled(whatsapp: WhatsApp, tmp_path: Path) -> None:
    async with held(whatsapp, tmp_path) as linked:
        await linked.pair(whatsapp)
        ana = whatsapp.person("ana")
        await ana.say("before")
        await linked.event("message", b"before")
        await eventually(lambda: bool(whatsapp.receipts))

        killed, told = linked.pid, len(linked.events)
        os.kill(killed, signal.SIGKILL)
        await ana.say("meanwhile")
        await linked.event("connected", after=told)
        await ana.say("afterwards")
        await linked.event("message", b"afterwards")

        assert linked.pid != killed
        assert [sum(word in message for message in linked.texts()) for word in (b"before", b"meanwhile")] == [1, 1]
        assert [change.reason for change in linked.changes if change.state is LinkState.WAITING] == [Reason.CRASHED]


async def test_what_became_of_a_call_at_the_death_of_the_child_is_unknown(whatsapp: WhatsApp, tmp_path: Path) -> None:
    async with held(whatsapp, tmp_path) as linked:
        await linked.pair(whatsapp)
        ana = whatsapp.person("ana")
        whatsapp.faults.on_send(SendFault(silent=True))
        with pytest.raises(BridgeTimeout) as late:
            await linked.bridge.call("SendMessage", jid(ana.lid), text("one"), timeout=1)
        assert late.value.left

        sending = asyncio.create_task(linked.bridge.call("SendMessage", jid(ana.lid), text("two"), timeout=30))
        await asyncio.sleep(0.1)  # it waits in the library, for the one before it
        os.kill(linked.pid, signal.SIGKILL)
        with pytest.raises(BridgeDown) as down:
            await sending
        assert down.value.left


async def test_a_child_that_hangs_is_noticed(
    whatsapp: WhatsApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "PING", 0.25)
    async with held(whatsapp, tmp_path) as linked:
        await linked.pair(whatsapp)
        hanging, told = linked.pid, len(linked.events)
        os.kill(hanging, signal.SIGSTOP)
        await linked.event("connected", after=told, within=20)
        assert not alive(hanging)
        assert Reason.SILENT in {change.reason for change in linked.changes}


async def test_a_child_that_holds_too_much_is_restarted_when_it_has_nothing_to_do(
    whatsapp: WhatsApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "PING", 0.5)
    async with held(whatsapp, tmp_path, memory_mb=1) as linked:
        await linked.pair(whatsapp)
        first, told = linked.pid, len(linked.events)
        monkeypatch.setattr(life, "YOUNG", 0.0)
        await linked.event("connected", after=told)
        monkeypatch.setattr(life, "YOUNG", 600.0)
        assert not alive(first)
        assert LinkChange(LinkState.WAITING, Reason.MEMORY) in linked.changes


async def test_a_new_code_is_shown_when_a_person_asks_again(whatsapp: WhatsApp, tmp_path: Path) -> None:
    async with held(whatsapp, tmp_path) as linked:
        first, told = await linked.qr(), len(linked.events)
        await linked.bridge.restart()
        second = await linked.event("qr", after=told)
        assert second[3:].decode() != first


async def test_that_another_took_the_place_and_that_the_client_is_outdated_is_told(
    whatsapp: WhatsApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network leaves it to the client to hang up: the library forgets what was said last when its line is closed
    before it has looked at it, and on a busy machine that takes it longer than the network waits."""
    monkeypatch.setattr(connection, "GRACE", 600.0)
    async with held(whatsapp, tmp_path) as linked:
        await linked.pair(whatsapp)
        await whatsapp.faults.replace()
        assert await linked.event("stream_replaced") == b""

        whatsapp.faults.refuse(405)
        await linked.bridge.restart()
        assert await linked.event("client_outdated") == b""
        assert [change for change in linked.changes if change.reason is Reason.CRASHED] == []


async def test_a_network_out_of_reach_is_tried_again(whatsapp: WhatsApp, tmp_path: Path) -> None:
    whatsapp.faults.status = 503
    async with held(whatsapp, tmp_path) as linked:
        await eventually(lambda: linked.bridge.state is LinkState.WAITING)
        assert linked.changes[-1].reason is Reason.UNREACHABLE
        with pytest.raises(BridgeDown) as down:
            await linked.bridge.call("GetMe", timeout=1)
        assert not down.value.left
        whatsapp.faults.status = 0
        await linked.bridge.restart()
        assert await linked.qr()


async def test_a_broken_session_file_is_told_apart_from_the_network(whatsapp: WhatsApp, tmp_path: Path) -> None:
    (tmp_path / "session.db").write_bytes(b"no database" * 1000)
    async with held(whatsapp, tmp_path) as linked:
        await eventually(lambda: linked.bridge.state is LinkState.WAITING)
        assert linked.changes[-1].reason is Reason.SESSION


async def test_another_version_of_the_library_is_refused(
    whatsapp: WhatsApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "VERSION", "0.4.9")
    linked = Held(settings(whatsapp, tmp_path))
    with pytest.raises(LibraryUnusable, match="pip install"):
        await linked.start()
    assert linked.bridge.state is LinkState.STOPPED
    assert not alive(linked.pid)
    assert not (tmp_path / "session.db").exists()


async def test_when_the_parent_dies_its_child_leaves_what_was_not_taken(whatsapp: WhatsApp, tmp_path: Path) -> None:
    doomed = settings(whatsapp, tmp_path)
    async with held(whatsapp, tmp_path) as linked:
        await linked.pair(whatsapp)
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, str(doomed.session), doomed.proxy, *doomed.prepare),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert parent.stdout is not None
        child = int(await parent.stdout.readline())
        for number in range(10):
            await whatsapp.person("ana").say(f"word {number}")
        while await parent.stdout.readline() != b"message 10\n":
            pass
    finally:
        parent.kill()
        await parent.wait()
    await eventually(lambda: not alive(child))

    left = Path(beside(str(doomed.session), ".parked"))
    assert left.stat().st_mode & 0o777 == 0o600
    assert b"word" not in left.read_bytes()
    async with held(whatsapp, tmp_path) as linked:
        await linked.event("connected")
        words = [sum(f"word {number}".encode() in message for message in linked.texts()) for number in range(10)]
        assert words == [1] * 10
        await eventually(lambda: not left.exists())


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def doomed_parent(session: str, proxy: str, *prepare: str) -> None:
    """Takes nothing, and says on standard output who its child is and how many messages it was offered."""
    linked = Held(Setup(Path(session), KEY, proxy=proxy, prepare=prepare))
    linked.takes = False
    await linked.start()
    say(linked.pid)
    told = 0
    while True:
        await asyncio.sleep(0.02)
        if len(linked.texts()) != told:
            told = len(linked.texts())
            say(f"message {told}")


if __name__ == "__main__":
    asyncio.run(doomed_parent(*sys.argv[1:]))
