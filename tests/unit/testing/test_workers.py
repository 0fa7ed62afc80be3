from __future__ import annotations

import threading

import pytest

from whinchat.testing.workers import InlineWorkers


async def test_work_is_done_here_and_now() -> None:
    assert await InlineWorkers().run(threading.get_ident) == threading.get_ident()


async def test_errors_come_back() -> None:
    with pytest.raises(ZeroDivisionError):
        await InlineWorkers().run(lambda: 1 // 0)
