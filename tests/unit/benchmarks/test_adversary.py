"""What the adversary's mutations make of a link."""

from __future__ import annotations

import random
from itertools import product

import pytest
from benchmarks.adversary import MUTATIONS, Target
from benchmarks.bench_adversary import median_interval

from whinchat.apps.scanner.links.extract import links_of
from whinchat.apps.scanner.links.parse import parse_link

BY_NAME = dict(MUTATIONS)
URLS = (
    "http://paypal-login.example.top/verify?id=1",
    "http://evil.pages.dev/",
    "http://203.0.113.9/x",
    "http://sites.google.com/view/evil/home",
    "http://xn--pypal-4ve.com/",
    "http://[2001:db8::1]/x",
    "http://co.uk/x",
)


def target(url: str, *brands: str) -> Target:
    link = parse_link(url)
    assert link is not None
    return Target(link, brands)


def test_every_mutation_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(MUTATIONS)


def test_a_mutation_gives_the_same_text_for_the_same_seed() -> None:
    for url, (name, mutation) in product(URLS, MUTATIONS):
        text = mutation(target(url, "paypal"), random.Random(1))
        assert text == mutation(target(url, "paypal"), random.Random(1)), name
        assert text is None or len(links_of(text)) <= 3, name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hosted on weebly.com", "https://example.weebly.com/verify?id=1"),
        ("suffix .org", "http://example.org/verify?id=1"),
        ("hyphen added", "http://paypal-login.exa-mple.top/verify?id=1"),
        ("no path", "http://paypal-login.example.top/"),
        ("https", "https://paypal-login.example.top/verify?id=1"),
        ("user before the host", "http://www.google.com@paypal-login.example.top/verify?id=1"),
        ("no scheme", "paypal-login.example.top/verify?id=1"),
        ("hxxp", "hxxp://paypal-login.example.top/verify?id=1"),
        ("[.] for dots", "paypal-login[.]example[.]top/verify?id=1"),
        ("dot between spaces", "paypal-login.example . top/verify?id=1"),
        ("dot spelled out", "paypal-login.example dot top/verify?id=1"),
        ("bold", "*paypal-login.example.top/verify?id=1*"),
    ],
)
def test_what_a_mutation_does(name: str, text: str) -> None:
    assert BY_NAME[name](target(URLS[0]), random.Random(1)) == text


@pytest.mark.parametrize("name", ["suffix .top", "hyphens removed", "brand removed"])
def test_a_mutation_that_changes_nothing_does_not_apply(name: str) -> None:
    assert BY_NAME[name](target(URLS[0]), random.Random(1)) is None


def test_a_brand_is_replaced_where_it_is_written() -> None:
    found = BY_NAME["brand removed"](target(URLS[0], "paypal"), random.Random(1))
    assert found is not None
    assert "paypal" not in found
    assert found.endswith("-login.example.top/verify?id=1")


def test_other_letters_give_the_same_host_as_their_punycode() -> None:
    written = BY_NAME["Cyrillic letter"](target("http://paypal.example/"), random.Random(1))
    coded = BY_NAME["Cyrillic letter in punycode"](target("http://paypal.example/"), random.Random(1))
    assert written is not None
    assert coded is not None
    assert not written.isascii()
    assert [link.host for link in links_of(written)] == [link.host for link in links_of(coded)]


def test_a_medians_interval_is_around_it() -> None:
    assert median_interval(range(101)) == (40, 61)
    assert median_interval([3.0]) == (3.0, 3.0)
