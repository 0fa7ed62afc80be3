"""Linked accounts as the service sees them: each with its own library process, session file and records."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from whinchat.core.ports import Clock, Database, HttpClient, Metrics, Random, Sealer
from whinchat.core.secret import Secret
from whinchat.transports.linked.bridge import Bridge
from whinchat.transports.linked.process import Setup
from whinchat.transports.linked.sends import PATIENCE
from whinchat.transports.linked.sessions import Sessions
from whinchat.transports.linked.transport import LinkedTransport, Manners
from whinchat.transports.network import Network, connected


class Chosen(Protocol):
    """The settings of this transport."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """Their names; each is linked with a phone of its own."""
        ...

    @property
    def proxy(self) -> Secret | None:
        """The address of a proxy, which may hold a password."""
        ...

    @property
    def memory_mb(self) -> int:
        """What a library process may hold."""
        ...

    @property
    def first_contact(self) -> bool:
        """Whether accounts may write to people who never wrote to them."""
        ...

    @property
    def typing(self) -> bool: ...

    @property
    def per_minute(self) -> float:
        """Messages of an account, once it is linked for two weeks."""
        ...


def build(
    chosen: Chosen,
    folder: Path,
    http: HttpClient,
    database: Database,
    sealer: Sealer,
    clock: Clock,
    random: Random,
    metrics: Metrics,
    *,
    prepare: tuple[str, ...] = (),
    patience: float = PATIENCE,
) -> Network:
    """`folder`: for the sessions, of this user alone; `http` goes through the proxy as well. For tests: `prepare`
    (`process.Setup`), and `patience`, the seconds in which the network has to answer a message.

    Raises Refused: an account cannot have that name.
    """
    sessions = Sessions(folder)
    manners = Manners(
        first_contact=chosen.first_contact, typing=chosen.typing, per_minute=chosen.per_minute, patience=patience
    )
    transports = []
    for account in chosen.accounts:
        setup = Setup(
            session=sessions.path(account),
            key=parking_key(sealer, account),
            proxy="" if chosen.proxy is None else chosen.proxy.reveal(),
            prepare=prepare,
        )
        link = Bridge(setup, clock, random, memory_mb=chosen.memory_mb)
        transports.append(
            LinkedTransport(account, link, sessions, database, sealer, http, clock, random, metrics, manners)
        )
    return Network(tuple(transports), health=tuple(map(connected, transports)))


def parking_key(sealer: Sealer, account: str) -> bytes:
    """32 bytes: what a library process leaves when this one dies is sealed with it."""
    return b"".join(sealer.digest("linked events", account, half) for half in ("1", "2"))
