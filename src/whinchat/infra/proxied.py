"""Connections through a proxy that the operator named. Needs the extra `linked`."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import partial

from aiohttp import (
    BaseConnector,
    ClientConnectorCertificateError,
    ClientConnectorError,
    ClientRequest,
    ClientTimeout,
)
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError


def through(proxy: str) -> Callable[..., BaseConnector]:
    """For `AiohttpClient`. `proxy`: `http://`, `https://` or `socks5://`; it may have a user and a password in it.

    The proxy is given names to look up: nothing of what is asked leaves this machine beside it.
    """
    scheme, _, rest = proxy.partition("://")
    return partial(_opened, f"http://{rest}" if scheme == "https" else proxy, secure=scheme == "https")


def _opened(proxy: str, *, secure: bool, limit: int, limit_per_host: int) -> BaseConnector:
    trusted = ssl.create_default_context()
    return _Connector.from_url(
        proxy,
        rdns=True,
        ssl=trusted,
        proxy_ssl=trusted if secure else None,
        limit=limit,
        limit_per_host=limit_per_host,
    )


class _Connector(ProxyConnector):
    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:  # noqa: ASYNC109 (as aiohttp calls it)
        """Raises ClientConnectorError where the proxy refuses: what it says may name addresses and is not passed on."""
        try:
            return await super().connect(req, traces, timeout)
        except ssl.SSLCertVerificationError as error:
            raise ClientConnectorCertificateError(req.connection_key, error) from None
        except (ProxyError, ProxyConnectionError, ProxyTimeoutError, OSError):
            raise ClientConnectorError(req.connection_key, OSError()) from None
