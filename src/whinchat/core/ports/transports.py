"""One account on one network, and where it hands over what arrives."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import msgspec

from whinchat.core.types import (
    Action,
    Capabilities,
    ChatRef,
    ConnectionState,
    DeliveryUpdate,
    Event,
    Group,
    Media,
    Notice,
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

    def notice(self, notice: Notice) -> None: ...


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


class Pairing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person needs to link the account now. All of it is secret: who has it can link the account to theirs."""

    qr: str = ""
    """To be drawn as a QR code and scanned with the phone; empty while a code is asked for."""
    code: str = ""
    """To be typed on the phone, such as `ABCD-2345`; empty while a QR code is shown."""
    expires_at: int
    """Milliseconds UTC; then there is another one, or none."""


@runtime_checkable
class Linkable(Protocol):
    """A transport whose account a person has to link with their phone."""

    @property
    def account(self) -> str: ...

    @property
    def state(self) -> ConnectionState: ...

    @property
    def since(self) -> int:
        """When it entered its state; milliseconds UTC."""
        ...

    @property
    def hint(self) -> str:
        """What the operator can do about its state, in English; empty when nothing needs to be done."""
        ...

    @property
    def pairing(self) -> Pairing | None:
        """None unless the state is `need_pairing` and something is there to be shown."""
        ...

    async def pair(self, phone: str | None) -> None:
        """Begin to link: with a code for the phone of that number (`+` and digits), or None with QR codes.

        Raises:
            TransportError: `linked` (it is already), `bad_number`, `rate_limited`, `unreachable`.
        """
        ...

    async def logout(self) -> None:
        """End the link on both sides and forget the session. Raises TransportError when the network cannot be told."""
        ...

    async def reconnect(self) -> None:
        """Try again now, also where it gave up (replaced, banned, outdated)."""
        ...
