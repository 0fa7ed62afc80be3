"""The admin pages of the running service, byte by byte: what a stranger on the same machine or another site can do."""

from __future__ import annotations

import http.client
import re
import urllib.parse
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.support.admin import printed_link
from tests.support.live import Child, Service, until
from tests.support.running import Running, running

PATHS = [
    "/admin/",
    "/admin/scanner",
    "/admin/scanner/sightings",
    "/admin/scanner/sightings/1",
    "/admin/scanner/rules",
    "/admin/scanner/chats",
    f"/admin/scanner/chats/{'00' * 16}",
    "/admin/scanner/sources",
    "/admin/scanner/feeds",
    f"/admin/scanner/evidence/{'0' * 32}.dom",
    "/admin/dead",
    "/admin/audit",
    "/admin/sessions",
    "/admin/nothing",
]


class Answer(NamedTuple):
    status: int
    headers: Message
    body: str


class Browser:
    """As much of one as it takes."""

    def __init__(self, service: Service) -> None:
        self.home = service.address.removeprefix("http://")
        self.cookie = ""

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        given = {"Host": self.home, "Accept": "text/html", "Cookie": self.cookie}
        if method == "POST":
            given |= {"Origin": f"http://{self.home}", "Content-Type": "application/x-www-form-urlencoded"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(self.home, timeout=20)
        try:
            connection.request(method, path, body or None, {name: value for name, value in given.items() if value})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()

    def sign_in(self, link: str) -> Answer:
        token = link.partition("token=")[2]
        answer = self.ask("POST", "/admin/sign-in", f"token={token}")
        if answer.status == 303:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return answer

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.ask("GET", "/admin/").body)
        assert found is not None
        return found[1]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("pages"), {"WHINCHAT_LOG__LEVEL": "debug"}) as town:
        yield town


@pytest.fixture(scope="module")
def admin(town: Running) -> Browser:
    browser = Browser(town.service)
    assert browser.sign_in(printed_link(town.service)).status == 303
    return browser


@pytest.fixture
def stranger(town: Running) -> Browser:
    return Browser(town.service)


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_sees_nothing_and_learns_nothing(stranger: Browser, path: str) -> None:
    shown = stranger.ask("GET", path)
    assert (shown.status, shown.body) == (303, "")
    assert shown.headers["Location"].startswith("/admin/sign-in?to=")
    assert stranger.ask("POST", path, "csrf=0").status == 401
    stranger.cookie = f"whinchat_00000000={'A' * 43}"
    assert stranger.ask("GET", path).status == 303


def test_the_printed_link_works_once(admin: Browser, town: Running, stranger: Browser) -> None:
    assert admin.ask("GET", "/admin/").status == 200
    assert stranger.sign_in(printed_link(town.service)).status == 403
    assert stranger.cookie == ""


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(town: Running, stranger: Browser) -> None:
    printed = town.service.whinchat("admin", "link").stdout.strip()
    cookie = stranger.sign_in(printed).headers["Set-Cookie"]
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/admin"} <= flags


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"])
def test_a_name_that_is_not_ours_is_refused(admin: Browser, host: str) -> None:
    for path in ("/admin/", "/admin/sign-in", "/admin/static/base.css"):
        assert admin.ask("GET", path, Host=host).status == 403


@pytest.mark.parametrize("origin", ["", "null", "http://evil.example", "https://127.0.0.1"])
def test_another_sites_form_changes_nothing(admin: Browser, town: Running, origin: str) -> None:
    form = urllib.parse.urlencode({"csrf": admin.csrf(), "effect": "allow", "rule": "evil.example", "span": ""})
    assert admin.ask("POST", "/admin/scanner/rules", form, Origin=origin).status == 403
    assert admin.ask("POST", "/admin/sign-in", "token=x", Origin=origin).status == 403
    assert town.count("SELECT count(*) FROM scanner_rules") == 0


@pytest.mark.parametrize("csrf", ["", "0" * 32, "0" * 10_000])
def test_a_form_without_our_token_changes_nothing(admin: Browser, town: Running, csrf: str) -> None:
    form = urllib.parse.urlencode({"csrf": csrf, "effect": "allow", "rule": "evil.example", "span": ""})
    assert admin.ask("POST", "/admin/scanner/rules", form).status == 403
    assert town.count("SELECT count(*) FROM scanner_rules") == 0


@pytest.mark.parametrize("path", [*PATHS, "/admin/sign-in", "/admin/static/page.js"])
def test_every_answer_is_hardened(admin: Browser, path: str) -> None:
    answer = admin.ask("GET", path)
    headers = answer.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "DENY")
    assert headers["Cache-Control"] == ("no-cache" if "static" in path else "no-store")
    assert "Server" not in headers
    assert "Access-Control-Allow-Origin" not in headers
    assert not re.search(r"<style|<script(?! src)|\son\w+=|\sstyle=|javascript:", answer.body)


def test_nothing_but_forms_of_a_sensible_size_are_read(admin: Browser) -> None:
    assert admin.ask("POST", "/admin/dead", "what=" + "x" * 100_000).status == 413
    assert admin.ask("POST", "/admin/dead", '{"what": "job"}', Content_Type="application/json").status == 403
    broken = "--x\r\nContent-Disposition: nothing\r\n\r\n"
    assert admin.ask("POST", "/admin/dead", broken, Content_Type="multipart/form-data; boundary=x").status in {400, 403}
    assert admin.ask("POST", "/admin/dead", broken, Content_Type="multipart/form-data").status in {400, 403}


def test_tokens_stand_in_no_log_and_in_no_table(admin: Browser, town: Running) -> None:
    admin.ask("GET", "/admin/scanner/rules?chat=" + "ab" * 16)
    token = admin.cookie.partition("=")[2]
    log = town.service.child.output()
    assert token not in log
    assert admin.csrf() not in log
    assert "ab" * 16 not in log
    data = Path(town.service.environment["WHINCHAT_STORAGE__DATA"])
    link = printed_link(town.service).partition("token=")[2]
    for file in data.glob("whinchat.db*"):
        content = file.read_bytes()
        assert token.encode() not in content
        assert link.encode() not in content


def test_attempts_are_slowed_down(town: Running, stranger: Browser) -> None:
    found = [stranger.sign_in("token=" + "A" * 43).status for _ in range(14)]
    assert found[0] == 403
    assert found[-1] == 429


def test_the_demo_prints_a_link_for_the_admin(tmp_path: Path) -> None:
    demo = Child(["whinchat", "demo", "--quiet", "--port", "0"], tmp_path, "demo", {})
    try:
        until(lambda: "Ctrl-C" in demo.output() or not demo.running, "the demo is up")
        assert re.search(r"http://127\.0\.0\.1:\d+/admin/sign-in\?token=\S{43}\n", demo.output())
    finally:
        demo.kill()
