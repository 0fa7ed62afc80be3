"""The wallet's benchmarks, small: the service and the sandbox run in processes of their own."""

from __future__ import annotations

from pathlib import Path

import uvloop
from benchmarks.bench_wallet import measure
from benchmarks.bench_wallet_load import history


def test_every_command_is_measured_and_what_is_kept_needs_no_call(tmp_path: Path) -> None:
    found = uvloop.run(measure(tmp_path, 2, [0]))[0]
    for command in ("balance", "history", "send", "yes", "send_cold"):
        assert found[command]["took"] >= found[command]["own"]
        assert found[command]["plain"]
    assert found["yes"]["calls"] == [1]
    assert found["balance_again"]["calls"] == found["history_again"]["calls"] == found["price_again"]["calls"] == [0]


def test_everybody_at_once_costs_one_call_each(tmp_path: Path) -> None:
    found = uvloop.run(history(tmp_path, 4))
    assert found["first_calls"] == 4
    assert found["again_calls"] == 0
