"""The child's main loop, in a thread of the test, over a library that does what the test says."""

from __future__ import annotations

import fcntl
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from whinchat.transports.linked import child
from whinchat.transports.linked.child import Unusable, hold, is_connecting, load, resident
from whinchat.transports.linked.frames import HEAD, Kind, Value, head, pack, unpack
from whinchat.transports.linked.library import BadCall, field
from whinchat.transports.linked.parking import parked
from whinchat.transports.linked.pipe import Closed, Frame, Pipe

KEY = b"k" * 32


class FakeLibrary:
    """`calls_back` runs what a test gives it in the library's thread."""

    def __init__(self) -> None:
        self.version = "1.0"
        self.called: list[tuple[str, tuple[Value, ...]]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.connecting: tuple[str, ...] = ()
        self.disconnected = False
        self._callbacks: dict[str, Callable[..., None]] = {}
        self._work: queue.Queue[Callable[[], None] | bytes] = queue.Queue()

    def run(self, *settings: str, **callbacks: Callable[..., None]) -> bytes:
        self.connecting = settings
        self._callbacks = callbacks
        while True:
            work = self._work.get()
            if isinstance(work, bytes):
                return work
            work()

    def calls_back(self, name: str, *arguments: object) -> None:
        self._work.put(lambda: self._callbacks[name](*arguments))

    def ends(self, failure: bytes) -> None:
        self._work.put(failure)

    def call(self, name: str, arguments: tuple[Value, ...]) -> bytes:
        if name == "Disconnect":
            self.disconnected = True
            return b""
        if name == "Unknown":
            raise BadCall("unknown_function")
        if name == "Fails":
            raise MemoryError
        if name == "Large":
            return bytes(200)
        self.called.append((name, arguments))
        self.gate.wait(10)
        return b"answer"


class Parent:
    """The other end of the pipe."""

    def __init__(self, folder: Path) -> None:
        self.library = FakeLibrary()
        self.session = str(folder / "ana.db")
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(10)
        self._pipe = Pipe(theirs.detach(), patience=0.2)
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def says(self, kind: Kind, number: int = 0, *values: Value) -> None:
        self.socket.sendall(b"".join(pack(kind, number, *values)))

    def hears(self, wanted: Kind) -> Frame:
        """The next of that kind."""
        while True:
            length, kind, number = head(self._exactly(HEAD.size))
            values = unpack(self._exactly(length))
            if kind is wanted:
                return kind, number, values

    def starts(self, *prepare: str) -> None:
        self.says(Kind.START, 0, self.session, "library.so", "1.0", "http://proxy", "Whinchat", "", KEY, *prepare)

    def connects(self) -> None:
        self.starts()
        self.hears(Kind.READY)
        self.says(Kind.CONNECT)
        self.library.calls_back("on_event", 0, b"me")
        assert self.hears(Kind.EVENT) == (Kind.EVENT, 1, ("me", b"me"))
        self.says(Kind.ACKNOWLEDGE, 1)

    def dies(self) -> None:
        self.socket.close()

    def waits(self) -> None:
        """For the child's end. Raises what it raised."""
        self._thread.join(20)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.library.gate.set()
        self.library.ends(b"")
        self.socket.close()
        self._thread.join(20)
        os.close(self._pipe._descriptor)

    def _serve(self) -> None:
        try:
            child.run(self._pipe, lambda: None)
        except Exception as error:
            self.error = error

    def _exactly(self, amount: int) -> bytes:
        data = b""
        while len(data) < amount:
            more = self.socket.recv(amount - len(data))
            if not more:
                raise Closed
            data += more
        return data


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parent]:
    other = Parent(tmp_path)
    monkeypatch.setattr(child, "Library", lambda _: other.library)
    monkeypatch.setattr(child, "QUIET", 0.05)
    yield other
    other.close()


def test_it_connects_when_it_is_told_to(parent: Parent) -> None:
    parent.connects()
    assert parent.library.connecting == (parent.session, "http://proxy", "Whinchat")


def test_it_answers_signs_of_life(parent: Parent) -> None:
    parent.connects()
    parent.says(Kind.PING)
    _, _, (memory,) = parent.hears(Kind.BEAT)
    assert isinstance(memory, int)
    assert memory > 1_000_000


def test_events_codes_and_the_end_of_pairing_are_handed_over(parent: Parent) -> None:
    parent.starts()
    parent.hears(Kind.READY)
    parent.says(Kind.CONNECT)
    parent.library.calls_back("on_qr", b"2@code")
    parent.library.calls_back("on_pairing", b"success")
    parent.library.calls_back("on_event", 17, b"hello")
    assert parent.hears(Kind.EVENT) == (Kind.EVENT, 1, ("qr", field(1, b"2@code")))
    assert parent.hears(Kind.EVENT) == (Kind.EVENT, 2, ("pairing_ended", b"success"))
    assert parent.hears(Kind.EVENT) == (Kind.EVENT, 3, ("message", b"hello"))


def test_an_event_too_long_to_be_told_does_not_stop_the_others(parent: Parent, monkeypatch: pytest.MonkeyPatch) -> None:
    parent.connects()
    monkeypatch.setattr("whinchat.transports.linked.frames.LONGEST", 100)
    parent.library.calls_back("on_event", 13, bytes(200))
    parent.library.calls_back("on_event", 17, b"hello")
    assert parent.hears(Kind.LOG) == (Kind.LOG, 0, ("ERROR", "event_too_long"))
    assert parent.hears(Kind.EVENT)[2] == ("message", b"hello")


def test_calls_are_made_beside_each_other_up_to_a_bound(parent: Parent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "CALLS", 2)
    parent.connects()
    parent.library.gate.clear()
    parent.says(Kind.CALL, 1, "GetMe")
    parent.says(Kind.CALL, 2, "SendPresence", "available")
    parent.says(Kind.CALL, 3, "GetMe")
    assert parent.hears(Kind.REFUSED) == (Kind.REFUSED, 3, ("busy",))
    parent.library.gate.set()
    assert {parent.hears(Kind.ANSWER)[1:] for _ in range(2)} == {(1, (b"answer",)), (2, (b"answer",))}
    assert sorted(parent.library.called) == [("GetMe", ()), ("SendPresence", ("available",))]


def test_calls_that_cannot_be_made_are_refused(parent: Parent, monkeypatch: pytest.MonkeyPatch) -> None:
    parent.starts()
    parent.hears(Kind.READY)
    parent.says(Kind.CALL, 1, "GetMe")
    assert parent.hears(Kind.REFUSED)[2] == ("not_ready",)
    parent.says(Kind.CONNECT)
    parent.library.calls_back("on_qr", b"code")
    parent.hears(Kind.EVENT)
    monkeypatch.setattr("whinchat.transports.linked.frames.LONGEST", 100)
    for name, code in (("Unknown", "unknown_function"), ("Fails", "failed"), ("Large", "too_large")):
        parent.says(Kind.CALL, 2, name)
        assert parent.hears(Kind.REFUSED)[2] == (code,)


def test_what_the_library_logs_is_told_as_a_code(parent: Parent) -> None:
    parent.connects()
    line = field(1, b"Failed to send receipt for 3EB0 from 4915112345678") + field(2, b"WARN") + field(3, b"Client")
    parent.library.calls_back("on_log", line)
    parent.library.calls_back("on_log", line)
    parent.library.calls_back("on_event", 17, b"hello")
    assert parent.hears(Kind.LOG) == (Kind.LOG, 0, ("WARN", "receipt_failed"))
    assert parent.hears(Kind.EVENT)[2] == ("message", b"hello")


def test_it_ends_when_everything_is_handed_over_and_calls_are_done(parent: Parent) -> None:
    parent.connects()
    parent.library.gate.clear()
    parent.says(Kind.CALL, 1, "SendMessage")
    parent.library.calls_back("on_event", 17, b"hello")
    parent.hears(Kind.EVENT)
    parent.says(Kind.STOP, 0, 8000)
    parent.says(Kind.CALL, 2, "SendMessage")
    assert parent.hears(Kind.REFUSED)[2] == ("not_ready",)
    parent.library.gate.set()
    parent.hears(Kind.ANSWER)
    parent.says(Kind.ACKNOWLEDGE, 2)
    parent.hears(Kind.STOPPED)
    parent.waits()
    assert parked(parent.session, KEY) == ([], True)


def test_it_ends_in_time_and_leaves_what_was_not_taken(parent: Parent) -> None:
    parent.connects()
    parent.library.calls_back("on_event", 17, b"hello")
    parent.library.calls_back("on_event", 3, b"connected")
    parent.hears(Kind.EVENT)
    parent.says(Kind.STOP, 0, 300)
    parent.waits()
    assert parked(parent.session, KEY) == ([("message", b"hello")], True)


def test_without_its_parent_it_takes_what_still_comes_and_leaves_it(parent: Parent) -> None:
    parent.connects()
    parent.dies()
    for number in range(300):  # more than fit into the window
        parent.library.calls_back("on_event", 17, str(number).encode())
    parent.waits()
    assert parked(parent.session, KEY) == ([("message", str(number).encode()) for number in range(300)], True)


def test_a_parent_that_reads_nothing_is_as_good_as_gone(parent: Parent) -> None:
    parent.connects()
    for number in range(100):
        parent.library.calls_back("on_event", 17, bytes(50_000) + bytes([number]))
    time.sleep(0.5)
    parent.says(Kind.PING)
    parent.waits()
    left, whole = parked(parent.session, KEY)
    assert (len(left), whole) == (100, True)


def test_a_parent_that_says_nothing_is_as_good_as_gone(parent: Parent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "SILENCE", 0.1)
    parent.connects()
    parent.waits()


def test_another_childs_copy_of_the_pipe_does_not_keep_it(parent: Parent, monkeypatch: pytest.MonkeyPatch) -> None:
    parent.connects()
    monkeypatch.setattr(os, "getppid", lambda: 1)
    parent.waits()


def test_nonsense_is_the_end(parent: Parent) -> None:
    parent.connects()
    parent.says(Kind.ANSWER, 1, b"")
    parent.waits()


def test_a_first_word_that_is_none_is_refused(parent: Parent) -> None:
    parent.says(Kind.PING)
    with pytest.raises(Unusable, match="protocol"):
        parent.waits()


@pytest.mark.parametrize(
    ("failure", "code"),
    [(b"couldn't dial whatsapp web websocket: x", "unreachable"), (b"failed to upgrade database: x", "session")],
)
def test_why_the_library_gave_up(parent: Parent, failure: bytes, code: str) -> None:
    parent.starts()
    parent.hears(Kind.READY)
    parent.says(Kind.CONNECT)
    parent.library.ends(failure)
    with pytest.raises(Unusable, match=code):
        parent.waits()


@pytest.mark.parametrize("text", [b"proto: required field not set", b"", b"websocket: close 1006"])
def test_a_library_that_ends_although_it_had_begun_is_like_one_that_crashed(parent: Parent, text: bytes) -> None:
    """One that does not understand an event of its own hands over no other, and would go on to confirm them."""
    parent.connects()
    parent.library.ends(text)
    with pytest.raises(Unusable, match="ended"):
        parent.waits()
    assert parent.library.disconnected


def test_a_library_of_another_version_or_none_is_refused(parent: Parent, monkeypatch: pytest.MonkeyPatch) -> None:
    parent.library.version = "0.9"
    parent.starts()
    with pytest.raises(Unusable, match="library_version"):
        parent.waits()
    monkeypatch.undo()
    with pytest.raises(Unusable, match="library_broken"):
        load(child.Settings((parent.session, "/nowhere.so", "1.0", "", "", "", KEY)))


def test_what_a_test_prepares_runs_before_it_is_ready(parent: Parent, tmp_path: Path) -> None:
    script = tmp_path / "prepare.py"
    script.write_text(
        "import pathlib\ndef prepare(path, text):\n    pathlib.Path(path).write_text(text)\n", encoding="utf-8"
    )
    parent.starts(str(script), str(tmp_path / "told"), "prepared")
    parent.hears(Kind.READY)
    assert (tmp_path / "told").read_text(encoding="utf-8") == "prepared"


def test_a_session_has_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "LOCK", 0.1)
    path = str(tmp_path / "ana.lock")
    first = hold(path)
    with pytest.raises(Unusable, match="in_use"):
        hold(path)
    threading.Timer(0.05, fcntl.flock, (first, fcntl.LOCK_UN)).start()
    monkeypatch.setattr(child, "LOCK", 5.0)
    os.close(hold(path))
    os.close(first)


def test_where_the_system_does_not_say_memory_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "STATUS", "/nowhere")
    assert resident() == 0


def test_failures_of_the_network() -> None:
    assert is_connecting(b"noise handshake failed: EOF")
    assert not is_connecting(b"file is not a database")
