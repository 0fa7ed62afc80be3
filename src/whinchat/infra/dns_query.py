"""One question to one name server (RFC 1035). Imported when the first name is looked up: it takes 3 MB."""

from __future__ import annotations

from collections.abc import Sequence

import dns.asyncquery
import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from whinchat.core.errors import HttpError

KINDS = {4: dns.rdatatype.A, 6: dns.rdatatype.AAAA}


async def ask(server: tuple[str, int], name: str, version: int, seconds: float) -> Sequence[str]:
    """The addresses of one version of IP (4 or 6), aliases followed; empty where the name does not exist or has none.

    By datagram, or by TCP when the answer is too long for one. What does not come from the server, or is no answer to
    the question, is passed over.

    Raises:
        HttpError: `unresolved`, `timeout`.
    """
    try:
        asked = dns.name.from_text(name)
    except dns.exception.DNSException:
        return ()  # such as a part of 64 characters: nobody can have that name
    query = dns.message.make_query(asked, KINDS[version])
    host, port = server
    try:
        reply, _ = await dns.asyncquery.udp_with_fallback(
            query, host, seconds, port, ignore_unexpected=True, ignore_errors=True
        )
        return _addresses(reply)
    except dns.exception.Timeout:
        raise HttpError("no name server answers in time", code="timeout") from None
    except (dns.exception.DNSException, OSError, EOFError) as error:
        raise HttpError(f"the name server gives no answer ({type(error).__name__})", code="unresolved") from None


def _addresses(reply: dns.message.Message) -> Sequence[str]:
    rcode = reply.rcode()
    if rcode not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN} or not isinstance(reply, dns.message.QueryMessage):
        raise HttpError(f"the name server says {dns.rcode.to_text(rcode)}", code="unresolved")
    answer = reply.resolve_chaining().answer
    return [record.address for record in answer or () if isinstance(record, (A, AAAA))]
