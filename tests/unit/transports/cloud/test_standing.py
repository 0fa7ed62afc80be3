"""How Meta regards the number, by what it says at a look and by webhooks."""

from __future__ import annotations

import pytest
from tests.support.cloud import (
    DISPLAY,
    LOOK,
    Bench,
    Json,
    described,
    value_of,
)

from whinchat.core.types import (
    ChatKind,
    ChatRef,
    ConnectionState,
    Media,
    MediaKind,
    NoticeKind,
)
from whinchat.transports.cloud.decode import Skipped
from whinchat.transports.cloud.standing import QUALITY, RATE

GROUP = ChatRef("Y2FwaQ", ChatKind.GROUP)
HANDLE = Media(MediaKind.IMAGE, "77")
FILE = "https://lookaside.fbsbx.com/a"


async def told(bench: Bench, name: str, value: Json) -> list[Skipped]:
    return await bench.transport.accept(name, value_of(value))


def quality(event: str = "FLAGGED", shown: str = DISPLAY) -> Json:
    return {"display_phone_number": shown, "event": event, "current_limit": "TIER_1K"}


@pytest.mark.parametrize(
    ("told", "rate"),
    [
        ({"throughput": {"level": "STANDARD"}}, 80),
        ({"throughput": {"level": "HIGH"}}, 80),
        ({"throughput": {"level": "NOT_APPLICABLE"}}, 80),
        ({"throughput": None}, 80),
        ({"is_on_biz_app": True}, 20),
    ],
)
async def test_it_sends_no_faster_than_meta_and_the_operator_allow(bench: Bench, told: Json, rate: float) -> None:
    await bench.online(**told)
    assert bench.transport.capabilities.pacing.account_rate == rate
    assert bench.metrics.value(RATE, account="main") == rate


async def test_a_poor_rating_is_told(bench: Bench) -> None:
    await bench.online(quality_rating="RED")
    assert [(notice.kind, notice.detail) for notice in bench.sink.notices] == [(NoticeKind.QUALITY, "red")]
    assert bench.metrics.value(QUALITY, account="main", rating="red") == 1


async def test_a_good_rating_is_no_news(bench: Bench) -> None:
    await bench.online()
    assert bench.sink.notices == []
    assert bench.transport.standing.quality == "green"


async def test_when_meta_says_that_it_changed_it_is_looked_at_again(bench: Bench) -> None:
    await bench.online()
    bench.http.answer(LOOK, described(quality_rating="YELLOW", is_on_biz_app=True))
    assert await told(bench, "phone_number_quality_update", quality()) == []
    await bench.clock.advance(30)
    assert [(notice.kind, notice.detail) for notice in bench.sink.notices] == [
        (NoticeKind.QUALITY, "flagged"),
        (NoticeKind.QUALITY, "yellow"),
    ]
    assert bench.transport.capabilities.pacing.account_rate == 20
    assert bench.metrics.value(QUALITY, account="main", rating="green") == 0
    assert bench.metrics.value(QUALITY, account="main", rating="yellow") == 1


async def test_another_numbers_rating_is_nothing_to_it(bench: Bench) -> None:
    await bench.online()
    await told(bench, "phone_number_quality_update", quality(shown="15550000000"))
    assert bench.sink.notices == []


async def test_a_restriction_is_told_with_its_end(bench: Bench) -> None:
    await bench.online()
    restrictions = [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1767312000}]
    await told(bench, "account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": restrictions})
    (notice,) = bench.sink.notices
    assert (notice.kind, notice.detail) == (NoticeKind.RESTRICTED, "restricted_biz_initiated_messaging")
    assert notice.until == 1_767_312_000_000
    assert bench.state() is ConnectionState.ONLINE


async def test_a_ban_shuts_it_out_until_it_is_lifted(bench: Bench) -> None:
    await bench.online()
    ban = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}
    await told(bench, "account_update", ban)
    assert bench.state() is ConnectionState.BANNED
    await bench.clock.advance(60)
    assert bench.state() is ConnectionState.BANNED
    await told(bench, "account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}})
    await bench.clock.advance(30)
    assert bench.state() is ConnectionState.ONLINE


async def test_a_banned_number_is_known_at_the_start(bench: Bench) -> None:
    bench.http.answer(LOOK, described(status="BANNED"))
    await bench.transport.start(bench.sink)
    await bench.clock.advance(0)
    assert bench.state() is ConnectionState.BANNED


async def test_other_news_of_the_account_are_none(bench: Bench) -> None:
    await bench.online()
    assert await told(bench, "account_update", {"event": "PARTNER_ADDED"}) == [Skipped("field")]
    assert bench.sink.notices == []
