from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.rules import Effect, Pattern, Rule, RuleKind, deciding, parse_pattern, too_wide

ALLOW, DENY = Effect.ALLOW, Effect.DENY


def web(url: str) -> Link:
    link = parse_link(url)
    assert link is not None
    return link


def rule(text: str, effect: Effect = ALLOW, *, expires: int | None = None, number: int = 1) -> Rule:
    pattern = parse_pattern(text)
    assert pattern is not None
    return Rule(number, effect, pattern, "", 0, expires)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("https://example.com/offer", RuleKind.URL, "https://example.com/offer"),
        ("example.com/offer", RuleKind.URL, "http://example.com/offer"),
        ("https://example.com/?q=1", RuleKind.URL, "https://example.com/?q=1"),
        ("https://example.com/page#part", RuleKind.URL, "https://example.com/page"),
        ("https://example.com:8443", RuleKind.URL, "https://example.com:8443/"),
        ("https://example.com/news/*", RuleKind.PREFIX, "example.com/news/"),
        ("example.com/*", RuleKind.PREFIX, "example.com/"),
        ("https://EXAMPLE.com./", RuleKind.DOMAIN, "example.com"),
        ("www.example.com", RuleKind.HOST, "www.example.com"),
        ("me.pages.dev", RuleKind.HOST, "me.pages.dev"),
        ("192.0.2.7", RuleKind.DOMAIN, "192.0.2.7"),
        ("*.example.com", RuleKind.SUBDOMAINS, "example.com"),
        ("*.a.example.com", RuleKind.SUBDOMAINS, "a.example.com"),
        ("*.bücher.example.com", RuleKind.SUBDOMAINS, "xn--bcher-kva.example.com"),
    ],
)
def test_what_people_write_as_a_rule(text: str, kind: RuleKind, value: str) -> None:
    assert parse_pattern(text) == Pattern(kind, value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "com",
        "*.com",
        "*.",
        "/*",
        "*.example.com/page",
        "*.example.com:8443",
        "*.192.0.2.7",
        "https://example.com/page?next=/*",  # where would the beginning end?
        "https://example.com:8443/*",
        "mailto:ana@example.com",
        "tg://resolve?domain=x",
    ],
)
def test_what_is_no_rule(text: str) -> None:
    assert parse_pattern(text) is None


@pytest.mark.parametrize("text", ["*.example.com", "example.com/news/*", "www.example.com"])
def test_a_rule_is_written_as_it_can_be_typed(text: str) -> None:
    assert str(parse_pattern(text)) == text


@pytest.mark.parametrize(
    ("text", "matches", "does_not"),
    [
        (
            "https://example.com/offer",
            ["https://example.com/offer#x"],
            ["https://example.com/offer/", "https://example.com"],
        ),
        (
            "https://example.com/news/*",
            ["http://example.com/news/1", "https://example.com/news/a/b?c"],
            ["https://example.com/newspaper", "https://example.com/news", "https://www.example.com/news/1"],
        ),
        ("www.example.com", ["https://www.example.com/any"], ["https://example.com", "https://a.www.example.com"]),
        (
            "*.example.com",
            ["https://example.com", "https://a.b.example.com/x"],
            ["https://notexample.com", "https://example.com.evil.net"],
        ),
        ("example.com", ["https://shop.example.com", "https://example.com/x"], ["https://example.net"]),
    ],
)
def test_what_a_rule_matches_is_never_a_matter_of_substrings(
    text: str, matches: list[str], does_not: list[str]
) -> None:
    pattern = parse_pattern(text)
    assert pattern is not None
    assert [url for url in matches if not pattern.matches(web(url))] == []
    assert [url for url in does_not if pattern.matches(web(url))] == []


def test_the_most_specific_rule_decides_whatever_their_order() -> None:
    link = web("https://shop.example.com/news/1")
    ladder = [
        rule("example.com", DENY),
        rule("*.example.com"),
        rule("*.shop.example.com", DENY),
        rule("shop.example.com"),
        rule("shop.example.com/*", DENY),
        rule("shop.example.com/news/*"),
        rule("https://shop.example.com/news/1", DENY),
    ]
    for height in range(1, len(ladder) + 1):
        assert deciding(ladder[:height], link, 0) == ladder[height - 1]
        assert deciding(reversed(ladder[:height]), link, 0) == ladder[height - 1]


def test_between_equals_to_deny_wins() -> None:
    link = web("https://example.com/")
    denied = rule("example.com", DENY)
    assert deciding([rule("example.com"), denied], link, 0) is denied


def test_a_rule_ends_in_the_very_moment_it_says() -> None:
    link = web("https://example.com/")
    ends = rule("example.com", expires=1000)
    assert deciding([ends], link, 999) is ends
    assert deciding([ends], link, 1000) is None


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("*.pages.dev", "name.pages.dev"),
        ("github.io", "name.github.io"),
        ("co.uk", "name.co.uk"),
        ("*.s3.amazonaws.com", "name.s3.amazonaws.com"),
        ("sites.google.com", "sites.google.com/name"),
        ("*.sites.google.com", None),
        ("sites.google.com/view/*", "sites.google.com/view/name"),
        ("t.me", "t.me/name"),
        ("t.me/*", "t.me/name"),
        ("t.me/somebody/*", None),
        ("https://sites.google.com/view/mine/*", None),
        ("https://t.me/somebody", None),
        ("me.pages.dev", None),
        ("*.me.pages.dev", None),
        ("example.com", None),
        ("192.0.2.7", None),
    ],
)
def test_what_would_cover_strangers_sites_is_too_wide(text: str, instead: str | None) -> None:
    pattern = parse_pattern(text)
    assert pattern is not None
    assert too_wide(pattern) == instead


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("google.com", "https://sites.google.com/view/free-prize"),
        ("*.google.com", "https://sites.google.com/view/free-prize"),
        ("amazonaws.com", "https://free-prize.s3.amazonaws.com/"),
    ],
)
def test_to_allow_a_company_is_not_to_allow_its_guests(allowed: str, url: str) -> None:
    assert deciding([rule(allowed)], web(url), 0) is None
    assert deciding([rule(allowed, DENY)], web(url), 0) is not None


def test_to_allow_a_guests_own_page_is_to_allow_it() -> None:
    page = web("https://sites.google.com/view/mine/start")
    for text in ("https://sites.google.com/view/mine/start", "https://sites.google.com/view/mine/*"):
        assert deciding([rule(text)], page, 0) is not None


@given(st.text(max_size=40) | st.from_regex(r"(\*\.)?[a-z.]{1,20}(/[a-z*]{0,5})?", fullmatch=True))
def test_any_text_is_a_rule_or_none_and_never_becomes_another_one(text: str) -> None:
    pattern = parse_pattern(text)
    if pattern is not None and pattern.kind is not RuleKind.URL:
        assert parse_pattern(str(pattern)) in {pattern, None}  # without its scheme it may be no link any more
        too_wide(pattern)
