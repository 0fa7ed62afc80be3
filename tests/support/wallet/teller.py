"""A bank with people in it, asked the way a client asks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.wallet.peer import SandboxPeer

from whinchat.core.ports import HttpLimits, WebSocket
from whinchat.sandbox.api.wire import PROTOCOL
from whinchat.sandbox.bank import Bank
from whinchat.sandbox.profiles import SANDBOX, Profile
from whinchat.sandbox.records import Account, Currency
from whinchat.testing.clock import FakeClock

URL = "http://sandbox.test/graphql"
LIMITS = HttpLimits(most_bytes=1 << 20, most_decoded=1 << 20, total=30)
ME = "{ me { username defaultAccount { id wallets { id walletCurrency balance } } } }"
SEND = """
mutation($input: IntraLedgerUsdPaymentSendInput!) {
  intraLedgerUsdPaymentSend(input: $input) { status errors { message code path } }
}
"""
PAY = """
mutation($input: LnInvoicePaymentInput!) {
  lnInvoicePaymentSend(input: $input) { status errors { message code path } }
}
"""
UPDATES = """
subscription {
  myUpdates {
    errors { message }
    me { username }
    update {
      __typename
      ... on LnUpdate { paymentHash status walletId }
      ... on IntraLedgerUpdate { txNotificationType amount walletId }
      ... on RealtimePrice { btcSatPrice { base offset } }
    }
  }
}
"""


class Teller:
    """Ana has a hundred dollars and 50,000 satoshis, Bob a dollar; `service` has no phone."""

    def __init__(self, profile: Profile = SANDBOX, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.bank = Bank(clock=self.clock, profile=profile, seed=1)
        self.ana = self.bank.open_account(phone="+15550001", username="ana", usd=10_000, btc=50_000)
        self.bob = self.bank.open_account(phone="+15550002", username="bob", usd=100)
        self.service = self.bank.open_account()
        self.tokens = {each.id: self.bank.token(each.id) for each in (self.ana, self.bob, self.service)}
        self.peer = SandboxPeer(self.bank, self.clock)

    async def post(self, body: bytes, token: str | None = None, limits: HttpLimits = LIMITS) -> tuple[int, bytes]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with self.peer.post(URL, headers, body, limits) as response:
            return response.status, b"".join([chunk async for chunk in response.chunks()])

    async def ask(self, query: str, who: Account | None = None, /, **variables: Any) -> dict[str, Any]:
        """The whole answer, errors and all."""
        token = None if who is None else self.tokens[who.id]
        _, body = await self.post(json.dumps({"query": query, "variables": variables}).encode(), token)
        answer: dict[str, Any] = json.loads(body)
        return answer

    async def field(self, query: str, who: Account | None = None, /, **variables: Any) -> Any:
        """What the one field that is asked for gives, without errors."""
        answer = await self.ask(query, who, **variables)
        assert "errors" not in answer, answer
        (value,) = answer["data"].values()
        return value

    async def send(self, cents: float, **more: Any) -> Any:
        """From Ana to Bob."""
        given = {"walletId": wallet(self.ana), "recipientWalletId": wallet(self.bob), "amount": cents, **more}
        return await self.field(SEND, self.ana, input=given)

    def balance(self, who: Account, currency: Currency = Currency.USD) -> int:
        found = self.bank.account(who.id).wallet(currency)
        assert found is not None
        return int(found.balance)

    @asynccontextmanager
    async def connected(self, who: Account | None = None) -> AsyncIterator[Line]:
        """A connection that was acknowledged."""
        params = {} if who is None else {"Authorization": f"Bearer {self.tokens[who.id]}"}
        async with self.peer.connect(URL, {}, PROTOCOL, most_bytes=1 << 20, timeout=5) as socket:
            line = Line(socket)
            await line.say(type="connection_init", payload=params)
            assert await line.hear() == {"type": "connection_ack"}
            yield line


class Line:
    """Frames instead of text."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket

    async def say(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def hear(self) -> Any:
        """None: closed in good order."""
        text = await self.socket.receive()
        return None if text is None else json.loads(text)

    async def subscribe(self, key: str, query: str = UPDATES) -> None:
        await self.say(type="subscribe", id=key, payload={"query": query})

    async def update(self, key: str) -> Any:
        """The next that is no price."""
        while True:
            frame = await self.hear()
            assert (frame["type"], frame["id"]) == ("next", key), frame
            told = frame["payload"]["data"]["myUpdates"]
            if told["update"]["__typename"] not in {"Price", "RealtimePrice"}:
                return told


def wallet(who: Account, currency: Currency = Currency.USD) -> str:
    """Its id."""
    found = who.wallet(currency)
    assert found is not None
    return found.id
