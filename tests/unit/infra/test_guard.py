from __future__ import annotations

import pytest

from whinchat.core.errors import HttpError
from whinchat.core.ports import FetchFault
from whinchat.infra.guard import MOST_ADDRESSES, Guard, Stopped, Target, read_url
from whinchat.testing.resolver import FakeResolver


async def admitted(resolver: FakeResolver, url: str) -> Target:
    return await Guard(resolver, allowed=lambda address: address.is_global).admit(read_url(url))


async def refused(resolver: FakeResolver, url: str) -> FetchFault:
    with pytest.raises(Stopped) as stopped:
        await admitted(resolver, url)
    return stopped.value.fault


@pytest.mark.parametrize(
    ("url", "host", "port", "secure"),
    [
        ("https://a.example/x", "a.example", 443, True),
        ("http://a.example./x", "a.example", 80, False),
        ("http://a.example:8080/", "a.example", 8080, False),
        ("https://A.example:8443/", "a.example", 8443, True),
    ],
)
async def test_a_name_of_the_public_internet_is_admitted(url: str, host: str, port: int, secure: bool) -> None:
    resolver = FakeResolver()
    resolver.answer("a.example", ["93.184.216.34", "2606:2800:21f::1"])
    target = await admitted(resolver, url)
    assert (target.host, target.port, target.secure) == (host, port, secure)
    assert target.machines == ("93.184.216.34", "2606:2800:21f::1")


@pytest.mark.parametrize("url", ["http://93.184.216.34/", "http://0x5db8d822/", "https://[2606:2800:21f::1]/"])
async def test_a_number_is_not_looked_up(url: str) -> None:
    resolver = FakeResolver()
    assert len((await admitted(resolver, url)).machines) == 1
    assert resolver.asked == []


async def test_of_many_machines_a_few_are_tried() -> None:
    resolver = FakeResolver()
    resolver.answer("a.example", [f"93.184.216.{number}" for number in range(9)])
    assert len((await admitted(resolver, "http://a.example/")).machines) == MOST_ADDRESSES
    resolver.answer("a.example", [*(f"93.184.216.{number}" for number in range(9)), "10.0.0.1"])
    assert await refused(resolver, "http://a.example/") is FetchFault.ADDRESS


@pytest.mark.parametrize("answer", ["nonsense", "127.1", "fe80::1%eth0", ""])
async def test_what_a_name_server_makes_up_is_no_address(answer: str) -> None:
    resolver = FakeResolver()
    resolver.answer("a.example", ["93.184.216.34", answer])
    assert await refused(resolver, "http://a.example/") is FetchFault.ADDRESS


@pytest.mark.parametrize(("failure", "fault"), [("timeout", FetchFault.TIMEOUT), ("unresolved", FetchFault.UNRESOLVED)])
async def test_a_name_that_cannot_be_looked_up(failure: str, fault: FetchFault) -> None:
    resolver = FakeResolver()
    resolver.answer("a.example", HttpError("no", code=failure))
    assert await refused(resolver, "http://a.example/") is fault
    assert await refused(resolver, "http://nobody.example/") is FetchFault.UNRESOLVED


@pytest.mark.parametrize("text", ["http://\ud800.example/", "", "a.example", "http://"])
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(Stopped) as stopped:
        read_url(text)
    assert stopped.value.fault is FetchFault.PROTOCOL
