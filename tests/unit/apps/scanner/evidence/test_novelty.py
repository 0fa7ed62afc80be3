"""Whether a chat knows a site."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.evidence import FakeLists, link, tables

from whinchat.apps.scanner.evidence.index import HISTORY, around
from whinchat.apps.scanner.evidence.situation import History, Situation
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Listing, Scope, Threat
from whinchat.apps.scanner.verdict import Level

CLUB = "https://kegelclub-musterstadt.de/termine"
NOW = 1_795_000_000_000

counts = st.integers(0, 20)
histories = st.builds(History, st.booleans(), st.integers(0, 2), counts, st.booleans(), counts, counts)


@cache
def judge() -> Judge:
    """Of a world in which the club is listed."""
    listing = Listing("alpha", Threat.PHISHING, Scope.HOST, decisive=True, version="7")
    return Judge(FakeLists(listed={"kegelclub-musterstadt.de": (listing,)}), tables=tables())


def noticed(history: History, url: str = CLUB) -> set[str]:
    return {evidence.name for evidence in around(link(url), Situation(tables(), history=history))}


def test_a_site_that_several_people_of_the_chat_have_long_shared_is_familiar() -> None:
    assert noticed(History(own_ground=True, senders_here=2)) == {"seen_here"}


def test_one_person_makes_nothing_familiar() -> None:
    assert noticed(History(own_ground=True, senders_here=1)) == set()


def test_several_other_chats_must_know_a_site_and_their_word_is_not_needed_where_it_is_known() -> None:
    assert noticed(History(own_ground=True, chats_elsewhere=2)) == set()
    assert noticed(History(own_ground=True, chats_elsewhere=3)) == {"known_elsewhere"}
    assert noticed(History(own_ground=True, chats_elsewhere=3, senders_here=2)) == {"seen_here"}


def test_what_is_new_in_a_chat_stands_out_unless_others_know_it() -> None:
    assert noticed(History(own_ground=True, new_here=True)) == {"new_here"}
    assert noticed(History(own_ground=True, new_here=True, chats_elsewhere=3)) == {"known_elsewhere"}


def test_a_brands_own_site_may_be_new() -> None:
    assert noticed(History(own_ground=True, new_here=True), "https://www.paypal.com/signin") == set()


@given(histories)
def test_hosting_is_never_familiar_and_never_new(history: History) -> None:
    shared = History(False, history.senders_here, history.chats_elsewhere, history.new_here)
    assert noticed(shared, "https://ana.pages.dev/") == set()


@given(histories)
def test_a_site_is_familiar_or_new_or_neither(history: History) -> None:
    assert len(noticed(history) & {"seen_here", "known_elsewhere", "new_here"}) <= 1


def test_without_a_history_nothing_is_noticed() -> None:
    assert [kind(link(CLUB), Situation(tables())) for kind in HISTORY] == [None] * len(HISTORY)


def test_what_was_noticed_before_is_all_that_counts_where_it_is_remembered() -> None:
    known = around(link(CLUB), Situation(tables(), history=History(own_ground=True, senders_here=2)))
    later = Situation(tables(), history=History(own_ground=True, new_here=True), remembered=tuple(known))
    assert around(link(CLUB), later) == known


@given(histories)
def test_no_history_makes_a_listed_link_better(history: History) -> None:
    alone = judge().judge(link(CLUB), NOW)
    assert alone.level is Level.MALICIOUS
    assert judge().in_situation(alone, link(CLUB), Situation(tables(), history=history)) == alone


@pytest.mark.parametrize("familiar", [History(True, 2), History(True, 0, 20)])
def test_familiarity_is_not_stronger_than_strong_evidence(familiar: History) -> None:
    """A site may have been hacked, or made familiar on purpose."""
    url = link("https://paypal.com@secure-paypa1-login.top/paypal/verify.php")
    found = judge().in_situation(judge().judge(url, NOW), url, Situation(tables(), history=familiar))
    assert found.level in {Level.MALICIOUS, Level.SUSPICIOUS}


def test_what_others_know_weighs_less_than_what_the_chat_knows() -> None:
    weights = judge().weights.evidence
    here, elsewhere = weights["seen_here"].weight, weights["known_elsewhere"].weight
    assert here is not None
    assert elsewhere is not None
    assert here < elsewhere < 0
