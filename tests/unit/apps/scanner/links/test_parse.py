"""One URL or host, typed by a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.links.canonical import canonical
from whinchat.apps.scanner.links.link import LinkKind, Trick
from whinchat.apps.scanner.links.parse import LONGEST, parse_link


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://example.com/a", "https://example.com/a"),
        ("  https://example.com/a \n", "https://example.com/a"),
        ("<https://example.com/a>", "https://example.com/a"),
        ("`example.com`", "http://example.com/"),
        ("example.com", "http://example.com/"),
        ("EXAMPLE.com./x", "http://example.com./x"),
        ("example.zip", "http://example.zip/"),
        ("home.in", "http://home.in/"),
        ("evil[.]com/x", "http://evil.com/x"),
        ("hxxps://evil[.]com", "https://evil.com/"),
        ("https:evil.com", "https://evil.com/"),
        ("https:\\\\evil.com", "https://evil.com/"),
        ("https://localhost:3000/x", "https://localhost:3000/x"),
        ("https://intranet", "https://intranet/"),
        ("localhost:3000", "http://localhost:3000/"),
        ("printer.corp/x", "http://printer.corp/x"),
        ("1.2.3.4", "http://1.2.3.4/"),
        ("3279880203/x", "http://195.127.0.11/x"),
        ("[2001:db8::1]/x", "http://[2001:db8::1]/x"),
        ("[::]/x", "http://[::]/x"),
        ("https://example.com/a b.", "https://example.com/a%20b."),
        ("https://example.com/\ud800x", "https://example.com/%20x"),
        ("tg://resolve?domain=x", "tg://resolve?domain=x"),
        ("Bitcoin:abc", "bitcoin:abc"),
        ("foo://bar/x", "foo://bar/x"),
    ],
)
def test_what_is_typed_is_understood(typed: str, url: str) -> None:
    link = parse_link(typed)
    assert link
    assert link.url == url
    assert typed[link.start : link.end] == link.raw


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "<>",
        "hello",
        "report.pdf",
        "two words",
        "ana@example.com",
        "https://",
        "https://a b.com/",
        "http://1.2.3.4.5/",
        "http://" + "a." * 130 + "com",
        "x:y",
        "http://[::1",
        "http://;",
        ";#",
        "!?x",
        "don't/",
        "_/x",
        "http://.example.com/",
        "http://a..example.com/",
        "\0",
        "a" * (LONGEST + 1),
    ],
)
def test_what_is_no_link(typed: str) -> None:
    assert parse_link(typed) is None


def test_tricks_of_what_is_typed() -> None:
    def tricks(typed: str) -> set[Trick]:
        link = parse_link(typed)
        assert link
        return set(link.tricks)

    assert tricks("example.com") == {Trick.NO_SCHEME}
    assert tricks("HTTPS:/example.com") == {Trick.ODD_SCHEME_CASE, Trick.ODD_SLASHES}
    assert tricks("https:\\/ex\u200bample[.]com") == {Trick.BACKSLASH, Trick.ZERO_WIDTH, Trick.DEFANGED}


def test_kinds() -> None:
    web, other = parse_link("example.com"), parse_link("upi://pay?pa=x")
    assert web
    assert other
    assert (web.kind, other.kind) == (LinkKind.WEB, LinkKind.OTHER)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://Example.com:443/a#b", "https://example.com/a"),
        ("http://user:pw@example.com./", "http://example.com/"),
        ("http://example.com:8080/", "http://example.com:8080/"),
        ("http://example.com/%7eana/%2f%e4?%41=%2B", "http://example.com/~ana/%2F%E4?A=%2B"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://example.com/?", "http://example.com/"),
        ("http://example.com/\ud800", "http://example.com/%EF%BF%BD"),
    ],
)
def test_keys(url: str, key: str) -> None:
    assert canonical(url)[1] == key
    assert canonical(key)[1] == key


def test_no_key_without_a_url() -> None:
    with pytest.raises(ValueError, match="URL"):
        canonical("nothing")


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=100))
def test_anything_may_be_typed(typed: str) -> None:
    for text in (typed, f"http://{typed}", f"https://example.com/{typed}"):
        link = parse_link(text)
        if link and link.kind is LinkKind.WEB:
            assert canonical(link.url) == (link.url, link.key)
            assert text[link.start : link.end] == link.raw
