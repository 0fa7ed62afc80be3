"""Decides whether an address that comes from a chat may be asked, and which machine it then is."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass

import can_ada

from whinchat.core.errors import HttpError
from whinchat.core.ports import FetchFault, Resolver
from whinchat.infra.addresses import Address, acceptable, read_address

DEFAULT_PORTS = {"http:": 80, "https:": 443}
PORTS = frozenset({80, 443, 8080, 8443})
MOST_ADDRESSES = 4
"""Of one name that are tried."""

_FAULTS = {"timeout": FetchFault.TIMEOUT}


class Stopped(Exception):
    """A visit ends here, for this reason."""

    def __init__(self, fault: FetchFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be asked, and the machines that may be asked for it: no others, whatever is said later."""

    url: can_ada.URL
    host: str
    """Without brackets and root dot: what a certificate must hold for."""
    port: int
    machines: tuple[str, ...]

    @property
    def secure(self) -> bool:
        return bool(self.url.protocol == "https:")


def read_url(text: str, base: can_ada.URL | None = None) -> can_ada.URL:
    """As a browser reads it (WHATWG), also what is relative to another. Raises Stopped."""
    text = text.encode("utf-8", "replace").decode("utf-8")  # halves of surrogate pairs cannot be read
    try:
        return can_ada.parse(text) if base is None else base + text
    except ValueError:
        raise Stopped(FetchFault.PROTOCOL) from None


class Guard:
    """`allowed`: whether a machine may be connected to. Only tests give another than `acceptable`."""

    def __init__(
        self, resolver: Resolver, *, allowed: Callable[[Address], bool] = acceptable, ports: Set[int] = PORTS
    ) -> None:
        self._resolver = resolver
        self._allowed = allowed
        self._ports = ports

    async def admit(self, url: can_ada.URL) -> Target:
        """Looks the name up, here and nowhere else. Raises Stopped."""
        if url.protocol not in DEFAULT_PORTS:
            raise Stopped(FetchFault.SCHEME)
        if url.has_credentials():
            raise Stopped(FetchFault.CREDENTIALS)
        port = int(url.port or DEFAULT_PORTS[url.protocol])
        if port not in self._ports:
            raise Stopped(FetchFault.PORT)
        host = url.hostname.strip("[]").rstrip(".")
        return Target(url, host, port, await self._machines(host))

    async def _machines(self, host: str) -> tuple[str, ...]:
        literal = read_address(host)
        addresses = [literal] if literal else [read_address(text) for text in await self._resolved(host)]
        # One forbidden address among others is how a name is moved to where it must not lead: then none is used.
        if not all(address is not None and self._allowed(address) for address in addresses):
            raise Stopped(FetchFault.ADDRESS)
        if not addresses:
            raise Stopped(FetchFault.UNRESOLVED)
        return tuple(map(str, addresses[:MOST_ADDRESSES]))

    async def _resolved(self, host: str) -> list[str]:
        try:
            return list(await self._resolver.addresses(host))
        except HttpError as error:
            raise Stopped(_FAULTS.get(error.code, FetchFault.UNRESOLVED)) from None
