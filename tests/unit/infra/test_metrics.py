from __future__ import annotations

import pytest

from whinchat.core.ports import Metric, MetricKind
from whinchat.infra.metrics import MOST_VALUES, PrometheusMetrics

SENT = Metric(MetricKind.COUNTER, "whinchat_sent_total", "Sent", ("kind", "result"))
WAITING = Metric(MetricKind.GAUGE, "whinchat_waiting", "Waiting")
SECONDS = Metric(MetricKind.HISTOGRAM, "whinchat_seconds", "Seconds", ("kind",), (0.1, 1.0))
PLAIN = Metric(MetricKind.HISTOGRAM, "whinchat_plain_seconds", "Seconds")


def lines(metrics: PrometheusMetrics) -> list[str]:
    return metrics.render().decode().splitlines()


def test_counters_gauges_and_histograms() -> None:
    metrics = PrometheusMetrics()
    metrics.add(SENT, kind="text", result="ok")
    metrics.add(SENT, 2, result="ok", kind="text")
    metrics.set(WAITING, 5)
    metrics.add(WAITING, -2)
    metrics.observe(SECONDS, 0.5, kind="a")
    metrics.observe(SECONDS, 5, kind="a")
    metrics.observe(PLAIN, 0.5)
    metrics.set(WAITING, 7)
    found = lines(metrics)
    assert 'whinchat_sent_total{kind="text",result="ok"} 3.0' in found
    assert "whinchat_waiting 7.0" in found
    assert 'whinchat_seconds_bucket{kind="a",le="0.1"} 0.0' in found
    assert 'whinchat_seconds_bucket{kind="a",le="1.0"} 1.0' in found
    assert 'whinchat_seconds_count{kind="a"} 2.0' in found
    assert "whinchat_plain_seconds_count 1.0" in found
    assert not any("_created" in line for line in found)


def test_what_was_declared_shows_as_zero() -> None:
    metrics = PrometheusMetrics()
    metrics.declare(WAITING)
    metrics.declare(WAITING)
    assert "whinchat_waiting 0.0" in lines(metrics)


def test_the_process_reports_itself() -> None:
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines(PrometheusMetrics()))


def test_registries_are_apart() -> None:
    first, second = PrometheusMetrics(), PrometheusMetrics()
    first.set(WAITING, 1)
    second.set(WAITING, 2)
    assert "whinchat_waiting 1.0" in lines(first)
    assert "whinchat_waiting 2.0" in lines(second)


def test_a_label_without_end_ends_in_other() -> None:
    metrics = PrometheusMetrics()
    for number in range(MOST_VALUES + 50):
        metrics.add(SENT, kind=str(number), result="ok")
    metrics.add(SENT, kind="0", result="ok")
    found = [line for line in lines(metrics) if line.startswith("whinchat_sent_total{")]
    assert len(found) == MOST_VALUES + 1
    assert 'whinchat_sent_total{kind="other",result="ok"} 50.0' in found
    assert 'whinchat_sent_total{kind="0",result="ok"} 2.0' in found


def test_misuse_is_told_at_once() -> None:
    metrics = PrometheusMetrics()
    with pytest.raises(ValueError, match="is a counter"):
        metrics.set(SENT, 1, kind="a", result="b")
    with pytest.raises(ValueError, match="has the labels"):
        metrics.add(SENT, kind="a")
    metrics.declare(WAITING)
    with pytest.raises(ValueError, match="two metrics are called"):
        metrics.declare(Metric(MetricKind.COUNTER, WAITING.name, "Other"))
