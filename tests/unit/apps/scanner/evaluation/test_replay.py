"""Who posted a site when, and what the next one to post it is told of that."""

from __future__ import annotations

import pytest
from tests.support.evaluations import DatedLists
from tests.support.evidence import link

from whinchat.apps.scanner.evaluation.replay import Replay
from whinchat.apps.scanner.evidence.situation import History
from whinchat.apps.scanner.knowledge import SiteTag

DAY = 86_400_000
HOUR = DAY // 24
SITE = link("https://club.example/news")
OTHER = link("https://other.example/")


@pytest.fixture
def replay() -> Replay:
    return Replay(DatedLists(well_known=frozenset({"famous.example"}), tagged={"short.example": SiteTag.SHORTENER}))


def history(replay: Replay, day: float, chat: str = "club", url: str = "https://club.example/x") -> History:
    found = replay.history(link(url), chat, round(day * DAY))
    assert found is not None
    return found


def saw(replay: Replay, sender: str, day: float, chat: str = "club", *, warned: bool = False) -> None:
    replay.saw(SITE, chat, sender, round(day * DAY), warned=warned)


def test_two_people_and_a_week_make_a_site_familiar(replay: Replay) -> None:
    assert history(replay, 0).senders_here == 0
    saw(replay, "ana", 0)
    saw(replay, "ana", 1)
    saw(replay, "bob", 2)
    assert [history(replay, day).senders_here for day in (6.9, 7, 8.9, 9)] == [0, 1, 1, 2]
    assert history(replay, 9).own_ground


def test_a_warning_ends_it(replay: Replay) -> None:
    saw(replay, "ana", 0)
    saw(replay, "bob", 1, warned=True)
    assert history(replay, 20).senders_here == 0
    assert history(replay, 20, chat="elsewhere").chats_elsewhere == 0


def test_other_chats_count_when_another_person_began_there(replay: Replay) -> None:
    for chat, first in (("a", "ana"), ("b", "ana"), ("c", "eve")):
        saw(replay, first, 0, chat)
        saw(replay, "bob", 1, chat)
    assert history(replay, 30).chats_elsewhere == 2
    assert history(replay, 30, chat="c").chats_elsewhere == 1


def test_a_site_is_new_only_where_others_are_known(replay: Replay) -> None:
    replay.saw(OTHER, "club", "ana", 0, warned=False)
    assert not history(replay, 9).new_here
    replay.saw(OTHER, "club", "bob", DAY, warned=False)
    assert [history(replay, day).new_here for day in (7.9, 8)] == [False, True]
    saw(replay, "ana", 9)
    assert history(replay, 10).new_here
    assert not history(replay, 17).new_here


def test_the_same_in_many_chats_within_hours(replay: Replay) -> None:
    for number in range(4):
        saw(replay, "eve", 1, f"chat {number}")
    soon = history(replay, 1 + 1 / 24)
    assert (soon.chats_with_site, soon.chats_with_link) == (4, 0)
    assert history(replay, 2).chats_with_site == 0


def test_of_short_links_only_the_link_itself_is_counted(replay: Replay) -> None:
    short = link("https://short.example/abc")
    replay.saw(short, "a", "eve", DAY, warned=False)
    found = history(replay, 1, url="https://short.example/abc")
    assert (found.own_ground, found.chats_with_link, found.chats_with_site) == (False, 1, 0)
    assert history(replay, 1, url="https://short.example/xyz").chats_with_link == 0


def test_of_well_known_sites_nothing_is_remembered(replay: Replay) -> None:
    famous = link("https://famous.example/")
    replay.saw(famous, "club", "ana", 0, warned=False)
    assert replay.history(famous, "club", DAY) is None
