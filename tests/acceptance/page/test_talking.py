"""Opening the page, being anybody, and talking: what one writes, the others see."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Locator, expect
from tests.support.browser import ANA, BOB, Visit, say, visit
from tests.support.live import World


def test_a_link_opens_the_page_once(browser: Browser, world: World) -> None:
    link = world.address + world.call("page-link")["path"]
    with visit(browser, world) as first:
        first.page.goto(link)
        expect(first.page.get_by_role("heading", name="Whinchat")).to_be_visible()
        assert "token" not in first.page.url
        first.page.reload()
        expect(first.page.get_by_label("Act as Ana", exact=True)).to_be_visible()
    with visit(browser, world) as second:
        answer = second.page.goto(link)
        assert answer is not None
        assert answer.status == 401
        second.complaints.clear()  # the browser itself notes the 401


def test_a_first_look_shows_several_people_side_by_side(window: Visit) -> None:
    window.open()
    labels = window.page.locator(".column").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert labels == ["Ana in Neighbours", "Bob in Neighbours"]
    expect(window.page.locator(".service")).to_have_text("Service away, 1 waiting")


def test_one_can_be_anybody(window: Visit, world: World) -> None:
    window.open()
    say(world, "Bob", "psst", chat=world.call("direct", people=["Bob", "Eve"])["id"])
    eve = window.page.get_by_label("Act as Eve, has unread messages")
    eve.click()
    expect(window.column(0).element).to_have_attribute("aria-label", "Eve in Neighbours")
    entry = window.page.locator(".chats li").filter(has_text="psst")
    expect(entry.locator(".badge")).to_have_text("1")
    entry.locator(".chat").click()
    expect(window.column(0).bubble("psst")).to_be_visible()
    expect(entry.locator(".badge")).to_have_count(0)
    window.column(0).element.locator(".as-person").click()
    window.menu("Bob")
    expect(window.column(0).row("psst")).to_have_class(re.compile("mine"))


def test_people_chats_and_groups_are_made(window: Visit) -> None:
    window.open()

    def new(what: str) -> Locator:
        window.page.get_by_label("New chat, group or person").click()
        window.menu(what)
        return window.dialog

    form = new("New person")
    form.get_by_label("Name").fill("Zoë")
    form.get_by_role("button", name="Create").click()
    expect(window.page.get_by_label("Act as Zoë")).to_have_attribute("aria-pressed", "true")
    form = new("New chat")
    form.get_by_text("Whinchat").click()
    form.get_by_role("button", name="Open chat").click()
    expect(window.column(0).element).to_have_attribute("aria-label", "Zoë in Whinchat")
    window.column(0).say("hello bot")
    expect(window.column(0).bubble("hello bot")).to_be_visible()
    form = new("New group")
    form.get_by_label("Name of the group").fill("Choir")
    form.get_by_text("Bob").click()
    form.get_by_role("button", name="Create group").click()
    expect(window.column(0).element).to_have_attribute("aria-label", "Zoë in Choir")
    expect(window.column(0).element.locator(".about")).to_contain_text("3 members")


def test_what_one_writes_the_other_sees_at_once(window: Visit) -> None:
    ana, bob = window.open(ANA, BOB)
    ana.text.press_sequentially("hel")
    expect(bob.element.locator(".typing")).to_contain_text("Ana is typing")
    ana.text.fill("two lines")
    ana.text.press("Shift+Enter")
    ana.text.press_sequentially("here")
    ana.text.press("Enter")
    expect(bob.bubble("two lines")).to_contain_text("two lines\nhere")
    expect(bob.bubble("two lines").locator(".sender")).to_have_text("Ana")
    expect(bob.element.locator(".typing")).to_be_hidden()
    expect(ana.row("two lines")).to_have_class(re.compile("mine"))
    expect(ana.bubble("two lines").locator(".tick")).to_have_attribute("aria-label", "delivered")
    expect(ana.text).to_have_value("")


def test_ticks_turn_when_all_have_read(window: Visit, world: World) -> None:
    world.call("presence", person="Eve", online=False)
    ana, _bob = window.open(ANA, BOB)
    ana.say("who reads this?")
    tick = ana.bubble("who reads this?").locator(".tick")
    expect(tick).to_have_attribute("aria-label", "sent")
    world.call("presence", person="Eve", online=True)
    expect(tick).to_have_attribute("aria-label", "delivered")
    world.call("read", chat="Neighbours", person="Eve")
    expect(tick).to_have_attribute("aria-label", "read")


def test_messages_are_answered_edited_and_taken_back(window: Visit) -> None:
    ana, bob = window.open(ANA, BOB)
    ana.say("shall we meet?")
    bob.act(bob.bubble("shall we meet?"), "Reply")
    bob.say("yes, gladly")
    quote = ana.bubble("yes, gladly").locator(".quote")
    expect(quote).to_contain_text("You")
    expect(quote).to_contain_text("shall we meet?")
    bob.act(bob.bubble("yes, gladly"), "Edit")
    expect(bob.text).to_have_value("yes, gladly")
    bob.say("yes, at noon")
    expect(ana.bubble("yes, at noon").locator(".meta")).to_contain_text("edited")
    ana.act(ana.bubbles.first, "Take back")
    expect(bob.bubble("This message was taken back")).to_be_visible()
    expect(ana.bubble("You took this message back")).to_be_visible()
    bob.act(bob.bubble("yes, at noon"), "Forward")
    window.dialog.get_by_text("Neighbours").click()
    window.dialog.get_by_role("button", name="Forward").click()
    expect(ana.bubbles.filter(has_text="Forwarded").filter(has_text="yes, at noon")).to_be_visible()


def test_reactions_are_given_and_taken_back(window: Visit, world: World) -> None:
    ana, bob = window.open(ANA, BOB)
    said = say(world, "Bob", "party!")
    ana.open_menu(ana.bubble("party!"))
    window.page.get_by_label("React ❤️").click()
    world.call("react", chat="Neighbours", by="Eve", sender="Bob", id=said["id"], emoji="❤️")
    expect(bob.row("party!").locator(".reactions")).to_have_text("❤️2")
    ana.row("party!").locator(".reactions").click()
    window.menu("You")
    expect(bob.row("party!").locator(".reactions")).to_have_text("❤️")


def test_the_bot_is_called_with_an_at_sign(window: Visit, world: World) -> None:
    (ana,) = window.open(ANA)
    ana.text.press_sequentially("@wh")
    ana.text.press("Enter")
    expect(ana.text).to_have_value("@Whinchat ")
    ana.text.press_sequentially("scan help")
    ana.text.press("Enter")
    expect(ana.bubble("scan help").locator(".mention")).to_have_text("@Whinchat")
    assert world.said()[-1]["mentions"] == [world.bot()["id"]]


def test_a_refused_message_is_not_lost(window: Visit, world: World) -> None:
    (bob,) = window.open(BOB)
    bob.text.fill("too late")
    world.call("announce", chat="Neighbours", by="Ana", on=True)
    expect(bob.element.locator(".composer-closed")).to_have_text("Only admins may write here")
    world.call("announce", chat="Neighbours", by="Ana", on=False)
    expect(bob.text).to_be_visible()
    expect(bob.text).to_have_value("too late")
    bob.element.evaluate("(node) => node.querySelector('textarea').value = '\\ud800'")
    bob.text.press("Enter")
    expect(window.page.locator(".toast.bad")).to_be_visible()
