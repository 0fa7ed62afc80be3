from __future__ import annotations

import pytest

from whinchat.core.ports import Metric, MetricKind
from whinchat.testing.metrics import RecordedMetrics

SENT = Metric(MetricKind.COUNTER, "sent_total", "Sent", ("kind",))
WAITING = Metric(MetricKind.GAUGE, "waiting", "Waiting")
SECONDS = Metric(MetricKind.HISTOGRAM, "seconds", "Seconds", ("kind",))


def test_it_remembers_what_was_counted_set_and_observed() -> None:
    metrics = RecordedMetrics()
    metrics.add(SENT, kind="text")
    metrics.add(SENT, 2, kind="text")
    metrics.set(WAITING, 7)
    metrics.add(WAITING, -3)
    metrics.observe(SECONDS, 0.5, kind="a")
    metrics.observe(SECONDS, 0.25, kind="a")
    assert metrics.value(SENT, kind="text") == 3
    assert metrics.value(SENT, kind="media") == 0
    assert metrics.value(WAITING) == 4
    assert metrics.observed(SECONDS, kind="a") == [0.5, 0.25]
    assert metrics.observed(SECONDS, kind="b") == []


def test_it_refuses_what_a_real_registry_would() -> None:
    metrics = RecordedMetrics()
    with pytest.raises(ValueError, match="labels"):
        metrics.add(SENT)
    with pytest.raises(ValueError, match="is a counter"):
        metrics.set(SENT, 1, kind="text")
    with pytest.raises(ValueError, match="cannot go down"):
        metrics.add(SENT, -1, kind="text")
