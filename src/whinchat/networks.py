"""Which networks the settings name, put together. What the others need is not even imported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from whinchat.config import Settings
from whinchat.core.engine import Ports
from whinchat.core.errors import Refused
from whinchat.core.ports import HttpClient
from whinchat.infra.files import make_folder
from whinchat.infra.http import AiohttpClient
from whinchat.transports.network import Network

if TYPE_CHECKING:
    from whinchat.transports.simulator.script import Script


def of(
    settings: Settings, ports: Ports, http: HttpClient, script: Script | None, trust: tuple[str, ...]
) -> Iterator[tuple[str, Network]]:
    """Each with its name: `simulator`, or `linked` and `cloud`. `script` and `trust` as `bootstrap.build` has them.

    Raises Refused.
    """
    transport = settings.transport
    if transport.kind == "simulator":
        from whinchat.transports.simulator import network as simulator  # noqa: PLC0415

        yield "simulator", simulator.build(transport.simulator, ports.clock, ports.random, script)
        return
    given = (ports.database, ports.sealer, ports.clock, ports.random, ports.metrics)
    if transport.linked.accounts:
        try:
            from whinchat.transports.linked import network as linked  # noqa: PLC0415
        except ModuleNotFoundError as missing:
            raise Refused(
                f"linked devices need an extra that is not installed ({missing.name})",
                hint="pip install 'whinchat[linked]', or take the accounts out of transport.linked.accounts.",
                code="no_extra",
            ) from None
        make_folder(settings.storage.sessions)
        proxy, media, close = transport.linked.proxy, http, None
        if proxy is not None:
            from whinchat.infra.proxied import through  # noqa: PLC0415

            proxied = AiohttpClient("", through(proxy.reveal()))
            media, close = proxied, proxied.close
        built = linked.build(transport.linked, settings.storage.sessions, media, *given, prepare=trust)
        yield "linked", replace(built, close=close)
    if transport.cloud.numbers:
        from whinchat.transports.cloud import network as cloud  # noqa: PLC0415

        yield "cloud", cloud.build(transport.cloud, http, *given)
