"""What a link passed through on the way to its page."""

from __future__ import annotations

from dataclasses import replace

from tests.support.evidence import FakeLists, link, tables

from whinchat.apps.scanner.evidence.index import gather
from whinchat.apps.scanner.evidence.known import Evidence, know
from whinchat.apps.scanner.knowledge import SiteTag
from whinchat.apps.scanner.links.link import Link

LISTS = FakeLists(
    well_known=frozenset({"shop.example", "google.com"}),
    tagged={"bit.ly": SiteTag.SHORTENER, "google.com": SiteTag.REDIRECTOR},
)
TARGET = link("https://evil.example/")
SHORT = link("https://bit.ly/abc")
WRAPPER = link("https://www.google.com/url?q=https://evil.example/")


def found(about: Link, *chain: Link) -> dict[str, Evidence]:
    return {each.name: each for each in gather(about, know(about, tables(), LISTS, chain))}


def test_being_passed_on_once_is_usual() -> None:
    names = found(replace(TARGET, wrapper=WRAPPER)).keys()
    assert "wrapped" in names
    assert not {"several_redirects", "hidden_shortener", "open_redirect"} & names


def test_each_further_step_counts() -> None:
    steps = [link(f"https://step{number}.example/") for number in range(1, 7)]
    assert found(TARGET, *steps[:2])["several_redirects"].amount == 1
    assert found(TARGET, *steps)["several_redirects"].amount == 3
    assert found(TARGET, *steps)["several_redirects"].values == {"count": "6"}


def test_a_site_that_forwards_within_itself_is_one_step() -> None:
    assert "several_redirects" not in found(TARGET, link("http://step.example/"), link("https://www.step.example/a"))


def test_wrappers_and_followed_redirects_are_one_chain() -> None:
    inside = replace(link("https://t.example/x"), wrapper=WRAPPER)
    assert found(inside, link("https://step.example/"))["several_redirects"].values == {"count": "2"}


def test_a_short_link_inside_a_redirector_is_hidden() -> None:
    assert found(replace(SHORT, wrapper=WRAPPER))["hidden_shortener"].values == {"site": "bit.ly"}
    assert found(TARGET, WRAPPER, SHORT)["hidden_shortener"].values == {"site": "bit.ly"}
    assert "hidden_shortener" not in found(TARGET, SHORT)
    assert "hidden_shortener" not in found(SHORT)


def test_a_well_known_site_that_sends_on_lends_its_name() -> None:
    borrowed = link("https://www.shop.example/out?to=evil.example")
    assert found(TARGET, borrowed)["open_redirect"].values == {"site": "shop.example"}
    assert "open_redirect" not in found(link("https://help.shop.example/"), borrowed)
    assert "open_redirect" not in found(TARGET, WRAPPER)
    assert "open_redirect" not in found(TARGET, link("https://unknown.example/out"))


def test_a_known_rewriter_lends_nothing() -> None:
    rewriter = link("https://mail.shop.example/rewritten")
    assert "open_redirect" not in found(replace(TARGET, wrapper=rewriter))
