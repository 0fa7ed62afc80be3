from __future__ import annotations

import pytest
from tests.support.evidence import link, tables
from tests.support.told import ELSEWHERE, ORDINARY, WARN, added, said, weights

from whinchat.apps.scanner.evidence.context import MOST_WORDS
from whinchat.apps.scanner.evidence.index import CONTEXT, around
from whinchat.apps.scanner.evidence.situation import Situation
from whinchat.apps.scanner.scoring import score

LOCKED = "Your PayPal account has been suspended. Verify within 24 hours:"

SHOWS = [
    ("message_urgency", "Verify your card within 12 hours"),
    ("message_account", "Your account was suspended"),
    ("message_parcel", "We were unable to deliver your package"),
    ("message_prize", "Congratulations, you have won a prize"),
    ("message_payment", "Your tax refund is ready"),
    ("message_asks_code", "Send your PIN to"),
    ("message_asks_money", "Please lend me 200"),
    ("message_offer", "Work from home, earn $300 per day"),
    ("message_lure", "Is this you in this video?"),
    ("message_family", "Hi mum, this is my new number"),
    ("message_call", "Please click the link below"),
    ("message_mass", "Dear customer, to opt out reply STOP"),
    ("scam_words", "Your card and a parcel"),
    ("brand_not_linked", "PayPal: your account is locked"),
    ("bare_call", "Click here:"),
]


def test_each_kind_is_shown() -> None:
    assert {name for name, _ in SHOWS} == {kind.__name__ for kind in CONTEXT}


@pytest.mark.parametrize(("name", "text"), SHOWS)
def test_a_message_shows_it(name: str, text: str) -> None:
    found = said(f"{text} {ELSEWHERE}")
    assert found[name].name == name


@pytest.mark.parametrize("name", [name for name, _ in SHOWS])
def test_small_talk_shows_nothing(name: str) -> None:
    for text in ("look at this", "lunch on Friday at one?", "the slides of my talk are at", ""):
        assert name not in said(f"{text} {ELSEWHERE}")


@pytest.mark.parametrize("site", ["https://www.paypal.com/login", "https://youtu.be/x", "https://www.dhl.de/track"])
def test_it_is_silent_where_the_link_leads_to_a_brands_own_site(site: str) -> None:
    assert said(f"{LOCKED} {site}", site) == {}


def test_the_brand_and_the_other_site_are_named() -> None:
    assert said(f"{LOCKED} {ELSEWHERE}")["brand_not_linked"].values == {"brand": "PayPal", "site": "example.com"}


def test_a_call_with_more_to_say_is_not_bare() -> None:
    assert "bare_call" not in said(f"Click here for the pictures of our trip to the sea: {ELSEWHERE}")
    assert "bare_call" not in said(f"Dear customer, click here: {ELSEWHERE}")


def test_each_further_scam_word_counts_up_to_a_limit() -> None:
    assert "scam_words" not in said(f"the parcel came {ELSEWHERE}")
    assert said(f"the parcel and the prize {ELSEWHERE}")["scam_words"].amount == 1
    every = f"parcel prize card tax refund toll loan invoice urgent {ELSEWHERE}"
    assert said(every)["scam_words"].amount == MOST_WORDS
    assert said(f"the parcel and a card of DHL {ELSEWHERE}")["scam_words"].values == {"words": "card, parcel"}


def test_without_a_message_nothing_is_said() -> None:
    about, nothing = link(ELSEWHERE), Situation(tables())
    assert around(about, nothing) == []
    assert [kind(about, nothing) for kind in CONTEXT] == [None] * len(CONTEXT)


@pytest.mark.parametrize(("name", "text"), SHOWS)
def test_no_kind_alone_warns_of_an_ordinary_link(name: str, text: str) -> None:
    alone = [said(f"{text} {ELSEWHERE}")[name]]
    assert ORDINARY + score(alone, weights(), 0.0).log_odds < WARN


def test_a_story_a_brand_and_a_call_together_warn() -> None:
    assert ORDINARY + added(f"{LOCKED} {ELSEWHERE}") >= WARN


def test_however_much_it_says_a_text_corroborates_once() -> None:
    found = score(said(f"{LOCKED} send your PIN, you won a prize {ELSEWHERE}").values(), weights(), 0.0)
    assert found.speaking == ("message",)
    assert found.log_odds == pytest.approx(weights().groups["message"].cap)
