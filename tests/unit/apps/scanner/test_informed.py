"""The verdict of a link with what a deep look found."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from tests.support.evidence import FakeLists, judge, link, rules

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.evidence.page import Page
from whinchat.apps.scanner.judge import LISTED
from whinchat.apps.scanner.knowledge import Listing, Scope, SiteTag, Threat
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.answers import Missing, NoAnswer
from whinchat.apps.scanner.sources.asked import Asked
from whinchat.apps.scanner.verdict import DecidedBy, Depth, Level, Look, Verdict
from whinchat.core.ports import FetchFault

NOW = 1_795_000_000_000
LOOK = Look(Privacy.FULL, NOW)
LISTING = Listing("alpha", Threat.PHISHING, Scope.HOST, decisive=True, version="7")
LISTED_BY_SOURCE = Evidence("listed_by_source", {"source": "PhishTank", "threat": "phishing"}, 0.5)
ORDINARY, STRANGE = "https://ordinary-garden.org/page", "https://secure-wellsfargo-login.xyz/"
SHORT = "https://tiny.example/abc"
LISTS = FakeLists(
    listed={"listed.example.net": (LISTING,)},
    well_known=frozenset({"wikipedia.org", "tiny.example"}),
    tagged={"tiny.example": SiteTag.SHORTENER, "other-short.com": SiteTag.SHORTENER},
)
JUDGE = judge().variant(frozenset(), LISTS)


def informed(url: str, look: Look = LOOK, now: int = NOW) -> Verdict:
    return JUDGE.informed(link(url), look, now)


def leads_to(final: str, *through: str, **more: object) -> Look:
    return msgspec.structs.replace(LOOK, chain=(SHORT, *through), final=final, **more)


def local(url: str) -> Verdict:
    return JUDGE.judge(link(url), NOW)


# --- what sources say ------------------------------------------------------------------------------------------------


def test_a_look_that_found_nothing_changes_nothing_but_that_it_was_looked() -> None:
    for url in (ORDINARY, STRANGE, "https://en.wikipedia.org/wiki/Phishing"):
        found = informed(url)
        assert (found.depth, found.look) == (Depth.DEEP, LOOK)
        assert msgspec.structs.replace(found, look=None) == local(url)
    assert local(ORDINARY).depth is Depth.LOCAL


def test_a_listing_adds_to_the_evidence_and_says_so() -> None:
    found, before = informed(ORDINARY, msgspec.structs.replace(LOOK, gained=(LISTED_BY_SOURCE,))), local(ORDINARY)
    assert found.probability > before.probability
    assert found.log_odds > before.log_odds
    assert found.decided_by is DecidedBy.EVIDENCE
    assert "listed_by_source" in {reason.name for reason in found.reasons}
    assert "sources" in found.speaking
    assert "sources" not in before.speaking


def test_what_spoke_against_a_link_before_the_look_counts_on() -> None:
    listed = msgspec.structs.replace(LOOK, gained=(LISTED_BY_SOURCE,))
    added = [informed(url, listed).log_odds - local(url).log_odds for url in (ORDINARY, STRANGE)]
    assert added[0] == pytest.approx(added[1])
    assert added[0] > 0
    assert local(STRANGE).log_odds > local(ORDINARY).log_odds
    before, after = ({reason.name for reason in found.reasons} for found in (local(STRANGE), informed(STRANGE, listed)))
    assert before < after


def test_a_decisive_listing_decides() -> None:
    found = informed(ORDINARY, msgspec.structs.replace(LOOK, decisive="safe_browsing"))
    assert (found.level, found.decided_by) == (Level.MALICIOUS, DecidedBy.SOURCE)
    assert found.probability >= LISTED


def test_a_feed_comes_before_the_sources() -> None:
    found = informed("https://listed.example.net/", msgspec.structs.replace(LOOK, decisive="safe_browsing"))
    assert (found.level, found.decided_by) == (Level.MALICIOUS, DecidedBy.FEED)


def test_a_well_known_site_loses_its_privilege_when_a_source_lists_it() -> None:
    url = "https://en.wikipedia.org/wiki/Phishing"
    assert informed(url).decided_by is DecidedBy.REPUTATION
    found = informed(url, msgspec.structs.replace(LOOK, gained=(LISTED_BY_SOURCE,)))
    assert found.decided_by is DecidedBy.EVIDENCE


def test_sources_without_an_answer_clear_nothing() -> None:
    silent = Asked({"urlhaus": NoAnswer(Missing.TIMEOUT), "virustotal": NoAnswer(Missing.REFUSED)})
    found, before = informed(STRANGE, msgspec.structs.replace(LOOK, asked=silent)), local(STRANGE)
    assert (found.level, found.probability) == (before.level, before.probability)
    assert found.asked.failed == ("urlhaus", "virustotal")


def test_what_an_older_version_found_and_this_one_does_not_know_weighs_nothing() -> None:
    gained = (Evidence("of an older version"),)
    assert informed(ORDINARY, msgspec.structs.replace(LOOK, gained=gained)).log_odds == local(ORDINARY).log_odds


# --- where it leads --------------------------------------------------------------------------------------------------


def test_a_short_link_alone_is_never_harmless() -> None:
    assert local(SHORT).level is Level.UNKNOWN
    assert informed(SHORT).level is Level.UNKNOWN


def test_a_short_link_is_what_it_leads_to() -> None:
    good, bad = informed(SHORT, leads_to(ORDINARY)), informed(SHORT, leads_to(STRANGE))
    assert good.level is Level.BENIGN
    assert bad.level in {Level.SUSPICIOUS, Level.MALICIOUS}
    for found, final in ((good, ORDINARY), (bad, STRANGE)):
        assert (found.url, found.host, found.final, found.chain) == (link(SHORT).url, "tiny.example", final, (SHORT,))


def test_it_is_as_bad_as_the_worst_address_on_the_way() -> None:
    found = informed(SHORT, leads_to(ORDINARY, "https://listed.example.net/"))
    assert (found.level, found.decided_by, found.host) == (Level.MALICIOUS, DecidedBy.FEED, "tiny.example")


def test_the_way_itself_is_evidence() -> None:
    names = {reason.name for reason in informed(SHORT, leads_to(ORDINARY, "https://other-short.com/x")).reasons}
    assert {"several_redirects", "hidden_shortener"} <= names


@pytest.mark.parametrize("fault", list(FetchFault))
def test_a_way_that_could_not_be_gone_to_its_end_clears_nothing(fault: FetchFault) -> None:
    assert informed(SHORT, leads_to(ORDINARY, fault=fault)).level is Level.UNKNOWN


def test_a_way_that_ends_at_another_short_link_clears_nothing() -> None:
    assert informed(SHORT, leads_to("https://other-short.com/x")).level is Level.UNKNOWN


def test_old_lists_clear_nothing_where_a_short_link_leads() -> None:
    old = judge().variant(frozenset(), FakeLists(tagged=LISTS.tagged, age_days=1000.0))
    assert old.informed(link(SHORT), leads_to(ORDINARY), NOW).level is Level.UNKNOWN


def test_the_redirector_that_a_link_was_taken_out_of_still_counts() -> None:
    wrapped = replace(link(ORDINARY), wrapper=link("https://listed.example.net/?to=elsewhere"))
    found = JUDGE.informed(wrapped, LOOK, NOW)
    assert (found.level, found.host) == (Level.MALICIOUS, "ordinary-garden.org")
    assert found.wrapper == "https://listed.example.net/?to=elsewhere"


def test_a_final_address_that_is_no_link_leaves_the_link_itself() -> None:
    found = informed(ORDINARY, msgspec.structs.replace(LOOK, final="tel:?"))
    assert found.level is local(ORDINARY).level


def test_what_stands_there_is_evidence() -> None:
    poses = Page(200, title="Wells Fargo sign in", asks_password=True, visited_at=NOW)
    found, before = informed(ORDINARY, msgspec.structs.replace(LOOK, page=poses)), local(ORDINARY)
    assert "password_for_brand" in {reason.name for reason in found.reasons}
    assert found.probability > before.probability


# --- how long it lasts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decisive", [None, "safe_browsing"])
def test_it_lasts_from_the_look_also_when_it_is_judged_anew_later(decisive: str | None) -> None:
    look = msgspec.structs.replace(LOOK, decisive=decisive)
    found = informed(STRANGE, look, NOW + 5000)
    seconds = getattr(rules().lifetimes, found.level.value)
    assert found.checked_at == NOW + 5000
    assert found.expires_at == NOW + seconds * 1000


def test_what_a_feed_lists_lasts_until_the_feeds_change() -> None:
    listed = rules().lifetimes.listed * 1000
    assert local("https://listed.example.net/").expires_at == NOW + listed
    assert informed("https://listed.example.net/", LOOK, NOW + 5000).expires_at == NOW + 5000 + listed


def test_lifetimes_are_as_people_are_told() -> None:
    lifetimes = rules().lifetimes
    assert (lifetimes.benign, lifetimes.suspicious, lifetimes.malicious, lifetimes.unknown) == (86400, 3600, 900, 60)


def test_a_verdict_survives_being_stored() -> None:
    found = informed(SHORT, leads_to(STRANGE, gained=(LISTED_BY_SOURCE,), fault=FetchFault.TIMEOUT))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=Verdict) == found
