"""The sandbox over real connections."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tests.support.wallet.teller import ME, SEND, UPDATES, wallet

from whinchat.infra.clock import SystemClock
from whinchat.sandbox.api.application import Application
from whinchat.sandbox.api.server import NOT_ACCEPTABLE, build_app, page_link
from whinchat.sandbox.api.wire import PROTOCOL, CloseCode
from whinchat.sandbox.bank import Bank
from whinchat.sandbox.faults import Fault, Switch

TOKEN = "the-page's-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Sandbox:
    def __init__(self, http: aiohttp.ClientSession, bank: Bank, app: web.Application, address: str) -> None:
        self.http = http
        self.bank = bank
        self.app = app
        self.address = address
        self.ana = bank.open_account(phone="+15550001", username="ana", usd=10_000)
        self.bob = bank.open_account(phone="+15550002", username="bob")
        self.token = bank.token(self.ana.id)

    async def post(self, query: str, **variables: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {"query": query, "variables": variables}
        async with self.http.post(f"{self.address}/graphql", json=body, headers=headers) as response:
            return response.status, await response.json()

    async def send(self) -> tuple[int, Any]:
        given = {"walletId": wallet(self.ana), "recipientWalletId": wallet(self.bob), "amount": 100}
        return await self.post(SEND, input=given)

    def received(self) -> int:
        return int(self.bank.account(self.bob.id).wallets[0].balance)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    clock = SystemClock()
    bank = Bank(clock=clock, seed=1)
    app = build_app(Application(bank, clock), clock, TOKEN)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Sandbox(http, bank, app, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
        bank.close()


@asynccontextmanager
async def connected(sandbox: Sandbox, token: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with sandbox.http.ws_connect(f"{sandbox.address}/graphql", protocols=[PROTOCOL]) as socket:
        await socket.send_json({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
        assert await socket.receive_json() == {"type": "connection_ack"}
        yield socket


async def test_it_answers_and_pays(sandbox: Sandbox) -> None:
    status, answer = await sandbox.post(ME)
    assert (status, answer["data"]["me"]["username"]) == (200, "ana")
    assert (await sandbox.send())[1]["data"]["intraLedgerUsdPaymentSend"]["status"] == "SUCCESS"
    sandbox.token = "another"
    assert (await sandbox.post(ME))[0] == 401


@pytest.mark.parametrize(("fault", "received"), [(Fault.DROP_BEFORE, 0), (Fault.DROP_AFTER, 100)])
async def test_a_line_that_is_cut_is_cut(sandbox: Sandbox, fault: Fault, received: int) -> None:
    sandbox.bank.faults.set(Switch(fault=fault))
    with pytest.raises(aiohttp.ClientConnectionError):
        await sandbox.send()
    assert sandbox.received() == received
    sandbox.bank.faults.clear()
    assert (await sandbox.send())[0] == 200


async def test_money_is_told_over_a_websocket_until_it_is_cut(sandbox: Sandbox) -> None:
    async with connected(sandbox, sandbox.bank.token(sandbox.bob.id)) as socket:
        await socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": UPDATES}})
        kinds = [(await socket.receive_json())["payload"]["data"]["myUpdates"]["update"]["__typename"] for _ in "ab"]
        assert kinds == ["Price", "RealtimePrice"]
        await sandbox.send()
        told = (await socket.receive_json())["payload"]["data"]["myUpdates"]
        assert (told["me"]["username"], told["update"]["amount"]) == ("bob", 100)
        async with sandbox.http.post(f"{sandbox.address}/admin/cut", headers=BEARER) as response:
            assert response.status == 200
        assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}


async def test_who_breaks_the_rules_is_closed_by_code(sandbox: Sandbox) -> None:
    async with sandbox.http.ws_connect(f"{sandbox.address}/graphql", protocols=[PROTOCOL]) as socket:
        await socket.send_bytes(b"\x00")
        await socket.receive()
        assert socket.close_code == CloseCode.INVALID_MESSAGE
    async with sandbox.http.ws_connect(f"{sandbox.address}/graphql", protocols=["graphql-ws"]) as socket:
        await socket.receive()
        assert socket.close_code == NOT_ACCEPTABLE


async def test_a_client_that_goes_is_forgotten(sandbox: Sandbox) -> None:
    async with connected(sandbox, sandbox.token) as socket:
        await socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": UPDATES}})
        await socket.receive()
    await sandbox.send()
    assert (await sandbox.post(ME))[0] == 200


async def test_open_connections_do_not_keep_it_from_stopping(sandbox: Sandbox) -> None:
    async with connected(sandbox, sandbox.token) as socket:
        await sandbox.app.shutdown()
        await socket.receive()
        assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY


async def test_large_bodies_are_refused(sandbox: Sandbox) -> None:
    assert (await sandbox.post("#" * 300_000))[0] == 413


async def test_graphql_is_not_read_by_get(sandbox: Sandbox) -> None:
    async with sandbox.http.get(f"{sandbox.address}/graphql") as response:
        assert response.status == 405


@pytest.mark.parametrize("path", ["/", "/live", "/admin/state", "/static/desk.js"])
async def test_the_page_and_the_admin_api_need_the_token(sandbox: Sandbox, path: str) -> None:
    async with sandbox.http.get(sandbox.address + path) as response:
        assert response.status == 401
        assert "Server" not in response.headers
    async with sandbox.http.get(sandbox.address + path, headers=BEARER) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Host": "bank.example"}, "wrong_host"),
        ({"Host": "[::"}, "wrong_host"),
        ({"Origin": "https://bank.example"}, "wrong_origin"),
        ({"Authorization": "Bearer wrong"}, "unauthorized"),
        ({"Authorization": "Basic " + TOKEN}, "unauthorized"),
    ],
)
async def test_strangers_stay_outside(sandbox: Sandbox, headers: dict[str, str], code: str) -> None:
    async with sandbox.http.get(f"{sandbox.address}/admin/state", headers=headers) as response:
        assert response.status in {401, 403}
        assert (await response.json())["code"] == code


async def test_no_other_site_speaks_graphql_here(sandbox: Sandbox) -> None:
    headers = {"Origin": "https://bank.example"}
    async with sandbox.http.post(f"{sandbox.address}/graphql", data=b"{}", headers=headers) as response:
        assert response.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await sandbox.http.ws_connect(f"{sandbox.address}/graphql", protocols=[PROTOCOL], headers=headers)


async def test_a_link_opens_the_page_once(sandbox: Sandbox) -> None:
    link = page_link(sandbox.app, sandbox.address)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(link) as response:
            assert response.status == 200
            assert response.url.query_string == ""
            assert "Sandbox bank" in await response.text()
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]
            assert [name.rpartition("_")[0] for name in response.history[0].cookies] == ["whinchat_sandbox"]
        async with browser.get(link) as response:  # the cookie is enough
            assert response.status == 200
    async with sandbox.http.get(link) as response:
        assert response.status == 401


async def test_the_admin_api_says_why_not(sandbox: Sandbox) -> None:
    async def refused(operation: str, **given: Any) -> tuple[int, str]:
        url = f"{sandbox.address}/admin/{operation}"
        async with sandbox.http.post(url, data=json.dumps(given), headers=BEARER) as response:
            return response.status, (await response.json())["code"]

    assert await refused("accounts", phone="+15550001") == (409, "PHONE_ACCOUNT_ALREADY_EXISTS_ERROR")
    assert await refused("accounts", phones="+15550001") == (400, "bad_request")
    assert await refused("rob") == (404, "no_operation")
    async with sandbox.http.get(f"{sandbox.address}/nowhere", headers=BEARER) as response:
        assert (await response.json())["code"] == "http_404"
