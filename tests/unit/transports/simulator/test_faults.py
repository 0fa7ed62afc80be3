from __future__ import annotations

from random import Random

import pytest

from whinchat.core.errors import Refused
from whinchat.transports.simulator.faults import MOST, Fault, FaultKind, Faults


@pytest.fixture
def faults() -> Faults:
    return Faults(Random(1))


def test_a_fault_acts_as_often_as_it_should(faults: Faults) -> None:
    fault = faults.inject(Fault(kind=FaultKind.LOST, count=2))
    assert faults.strike((FaultKind.LOST,), "a") is fault
    assert fault.left == 1
    assert faults.strike((FaultKind.LOST,), "b") is fault
    assert faults.strike((FaultKind.LOST,), "a") is None
    assert list(faults) == []


def test_a_fault_without_a_count_acts_until_it_is_cleared(faults: Faults) -> None:
    faults.inject(Fault(kind=FaultKind.LOST))
    assert all(faults.strike((FaultKind.LOST,), "a") for _ in range(100))
    faults.clear()
    assert faults.strike((FaultKind.LOST,), "a") is None


def test_a_fault_can_be_of_one_chat_and_of_one_kind(faults: Faults) -> None:
    faults.inject(Fault(kind=FaultKind.SLOW, seconds=1, chat="a"))
    assert faults.strike((FaultKind.SLOW,), "b") is None
    assert faults.strike((FaultKind.LOST,), "a") is None
    assert faults.strike((FaultKind.LOST, FaultKind.SLOW), "a") is not None


def test_a_probable_fault_acts_about_as_often_and_the_same_for_the_same_seed() -> None:
    def acted(seed: int) -> list[bool]:
        faults = Faults(Random(seed))
        faults.inject(Fault(kind=FaultKind.LOST, probability=0.3))
        return [faults.strike((FaultKind.LOST,), "a") is not None for _ in range(1000)]

    assert acted(1) == acted(1)
    assert acted(1) != acted(2)
    assert 250 < sum(acted(1)) < 350


def test_the_oldest_fault_that_fits_acts(faults: Faults) -> None:
    first = faults.inject(Fault(kind=FaultKind.REJECT, count=1))
    second = faults.inject(Fault(kind=FaultKind.LOST, count=1))
    kinds = (FaultKind.REJECT, FaultKind.LOST)
    assert [faults.strike(kinds, "a"), faults.strike(kinds, "a")] == [first, second]
    assert (first.id, second.id) == (1, 2)


def test_breaks_of_the_connection_come_one_after_the_other(faults: Faults) -> None:
    assert faults.events_to_disconnect() is None
    faults.inject(Fault(kind=FaultKind.DISCONNECT, after=3))
    faults.inject(Fault(kind=FaultKind.DISCONNECT, after=7))
    faults.handed_over(2)
    assert faults.events_to_disconnect() == 1
    faults.disconnect()
    assert faults.events_to_disconnect() == 7
    faults.disconnect()
    faults.disconnect()
    assert faults.events_to_disconnect() is None


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.LOST, count=0),
        Fault(kind=FaultKind.LOST, probability=0),
        Fault(kind=FaultKind.LOST, probability=1.1),
        Fault(kind=FaultKind.DUPLICATE, times=1),
        Fault(kind=FaultKind.DUPLICATE, times=MOST + 1),
        Fault(kind=FaultKind.DELAY, seconds=-1),
        Fault(kind=FaultKind.DELAY, jitter=float("nan")),
        Fault(kind=FaultKind.REJECT, retry_after=3601),
        Fault(kind=FaultKind.DISCONNECT, after=-1),
        Fault(kind=FaultKind.DISCONNECT, chat="a"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(faults: Faults, fault: Fault) -> None:
    with pytest.raises(Refused) as refused:
        faults.inject(fault)
    assert refused.value.code == "bad_fault"
    assert list(faults) == []


def test_there_is_a_most_of_faults(faults: Faults) -> None:
    for _ in range(MOST):
        faults.inject(Fault(kind=FaultKind.LOST))
    with pytest.raises(Refused):
        faults.inject(Fault(kind=FaultKind.LOST))
