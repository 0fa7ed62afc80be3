"""A world in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

COMMAND = "from whinchat.cli.simulator import simulator; simulator()"


@asynccontextmanager
async def world(*options: str) -> AsyncIterator[dict[str, str]]:
    """`address`, `token` and `page` of a `whinchat simulator`, which ends with the context by SIGTERM."""
    async with process("-c", COMMAND, "--json", *options) as started:
        assert started.stdout is not None
        line = await asyncio.wait_for(started.stdout.readline(), 20)
        yield json.loads(line)
        started.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(started.wait(), 10) == 0


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python that ends with the context at the latest."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": "src:."}
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()
