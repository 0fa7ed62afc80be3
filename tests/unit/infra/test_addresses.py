from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.forbidden import V4, V6

from whinchat.infra.addresses import Address, acceptable, is_own, is_public, read_address

# What the standard library calls global, as IANA's registries do, and is refused all the same.
STRICTER = tuple(
    map(
        ipaddress.ip_network,
        (
            "168.63.129.16/32",  # a cloud's own
            "192.0.0.0/24",  # anycast of the network itself
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.175.48.0/24",
            "224.0.0.0/4",  # multicast can be global, but is nobody's
            "2001::/23",
            "2002::/16",
            "2620:4f:8000::/48",
            "3fff::/20",  # newer than some versions of the library
        ),
    )
)
UNICAST = ipaddress.ip_network("2000::/3")


def address(text: str) -> Address:
    found = read_address(text)
    assert found is not None
    return found


@pytest.mark.parametrize("text", [*V4, *V6])
def test_special_addresses_are_not_public(text: str) -> None:
    assert not is_public(address(text))


@pytest.mark.parametrize(
    "text",
    [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2000::1",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:2800:21f::1",
        "3fff:1000::1",
    ],
)
def test_others_are(text: str) -> None:
    assert is_public(address(text))


@given(st.ip_addresses())
def test_what_is_public_is_global_and_the_rest_is_explained(found: Address) -> None:
    if is_public(found):
        assert found.is_global
        assert not found.is_multicast
    elif found.is_global:
        within = any(found.version == block.version and found in block for block in STRICTER)
        assert within or (found.version == 6 and found not in UNICAST)


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "::", "64:ff9b::", "64:ff9b:1::", "::ffff:0:0:0"]))
def test_no_form_that_holds_an_ipv4_address_is_public(inner: ipaddress.IPv4Address, prefix: str) -> None:
    assert not is_public(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | int(inner)))
    assert not is_public(ipaddress.IPv6Address((0x2002 << 112) | (int(inner) << 80) | 1))


@given(st.ip_addresses())
def test_an_address_is_read_as_it_is_written(found: Address) -> None:
    assert read_address(str(found)) == found


@pytest.mark.parametrize(
    "text", ["", "a.example", "fe80::1%eth0", "127.1", "0x7f000001", "[::1]", "1.1.1.1/32", " 1.1.1.1"]
)
def test_other_forms_are_no_addresses(text: str) -> None:
    assert read_address(text) is None


def test_an_address_with_a_zone_is_not_public() -> None:
    assert not is_public(ipaddress.IPv6Address("2606:2800:21f::1%eth0"))


@pytest.mark.parametrize(("source", "own"), [("93.184.216.34", True), ("192.168.1.5", False), (None, False)])
def test_ones_own_address_is_not_acceptable(monkeypatch: pytest.MonkeyPatch, source: str | None, own: bool) -> None:
    class Probe:
        """A socket of a machine that would send from `source`; None: it has no way there."""

        def __init__(self, family: int, kind: int) -> None:
            assert (family, kind) == (socket.AF_INET, socket.SOCK_DGRAM)

        def __enter__(self) -> Probe:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def connect(self, _: object) -> None:
            if source is None:
                raise OSError("no way")

        def getsockname(self) -> tuple[str | None, int]:
            return (source, 1)

    monkeypatch.setattr("whinchat.infra.addresses.socket.socket", Probe)
    assert is_own(address("93.184.216.34")) is own
    assert acceptable(address("93.184.216.34")) is not own
