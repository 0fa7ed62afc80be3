"""Charts as SVG, drawn here: no script, no font, no colour of their own (the page's style has those)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from whinchat.apps.scanner.evaluation.measures import WRONG_WARNINGS
from whinchat.apps.scanner.evaluation.report import Calibration, Curve, Group
from whinchat.apps.scanner.evaluation.sentences import percent, rate, with_spread

WIDTH, HEIGHT = 430, 300
LEFT, RIGHT, TOP, BOTTOM = 50, 22, 12, 44
LONGEST_NAME = 20  # characters beside a bar
_ROW = 24

Scale = Callable[[float], float]
"""From a value to where it lies in the drawing."""


def recall_chart(curves: Sequence[Curve], shipped: Group) -> str:
    """What is found, by how many harmless rows are flagged, on a logarithmic scale."""
    low, high = -5.0, 0.0
    across = _scale(low, high, LEFT, WIDTH - RIGHT)
    up = _scale(0.0, 1.0, HEIGHT - BOTTOM, TOP)

    def x(wrong: float) -> float:
        return across(max(low, math.log10(wrong)) if wrong > 0 else low)

    parts = [
        *_grid_x(((x(10.0**power), rate(10.0**power)) for power in range(-5, 1)), "harmless links warned of"),
        *_grid_y((up(share / 5), f"{20 * share}") for share in range(6)),
        _turned("dangerous links found, %"),
    ]
    for number, curve in enumerate(curves):
        steps = " ".join(
            f"{command}{x(point.wrong):.1f},{up(point.caught):.1f}"
            for command, point in zip("M" + "L" * len(curve.points), curve.points, strict=False)
        )
        parts.append(f'<path class="line c{number}" d="{steps}"/>')
    if shipped.wrong.value is not None and shipped.caught.value is not None:
        said = f"shipped threshold: {percent(shipped.caught.value)} found, {percent(shipped.wrong.value)} wrong"
        parts.append(_dot(x(shipped.wrong.value), up(shipped.caught.value), "dot here", said))
    names = [curve.name for curve in curves]
    return _drawing("Recall by false positives", parts, HEIGHT) + _legend(
        [*names, "the shipped threshold"], last="here"
    )


def calibration_chart(found: Sequence[Calibration]) -> str:
    """What is said against what is found; on the diagonal a probability means what it says."""
    edge = _logit(0.0005)
    across = _scale(edge, -edge, LEFT, WIDTH - RIGHT)
    up = _scale(edge, -edge, HEIGHT - BOTTOM, TOP)

    def place(share: float) -> float:
        return min(max(_logit(share), edge), -edge)

    ticks = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
    parts = [
        *_grid_x(((across(_logit(tick)), rate(tick)) for tick in ticks), "probability that it says"),
        *_grid_y((up(_logit(tick)), f"{100 * tick:g}") for tick in ticks),
        _turned("share that is dangerous, %"),
        f'<path class="ideal" d="M{across(edge):.1f},{up(edge):.1f}L{across(-edge):.1f},{up(-edge):.1f}"/>',
    ]
    for number, each in enumerate(found):
        points = []
        for band in each.bands:
            if band.found.value is None:
                continue
            at, height = across(place(band.says)), up(place(band.found.value))
            if band.found.low is not None and band.found.high is not None:
                top, bottom = up(place(band.found.high)), up(place(band.found.low))
                parts.append(f'<path class="whisker c{number}" d="M{at:.1f},{top:.1f}V{bottom:.1f}"/>')
            points.append(f"{at:.1f},{height:.1f}")
            said = f"says {percent(band.says)}, is {with_spread(band.found)}, {band.rows:,} rows"
            parts.append(_dot(at, height, f"dot c{number}", said))
        parts.append(f'<path class="line c{number}" d="M{"L".join(points)}"/>')
    names = [f"if {rate(each.prior)} are dangerous" for each in found]
    return _drawing("Calibration", parts, HEIGHT) + _legend(names)


def wrong_chart(groups: Sequence[Group]) -> str:
    """How often each group is warned of wrongly, with its interval, beside what it may be."""
    shown = [group for group in groups if group.wrong.of]
    height = TOP + _ROW * len(shown) + BOTTOM
    left = 150
    low, high = -5.0, 0.0
    across = _scale(low, high, left, WIDTH - RIGHT)

    def x(share: float | None) -> float:
        return across(max(low, math.log10(share)) if share else low)

    bottom = height - BOTTOM
    parts = [
        *_grid_x(((x(10.0**power), rate(10.0**power)) for power in range(-5, 1)), "harmless links warned of", height)
    ]
    parts.append(f'<path class="budget" d="M{x(WRONG_WARNINGS):.1f},{TOP}V{bottom}"/>')
    for number, group in enumerate(shown):
        y = TOP + _ROW * number + _ROW / 2
        until = max(group.wrong.high or 0.0, group.wrong_upper or 0.0)
        kind = group.budget.value.replace(" ", "-") if group.budget else "mean"
        said = f"{group.name}: {group.wrong.hits:,} of {group.wrong.of:,}, {with_spread(group.wrong)}"
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(_clipped(group.name))}</text>')
        parts.append(f'<path class="whisker {kind}" d="M{x(group.wrong.low):.1f},{y:.1f}H{x(until):.1f}"/>')
        parts.append(_dot(x(group.wrong.value), y, f"dot {kind}", said))
    return _drawing("Wrong warnings by group", parts, height)


# --- pieces ------------------------------------------------------------------------------------------------------


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _logit(share: float) -> float:
    share = min(max(share, 1e-9), 1 - 1e-9)
    return math.log(share / (1 - share))


def _clipped(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _grid_x(ticks: Iterable[tuple[float, str]], title: str, height: float = HEIGHT) -> Iterator[str]:
    bottom = height - BOTTOM
    for at, label in ticks:
        yield f'<path class="grid" d="M{at:.1f},{TOP}V{bottom}"/>'
        yield f'<text x="{at:.1f}" y="{bottom + 16}" text-anchor="middle">{label}</text>'
    yield f'<text x="{WIDTH - RIGHT}" y="{height - 6}" text-anchor="end">{title}</text>'


def _grid_y(ticks: Iterable[tuple[float, str]]) -> Iterator[str]:
    for at, label in ticks:
        yield f'<path class="grid" d="M{LEFT},{at:.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{label}</text>'


def _turned(title: str) -> str:
    return f'<text transform="translate(11,{TOP}) rotate(-90)" text-anchor="end">{title}</text>'


def _dot(x: float, y: float, kind: str, said: str) -> str:
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{escape(said)}</title></circle>'


def _drawing(title: str, parts: Iterable[str], height: float) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img"'
        f' aria-label="{escape(title)}">\n{body}\n</svg>'
    )


def _legend(names: Sequence[str], last: str | None = None) -> str:
    kinds = [f"c{number}" for number in range(len(names))]
    if last:
        kinds[-1] = last
    items = "".join(
        f'<li><span class="key {kind}"></span>{escape(name)}</li>' for kind, name in zip(kinds, names, strict=True)
    )
    return f'<ul class="legend">{items}</ul>'
