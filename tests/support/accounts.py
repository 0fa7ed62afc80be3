"""An account that a person has to link, in memory: what its network and its phone do is told by the test."""

from __future__ import annotations

from whinchat.core.errors import TransportError
from whinchat.core.ports import Clock, Pairing, Sink
from whinchat.core.types import Action, Capabilities, Certainty, ChatRef, ConnectionState, Group, Media, SendResult
from whinchat.testing.transport import EVERYTHING

QR = "2@secret-of-the-qr,public,keys"
CODE = "ABCD-2345"
LASTS = 20_000  # milliseconds


class PhoneAccount:
    """`ports.Transport` and `ports.Linkable`. Asked for a QR code or a code, it has one at once."""

    def __init__(self, clock: Clock, account: str = "main") -> None:
        self._clock = clock
        self._sink: Sink | None = None
        self.account = account
        self.state = ConnectionState.NEED_PAIRING
        self.since = clock.now()
        self.hint = ""
        self.pairing: Pairing | None = None
        self.fault: str | None = None
        """Code of the error that everything which is asked of it ends with."""
        self.asked: list[str] = []
        """What was asked of it, with the phone's number."""

    @property
    def capabilities(self) -> Capabilities:
        return EVERYTHING

    def enter(self, state: ConnectionState) -> None:
        self.state, self.since, self.pairing = state, self._clock.now(), None
        if self._sink is not None:
            self._sink.connection(self.account, state)

    async def start(self, sink: Sink) -> None:
        self._sink = sink

    async def stop(self, deadline: float) -> None:
        self._sink = None
        self.enter(ConnectionState.STOPPED)

    async def perform(self, chat: ChatRef, action: Action, reference: str) -> SendResult:
        return SendResult(Certainty.REJECTED, error="disconnected", retry_after=1.0)

    async def group(self, chat: ChatRef) -> Group | None:
        return None

    async def download(self, media: Media, max_bytes: int) -> bytes:
        raise TransportError("the media is no longer there", code="gone")

    async def pair(self, phone: str | None) -> None:
        self._ask(f"pair {phone}")
        expires = self._clock.now() + LASTS
        self.pairing = Pairing(qr=QR, expires_at=expires) if phone is None else Pairing(code=CODE, expires_at=expires)

    async def logout(self) -> None:
        self._ask("logout")
        self.enter(ConnectionState.NEED_PAIRING)

    async def reconnect(self) -> None:
        self._ask("reconnect")
        self.enter(ConnectionState.CONNECTING)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.fault is not None:
            raise TransportError("not now", code=self.fault)
