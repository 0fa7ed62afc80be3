"""One account on one network, and where it hands over what arrives."""

from __future__ import annotations

from typing import Protocol

from whinchat.core.types import (
    Action,
    Capabilities,
    ChatRef,
    ConnectionState,
    DeliveryUpdate,
    Event,
    Group,
    Media,
    SendResult,
)


class Sink(Protocol):
    """Where a transport hands over what arrives. When `accept` returns, the event is the service's responsibility."""

    async def accept(self, event: Event) -> None:
        """Returns when the event is durable or rightly dropped. Slow on purpose under load: that is back-pressure.

        Raises:
            Overloaded: not taken; keep it and offer it again after `retry_after` seconds.
        """
        ...

    async def delivery(self, update: DeliveryUpdate) -> None: ...

    def connection(self, account: str, state: ConnectionState) -> None: ...


class Transport(Protocol):
    """One account on one network."""

    @property
    def account(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def state(self) -> ConnectionState: ...

    async def start(self, sink: Sink) -> None: ...

    async def stop(self, deadline: float) -> None:
        """Stop taking in, finish what is under way, at most `deadline` seconds."""
        ...

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        """Do it and say how sure that is. `reference` is ours, stable over retries; never raises for an outage."""
        ...

    async def group(self, chat: ChatRef) -> Group | None:
        """Members and admins as they are now; None when the bot is not in it. Raises TransportError."""
        ...

    async def download(self, media: Media, max_bytes: int) -> bytes:
        """Raises TransportError: gone, too large (code `too_large`), or out of reach."""
        ...
