from __future__ import annotations

import base64
import random
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.support.safe_browsing import detail, found, full_hash, hashed, prefix_of, put_lists, put_state

from whinchat.apps.scanner.evidence.sources import said
from whinchat.apps.scanner.explain import Explainer
from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.sources import urlhaus
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.sources.answers import Answer, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.asked import Asked
from whinchat.apps.scanner.sources.safe_browsing.client import Client
from whinchat.apps.scanner.sources.safe_browsing.protocol import search_address
from whinchat.apps.scanner.sources.safe_browsing.source import ABOUT, MOST_REMEMBERED, SafeBrowsing
from whinchat.apps.scanner.sources.safe_browsing.store import PrefixStore, State
from whinchat.apps.scanner.verdict import Reason
from whinchat.core.errors import HttpError
from whinchat.core.formatting.i18n import Words
from whinchat.core.secret import Secret
from whinchat.testing.clock import START, FakeClock
from whinchat.testing.http import Answer as Body
from whinchat.testing.http import FakeHttp

CATALOGUES = Path(__file__).parents[6] / "src/whinchat/apps/scanner/catalogues"
WORDS = Words((CATALOGUES,))
URL = "https://user:pass@login.evil.example/a/b.html?to=me#top"
EXACT = "login.evil.example/a/b.html?to=me"
HOST = "login.evil.example/"
SITE = "evil.example/"
MINUTE, DAY = 60, 86_400
PHISHING, CANARY = 2, 1


class Desk:
    """A source over local lists, and a server that answers what it is told."""

    def __init__(self, folder: Path, listed: Iterable[str]) -> None:
        self.folder = folder
        self.http = FakeHttp()
        self.clock = FakeClock()
        put_lists(folder, map(prefix_of, listed), confirmed_at=START)
        self.source = self.restarted()

    def restarted(self) -> SafeBrowsing:
        client = Client(self.http, Secret("secret-key"))
        return SafeBrowsing(client, PrefixStore(self.folder, self.clock), self.clock, random.Random(1))

    def answers(self, asked: Iterable[str], *bodies: Body) -> None:
        """To the search for the prefixes of these expressions."""
        self.http.answer(search_address(sorted(hashed(each)[:4] for each in asked)), *bodies)

    async def ask(self, url: str = URL) -> Answer:
        return await self.source.ask(link(url))

    @property
    def sent(self) -> list[set[bytes]]:
        """The prefixes of each search."""
        return [
            {base64.urlsafe_b64decode(value) for name, value in parse_qsl(urlsplit(asked.url).query) if name != "alt"}
            for asked in self.http.asked
        ]


def link(url: str) -> Link:
    parsed = parse_link(url)
    assert parsed is not None
    return parsed


def threat(*expressions: str, seconds: float = 300, kind: int = PHISHING) -> Body:
    return Body(found(*(full_hash(hashed(each), detail(kind)) for each in expressions), seconds=seconds))


NOTHING = Body(found(seconds=300))


# --- what leaves the machine ---


async def test_a_link_that_no_list_has_is_looked_up_here_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ["other.example/"])
    assert await desk.ask() == NotListed()
    assert desk.http.asked == []


async def test_only_the_prefix_that_a_list_has_is_sent(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], threat(EXACT))
    assert await desk.ask() == Listed(Threat.PHISHING, lifetime=300)
    assert desk.sent == [{hashed(EXACT)[:4]}]
    (asked,) = desk.http.asked
    assert asked.headers == {"X-Goog-Api-Key": "secret-key"}
    for told in ("evil", "login", "user", "pass", "me", "secret-key", hashed(EXACT).hex()):
        assert told not in asked.url


async def test_prefixes_of_one_link_are_sent_together_and_in_order(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT, HOST, SITE])
    desk.answers([EXACT, HOST, SITE], NOTHING)
    assert await desk.ask() == NotListed()
    assert desk.sent == [{hashed(each)[:4] for each in (EXACT, HOST, SITE)}]


def test_it_may_be_asked_in_chats_that_allow_hashes_only() -> None:
    assert Privacy.HASH_ONLY.allows(ABOUT.sends)
    assert not Privacy.LOCAL.allows(ABOUT.sends)


# --- what the server says ---


@pytest.mark.parametrize(
    ("url", "expression", "scope"),
    [
        (URL, EXACT, Scope.URL),
        (URL, "login.evil.example/a/", Scope.URL),
        (URL, HOST, Scope.HOST),
        (URL, SITE, Scope.SITE),
        ("http://login.evil.example", HOST, Scope.URL),
    ],
)
async def test_what_is_listed_may_be_more_than_the_link(
    tmp_path: Path, url: str, expression: str, scope: Scope
) -> None:
    desk = Desk(tmp_path, [expression])
    desk.answers([expression], threat(expression))
    assert await desk.ask(url) == Listed(Threat.PHISHING, scope=scope, lifetime=300)


async def test_another_link_with_the_same_prefix_is_not_this_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT])
    twin = hashed(EXACT)[:4] + bytes(28)
    desk.answers([EXACT], Body(found(full_hash(twin, detail(PHISHING)), full_hash(hashed(SITE), detail(PHISHING)))))
    assert await desk.ask() == Listed(Threat.PHISHING, scope=Scope.SITE, lifetime=300)
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], Body(found(full_hash(twin, detail(PHISHING)))))
    assert await desk.ask() == NotListed()


async def test_what_is_on_trial_is_not_listed(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], Body(found(full_hash(hashed(EXACT), detail(PHISHING, CANARY)))))
    assert await desk.ask() == NotListed()


# --- what is remembered ---


async def test_an_answer_holds_as_long_as_the_server_says(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], threat(EXACT), NOTHING)
    await desk.ask()
    desk.clock.move(299)
    assert await desk.ask() == Listed(Threat.PHISHING, lifetime=1)
    assert len(desk.http.asked) == 1
    desk.clock.move(1)
    assert await desk.ask() == NotListed()
    assert len(desk.http.asked) == 2


async def test_that_there_is_nothing_is_remembered_for_each_prefix(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT, SITE])
    desk.answers([EXACT, SITE], threat(EXACT))
    assert await desk.ask() == Listed(Threat.PHISHING, lifetime=300)
    assert await desk.ask("https://other.evil.example/") == NotListed()
    assert len(desk.http.asked) == 1


async def test_what_is_remembered_settles_it_before_anything_else_is_asked(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [SITE, EXACT])
    desk.answers([SITE], threat(SITE))
    assert await desk.ask("https://evil.example/") == Listed(Threat.PHISHING, lifetime=300)
    assert await desk.ask() == Listed(Threat.PHISHING, scope=Scope.SITE, lifetime=300)
    assert len(desk.http.asked) == 1


async def test_a_link_is_called_unsafe_for_half_an_hour_at_most(tmp_path: Path) -> None:
    """Google's terms; that nothing was found holds as long as it is said."""
    desk = Desk(tmp_path, [EXACT, SITE])
    desk.answers([EXACT, SITE], threat(EXACT, seconds=7200))
    assert await desk.ask() == Listed(Threat.PHISHING, lifetime=1800)
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], Body(found(seconds=7200)))
    await desk.ask()
    desk.clock.move(7199)
    assert await desk.ask() == NotListed()
    assert len(desk.http.asked) == 1


async def test_an_answer_that_does_not_hold_at_all_still_counts_now(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], threat(EXACT, seconds=0))
    assert await desk.ask() == Listed(Threat.PHISHING, lifetime=0)
    await desk.ask()
    assert len(desk.http.asked) == 2


async def test_not_everything_is_remembered(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], NOTHING)
    await desk.ask()
    for number in range(MOST_REMEMBERED):
        desk.source._remember(number.to_bytes(4, "big"), desk.source._remembered[hashed(EXACT)[:4]])
    await desk.ask()
    assert len(desk.http.asked) == 2


# --- outages ---


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (Body(error=HttpError("no", code="timeout")), Missing.TIMEOUT),
        (Body(error=HttpError("no", code="unreachable")), Missing.UNREACHABLE),
        (Body(b"<html>"), Missing.GARBLED),
        (Body(status=400), Missing.REFUSED),
        (Body(status=403), Missing.REFUSED),
        (Body(status=429), Missing.QUOTA),
        (Body(status=503), Missing.FAILED),
    ],
)
async def test_an_outage_is_not_a_clean_answer(tmp_path: Path, body: Body, reason: Missing) -> None:
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], body)
    assert await desk.ask() == NoAnswer(reason)
    assert await desk.ask("https://harmless.example/") == NotListed()


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
async def test_a_server_that_says_no_is_left_alone_longer_each_time(tmp_path: Path, status: int) -> None:
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], Body(status=status))
    refused = await desk.ask()
    for attempt, minutes in enumerate((15, 30, 60, 120, 240, 480, 960), 1):
        desk.clock.move(minutes * MINUTE - 1)
        assert await desk.ask() == refused
        assert len(desk.http.asked) == attempt
        desk.clock.move(minutes * MINUTE + 1)
        assert await desk.ask() == refused
        assert len(desk.http.asked) == attempt + 1


async def test_after_an_answer_it_begins_anew(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], Body(status=503), Body(found(seconds=0)), Body(status=503), Body(found(seconds=0)))
    for _ in range(2):
        assert await desk.ask() == NoAnswer(Missing.FAILED)
        desk.clock.move(31 * MINUTE)
        assert await desk.ask() == NotListed()


async def test_a_server_that_names_a_time_is_left_alone_until_then(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], Body(status=429, headers={"Retry-After": "7200"}), NOTHING)
    assert await desk.ask() == NoAnswer(Missing.QUOTA, 7200.0)
    desk.clock.move(7199)
    assert await desk.ask() == NoAnswer(Missing.QUOTA)
    desk.clock.move(1)
    assert await desk.ask() == NotListed()


async def test_bad_luck_on_the_way_is_no_reason_to_stay_away(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], Body(error=HttpError("no", code="timeout")), threat(EXACT))
    assert await desk.ask() == NoAnswer(Missing.TIMEOUT)
    assert await desk.ask() == Listed(Threat.PHISHING, lifetime=300)


# --- lists that are not as they must be ---


async def test_without_all_lists_their_silence_means_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT])
    (tmp_path / "pha-4b.prefixes").unlink()
    desk.answers([EXACT], threat(EXACT))
    assert await desk.ask("https://harmless.example/") == NoAnswer(Missing.HELD_BACK)
    assert await desk.ask() == Listed(Threat.PHISHING, lifetime=300)


async def test_old_lists_mean_nothing_either_but_what_the_server_confirms(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [EXACT])
    desk.answers([EXACT], threat(EXACT))
    desk.clock.move(DAY)
    assert await desk.ask("https://harmless.example/") == NotListed()
    desk.clock.move(1)
    assert await desk.ask("https://harmless.example/") == NoAnswer(Missing.HELD_BACK)
    assert await desk.ask() == Listed(Threat.PHISHING, lifetime=300)


async def test_lists_that_never_came_say_why(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [])
    put_state(tmp_path, State(failures=1, reason=Missing.REFUSED))
    assert await desk.ask() == NoAnswer(Missing.REFUSED)


async def test_the_probe_is_always_sent_to_hear_about_the_key(tmp_path: Path) -> None:
    desk = Desk(tmp_path, [])
    put_state(tmp_path, State())
    desk.answers(["example.com/"], NOTHING, Body(status=403))
    assert await desk.ask(ABOUT.probe) == NotListed()
    desk.clock.move(300)
    assert await desk.ask(ABOUT.probe) == NoAnswer(Missing.REFUSED)


# --- what people must be told ---


def test_a_reason_that_rests_on_it_says_what_google_wants_to_be_said() -> None:
    """developers.google.com/safe-browsing/reference/Appropriate.Usage: whose advice it is, that it is a suspicion, and
    a link to the advisory; and none of this where it is not Google's word.
    """
    asked = Asked({"safe_browsing": Listed(Threat.PHISHING), "urlhaus": Listed(Threat.MALWARE)})
    abouts = {"safe_browsing": ABOUT, "urlhaus": urlhaus.ABOUT}
    google, other = said(asked, abouts, {"safe_browsing": 1.0, "urlhaus": 1.0}, START)
    explainer = Explainer(WORDS)
    for language in WORDS.languages:
        sentence = explainer.sentence(Reason(google.name, 8.0, dict(google.values)), language)
        for told in (
            "Google Safe Browsing",
            "Advisory provided by Google",
            "suspected",
            "https://developers.google.com/",
        ):
            assert told in sentence
        assert "Google" not in explainer.sentence(Reason(other.name, 8.0, dict(other.values)), language)
