"""The child's calls, without a process: how many at once, and how they end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from whinchat.transports.linked.callbacks import QR
from whinchat.transports.linked.child import CALLS, Child, Settings
from whinchat.transports.linked.frames import Kind, Value
from whinchat.transports.linked.library import Library
from whinchat.transports.linked.pipe import Pipe

PATIENT = 600_000
"""Milliseconds for an end that waits for what is under way."""


class Parent:
    """The pipe, whose other end does what the test says at the very moment at which an answer reaches it."""

    def __init__(self) -> None:
        self.heard: list[tuple[Kind, int, tuple[Value, ...]]] = []
        self.at_answer: Callable[[], None] = lambda: None
        self.answered = threading.Event()

    def send(self, kind: Kind, number: int = 0, *values: Value) -> None:
        self.heard.append((kind, number, values))
        if kind is Kind.ANSWER:
            self.at_answer()
            self.answered.set()


class Holding:
    """A library that carries out a call named `held` until it is let go, and any other at once."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.called: list[str] = []

    def call(self, name: str, _: tuple[Value, ...]) -> bytes:
        self.called.append(name)
        if name == "held":
            self.let_go.wait()
        return b""


class Scene:
    def __init__(self) -> None:
        self.parent = Parent()
        self.library = Holding()
        settings = Settings(("session", "library", "version", "", "device", "", b"k" * 32))
        self.child = Child(cast("Pipe", self.parent), cast("Library", self.library), settings, lambda: None)
        self.child._hand_over(QR, b"")  # calls may be made

    def call(self, number: int, name: str) -> None:
        self.child._take((Kind.CALL, number, (name,)))

    def refused(self) -> list[tuple[int, tuple[Value, ...]]]:
        return [(number, values) for kind, number, values in self.parent.heard if kind is Kind.REFUSED]


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.parent.at_answer = lambda: None
    scene.library.let_go.set()
    for thread in threading.enumerate():
        if thread.name == "call":
            thread.join(60)
            assert not thread.is_alive()


def test_no_more_are_carried_out_at_once_than_there_are_places(scene: Scene) -> None:
    for number in range(CALLS):
        scene.call(number, "held")
    scene.call(CALLS, "one too many")
    assert scene.refused() == [(CALLS, ("busy",))]
    assert "one too many" not in scene.library.called


def test_who_has_read_an_answer_may_send_the_next_call_at_once(scene: Scene) -> None:
    for number in range(CALLS - 1):
        scene.call(number, "held")
    scene.parent.at_answer = lambda: scene.call(CALLS, "held")
    scene.call(CALLS - 1, "short")
    assert scene.parent.answered.wait(60)
    assert scene.refused() == []
    scene.call(CALLS + 1, "one too many")
    assert scene.refused() == [(CALLS + 1, ("busy",))]


def test_the_end_waits_for_an_answer_that_is_being_written(scene: Scene) -> None:
    ended: list[bool] = []

    def stop() -> None:
        scene.child._take((Kind.STOP, 0, (PATIENT,)))
        ended.extend((scene.child._ended(orphaned=False), scene.child._disconnecting))

    scene.parent.at_answer = stop
    scene.call(1, "short")
    assert scene.parent.answered.wait(60)
    assert ended == [False, False]


@pytest.mark.parametrize("error", [ValueError, MemoryError])
def test_a_call_that_fails_leaves_its_place(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    told = threading.Event()
    codes: list[str] = []

    def fails(*_: object) -> bytes:
        raise error

    def refuse(_: int, code: str) -> None:
        codes.append(code)
        told.set()

    monkeypatch.setattr(scene.library, "call", fails)
    monkeypatch.setattr(scene.child, "_refuse", refuse)
    for number in range(2 * CALLS):
        told.clear()
        scene.call(number, "any")
        assert told.wait(60)
    assert codes == ["failed"] * (2 * CALLS)
