"""The table of states: complete, and told as it is."""

from __future__ import annotations

from pathlib import Path

from whinchat.apps import wallet
from whinchat.apps.wallet.transitions import BEFORE, CONFIRM, PAY, TRANSITIONS, change, change_where, table
from whinchat.core.formatting.catalogue import load


def test_these_are_all_the_ways_there_are() -> None:
    ways = {f"{source} {each.target}" for each in TRANSITIONS for source in each.sources}
    assert ways == {
        "drafted shown",
        "drafted confirmed",  # with the code, which only who saw it knows
        "drafted cancelled",
        "drafted expired",
        "shown confirmed",
        "shown cancelled",
        "shown expired",
        "confirmed cancelled",
        "confirmed submitting",
        "submitting paid",
        "submitting failed",
        "submitting unknown",
        "unknown unknown",
        "unknown paid",
        "unknown failed",
        "unknown unresolved",
        "unresolved paid",
        "unresolved failed",
        "paid paid",
        "expired paid",  # after a restore
    }


def test_names_of_transitions_and_conditions_are_their_own() -> None:
    assert len({each.name for each in TRANSITIONS}) == len(TRANSITIONS)
    conditions = {each for transition in TRANSITIONS for each in transition.conditions}
    assert len({each.name for each in conditions}) == len(conditions)


def test_every_refusal_before_a_payment_is_shown_has_its_sentence() -> None:
    known = load([Path(wallet.__path__[0]) / "catalogues"], "en")
    assert {f"wallet.pay.refused_{each.name}" for each in BEFORE} <= known.keys()
    assert set(BEFORE) < set(CONFIRM.conditions)


def test_a_change_of_one_payment_has_one_winner_and_one_of_many_any_number() -> None:
    one = change(PAY, "some-id", now=1, fee=None)
    assert one.rows == 1
    assert one.args == {"id": "some-id", "now": 1, "fee": None}
    many = change_where(PAY, "owner = :owner", owner="ana", now=1, fee=2)
    assert many.rows is None
    assert many.sql.endswith("AND owner = :owner")


def test_the_page_tells_every_transition_with_its_conditions() -> None:
    head, line, *rows = table().splitlines()
    assert head.count("|") == line.count("|") == 5
    assert len(rows) == len(TRANSITIONS)
    assert all(row.count("|") == 5 for row in rows)
    (confirm,) = [row for row in rows if "`confirmed` |" in row and "says yes" in row]
    assert all(condition.says in confirm for condition in CONFIRM.conditions)
