"""Asks the name servers for addresses: each name when it is needed, nothing remembered."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from whinchat.core.errors import HttpError

Server = tuple[str, int]
"""Address and port."""

PORT = 53
SYSTEM = Path("/etc/resolv.conf")
MOST_SERVERS = 3  # as the system's own resolver (resolv.conf(5))
TRIES = 2  # of each server
ONE_TRY = 1.0  # seconds
PATIENCE = 1.5  # times one try for IPv6: some name servers never answer that, and IPv4 must not wait for them


class DnsResolver:
    """`ports.Resolver`. Neither /etc/hosts nor search domains take part: a name means here what it means to all."""

    def __init__(self, servers: Sequence[Server] = (), *, system: Path = SYSTEM, one_try: float = ONE_TRY) -> None:
        """`servers`: none for those that the file `system` names, read anew each time. `one_try`: seconds."""
        self._servers = tuple(servers)
        self._system = system
        self._one_try = one_try

    async def addresses(self, name: str, *, ipv6: bool = True) -> Sequence[str]:
        servers = self._servers or system_servers(self._system)
        questions = [self._asked(servers, name, 4)]
        if ipv6:
            questions.append(self._patiently(servers, name))
        answers = await asyncio.gather(*questions, return_exceptions=True)
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        found = list(chain.from_iterable(answer for answer in answers if not isinstance(answer, BaseException)))
        if failures and not found:
            raise failures[0]
        return found

    async def _patiently(self, servers: tuple[Server, ...], name: str) -> Sequence[str]:
        try:
            async with asyncio.timeout(PATIENCE * self._one_try):
                return await self._asked(servers, name, 6)
        except TimeoutError:
            raise HttpError("no name server answers in time", code="timeout") from None

    async def _asked(self, servers: tuple[Server, ...], name: str, version: int) -> Sequence[str]:
        """The first answer of any server. Raises HttpError: none gave one; how the last one failed."""
        from whinchat.infra.dns_query import ask  # noqa: PLC0415

        failure = HttpError("there is no name server", code="unresolved")
        for server in servers * TRIES:
            try:
                return await ask(server, name, version, self._one_try)
            except HttpError as error:
                failure = error
        raise failure


def system_servers(file: Path) -> tuple[Server, ...]:
    """What resolv.conf(5) names; without any, the one on this machine."""
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    words = [line.split() for line in lines]
    named = [line[1] for line in words if len(line) > 1 and line[0] == "nameserver" and _is_address(line[1])]
    return tuple((address, PORT) for address in named[:MOST_SERVERS] or ["127.0.0.1"])


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
