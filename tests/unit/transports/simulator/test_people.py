from __future__ import annotations

from random import Random

import pytest

from whinchat.core.errors import Refused
from whinchat.transports.simulator.people import People


@pytest.fixture
def people() -> People:
    return People(Random(1))


def test_a_person_is_found_by_id_number_and_name(people: People) -> None:
    ana = people.create("Ana", "+5511900000001")
    assert ana.id == "5511900000001@sim"
    for who in (ana.id, "+5511900000001", "5511900000001", "Ana"):
        assert people.find(who) is ana


def test_numbers_are_made_up_where_none_is_given_and_nobody_real_has_them(people: People) -> None:
    made = {people.create(f"P{n}").phone for n in range(50)}
    assert len(made) == 50
    assert all(phone.startswith("+999") for phone in made)  # a country code that is not assigned


def test_a_made_up_number_is_never_one_that_somebody_has() -> None:
    first = People(Random(7)).create("Ana").phone
    people = People(Random(7))
    people.create("Bob", first)
    assert people.create("Eve").phone != first


def test_two_people_with_one_name_have_to_be_told_apart(people: People) -> None:
    people.create("Ana")
    people.create("Ana")
    with pytest.raises(Refused) as refused:
        people.find("Ana")
    assert refused.value.code == "ambiguous"


@pytest.mark.parametrize(
    ("name", "phone", "colour", "code"),
    [
        ("", None, None, "bad_name"),
        ("x" * 81, None, None, "bad_name"),
        ("Ana", "5511900000001", None, "bad_phone"),
        ("Ana", "+0511900000001", None, "bad_phone"),
        ("Ana", "+5511900000001\n", None, "bad_phone"),
        ("Ana", None, "red", "bad_colour"),
        ("Ana", None, "#FFFFFF", "bad_colour"),
    ],
)
def test_what_cannot_be_is_refused(people: People, name: str, phone: str | None, colour: str | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        people.create(name, phone, colour)
    assert refused.value.code == code
    assert list(people) == []


def test_a_number_belongs_to_one_person(people: People) -> None:
    people.create("Ana", "+5511900000001")
    with pytest.raises(Refused) as refused:
        people.create("Bob", "+5511900000001")
    assert refused.value.code == "taken"


def test_nobody_is_found_by_what_nobody_has(people: People) -> None:
    with pytest.raises(Refused) as refused:
        people.find("Zed")
    assert refused.value.code == "no_person"


def test_a_bot_is_made_once_for_each_account(people: People) -> None:
    bot = people.bot("simulator")
    assert people.bot("simulator") is bot
    assert people.bot("second") is not bot
    assert [found.account for found in people.bots()] == ["simulator", "second"]
    assert bot.bot


def test_colours_can_be_chosen(people: People) -> None:
    assert people.create("Ana", colour="#123abc").colour == "#123abc"
    assert people.create("Bob").colour != people.create("Eve").colour
