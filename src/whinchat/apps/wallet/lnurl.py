"""Lightning addresses and LNURL-pay: asks a service for an invoice over an amount, and checks what comes.

LUD-01 (encoding), LUD-06 (payRequest), LUD-12 (comments) and LUD-16 (addresses) of lnurl/luds. Success actions (LUD-09)
are left out: a stranger's message or link after a payment is an invitation to fraud.
"""

from __future__ import annotations

import hashlib
import re
from typing import TypeVar
from urllib.parse import quote

import msgspec

from whinchat.apps.wallet.format import plain
from whinchat.apps.wallet.invoice import Decoded, decode
from whinchat.apps.wallet.money import Money, sats
from whinchat.apps.wallet.refusals import Unpayable
from whinchat.core.ports import Fetcher, VisitLimits

T = TypeVar("T")

LONGEST = 2048
"""Characters of an LNURL."""
LONGEST_URL = 4096
LIMITS = VisitLimits(hops=3, total=6.0, most_bytes=160 * 1024, most_decoded=256 * 1024)
"""The description may hold a picture of up to 136,536 characters (LUD-06)."""
LONGEST_COMMENT = 140
"""Characters; with all the rest it has to fit into an address on the web (LUD-12)."""
LONGEST_REASON = 120  # characters of what a service says

# No more than every reader of addresses takes for the same host.
_URL = re.compile(r"https://(?P<host>[a-z0-9.-]+)(?::[0-9]{1,5})?(?:[/?#][!-\[\]-~]*)?", re.IGNORECASE)
_ADDRESS = re.compile(r"(?P<user>[a-z0-9_.+-]{1,64})@(?P<host>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)")


class Offer(msgspec.Struct, frozen=True, rename="camel"):
    """What a service would take, in millisatoshis."""

    callback: str
    """Where invoices are."""
    min_sendable: int
    max_sendable: int
    metadata: str
    """What is paid for, as JSON; the invoice has its hash."""
    tag: str
    comment_allowed: int | None = None
    """Characters."""

    @property
    def purpose(self) -> str:
        """What is paid for in plain words; empty where the service does not say."""
        try:
            entries = msgspec.json.decode(self.metadata, type=list[tuple[str, msgspec.Raw]])
            told = next((bytes(content) for kind, content in entries if kind == "text/plain"), b'""')
            return msgspec.json.decode(told, type=str)
        except msgspec.DecodeError:
            return ""

    @property
    def least(self) -> Money:
        """Whole satoshis."""
        return sats(-(-self.min_sendable // 1000))

    @property
    def most(self) -> Money:
        return sats(self.max_sendable // 1000)


class _Status(msgspec.Struct, frozen=True):
    """`ERROR` and why, in place of anything else."""

    status: str = ""
    reason: str = ""


class _Answer(msgspec.Struct, frozen=True):
    pr: str


def address_url(address: str) -> str:
    """Where the offer of `name@host` is, in lower case (LUD-16). Raises Unpayable: it is no such address."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise Unpayable("wallet.lnurl.address", given=address)
    return f"https://{found['host']}/.well-known/lnurlp/{found['user']}"


def decode_lnurl(text: str) -> str:
    """The address on the web that an LNURL holds (LUD-01). Raises Unpayable: it holds none."""
    import bech32  # noqa: PLC0415 - few ever need it

    if len(text) > LONGEST:
        raise Unpayable("wallet.lnurl.unreadable")
    prefix, data = bech32.bech32_decode(text)
    octets = bech32.convertbits(data or (), 5, 8, False)
    if prefix != "lnurl" or octets is None:
        raise Unpayable("wallet.lnurl.unreadable")
    try:
        return bytes(octets).decode()
    except UnicodeDecodeError:
        raise Unpayable("wallet.lnurl.unreadable") from None


class Services:
    """Asks them. `fetcher`: None when nothing may leave the machine."""

    def __init__(self, fetcher: Fetcher | None) -> None:
        self._fetcher = fetcher

    async def offer(self, url: str) -> Offer:
        """Raises Unpayable: there is no service that takes payments, or none that may be asked."""
        offer = await self._get(url, Offer)
        if offer.tag != "payRequest" or not 0 < offer.min_sendable <= offer.max_sendable:
            raise Unpayable("wallet.lnurl.no_offer", host=host(url))
        return offer

    async def invoice(self, offer: Offer, amount: Money, comment: str, network: str, now: int) -> Decoded:
        """An invoice over exactly `amount` satoshis; `comment` goes along as far as the service wants one.

        Raises Unpayable: the amount is not within the offer, or what came is not what was asked for.
        """
        if amount < offer.least:
            raise Unpayable("wallet.lnurl.too_little", amount=plain(offer.least))
        if amount > offer.most:
            raise Unpayable("wallet.lnurl.too_much", amount=plain(offer.most))
        service, msat = host(offer.callback), amount.minor * 1000
        answer = await self._get(_with(offer.callback, msat, comment[: _allowed(offer)]), _Answer)
        invoice = decode(answer.pr, network, now)
        if invoice.msat != msat:
            raise Unpayable("wallet.lnurl.other_amount", host=service)
        if invoice.description_hash != hashlib.sha256(offer.metadata.encode()).hexdigest():
            raise Unpayable("wallet.lnurl.other_purpose", host=service)
        return invoice

    async def _get(self, url: str, kind: type[T]) -> T:
        """Neither status nor headers mean anything (LUD-01). Raises Unpayable."""
        if self._fetcher is None:
            raise Unpayable("wallet.lnurl.offline")
        if not _may_be_asked(url):
            raise Unpayable("wallet.lnurl.unsafe")
        visit = await self._fetcher.get(url, LIMITS, _may_be_asked)
        if visit.fault is not None:
            raise Unpayable("wallet.lnurl.no_answer", host=host(url))
        if visit.status is None:
            raise Unpayable("wallet.lnurl.unsafe")
        try:
            told = msgspec.json.decode(visit.body, type=_Status, strict=False)
            if told.status.upper() != "ERROR":
                return msgspec.json.decode(visit.body, type=kind, strict=False)
        except (msgspec.DecodeError, RecursionError):
            raise Unpayable("wallet.lnurl.no_offer", host=host(url)) from None
        raise Unpayable("wallet.lnurl.refused", host=host(url), reason=told.reason[:LONGEST_REASON])


def _may_be_asked(url: str) -> bool:
    """What else the guarded fetcher refuses, it refuses by itself: machines of this network, strange ports."""
    return len(url) <= LONGEST_URL and _URL.fullmatch(url) is not None and not host(url).endswith(".onion")


def host(url: str) -> str:
    """For reading."""
    found = _URL.match(url)
    return found["host"].lower().rstrip(".") if found else ""


def _allowed(offer: Offer) -> int:
    return min(max(offer.comment_allowed or 0, 0), LONGEST_COMMENT)


def _with(callback: str, msat: int, comment: str) -> str:
    address, _, _ = callback.partition("#")
    query = f"amount={msat}" + (f"&comment={quote(comment, safe='')}" if comment else "")
    return f"{address}{'&' if '?' in address else '?'}{query}"
