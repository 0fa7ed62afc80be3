"""Connections to machines that were checked, and to no others."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection

from whinchat.infra.guard import Target

_AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


class PinnedConnector(aiohttp.TCPConnector):
    """Connects to the machines of one target; `certificate` is what the last one showed, in DER."""

    def __init__(self, target: Target, tls: ssl.SSLContext | None) -> None:
        super().__init__(
            resolver=_Checked(target), use_dns_cache=False, ssl=tls or True, limit=1, socket_factory=self._socket
        )
        self._target = target
        self.certificate: bytes | None = None

    async def connect(self, *args: Any, **kwargs: Any) -> Connection:
        connection = await super().connect(*args, **kwargs)
        tls = connection.transport.get_extra_info("ssl_object") if connection.transport else None
        self.certificate = tls.getpeercert(binary_form=True) if tls else None
        return connection

    def _socket(self, info: _AddressInfo) -> socket.socket:
        """The last look: whatever chose this address, it is connected to only if it was checked."""
        family, kind, protocol, _, address = info
        if address[0] not in self._target.machines:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return socket.socket(family, kind, protocol)


class _Checked(AbstractResolver):
    """Knows the machines of one target already."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=machine, port=port, family=family, proto=socket.IPPROTO_TCP, flags=0)
            for machine in self._target.machines
        ]

    async def close(self) -> None:
        """Nothing is open."""


async def shown_certificate(target: Target) -> bytes | None:
    """The certificate, in DER, of a machine whose word is not to be trusted: nothing is sent to it but the handshake.

    Raises OSError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(
        asyncio.Protocol, target.machines[0], target.port, ssl=context, server_hostname=target.host
    )
    try:
        tls: ssl.SSLObject = transport.get_extra_info("ssl_object")
        return tls.getpeercert(binary_form=True)
    finally:
        transport.abort()
