"""Lists of transactions, read as far back as is asked."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.support.wallet.backend import FRANK, RETICENT
from tests.support.wallet.paying import paying

from whinchat.apps.wallet.backend import BackendError
from whinchat.apps.wallet.money import usd
from whinchat.apps.wallet.records import MOST, EmptyList, since


@pytest.mark.parametrize("pages", [True, False])
async def test_a_list_is_read_as_far_back_as_is_asked_and_no_further(pages: bool) -> None:
    async with paying("ana", capabilities=replace(FRANK, pages=pages)) as desk:
        ana, clock = desk.account("ana"), desk.bot.clock
        for _ in range(50):
            clock.move(60)
            desk.backend.receive(ana, usd(1))
        found = [each async for each in since(desk.backend, ana.token, clock.now() - 29 * 60_000)]
        assert [each.id for each in found] == [each.id for each in ana.transactions[::-1][:30]]
        assert desk.backend.calls.count("transactions") == 2
        everything = [each async for each in since(desk.backend, ana.token, 0)]
        assert len(everything) == 50


@pytest.mark.parametrize("pages", [True, False])
async def test_a_list_without_an_end_is_left_at_some_point(pages: bool) -> None:
    async with paying("ana", capabilities=replace(FRANK, pages=pages)) as desk:
        ana = desk.account("ana")
        for _ in range(MOST + 100):
            desk.backend.receive(ana, usd(1))
        assert len([each async for each in since(desk.backend, ana.token, 0)]) == MOST


async def test_a_list_that_repeats_itself_is_read_once() -> None:
    async with paying("ana") as desk:
        ana = desk.account("ana")
        for _ in range(30):
            desk.backend.receive(ana, usd(1))
        desk.backend.stuck = True
        assert len([each async for each in since(desk.backend, ana.token, 0)]) == 20


async def test_an_empty_list_means_nothing_or_is_an_error() -> None:
    async with paying("ana") as desk:
        assert [each async for each in since(desk.backend, desk.account("ana").token, 0)] == []
    async with paying("ana", capabilities=RETICENT) as desk:
        with pytest.raises(EmptyList) as caught:
            _ = [each async for each in since(desk.backend, desk.account("ana").token, 0)]
        assert isinstance(caught.value, BackendError)
        assert caught.value.retryable
