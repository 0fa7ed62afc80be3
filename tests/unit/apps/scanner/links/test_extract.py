"""Every kind of link in running text, and everything that only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.hostile import texts as hostile_texts
from tests.support.link_cases import cases

from whinchat.apps.scanner.links.extract import LONGEST, extract, links_of
from whinchat.apps.scanner.links.link import LinkKind, Trick
from whinchat.apps.scanner.links.parse import parse_link

LINKS = cases("links.tsv")
PROSE = cases("prose.tsv")

anything = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)
PIECES = (
    r"http https hxxp : // / \ . [.] ( ) [ ] < > \" ' * _ ~ @ ? # = & &amp; &#46; % %2e a com evil www 1 8080"
    " xn-- dot tg: - \0 \u200b \u202e \u00ad \u3002 \uff0e \u770b \u0645 \u200c \u0430 \U0001f525 \ud83d"
)
pieces = st.sampled_from([*PIECES.split(" "), " ", "\n"])
soup = st.lists(pieces, max_size=60).map("".join)


def test_there_are_enough_cases() -> None:
    assert len(LINKS) >= 200
    assert len(PROSE) >= 80
    assert len({row[0] for row in LINKS}) == len(LINKS)
    assert len({row[0] for row in PROSE}) == len(PROSE)


def test_links_are_found() -> None:
    for name, text, urls in LINKS:
        found = extract(text)
        assert [link.url for link in found] == urls.split(), name
        assert [text[link.start : link.end] for link in found] == [link.raw for link in found], name


def test_prose_is_left_alone() -> None:
    assert {name: found for name, text, *_ in PROSE if (found := extract(text))} == {}


@pytest.mark.parametrize(
    ("text", "tricks"),
    [
        ("https://example.com/a", set()),
        ("example.com", {Trick.NO_SCHEME}),
        ("Https://example.com", {Trick.ODD_SCHEME_CASE}),
        ("https:/example.com", {Trick.ODD_SLASHES}),
        ("https:\\\\example.com", {Trick.BACKSLASH}),
        ("https://example.com\\x", {Trick.BACKSLASH}),
        ("https://example.com/?x=\\x", set()),
        ("example.com\\x", {Trick.NO_SCHEME, Trick.BACKSLASH}),
        ("https://ex\u200bample.com", {Trick.ZERO_WIDTH}),
        ("https://ex\u202eample.com", {Trick.BIDI}),
        ("https://ex\u202eam\u200bple.com", {Trick.BIDI, Trick.ZERO_WIDTH}),
        ("\u200fhttps://example.com\u200f", set()),
        ("\uff45xample.com", {Trick.NO_SCHEME, Trick.FULL_WIDTH}),
        ("evil\u3002com", {Trick.NO_SCHEME, Trick.FULL_WIDTH}),
        ("hxxps://example.com", {Trick.DEFANGED}),
        ("example[.]com and https://example.org", {Trick.NO_SCHEME, Trick.DEFANGED}),
        ("[Ana](https://example.com)", set()),
        ("[x](https://example.com)", set()),
    ],
)
def test_how_a_link_was_disguised_is_remembered(text: str, tricks: set[Trick]) -> None:
    assert extract(text)[0].tricks == tricks


@pytest.mark.parametrize(
    ("text", "mismatched"),
    [
        ("[paypal.com](https://evil.example/x)", ["https://evil.example/x"]),
        ("[https://paypal.com](<https://evil.example/x>)", ["https://evil.example/x"]),
        ("[www.example.com](https://example.com/x)", []),
        ("[mail.example.com](https://example.com/x)", []),
        ('<a href="https://evil.example/x">paypal.com</a>', ["https://evil.example/x"]),
        ('<a class=x href="https://evil.example/x" id=y><b>paypal.com</b></a>', ["https://evil.example/x"]),
        ('<a href="https://example.com/x">example.com</a>', []),
        ('<img src="https://a.example/x"> paypal.com', []),
        ("paypal.com (https://evil.example/x)", []),
        ("[paypal.com]" + " " * 400 + "(https://evil.example/x)", []),
        ("[paypal.com](tg://resolve?domain=x)", ["tg://resolve?domain=x"]),
    ],
)
def test_markup_that_shows_another_host_than_it_opens(text: str, mismatched: list[str]) -> None:
    assert [link.url for link in extract(text) if Trick.MARKUP_MISMATCH in link.tricks] == mismatched


def test_a_link_says_everything_about_itself() -> None:
    (link,) = extract("now Https://user@www.Evil.example:8443/a/b?c=d#e!")
    assert (link.raw, link.start, link.end) == ("Https://user@www.Evil.example:8443/a/b?c=d#e", 4, 48)
    assert link.url == "https://user@www.evil.example:8443/a/b?c=d#e"
    assert link.key == "https://www.evil.example:8443/a/b?c=d"
    assert (link.kind, link.scheme, link.host, link.port) == (LinkKind.WEB, "https", "www.evil.example", 8443)
    assert (link.path, link.query, link.user, link.is_address) == ("/a/b", "c=d", True, False)
    assert (link.site.name, link.wrapper) == ("evil.example", None)


def test_links_of_other_schemes_have_no_host() -> None:
    (link,) = extract("pay UPI://pay?pa=evil@ybl now")
    assert (link.kind, link.scheme, link.host, link.query) == (LinkKind.OTHER, "upi", "", "pa=evil@ybl")
    assert (link.url, link.key, link.site.name) == ("upi://pay?pa=evil@ybl", "upi://pay?pa=evil@ybl", "upi:")


def test_links_of_gives_each_key_once_and_a_wrapper_before_its_target() -> None:
    text = "https://l.facebook.com/l.php?u=https%3A%2F%2Fevil.example%2F then https://evil.example/#x and https://evil.example/"
    wrapper, target = links_of(text)
    assert wrapper.host == "l.facebook.com"
    assert target.url == "https://evil.example/"
    assert target.wrapper == wrapper
    assert text[target.start : target.end] == target.raw == wrapper.raw


def test_links_of_follows_wrappers_inside_wrappers() -> None:
    text = "https://www.google.com/url?q=https://l.facebook.com/l.php?u%3Dhttps%253A%252F%252Fevil.example%252Fx"
    assert [link.host for link in links_of(text)] == ["www.google.com", "l.facebook.com", "evil.example"]


def test_only_the_first_64_thousand_characters_are_read() -> None:
    text = " " * (LONGEST - 4) + "a.co b.co"
    assert [link.raw for link in extract(text)] == ["a.co"]


def test_however_many_links_there_are_all_are_found() -> None:
    assert len(extract(" ".join(f"{number:x}.co" for number in range(1_000)))) == 1_000


@pytest.mark.parametrize("text", hostile_texts(500).values(), ids=hostile_texts(500))
def test_hostile_texts_are_read_calmly(text: str) -> None:
    check(text)


@given(anything)
def test_any_text_is_read(text: str) -> None:
    check(text)


@given(soup)
def test_any_soup_of_link_parts_is_read(text: str) -> None:
    check(text)


@given(st.text(alphabet="abcXYZ019-._~/?=&%+@:,;()*$", max_size=60))
def test_a_canonical_url_finds_itself(tail: str) -> None:
    link = parse_link(f"https://sub.example.com/{tail}x")
    assert link
    assert [found.url for found in extract(f"see {link.url} there")] == [link.url]
    assert [found.key for found in extract(link.key)] == [link.key]


def check(text: str) -> None:
    """What holds for every text: places are right, in order and apart; an answer always comes."""
    end = 0
    for link in extract(text):
        assert end <= link.start < link.end <= len(text)
        assert link.raw == text[link.start : link.end]
        assert link.url.isprintable() or link.kind is LinkKind.OTHER
        end = link.end
    links_of(text)
