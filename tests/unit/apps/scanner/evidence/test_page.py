"""What is read off a page that was visited."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.evidence.page import READ, Page, read_page
from whinchat.core.ports import Certificate, FetchFault, Visit

NOW = 1_700_000_000_000
URL = "https://a.example/"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def page(body: str = "", status: int = 200, headers: Mapping[str, str] = NO_HEADERS) -> Page:
    found = read_page(Visit((), URL, status, headers, body.encode()), NOW)
    assert found is not None
    return found


def test_where_nothing_was_met_there_is_no_page() -> None:
    assert read_page(Visit((), URL, fault=FetchFault.UNREACHABLE), NOW) is None


def test_a_certificate_alone_is_something() -> None:
    certificate = Certificate("Nobody", ("a.example",), 1, 2, trusted=False)
    visit = Visit((), URL, certificate=certificate, fault=FetchFault.TLS)
    assert read_page(visit, NOW) == Page(certificate=certificate, visited_at=NOW)


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("<title>Hello</title>", "Hello"),
        ("<TITLE lang=en>\n Log  in &amp; pay\n</TITLE>", "Log in & pay"),
        ("<title>", ""),
        ("hello", ""),
        (f"<title>{'long ' * 99}</title>", ("long " * 40)[:200]),
        (" " * READ + "<title>late</title>", ""),
    ],
)
def test_the_title(body: str, title: str) -> None:
    assert page(body).title == title


@pytest.mark.parametrize(
    ("body", "asks", "to"),
    [
        ("<form><input type=password></form>", True, ""),
        ("<form action='/login'><INPUT name=p TYPE = 'password'></form>", True, ""),
        (
            '<form method=post action="https://b.example/x?a&amp;b"><input type="password">',
            True,
            "https://b.example/x?a&b",
        ),
        ("<form action=https://b.example/><p><form action=/own><input type=password>", True, ""),
        ("<input type=password><form action=https://b.example/>", True, ""),
        ("<form action=https://b.example/><input type=text>", False, ""),
        ("Type your password", False, ""),
    ],
)
def test_a_form_that_asks_for_a_password(body: str, asks: bool, to: str) -> None:
    found = page(body)
    assert (found.asks_password, found.sends_to) == (asks, to)


@pytest.mark.parametrize(
    ("headers", "file"),
    [
        ({"content-disposition": 'attachment; filename="bill.apk"'}, "bill.apk"),
        ({"content-disposition": "attachment; filename*=UTF-8''b%C3%ADll.exe"}, "b\u00edll.exe"),
        ({"content-disposition": 'attachment; filename="..\\\\..\\\\x/bill.apk"'}, "bill.apk"),
        ({"content-disposition": 'attachment; filename="a\u202ebill.apk"'}, "abill.apk"),
        ({"content-disposition": f'attachment; filename="{"x" * 500}.apk"'}, "x" * 76 + ".apk"),
        ({"content-disposition": "attachment"}, ""),
        ({"content-disposition": "inline; filename=page.apk"}, ""),
        ({"content-disposition": "attachment", "content-type": "application/vnd.android.package-archive"}, ".apk"),
        ({"content-type": "Application/x-msdownload; x=y"}, ".exe"),
        ({"content-type": "text/html"}, ""),
    ],
)
def test_a_file_that_is_offered(headers: dict[str, str], file: str) -> None:
    assert page(headers=headers).file == file


@pytest.mark.parametrize(
    ("body", "status", "gone"),
    [
        ("", 404, True),
        ("", 410, True),
        ("", 451, True),
        ("<h1>This account has been suspended</h1>", 200, True),
        ("The domain a.example is parked", 200, False),
        ("This domain is for sale", 200, True),
        ("Buy this domain", 200, True),
        ("hello", 200, False),
        ("", 500, False),
    ],
)
def test_a_page_that_is_gone(body: str, status: int, gone: bool) -> None:
    assert page(body, status).gone is gone


@given(st.binary(max_size=200), st.text(max_size=60), st.text(max_size=60))
def test_any_page_is_read(body: bytes, disposition: str, kind: str) -> None:
    read_page(Visit((), URL, 200, {"content-disposition": disposition, "content-type": kind}, body), NOW)


@pytest.mark.parametrize("piece", ["<input ", "<input type", "<form ", "<form action='https://", "<title", " ", "<"])
def test_no_page_takes_long(piece: str) -> None:
    body = (piece * (READ // len(piece)))[:READ]
    started = time.process_time()
    page(body + "<input type=password>")
    assert time.process_time() - started < 0.3  # quadratic time would be minutes
