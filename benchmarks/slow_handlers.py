"""`whinchat run` with one application more, which takes its time over every message.

Run as `python -m benchmarks.slow_handlers SECONDS`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from unittest import mock

import msgspec

from whinchat import bootstrap
from whinchat.cli.main import main
from whinchat.core.app import App, AppContext, AppSpec
from whinchat.core.dispatch.context import Context
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.types import Event, MessageReceived


class Slow:
    events = (MessageReceived,)

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def admits(self, event: Event) -> bool:
        return True

    async def observe(self, context: Context) -> Outcome:
        await asyncio.sleep(self._seconds)
        return NOTHING


class NoSettings(msgspec.Struct, frozen=True):
    pass


def slow(seconds: float) -> AppSpec[NoSettings]:
    def build(_given: AppContext, _settings: NoSettings) -> App:
        return App("slow", observers=(Slow(seconds),))

    return AppSpec(name="slow", settings=NoSettings, build=build, catalogues=Path(__file__).with_name("results"))


if __name__ == "__main__":
    with mock.patch.object(bootstrap, "APPS", (*bootstrap.APPS, slow(float(sys.argv.pop())))):
        raise SystemExit(main(["run"]))
