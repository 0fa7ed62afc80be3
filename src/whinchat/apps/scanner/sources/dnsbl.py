"""Blocklists of domains that are asked by DNS (RFC 5782, section 2.2): the name goes in front of the list's zone.

An address under 127.0.0.0/8 is a listing and says why it is one; no address is none. Some of these addresses are no
listings at all, but say that the list does not answer us: taken for listings, they would condemn every site.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.knowledge import Scope, Threat
from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.sources.about import About, Covers, Lifetimes, Quota, Sends, Subject
from whinchat.apps.scanner.sources.answers import Answer, Listed, Missing, NoAnswer, NotListed
from whinchat.apps.scanner.sources.means import Means
from whinchat.apps.scanner.sources.settings import Settings
from whinchat.core.errors import HttpError
from whinchat.core.ports import Limit, Resolver
from whinchat.core.secret import Secret

LONGEST_NAME = 253  # characters of a name that can be asked for (RFC 1035, 2.3.4)

Read = Callable[[bytes], Answer | None]
"""From the four octets of one address to what it means; None: nothing that concerns links."""


@dataclass(frozen=True, slots=True)
class Blocklist:
    """One list: what it says of itself, how it is asked, and what its addresses mean."""

    about: About
    zone: str
    names: Callable[[Link], str]
    """What of a link it lists, empty for what it cannot."""
    read: Read


class DomainBlocklist:
    """A `Source`. What the list cannot hold, such as an address on a list of names, is not on it and is not asked."""

    def __init__(self, blocklist: Blocklist, resolver: Resolver) -> None:
        self.about = blocklist.about
        self._blocklist = blocklist
        self._resolver = resolver

    async def ask(self, link: Link) -> Answer:
        name = self._blocklist.names(link)
        if not name:
            return NotListed()
        try:
            found = await self._resolver.addresses(_fitting(name, self._blocklist.zone), ipv6=False)
        except HttpError as error:
            return NoAnswer(Missing.TIMEOUT if error.code == "timeout" else Missing.UNREACHABLE)
        return _worst(list(self._meanings(found)))

    def _meanings(self, found: Sequence[str]) -> Iterator[Answer]:
        for text in found:
            octets = ipaddress.ip_address(text).packed
            # Some name servers answer for names that do not exist with an address of their own: that is no list's word.
            meaning = self._blocklist.read(octets) if octets[:1] == b"\x7f" and len(octets) == 4 else _GARBLED
            if meaning is not None:
                yield meaning


_GARBLED = NoAnswer(Missing.GARBLED)
_REFUSED = NoAnswer(Missing.REFUSED)


def _worst(meanings: Sequence[Answer]) -> Answer:
    """A refusal stands above all: with it, the rest is not to be believed. Else the surest listing."""
    for meaning in meanings:
        if isinstance(meaning, NoAnswer):
            return meaning
    listings = [meaning for meaning in meanings if isinstance(meaning, Listed)]
    return max(listings, key=lambda each: each.strength, default=NotListed())


def _fitting(name: str, zone: str) -> str:
    """In front of the zone and short enough to be asked: the zones hold everything below a listed name, too."""
    while len(name) + 1 + len(zone) > LONGEST_NAME:
        name = name.partition(".")[2]
    return f"{name}.{zone}"


def _listed(threat: Threat, strength: float = 1.0) -> Listed:
    return Listed(threat, strength, scope=Scope.HOST)


def _host(link: Link) -> str:
    return "" if link.is_address else link.host


def _site(link: Link) -> str:
    """The owner's own domain: the registrable one, or the one below a host where everybody can have a site."""
    return "" if link.is_address else link.site.name.partition("/")[0]


def _host_or_turned_address(link: Link) -> str:
    if not link.is_address:
        return link.host
    return "" if ":" in link.host else ".".join(reversed(link.host.split(".")))


def _by_bits(meanings: Mapping[int, Listed]) -> Read:
    """The last octet is a set of bits, one for each sublist; bit 0 says that the query was refused."""

    def read(octets: bytes) -> Answer | None:
        bits = octets[3]
        if bits & 1:
            return _REFUSED
        return max(
            (listed for bit, listed in meanings.items() if bits & bit), key=lambda each: each.strength, default=None
        )

    return read


RESOLVER = (
    "It refuses name servers that many share: run one of your own (unbound, say) and name it in /etc/resolv.conf, or"
    " switch the source off."
)


def _about(name: str, title: str, covers: Covers, terms: str, way_out: str = RESOLVER) -> About:
    return About(
        name,
        title,
        Sends.HOST,
        Limit(rate=2, burst=20),
        timeout=2.0,
        lifetimes=Lifetimes(listed=3600, clear=900),
        subject=Subject.HOST,
        covers=covers,
        # Below what each of the three gives away for nothing: 250,000 messages a day at SURBL, 300,000 queries at
        # Spamhaus, "low volume" at URIBL.
        quotas=(Quota(50_000, 86_400),),
        way_out=way_out,
        terms=terms,
    )


SURBL = Blocklist(
    _about("surbl", "SURBL", Covers.ALL, "https://www.surbl.org/usage-policy"),
    "multi.surbl.org",
    _host_or_turned_address,
    _by_bits(
        {
            8: _listed(Threat.PHISHING),
            16: _listed(Threat.MALWARE),
            64: _listed(Threat.SCAM, 0.6),  # advertised in spam, which is not always a trap
            128: _listed(Threat.MALWARE, 0.5),  # broken into: its owner means no harm, and not every page does
        }
    ),
)
"""https://www.surbl.org/lists and /guidelines: names of any depth may be asked for, IPv4 addresses with their octets
turned round. 127.0.0.1 says that the name server is blocked.
"""

URIBL = Blocklist(
    _about("uribl", "URIBL", Covers.NAMES, "https://www.uribl.com/about.shtml#abuse"),
    "multi.uribl.com",
    _site,
    # 4, grey, names senders of advertisements that can be left: nothing to warn of.
    _by_bits({2: _listed(Threat.SCAM, 0.6), 8: _listed(Threat.SCAM, 0.3)}),
)
"""https://www.uribl.com/usage.shtml and /refused.shtml: names without their host part. 127.0.0.1 says that the query
was refused.
"""

_DBL = {
    2: _listed(Threat.SCAM, 0.7),
    4: _listed(Threat.PHISHING),
    5: _listed(Threat.MALWARE),
    6: _listed(Threat.MALWARE),
    102: _listed(Threat.SCAM, 0.4),
    104: _listed(Threat.PHISHING, 0.5),
    105: _listed(Threat.MALWARE, 0.5),
    106: _listed(Threat.MALWARE, 0.5),
}
"""From 102 on: somebody else's domain that is abused. 103 is a redirector that spam uses: what it leads to counts."""


def _read_dbl(octets: bytes) -> Answer | None:
    if octets[:3] == b"\x7f\xff\xff":
        # 255: too many queries. 254: by a name server that many share. 252 and below: the zone or the key is wrong.
        return NoAnswer(Missing.QUOTA) if octets[3] == 255 else _REFUSED
    if octets[:3] != b"\x7f\x00\x01" or octets[3] == 255:  # 255: an address was asked for, which we do not
        return _GARBLED
    return _DBL.get(octets[3])


SPAMHAUS = _about(
    "spamhaus",
    "Spamhaus DBL",
    Covers.NAMES,
    "https://www.spamhaus.org/blocklists/dnsbl-fair-use-policy/",
    "It refuses name servers that many share, and keys that are wrong: get a key of its Data Query Service, free, and"
    " set apps.scanner.sources.spamhaus.key.",
)


def spamhaus_dbl(key: Secret | None = None) -> Blocklist:
    """https://docs.spamhaus.com/datasets/docs/source/10-data-type-documentation/datasets/040-zones.html: names of any
    depth, never addresses.

    `key`: of the Data Query Service, which answers through any name server; the public zone does not.
    """
    zone = "dbl.spamhaus.org" if key is None else f"{key.reveal()}.dbl.dq.spamhaus.net"
    return Blocklist(SPAMHAUS, zone, _host, _read_dbl)


def make_surbl(given: Means, _: Settings) -> DomainBlocklist | None:
    return None if given.resolver is None else DomainBlocklist(SURBL, given.resolver)


def make_uribl(given: Means, _: Settings) -> DomainBlocklist | None:
    return None if given.resolver is None else DomainBlocklist(URIBL, given.resolver)


def make_spamhaus(given: Means, settings: Settings) -> DomainBlocklist | None:
    key = settings.sources.spamhaus.key
    return None if given.resolver is None else DomainBlocklist(spamhaus_dbl(key), given.resolver)
