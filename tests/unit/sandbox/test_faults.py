"""Switches."""

from __future__ import annotations

import random

import pytest

from whinchat.sandbox.faults import CLEAR, OF_PAYMENTS, Fault, Faults, Plan, Switch

SEND = "intraLedgerUsdPaymentSend"


@pytest.fixture
def faults() -> Faults:
    return Faults(random.Random(1))


def test_nothing_goes_wrong_until_it_is_switched_on(faults: Faults) -> None:
    assert faults.plan(SEND) == CLEAR


def test_a_switch_is_for_one_operation_or_for_all(faults: Faults) -> None:
    faults.set(Switch(fault=Fault.DROP_AFTER, operation=SEND))
    faults.set(Switch(fault=Fault.SLOW, seconds=2))

    assert faults.plan(SEND) == Plan(drop_after=True, slow=2)
    assert faults.plan("me") == Plan(slow=2)


def test_a_switch_with_a_count_turns_itself_off(faults: Faults) -> None:
    faults.set(Switch(fault=Fault.DROP_BEFORE, count=2))

    assert [faults.plan("me").drop_before for _ in range(3)] == [True, True, False]
    assert faults.switches == {}


def test_what_it_is_not_for_uses_nothing_up(faults: Faults) -> None:
    number = faults.set(Switch(fault=Fault.DROP_BEFORE, operation=SEND, count=1))
    faults.plan("me")

    assert faults.switches[number].count == 1


def test_a_payment_ends_in_one_way_and_the_others_wait(faults: Faults) -> None:
    pending = Switch(fault=Fault.PENDING_SETTLES, count=1, seconds=5)
    already = Switch(fault=Fault.ALREADY_PAID, count=1)
    faults.set(pending)
    faults.set(already)

    assert [faults.plan(SEND).payment for _ in range(3)] == [pending, already, None]


def test_one_of_a_kind_is_enough(faults: Faults) -> None:
    faults.set(Switch(fault=Fault.SLOW, seconds=1, count=1))
    faults.set(Switch(fault=Fault.SLOW, seconds=2, count=1))

    assert [faults.plan("me").slow for _ in range(3)] == [1, 2, 0]


def test_probability_comes_from_the_seed(faults: Faults) -> None:
    faults.set(Switch(fault=Fault.STALL, seconds=1, probability=0.25))
    happened = [faults.plan("me").stall > 0 for _ in range(400)]

    assert 60 < sum(happened) < 140
    again = Faults(random.Random(1))
    again.set(Switch(fault=Fault.STALL, seconds=1, probability=0.25))
    assert [again.plan("me").stall > 0 for _ in range(400)] == happened


def test_switches_are_removed_by_number_or_all(faults: Faults) -> None:
    first = faults.set(Switch(fault=Fault.GARBAGE))
    second = faults.set(Switch(fault=Fault.EMPTY_LIST))
    faults.remove(first)
    faults.remove(99)
    assert list(faults.switches) == [second]
    faults.clear()
    assert faults.plan("me") == CLEAR


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_planned(faults: Faults, fault: Fault) -> None:
    switch = Switch(fault=fault, seconds=3)
    faults.set(switch)

    plan = faults.plan(SEND)

    assert plan != CLEAR
    assert (plan.payment == switch) is (fault in OF_PAYMENTS)
