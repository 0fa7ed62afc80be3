"""How each account is connected, and linking one with a phone."""

from __future__ import annotations

import io
import itertools
from collections.abc import AsyncIterator
from xml.etree import ElementTree as ET

import pytest
import zxingcpp
from PIL import Image
from tests.support.accounts import CODE, LASTS, QR, PhoneAccount
from tests.support.pages import Desk, Shown

from whinchat.admin.pages.accounts import AccountsPage
from whinchat.admin.whole import Account
from whinchat.apps.basics.app import APP as BASICS
from whinchat.core.dispatch.audit import Via
from whinchat.core.pages import PageRequest
from whinchat.core.types import ConnectionState, Notice, NoticeKind
from whinchat.testing.harness import running
from whinchat.testing.transport import FakeTransport


@pytest.fixture
async def office(phone: tuple[Desk, PhoneAccount]) -> Desk:
    return phone[0]


@pytest.fixture
async def account(phone: tuple[Desk, PhoneAccount]) -> PhoneAccount:
    return phone[1]


@pytest.fixture
async def phone() -> AsyncIterator[tuple[Desk, PhoneAccount]]:
    """The pages of a bot with an account to be linked, and one that nobody has to link."""
    async with running(BASICS) as bot:
        account = PhoneAccount(bot.clock)
        desk = Desk(bot, accounts=[Account("linked", account)])
        await desk.sign_in()
        yield desk, account


def buttons(shown: Shown) -> set[str]:
    """Of which forms there are buttons."""
    return {given["form"] for tag, given in shown.tags if tag == "button" and "form" in given}


def read(html: str) -> str:
    """What a camera reads of the page's QR code."""
    begin = html.index("<svg", html.index("pairing"))
    svg = ET.fromstring(html[begin : html.index("</svg>", begin) + len("</svg>")])
    size = int(svg.attrib["viewBox"].split()[2])
    picture = Image.new("L", (size, size), 255)
    path = next(iter(svg)).attrib["d"]
    for step in path.removeprefix("M").split("M"):
        x, y = step.partition("h")[0].split()
        picture.putpixel((int(x), int(y)), 0)
    picture = picture.resize((size * 4, size * 4), Image.Resampling.NEAREST)
    out = io.BytesIO()
    picture.save(out, "PNG")
    (found,) = zxingcpp.read_barcodes(Image.open(out))
    return str(found.text)


async def test_every_account_is_shown_with_its_network_and_state(office: Desk, account: PhoneAccount) -> None:
    shown = await office.get("/accounts")
    assert "main To be linked WhatsApp, linked device · since" in shown.text
    assert "fake Connected Simulator" in shown.text
    account.enter(ConnectionState.REPLACED)
    account.hint = "Stop <the other> one."
    shown = await office.get("/accounts")
    assert "In use elsewhere" in shown.text
    assert "Stop <the other> one." in shown.text


@pytest.mark.parametrize("state", ConnectionState)
async def test_every_state_has_words_and_what_can_be_done(
    office: Desk, account: PhoneAccount, state: ConnectionState
) -> None:
    account.enter(state)
    shown = await office.get("/accounts")
    assert "admin.accounts" not in shown.text
    expected = {
        "need_pairing": {"qr-main", "code-main"},
        "logged_out": {"qr-main", "code-main"},
        "online": {"logout-main"},
        "connecting": {"logout-main"},
        "degraded": {"logout-main"},
        "stopped": set(),
    }
    assert buttons(shown) == expected.get(state.value, {"retry-main", "logout-main"})


@pytest.mark.parametrize("state", ["stopped", "connecting", "online", "degraded", "logged_out", "banned"])
async def test_numbers_of_the_cloud_have_words_of_their_own(state: str) -> None:
    async with running(BASICS) as bot:
        transport = FakeTransport("shop")
        desk = Desk(bot, accounts=[Account("cloud", transport)])
        await desk.sign_in()
        transport._enter(ConnectionState(state))
        shown = await desk.get("/accounts")
        assert "WhatsApp, Cloud API" in shown.text
        assert "admin.accounts" not in shown.text
        assert "phone" not in shown.text.partition("shop")[2]
        assert ("new one into its file" in shown.text) == (state == "logged_out")
        assert buttons(shown) == set()


async def test_a_qr_code_is_shown_that_a_camera_can_read(office: Desk, account: PhoneAccount) -> None:
    shown = await office.follow(await office.post("/accounts", account="main", do="qr"))
    assert account.asked == ["pair None"]
    assert read(shown.html) == QR
    assert QR not in shown.html
    assert "Point the camera here" in shown.text
    office.bot.clock.move(LASTS / 1000)
    assert "Point the camera here" not in (await office.get("/accounts")).text


@pytest.mark.parametrize("typed", ["+4915100000000", " +49 (151) 000-00000 ", "+49/151.000–00000"])
async def test_a_code_is_shown_for_the_phone_whose_number_was_given(
    office: Desk, account: PhoneAccount, typed: str
) -> None:
    shown = await office.follow(await office.post("/accounts", account="main", do="code", phone=typed))
    assert account.asked == ["pair +4915100000000"]
    assert CODE in shown.text
    assert "Type this code" in shown.text
    assert "15100000000" not in shown.html


@pytest.mark.parametrize(
    "typed", ["", "0151 00000000", "+0151000000", "+49", "+49 151 000 000 000 0000", "bob", "+٤٩١٥١"]
)
async def test_what_is_no_number_is_not_asked_about(office: Desk, account: PhoneAccount, typed: str) -> None:
    shown = await office.follow(await office.post("/accounts", account="main", do="code", phone=typed))
    assert "no phone number with its country's code" in shown.text
    assert account.asked == []


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("linked", "linked already"),
        ("rate_limited", "no more codes"),
        ("bad_number", "no phone number"),
        ("unreachable", "cannot be reached"),
        ("strange", "The log says more"),
    ],
)
@pytest.mark.parametrize("do", ["qr", "code", "retry", "logout"])
async def test_what_did_not_work_is_said_and_not_noted(
    office: Desk, account: PhoneAccount, fault: str, says: str, do: str
) -> None:
    account.fault = fault
    before = len(await office.bot.given.audit.page())
    shown = await office.follow(await office.post("/accounts", account="main", do=do, phone="+4915100000000"))
    assert says in shown.text
    assert len(await office.bot.given.audit.page()) == before


async def test_what_was_done_is_noted_without_anything_secret(office: Desk, account: PhoneAccount) -> None:
    for do in ("qr", "code", "logout", "retry"):
        assert (await office.post("/accounts", account="main", do=do, phone="+4915100000000")).status == 303
    noted = [(each.action, each.detail, each.via) for each in await office.bot.given.audit.page()][:4]
    assert noted == [(f"admin.account.{do}", "main", Via.PAGE) for do in ("retry", "logout", "code", "qr")]
    assert account.asked == ["pair None", "pair +4915100000000", "logout", "reconnect"]


async def test_logging_out_and_trying_again_are_confirmed(office: Desk, account: PhoneAccount) -> None:
    account.enter(ConnectionState.ONLINE)
    assert "The link ends on both sides" in (await office.get("/accounts")).text
    assert (
        "main is logged out" in (await office.follow(await office.post("/accounts", account="main", do="logout"))).text
    )
    again = await office.follow(await office.post("/accounts", account="main", do="retry"))
    assert "main tries to connect again" in again.text


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"account": "main"},
        {"account": "main", "do": "eat"},
        {"account": "fake", "do": "qr"},
        {"account": "x", "do": "qr"},
    ],
)
async def test_a_form_that_asks_for_nothing_known_does_nothing(
    office: Desk, account: PhoneAccount, fields: dict[str, str]
) -> None:
    assert (await office.post("/accounts", fields)).status == 404
    assert account.asked == []


async def test_a_stranger_links_nothing(office: Desk, account: PhoneAccount) -> None:
    assert (await office.post("/accounts", account="main", do="qr", csrf=False)).status == 403
    assert (await office.post("/accounts", account="main", do="qr", origin="http://evil.example")).status == 403
    office.cookies.clear()
    assert (await office.post("/accounts", account="main", do="qr")).status == 401
    assert account.asked == []


async def test_what_the_network_said_of_an_account_is_shown_as_long_as_it_matters(office: Desk) -> None:
    now, sink = office.bot.clock.now(), office.bot.engine.sink
    sink.notice(Notice(account="main", kind=NoticeKind.RESTRICTED, detail="reachout", until=now + 7_200_000))
    sink.notice(Notice(account="fake", kind=NoticeKind.QUALITY, detail="low"))
    sink.notice(Notice(account="main", kind=NoticeKind.CALL))
    text = (await office.get("/accounts")).text
    assert text.count("restricts whom this account may write to") == 1
    assert "how it rates this number" in text
    assert text.index("how it rates") < text.index("restricts whom")  # each with its own account
    office.bot.clock.move(7_200)
    text = (await office.get("/accounts")).text
    assert "restricts whom" not in text
    assert "how it rates" in text
    office.bot.clock.move(24 * 3600)
    assert "how it rates" not in (await office.get("/accounts")).text


async def test_the_page_is_drawn_again_when_something_is_new(office: Desk, account: PhoneAccount) -> None:
    (page,) = [page for _, page in office.site._pages if isinstance(page, AccountsPage)]

    async def mark() -> object:
        return await page.mark(PageRequest("en", office.bot.clock.now(), b""))

    seen = [await mark()]
    assert await mark() == seen[0]
    await account.pair(None)
    seen.append(await mark())
    office.bot.clock.move(LASTS / 1000)
    seen.append(await mark())
    account.enter(ConnectionState.ONLINE)
    seen.append(await mark())
    office.bot.engine.sink.notice(Notice(account="main", kind=NoticeKind.QUOTA))
    seen.append(await mark())
    assert all(before != after for before, after in itertools.pairwise(seen))


@pytest.mark.parametrize("language", ["ar", "de", "es", "fr", "hi", "id", "pt"])
async def test_it_speaks_every_language(office: Desk, account: PhoneAccount, language: str) -> None:
    await account.pair("+4915100000000")
    shown = await office.get("/accounts", Accept_Language=language)
    assert CODE in shown.text
    assert "Linked devices" not in shown.text
    assert "admin.accounts" not in shown.text
