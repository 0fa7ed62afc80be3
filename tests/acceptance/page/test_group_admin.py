"""A group's first days with the scanner, as its admin lives them, in the page. `--pictures FOLDER` keeps pictures."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from tests.support.browser import ANA, BOB, Column, Visit, visit
from tests.support.running import UNHURRIED, running

BAD = "https://paypa1-login.pages.dev/verify"
WORSE = "https://paypa1-login-2.pages.dev/verify"
CLUB = "https://amazon-gewinn.blumenladen.top/login"
"""Looks like a scam, and is the group's own joke."""

COLOURS = 256  # of a picture: less than half of its size, and nobody sees a difference

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
            few.save(Path(folder) / f"group-{name}.png", optimize=True)

    return kept


def told(column: Column, command: str, *answers: str) -> None:
    """What somebody writes, and what is to be read afterwards."""
    column.say(command)
    for answer in answers:
        expect(column.bubble(answer)).to_be_visible()


def test_from_joining_to_strikes(browser: Browser, tmp_path: Path, take: Take) -> None:
    size = {"width": 1280, "height": 860}
    with running(tmp_path, UNHURRIED) as town, visit(browser, town.world, viewport=size) as window:
        group = town.group("Neighbours", consent=False)
        town.world.call("promote", chat=group.id, by="Ana", people=["Whinchat"])
        ana, bob = window.open(ANA, BOB)
        ana.element.get_by_label("Close this hint").click()
        # It says what it does, and reads nothing until an admin agrees.
        expect(ana.bubble("Until an admin agrees I read nothing but commands")).to_be_visible()
        bob.say(f"is this real? {BAD}")
        told(bob, "!scan consent", "Only admins of this group can use this command.")
        assert group.replies(next(said for said in group.history() if BAD in said["content"].get("text", ""))) == []
        told(ana, "!scan consent", "From now on I watch the links in this group.")
        take(window, "consent")
        told(ana, "!scan privacy", "Who sees the links of this chat")
        # The policy as it comes, and something stricter.
        told(ana, "!scan policy", "malicious")
        told(ana, "!scan policy malicious warn, react, delete", "malicious is now")
        take(window, "policy")
        # A dangerous link is warned about, and its message goes.
        bob.say(f"look at this {BAD}")
        expect(bob.bubble("Dangerous link")).to_contain_text("paypa1-login[.]pages[.]dev")
        expect(ana.bubble("This message was deleted by an admin")).to_be_visible()
        take(window, "warning")
        # A false alarm is put right, and stays right.
        bob.say(f"our own page {CLUB}")
        expect(ana.bubble("uspicious link")).to_be_visible()
        told(ana, "!scan allow *.blumenladen.top our own page", "From now on I do not warn about")
        before = len(group.of_bot())
        bob.say(f"again {CLUB}")
        town.settle()
        assert len(group.of_bot()) == before
        take(window, "false-alarm")
        # In the hours when the group wants its quiet only danger is told.
        hour = datetime.now(UTC).hour
        told(ana, f"!scan quiet {(hour - 1) % 24:02}-{(hour + 2) % 24:02}", "I am quiet")
        said = len(group.of_bot())
        bob.say("https://secure-account-update.example-login.top/verify")
        town.settle()
        assert len(group.of_bot()) == said
        bob.say(f"and {WORSE}")
        expect(bob.bubble("Dangerous link")).to_contain_text("paypa1-login-2[.]pages[.]dev")
        take(window, "quiet")
        # Who keeps posting danger is noticed.
        told(ana, "!scan strikes", ": 2")
        take(window, "strikes")
        told(ana, "!scan pardon @Bob ", "has no strikes any more")
        told(ana, "!scan status", "On: I read the links posted here.")
