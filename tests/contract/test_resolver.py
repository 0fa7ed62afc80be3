"""What every `ports.Resolver` does, the fake included."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.dns_server import SERVFAIL, Reply, naming

from whinchat.core.errors import HttpError
from whinchat.core.ports import Resolver
from whinchat.infra.resolver import DnsResolver
from whinchat.testing.resolver import FakeResolver


@pytest.fixture(params=["fake", "dns"])
async def resolver(request: pytest.FixtureRequest) -> AsyncIterator[Resolver]:
    both = ["93.184.216.34", "2606:2800:21f::1"]
    if request.param == "fake":
        fake = FakeResolver()
        fake.answer("both.example", both)
        fake.answer("inside.example", ["127.0.1.2"])
        fake.answer("moving.example", ["93.184.216.34"], ["127.0.0.1"])
        fake.answer("broken.example", HttpError("no", code="unresolved"))
        yield fake
        return
    async with naming() as server:
        server.on("both.example", Reply(both))
        server.on("inside.example", "127.0.1.2")
        server.on("moving.example", "93.184.216.34", "127.0.0.1")
        server.on("broken.example", Reply(code=SERVFAIL))
        yield DnsResolver([server.address])


async def test_gives_both_kinds_of_addresses(resolver: Resolver) -> None:
    assert await resolver.addresses("both.example") == ["93.184.216.34", "2606:2800:21f::1"]
    assert await resolver.addresses("both.example", ipv6=False) == ["93.184.216.34"]


async def test_judges_no_address(resolver: Resolver) -> None:
    assert await resolver.addresses("inside.example") == ["127.0.1.2"]


async def test_what_does_not_exist_has_no_addresses(resolver: Resolver) -> None:
    assert list(await resolver.addresses("nobody.example")) == []


async def test_a_failure_is_no_answer(resolver: Resolver) -> None:
    with pytest.raises(HttpError) as error:
        await resolver.addresses("broken.example")
    assert error.value.code == "unresolved"


async def test_nothing_is_remembered(resolver: Resolver) -> None:
    assert await resolver.addresses("moving.example") == ["93.184.216.34"]
    assert await resolver.addresses("moving.example") == ["127.0.0.1"]
