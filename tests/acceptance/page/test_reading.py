"""Long conversations, quotes and unread messages."""

from __future__ import annotations

from playwright.sync_api import expect
from tests.support.browser import ANA, Visit, say
from tests.support.live import World, until


def test_a_long_conversation_is_read_back_to_its_beginning(window: Visit, world: World) -> None:
    """The page is given the newest hundred; the others come as one scrolls, and never are all of them in the page."""
    world.call(
        "post_many", messages=[{"chat": "Neighbours", "sender": "Bob", "text": f"number {n}."} for n in range(450)]
    )
    say(world, "Bob", "and that was the first", quote={"sender": "Bob", "id": world.said()[0]["id"]})
    (ana,) = window.open(ANA)
    expect(ana.bubble("number 449.")).to_be_visible()
    seen = "node => [node.querySelectorAll('.row').length, node.querySelector('.bubble').innerText.split('\\n')[0]]"

    def first_is_there() -> bool:
        ana.timeline.evaluate("node => node.scrollTop = 0")
        window.page.wait_for_timeout(30)
        count, _ = ana.timeline.evaluate(seen)
        assert count <= 240
        return ana.bubbles.filter(has_text="number 0.").count() == 1

    until(first_is_there, "the first message")
    expect(ana.bubble("number 449.")).to_have_count(0)
    say(world, "Bob", "one more")
    expect(ana.element.locator(".jump .badge")).to_have_text("1")
    ana.element.get_by_label("To the newest message").click()
    expect(ana.bubble("one more")).to_be_in_viewport()
    ana.bubble("and that was the first").locator(".quote").click()


def test_a_quote_leads_to_what_it_quotes(window: Visit, world: World) -> None:
    first = say(world, "Bob", "the very first")
    world.call("post_many", messages=[{"chat": "Neighbours", "sender": "Eve", "text": f"n{n}"} for n in range(300)])
    say(world, "Bob", "see above", quote={"sender": "Bob", "id": first["id"]})
    say(world, "Bob", "see nowhere", quote={"sender": "Bob", "id": "GONE", "content": {"text": "forged"}})
    (ana,) = window.open(ANA)
    ana.element.get_by_label("To the newest message").click()
    ana.bubble("see above").locator(".quote").click()
    expect(ana.bubbles.filter(has_text="the very first").filter(has_not_text="see above")).to_be_in_viewport()
    ana.element.get_by_label("To the newest message").click()
    ana.bubble("see nowhere").locator(".quote").click()
    expect(window.page.locator(".toast")).to_contain_text("no longer there")


def test_unread_messages_have_a_line_above_them(window: Visit, world: World) -> None:
    (bob,) = window.open(("Bob", world.call("direct", people=["Bob", "Eve"])["id"]))
    for n in range(40):
        say(world, "Ana", f"note {n}")
    badge = window.page.locator(".chats li").filter(has_text="Neighbours").locator(".badge")
    expect(badge).to_have_text("40")
    window.page.locator(".chat").filter(has_text="Neighbours").click()
    expect(bob.element.locator(".unread-line")).to_be_in_viewport()
    expect(bob.element.locator(".unread-line")).to_have_text("40 unread messages")
    bob.element.get_by_label("To the newest message").click()
    expect(badge).to_have_count(0)
