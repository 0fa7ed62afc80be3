"""Since when a domain has a certificate, as certificate transparency knows it (RFC 9162).

SSLMate's search is asked, whose terms, quotas and answers are documented; crt.sh, the other public one, promises
none of the three. https://sslmate.com/help/reference/ct_search_api_v1
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from msgspec import Meta, Struct

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.sources.about import About, Covers, Lifetimes, Quota, Sends, Subject
from whinchat.apps.scanner.sources.answers import Answer, Facts, NoAnswer
from whinchat.apps.scanner.sources.means import Means
from whinchat.apps.scanner.sources.settings import Settings
from whinchat.apps.scanner.sources.web import Web, decoded
from whinchat.core.ports import HttpClient, Limit
from whinchat.core.secret import Secret

API = "https://api.certspotter.com"
DAY = 86_400  # seconds
ABOUT = About(
    "certificates",
    "Certificate transparency (SSLMate)",
    Sends.HOST,
    Limit(rate=1, burst=5),
    timeout=3.0,
    lifetimes=Lifetimes(listed=DAY, clear=DAY),
    subject=Subject.DOMAIN,
    covers=Covers.OWN_DOMAINS,
    quotas=(Quota(100, 3600),),
    terms="https://sslmate.com/terms",
)
TELLING = timedelta(days=45)
"""The search knows unexpired certificates only. Where they are renewed in time, the oldest of them has lived a third of
its life at least, which is 30 days of the usual 90: one that is younger is the first. Of certificates with a shorter
life than this, that cannot be said.
"""

Moment = Annotated[datetime, Meta(tz=True)]


class Issuance(Struct):
    not_before: Moment
    not_after: Moment


class Certificates:
    """A `Source` of facts: when the oldest certificate of the domain that is still valid began."""

    about = ABOUT

    def __init__(self, http: HttpClient, key: Secret | None = None, api: str = API) -> None:
        """`key`: of an account with a larger quota than everybody has."""
        self._web = Web(http, ABOUT.timeout)
        self._api = api
        self._headers = {} if key is None else {"Authorization": f"Bearer {key.reveal()}"}

    async def ask(self, link: Link) -> Answer:
        # The first page has those that were found first, and more is not wanted.
        query = urlencode({"domain": link.site.registrable})
        reply = await self._web.get(f"{self._api}/v1/issuances?{query}", self._headers)
        issuances = reply if isinstance(reply, NoAnswer) else decoded(reply, list[Issuance])
        if isinstance(issuances, NoAnswer):
            return issuances
        first = min(issuances, key=lambda each: each.not_before, default=None)
        if first is None or first.not_after - first.not_before < TELLING:
            return Facts()
        return Facts(certified_at=round(first.not_before.timestamp() * 1000))


def make(given: Means, settings: Settings) -> Certificates | None:
    return None if given.http is None else Certificates(given.http, settings.sources.certificates.key)
