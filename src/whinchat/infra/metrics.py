"""Metrics for Prometheus, in a registry of our own. `render` gives the text that `/metrics` answers with."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any, cast

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import generate_latest

from whinchat.core.ports import Metric, MetricKind

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_VALUES = 200  # different values of one label of one metric
OTHER = "other"
"""What a label becomes when its metric has seen too many values: memory stays bounded whatever is counted."""

Child = Any
"""A Counter, Gauge or Histogram of prometheus_client with its labels filled in."""


class PrometheusMetrics:
    """`ports.Metrics`. Metrics are registered when first used, or before by `declare`, so that they show as 0."""

    def __init__(self) -> None:
        cast("Callable[[], None]", disable_created_metrics)()  # a time beside every counter would double the series
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._lock = threading.Lock()
        self._metrics: dict[str, tuple[Metric, Child]] = {}
        self._children: dict[tuple[object, ...], Child] = {}
        self._values: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    def declare(self, metric: Metric) -> None:
        with self._lock:
            self._registered(metric)

    def add(self, metric: Metric, value: float = 1, **labels: str) -> None:
        try:
            child = self._children[metric.name, *labels.items()]
        except KeyError:
            child = self._child(metric, labels, MetricKind.COUNTER, MetricKind.GAUGE)
        child.inc(value)

    def set(self, metric: Metric, value: float, **labels: str) -> None:
        try:
            child = self._children[metric.name, *labels.items()]
        except KeyError:
            child = self._child(metric, labels, MetricKind.GAUGE)
        child.set(value)

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        try:
            child = self._children[metric.name, *labels.items()]
        except KeyError:
            child = self._child(metric, labels, MetricKind.HISTOGRAM)
        child.observe(value)

    def render(self) -> bytes:
        """Everything in Prometheus' text format, of type `CONTENT_TYPE`."""
        return generate_latest(self._registry)

    def _child(self, metric: Metric, labels: dict[str, str], *kinds: MetricKind) -> Child:
        if metric.kind not in kinds:
            raise ValueError(f"{metric.name} is a {metric.kind}")
        if set(labels) != set(metric.labels):
            raise ValueError(f"{metric.name} has the labels {metric.labels}, not {tuple(labels)}")
        with self._lock:
            parent = self._registered(metric)
            bounded = {name: self._bounded(metric.name, name, value) for name, value in labels.items()}
            child = parent.labels(**bounded) if labels else parent
            if bounded == labels:  # what became "other" is not remembered: its values have no end
                self._children[metric.name, *labels.items()] = child
            return child

    def _registered(self, metric: Metric) -> Child:
        known, child = self._metrics.get(metric.name, (metric, None))
        if known != metric:
            raise ValueError(f"two metrics are called {metric.name}")
        if child is None:
            child = self._created(metric)
            self._metrics[metric.name] = metric, child
        return child

    def _created(self, metric: Metric) -> Child:
        if metric.kind is MetricKind.COUNTER:
            return Counter(metric.name, metric.help, metric.labels, registry=self._registry)
        if metric.kind is MetricKind.GAUGE:
            return Gauge(metric.name, metric.help, metric.labels, registry=self._registry)
        buckets = metric.buckets or Histogram.DEFAULT_BUCKETS
        return Histogram(metric.name, metric.help, metric.labels, buckets=buckets, registry=self._registry)

    def _bounded(self, metric: str, label: str, value: str) -> str:
        values = self._values[metric, label]
        if value in values or len(values) < MOST_VALUES:
            values.add(value)
            return value
        return OTHER
