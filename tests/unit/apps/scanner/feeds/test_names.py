from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.snapshots import link_to

from whinchat.apps.scanner.feeds.names import Entry, Reject, entry_of, exact_name, hosts_of, parents_of, wider_names
from whinchat.apps.scanner.knowledge import Scope


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("evil.example", "evil.example"),
        (" Evil.Example. ", "evil.example"),
        ("*.evil.example", "evil.example"),
        (".evil.example", "evil.example"),
        ("evil[.]example", "evil.example"),
        ("evil(.)example", "evil.example"),
        ("hxxp://evil[.]example/", "evil.example"),
        ("hxxps[:]//evil.example", "evil.example"),
        ("HTTPS://user:pw@Evil.example:8443/", "evil.example"),
        ("http://evil.example/#top", "evil.example"),
        ("evil.example:8080", "evil.example"),
        ("_dmarc.evil.example", "_dmarc.evil.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("paypa1-login.pages.dev", "paypa1-login.pages.dev"),
        ("8.8.8.8", "8.8.8.8"),
        ("8.8.4.4:8080", "8.8.4.4"),
        ("[2606:4700:4700::1111]:443", "2606:4700:4700::1111"),
        ("http://8.8.8.8/", "8.8.8.8"),
    ],
)
def test_reads_a_host(text: str, host: str) -> None:
    assert entry_of(text) == Entry(Scope.HOST, host)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("http://evil.example/login", "evil.example/login"),
        ("https://evil.example/login?a=1#top", "evil.example/login?a=1"),
        ("evil.example/login", "evil.example/login"),
        ("http://evil.example:8080/x", "evil.example/x"),
        ("evil.example/%7euser/%c3%a9", "evil.example/~user/%C3%A9"),
        ("http://evil.example/?id=7", "evil.example/?id=7"),
        ("http://github.io/evil", "github.io/evil"),
    ],
)
def test_reads_a_page(text: str, value: str) -> None:
    assert entry_of(text) == Entry(Scope.URL, value)


def test_a_page_that_is_a_whole_site_on_shared_ground_is_a_site() -> None:
    assert entry_of("https://sites.google.com/view/evil/") == Entry(Scope.SITE, "sites.google.com/view/evil")
    assert entry_of("https://sites.google.com/view/evil/home") == Entry(Scope.URL, "sites.google.com/view/evil/home")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("com", Reject.TOO_BROAD),
        ("*.com", Reject.TOO_BROAD),
        ("co.uk", Reject.TOO_BROAD),
        ("github.io", Reject.TOO_BROAD),
        ("https://pages.dev/", Reject.TOO_BROAD),
        ("localhost", Reject.LOCAL),
        ("127.0.0.1", Reject.LOCAL),
        ("192.168.1.1", Reject.LOCAL),
        ("10.0.0.1:80", Reject.LOCAL),
        ("0.0.0.0", Reject.LOCAL),
        ("[::1]", Reject.LOCAL),
        ("http://192.168.0.1/admin", Reject.LOCAL),
        ("fe80::1", Reject.LOCAL),
        ("", Reject.NOT_A_NAME),
        ("*", Reject.NOT_A_NAME),
        ("-", Reject.NOT_A_NAME),
        ("evil", Reject.TOO_BROAD),
        ("evil example", Reject.NOT_A_NAME),
        ("evil_.exa mple", Reject.NOT_A_NAME),
        ("-evil.example", Reject.NOT_A_NAME),
        ("evil..example", Reject.NOT_A_NAME),
        ("1.2.3.4.5", Reject.NOT_A_NAME),
        ("a" * 64 + ".example", Reject.NOT_A_NAME),
        ("\u00fc." * 200 + "example", Reject.NOT_A_NAME),
        ("a." * 200 + "example", Reject.NOT_A_NAME),
        ("ana@evil.example", Reject.NOT_A_NAME),
        ("\u200b.example", Reject.NOT_A_NAME),
        ("d41d8cd98f00b204e9800998ecf8427e", Reject.TOO_BROAD),
        ("http://", Reject.NOT_A_NAME),
        ("http://exa mple/x", Reject.NOT_A_NAME),
    ],
)
def test_says_why_a_text_names_nothing(text: str, reason: Reject) -> None:
    assert entry_of(text) is reason


@given(st.text(max_size=60))
def test_any_text_is_an_entry_or_a_reason(text: str) -> None:
    found = entry_of(text)

    assert isinstance(found, Reject) or found.value.isascii()


def test_an_entry_finds_the_links_it_was_made_from() -> None:
    for text in ("http://evil.example/a/b.php?x=%41#y", "https://evil.example:444/a/b.php?x=A"):
        assert exact_name(link_to(text)) == "evil.example/a/b.php?x=A"


def test_wider_names_are_the_page_and_its_folders() -> None:
    assert list(wider_names("evil.example/a/b.php?x=1")) == ["evil.example/a/b.php", "evil.example/a/"]
    assert list(wider_names("evil.example/")) == []
    assert list(wider_names("evil.example/?x=1")) == ["evil.example/"]
    deep = list(wider_names("evil.example/1/2/3/4/5/6"))
    assert deep == ["evil.example/1/2/3/4/", "evil.example/1/2/3/", "evil.example/1/2/", "evil.example/1/"]


def test_hosts_go_up_to_the_site_and_not_beyond() -> None:
    assert list(hosts_of(link_to("http://a.b.evil.co.uk/x"))) == [
        "a.b.evil.co.uk",
        "www.a.b.evil.co.uk",
        "b.evil.co.uk",
        "evil.co.uk",
    ]
    assert list(hosts_of(link_to("http://www.evil.example/"))) == ["www.evil.example", "evil.example"]
    assert list(hosts_of(link_to("http://me.github.io/"))) == ["me.github.io", "www.me.github.io"]
    assert list(hosts_of(link_to("http://8.8.8.8/"))) == ["8.8.8.8"]


def test_a_hostile_host_has_no_more_parents_than_others() -> None:
    host = ".".join(["a"] * 60 + ["evil", "example"])

    assert len(list(parents_of(host))) == 5
    assert list(hosts_of(link_to(f"http://{host}/")))[-1] == "evil.example"
