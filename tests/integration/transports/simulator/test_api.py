"""The HTTP API, over a real socket."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tests.support.stages import TOKEN
from tests.support.web_server import listening

from whinchat.core.errors import Refused
from whinchat.core.types import Content
from whinchat.infra.clock import SystemClock
from whinchat.transports.simulator.api import build_app, page_link
from whinchat.transports.simulator.host import Host
from whinchat.transports.simulator.player import HttpApi, Player


class Client:
    """A script's view: the address, and the token in the header."""

    def __init__(self, http: aiohttp.ClientSession, address: str, app: web.Application) -> None:
        self.http = http
        self.address = address
        self.app = app
        self.headers = {"Authorization": f"Bearer {TOKEN}"}

    async def ask(self, operation: str, **arguments: Any) -> Any:
        status, answer = await self.post(operation, arguments)
        assert status == 200, answer
        return answer

    async def post(self, operation: str, arguments: Any) -> tuple[int, Any]:
        url = f"{self.address}/api/{operation}"
        async with self.http.post(url, json=arguments, headers=self.headers) as response:
            return response.status, await response.json()

    async def read(self, path: str, **query: str) -> Any:
        async with self.http.get(f"{self.address}/{path}", params=query, headers=self.headers) as response:
            return await response.json()

    async def status(self, path: str, headers: dict[str, str] | None = None, **settings: Any) -> int:
        url = f"{self.address}/{path}"
        async with self.http.get(url, headers=headers or {}, allow_redirects=False, **settings) as response:
            return response.status


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<p>the page</p>")
    (tmp_path / "app.js").write_text("start()")
    return tmp_path


@pytest.fixture
async def client(page: Path) -> AsyncIterator[Client]:
    app = build_app(Host(SystemClock(), seed=1), TOKEN, page)
    async with listening(app) as address, aiohttp.ClientSession() as http:
        yield Client(http, address, app)


async def neighbours(client: Client) -> None:
    for name in ("Ana", "Bob"):
        await client.ask("person", name=name)
    await client.ask("group", subject="Neighbours", by="Ana", members=["Bob", "Whinchat"])


async def test_a_script_drives_the_world_and_reads_what_happened(client: Client) -> None:
    await neighbours(client)
    said = await client.ask("post", chat="Neighbours", sender="Bob", text="hello")
    page = await client.read("api/transcript", after="0")
    assert page["entries"][-1]["message"] == said["id"]
    assert page["last"] == len(page["entries"])
    assert page["counts"]["message"] == 1
    state = await client.read("api/state")
    assert [person["name"] for person in state["people"]] == ["Whinchat", "Ana", "Bob"]
    assert state["messages"][-1]["content"] == {"text": "hello"}
    history = await client.ask("history", chat="Neighbours", limit=1)
    assert history["messages"] == [said]


async def test_a_player_plays_over_http_and_hears_refusals(client: Client) -> None:
    api = HttpApi(client.http, client.address, TOKEN)
    player = Player(api, SystemClock(), Random(1))
    places = await player.settle(2, 4)
    reached = await player.play((Content(text=str(n)) for n in range(500)), places)
    assert (reached.posted, reached.waiting) == (500, 502)
    with pytest.raises(Refused) as refused:
        await api.call("post", {"chat": "Nowhere", "sender": "Ana"})
    assert (refused.value.code, refused.value.hint) == ("no_chat", "create it first")


async def test_the_transcript_can_be_waited_for(client: Client) -> None:
    last = (await client.read("api/transcript", limit="1"))["last"]
    waiting = asyncio.create_task(client.read("api/transcript", after=str(last), wait="30"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await client.ask("person", name="Ana")
    assert (await waiting)["entries"][0]["kind"] == "person"
    assert (await client.read("api/transcript", after="99", wait="0.01"))["entries"] == []


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "-1"}, {"limit": "5001"}, {"wait": "61"}, {"wait": "nan"}])
async def test_a_query_that_makes_no_sense_is_refused(client: Client, query: dict[str, str]) -> None:
    assert (await client.read("api/transcript", **query))["code"] == "bad_request"


async def test_errors_say_what_and_the_way_out(client: Client) -> None:
    await neighbours(client)
    cases = [
        ("post", {"chat": "Nowhere", "sender": "Bob", "text": "x"}, 404, "no_chat"),
        ("dance", {}, 404, "no_operation"),
        ("post", {"chat": "Neighbours"}, 400, "bad_request"),
        ("promote", {"chat": "Neighbours", "by": "Bob", "people": ["Bob"]}, 409, "not_admin"),
    ]
    for operation, arguments, status, code in cases:
        found, answer = await client.post(operation, arguments)
        assert (found, answer["code"]) == (status, code)
        assert answer["message"]
        assert answer["hint"]
    url = f"{client.address}/api/post"
    async with client.http.post(url, data=b"\xff{", headers=client.headers) as response:
        assert (response.status, (await response.json())["code"]) == (400, "bad_request")
    assert (await client.read("api/post"))["code"] == "no_operation"
    assert (await client.read("api/media/nothing"))["code"] == "gone"


async def test_media_goes_in_as_a_form_and_comes_out_harmless(client: Client) -> None:
    await neighbours(client)
    for mime, kind, shown in (
        ("image/png", "image", "image/png"),
        ("audio/ogg; codecs=opus", "audio", "audio/ogg"),
        ("image/svg+xml", "image", "application/octet-stream"),
        ("text/html", "document", "application/octet-stream"),
    ):
        form = aiohttp.FormData()
        form.add_field("args", '{"chat": "Neighbours", "sender": "Bob", "text": "look"}')
        form.add_field("media", b"<script>", filename="a.bin", content_type=mime)
        async with client.http.post(f"{client.address}/api/post", data=form, headers=client.headers) as response:
            media = (await response.json())["content"]["media"]
        assert (media["kind"], media["mime"], media["size"], media["file_name"]) == (kind, mime, 8, "a.bin")
        url = f"{client.address}/api/media/{media['handle']}"
        async with client.http.get(url, headers=client.headers) as response:
            assert await response.read() == b"<script>"
            assert response.content_type == shown
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in response.headers["Content-Security-Policy"]
            assert ("attachment" in response.headers.get("Content-Disposition", "")) == (shown not in mime)


async def test_a_form_may_choose_the_kind_and_may_hold_other_things(client: Client) -> None:
    await neighbours(client)
    form = aiohttp.FormData()
    form.add_field("something", "else")
    form.add_field("media", b"webp", filename="a.webp", content_type="image/webp")
    form.add_field("args", '{"chat": "Neighbours", "sender": "Bob", "media": {"kind": "sticker"}}')
    async with client.http.post(f"{client.address}/api/post", data=form, headers=client.headers) as response:
        assert (await response.json())["content"]["media"]["kind"] == "sticker"


async def test_a_form_without_media_is_like_json(client: Client) -> None:
    with aiohttp.MultipartWriter("form-data") as form:
        part = form.append('{"name": "Ana"}')
        part.set_content_disposition("form-data", name="args")
        nested = aiohttp.MultipartWriter("mixed")
        nested.append("left out")
        form.append(nested)
    async with client.http.post(f"{client.address}/api/person", data=form, headers=client.headers) as response:
        assert (await response.json())["name"] == "Ana"


async def test_a_form_without_readable_arguments_is_refused(client: Client) -> None:
    form = aiohttp.FormData()
    form.add_field("args", "{", filename="args.json")
    async with client.http.post(f"{client.address}/api/post", data=form, headers=client.headers) as response:
        assert (response.status, (await response.json())["code"]) == (400, "bad_request")


async def test_a_request_that_is_too_large_is_refused(client: Client) -> None:
    url = f"{client.address}/api/post"
    async with client.http.post(url, data=io.BytesIO(b" " * (33 * 1024 * 1024)), headers=client.headers) as response:
        assert (response.status, (await response.json())["code"]) == (413, "http_413")


# --- who may ask ---


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Cookie": "whinchat=1"},
    ],
)
async def test_nothing_is_told_without_the_token(client: Client, headers: dict[str, str]) -> None:
    for path in ("api/state", "api/transcript", "api/link", "api/live", "", "app.js", "api/media/x", "nothing"):
        assert await client.status(path, headers) == 401


async def test_other_names_and_other_sites_are_refused(client: Client) -> None:
    port = client.address.rpartition(":")[2]
    for headers in (
        {"Host": "evil.example"},
        {"Host": f"127.0.0.1.evil.example:{port}"},
        {"Host": "["},
        {"Origin": "https://evil.example"},
        {"Origin": f"http://localhost:{port}"},
        {"Origin": "null"},
    ):
        assert await client.status("api/state", client.headers | headers) == 403
    for headers in ({"Host": f"localhost:{port}"}, {"Origin": client.address}):
        assert await client.status("api/state", client.headers | headers) == 200


async def test_the_page_opens_once_by_its_link_and_then_by_its_cookie(client: Client) -> None:
    link = page_link(client.app, client.address)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(link, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, "/")
            cookie = response.headers["Set-Cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
            assert TOKEN not in cookie
            assert cookie.startswith("whinchat_simulator_")
        async with browser.get(f"{client.address}/") as response:
            assert await response.text() == "<p>the page</p>"
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]
            assert "img-src 'self' data: blob:" in response.headers["Content-Security-Policy"]
        async with browser.get(f"{client.address}/app.js") as response:
            assert await response.text() == "start()"
        async with browser.get(link) as response:  # again in the same browser: it is remembered
            assert response.status == 200
        async with browser.post(f"{client.address}/api/person", json={"name": "Ana"}) as response:
            assert response.status == 200
    assert await client.status(link.removeprefix(f"{client.address}/")) == 401  # somebody else


async def test_a_new_link_can_be_asked_for(client: Client) -> None:
    path = (await client.ask("page-link"))["path"]
    assert await client.status(path.removeprefix("/")) == 303


async def test_only_the_newest_links_work(client: Client) -> None:
    links = [page_link(client.app, client.address) for _ in range(40)]
    statuses = [await client.status(link.removeprefix(f"{client.address}/")) for link in links]
    assert statuses == [401] * 8 + [303] * 32


async def test_it_fits_under_a_prefix(page: Path) -> None:
    app = build_app(Host(SystemClock(), seed=1), TOKEN, page)
    whole = web.Application()
    whole.add_subapp("/simulator", app)
    async with (
        listening(whole) as address,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser,
    ):
        async with browser.get(page_link(app, f"{address}/simulator")) as response:
            assert str(response.url) == f"{address}/simulator/"
            assert await response.text() == "<p>the page</p>"
        async with browser.get(f"{address}/simulator/app.js") as response:
            assert response.status == 200
        async with browser.post(f"{address}/simulator/api/page-link", json={}) as response:
            assert (await response.json())["path"].startswith("/simulator/?token=")
        async with browser.ws_connect(f"{address}/simulator/api/live") as socket:
            assert (await socket.receive_json())["type"] == "state"


# --- the page's websocket ---


async def test_the_page_sees_everything_live_and_acts_as_anybody(client: Client) -> None:
    await neighbours(client)
    async with client.http.ws_connect(f"{client.address}/api/live", headers=client.headers) as socket:
        state = await socket.receive_json()
        assert (state["type"], [chat["subject"] for chat in state["chats"]]) == ("state", ["Neighbours"])
        args = {"chat": state["chats"][0]["id"], "sender": state["people"][2]["id"], "text": "hello"}
        await socket.send_json({"id": 1, "op": "post", "args": args})
        frames = {frame["type"]: frame for frame in [await socket.receive_json(), await socket.receive_json()]}
        assert frames["result"]["id"] == 1
        assert frames["changes"]["messages"] == [frames["result"]["value"]]
        await socket.send_str("garbage")
        error = await socket.receive_json()
        assert (error["type"], error["id"], error["error"]["code"]) == ("error", None, "bad_request")
        await socket.send_json({"id": 2, "op": "reset", "args": {}})
        kinds = [(await socket.receive_json())["type"] for _ in range(2)]
        assert sorted(kinds) == ["result", "state"]


async def test_quiet_numbers_are_shown_after_a_while(client: Client) -> None:
    await neighbours(client)
    async with client.http.ws_connect(f"{client.address}/api/live", headers=client.headers) as page:
        assert (await page.receive_json())["people"][0]["waiting"] == 1
        url = f"{client.address}/api/link?account=simulator&window=5"
        async with client.http.ws_connect(url, headers=client.headers) as link:
            await link.receive_bytes()
            seen = await page.receive_json()
            assert seen["people"][0]["connected"] is True


async def test_a_server_that_stops_says_goodbye(page: Path) -> None:
    app = build_app(Host(SystemClock(), seed=1), TOKEN, page)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession() as http:
        async with listening(app) as address:
            socket = await http.ws_connect(f"{address}/api/live", headers=headers)
            await socket.receive_json()
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        await socket.close()


@pytest.mark.parametrize("window", ["", "0", "-1", "x", "65537"])
async def test_a_link_needs_a_window_that_makes_sense(client: Client, window: str) -> None:
    assert await client.status(f"api/link?account=simulator&window={window}", client.headers) == 400


async def test_a_bot_that_is_offline_cannot_connect(client: Client) -> None:
    await client.ask("presence", person="Whinchat", online=False)
    assert await client.status("api/link?account=simulator&window=5", client.headers) == 503


async def test_a_link_that_talks_nonsense_is_ended(client: Client) -> None:
    url = f"{client.address}/api/link?account=simulator&window=5"
    for send in ("send_str", "send_bytes"):
        async with client.http.ws_connect(url, headers=client.headers) as link:
            await getattr(link, send)("x" if send == "send_str" else b"\xff\xff")
            assert (await link.receive()).type is aiohttp.WSMsgType.CLOSE
    assert (await client.read("api/state"))["people"][0].get("connected", False) is False
