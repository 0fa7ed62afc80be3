"""The admin pages of the running service, as an admin uses them on a phone and at a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.support.admin import Office, new_link, office, printed_link
from tests.support.browser import LINK, PHONE
from tests.support.running import Chat, Running, running

HOST = "paypa1-login[.]pages[.]dev"
PAGES = {
    "/": "Overview",
    "/scanner": "Live",
    "/scanner/sightings": "Sightings",
    "/scanner/rules": "Rules",
    "/scanner/chats": "Chats",
    "/scanner/sources": "Sources",
    "/scanner/feeds": "Lists",
    "/accounts": "Accounts",
    "/dead": "Dead letters",
    "/audit": "Audit",
    "/sessions": "Signed in",
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("admin")) as town:
        yield town


@pytest.fixture(scope="module")
def street(town: Running) -> Chat:
    """A group where a bad link and a good one were posted."""
    chat = town.group("Neighbours <b>& friends</b>")
    chat.say("Bob", f"look at {LINK}")
    chat.say("Bob", "or https://en.wikipedia.org/wiki/Whinchat")
    town.settle()
    return chat


@pytest.fixture(scope="module")
def key(browser: Browser, town: Running) -> Any:
    """The cookies of a browser that is signed in, by the link that the start printed."""
    with office(browser, town) as window:
        window.sign_in(printed_link(town.service))
        expect(window.heading()).to_have_text("Overview")
        return window.context.storage_state()


@pytest.fixture
def desk(browser: Browser, town: Running, street: Chat, key: Any) -> Iterator[Office]:
    with office(browser, town, storage_state=key) as window:
        yield window


def test_a_link_signs_in_once(browser: Browser, town: Running) -> None:
    link = new_link(town)
    with office(browser, town) as window:
        window.sign_in(link)
    with office(browser, town) as stranger:
        stranger.page.goto(link)
        expect(stranger.page.get_by_role("alert")).to_contain_text("used already")
        stranger.go("/scanner")
        expect(stranger.heading()).to_have_text("Sign in")


def test_what_is_posted_appears_by_itself(desk: Office, street: Chat, town: Running) -> None:
    desk.go("/scanner")
    expect(desk.page.locator(".live-state")).to_have_attribute("data-state", "on")
    items = desk.page.locator("a.item")
    before = items.count()
    street.say("Eve", "and https://secure-bank-login.example-account.top/verify")
    expect(items).to_have_count(before + 1)
    expect(items.first).to_contain_text("example-account[.]top")
    expect(items.first).to_contain_text("Neighbours <b>& friends</b>")
    expect(desk.page.locator("b")).to_have_count(0)
    town.settle()


def test_a_stream_that_breaks_off_comes_back(desk: Office) -> None:
    desk.go("/scanner")
    state = desk.page.locator(".live-state")
    expect(state).to_have_attribute("data-state", "on")
    desk.context.set_offline(True)
    desk.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    expect(state).to_contain_text("Not live")
    desk.context.set_offline(False)
    desk.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")
    expect(state).to_have_attribute("data-state", "on")


def test_a_verdict_is_explained_and_decided_otherwise(desk: Office, street: Chat, town: Running) -> None:
    desk.go("/scanner/sightings?host=paypa1")
    desk.page.locator("a.item").first.click()
    expect(desk.heading()).to_have_text(HOST)
    expect(desk.page.get_by_text("It pretends to be PayPal.")).to_be_visible()
    expect(desk.page.locator("a[href*='paypa1']")).to_have_count(0)
    expect(desk.page.get_by_label("Allow")).to_be_checked()
    desk.page.get_by_label("Reason (optional)").fill("our test page")
    desk.page.get_by_role("button", name="Add the rule").click()
    expect(desk.page.get_by_role("status").first).to_contain_text("is allowed from now on")
    silent = street.say("Bob", f"again {LINK}")
    town.settle()
    assert street.replies(silent) == []
    desk.go("/scanner/chats")
    desk.page.locator("a.item").first.click()
    desk.page.get_by_role("link", name=re.compile(r"Rules \(1\)")).click()
    expect(desk.page.get_by_text("our test page")).to_be_visible()
    desk.page.locator("summary").filter(has_text="Remove").click()
    desk.page.get_by_role("button", name="Remove rule 1").click()
    expect(desk.page.get_by_role("status").first).to_contain_text("is gone")
    desk.go("/audit")
    expect(desk.page.get_by_role("row").nth(1)).to_contain_text("scanner.rule.remove")


def test_a_rule_for_every_chat(desk: Office, street: Chat, town: Running) -> None:
    desk.go("/scanner/rules")
    desk.page.get_by_label("Deny").check()
    desk.page.get_by_label("Rule", exact=True).fill("nothing at all")
    desk.page.get_by_role("button", name="Add the rule").click()
    field = desk.page.get_by_label("Rule", exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_value("nothing at all")
    expect(desk.page.get_by_text("That is no link or host")).to_be_visible()
    desk.complaints.clear()  # the browser notes the status of the answer
    field.fill("*.example.net")
    desk.page.get_by_role("button", name="Add the rule").click()
    expect(desk.page.locator(".item .host")).to_have_text("*[.]example[.]net")
    assert "Dangerous link" in street.ask("Eve", "https://shop.example.net/sale")
    desk.page.locator("summary").filter(has_text="Remove").click()
    desk.page.get_by_role("button", name="Remove rule 1").click()
    expect(desk.page.get_by_text("No rules here yet")).to_be_visible()


def test_a_policy_is_changed_and_holds(desk: Office, town: Running) -> None:
    club = town.group("Club")
    club.ask("Bob", LINK)
    desk.go("/scanner/chats")
    desk.page.get_by_role("link", name=re.compile("Club")).click()
    desk.page.get_by_label("How many dangerous messages of one member").fill("many")
    desk.page.get_by_role("button", name="Save").click()
    expect(desk.page.get_by_role("alert")).to_contain_text("Nothing was changed yet")
    desk.complaints.clear()  # the browser notes the status of the answer
    desk.page.get_by_label("How many dangerous messages of one member").fill("2")
    desk.page.get_by_label("Language").select_option("es")
    desk.page.get_by_role("group", name="What follows from a suspicious link").get_by_label("React").uncheck()
    desk.page.get_by_role("button", name="Save").click()
    expect(desk.page.get_by_role("status").first).to_contain_text("Saved")
    expect(desk.page.get_by_text("Changed", exact=True)).to_have_count(2)
    assert "peligroso" in club.ask("Bob", f"!scan check {LINK}")
    assert re.search(r"strikes\W+2", club.ask("Ana", "!scan policy"))


LOOKS: list[dict[str, Any]] = [
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"viewport": PHONE, "is_mobile": True, "has_touch": True, "color_scheme": "light"},
    {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True, "locale": "ar"},
]


@pytest.mark.parametrize("options", LOOKS, ids=["day", "night", "phone", "small phone, right to left"])
def test_every_page_is_whole_named_and_readable(
    browser: Browser, town: Running, street: Chat, key: Any, options: dict[str, Any]
) -> None:
    with office(browser, town, storage_state=key, **options) as window:
        links = [f"/scanner/{part}" for part in ("sightings/1", f"chats/{chat_key(town)}")]
        for path in [*PAGES, *links]:
            window.go(path)
            assert window.wide() <= 0, path
            assert window.unlabelled() == [], path
            count, faint = window.contrasts("body")
            assert count > 5, path
            assert faint == [], path
            assert window.page.locator("h1").count() == 1, path
        direction = window.evaluate("document.dir")
        assert direction == ("rtl" if options.get("locale") == "ar" else "ltr")


def chat_key(town: Running) -> str:
    ((key,),) = town.rows("SELECT lower(hex(chat)) FROM scanner_sightings ORDER BY id LIMIT 1")
    return str(key)


def test_on_a_phone_the_menu_leads_everywhere_and_out(browser: Browser, town: Running, street: Chat) -> None:
    with office(browser, town, viewport=PHONE, is_mobile=True, has_touch=True) as window:
        window.sign_in(new_link(town))
        page = window.page
        for title in ("Live", "Rules", "Audit"):
            page.get_by_role("button", name="Menu").tap()
            page.get_by_role("navigation", name="Menu").get_by_role("link", name=title, exact=True).tap()
            expect(window.heading()).to_have_text(title)
            expect(page.get_by_role("navigation", name="Menu")).to_be_hidden()
        page.get_by_role("button", name="Menu").tap()
        page.get_by_role("button", name="Sign out", exact=True).last.tap()
        expect(window.heading()).to_have_text("Sign in")
        window.go("/")
        expect(window.heading()).to_have_text("Sign in")


def test_without_a_script_everything_but_news_works(browser: Browser, town: Running, street: Chat, key: Any) -> None:
    with office(browser, town, storage_state=key, java_script_enabled=False) as window:
        window.go("/scanner")
        expect(window.page.locator("a.item").first).to_be_visible()
        expect(window.page.locator(".live-state")).to_contain_text("Not live")
        expect(window.page.locator("time").first).to_contain_text("UTC")
        window.go("/scanner/rules")
        window.page.get_by_label("Deny").check()
        window.page.get_by_label("Rule", exact=True).fill("evil.example.org")
        window.page.get_by_role("button", name="Add the rule").click()
        expect(window.page.locator(".item .host")).to_have_text("evil[.]example[.]org")
        window.page.locator("summary").filter(has_text="Remove").click()
        window.page.get_by_role("button", name="Remove rule 1").click()
        expect(window.page.get_by_text("No rules here yet")).to_be_visible()


def test_the_keyboard_goes_to_the_content_first(desk: Office) -> None:
    desk.go("/scanner/rules")
    desk.page.keyboard.press("Tab")
    expect(desk.page.get_by_role("link", name="Go to the content")).to_be_focused()
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.press("Tab")
    expect(desk.page.get_by_label("Where")).to_be_focused()
