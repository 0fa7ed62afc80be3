"""Groups, people who come and go, faults, resets, and a world that goes away."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from playwright.sync_api import Browser, expect
from tests.support.browser import ANA, BOB, Visit, inhabit, say, visit
from tests.support.live import World, world_process


def test_an_admin_runs_the_group(window: Visit, world: World) -> None:
    ana, bob = window.open(ANA, BOB)

    def member(name: str, action: str) -> None:
        ana.info.get_by_role("button", name=re.compile(f"^{name}, ")).click()
        window.menu(action)

    world.call("person", name="Zoë")
    say(world, "Bob", "buy now!")
    ana.act(ana.bubble("buy now!"), "Delete for everyone")
    window.dialog.get_by_role("button", name="Delete").click()
    expect(bob.bubble("This message was deleted by an admin")).to_be_visible()
    ana.info.get_by_label("Rename the group").click()
    window.dialog.get_by_label("Name").fill("Good neighbours")
    window.dialog.get_by_role("button", name="Save").click()
    expect(bob.element.locator(".about")).to_contain_text("Good neighbours")
    ana.info.get_by_role("button", name="Add").click()
    window.dialog.get_by_text("Zoë").click()
    window.dialog.get_by_role("button", name="Add").click()
    expect(bob.element.locator(".notice").last).to_have_text("Ana added Zoë")
    member("Bob", "Make an admin")
    expect(bob.element.locator(".notice").last).to_have_text("Ana made you an admin")
    member("Bob", "Take the admin role")
    ana.info.get_by_text("Only admins may write").click()
    expect(bob.element.locator(".composer-closed")).to_have_text("Only admins may write here")
    member("Bob", "Remove from the group")
    expect(bob.element.locator(".composer-closed")).to_contain_text("Bob is not in this group")
    bob.element.get_by_role("button", name="Join").click()
    expect(bob.element.locator(".notice").last).to_have_text("You joined")
    bob.info.get_by_role("button", name="Leave the group").click()
    window.dialog.get_by_role("button", name="Leave").click()
    expect(bob.element.locator(".notice").last).to_have_text("You left")


def test_people_go_offline_and_come_back(window: Visit, world: World) -> None:
    (ana,) = window.open(ANA)
    ana.info.get_by_role("button", name="Eve, online").click()
    window.menu("Go offline")
    expect(ana.info.get_by_role("button", name="Eve, offline")).to_be_visible()
    expect(window.page.get_by_label("Act as Eve, offline")).to_be_visible()
    world.call("direct", people=["Ana", "Eve"])
    window.page.locator(".chat").filter(has_text="Eve").click()
    ana.info.get_by_label("Eve is online").click()
    expect(ana.element.locator(".about")).to_contain_text("online")


def test_faults_are_injected_and_cleared(window: Visit) -> None:
    window.open()
    window.page.get_by_label("The world: script, faults, reset").click()
    panel = window.dialog
    expect(panel).to_contain_text("nobody talks by themselves")
    panel.get_by_text("Inject a fault").click()
    panel.get_by_label("What happens").select_option("delay")
    panel.get_by_label("Seconds", exact=True).fill("3")
    panel.get_by_label("How often").fill("2")
    panel.get_by_role("button", name="Inject").click()
    expect(panel.get_by_label("Faults at work")).to_have_text("delayseconds 3, 2 left")
    panel.get_by_role("button", name="Clear all").click()
    expect(panel).to_contain_text("None: the network works.")
    panel.get_by_label("Drop doubled sends").check()
    expect(panel.get_by_label("Drop doubled sends")).to_be_checked()
    panel.get_by_label("Whinchat is online").uncheck()
    expect(panel.get_by_label("Whinchat is online")).not_to_be_checked()


def test_a_reset_begins_anew(window: Visit, world: World) -> None:
    window.open()
    say(world, "Ana", "soon forgotten")
    window.page.get_by_label("The world: script, faults, reset").click()
    window.dialog.get_by_role("button", name="Reset the world").click()
    window.dialog.get_by_role("button", name="Reset", exact=True).click()
    expect(window.page.get_by_text("Nobody lives here yet").first).to_be_attached()
    window.page.keyboard.press("Escape")
    inhabit(world)
    expect(window.page.get_by_label("Act as Ana", exact=True)).to_be_visible()


def test_a_script_is_paused_and_goes_on(browser: Browser, tmp_path: Path) -> None:
    with world_process(tmp_path, "--script", "demo") as world, visit(browser, world) as window:
        window.open()
        expect(window.page.locator(".column")).to_have_count(3)
        window.page.get_by_label("The world: script, faults, reset").click()
        window.dialog.get_by_role("button", name="Pause").click()
        expect(window.dialog).to_contain_text("demo is paused")
        window.dialog.get_by_role("button", name="Go on").click()
        expect(window.dialog).to_contain_text("demo is playing")


def test_the_page_comes_back_after_the_world_was_away(browser: Browser, tmp_path: Path) -> None:
    with contextlib.ExitStack() as ends:
        first = ends.enter_context(world_process(tmp_path))
        first.call("group", subject="Neighbours", by="Ana", members=["Bob"])
        window = ends.enter_context(visit(browser, first))
        (ana,) = window.open(ANA)
        port = first.address.rpartition(":")[2]
        first.child.stop()
        expect(window.page.locator(".offline")).to_contain_text("Trying again")
        ana.say("into the void")
        expect(window.page.locator(".toast.bad")).to_contain_text("cannot be reached")
        expect(ana.text).to_have_value("into the void")
        second = ends.enter_context(world_process(tmp_path, "--port", port))
        expect(window.page.locator(".offline")).to_be_hidden()
        expect(window.page.get_by_text("Nobody lives here yet").first).to_be_visible()
        inhabit(second)
        window.page.locator(".chat").click()
        ana.say("back again")
        expect(ana.bubble("back again")).to_be_visible()
        window.complaints.clear()  # the browser notes every attempt to connect


def test_a_world_with_another_token_asks_for_its_new_link(browser: Browser, tmp_path: Path) -> None:
    with world_process(tmp_path) as first, visit(browser, first) as window:
        window.open()
        port = first.address.rpartition(":")[2]
        first.child.stop()
        with world_process(tmp_path, "--port", port, "--token", "another-token-0123456789"):
            expect(window.page.locator(".offline")).to_contain_text("Open the new link")
        window.complaints.clear()
