from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.formatting.defang import LONGEST_HOST, LONGEST_URL, defang, defang_host, defang_url
from whinchat.core.formatting.markup import escape

# What a messenger makes a link of: a scheme, a name with a top-level domain, an address.
CLICKABLE = re.compile(r"https?://|ftp://|[^\W_][\w-]*\.[^\W\d_]{2,}|\b\d{1,3}(\.\d{1,3}){3}\b", re.IGNORECASE)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("evil.com", "evil[.]com"),
        ("paypa1-login.pages.dev", "paypa1-login[.]pages[.]dev"),
        ("203.0.113.7", "203[.]0[.]113[.]7"),
        ("2001:db8::1", "2001[:]db8::1"),
        ("t.me/joinchat", "t[.]me/joinchat"),
        ("localhost", "localhost"),
    ],
)
def test_a_host_is_shown_so_that_nobody_can_tap_it(host: str, shown: str) -> None:
    assert defang_host(host) == shown


def in_ascii(name: str) -> str:
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in name.split(".")
    )


@pytest.mark.parametrize(
    "name",
    ["pаypal.com", "аррӏе.com", "νοηα.example", "münchen.de", "helloሀ.example", "աբգ.example", "gооgle.co.jp"],
)
def test_a_name_that_can_be_mistaken_is_shown_in_both_forms(name: str) -> None:
    host = in_ascii(name)
    assert defang_host(host) == f"{name} ({host})".replace(".", "[.]")


@pytest.mark.parametrize("name", ["пример.рф", "例え.jp", "テスト例え.jp", "한국.kr", "مثال.example", "उदाहरण.भारत"])
def test_a_name_that_cannot_be_mistaken_is_shown_as_its_readers_write_it(name: str) -> None:
    assert defang_host(in_ascii(name)) == name.replace(".", "[.]")


@pytest.mark.parametrize(
    "host", ["xn--a.com", "xn--\u00e9.com", "xn--99999999999.com", "xn--www-qp0a.com", "xn--x-0vo.com"]
)
def test_a_name_that_does_not_decode_to_letters_stays_as_it_is(host: str) -> None:
    assert "xn--" in defang_host(host)
    assert "(" not in defang_host(host)


def test_a_long_host_is_shown_from_the_end_because_the_owner_stands_there() -> None:
    shown = defang_host("paypal.com.secure.login." + "a" * 60 + ".verify.evil.example")
    assert shown.startswith("…[.]")
    assert shown.endswith("[.]verify[.]evil[.]example")
    assert len(shown) <= LONGEST_HOST + 10
    assert defang_host("a" * 200) == "…" + "a" * LONGEST_HOST


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://evil.com/login", "hxxps://evil[.]com/login"),
        ("HTTP://EVIL.com", "hxxp://EVIL[.]com"),
        ("https://paypal.com@evil.example/", "hxxps://paypal[.]com@evil[.]example/"),
        ("https://a.example/?u=https://b.example/x.html", "hxxps://a[.]example/?u=hxxps://b[.]example/x[.]html"),
        ("http://0x7f.1/a", "hxxp://0x7f[.]1/a"),
        ("evil.com/path", "evil[.]com/path"),
        ("tg:resolve?domain=evil.com", "tg:resolve?domain=evil[.]com"),
        ("market://details?id=com.evil", "market[:]//details?id=com[.]evil"),
    ],
)
def test_a_url_is_shown_so_that_nobody_can_tap_it(url: str, shown: str) -> None:
    assert defang_url(url) == shown


def test_a_long_url_is_cut_at_the_end() -> None:
    shown = defang_url("https://evil.com/" + "a" * 500)
    assert shown.startswith("hxxps://evil[.]com/a")
    assert len(shown) == LONGEST_URL
    assert shown.endswith("…")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see evil.com.", "see evil[.]com."),
        ("3.5 percent, e.g. this. And that", "3.5 percent, e[.]g. this. And that"),
        ("at 192.0.2.1:80 or 1.2.3", "at 192[.]0[.]2[.]1:80 or 1.2.3"),
        ("你好。世界", "你好。世界"),
        ("evil。com evil．com", "evil[.]com evil[.]com"),
        ("пример.рф", "пример[.]рф"),
    ],
)
def test_prose_loses_its_links_and_keeps_its_sentences(text: str, shown: str) -> None:
    assert defang(text) == shown


LABELS = st.text("abz019-", max_size=9).map(lambda label: f"a{label}z")
HOSTS = st.builds(
    lambda labels, last: ".".join([*labels, last]),
    st.lists(LABELS, min_size=1, max_size=4),
    st.sampled_from(["com", "top", "dev"]),
)
LINKS = st.lists(
    st.sampled_from(
        [
            "http",
            "https",
            "://",
            "evil",
            ".",
            "com",
            "www",
            "/",
            "@",
            "1",
            "192.0.2.1",
            "。",
            "рф",
            " ",
            "[",
            "\u200b",
            "-",
            "hxxp",
        ]
    ),
    max_size=12,
).map("".join)


@given(st.one_of(st.text(max_size=60), LINKS))
def test_nothing_stays_clickable_and_doing_it_again_changes_nothing(text: str) -> None:
    for shown in (defang(text), defang_host(text), defang_url(text)):
        assert not CLICKABLE.search(shown), shown
        assert defang(shown) == shown
    assert not CLICKABLE.search(escape(text))


@given(
    HOSTS,
    st.text("abcom.:/=", max_size=20),
)
def test_hosts_and_urls_are_defanged_wherever_they_stand(host: str, tail: str) -> None:
    for shown in (defang_host(host), defang_url(f"https://{host}/{tail}"), defang(f"look {host} now")):
        assert not CLICKABLE.search(shown)
    assert defang_host(host).replace("[.]", ".") == host
