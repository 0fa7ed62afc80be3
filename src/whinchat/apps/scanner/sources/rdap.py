"""Since when a domain is registered, by the registration data access protocol (RFC 9082, RFC 9083).

IANA says which server knows a domain (RFC 9224). Its list is fetched every week; without it nobody is asked.
"""

from __future__ import annotations

import logging
import math
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from whinchat.apps.scanner.links.link import Link
from whinchat.apps.scanner.sources.about import About, Covers, Lifetimes, Sends, Subject
from whinchat.apps.scanner.sources.answers import Answer, Facts, Missing, NoAnswer
from whinchat.apps.scanner.sources.means import Means
from whinchat.apps.scanner.sources.settings import Settings
from whinchat.apps.scanner.sources.web import Reply, Web, decoded
from whinchat.core.app import Schedule
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Claim, Clock, HttpClient, Job, Limit, Workers

log = logging.getLogger(__name__)

DAY = 86_400  # seconds
WEEK = 7 * DAY
BOOTSTRAP = "https://data.iana.org/rdap/dns.json"
FILE = "rdap.json"
MOST_BOOTSTRAP = 2 << 20  # bytes; it has 100,000
NOT_MODIFIED = 304
BEGINNINGS = frozenset({"registration", "reregistration"})
UNCHANGED = frozenset({NOT_MODIFIED})
HOUR = 3_600_000  # milliseconds from a try that failed to the next

ABOUT = About(
    "rdap",
    "Domain registration (RDAP)",
    Sends.HOST,
    Limit(rate=1, burst=5),
    timeout=3.5,
    lifetimes=Lifetimes(listed=WEEK, clear=WEEK),
    subject=Subject.DOMAIN,
    covers=Covers.OWN_DOMAINS,
    terms="https://www.icann.org/rdap",
)


class Registers(Struct):
    """What is kept of IANA's list. `servers`: by top-level domain or longer suffix, https only, a slash at the end."""

    servers: dict[str, str]
    etag: str = ""
    modified: str = ""

    def of(self, domain: str) -> str | None:
        """The server for the longest suffix that is listed, labels compared as a whole (RFC 9224, section 4)."""
        suffix = domain
        while suffix:
            if suffix in self.servers:
                return self.servers[suffix]
            suffix = suffix.partition(".")[2]
        return None


class _Iana(Struct):
    """RFC 9224, section 3: pairs of suffixes and base addresses."""

    services: list[tuple[list[str], list[str]]]


class Bootstrap:
    """The last good list, in one file; whoever wrote it last, everybody reads it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._read: tuple[int, Registers] | None = None

    def load(self) -> Registers | None:
        """None: there is none yet, or it cannot be read."""
        try:
            written = self._path.stat().st_mtime_ns
            if self._read is None or self._read[0] != written:
                self._read = written, msgspec.json.decode(self._path.read_bytes(), type=Registers)
        except (OSError, msgspec.DecodeError):
            return None
        return self._read[1]

    def age(self, now: int) -> float:
        """Seconds since it was last known to be the newest; `now`: milliseconds UTC."""
        try:
            return now / 1000 - self._path.stat().st_mtime
        except OSError:
            return math.inf

    def confirm(self, now: int) -> None:
        """It is still the newest. Raises OSError."""
        os.utime(self._path, (now / 1000, now / 1000))

    def keep(self, registers: Registers, now: int) -> None:
        """Whole or not at all. Raises OSError."""
        with tempfile.NamedTemporaryFile(dir=self._path.parent, prefix=FILE, delete=False) as file:
            file.write(msgspec.json.encode(registers))
        Path(file.name).replace(self._path)
        self.confirm(now)


class Rdap:
    """A `Source` of facts."""

    about = ABOUT

    def __init__(self, http: HttpClient, registers: Callable[[], Registers | None]) -> None:
        """`registers`: `Bootstrap.load`."""
        self._web = Web(http, ABOUT.timeout)
        self._registers = registers

    async def ask(self, link: Link) -> Answer:
        registers = self._registers()
        if registers is None:
            return NoAnswer(Missing.HELD_BACK)
        domain = link.site.registrable
        server = registers.of(domain)
        if server is None:
            return Facts()  # its registry tells nobody: that is all there is to know
        headers = {"Accept": "application/rdap+json"}
        reply = await self._web.get(f"{server}domain/{domain}", headers, also=frozenset({404}))
        if isinstance(reply, NoAnswer):
            # There is no key that could be wrong: a server that refuses us will go on doing so, whatever is set.
            return NoAnswer(Missing.FAILED, reply.retry_after) if reply.reason is Missing.REFUSED else reply
        return _facts(reply, domain)


def make(given: Means, _: Settings) -> Rdap | None:
    return None if given.http is None else Rdap(given.http, Bootstrap(given.data).load)


class _Event(Struct, rename="camel"):
    event_action: str = ""
    event_date: str = ""


class _Domain(Struct, rename="camel"):
    """RFC 9083, sections 4.5 and 5.3."""

    object_class_name: str
    ldh_name: str = ""
    events: list[_Event] = []


def _facts(reply: Reply, domain: str) -> Facts | NoAnswer:
    if reply.status == 404:
        return Facts()
    found = decoded(reply, _Domain)
    if isinstance(found, NoAnswer):
        return found
    if found.object_class_name != "domain" or found.ldh_name.lower().rstrip(".") not in {"", domain}:
        return NoAnswer(Missing.GARBLED)
    # Who registers what somebody let go begins anew.
    began = [
        _moment(each.event_date) for each in found.events if each.event_action in {"registration", "reregistration"}
    ]
    return Facts(registered_at=max((moment for moment in began if moment is not None), default=None))


def _moment(text: str) -> int | None:
    """Milliseconds UTC, from RFC 3339; some registries leave the zone out."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


JOB = Job(kind="scanner.rdap", key="bootstrap")
SCHEDULE = Schedule("*/10 * * * *", JOB)


class RefreshRegisters:
    """Fetches IANA's list when there is none or it is a week old; a failure leaves the last good one."""

    kind = JOB.kind
    concurrency = 1

    def __init__(
        self, http: HttpClient, bootstrap: Bootstrap, clock: Clock, workers: Workers, url: str = BOOTSTRAP
    ) -> None:
        self._web = Web(http, 30.0, most_bytes=MOST_BOOTSTRAP)
        self._bootstrap = bootstrap
        self._clock = clock
        self._workers = workers
        self._url = url
        self._next = 0

    async def run(self, claim: Claim) -> Outcome:
        now = self._clock.now()
        if now >= self._next and self._bootstrap.age(now) >= WEEK:
            self._next = now + HOUR
            await self._refresh(now)
        return NOTHING

    async def _refresh(self, now: int) -> None:
        known = self._bootstrap.load()
        asked = {"If-None-Match": known.etag, "If-Modified-Since": known.modified} if known else {}
        reply = await self._web.get(self._url, {name: value for name, value in asked.items() if value}, also=UNCHANGED)
        if isinstance(reply, Reply) and reply.status == NOT_MODIFIED:
            self._bootstrap.confirm(now)
            return
        registers = reply if isinstance(reply, NoAnswer) else _registers(reply)
        if isinstance(registers, NoAnswer):
            log.warning("the list of RDAP servers cannot be had", extra={"reason": registers.reason.value})
            return
        await self._workers.run(lambda: self._bootstrap.keep(registers, now))
        log.info("the list of RDAP servers was updated", extra={"suffixes": len(registers.servers)})


def _registers(reply: Reply) -> Registers | NoAnswer:
    found = decoded(reply, _Iana)
    if isinstance(found, NoAnswer):
        return found
    servers = {
        suffix.lower(): address if address.endswith("/") else f"{address}/"
        for suffixes, addresses in found.services
        for address in [next((each for each in addresses if each.startswith("https://")), "")]
        if address
        for suffix in suffixes
    }
    if not servers:
        return NoAnswer(Missing.GARBLED)
    return Registers(servers, reply.headers.get("etag", ""), reply.headers.get("last-modified", ""))
