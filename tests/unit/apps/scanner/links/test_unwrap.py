"""What wrappers hold, and that what only looks like a wrapper is left alone."""

from __future__ import annotations

import pytest

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.links.unwrap import DEEPEST, unwrap

EVIL = "https%3A%2F%2Fevil.example%2Fx%3Fa%3D1%26b%3D2"
TARGET = "https://evil.example/x?a=1&b=2"


def read(url: str) -> Link:
    link = parse_link(url)
    assert link
    return link


TARGETS: tuple[tuple[str, str], ...] = (
    (f"https://www.google.com/url?sa=t&q={EVIL}", TARGET),
    (f"https://www.google.co.uk/url?url={EVIL}", TARGET),
    (f"https://google.com.br/url?q={EVIL}", TARGET),
    (f"https://maps.google.de/url?q={EVIL}", TARGET),
    (f"https://www.google.com/imgres?imgurl=x&imgrefurl={EVIL}", TARGET),
    (f"https://translate.google.com/translate?sl=a&u={EVIL}", TARGET),
    (f"https://l.facebook.com/l.php?u={EVIL}&h=AT0", TARGET),
    (f"https://lm.facebook.com/l.php?u={EVIL}", TARGET),
    (f"https://l.instagram.com/?u={EVIL}&e=x", TARGET),
    (f"https://eur01.safelinks.protection.outlook.com/?url={EVIL}&data=05", TARGET),
    (f"https://eur01.safelinks.protection.outlook.com/ap/t-59/?url={EVIL}", TARGET),
    (
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__evil.example_x-3Fa-3D1&d=DwM",
        "https://evil.example/x?a=1",
    ),
    (f"https://urldefense.proofpoint.com/v1/url?u={EVIL}&k=abc", TARGET),
    ("https://urldefense.com/v3/__https://evil.example/x__;!!abc!def$", "https://evil.example/x"),
    ("https://urldefense.com/v3/__https:/evil.example/x*y*z__;Kis!!abc!def$", "https://evil.example/x*y+z"),
    ("https://urldefense.com/v3/__https://evil.example/x**Ay__;Kis!!abc!def$", "https://evil.example/x*+y"),
    ("https://urldefense.com/v3/__https://evil.example/x*__;w!!abc", "https://evil.example/x"),
    (f"https://protect-eu.mimecast.com/s/abc?url={EVIL}", TARGET),
    ("https://url.uk.m.mimecastprotect.com/s/abc?domain=evil.example", "http://evil.example/"),
    (f"https://linkprotect.cudasvc.com/url?a={EVIL}&c=E", TARGET),
    ("https://secure-web.cisco.com/1abc/https%3A%2F%2Fevil.example%2Fx", "https://evil.example/x"),
    ("https://url.avanan.click/v2/___https://evil.example/x___.YXAz", "https://evil.example/x"),
    (
        "https://eu-west-1.protection.sophos.com/?d=evil.example&u=aHR0cHM6Ly9ldmlsLmV4YW1wbGUveA==&i=1",
        "https://evil.example/x",
    ),
    ("https://www-evil-example.cdn.ampproject.org/c/s/www.evil.example/x", "https://www.evil.example/x"),
    ("https://cdn.ampproject.org/v/evil.example/x?y=1", "http://evil.example/x?y=1"),
    ("https://www.google.com/amp/s/evil.example/x", "https://evil.example/x"),
    ("https://www.bing.com/amp/s/evil.example/x", "https://evil.example/x"),
    ("https://evil-example.translate.goog/x?y=1&_x_tr_sl=auto", "https://evil.example/x?y=1"),
    ("https://my--shop-example.translate.goog/", "https://my-shop.example/"),
    ("https://web.archive.org/web/20200101000000/https://evil.example/x?y=1", "https://evil.example/x?y=1"),
    ("https://web.archive.org/web/2020id_/http:/evil.example/", "http://evil.example/"),
    ("https://web.archive.org/web/2020*/evil.example", "http://evil.example/"),
    ("https://web.archive.org/save/https://evil.example/x", "https://evil.example/x"),
    ("https://archive.ph/o/aB3dE/https://evil.example/x", "https://evil.example/x"),
    ("https://archive.today/newest/https://evil.example/x", "https://evil.example/x"),
    ("https://archive.is/https://evil.example/x", "https://evil.example/x"),
    (
        "https://webcache.googleusercontent.com/search?q=cache:abcdefghijkl:evil.example/x+&cd=1",
        "http://evil.example/x",
    ),
    ("https://t.me/iv?url=https%3A%2F%2Fevil.example%2Fx&rhash=1", "https://evil.example/x"),
    (f"https://vk.com/away.php?to={EVIL}", TARGET),
    (f"https://slack-redir.net/link?url={EVIL}", TARGET),
    (f"https://www.youtube.com/redirect?event=x&q={EVIL}", TARGET),
    (f"https://www.linkedin.com/redir/redirect?url={EVIL}", TARGET),
    (f"https://www.linkedin.com/safety/go?url={EVIL}", TARGET),
    (f"https://steamcommunity.com/linkfilter/?u={EVIL}", TARGET),
    ("https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly9ldmlsLmV4YW1wbGUveA&ntb=1", "https://evil.example/x"),
    (f"https://duckduckgo.com/l/?uddg={EVIL}", TARGET),
    (f"https://yandex.ru/redir?url={EVIL}", TARGET),
    (f"https://sba.yandex.net/redirect?url={EVIL}", TARGET),
    (f"https://out.reddit.com/t3?url={EVIL}", TARGET),
    (f"https://link.zhihu.com/?target={EVIL}", TARGET),
    (f"https://medium.com/r/?url={EVIL}", TARGET),
    ("https://href.li/?https://evil.example/x", "https://evil.example/x"),
    ("https://12ft.io/https://evil.example/x", "https://evil.example/x"),
    (f"https://abc.page.link/?link={EVIL}&apn=x", TARGET),
    (f"https://abc.app.goo.gl/?link={EVIL}", TARGET),
    (f"https://shop.onelink.me/abc?af_web_dp={EVIL}", TARGET),
    (f"https://shop.app.link/abc?%24fallback_url={EVIL}", TARGET),
    (f"https://www.googleadservices.com/pagead/aclk?sa=L&adurl={EVIL}", TARGET),
    (f"https://adclick.g.doubleclick.net/pcs/click?xai=1&adurl={EVIL}", TARGET),
    ("intent://evil.example/x#Intent;scheme=https;package=com.x;end", "https://evil.example/x"),
    (f"intent://scan/#Intent;scheme=zxing;S.browser_fallback_url={EVIL};end", TARGET),
    ("googlechrome://navigate?url=https://evil.example/x", "https://evil.example/x"),
    ("https://www.google.com/url?q=https%253A%252F%252Fevil.example%252Fx", "https://evil.example/x"),
    ("https://www.google.com/url?q=//evil.example/x", "https://evil.example/x"),
    ("https://www.google.com/url?q=evil.example/x", "http://evil.example/x"),
    ("https://www.google.com/url?q=a1.evil.example/x", "http://a1.evil.example/x"),
    ("https://www.google.com/url?Q=evil.example/x", "http://evil.example/x"),
)


def test_targets() -> None:
    for url, target in TARGETS:
        link = read(url)
        found = unwrap(link)
        assert found, url
        assert found.url == target
        assert found.wrapper == link
        assert (found.raw, found.start, found.end) == (link.raw, link.start, link.end)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/?url=https://evil.example",
        "https://google.com.evil.top/url?q=https://evil.example",
        "https://notgoogle.com/url?q=https://evil.example",
        "https://www.google.com/search?q=https://evil.example",
        "https://www.google.com/url?q=weather",
        "https://www.google.com/url",
        "https://www.google.com/a/example.com/x",
        "https://l.facebook.com/l.php?h=1",
        "https://t.me/evil_bot?url=https://evil.example",
        "https://urldefense.proofpoint.com/v2/url?d=1",
        "https://urldefense.com/v3/broken",
        "https://www.bing.com/ck/a?u=a1%FF%FF",
        "https://www.bing.com/ck/a?u=a1aGVsbG8",
        "https://a.b.translate.goog/",
        "https://plain.translate.goog/",
        "https://cdn.ampproject.org/c/s/nothing",
        "https://web.archive.org/web/2020/",
        "https://webcache.googleusercontent.com/search?q=weather",
        "https://webcache.googleusercontent.com/search",
        "https://secure-web.cisco.com/1abc/x",
        "https://url.avanan.click/v2/x",
        "https://12ft.io/about",
        "http://93.184.216.34/url?q=https://evil.example",
        "intent://scan/#Intent;scheme=zxing;end",
        "tg://resolve?domain=evil",
        "tg://settings",
    ],
)
def test_nothing_is_inside(url: str) -> None:
    assert unwrap(read(url)) is None


def test_a_wrapper_of_itself_ends() -> None:
    assert unwrap(read("https://www.google.com/url?q=https://www.google.com/url")) is not None
    assert unwrap(read("https://12ft.io/https://12ft.io/https://12ft.io/")) is not None


def test_wrappers_are_followed_to_a_bound() -> None:
    url = "https://r.jina.ai/" * (DEEPEST + 3) + "https://evil.example/"
    found = unwrap(read(url))
    depth = 0
    while found:
        found, depth = found.wrapper, depth + 1
    assert depth == DEEPEST + 1
