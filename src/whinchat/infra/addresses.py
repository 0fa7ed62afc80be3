"""Which numbers a stranger may have us connect to: those of machines on the public Internet, and not our own."""

from __future__ import annotations

import ipaddress
import socket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# https://www.iana.org/assignments/iana-ipv4-special-registry and multicast; also those that the registry calls
# globally reachable: they are for a service of the network itself, never for a site.
_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by a provider's customers; metadata of some clouds
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # no block of IANA's: a cloud's own service for the machine that runs on it
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments, also those for port control, TURN, DS-Lite and a cloud's metadata
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""What IANA gives out as such (RFC 4291, 2.4). Outside are loopback, mapped and translated IPv4 (`::ffff:0:0/96`,
`64:ff9b::/96`, `64:ff9b:1::/48`), local, link-local and multicast addresses, and all that has no meaning yet."""

# https://www.iana.org/assignments/iana-ipv6-special-registry
_V6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID, AMT, AS112 and others
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: holds an IPv4 address
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)


def read_address(text: str) -> Address | None:
    """An address in its usual form, without brackets; None for everything else, also with a zone (`fe80::1%eth0`)."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None else address


def is_public(address: Address) -> bool:
    """Global unicast, and in none of the special-purpose blocks."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in _V4)
    if address.scope_id is not None or address not in _GLOBAL_UNICAST:
        return False
    return not any(address in block for block in _V6)


def is_own(address: Address) -> bool:
    """Whether this machine has the address: what a firewall closes to strangers may be open from here.

    The system is asked from where it would send there; nothing is sent.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((str(address), 9))
        except OSError:
            return False  # there is no way there at all
        return ipaddress.ip_address(probe.getsockname()[0]) == address


def acceptable(address: Address) -> bool:
    """Whether it may be connected to for a stranger."""
    return is_public(address) and not is_own(address)
