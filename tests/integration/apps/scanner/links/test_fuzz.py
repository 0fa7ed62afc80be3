"""Mutated messages through all that reads links: a short run of `scripts/fuzz_links.py`, and what it once found."""

from __future__ import annotations

import pytest
from scripts.fuzz_links import Campaign, Rules, regression

FOUND = (
    "urldefense.proofpoint.com/v2/url?u=a%3a%2F%2Fa%2F",  # a scheme that no browser opens, out of a wrapper
    "http:%2f@a",  # Safe Browsing: an escaped slash in the user's name
    "a?a://@a://@",  # Safe Browsing: what looks like a user, in the query
    "a?%" + "25" * 70 + "aa",  # Safe Browsing: escaped more often than there were rounds
    "a/" + "%3" * 70 + "%32",  # Safe Browsing: an escape that completes the one before it, again and again
    "a?%a%41",  # a key that was not its own: a broken escape took in the letter behind it
    "http:6..",  # a host with an empty label, which without its dots is an address
    ";#",  # a host without a letter
    "a/\uff3b.]a",  # a URL in which something looks like a disguise, read again
    "http://a.co/?m=" + "a" * 20_000,  # quadratic: a mail address looked for from every letter
    "." + "1" * 8_000,  # quadratic: a host looked for in the message's words
    "http://\u0645\u062b." + "\u0644" * 20_000,  # quadratic: a word of another script looked for from every letter
    "https://ipfs.io/ipfs/QmYwAPJzv5CZsnA625s3Xf2nemtYg" + "1" * 4_000,  # a name on hosting may have any length
    "https://l.facebook.com/l.php?u=https://www.google.com/url?q=http://a.co/" + "\u0430" * 4_000,  # many escapes
)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules(timed=False)


@pytest.mark.parametrize("text", FOUND, ids=[text[:40] for text in FOUND])
def test_what_was_found_stays_mended(rules: Rules, text: str) -> None:
    assert Campaign(rules).broken(text) is None


@pytest.mark.unmeasured
def test_mutated_messages_break_nothing(rules: Rules) -> None:
    campaign = Campaign(rules)
    campaign.run(seed=1, texts_at_most=300)
    assert campaign.tried == 300
    assert [regression(what, text) for what, text in campaign.failures.items()] == []


def test_a_failure_is_found_and_made_small() -> None:
    class NoQuestions(Rules):
        def check(self, text: str) -> None:
            assert "?" not in text

    campaign = Campaign(NoQuestions())
    campaign.run(seed=1, texts_at_most=50)
    assert campaign.failures == {"AssertionError in check": "?"}
    assert campaign.again["AssertionError in check"] > 1
    assert regression("AssertionError in check", "?") == "    '?',  # AssertionError in check"
