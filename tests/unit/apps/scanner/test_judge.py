from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from tests.support.evidence import FakeLists, judge, link, rules, tables, weights

from whinchat.apps.scanner.evidence.situation import History, Situation
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Listing, Scope, SiteTag, Threat
from whinchat.apps.scanner.model.file import shipped
from whinchat.apps.scanner.verdict import DecidedBy, Level, Verdict

NOW = 1_795_000_000_000
DAY = 24 * 3600 * 1000  # milliseconds
WARNED = {Level.SUSPICIOUS, Level.MALICIOUS}
LISTING = Listing("alpha", Threat.PHISHING, Scope.HOST, decisive=True, version="7")


def judge_with(lists: FakeLists) -> Judge:
    return judge().variant(frozenset(), lists)


def verdict(url: str, lists: FakeLists | None = None) -> Verdict:
    found = judge() if lists is None else judge_with(lists)
    return found.judge(link(url), NOW)


def test_the_link_of_the_demo_is_dangerous_and_says_why() -> None:
    found = verdict("Https://paypa1-login.pages.dev/verify")
    assert found.level in {Level.SUSPICIOUS, Level.MALICIOUS}
    assert found.pretends == "PayPal"
    assert {"brand_lookalike", "bait_in_path"} <= {reason.name for reason in found.reasons}
    assert found.decided_by is DecidedBy.EVIDENCE


@pytest.mark.parametrize(
    "url",
    [
        "https://paypal.com.account-verify.top/login",
        "https://secure-wellsfargo-login.xyz/",
        "https://metamask-wallet-recovery.pages.dev/",
        "https://netflixx-billing-update.com/signin",
        "https://paypal.com@login-verify.top/",
    ],
)
def test_plain_phishing_is_warned_about(url: str) -> None:
    assert verdict(url).level in {Level.SUSPICIOUS, Level.MALICIOUS}


@pytest.mark.parametrize(
    "url",
    [
        "https://www.paypal.com/signin",
        "https://accounts.google.com/v3/signin/identifier",
        "https://login.live.com/login.srf",
        "https://www.gov.uk/sign-in",
        "https://smithtownnews.com/2026/11/council-approves-budget",
        "https://en.wikipedia.org/wiki/Phishing",
        "https://example.org/",
    ],
)
def test_ordinary_links_are_not(url: str) -> None:
    assert verdict(url).level is Level.BENIGN


@pytest.mark.parametrize(
    "url", ["https://apple-pie-recipes.com/", "https://my-first-garden-blog.net/", "https://tools.example.top/"]
)
def test_a_name_alone_is_no_reason_to_warn(url: str) -> None:
    assert verdict(url).level in {Level.BENIGN, Level.UNKNOWN}


def test_a_decisive_listing_decides_whatever_the_evidence() -> None:
    lists = FakeLists(listed={"example.org": (LISTING,)}, well_known=frozenset({"example.org"}))
    found = verdict("https://example.org/", lists)
    assert (found.level, found.decided_by) == (Level.MALICIOUS, DecidedBy.FEED)
    assert found.probability >= 0.99


def test_a_lesser_listing_only_counts_towards_it() -> None:
    lesser = replace(LISTING, decisive=False)
    found = verdict("https://smithtownnews.com/", FakeLists(listed={"smithtownnews.com": (lesser,)}))
    assert found.decided_by is DecidedBy.EVIDENCE
    assert found.score > verdict("https://smithtownnews.com/").score


def test_popular_alone_is_benign() -> None:
    lists = FakeLists(well_known=frozenset({"qxzvk.top"}), age_days=None)
    assert verdict("https://qxzvk.top/", FakeLists()).level is not Level.BENIGN
    # Something still speaks against the ending, so being known does not clear it without fresh lists.
    assert verdict("https://smithtownnews.com/", replace(lists, well_known=frozenset({"smithtownnews.com"}))).level is (
        Level.BENIGN
    )


@pytest.mark.parametrize("tag", [SiteTag.SHORTENER, SiteTag.REDIRECTOR, SiteTag.HOSTING])
def test_popular_ground_that_others_use_proves_nothing(tag: SiteTag) -> None:
    lists = FakeLists(well_known=frozenset({"t.co"}), tagged={"t.co": tag}, age_days=None)
    assert verdict("https://t.co/x7Kp2q", lists).level is Level.UNKNOWN


def test_popular_does_not_help_a_trap() -> None:
    lists = FakeLists(well_known=frozenset({"example.org"}), age_days=None)
    assert verdict("https://paypal.com@example.org/", lists).level is not Level.BENIGN


@pytest.mark.parametrize("age", [None, 1000.0])
def test_without_fresh_lists_nothing_is_called_benign(age: float | None) -> None:
    assert verdict("https://smithtownnews.com/", FakeLists(age_days=age)).level is Level.UNKNOWN


def test_on_the_word_of_a_model_of_last_year_nothing_is_called_benign() -> None:
    url = link("https://smithtownnews.com/")
    last = int(datetime.fromisoformat(shipped().trained).replace(tzinfo=UTC).timestamp() * 1000) + 365 * DAY
    assert judge().judge(url, last).level is Level.BENIGN
    assert judge().judge(url, last + 1).level is Level.UNKNOWN
    known = judge_with(FakeLists(well_known=frozenset({"smithtownnews.com"})))
    assert known.judge(url, last + 1).decided_by is DecidedBy.REPUTATION
    assert judge().judge(link("https://secure-wellsfargo-login.xyz/"), last + 1).level in WARNED


def test_nothing_around_a_link_makes_it_benign_on_the_word_of_an_old_model() -> None:
    url = link("https://smithtownnews.com/")
    situation = Situation(tables(), history=History(own_ground=True, senders_here=2))
    unknown = msgspec.structs.replace(verdict(url.url), level=Level.UNKNOWN, score=-1.5)
    assert judge().in_situation(unknown, url, situation).level is Level.BENIGN
    old = msgspec.structs.replace(unknown, checked_at=NOW + 365 * DAY)
    assert judge().in_situation(old, url, situation).level is Level.UNKNOWN


def test_a_short_link_is_unknown_until_it_is_followed() -> None:
    assert verdict("https://bit.ly/3abc", FakeLists(tagged={"bit.ly": SiteTag.SHORTENER})).level is Level.UNKNOWN


def test_a_link_that_opens_an_app_is_unknown() -> None:
    assert verdict("tg://resolve?domain=somebody").level is Level.UNKNOWN


def test_malicious_by_evidence_needs_two_groups() -> None:
    strict = msgspec.structs.replace(rules(), thresholds=msgspec.structs.replace(rules().thresholds, corroboration=9))
    about = link("Https://paypa1-login.pages.dev/verify")
    lone = Judge(FakeLists(), tables=tables(), weights=weights(), rules=strict).judge(about, NOW)
    assert lone.level is Level.SUSPICIOUS
    assert verdict(about.url).level is Level.MALICIOUS


@pytest.mark.parametrize(
    ("url", "seconds"),
    [
        ("https://smithtownnews.com/", 86_400),
        ("Https://paypa1-login.pages.dev/verify", 900),
        ("tg://resolve?domain=somebody", 60),
    ],
)
def test_each_level_lasts_its_time(url: str, seconds: int) -> None:
    found = verdict(url)
    assert (found.checked_at, found.expires_at) == (NOW, NOW + seconds * 1000)


def test_a_wrapped_link_is_as_bad_as_the_worse_of_the_two() -> None:
    bad, good = link("Https://paypa1-login.pages.dev/verify"), link("https://smithtownnews.com/")
    through_good = judge().judge(replace(bad, wrapper=good), NOW)
    assert (through_good.level, through_good.wrapper) == (Level.MALICIOUS, good.url)
    through_bad = judge().judge(replace(good, wrapper=bad), NOW)
    assert (through_bad.level, through_bad.url, through_bad.host) == (Level.MALICIOUS, good.url, good.host)
    assert through_bad.pretends == "PayPal"
    assert judge().judge(replace(good, wrapper=good), NOW).level is Level.BENIGN


def test_an_unknown_wrapper_takes_nothing_from_a_benign_target() -> None:
    lists = FakeLists(tagged={"bit.ly": SiteTag.SHORTENER})
    target = replace(link("https://smithtownnews.com/"), wrapper=link("https://bit.ly/3abc"))
    assert judge_with(lists).judge(target, NOW).level is Level.BENIGN


def test_reasons_come_strongest_first_and_name_the_lists() -> None:
    found = verdict("Https://paypa1-login.pages.dev/verify")
    strengths = [abs(reason.weight) for reason in found.reasons]
    assert strengths == sorted(strengths, reverse=True)
    assert found.lists_version == "test"


def test_the_same_link_gets_the_same_verdict() -> None:
    assert verdict("https://paypal-secure.top/") == verdict("https://paypal-secure.top/")


def test_what_is_shipped_is_loaded_when_nothing_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = tables()
    monkeypatch.setattr(Tables, "load", lambda model: loaded if model is shipped() else None)
    assert Judge(FakeLists()).judge(link("https://smithtownnews.com/"), NOW).level is Level.BENIGN


@pytest.mark.parametrize("leniency", [-1.0, 0.0, 2.0])
def test_of_danger_beyond_doubt_no_chats_habits_are_asked(leniency: float) -> None:
    url = link("https://paypa1-login.pages.dev/verify")
    sure = msgspec.structs.replace(
        judge().judge(url, NOW), level=Level.MALICIOUS, log_odds=5.2, speaking=("brand", "path")
    )
    found = judge().in_situation(sure, url, Situation(tables()), leniency=leniency)
    assert found.level is Level.MALICIOUS


@pytest.mark.parametrize(
    ("leniency", "level"), [(-5.0, Level.SUSPICIOUS), (0.0, Level.SUSPICIOUS), (2.0, Level.UNKNOWN)]
)
def test_a_chats_habits_move_its_warnings_but_make_nothing_certain(leniency: float, level: Level) -> None:
    url = link("https://paypa1-login.pages.dev/verify")
    unsure = msgspec.structs.replace(
        judge().judge(url, NOW), level=Level.SUSPICIOUS, log_odds=2.0, speaking=("brand", "path")
    )
    assert judge().in_situation(unsure, url, Situation(tables()), leniency=leniency).level is level
