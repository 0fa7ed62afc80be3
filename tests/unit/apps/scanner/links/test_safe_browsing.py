"""Google's published vectors, all of them, and what they leave open.

Sources: developers.google.com/safe-browsing/v4/urls-hashing (version 4: the 33 canonical forms, expressions) and
developers.google.com/safe-browsing/reference/URLs.and.Hashing (version 5: IPv6, expressions from the site down).
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.links.safe_browsing import canonicalise, expressions

LONG = (
    "http://195.127.0.11/uploads/%20%20%20%20/.verify/"
    ".eBaysecure=updateuserdataxplimnbqmn-xplmvalidateinfoswqpcmlx=hgplmcx/"
)


PUBLISHED: tuple[tuple[str | bytes, str], ...] = (
    ("http://host/%25%32%35", "http://host/%25"),
    ("http://host/%25%32%35%25%32%35", "http://host/%25%25"),
    ("http://host/%2525252525252525", "http://host/%25"),
    ("http://host/asdf%25%32%35asd", "http://host/asdf%25asd"),
    ("http://host/%%%25%32%35asd%%", "http://host/%25%25%25asd%25%25"),
    ("http://www.google.com/", "http://www.google.com/"),
    (
        "http://%31%36%38%2e%31%38%38%2e%39%39%2e%32%36/%2E%73%65%63%75%72%65/%77%77%77%2E%65%62%61%79%2E%63%6F%6D/",
        "http://168.188.99.26/.secure/www.ebay.com/",
    ),
    (LONG, LONG),
    (
        "http://host%23.com/%257Ea%2521b%2540c%2523d%2524e%25f%255E00%252611%252A22%252833%252944_55%252B",
        "http://host%23.com/~a!b@c%23d$e%25f^00&11*22(33)44_55+",
    ),
    ("http://3279880203/blah", "http://195.127.0.11/blah"),
    ("http://www.google.com/blah/..", "http://www.google.com/"),
    ("www.google.com/", "http://www.google.com/"),
    ("www.google.com", "http://www.google.com/"),
    ("http://www.evil.com/blah#frag", "http://www.evil.com/blah"),
    ("http://www.GOOgle.com/", "http://www.google.com/"),
    ("http://www.google.com.../", "http://www.google.com/"),
    ("http://www.google.com/foo\tbar\rbaz\n2", "http://www.google.com/foobarbaz2"),
    ("http://www.google.com/q?", "http://www.google.com/q?"),
    ("http://www.google.com/q?r?", "http://www.google.com/q?r?"),
    ("http://www.google.com/q?r?s", "http://www.google.com/q?r?s"),
    ("http://evil.com/foo#bar#baz", "http://evil.com/foo"),
    ("http://evil.com/foo;", "http://evil.com/foo;"),
    ("http://evil.com/foo?bar;", "http://evil.com/foo?bar;"),
    (b"http://\x01\x80.com/", "http://%01%80.com/"),
    ("http://notrailingslash.com", "http://notrailingslash.com/"),
    ("http://www.gotaport.com:1234/", "http://www.gotaport.com/"),
    ("  http://www.google.com/  ", "http://www.google.com/"),
    ("http:// leadingspace.com/", "http://%20leadingspace.com/"),
    ("http://%20leadingspace.com/", "http://%20leadingspace.com/"),
    ("%20leadingspace.com/", "http://%20leadingspace.com/"),
    ("https://www.securesite.com/", "https://www.securesite.com/"),
    ("http://host.com/ab%23cd", "http://host.com/ab%23cd"),
    ("http://host.com//twoslashes?more//slashes", "http://host.com/twoslashes?more//slashes"),
)


def test_published_vectors() -> None:
    assert [canonicalise(url) for url, _ in PUBLISHED] == [canonical for _, canonical in PUBLISHED]


BETWEEN: tuple[tuple[str, str], ...] = (
    ("ftp://ftp.myfiles.com/", "ftp://ftp.myfiles.com/"),
    ("http://some%1bhost.com/%1b", "http://some%1Bhost.com/%1B"),
    ("http://a.com/%25%32%2535%2%31%zz", "http://a.com/%25!%25zz"),
    ("http://a.com/?%" + "25" * 500 + "41", "http://a.com/?A"),
    ("http://a.com/" + "%3" * 500 + "%32", "http://a.com/2"),
    ("http%3A%2F%2Fwackyurl.com:80/", "http://wackyurl.com/"),
    ("http://W!eird<>Ho$^.com/", "http://w!eird<>ho$^.com/"),
    ("http://www.\u00fcmlat.com/", "http://www.xn--mlat-zra.com/"),
    ("http://[2001:470:1:18::114]:80/", "http://[2001:470:1:18::114]/"),
    ("http://[2001:0db8:0000::1]/", "http://[2001:db8::1]/"),
    ("http://[::ffff:1.2.3.4]/", "http://1.2.3.4/"),
    ("http://[64:ff9b::1.2.3.4]/", "http://1.2.3.4/"),
    (
        "http://[FEDC:BA98:7654:3210:FEDC:BA98:7654:3210]:80/index.html",
        "http://[fedc:ba98:7654:3210:fedc:ba98:7654:3210]/index.html",
    ),
    ("http://[no-address]/", "http://[no-address]/"),
    ("http://user:secret@example.com/", "http://example.com/"),
    ("www.gotaport.com:1234/", "http://www.gotaport.com/"),
    ("http://google...com/", "http://google.com/"),
    ("http://..google.com/", "http://google.com/"),
    ("http://a.com/foo/.././bar/./../foo.html", "http://a.com/foo.html"),
    ("http://a.com/a/..", "http://a.com/"),
    ("http://a.com/a/b/..", "http://a.com/a/"),
    ("http://a.com/../..", "http://a.com/"),
    ("http://a.com/a/.", "http://a.com/a/"),
    ("http://a.com//a//b///c////", "http://a.com/a/b/c/"),
    ("http://a.com?q", "http://a.com/?q"),
    ("http://12.0x12.01234/", "http://12.18.2.156/"),
    ("http://276.2.3/", "http://20.2.0.3/"),
    ("http://012.034.01.055/", "http://10.28.1.45/"),
    ("http://0x12.0x43.0x44.0x01/", "http://18.67.68.1/"),
    ("http://167838211/", "http://10.1.2.3/"),
    ("http://4294967295/", "http://255.255.255.255/"),
    ("http://123.123.0.0.1/", "http://123.123.0.0.1/"),
    ("http://1.2.3.08/", "http://1.2.3.08/"),
    ("http://1.2.3.00x0/", "http://1.2.3.00x0/"),
)


def test_the_cases_between() -> None:
    assert [canonicalise(url) for url, _ in BETWEEN] == [canonical for _, canonical in BETWEEN]


@pytest.mark.parametrize(
    "url",
    [
        "", ":", "/blah", "#ref", "/blah#ref", "?query", "?query#ref", "/blah?query#ref", "/blah;param", "http://",
        "http://#ref", "http:///blah", "http:///blah#ref", "http://?query#ref", "http:///blah;param?query#ref",
        "mailto:ana@example.com",
    ],
)  # fmt: skip
def test_without_a_host_there_is_nothing_to_look_up(url: str) -> None:
    with pytest.raises(ValueError, match=r"host|URL"):
        canonicalise(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "http://a.b.c/1/2.html?param=1",
            [f"{host}/{path}" for host in ("a.b.c", "b.c") for path in ("1/2.html?param=1", "1/2.html", "", "1/")],
        ),
        (
            "http://a.b.c.d.e.f.g/1.html",
            [
                f"{host}/{path}"
                for host in ("a.b.c.d.e.f.g", "c.d.e.f.g", "d.e.f.g", "e.f.g", "f.g")
                for path in ("1.html", "")
            ],
        ),
        (
            "http://a.b.com/1/2.html?param=1",
            [f"{host}/{path}" for host in ("a.b.com", "b.com") for path in ("1/2.html?param=1", "1/2.html", "", "1/")],
        ),
        (
            "http://a.b.c.d.e.f.com/1.html",
            [
                f"{host}/{path}"
                for host in ("a.b.c.d.e.f.com", "c.d.e.f.com", "d.e.f.com", "e.f.com", "f.com")
                for path in ("1.html", "")
            ],
        ),
        ("http://1.2.3.4/1/", ["1.2.3.4/1/", "1.2.3.4/"]),
        ("http://example.co.uk/1", ["example.co.uk/1", "example.co.uk/"]),
        (
            "http://b.com/1/2/3/4/5.html",
            ["b.com/1/2/3/4/5.html", "b.com/", "b.com/1/", "b.com/1/2/", "b.com/1/2/3/"],
        ),
        ("http://a.b/?", ["a.b/"]),
        ("http://[2001:470:1:18::114]/a/b", [f"[2001:470:1:18::114]/{path}" for path in ("a/b", "", "a/")]),
        ("http://evil.github.io/", ["evil.github.io/"]),
        ("http://github.io/x", ["github.io/x", "github.io/"]),
    ],
)
def test_expressions(url: str, expected: list[str]) -> None:
    assert sorted(expressions(url)) == sorted(expected)
    assert expressions(url)[0] == expected[0]


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=80))
def test_a_canonical_url_is_its_own_canonical_form(tail: str) -> None:
    once = canonicalise(f"http://example.com/{tail}")
    assert canonicalise(once) == once
    assert len(expressions(once)) <= 30
