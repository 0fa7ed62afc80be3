"""Blocklists over a real name server, as DNS packets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.dns_server import SERVFAIL, A, NameServer, Reply, naming

from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.sources.answers import Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.dnsbl import SURBL, URIBL, DomainBlocklist, spamhaus_dbl
from whinchat.infra.resolver import DnsResolver

EVIL = "https://login.evil.net/x"


@pytest.fixture
async def server() -> AsyncIterator[NameServer]:
    async with naming() as running:
        yield running


@pytest.fixture
def resolver(server: NameServer) -> DnsResolver:
    return DnsResolver([server.address], one_try=0.1)


def link(text: str) -> Link:
    found = parse_link(text)
    assert found is not None
    return found


async def test_a_listing_is_one_question_for_one_name(server: NameServer, resolver: DnsResolver) -> None:
    server.on("login.evil.net.dbl.spamhaus.org", "127.0.1.4")
    answer = await DomainBlocklist(spamhaus_dbl(), resolver).ask(link(EVIL))
    assert answer == Listed(Threat.PHISHING, scope=Scope.HOST)
    assert server.asked == [("login.evil.net.dbl.spamhaus.org", A)]


async def test_what_does_not_exist_is_not_listed(server: NameServer, resolver: DnsResolver) -> None:
    assert await DomainBlocklist(URIBL, resolver).ask(link(EVIL)) == NotListed()
    assert server.asked == [("evil.net.multi.uribl.com", A)]


async def test_a_public_name_server_is_refused_and_never_listed(server: NameServer, resolver: DnsResolver) -> None:
    server.on("login.evil.net.dbl.spamhaus.org", "127.255.255.254")
    server.on("login.evil.net.multi.surbl.org", "127.0.0.1")
    assert await DomainBlocklist(spamhaus_dbl(), resolver).ask(link(EVIL)) == NoAnswer(Missing.REFUSED)
    assert await DomainBlocklist(SURBL, resolver).ask(link(EVIL)) == NoAnswer(Missing.REFUSED)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(code=SERVFAIL), Missing.UNREACHABLE),
        (Reply(silent=True), Missing.TIMEOUT),
        (Reply(garbage=b"\x00\x01\x02"), Missing.TIMEOUT),
    ],
    ids=["fails", "is silent", "talks nonsense"],
)
async def test_a_bad_day_of_the_name_server_is_no_answer(
    server: NameServer, resolver: DnsResolver, reply: Reply, reason: Missing
) -> None:
    server.on("evil.net.multi.uribl.com", reply)
    assert await DomainBlocklist(URIBL, resolver).ask(link(EVIL)) == NoAnswer(reason)
