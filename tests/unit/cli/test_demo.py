from __future__ import annotations

from whinchat.cli.demo import _settings
from whinchat.config import Settings


def test_the_demo_asks_nobody_outside() -> None:
    assert not Settings().service.offline
    assert _settings(Settings(), None).service.offline
