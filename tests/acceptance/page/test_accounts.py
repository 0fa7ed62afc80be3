"""An account is linked on the page Accounts, with a phone of the fake network. `--pictures FOLDER` keeps pictures."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, expect
from tests.support.admin import Office
from tests.support.browser import PHONE, opened
from tests.support.live import Child, World
from tests.support.network_process import PHONE as NUMBER
from tests.support.network_process import Network, network_process, service_process, whinchat

COLOURS = 64
PATIENT = 20_000  # milliseconds: the library connects, pairs and connects again

Take = Callable[[Office, str], None]


@pytest.fixture
def take(request: pytest.FixtureRequest) -> Take:
    """Keeps a picture of the window, where somebody wants them."""
    folder = request.config.getoption("--pictures")

    def kept(window: Office, name: str) -> None:
        if folder is not None:
            window.page.mouse.move(0, 0)
            picture = Image.open(io.BytesIO(window.page.screenshot()))
            few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            few.save(Path(folder) / f"accounts-{name}.png", optimize=True)

    return kept


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with network_process(tmp_path) as network:
        yield network


@pytest.fixture
def service(network: Network, tmp_path: Path) -> Iterator[Child]:
    with service_process(network, tmp_path) as service:
        yield service


@contextlib.contextmanager
def accounts_page(browser: Browser, service: Child, **options: Any) -> Iterator[Office]:
    """Signed in by the link that the start printed."""
    link = next(word for word in service.output().split() if "/admin/sign-in" in word)
    address = World(service, link.partition("/admin/")[0])
    with opened(browser, lambda context: Office(context, address), **options) as window:
        window.sign_in(link)
        window.go("/accounts")
        yield window


def seen(window: Office) -> str:
    """What a camera reads from the screen."""
    picture = Image.open(io.BytesIO(window.page.locator("svg.qr").screenshot()))
    (found,) = zxingcpp.read_barcodes(picture)
    return str(found.text)


def test_a_qr_code_on_the_screen_links_the_phone(
    browser: Browser, network: Network, service: Child, tmp_path: Path, take: Take
) -> None:
    with accounts_page(browser, service, viewport={"width": 1100, "height": 860}) as window:
        card = window.page.get_by_role("region", name="main")
        expect(card).to_contain_text("To be linked")
        card.get_by_role("button", name="Show QR code").click()
        expect(card.locator("svg.qr")).to_be_visible(timeout=PATIENT)
        expect(card).to_contain_text("Point the camera here")
        expect(card.locator("[data-until]")).to_contain_text("sec")
        card.get_by_label("number of the phone").fill("+1 555")  # and is kept when the part is drawn again
        count, faint = window.contrasts("main")
        assert (count > 10, faint, window.unlabelled(), window.wide() <= 0) == (True, [], [], True)
        take(window, "qr")
        network.scan(seen(window))
        expect(card).to_contain_text("Messages arrive and answers leave.", timeout=PATIENT)
        expect(card.locator("svg.qr")).to_have_count(0)
        expect(card.get_by_role("button", name="Show QR code")).to_have_count(0)
        take(window, "connected")

        with whinchat(network, tmp_path, "pair") as pair:
            assert pair.wait() == 0
            assert "The service is running and holds main" in pair.output()
            assert "/admin/sign-in?token=" in pair.output()

        card.locator("summary").filter(has_text="Log out").click()
        expect(card).to_contain_text("The link ends on both sides")
        card.get_by_role("button", name="Log out for good").click()
        expect(window.page.get_by_role("status").first).to_contain_text("main is logged out", timeout=PATIENT)
        expect(card).to_contain_text("Logged out")
        window.go("/audit")
        expect(window.page.get_by_role("main")).to_contain_text("admin.account.logout")
    for secret in (NUMBER, "2@"):
        assert secret not in service.output()


def test_on_the_phone_itself_a_code_links_it(browser: Browser, network: Network, service: Child, take: Take) -> None:
    options = {"viewport": PHONE, "is_mobile": True, "has_touch": True}
    with accounts_page(browser, service, **options) as window:
        card = window.page.get_by_role("region", name="main")
        card.get_by_label("number of the phone").fill(f"+1 {NUMBER[1:4]} {NUMBER[4:]}")
        card.get_by_role("button", name="Get a code").click()
        code = card.locator(".typed")
        expect(code).to_be_visible(timeout=PATIENT)
        assert window.wide() <= 0
        take(window, "phone")
        network.enter(code.inner_text())
        expect(card).to_contain_text("Messages arrive and answers leave.", timeout=PATIENT)
        assert window.wide() <= 0
    assert NUMBER not in service.output()
