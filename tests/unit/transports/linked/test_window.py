from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from whinchat.transports.linked.window import Window


def test_what_is_not_acknowledged_stays_in_its_order() -> None:
    window = Window()
    numbers = [window.put("message", bytes([index])) for index in range(3)]
    window.acknowledge(numbers[1])
    window.acknowledge(numbers[1])
    assert window.rest() == [("message", b"\0"), ("message", b"\2")]
    assert len(window) == 2


def waits(window: Window, data: bytes) -> bool:
    """Whether there is no room for it; then there is, when the first event is acknowledged."""
    with ThreadPoolExecutor(1) as pool:
        putting = pool.submit(window.put, "message", data)
        waited = not threading.Event().wait(0.05) and not putting.done()
        window.acknowledge(1)
        putting.result(5)
    return waited


def test_a_full_window_holds_back_the_library() -> None:
    window = Window(events=2)
    window.put("message", b"1")
    window.put("message", b"2")
    assert waits(window, b"3")
    assert window.rest() == [("message", b"2"), ("message", b"3")]


def test_it_is_bounded_in_bytes_too() -> None:
    window = Window(size=10)
    window.put("history_sync", bytes(8))
    assert waits(window, bytes(3))


def test_an_event_of_any_size_fits_alone() -> None:
    window = Window(size=10)
    assert window.put("history_sync", bytes(1000)) == 1
    assert waits(window, b"1")


def test_when_nobody_acknowledges_any_more_everything_is_taken() -> None:
    window = Window(events=1)
    window.put("message", b"1")
    with ThreadPoolExecutor(1) as pool:
        putting = pool.submit(window.put, "message", b"2")
        window.release()
        putting.result(5)
    window.put("message", b"3")
    assert len(window) == 3
