"""What a policy says, before it is asked whether that is possible."""

from __future__ import annotations

import msgspec
import pytest

from whinchat.apps.scanner.app import APP
from whinchat.apps.scanner.hours import Hours
from whinchat.apps.scanner.labels import Truth
from whinchat.apps.scanner.policy import BY_NAME, DEFAULT, HARMLESS, KEYS, PUNISHING, SUREST, Consequence, Policy
from whinchat.apps.scanner.values import Unfit
from whinchat.apps.scanner.verdict import DecidedBy, Level, Verdict
from whinchat.core.formatting.i18n import Words


def verdict(level: Level, chance: float, by: DecidedBy = DecidedBy.EVIDENCE) -> Verdict:
    return Verdict("https://a.com/", "a.com", "a.com", level, chance, 0.0, 0.0, by)


def test_every_part_of_a_policy_can_be_set_and_is_explained() -> None:
    assert [key.name for key in KEYS] == list(Policy.__struct_fields__)
    Words([APP.catalogues]).require(key.sentence for key in KEYS)


def test_everything_that_admins_can_be_told_has_a_sentence() -> None:
    kinds = {"file", "invite", "strike", "held"}
    kinds |= {f"link_{level.value}" for level in Level if level is not Level.BENIGN}
    kinds |= {f"{what}_{each.value}" for what in ("done", "would", "cannot") for each in PUNISHING}
    kinds |= {f"report_{truth.value}" for truth in Truth}
    Words([APP.catalogues]).require(f"scanner.notice.{kind}" for kind in kinds)


def test_every_default_can_be_written_and_read() -> None:
    for key in KEYS:
        assert key.set(DEFAULT, key.shown(DEFAULT)) == DEFAULT, key.name
        assert key.is_default(DEFAULT)


def test_default_brings_the_first_value_back() -> None:
    changed = BY_NAME["strikes"].set(DEFAULT, "5")
    assert changed.strikes == 5
    assert not BY_NAME["strikes"].is_default(changed)
    assert BY_NAME["strikes"].set(changed, " Default ") == DEFAULT


def test_as_it_comes_it_warns_and_takes_nothing_away() -> None:
    for level in Level:
        assert PUNISHING.isdisjoint(DEFAULT.consequences(level))
    assert DEFAULT.consequences(Level.MALICIOUS) == DEFAULT.consequences(Level.SUSPICIOUS) != ()
    assert DEFAULT.consequences(Level.UNKNOWN) == DEFAULT.consequences(Level.BENIGN) == ()


def test_a_suspicion_cannot_take_anything_away() -> None:
    for name in ("suspicious", "unknown"):
        for consequence in PUNISHING:
            with pytest.raises(Unfit):
                BY_NAME[name].set(DEFAULT, consequence.value)
        assert BY_NAME[name].set(DEFAULT, ",".join(HARMLESS)) != DEFAULT


@pytest.mark.parametrize(
    ("level", "chance", "by", "sure"),
    [
        (Level.MALICIOUS, 0.99, DecidedBy.EVIDENCE, True),
        (Level.MALICIOUS, 0.9899, DecidedBy.EVIDENCE, False),
        (Level.SUSPICIOUS, 0.9999, DecidedBy.EVIDENCE, False),
        (Level.MALICIOUS, 0.5, DecidedBy.FEED, True),
        (Level.MALICIOUS, 0.5, DecidedBy.OVERRIDE, True),
        (Level.BENIGN, 0.0, DecidedBy.OVERRIDE, False),
    ],
)
def test_what_is_sure_enough(level: Level, chance: float, by: DecidedBy, sure: bool) -> None:
    assert DEFAULT.sure(verdict(level, chance, by)) is sure


def test_no_chat_can_ask_for_less_than_the_least() -> None:
    careless = msgspec.structs.replace(DEFAULT, delete_at=0.5)
    assert not careless.sure(verdict(Level.MALICIOUS, SUREST - 0.001))


@pytest.mark.parametrize(
    ("count", "step"),
    [(0, None), (2, None), (3, "notify_admins"), (5, "notify_admins"), (6, "delete"), (9, "delete"), (99, "delete")],
)
def test_strikes_go_on_step_by_step_and_stay_at_the_last(count: int, step: str | None) -> None:
    policy = msgspec.structs.replace(DEFAULT, strike_action=(Consequence.NOTIFY_ADMINS, Consequence.DELETE))
    assert policy.strike_step(count) == step


def test_without_strikes_or_actions_nothing_follows() -> None:
    assert msgspec.structs.replace(DEFAULT, strikes=0).strike_step(9) is None
    assert msgspec.structs.replace(DEFAULT, strike_action=()).strike_step(9) is None


def test_quiet_hours_are_the_policys_own() -> None:
    assert not DEFAULT.is_quiet(0)
    assert msgspec.structs.replace(DEFAULT, quiet=Hours(23, 1)).is_quiet(0)


@pytest.mark.parametrize(
    ("name", "value", "needs"),
    [
        ("malicious", "warn,react", False),
        ("malicious", "warn,delete", True),
        ("strike_action", "remove_member", True),
        ("lock_after", "0", False),
        ("lock_after", "5", True),
        ("files", "delete", True),
        ("invites", "warn", False),
        ("exempt", "admins", False),
    ],
)
def test_it_is_known_what_needs_the_rights_of_an_admin(name: str, value: str, needs: bool) -> None:
    key = BY_NAME[name]
    assert key.needs_rights(key.set(DEFAULT, value)) is needs


def test_only_what_differs_is_stored() -> None:
    assert msgspec.json.encode(DEFAULT) == b"{}"
    changed = BY_NAME["dry_run"].set(DEFAULT, "on")
    assert msgspec.json.decode(msgspec.json.encode(changed), type=Policy) == changed
