from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.evidence import judge, link

from whinchat.apps.scanner.explain import Explainer, percent
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.answers import Answer, Facts, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.asked import Asked, Skip
from whinchat.apps.scanner.verdict import DecidedBy, Level, Look, Reason, Verdict
from whinchat.core.formatting.i18n import Words

CATALOGUES = Path(__file__).parents[4] / "src/whinchat/apps/scanner/catalogues"
WORDS = Words((CATALOGUES,))
EXPLAINER = Explainer(WORDS)
LANGUAGES = ("en", "es", "pt", "de", "fr", "hi", "ar", "id")


def verdict(level: Level = Level.MALICIOUS, **changes: Any) -> Verdict:
    values: dict[str, Any] = {
        "url": "https://paypa1.top/",
        "host": "paypa1.top",
        "site": "paypa1.top",
        "level": level,
        "probability": 0.97,
        "score": 3.5,
        "log_odds": 3.5,
        "decided_by": DecidedBy.EVIDENCE,
        "pretends": "PayPal",
        "reasons": (
            Reason("risky_suffix", 4.0, {"suffix": ".top"}),
            Reason("brand_lookalike", 3.0, {"word": "paypa1", "brand": "PayPal", "site": "paypa1.top"}),
            Reason("trusted_suffix", -2.0, {"suffix": ".top"}),
            Reason("bait_in_path", 1.0, {"word": "verify"}),
            Reason("script_page", 0.5),
            Reason("long_link", 0.1),
        ),
    }
    return Verdict(**{**values, **changes})


def test_a_dangerous_link_is_explained_in_plain_words() -> None:
    explained = EXPLAINER.explain(verdict(), "en")
    assert explained.title == "Dangerous link"
    assert explained.host == "paypa1[.]top"
    assert explained.pretends == "It pretends to be PayPal."
    assert len(explained.reasons) == 3
    assert explained.advice.startswith("Do not open it.")


def test_what_people_can_see_comes_before_statistics() -> None:
    first, *_, last = EXPLAINER.reasons(verdict(), "en", most=9)
    assert first == "“paypa1” is written to look like PayPal, but paypa1[.]top does not belong to PayPal."
    assert "often used for scams" in last


def test_a_benign_link_is_explained_by_what_speaks_for_it() -> None:
    explained = EXPLAINER.explain(verdict(Level.BENIGN), "en")
    assert explained.reasons == ("Addresses that end in .top are seldom used for scams.",)
    assert explained.pretends is None


def test_that_a_page_is_gone_is_told_last_and_whatever_the_verdict() -> None:
    gone = Reason("page_gone", 0.0)
    for level in (Level.SUSPICIOUS, Level.BENIGN):
        told = EXPLAINER.reasons(verdict(level, reasons=(gone, *verdict().reasons)), "en", most=9)
        assert told[-1] == "The page is gone or was taken down."
        assert len(told) > 1


def test_a_listing_says_what_kind_of_list() -> None:
    listed = verdict(reasons=(Reason("listed", 8.0, {"feed": "alpha", "threat": "phishing"}),))
    assert EXPLAINER.reasons(listed, "en") == ("It is on a list of sites that steal passwords and money (alpha).",)


def test_a_rule_of_the_chat_is_always_told_and_no_chance_guessed() -> None:
    ruled = verdict(
        Level.BENIGN, decided_by=DecidedBy.OVERRIDE, reasons=(Reason("allowed_here", 0.0, {"rule": "example.org"}),)
    )
    text = "\n".join(EXPLAINER.lines(ruled, "en"))
    assert "A rule of this chat allows it (example[.]org)." in text
    assert "%" not in text


def test_an_answer_has_everything_in_order() -> None:
    lines = EXPLAINER.lines(verdict(wrapper="https://www.google.com/url?q=x"), "en")
    assert lines[0] == "⛔ *paypa1[.]top: dangerous.*"
    assert lines[1] == "It pretends to be PayPal."
    assert lines[2].startswith("• ")
    assert "hxxps://www[.]google[.]com/url?q=x" in lines[5]
    assert lines[-2] == "Estimated danger: 97 %"


def test_nothing_unusual_is_said_so() -> None:
    assert "I found nothing unusual about it." in EXPLAINER.lines(verdict(Level.UNKNOWN, reasons=()), "en")


def test_a_link_without_a_host_opens_an_app() -> None:
    lines = EXPLAINER.lines(verdict(Level.UNKNOWN, host="", site="tg:", reasons=(), pretends=None), "en")
    assert any("opens an app" in line for line in lines)


@pytest.mark.parametrize(("probability", "shown"), [(0.001, "<1"), (0.374, "37"), (0.99, "99"), (0.9999, ">99")])
def test_chances_are_as_exact_as_they_are_good(probability: float, shown: str) -> None:
    assert percent(probability) == shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", list(Level))
def test_every_level_is_said_in_every_language(language: str, level: Level) -> None:
    lines = EXPLAINER.lines(verdict(level), language)
    assert all(lines)
    if language != "en":
        assert lines != EXPLAINER.lines(verdict(level), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_bad_link_can_be_tapped(language: str) -> None:
    text = "\n".join(EXPLAINER.lines(verdict(wrapper="https://evil.top/x"), language))
    assert "paypa1.top" not in text
    assert "evil.top" not in text
    assert "http" not in text


def test_the_catalogues_are_whole() -> None:
    assert set(LANGUAGES) <= set(WORDS.languages)
    assert WORDS.problems() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_real_verdict_can_be_told_in_every_language(language: str) -> None:
    about = link("https://paypal.com.a1b2c3d4.top:4433/wp-content/paypal.com/login.php?to=https://ana@example.com")
    found = judge().judge(about, 0)
    assert len(EXPLAINER.reasons(found, language, most=99)) >= 5


# --- what a deep look found --------------------------------------------------------------------------------------


def looked(asked: Asked, final: str | None = None) -> list[str]:
    found = verdict(look=Look(Privacy.FULL, 0, final=final, asked=asked))
    return [str(line) for line in Explainer(WORDS, {"urlhaus": "URLhaus"}).lines(found, "en")]


def test_where_a_link_leads_is_said_and_cannot_be_tapped() -> None:
    assert "It leads to hxxps://evil[.]example/x" in looked(Asked(), "https://evil.example/x")


def test_sources_that_answered_are_counted_and_those_that_did_not_are_named() -> None:
    answers: dict[str, Answer] = {"urlhaus": NoAnswer(Missing.TIMEOUT), "threatfox": NotListed(), "rdap": Facts()}
    skipped = {"virustotal": Skip.QUOTA, "phishtank": Skip.NOT_CONFIGURED, "surbl": Skip.PRIVACY}
    lines = looked(Asked(answers, skipped))
    assert "External sources that answered: 2" in lines
    assert "No answer from: URLhaus, virustotal" in lines


def test_nothing_is_said_of_sources_where_none_was_to_be_asked() -> None:
    for line in looked(Asked({}, {"phishtank": Skip.NOT_CONFIGURED})):
        assert "sources" not in line
        assert "No answer" not in line
