"""The example file is what the code says."""

from __future__ import annotations

from pathlib import Path

from whinchat.bootstrap import APPS
from whinchat.config import example

ROOT = Path(__file__).parents[2]
TYPES = {app.name: app.settings for app in APPS}


def test_the_example_file_is_current() -> None:
    file = (ROOT / "whinchat.example.toml").read_text(encoding="utf-8")
    assert file == example(TYPES), "renew it: whinchat config example > whinchat.example.toml"
