from __future__ import annotations

import email.utils
from pathlib import Path
from typing import Any

import pytest
from tests.support.cloud import API, BUSINESS, ID, OBJECT, SECRET, TOKEN, VERSION, Json, granted, number, refused

from whinchat.config import CloudTransport
from whinchat.core.app import Finding
from whinchat.core.errors import HttpError
from whinchat.testing.clock import START, FakeClock
from whinchat.testing.http import Answer, FakeHttp
from whinchat.testing.metrics import RecordedMetrics
from whinchat.transports.cloud.check import check
from whinchat.transports.cloud.credentials import proof

BASE = f"{API}/{VERSION}"
TOLD_TOKEN = f"{BASE}/debug_token?input_token={TOKEN}"
TOLD_NUMBER = f"{OBJECT}?fields=quality_rating%2Cstatus"
NUMBERS = f"{BASE}/{BUSINESS}/phone_numbers?fields=id&limit=200"
APPS = f"{BASE}/{BUSINESS}/subscribed_apps"
PROVED = f"{OBJECT}?fields=id&appsecret_proof={proof(TOKEN, SECRET)}"
SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]


def token(**more: Any) -> Answer:
    return granted({"data": {"app_id": "7", "is_valid": True, "expires_at": 0, "scopes": SCOPES, **more}})


def subscribed(*apps: str) -> Answer:
    return granted({"data": [{"whatsapp_business_api_data": {"id": app}} for app in apps]})


class Meta(FakeHttp):
    """Where everything is as it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.answer(TOLD_TOKEN, token())
        self.answer(TOLD_NUMBER, granted({"id": ID, "quality_rating": "GREEN"}))
        self.answer(NUMBERS, granted({"data": [{"id": "1"}, {"id": ID}]}))
        self.answer(APPS, subscribed("1", "7"))
        self.answer(PROVED, granted({"id": ID}))


async def findings(folder: Path, http: FakeHttp) -> dict[str, Finding]:
    found = await check(
        CloudTransport(api=API, version=VERSION, numbers=(number(folder),)), http, FakeClock(), RecordedMetrics()
    )
    return {name.removeprefix("cloud main: "): finding for name, finding in found.items()}


async def test_a_number_that_is_set_up_right(tmp_path: Path) -> None:
    found = await findings(tmp_path, Meta())
    assert list(found) == ["secrets", "token", "number", "webhook", "app secret"]
    assert all(finding.ok for finding in found.values())


@pytest.mark.parametrize(
    ("url", "answer", "name", "detail", "critical"),
    [
        (TOLD_TOKEN, token(is_valid=False), "token", "not valid", True),
        (TOLD_TOKEN, token(scopes=SCOPES[:1]), "token", "whatsapp_business_messaging", True),
        (TOLD_TOKEN, token(scopes=None), "token", "lacks", True),
        (TOLD_TOKEN, token(expires_at=START // 1000 + 7200), "token", "2 hours", False),
        (TOLD_TOKEN, refused(190, 401), "token", "190", True),
        (TOLD_TOKEN, refused(1), "token", "error 1", True),
        (TOLD_NUMBER, granted({"id": ID, "quality_rating": "RED"}), "number", "red", False),
        (TOLD_NUMBER, refused(100, error_subcode=33), "number", "100", True),
        (NUMBERS, granted({"data": [{"id": "1"}]}), "number", "not one of", True),
        (NUMBERS, Answer(b"garbage"), "number", "unreadable", True),
        (APPS, subscribed(), "webhook", "does not send", True),
        (APPS, subscribed("8"), "webhook", "does not send", True),
        (PROVED, refused(100), "app secret", "not that of", True),
        (PROVED, refused(4), "app secret", "error 4", True),
    ],
)
async def test_what_is_wrong_is_said_with_the_way_out(
    tmp_path: Path, url: str, answer: Answer, name: str, detail: str, critical: bool
) -> None:
    meta = Meta()
    meta.answer(url, answer)
    found = await findings(tmp_path, meta)
    assert [each for each, finding in found.items() if not finding.ok] == [name]
    assert detail in found[name].detail
    assert found[name].hint
    assert found[name].critical is critical


async def test_a_clock_that_is_wrong_is_found_out_by_metas(tmp_path: Path) -> None:
    meta = Meta()
    told = token()
    for seconds, right in ((30, True), (600, False), (-600, False)):
        date = email.utils.formatdate(START / 1000 + seconds, usegmt=True)
        meta.answer(TOLD_TOKEN, Answer(told.body, headers={"Date": date}))
        assert (await findings(tmp_path, meta))["token"].ok is right
    meta.answer(TOLD_TOKEN, Answer(told.body, headers={"Date": "yesterday"}))
    assert (await findings(tmp_path, meta))["token"].ok


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        ({"is_valid": False}, "not valid"),
        ({"scopes": SCOPES[:1]}, "lacks"),
        ({"expires_at": START // 1000 + 7200}, "ends in 1 hours"),  # by Meta's clock
        ({"expires_at": START // 1000 + 8 * 24 * 3600}, "clock"),
        ({}, "clock"),
    ],
)
async def test_a_wrong_clock_hides_nothing_that_is_worse(tmp_path: Path, told: Json, detail: str) -> None:
    meta = Meta()
    date = email.utils.formatdate(START / 1000 + 3600, usegmt=True)
    meta.answer(TOLD_TOKEN, Answer(token(**told).body, headers={"Date": date}))
    meta.answer(APPS, subscribed("8"))
    found = await findings(tmp_path, meta)
    assert detail in found["token"].detail
    assert not found["webhook"].ok  # the token's app is known all the same


async def test_where_the_app_is_not_known_nobody_says_that_it_is_this_one(tmp_path: Path) -> None:
    meta = Meta()
    meta.answer(TOLD_TOKEN, token(app_id=None))
    webhook = (await findings(tmp_path, meta))["webhook"]
    assert webhook == Finding(ok=True, detail="some app gets its messages; which one is not known")
    meta.answer(APPS, subscribed())
    webhook = (await findings(tmp_path, meta))["webhook"]
    assert not webhook.ok
    for field in ("messages", "account_update", "phone_number_quality_update"):
        assert f"`{field}`" in webhook.hint


async def test_where_meta_cannot_be_reached_one_finding_is_enough(tmp_path: Path) -> None:
    meta = Meta()
    meta.answer(TOLD_TOKEN, Answer(error=HttpError("no", code="unreachable")))
    found = await findings(tmp_path, meta)
    assert list(found) == ["secrets", "token"]
    assert not found["token"].ok
    assert not found["token"].critical


async def test_without_a_secret_nothing_is_asked(tmp_path: Path) -> None:
    given = number(tmp_path)
    given.verify_token_file.unlink()
    meta = Meta()
    found = await check(CloudTransport(numbers=(given,)), meta, FakeClock(), RecordedMetrics())
    assert [(name, finding.ok) for name, finding in found.items()] == [("cloud main: secrets", False)]
    assert meta.asked == []


async def test_nothing_that_is_said_holds_a_secret(tmp_path: Path) -> None:
    meta = Meta()
    wrong: Json = {"error": {"code": 190, "message": f"bad {TOKEN}"}}
    for url in (TOLD_TOKEN, TOLD_NUMBER, APPS, PROVED):
        meta.answer(url, Answer(granted(wrong).body, 401))
    said = str(await findings(tmp_path, meta))
    assert TOKEN not in said
    assert SECRET not in said
