"""Servers that say what a test wants, and the client of each backend before them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal

import msgspec

from whinchat.apps.wallet.backend import Backend, PayeeWallet
from whinchat.apps.wallet.galoy.client import open_backend
from whinchat.apps.wallet.money import Currency
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.core.ports import Clock, HttpLimits, HttpResponse, Metrics, Peer
from whinchat.core.secret import Secret
from whinchat.testing.clock import FakeClock
from whinchat.testing.http import Answer, FakeHttp
from whinchat.testing.metrics import RecordedMetrics
from whinchat.testing.websocket import FakeSockets

Name = Literal["flash", "blink", "sandbox"]

BACKENDS: tuple[Name, ...] = ("flash", "blink", "sandbox")
URL = "https://bank.example/graphql"
SOCKET_URL = "wss://bank.example/graphql"
ANA = Secret("token-of-ana")
BOB = Secret("token-of-bob")
SERVICE = Secret("token-of-the-service")
USD = PayeeWallet("wallet-usd", Currency.USD)
BTC = PayeeWallet("wallet-btc", Currency.BTC)


class ScriptedPeer(FakeSockets):
    """`ports.Peer`: `say` is what the API answers, once `gate` is open; `serve` plays its subscriptions."""

    def __init__(self) -> None:
        super().__init__()
        self._http = FakeHttp()
        self.asked = self._http.asked
        self.get = self._http.get
        self.gate = asyncio.Event()
        self.gate.set()

    @asynccontextmanager
    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, limits: HttpLimits
    ) -> AsyncIterator[HttpResponse]:
        await self.gate.wait()
        async with self._http.post(url, headers, body, limits) as response:
            yield response

    def say(self, *answers: Answer) -> None:
        """In turn, then the last one again."""
        self._http.answer(URL, *answers)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The bodies, in order."""
        return [msgspec.json.decode(each.body) for each in self.asked]

    @property
    def variables(self) -> dict[str, Any]:
        """Of the last request's input."""
        given: dict[str, Any] = self.requests[-1]["variables"]["input"]
        return given


def opened(
    name: Name,
    peer: Peer,
    *,
    clock: Clock | None = None,
    metrics: Metrics | None = None,
    service: Secret | None = SERVICE,
) -> Backend:
    settings = WalletSettings(backend=name, url=URL, service_token=service)
    return open_backend(settings, peer, clock or FakeClock(), random.Random(1), metrics or RecordedMetrics())


def data(**fields: Any) -> Answer:
    """A good answer."""
    return Answer(msgspec.json.encode({"data": fields}))


def errors(*codes: str, status: int = 200, **more: Any) -> Answer:
    """Of the request, as Galoy's servers tell them."""
    body = {"errors": [{"message": "the reason, with a +15550000001", "code": code} for code in codes], **more}
    return Answer(msgspec.json.encode(body), status)


def payload(name: str, *codes: str | None, **fields: Any) -> Answer:
    """What a mutation answers, with errors of these codes."""
    return data(**{name: {"errors": [{"code": code} for code in codes], **fields}})


def transaction(**changes: Any) -> dict[str, Any]:
    """Ana sent Bob 1.50 dollars."""
    return {
        "id": "tx-1",
        "createdAt": 1_767_225_600,
        "direction": "SEND",
        "status": "SUCCESS",
        "memo": "lunch",
        "settlementAmount": -150,
        "settlementFee": 0,
        "settlementCurrency": "USD",
        "settlementDisplayAmount": "-1.50",
        "settlementDisplayCurrency": "USD",
        "initiationVia": {"counterPartyUsername": "bob"},
        "settlementVia": {"counterPartyUsername": "bob"},
        **changes,
    }


def listed(*transactions: dict[str, Any], after: str | None = None, **changes: Any) -> dict[str, Any]:
    """`me`, as a list of transactions is asked for."""
    edges = [{"node": each} for each in transactions]
    connection = {"edges": edges, "pageInfo": {"hasNextPage": after is not None, "endCursor": after}, **changes}
    wallets = [{"id": "wallet-usd", "walletCurrency": "USD"}, {"id": "wallet-btc", "walletCurrency": "BTC"}]
    return {"defaultAccount": {"wallets": wallets, "transactions": connection}}


def user(**changes: Any) -> dict[str, Any]:
    """`me`: Ana, with 100.75 cents more than a hundred dollars."""
    wallets = [
        {"id": "wallet-usd", "walletCurrency": "USD", "balance": 10_100.75, "pendingIncomingBalance": 0},
        {"id": "wallet-btc", "walletCurrency": "BTC", "balance": 5_000, "pendingIncomingBalance": 21},
    ]
    account = {"id": "account-1", "defaultWalletId": "wallet-usd", "displayCurrency": "JMD", "wallets": wallets}
    return {
        "phone": "+15550000001",
        "username": "ana",
        "language": "en",
        "defaultAccount": {**account, **changes},
    }


def price(**changes: Any) -> dict[str, Any]:
    """A satoshi is 0.068 cents."""
    return {
        "timestamp": 1_767_225_600,
        "btcSatPrice": {"base": 68_000_000_000, "offset": 12},
        "usdCentPrice": {"base": 1_000_000, "offset": 6},
        **changes,
    }
