from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import msgspec
import pytest
from tests.support.evaluations import BAD, GOOD, bad, good, reported

from whinchat.apps.scanner.evaluation.charts import calibration_chart, recall_chart, wrong_chart
from whinchat.apps.scanner.evaluation.report import Curve, Estimate, Point, Report

HOSTILE = '<script>alert("x")</script>&'
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def report() -> Report:
    return reported([bad(), bad(GOOD), good(BAD, source=HOSTILE), good(source="press")])


def drawn(chart: str) -> ET.Element:
    """The SVG, read as XML; every coordinate is a number."""
    svg, _, _ = chart.partition("<ul")
    assert "nan" not in svg
    assert "inf" not in svg
    return ET.fromstring(svg)


def places(svg: ET.Element, kind: str) -> list[tuple[float, float]]:
    found = [each for each in svg.iter(f"{SVG}circle") if kind in each.attrib["class"]]
    return [(float(each.attrib["cx"]), float(each.attrib["cy"])) for each in found]


def test_every_chart_is_valid_and_inside_of_its_frame(report: Report) -> None:
    charts = [
        recall_chart(report.curves, report.groups[0]),
        wrong_chart([group for group in report.groups if group.wrong.of]),
        calibration_chart(report.calibration),
    ]
    for chart in charts:
        svg = drawn(chart)
        _, _, width, height = map(float, svg.attrib["viewBox"].split())
        for x, y in places(svg, "dot"):
            assert 0 <= x <= width
            assert 0 <= y <= height
        assert svg.attrib["aria-label"]


def test_names_from_files_are_only_text(report: Report) -> None:
    chart = wrong_chart([group for group in report.groups if group.by == "source"])
    assert "<script" not in chart
    texts = [each.text for each in drawn(chart).iter(f"{SVG}text")]
    assert any(text and text.startswith("<script>") for text in texts)


def test_a_share_of_nothing_stands_at_the_edge_and_more_lies_further_right(report: Report) -> None:
    group = report.groups[0]
    groups = [
        msgspec.structs.replace(group, wrong=Estimate(share, 0.0, 0.01, 0, 100), wrong_upper=0.02)
        for share in (0.0, 0.001, 0.01)
    ]
    none, some, most = (x for x, _ in places(drawn(wrong_chart(groups)), "dot"))
    assert none < some < most


def test_the_curve_begins_at_the_strictest_threshold(report: Report) -> None:
    curve = Curve("all", (Point(0.0, 0.2), Point(0.1, 0.6), Point(1.0, 1.0)))
    chart = recall_chart([curve], report.groups[0])
    path = next(each for each in drawn(chart).iter(f"{SVG}path") if "line" in each.attrib["class"])
    steps = [tuple(map(float, step)) for step in re.findall(r"([\d.]+),([\d.]+)", path.attrib["d"])]
    assert steps == sorted(steps, key=lambda step: (step[0], -step[1]))
    assert len(steps) == 3


def test_perfect_calibration_lies_on_the_diagonal(report: Report) -> None:
    (first, *_) = report.calibration
    band = first.bands[0]
    bands = tuple(
        msgspec.structs.replace(band, says=share, found=Estimate(share, None, None, 1, 2)) for share in (0.01, 0.5, 0.9)
    )
    points = places(drawn(calibration_chart([msgspec.structs.replace(first, bands=bands)])), "c0")
    (x0, y0), (x1, y1), (x2, y2) = points
    assert (y0 - y1) / (x1 - x0) == pytest.approx((y1 - y2) / (x2 - x1), rel=0.02)


def test_without_a_shipped_point_or_a_share_nothing_is_drawn_there(report: Report) -> None:
    nothing = Estimate(None, None, None, 0, 0)
    shipped = msgspec.structs.replace(report.groups[0], wrong=nothing)
    assert places(drawn(recall_chart(report.curves, shipped)), "here") == []
    first = report.calibration[0]
    bands = (msgspec.structs.replace(first.bands[0], found=nothing),)
    assert places(drawn(calibration_chart([msgspec.structs.replace(first, bands=bands)])), "dot") == []
