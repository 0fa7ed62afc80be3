from __future__ import annotations

import pytest
from tests.support.sources.scripted import about

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.evidence.sources import decisive, said
from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.apps.scanner.scoring import Weights, probability, score
from whinchat.apps.scanner.sources.answers import Answer, Facts, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.asked import Asked, Skip
from whinchat.apps.scanner.sources.index import SOURCES

NOW = 1_767_225_600_000
DAY = 24 * 3600 * 1000
ABOUTS = {"one": about("one", decisive=True), "two": about("two")}
TRUST = {"one": 1.0, "two": 0.5}
PHISHING = Listed(Threat.PHISHING)


def heard(**answers: Answer) -> tuple[Evidence, ...]:
    return said(Asked(answers), ABOUTS, TRUST, NOW)


def names(**answers: Answer) -> dict[str, float]:
    return {each.name: each.amount for each in heard(**answers)}


def registered(days: float) -> Facts:
    return Facts(registered_at=NOW - round(days * DAY))


def test_a_listing_names_the_source_and_the_threat() -> None:
    assert heard(one=PHISHING) == (Evidence("listed_by_source", {"source": "One", "threat": "phishing"}, 1.0),)


def test_a_listing_is_worth_what_the_source_is_trusted_and_is_sure_of_itself() -> None:
    assert names(two=Listed(Threat.MALWARE, 0.6)) == {"listed_by_source": pytest.approx(0.3)}


@pytest.mark.parametrize("answer", [NotListed(), *(NoAnswer(reason) for reason in Missing), Facts()])
def test_who_lists_nothing_or_gives_no_answer_says_nothing_good_either(answer: Answer) -> None:
    assert heard(one=answer) == ()


def test_who_was_not_asked_says_nothing() -> None:
    assert said(Asked({}, {"one": Skip.PRIVACY}), ABOUTS, TRUST, NOW) == ()


def test_a_source_that_is_gone_or_without_trust_says_nothing() -> None:
    assert said(Asked({"gone": PHISHING}), ABOUTS, TRUST, NOW) == ()
    assert said(Asked({"one": PHISHING}), ABOUTS, {}, NOW) == ()


def test_something_else_at_the_same_place_is_less() -> None:
    assert names(one=Listed(Threat.MALWARE, 0.4, nearby=True)) == {"listed_nearby_by_source": 0.4}


@pytest.mark.parametrize("scope", [Scope.HOST, Scope.SITE])
def test_an_entry_for_a_whole_host_says_less_where_many_people_have_pages(scope: Scope) -> None:
    asked = Asked({"one": Listed(Threat.PHISHING, scope=scope)})
    assert [each.name for each in said(asked, ABOUTS, TRUST, NOW, shared=True)] == ["listed_nearby_by_source"]
    assert decisive(asked, ABOUTS, shared=True) is None
    assert decisive(asked, ABOUTS) == "one"


@pytest.mark.parametrize(
    ("answer", "decides"),
    [
        (PHISHING, True),
        (Listed(Threat.PHISHING, 0.6), False),
        (Listed(Threat.PHISHING, nearby=True), False),
        (NotListed(), False),
    ],
)
def test_a_decisive_source_that_is_sure_of_the_link_decides_alone(answer: Answer, *, decides: bool) -> None:
    assert (decisive(Asked({"one": answer}), ABOUTS) == "one") is decides


def test_a_source_that_is_not_decisive_never_decides_alone() -> None:
    assert decisive(Asked({"two": PHISHING}), ABOUTS) is None


@pytest.mark.parametrize(
    ("days", "amount", "age"), [(0.1, 1.0, "1"), (6.9, 1.0, "6"), (7, 0.7, "7"), (89, 0.4, "89"), (364, 0.15, "364")]
)
def test_the_younger_a_domain_the_more_it_says(days: float, amount: float, age: str) -> None:
    assert heard(one=registered(days)) == (Evidence("young_domain", {"age": age}, amount),)


def test_an_old_domain_says_nothing() -> None:
    assert heard(one=registered(366)) == ()


def test_a_domain_of_tomorrow_is_a_clock_that_differs() -> None:
    assert names(one=registered(-1)) == {"young_domain": 1.0}


def test_a_first_certificate_says_less_than_a_registration() -> None:
    weights = Weights.load().evidence
    assert names(two=Facts(certified_at=NOW - DAY)) == {"young_certificate": 1.0}
    young, certificate = weights["young_domain"].weight, weights["young_certificate"].weight
    assert young is not None
    assert certificate is not None
    assert young > certificate


# --- weights -------------------------------------------------------------------------------------------------------


def test_every_source_has_a_trust_and_every_trust_a_source() -> None:
    trust = Weights.load().sources
    assert trust.keys() <= {entry.about.name for entry in SOURCES}
    assert all(0 < share <= 1 for share in trust.values())
    assert {entry.about.name for entry in SOURCES if entry.about.decisive} <= trust.keys()


def after(before: float, *evidence: Evidence) -> float:
    return score(evidence, Weights.load(), before).probability


def test_one_trusted_listing_makes_an_ordinary_link_dangerous_and_a_young_domain_does_not() -> None:
    ordinary = -4.0
    assert probability(ordinary) < 0.05
    assert after(ordinary, *heard(one=PHISHING)) > 0.95
    assert after(ordinary, *heard(one=registered(1))) < 0.2


def test_many_listings_count_as_one_voice() -> None:
    scored = score(heard(one=PHISHING, two=PHISHING), Weights.load(), -4.0)
    assert scored.speaking == ("sources",)
