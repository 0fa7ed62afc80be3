from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.evidence import link

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.sources.answers import Answer, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.phishtank import API, PhishTank
from whinchat.core.secret import Secret
from whinchat.testing.http import Answer as Response
from whinchat.testing.http import FakeHttp

URL = f"{API}/checkurl/"


async def ask(document: dict[str, Any], status: int = 200, **headers: str) -> Answer:
    http = FakeHttp()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    http.answer(URL, Response(json.dumps(document).encode(), status, headers=named))
    return await PhishTank(http, Secret("k")).ask(link("https://bank.example.net/login"))


def result(*, in_database: bool, verified: object = True, valid: object = True) -> dict[str, Any]:
    return {"meta": {}, "results": {"in_database": in_database, "verified": verified, "valid": valid}}


@pytest.mark.parametrize("yes", [True, "y"])
async def test_a_confirmed_phish_that_is_there(yes: object) -> None:
    assert await ask(result(in_database=True, verified=yes, valid=yes)) == Listed(Threat.PHISHING)


@pytest.mark.parametrize("no", [False, "n", None])
async def test_a_confirmed_phish_that_was_gone_is_less_sure(no: object) -> None:
    assert await ask(result(in_database=True, valid=no)) == Listed(Threat.PHISHING, 0.6)


@pytest.mark.parametrize("no", [False, "n", None])
async def test_what_nobody_confirmed_is_one_persons_word(no: object) -> None:
    assert await ask(result(in_database=True, verified=no)) == NotListed()


async def test_what_nobody_reported_is_not_listed() -> None:
    assert await ask(result(in_database=False)) == NotListed()


@pytest.mark.parametrize(
    ("told", "seconds"), [("300 Seconds", 300.0), ("300", 300.0), ("soon", None), ("", None), ("9999999", None)]
)
async def test_who_asks_too_much_learns_for_how_long_to_stay_away(told: str, seconds: float | None) -> None:
    assert await ask({}, 509, X_Request_Limit_Interval=told) == NoAnswer(Missing.QUOTA, seconds)


@pytest.mark.parametrize("text", ["Invalid application key", "unknown app_key", "This KEY is not valid"])
async def test_an_error_about_the_key_is_a_fault_of_the_configuration(text: str) -> None:
    assert await ask({"meta": {"status": "error"}, "errortext": text}) == NoAnswer(Missing.REFUSED)


@pytest.mark.parametrize("document", [{}, {"errortext": "url is missing"}, {"errortext": "the monkey is ill"}])
async def test_any_other_error_is_no_answer(document: dict[str, Any]) -> None:
    assert await ask(document) == NoAnswer(Missing.GARBLED)
