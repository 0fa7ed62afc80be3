"""The table of error codes, against the specification and against what pywa knows of them."""

from __future__ import annotations

import pytest
from pywa import errors as oracle
from tests.support.graph.errors import CODES

from whinchat.transports.cloud.errors import RANGES, REMEDIES, Remedy, remedy, told

STATUSES = (400, 403, 429, 500, 503)
SPECIFIED = {
    Remedy.AGAIN: {131000, 135000},
    Remedy.AWAY: {2, 131016, 131057},
    Remedy.SLOWER: {4, 80007, 130429},
    Remedy.PAIR: {131056},
    Remedy.PAUSE: {131048, 368, 131031},
    Remedy.REST: {131049},
    Remedy.TEMPLATE: {131047},
    Remedy.RECIPIENT: {131026, 131021, 131030, 131050, 130472},
    Remedy.MESSAGE: {100, 131008, 131009, 131051, 131042, 132000, 132001, 132015, 132999},
    Remedy.ACCESS: {0, 3, 10, 190, 200, 250, 299, 131005},
    Remedy.MEDIA: {131052, 131053},
}


@pytest.mark.parametrize(
    ("expected", "code"), [(kind, code) for kind, codes in SPECIFIED.items() for code in sorted(codes)]
)
def test_a_known_code_says_what_to_do_whatever_the_status(expected: Remedy, code: int) -> None:
    assert [status for status in STATUSES if remedy(code, status) is not expected] == []
    assert told(code) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Remedy.MESSAGE),
        (401, Remedy.ACCESS),
        (403, Remedy.ACCESS),
        (404, Remedy.MESSAGE),
        (429, Remedy.SLOWER),
        (500, Remedy.OPEN),
        (502, Remedy.OPEN),
        (302, Remedy.OPEN),
    ],
)
def test_without_a_known_code_the_status_decides(status: int, expected: Remedy) -> None:
    assert remedy(None, status) is expected
    assert remedy(987654, status) is expected


def test_what_meta_calls_transient_is_tried_again() -> None:
    assert remedy(1, 400, transient=True) is Remedy.AGAIN
    assert remedy(1, 400) is Remedy.MESSAGE
    assert remedy(131026, 400, transient=True) is Remedy.RECIPIENT


def test_an_unknown_number_is_a_matter_of_access() -> None:
    assert remedy(100, 400, subcode=33) is Remedy.ACCESS
    assert remedy(100, 400, subcode=1) is Remedy.MESSAGE


def test_no_code_stands_in_a_range_too() -> None:
    assert not [code for code in REMEDIES if any(code in codes for codes, _ in RANGES)]


def codes_of(kind: type[oracle.WhatsAppError]) -> set[int]:
    return {code for each in kind.__subclasses__() for code in each.__error_codes__ or ()}


def test_pywa_sorts_them_alike() -> None:
    access = codes_of(oracle.AuthorizationError)
    assert {told(code) for code in access} == {Remedy.ACCESS}
    slower = codes_of(oracle.ThrottlingError) - {133016}  # of registering numbers, which is not done here
    assert {told(code) for code in slower} == {Remedy.SLOWER, Remedy.PAIR, Remedy.PAUSE}
    assert {told(code) for code in codes_of(oracle.IntegrityError)} == {Remedy.PAUSE, Remedy.RECIPIENT}


def test_every_code_that_graph_answers_is_known() -> None:
    unknown = set(CODES) - set(REMEDIES) - {code for codes, _ in RANGES for code in codes}
    assert unknown == {1}  # "unknown error": its status and `is_transient` decide
