"""Who did what, page by page."""

from __future__ import annotations

import pytest
from tests.support.pages import Desk

from whinchat.admin.pages.audit import SHOWN
from whinchat.core.dispatch.audit import Via
from whinchat.core.ports import Batch

CHAT = b"c" * 16


@pytest.fixture
async def busy(desk: Desk) -> Desk:
    """More than a page has room for."""
    audit = desk.bot.given.audit
    entries = [
        audit.entry(f"scan.{number}", via=Via.CHAT, key=bytes([number] * 16), actor=b"a" * 16, chat=CHAT, detail="<i>x")
        for number in range(SHOWN + 5)
    ]
    await desk.bot.database.commit(Batch(tuple(entries)))
    return desk


async def test_signing_in_is_noted(desk: Desk) -> None:
    shown = await desk.get("/audit")
    assert "admin.sign_in" in shown.text
    assert "These pages" in shown.text


async def test_the_newest_come_first_and_older_ones_are_a_page_away(busy: Desk) -> None:
    shown = await busy.get("/audit")
    assert f"scan.{SHOWN + 4}" in shown.text
    assert "admin.sign_in" not in shown.text
    assert "<i>x" in shown.text
    (older,) = [link for link in shown.links if "before=" in link]
    shown = await busy.get(older.removeprefix("/admin"))
    assert "admin.sign_in" in shown.text
    assert f"scan.{SHOWN + 4}" not in shown.text
    assert "/admin/audit" in shown.links


async def test_one_chat_alone(busy: Desk) -> None:
    shown = await busy.get(f"/audit?chat={CHAT.hex()}")
    assert "scan.9" in shown.text
    assert "admin.sign_in" not in (await busy.get(f"/audit?chat={CHAT.hex()}&before=8")).text
    assert "Nothing was changed yet" in (await busy.get(f"/audit?chat={b'd'.hex() * 16}")).text


@pytest.mark.parametrize("query", ["chat=zz", "before=x", "before=" + "9" * 30, "chat=", "before=-1"])
async def test_an_address_that_somebody_wrote_by_hand_is_no_error(busy: Desk, query: str) -> None:
    assert (await busy.get(f"/audit?{query}")).status == 200
