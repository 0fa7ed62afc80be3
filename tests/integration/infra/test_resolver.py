"""The resolver against name servers that behave as real ones sometimes do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.dns_server import AAAA, REFUSED, SERVFAIL, A, NameServer, Reply, naming

from whinchat.core.errors import HttpError
from whinchat.infra.resolver import DnsResolver, system_servers

PUBLIC = "93.184.216.34"


@pytest.fixture
async def server() -> AsyncIterator[NameServer]:
    async with naming() as server:
        yield server


def hurried(*servers: NameServer) -> DnsResolver:
    return DnsResolver([server.address for server in servers], one_try=0.1)


async def failure(resolver: DnsResolver, name: str) -> str:
    with pytest.raises(HttpError) as error:
        await resolver.addresses(name)
    assert name not in str(error.value)
    return error.value.code


async def test_asks_for_ipv4_and_ipv6(server: NameServer) -> None:
    server.on("a.example", Reply((PUBLIC, "2606:2800::1", "2606:2800::2")))
    assert await hurried(server).addresses("a.example") == [PUBLIC, "2606:2800::1", "2606:2800::2"]
    assert sorted(server.asked) == [("a.example", A), ("a.example", AAAA)]


async def test_asks_for_ipv4_alone_where_that_is_wanted(server: NameServer) -> None:
    await hurried(server).addresses("2.0.0.127.list.example", ipv6=False)
    assert server.asked == [("2.0.0.127.list.example", A)]


async def test_follows_aliases(server: NameServer) -> None:
    server.on("www.a.example", Reply((PUBLIC,), alias="host.b.example"))
    assert await hurried(server).addresses("www.a.example") == [PUBLIC]


async def test_a_long_answer_comes_by_tcp(server: NameServer) -> None:
    many = [f"93.184.216.{number}" for number in range(100)]
    server.on("many.example", Reply(many, long=True))
    assert await hurried(server).addresses("many.example") == many
    assert ("many.example", A) in server.by_tcp


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(code=SERVFAIL), "unresolved"),
        (Reply(code=REFUSED), "unresolved"),
        (Reply((PUBLIC,), code=3), "unresolved"),
        (Reply(silent=True), "timeout"),
        (Reply(garbage=b"\xff" * 30), "timeout"),
    ],
)
async def test_what_cannot_be_used_is_a_failure(server: NameServer, reply: Reply, code: str) -> None:
    server.on("a.example", reply)
    assert await failure(hurried(server), "a.example") == code


async def test_nobody_listens() -> None:
    assert await failure(DnsResolver([("127.0.0.1", 1)], one_try=0.1), "a.example") == "timeout"


async def test_a_name_without_addresses_has_none(server: NameServer) -> None:
    server.on("a.example", Reply())
    assert await hurried(server).addresses("a.example") == []


async def test_where_one_server_fails_the_next_is_asked(server: NameServer) -> None:
    server.on("a.example", PUBLIC)
    async with naming() as broken:
        broken.default = Reply(code=SERVFAIL)
        assert await hurried(broken, server).addresses("a.example") == [PUBLIC]


async def test_a_lost_answer_is_asked_for_again(server: NameServer) -> None:
    server.on("a.example", Reply(silent=True), PUBLIC)
    assert await hurried(server).addresses("a.example") == [PUBLIC]


async def test_ipv4_is_enough_where_nobody_answers_for_ipv6(server: NameServer) -> None:
    server.on("a.example", PUBLIC)
    server.only("a.example", AAAA, Reply(silent=True))
    assert await hurried(server).addresses("a.example") == [PUBLIC]


async def test_it_is_a_failure_where_only_the_empty_half_was_answered(server: NameServer) -> None:
    server.on("a.example", Reply())
    server.only("a.example", AAAA, Reply(code=SERVFAIL))
    assert await failure(hurried(server), "a.example") == "unresolved"


@pytest.mark.parametrize("name", [f"{'x' * 64}.example", f"{'x.' * 127}example", "a..example"])
async def test_what_can_be_no_name_does_not_exist(server: NameServer, name: str) -> None:
    assert await hurried(server).addresses(name) == []
    assert server.asked == []


def test_the_systems_name_servers(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text(
        "# nameserver 9.9.9.9\nsearch home.example\nnameserver 192.0.2.1\nnameserver  2001:db8::1\n"
        "nameserver\nnameserver nonsense\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n"
    )
    assert system_servers(file) == (("192.0.2.1", 53), ("2001:db8::1", 53), ("192.0.2.2", 53))
    assert system_servers(tmp_path / "nothing") == (("127.0.0.1", 53),)
