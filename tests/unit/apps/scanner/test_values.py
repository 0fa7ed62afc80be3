"""The kinds of value that a setting of a chat can have."""

from __future__ import annotations

import enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.hours import Hours, zones
from whinchat.apps.scanner.policy import KEYS
from whinchat.apps.scanner.values import (
    DailyHours,
    Kind,
    Number,
    OneOf,
    Percent,
    Problem,
    SomeOf,
    Switch,
    TimeZone,
    Unfit,
)


class Colour(enum.StrEnum):
    RED = "red"
    GREEN = "green"


@pytest.mark.parametrize("written", ["on", "ON", "yes", "“on”", "true", "1"])
def test_a_switch_is_on(written: str) -> None:
    assert Switch().read(written)
    assert not Switch().read("off")


def test_a_switch_is_nothing_else() -> None:
    with pytest.raises(Unfit) as unfit:
        Switch().read("maybe")
    assert (unfit.value.problem, unfit.value.values["choices"]) == (Problem.CHOICE, "on, off")


def test_one_of_a_few_words() -> None:
    kind = OneOf(Colour)
    assert (kind.read("Red"), kind.expects, kind.options, kind.several) == (
        Colour.RED,
        "red|green",
        ("red", "green"),
        False,
    )
    with pytest.raises(Unfit) as unfit:
        kind.read("gren")
    assert unfit.value.near == "green"


def test_some_of_a_few_words_in_any_notation() -> None:
    kind = SomeOf(tuple(Colour))
    for written in ("green,red", "green red", "green + red", "green; red, green"):
        assert kind.read(written) == (Colour.RED, Colour.GREEN)
    assert kind.read("nothing") == ()
    assert (kind.show(()), kind.show((Colour.RED, Colour.GREEN)), kind.several) == ("nothing", "red,green", True)
    with pytest.raises(Unfit) as unfit:
        kind.read("red,blue")
    assert (unfit.value.problem, unfit.value.values["given"]) == (Problem.SOME, "blue")


def test_where_order_matters_it_is_kept() -> None:
    assert SomeOf(tuple(Colour), ordered=True).read("green,red") == (Colour.GREEN, Colour.RED)


@pytest.mark.parametrize("written", ["0", "21", "-1", "three", "", "1.5", "9" * 40])
def test_a_number_has_its_bounds(written: str) -> None:
    with pytest.raises(Unfit) as unfit:
        Number(1, 20).read(written)
    assert unfit.value.values == {"given": written, "least": 1, "most": 20}


def test_a_number_is_read_in_any_digits() -> None:
    assert Number(1, 20).read("١٢") == 12


@pytest.mark.parametrize(("written", "share"), [("99", 0.99), ("99.5 %", 0.995), ("99,95", 0.9995), ("100%", 1.0)])
def test_a_probability_is_written_in_percent(written: str, share: float) -> None:
    kind = Percent(0.99)
    assert kind.read(written) == share
    assert kind.read(kind.show(share)) == share


@pytest.mark.parametrize("written", ["98.9", "101", "0.995", "sure", "99..5"])
def test_a_probability_is_never_below_the_least(written: str) -> None:
    with pytest.raises(Unfit):
        Percent(0.99).read(written)


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("22-07", Hours(22, 7)),
        ("22-7", Hours(22, 7)),
        ("22:00 – 07:00", Hours(22, 7)),
        ("0-24", None),
        ("13-24", Hours(13, 0)),
    ],
)
def test_hours_go_from_one_to_another(written: str, hours: Hours | None) -> None:
    if hours is None:
        with pytest.raises(Unfit):
            DailyHours().read(written)
    else:
        assert DailyHours().read(written) == hours
        assert DailyHours().read(DailyHours().show(hours)) == hours


@pytest.mark.parametrize("written", ["22", "22-22", "25-07", "22:30-07:00", "night", "-", "1-2-3"])
def test_other_hours_are_refused(written: str) -> None:
    with pytest.raises(Unfit) as unfit:
        DailyHours().read(written)
    assert unfit.value.problem is Problem.HOURS


def test_off_is_no_quiet_at_all() -> None:
    assert DailyHours().read("off") is None
    assert DailyHours().show(None) == "off"


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("Europe/Madrid", "Europe/Madrid"),
        ("europe/madrid", "Europe/Madrid"),
        ("madrid", "Europe/Madrid"),
        ("Sao Paulo", "America/Sao_Paulo"),
        ("utc", "UTC"),
    ],
)
def test_a_time_zone_is_found_by_its_name_or_city(written: str, zone: str) -> None:
    assert TimeZone().read(written) == zone


@pytest.mark.parametrize(
    ("written", "near"), [("Europe/Madird", "Europe/Madrid"), ("madird", "Europe/Madrid"), ("qqqq", None)]
)
def test_a_time_zone_that_is_none_is_refused_with_the_nearest(written: str, near: str | None) -> None:
    with pytest.raises(Unfit) as unfit:
        TimeZone().read(written)
    assert (unfit.value.problem, unfit.value.near) == (Problem.ZONE, near)


def test_no_zone_is_a_way_out_of_the_folder() -> None:
    assert not any(".." in zone or zone.startswith("/") for zone in zones())
    with pytest.raises(Unfit):
        TimeZone().read("../../etc/passwd")


KINDS = [key.kind for key in KEYS if not isinstance(key.kind, TimeZone)]


@given(kind=st.sampled_from(KINDS), written=st.text(max_size=60))
def test_whatever_is_written_is_read_or_refused(kind: Kind[object], written: str) -> None:
    try:
        value = kind.read(written)
    except Unfit:
        return
    assert kind.read(kind.show(value)) == value
