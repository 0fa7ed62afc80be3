"""The sandbox's page in a real Chromium."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect
from tests.support.admin import UNLABELLED
from tests.support.browser import Visit, opened
from tests.support.live import World
from tests.support.wallet.desk import Process, sandbox_process
from tests.support.wallet.teller import ME, SEND

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
INVOICE = """
mutation($input: LnUsdInvoiceCreateInput!) { lnUsdInvoiceCreate(input: $input) { invoice { paymentRequest } } }
"""


class Customer(Visit):
    """A browser window at the bank."""

    def __init__(self, context: BrowserContext, bank: Process) -> None:
        super().__init__(context, cast("World", bank))  # which is only asked for its address
        self.bank = bank
        self.page.goto(bank.told["page"])
        expect(self.page.locator("h1")).to_have_text("Sandbox bank")

    def card(self, title: str) -> Locator:
        return self.page.get_by_role("region", name=title)

    def account(self, name: str) -> Locator:
        return self.card("Accounts").locator(".row").filter(has_text=f"@{name}")

    def switch(self, title: str) -> Locator:
        return self.card("What goes wrong").get_by_role("switch", name=re.compile(f"^{title}"))

    @property
    def toast(self) -> Locator:
        return self.page.locator("#toast")


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Process]:
    with sandbox_process("--accounts", "demo", "--seed", "3", folder=tmp_path) as running:
        yield running


@contextlib.contextmanager
def at(browser: Browser, bank: Process, **options: Any) -> Iterator[Customer]:
    with opened(browser, lambda context: Customer(context, bank), **{"viewport": DESKTOP, **options}) as window:
        yield window


def people(bank: Process) -> dict[str, Any]:
    """Accounts by username."""
    return {each["username"]: each for each in bank.state()["accounts"]}


def token(bank: Process, name: str) -> str:
    found: str = bank.do("token", account=people(bank)[name]["id"])["token"]
    return found


def wallet(bank: Process, name: str) -> str:
    found: str = people(bank)[name]["wallets"][0]["id"]
    return found


def test_what_happens_at_the_bank_is_seen_at_once(browser: Browser, bank: Process) -> None:
    with at(browser, bank) as window:
        bank.graphql(
            'mutation { userPhoneRegistrationInitiate(input: {phone: "+999100000004"}) { success } }',
            bank.told["service_token"],
        )
        code = bank.state()["messages"][0]["code"]
        expect(window.card("Codes").get_by_role("button")).to_have_text(code)
        given = {"walletId": wallet(bank, "ana"), "recipientWalletId": wallet(bank, "bob"), "amount": 250}
        bank.graphql(SEND, token(bank, "ana"), input={**given, "memo": "<b>lunch</b>"})
        newest = window.card("What moved").locator(".row")
        expect(newest.filter(has_text="@ana to @bob")).to_contain_text("<b>lunch</b>")
        expect(newest.filter(has_text="@ana to @bob")).to_contain_text("−$2.50")
        expect(window.account("bob")).to_contain_text("$44.50")


def test_accounts_are_opened_and_given_money(browser: Browser, bank: Process) -> None:
    with at(browser, bank) as window:
        accounts = window.card("Accounts")
        accounts.get_by_role("button", name="Open an account").click()
        accounts.get_by_label("Phone").fill("+999100000007")
        accounts.get_by_label("Username").fill("dewi")
        accounts.get_by_label("Dollars").fill("12.50")
        accounts.get_by_role("button", name="Open", exact=True).click()
        expect(window.toast).to_have_text("The account is open.")
        expect(window.account("dewi")).to_contain_text("$12.50")
        expect(accounts.get_by_label("Phone")).to_be_hidden()
        window.account("dewi").get_by_role("button").click()
        expect(window.account("dewi")).to_contain_text("$22.50")
        expect(window.account("dewi").get_by_role("button")).to_be_focused()


def test_invoices_are_paid_from_outside(browser: Browser, bank: Process) -> None:
    with at(browser, bank) as window:
        paying = window.card("Pay from outside")

        def made(memo: str) -> str:
            given = {"walletId": wallet(bank, "bob"), "amount": 700, "memo": memo}
            answer = bank.graphql(INVOICE, token(bank, "bob"), input=given)
            bolt11: str = answer["data"]["lnUsdInvoiceCreate"]["invoice"]["paymentRequest"]
            return bolt11

        made("concert tickets")
        paying.locator(".row").filter(has_text="concert tickets").get_by_role("button").click()
        expect(window.account("bob")).to_contain_text("$49.00")
        expect(paying).to_contain_text("No invoice is open")
        pasted = made("pie")
        paying.get_by_placeholder("Paste an invoice").fill(pasted)
        paying.get_by_role("button", name="Pay", exact=True).first.click()
        expect(window.account("bob")).to_contain_text("$56.00")
        paying.get_by_placeholder("Paste an invoice").fill(pasted)
        window.page.keyboard.press("Enter")
        expect(window.toast).to_have_text("Invoice is already paid")
        window.complaints.clear()  # the browser reports the refusal


def test_faults_are_switched_on_and_off(browser: Browser, bank: Process) -> None:
    with at(browser, bank) as window:
        window.page.get_by_label("Calls that are concerned").select_option("reads")
        window.switch("Error").check()
        expect(window.switch("Error")).to_be_checked()
        assert {each["operation"] for each in bank.state()["switches"].values()} >= {"me"}
        assert bank.graphql(ME, token(bank, "ana"))["errors"]
        window.switch("Error").uncheck()
        window.switch("Pending, then failed").check()
        expect(window.switch("Error")).not_to_be_checked()
        (switch,) = bank.state()["switches"].values()
        assert (switch["fault"], switch["operation"], switch["seconds"]) == ("pending_fails", None, 10)
        window.page.get_by_role("button", name="All off").click()
        expect(window.switch("Pending, then failed")).not_to_be_checked()
        window.page.get_by_role("button", name="End all sessions").click()
        expect(window.toast).to_have_text("All sessions are over.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everything_can_be_read_and_reached(browser: Browser, bank: Process, scheme: Any, size: dict[str, int]) -> None:
    with at(browser, bank, color_scheme=scheme, viewport=size) as window:
        window.card("Accounts").get_by_role("button", name="Open an account").click()
        bank.do("fault", fault="busy")
        expect(window.switch("Busy key")).to_be_checked()
        assert window.overflow() <= 0
        count, faint = window.contrasts("body")
        assert count > 60
        assert faint == []
        assert window.evaluate(UNLABELLED) == []


def test_a_bank_that_has_gone_is_told(browser: Browser, bank: Process) -> None:
    with at(browser, bank) as window:
        bank.stop()
        expect(window.toast).to_contain_text("The sandbox does not answer")
        window.complaints.clear()  # the browser reports that nobody answers
