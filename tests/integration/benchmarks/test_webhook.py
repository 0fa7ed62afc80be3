"""The benchmark of the webhook, in small: it asks a real service, and notices wrong answers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from benchmarks import bench_webhook
from benchmarks.bench_webhook import check, one_round


async def test_a_small_round_measures_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {
        "AT_ONCE": 4,
        "BURSTS": 1,
        "APART": 0.01,
        "STEADY": 1,
        "RATE": 10,
        "FLOOD": 2,
        "LARGE": 1,
        "SLOW_CLIENTS": 0,
    }
    for name, value in small.items():
        monkeypatch.setattr(bench_webhook, name, value)
    found = await one_round(tmp_path, 0.1, 1)
    assert {"burst", "replays", "unsigned", "forged", "large_thousand", "slow_clients", "plain_burst"} <= found.keys()
    assert all(0 < kind["p50"] <= kind["p95"] <= kind["worst"] for kind in found.values())


@pytest.mark.parametrize("answer", ["burst 503", "forged 200", "larger 0"])
def test_a_wrong_answer_ends_it(answer: str) -> None:
    check(Counter({"burst 200": 5, "forged 403": 5, "unsigned 401": 5, "larger 413": 1}), [[b"408"]])
    with pytest.raises(SystemExit, match="wrong answers"):
        check(Counter({answer: 1}), [])
    with pytest.raises(SystemExit, match="wrong answers"):
        check(Counter(), [[b"200"]])
