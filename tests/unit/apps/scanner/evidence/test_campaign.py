"""The same thing in many chats."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.evidence import judge, link, tables

from whinchat.apps.scanner.evidence.campaign import MANY
from whinchat.apps.scanner.evidence.index import around
from whinchat.apps.scanner.evidence.situation import History, Situation
from whinchat.apps.scanner.verdict import Level

SENT_AROUND = History(chats_with_site=MANY)
SHORT = History(chats_with_link=MANY)
NEWS = "https://smithtownnews.com/2026/11/council-approves-budget"


def noticed(history: History, url: str) -> set[str]:
    return {evidence.name for evidence in around(link(url), Situation(tables(), history=history))}


@pytest.mark.parametrize(
    ("history", "name"), [(SENT_AROUND, "site_in_many_chats"), (SHORT, "many_chats")], ids=["site", "link"]
)
def test_what_is_in_many_chats_at_once_is_sent_around(history: History, name: str) -> None:
    assert noticed(history, "https://ana.pages.dev/win") == {name}
    fewer = replace(history, chats_with_site=history.chats_with_site - 1, chats_with_link=history.chats_with_link - 1)
    assert noticed(fewer, "https://ana.pages.dev/win") == set()


@pytest.mark.parametrize(("here", "elsewhere"), [(2, 0), (0, 3)])
def test_what_was_known_for_a_week_is_shared_and_not_sent_around(here: int, elsewhere: int) -> None:
    assert "site_in_many_chats" not in noticed(replace(SENT_AROUND, senders_here=here, chats_elsewhere=elsewhere), NEWS)
    assert "many_chats" not in noticed(
        replace(SHORT, senders_here=here, chats_elsewhere=elsewhere), "https://bit.ly/3xYz"
    )


def test_a_brands_own_link_may_be_everywhere() -> None:
    assert noticed(SENT_AROUND, "https://www.paypal.com/pools/c/8Zx") == set()


def test_news_that_everybody_sends_around_is_not_dangerous_by_that() -> None:
    everywhere = History(own_ground=True, new_here=True, chats_with_link=16, chats_with_site=16)
    alone = judge().judge(link(NEWS), 0)
    found = judge().in_situation(alone, link(NEWS), Situation(tables(), history=everywhere))
    assert found.level is alone.level is Level.BENIGN
    assert alone.score < found.score < alone.score + 1.5
