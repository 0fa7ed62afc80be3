from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.sources.given import Given

from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.settings import ScannerSettings
from whinchat.apps.scanner.sources.answers import Answer, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.dnsbl import (
    LONGEST_NAME,
    SURBL,
    URIBL,
    Blocklist,
    DomainBlocklist,
    make_spamhaus,
    make_surbl,
    make_uribl,
    spamhaus_dbl,
)
from whinchat.apps.scanner.sources.settings import KeyedBlocklistSettings, SourcesSettings
from whinchat.core.errors import HttpError
from whinchat.core.secret import Secret

DBL = spamhaus_dbl()


@dataclass
class Names:
    """`ports.Resolver` that has one answer."""

    found: Sequence[str] = ()
    error: str = ""
    asked: list[tuple[str, bool]] = field(default_factory=list)

    async def addresses(self, name: str, *, ipv6: bool = True) -> Sequence[str]:
        self.asked.append((name, ipv6))
        if self.error:
            raise HttpError("no answer", code=self.error)
        return self.found


def link(text: str) -> Link:
    found = parse_link(text)
    assert found is not None
    return found


async def ask(blocklist: Blocklist, *found: str, url: str = "https://login.evil.example.net/x") -> Answer:
    return await DomainBlocklist(blocklist, Names(found)).ask(link(url))


async def name_asked(blocklist: Blocklist, url: str) -> list[str]:
    names = Names()
    assert await DomainBlocklist(blocklist, names).ask(link(url)) == NotListed()
    assert not any(ipv6 for _, ipv6 in names.asked)  # listings are IPv4
    return [name for name, _ in names.asked]


def listed(threat: Threat, strength: float) -> Listed:
    return Listed(threat, strength, scope=Scope.HOST)


@pytest.mark.parametrize(
    ("blocklist", "address", "answer"),
    [
        (SURBL, "127.0.0.8", listed(Threat.PHISHING, 1.0)),
        (SURBL, "127.0.0.16", listed(Threat.MALWARE, 1.0)),
        (SURBL, "127.0.0.64", listed(Threat.SCAM, 0.6)),
        (SURBL, "127.0.0.80", listed(Threat.MALWARE, 1.0)),
        (SURBL, "127.0.0.128", listed(Threat.MALWARE, 0.5)),
        (SURBL, "127.0.0.32", NotListed()),
        (URIBL, "127.0.0.2", listed(Threat.SCAM, 0.6)),
        (URIBL, "127.0.0.4", NotListed()),
        (URIBL, "127.0.0.14", listed(Threat.SCAM, 0.6)),
        (URIBL, "127.0.0.8", listed(Threat.SCAM, 0.3)),
        (DBL, "127.0.1.2", listed(Threat.SCAM, 0.7)),
        (DBL, "127.0.1.4", listed(Threat.PHISHING, 1.0)),
        (DBL, "127.0.1.5", listed(Threat.MALWARE, 1.0)),
        (DBL, "127.0.1.6", listed(Threat.MALWARE, 1.0)),
        (DBL, "127.0.1.104", listed(Threat.PHISHING, 0.5)),
    ],
)
async def test_addresses_mean_what_each_list_says(blocklist: Blocklist, address: str, answer: Answer) -> None:
    assert await ask(blocklist, address) == answer


@pytest.mark.parametrize(
    ("blocklist", "address", "reason"),
    [
        (SURBL, "127.0.0.1", Missing.REFUSED),
        (SURBL, "127.0.0.9", Missing.REFUSED),
        (URIBL, "127.0.0.1", Missing.REFUSED),
        (URIBL, "127.0.0.255", Missing.REFUSED),
        (DBL, "127.255.255.252", Missing.REFUSED),
        (DBL, "127.255.255.254", Missing.REFUSED),
        (DBL, "127.255.255.255", Missing.QUOTA),
        (DBL, "127.0.1.255", Missing.GARBLED),
        (DBL, "127.0.0.2", Missing.GARBLED),
    ],
)
async def test_errors_are_not_listings(blocklist: Blocklist, address: str, reason: Missing) -> None:
    assert await ask(blocklist, address) == NoAnswer(reason)


@pytest.mark.parametrize("blocklist", [SURBL, URIBL, DBL])
async def test_a_name_server_that_knows_an_address_for_everything_says_nothing(blocklist: Blocklist) -> None:
    assert await ask(blocklist, "203.0.113.7") == NoAnswer(Missing.GARBLED)
    assert await ask(blocklist, "2001:db8::7") == NoAnswer(Missing.GARBLED)


async def test_an_error_among_listings_leaves_nothing_to_believe() -> None:
    assert await ask(DBL, "127.0.1.4", "127.255.255.254") == NoAnswer(Missing.REFUSED)


async def test_of_several_listings_the_surest_counts() -> None:
    assert await ask(DBL, "127.0.1.102", "127.0.1.4") == listed(Threat.PHISHING, 1.0)


async def test_a_redirector_that_spam_uses_is_not_dangerous_for_that() -> None:
    assert await ask(DBL, "127.0.1.103") == NotListed()


async def test_each_list_is_asked_for_the_names_that_it_has() -> None:
    url = "https://login.evil.example.net/x"
    assert await name_asked(SURBL, url) == ["login.evil.example.net.multi.surbl.org"]
    assert await name_asked(URIBL, url) == ["example.net.multi.uribl.com"]
    assert await name_asked(DBL, url) == ["login.evil.example.net.dbl.spamhaus.org"]


async def test_a_tenant_is_asked_about_and_not_the_landlord() -> None:
    assert await name_asked(URIBL, "https://www.paypa1.pages.dev/x") == ["paypa1.pages.dev.multi.uribl.com"]
    assert await name_asked(URIBL, "https://sites.google.com/view/x") == ["sites.google.com.multi.uribl.com"]


async def test_addresses_are_asked_about_turned_round_and_only_where_they_are_listed() -> None:
    assert await name_asked(SURBL, "http://192.0.2.7/") == ["7.2.0.192.multi.surbl.org"]
    assert await name_asked(SURBL, "http://[2001:db8::7]/") == []
    assert await name_asked(URIBL, "http://192.0.2.7/") == []
    assert await name_asked(DBL, "http://192.0.2.7/") == []


async def test_with_a_key_it_is_asked_in_a_zone_of_our_own() -> None:
    asked = await name_asked(spamhaus_dbl(Secret("abc123")), "https://evil.example.net/")
    assert asked == ["evil.example.net.abc123.dbl.dq.spamhaus.net"]


async def test_a_name_that_is_too_long_to_be_asked_for_is_cut_at_its_left() -> None:
    label = "a" * 57
    (asked,) = await name_asked(DBL, f"https://{label}.{label}.{label}.{label}.example.net/")
    assert len(asked) <= LONGEST_NAME
    assert asked == f"{label}.{label}.{label}.example.net.dbl.spamhaus.org"


@pytest.mark.parametrize(("error", "reason"), [("timeout", Missing.TIMEOUT), ("unresolved", Missing.UNREACHABLE)])
async def test_a_name_server_that_does_not_answer_says_nothing(error: str, reason: Missing) -> None:
    source = DomainBlocklist(SURBL, Names(error=error))
    assert await source.ask(link("https://evil.example.net/")) == NoAnswer(reason)


@given(st.ip_addresses(v=4, network="127.0.0.0/8").map(str))
async def test_only_a_documented_address_is_ever_a_listing(address: str) -> None:
    assert address.startswith("127.0.1.") or not isinstance(await ask(DBL, address), Listed)
    last = int(address.rpartition(".")[2])
    assert last & (2 | 8) or not isinstance(await ask(URIBL, address), Listed)
    assert last & (8 | 16 | 64 | 128) or not isinstance(await ask(SURBL, address), Listed)


def test_what_leaves_the_machine_and_for_which_links() -> None:
    for blocklist in (SURBL, URIBL, DBL):
        assert blocklist.about.sends == "host"
        assert not blocklist.about.decisive
    assert SURBL.about.covers.includes(link("http://192.0.2.7/"))
    assert not DBL.about.covers.includes(link("http://192.0.2.7/"))


async def test_each_is_asked_through_the_name_servers_of_the_machine(tmp_path: Path) -> None:
    settings = ScannerSettings(sources=SourcesSettings(spamhaus=KeyedBlocklistSettings(key=Secret("abc123"))))
    names = Names()
    for make in (make_surbl, make_uribl, make_spamhaus):
        source = make(Given(tmp_path, resolver=names), settings)
        assert source is not None
        await source.ask(link("https://evil.net/"))
        assert make(Given(tmp_path, resolver=None), settings) is None
    assert [name for name, _ in names.asked] == [
        "evil.net.multi.surbl.org",
        "evil.net.multi.uribl.com",
        "evil.net.abc123.dbl.dq.spamhaus.net",
    ]


def test_nobody_asks_them_unless_that_is_wanted() -> None:
    usual = ScannerSettings().sources
    assert [usual.surbl.enabled, usual.uribl.enabled, usual.spamhaus.enabled] == [False, False, False]
