"""Plays histories of payments over the whole wallet until money is not safe, or enough of them were played.

    .venv/bin/python -m scripts.soak_money [--histories 20000] [--seed 1] [--processes 2] [--steps 20]

Each history has a seed and a backend's profile; with the same seed it is the same history. People send, confirm,
refuse, claim and take back while messages come twice or late, processes die at commits and every fault of the sandbox
is switched on and off; the checks are those of tests/support/wallet/invariants.py. The first violation ends it: the
seed and the story are printed, and the exit code is 1. `--seed N --histories 1` plays one again.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import os
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass

from tests.support.wallet.histories import PROFILES, play
from tests.support.wallet.invariants import intents

REPORT_EVERY = 30.0  # seconds
PATIENCE = 120.0  # seconds that one history may take


@dataclass(frozen=True)
class Played:
    seed: int
    ends: Counter[str]
    """How many payments ended how."""
    violation: str | None


def play_one(seed: int, steps: int) -> Played:
    ends: Counter[str] = Counter()

    async def whole_history() -> None:
        async with asyncio.timeout(PATIENCE):
            happened = await play(PROFILES[seed % len(PROFILES)], seed, steps)
            ends.update(f"{row.state} {row.purpose}" for row in await intents(happened.it))

    try:
        asyncio.run(whole_history())
    except Exception:
        return Played(seed, ends, traceback.format_exc())
    return Played(seed, ends, None)


def _quiet() -> None:
    logging.disable(logging.CRITICAL)


def _one(job: tuple[int, int]) -> Played:
    return play_one(*job)


def main() -> int:
    parser = argparse.ArgumentParser(description="Plays histories of payments until money is not safe.")
    parser.add_argument("--histories", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first one; the others follow")
    parser.add_argument("--processes", type=int, default=max(1, os.cpu_count() or 1))
    parser.add_argument("--steps", type=int, default=20, help="of one history")
    given = parser.parse_args()
    last = given.seed + given.histories - 1
    write(f"seeds {given.seed} to {last}, {given.steps} steps each, {given.processes} processes")
    started = reported = time.monotonic()
    ends: Counter[str] = Counter()
    jobs = ((seed, given.steps) for seed in range(given.seed, last + 1))
    with multiprocessing.get_context("spawn").Pool(given.processes, _quiet, maxtasksperchild=2_000) as pool:
        for number, played in enumerate(pool.imap_unordered(_one, jobs), start=1):
            if played.violation is not None:
                write(f"seed {played.seed}:\n{played.violation}")
                return 1
            ends += played.ends
            if time.monotonic() - reported > REPORT_EVERY:
                reported = time.monotonic()
                write(f"{number} histories, {number / (reported - started):.1f} a second, {ends.total()} payments")
    seconds = time.monotonic() - started
    write(f"ok: {given.histories} histories in {seconds:.0f} s, {given.histories / seconds:.1f} a second")
    write(", ".join(f"{count} {end}" for end, count in ends.most_common()))
    return 0


def write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
