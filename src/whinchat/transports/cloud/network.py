"""The Cloud API as the service sees it: a transport for each number, and the webhook that serves them all."""

from __future__ import annotations

from whinchat.core.app import Finding, HealthCheck
from whinchat.core.ports import Clock, Database, HttpClient, Metrics, Random, Sealer
from whinchat.core.types import ConnectionState
from whinchat.transports.cloud.chosen import Chosen, ChosenNumber
from whinchat.transports.cloud.credentials import SecretFile
from whinchat.transports.cloud.graph import Graph
from whinchat.transports.cloud.receiver import Door, Receiver
from whinchat.transports.cloud.standing import POOR
from whinchat.transports.cloud.transport import CloudTransport
from whinchat.transports.cloud.windows import Windows, retention
from whinchat.transports.network import Network

PREFIX = "/whatsapp"
"""Of the webhook, on the public listener."""


def build(
    chosen: Chosen,
    http: HttpClient,
    database: Database,
    sealer: Sealer,
    clock: Clock,
    random: Random,
    metrics: Metrics,
) -> Network:
    """`database`: with `MIGRATIONS`."""
    transports = []
    doors = []
    for number in chosen.numbers:
        graph = Graph(http, chosen.api, chosen.version, SecretFile(number.token_file), metrics)
        windows = Windows(database, sealer, clock, number.phone_number_id)
        transport = CloudTransport(number, graph, windows, clock, random, metrics)
        transports.append(transport)
        doors.append(_door(number, transport))
    return Network(
        tuple(transports),
        webhooks=Receiver(doors, metrics).application(),
        health=tuple(map(_health, transports)),
        retention=(lambda: retention(clock.now()),),
    )


def _door(number: ChosenNumber, transport: CloudTransport) -> Door:
    return Door(
        inlet=transport,
        phone_number_id=number.phone_number_id,
        business_account_id=number.business_account_id,
        app_secret=SecretFile(number.app_secret_file),
        verify_token=SecretFile(number.verify_token_file),
    )


def _health(transport: CloudTransport) -> HealthCheck:
    """Without a connection nothing is lost, and a poor rating only warns: the service stays ready."""

    async def check() -> Finding:
        standing, online = transport.standing, transport.state is ConnectionState.ONLINE
        rating = f", quality {standing.quality}" if standing.quality else ""
        detail = f"{transport.account} is {transport.state.value}{rating}"
        if not online:
            hint = standing.hint or "It is tried again and again; the log says why it fails."
            return Finding(ok=False, detail=detail, hint=hint)
        if standing.quality in POOR:
            hint = "People block or report the number: see WhatsApp Manager, Phone numbers."
            return Finding(ok=False, detail=detail, hint=hint)
        return Finding(ok=True, detail=detail)

    return HealthCheck(f"transport {transport.account}", check)
