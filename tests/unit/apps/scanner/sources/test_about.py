from __future__ import annotations

import pytest
from tests.support.evidence import link

from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.sources.about import Covers, Privacy, Sends, Subject


def test_nothing_leaves_the_machine_for_local_chats() -> None:
    assert [sends for sends in Sends if Privacy.LOCAL.allows(sends)] == [Sends.NOTHING]


def test_a_cautious_chat_gives_away_no_more_than_hash_prefixes() -> None:
    assert [sends for sends in Sends if Privacy.HASH_ONLY.allows(sends)] == [Sends.NOTHING, Sends.HASH_PREFIX]


def test_full_privacy_settings_allow_everything() -> None:
    assert all(map(Privacy.FULL.allows, Sends))


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (Subject.LINK, "https://shop.example.co.uk/a?b"),
        (Subject.HOST, "shop.example.co.uk"),
        (Subject.DOMAIN, "example.co.uk"),
    ],
)
def test_an_answer_holds_for_all_links_of_its_subject(subject: Subject, text: str) -> None:
    assert subject.of(link("https://shop.example.co.uk/a?b#c")) == text


def test_an_address_has_no_domain_and_stands_for_itself() -> None:
    assert Subject.DOMAIN.of(link("http://198.51.100.7/a")) == "198.51.100.7"


@pytest.mark.parametrize(
    ("url", "covers"),
    [
        ("https://example.net/", {Covers.ALL, Covers.NAMES, Covers.OWN_DOMAINS}),
        ("https://somebody.pages.dev/", {Covers.ALL, Covers.NAMES}),
        ("http://198.51.100.7/", {Covers.ALL}),
        ("tg://resolve?domain=x", set()),
    ],
)
def test_sources_are_asked_only_what_they_can_know(url: str, covers: set[Covers]) -> None:
    asked = parse_link(url)
    assert asked is None or {each for each in Covers if each.includes(asked)} == covers
