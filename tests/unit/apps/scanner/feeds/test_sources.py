from __future__ import annotations

import pytest

from whinchat.apps.scanner.feeds.lines import Format
from whinchat.apps.scanner.feeds.snapshot import Trust
from whinchat.apps.scanner.feeds.sources import FeedSettings, Source, in_use, known_sources, sources
from whinchat.apps.scanner.knowledge import Threat
from whinchat.core.secret import Secret


def test_the_known_lists_are_described_whole() -> None:
    known = known_sources()
    assert set(known) == {"tweetfeed", "certpl", "phishing_database", "openphish", "urlhaus"}
    for source in known.values():
        assert source.url.startswith("https://")
        assert source.licence
        assert source.terms.endswith(".")
        assert 1 < source.least < source.most
        assert source.every >= 60


def test_in_use_without_being_asked_is_what_everybody_may_use() -> None:
    assert [source.name for source in in_use(sources({}).values(), offline=False)] == ["tweetfeed", "certpl"]
    assert in_use(sources({}).values(), offline=True) == ()


def test_a_key_switches_its_list_on() -> None:
    assert sources({}, auth_key=True)["urlhaus"].enabled
    with pytest.raises(ValueError, match="needs abusech_auth_key"):
        sources({"urlhaus": FeedSettings(enabled=True)})
    mirror = sources({"urlhaus": FeedSettings(enabled=True, url="http://mirror.lan/csv")})["urlhaus"]
    assert (mirror.needs_auth_key, mirror.threat) == (False, Threat.MALWARE)


def test_the_operator_says_what_is_different() -> None:
    found = sources({"openphish": FeedSettings(enabled=True, every=720), "certpl": FeedSettings(enabled=False)})
    known = known_sources()["openphish"]
    assert found["openphish"].enabled
    assert found["openphish"].every == 720
    assert (found["openphish"].url, found["openphish"].lifetime) == (known.url, known.lifetime)
    assert not found["certpl"].enabled


def test_own_lists_come_from_an_address_or_a_file() -> None:
    found = sources(
        {
            "mine": FeedSettings(url="https://lists.lan/bad.json", format=Format.JSON, trust=Trust.EVIDENCE),
            "notes": FeedSettings(file="~/bad.txt", threat=Threat.SCAM),
        }
    )
    assert (found["mine"].format, found["mine"].trust, found["mine"].enabled) == (Format.JSON, Trust.EVIDENCE, True)
    assert (found["notes"].threat, found["notes"].trust) == (Threat.SCAM, Trust.DECISIVE)
    assert [source.name for source in in_use(found.values(), offline=True)] == ["notes"]


@pytest.mark.parametrize(
    ("name", "said", "words"),
    [
        ("My List", FeedSettings(url="https://a.lan/"), "cannot be a list's name"),
        ("mine", FeedSettings(), "needs either a url or a file"),
        ("mine", FeedSettings(url="https://a.lan/", file="a.txt"), "needs either a url or a file"),
        ("mine", FeedSettings(file="a.txt", least=10, most=9), "least that is above its most"),
    ],
)
def test_what_cannot_be_is_told(name: str, said: FeedSettings, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sources({name: said})


def test_a_key_is_in_the_address_and_nowhere_else() -> None:
    source = known_sources()["urlhaus"]
    assert source.address(Secret("a key/&")).endswith("?auth-key=a%20key%2F%26")
    assert source.place == "https://urlhaus-api.abuse.ch/files/exports/online.csv"
    own = Source(name="mine", url="https://lists.lan:8443/bad?token=secret")
    assert own.address(None) == own.url
    assert "secret" not in own.place
    assert Source(name="mine", file="bad.txt").place == "bad.txt"


def test_what_decides_the_entries_is_in_the_recipe() -> None:
    one = Source(name="mine", url="https://a.lan/")
    assert one.recipe == Source(name="mine", url="https://a.lan/", every=99).recipe
    others = {
        Source(name="mine", url="https://b.lan/").recipe,
        Source(name="mine", url="https://a.lan/", format=Format.CSV).recipe,
        Source(name="mine", url="https://a.lan/", trust=Trust.EVIDENCE).recipe,
        Source(name="mine", url="https://a.lan/", rolling=True).recipe,
        Source(name="mine", url="https://a.lan/", lifetime=3).recipe,
        one.recipe,
    }
    assert len(others) == 6
