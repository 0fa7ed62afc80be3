"""Metrics that a test can read."""

from __future__ import annotations

from collections import defaultdict

from whinchat.core.ports import Metric, MetricKind

Series = tuple[str, tuple[tuple[str, str], ...]]


class RecordedMetrics:
    """`ports.Metrics` that remembers everything and insists that each metric is used as it was declared."""

    def __init__(self) -> None:
        self._values: dict[Series, float] = {}
        self._observed: dict[Series, list[float]] = defaultdict(list)

    def add(self, metric: Metric, value: float = 1, **labels: str) -> None:
        series = self._series(metric, labels, MetricKind.COUNTER, MetricKind.GAUGE)
        if metric.kind is MetricKind.COUNTER and value < 0:
            raise ValueError(f"{metric.name} is a counter and cannot go down")
        self._values[series] = self._values.get(series, 0) + value

    def set(self, metric: Metric, value: float, **labels: str) -> None:
        self._values[self._series(metric, labels, MetricKind.GAUGE)] = value

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        self._observed[self._series(metric, labels, MetricKind.HISTOGRAM)].append(value)

    def value(self, metric: Metric, **labels: str) -> float:
        """What a counter or gauge stands at; 0 when it was never touched."""
        return self._values.get((metric.name, tuple(sorted(labels.items()))), 0)

    def observed(self, metric: Metric, **labels: str) -> list[float]:
        """Everything a histogram was given, in order."""
        return list(self._observed.get((metric.name, tuple(sorted(labels.items()))), ()))

    def _series(self, metric: Metric, labels: dict[str, str], *kinds: MetricKind) -> Series:
        if metric.kind not in kinds:
            raise ValueError(f"{metric.name} is a {metric.kind}")
        if set(labels) != set(metric.labels):
            raise ValueError(f"{metric.name} has the labels {metric.labels}, not {tuple(labels)}")
        return metric.name, tuple(sorted(labels.items()))
