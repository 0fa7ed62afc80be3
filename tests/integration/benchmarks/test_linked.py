"""The benchmarks of linked devices, small: the network, the service and the library are processes of their own."""

from __future__ import annotations

import random
from importlib.util import find_spec
from pathlib import Path

import pytest
from benchmarks import bench_linked_faults
from benchmarks.bench_linked import Measurement, Plan
from benchmarks.bench_linked_faults import Kill, under_fire, window, wrong
from benchmarks.linked import open_linked, open_network
from benchmarks.linked_bots import Whinchat
from benchmarks.linked_crowd import Crowd, Said, Witness

SMALL = Plan(minutes=0.01, rounds=1, burst=20, pings=10, quiet=0.0, refill=0.0, calm=0.0)


@pytest.mark.skipif(find_spec("neonize") is None, reason="needs the extra `linked`")
async def test_a_service_is_measured_and_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_linked_faults, "CALM", 0.2)
    monkeypatch.setattr(bench_linked_faults, "MOMENT", 0.4)
    witness = Witness()
    async with open_network(tmp_path, witness.hear, durable=True) as network, open_linked(tmp_path, network) as service:
        crowd = Crowd(network, random.Random(1))
        await crowd.gather()

        found = await Measurement(SMALL, network, Whinchat(service), witness, crowd).run()
        assert set(found["rest"]) == set(found["after"]) == set(found["memory"]) == {"service", "child"}
        assert min(found[what]["low"] for what in ("direct", "group", "outbound", "resume")) > 0
        assert found["unanswered"] == 0
        assert 0 < found["latency"]["p50"] <= found["latency"]["p99"]

        found = await under_fire(network, service, witness, crowd, 1.0, seed=1)
        assert sum(each["kills"] for each in found["resumed"].values()) > 0
        assert found["answered"] > 0
        assert found["doubled"] == found["left"] == 0
        assert found["said"] - found["stored"] == len(found["lost"]) <= 3  # what the library was handing over


def test_what_is_lost_or_doubled_for_no_known_reason_is_told() -> None:
    said, kills = Said("3EB0", "ana@lid", "ana@lid", 0.0, ping=False), [Kill("service", 5.0), Kill("child", 10.0)]
    in_the_window, long_before = (window(said, {"3EB0": at}, kills) for at in (9.99, 7.0))
    assert in_the_window == {"kill": "child", "milliseconds": 10, "ping": False}
    fine = {"lost": [in_the_window], "doubled": 0, "left": 0}
    assert not wrong(fine)
    assert wrong({**fine, "lost": [long_before]})
    assert wrong({**fine, "lost": [window(said, {}, kills)]})
    assert wrong({**fine, "doubled": 1})
    assert wrong({**fine, "left": 1})
