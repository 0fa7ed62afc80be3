"""Money in the simulator's page, as people live it, beside the bank's own page. `--pictures FOLDER` keeps pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, expect
from tests.support.browser import DESKTOP, PHONE, Column, Visit, opened, visit
from tests.support.live import World
from tests.support.wallet.street import PHONES, Street, street

COLOURS = 256  # of a picture: less than half of its size, and nobody sees a difference
SECOND = 1100  # milliseconds: an answer in the second of the question may have been meant for something else

Take = Callable[[Visit, str], None]


@pytest.fixture
def take(request: pytest.FixtureRequest) -> Take:
    """Keeps a picture of the window, where somebody wants them."""
    folder = request.config.getoption("--pictures")

    def kept(window: Visit, name: str) -> None:
        if folder is not None:
            window.page.mouse.move(0, 0)
            picture = Image.open(io.BytesIO(window.page.screenshot()))
            few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            few.save(Path(folder) / f"wallet-{name}.png", optimize=True)

    return kept


def told(column: Column, said: str, *answers: str) -> None:
    """What somebody writes, and what is to be read afterwards."""
    column.say(said)
    for answer in answers:
        expect(column.bubble(answer)).to_be_visible()


def confirm(column: Column, *answers: str) -> None:
    column.element.page.wait_for_timeout(SECOND)
    told(column, "yes", *answers)


class Bank(Visit):
    """A window at the bank."""

    def __init__(self, context: BrowserContext, town: Street) -> None:
        super().__init__(context, cast("World", town.bank))  # which is only asked for its address
        self.page.goto(town.bank.told["page"])

    def code(self) -> str:
        """The newest that stands on the page."""
        return self.page.get_by_role("region", name="Codes").get_by_role("button").first.inner_text()


def link(column: Column, town: Street, name: str) -> None:
    told(column, "link", "six digits")
    told(column, town.code(name), "is linked")


def chats(town: Street, *names: str) -> list[tuple[str, str]]:
    """Everybody's chat with the bot."""
    return [(name, town.direct(name).id) for name in names]


def test_two_people_link_and_pay_each_other(browser: Browser, tmp_path: Path, take: Take) -> None:
    with street(tmp_path) as town, visit(browser, town.world, viewport={"width": 1440, "height": 900}) as window:
        ana, bob = window.open(*chats(town, "Ana", "Bob"))
        ana.element.get_by_label("Close this hint").click()
        with opened(browser, lambda context: Bank(context, town), viewport=DESKTOP) as bank:
            # The code stands on the bank's page, where a phone would ring.
            told(ana, "link", "six digits")
            expect(bank.page.get_by_role("region", name="Codes").get_by_role("button")).to_have_count(1)
            told(ana, bank.code(), "is linked")
            link(bob, town, "Bob")
            told(ana, "can you send 5 to @bob for lunch?", "Send $5.00 to", "For: lunch")
            expect(ana.bubble("Send $5.00")).to_contain_text("within 5 minutes")
            confirm(ana, "Paid $5.00")
            expect(bob.bubble("You received $5.00")).to_contain_text("lunch")
            take(window, "pay")
            take(bank, "bank")
        told(bob, "send 2 to @ana", "Send $2.00")
        confirm(bob, "Paid $2.00")
        expect(ana.bubble("You received $2.00")).to_be_visible()
        told(ana, "balance", "$122.00")
        told(ana, "please stop", "There is nothing to cancel")


def test_somebody_without_an_account_claims_what_was_sent(browser: Browser, tmp_path: Path, take: Take) -> None:
    with street(tmp_path) as town, visit(browser, town.world, viewport={"width": 1440, "height": 900}) as window:
        town.link("Ana")
        ana, dewi = window.open(*chats(town, "Ana", "Dewi"))
        ana.element.get_by_label("Close this hint").click()
        told(ana, f"send 7 to {PHONES['Dewi']}", "There is no account here", "Send $7.00")
        confirm(ana, "Hand this on")
        found = re.search(r"claim [A-Z0-9]{8,}", ana.bubble("Hand this on").inner_text())
        assert found is not None
        expect(dewi.bubbles).to_have_count(0)
        with opened(browser, lambda context: Bank(context, town)) as bank:
            accounts = bank.page.get_by_role("region", name="Accounts")
            accounts.get_by_role("button", name="Open an account").click()
            accounts.get_by_label("Phone").fill(PHONES["Dewi"])
            accounts.get_by_label("Username").fill("dewi")
            accounts.get_by_role("button", name="Open", exact=True).click()
            expect(accounts.locator(".row").filter(has_text="@dewi")).to_be_visible()
        link(dewi, town, "Dewi")
        told(dewi, found[0], "$7.00")
        expect(dewi.bubble("is in your wallet")).to_be_visible()
        told(dewi, "balance", "Balance: $7.00")
        take(window, "claim")


def test_an_invoice_comes_with_a_picture_of_it(browser: Browser, tmp_path: Path, take: Take) -> None:
    with street(tmp_path) as town, visit(browser, town.world, viewport={"width": 1440, "height": 900}) as window:
        for name in ("Ana", "Bob"):
            town.link(name)
        ana, bob = window.open(*chats(town, "Ana", "Bob"))
        ana.element.get_by_label("Close this hint").click()
        told(ana, "receive 3 for pie", "Invoice over $3.00")
        picture = ana.element.locator(".bubble img").last
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
        (invoice,) = re.findall(r"lnbcrt\w+", ana.timeline.inner_text())
        told(bob, invoice, "Send $3.0")
        confirm(bob, "Paid $3.0")
        expect(ana.bubble("You received")).to_contain_text("pie")
        take(window, "invoice")


def test_it_reads_well_on_a_phone(browser: Browser, tmp_path: Path, take: Take) -> None:
    with street(tmp_path) as town, visit(browser, town.world, viewport=PHONE, is_mobile=True, has_touch=True) as window:
        for name in ("Ana", "Bob"):
            town.link(name)
        window.open(*chats(town, "Ana"))
        window.page.locator(".chat").first.tap()
        ana = window.column(0)
        ana.element.get_by_label("Close this hint").tap()
        told(ana, "send 12.50 to @bob for dinner", "Send $12.50")
        confirm(ana, "Paid $12.50")
        told(ana, "history", "Your latest transactions")
        assert window.overflow() <= 0
        take(window, "phone")
        told(ana, "receive 5", "Invoice over $5.00")
        expect(ana.element.locator(".bubble img").last).to_be_visible()
        assert window.overflow() <= 0
        take(window, "phone-invoice")
