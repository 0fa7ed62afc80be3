"""All metrics of the service stand in one registry: no two may claim the same name, whatever order they are used in."""

from __future__ import annotations

import importlib
import pkgutil

import whinchat
from whinchat.core.ports import Metric
from whinchat.infra.metrics import PrometheusMetrics


def declared() -> set[Metric]:
    found: set[Metric] = set()
    for module in pkgutil.walk_packages(whinchat.__path__, "whinchat."):
        if not module.name.endswith("__main__"):
            values = vars(importlib.import_module(module.name)).values()
            found.update(value for value in values if isinstance(value, Metric))
    return found


def test_every_metric_can_be_registered_beside_all_others() -> None:
    metrics = PrometheusMetrics()
    names = sorted(declared(), key=lambda metric: metric.name)
    assert len(names) > 15
    for metric in names:
        metrics.declare(metric)
    text = metrics.render().decode()
    for metric in names:
        assert f"# HELP {metric.name.removesuffix('_total')}" in text


def test_names_say_whose_they_are() -> None:
    assert all(metric.name.startswith("whinchat_") for metric in declared())
