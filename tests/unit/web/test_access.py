"""Who is let in, with the settings of each application that has the guard."""

from __future__ import annotations

from base64 import b64encode
from http.cookies import SimpleCookie

import msgspec
import pytest
from aiohttp import hdrs, web
from aiohttp.test_utils import make_mocked_request

from whinchat.web.access import MOST_TICKETS, POLICY, Access, Failure, failure

TOKEN = "a-token-of-some-length"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
HOST = "127.0.0.1:8765"
OPEN = "/graphql"
NAMES = ["sandbox", "simulator"]
FOREIGN_HOSTS = [
    "bank.example",
    "evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1.evil.example:8765",
    "localhost.evil.example",
    "localhost@evil.example",
    "evil.example@localhost.evil.example",
    "192.0.2.1",
    "127.0.0.2",
    "[",
    "[::",
    "[::1",
    "",
    "\udcff\udcfe",
]
FOREIGN_ORIGINS = [
    "https://bank.example",
    "http://evil.example",
    "null",
    "",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://localhost:8765",
    "http://localhost.evil.example",
    f"http://{HOST}@evil.example",
    "http://[",
    "http://[::1",
    "\udcff",
]
NO_TOKENS = [
    None,
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    "Bearer null",
    f"Bearer {TOKEN[:-1]}",
    f"Bearer {TOKEN}x",
    f"Bearer {TOKEN.upper()}",
    f"Basic {TOKEN}",
    f"Basic {b64encode(TOKEN.encode()).decode()}",
    TOKEN,
    "Bearer \udcff\udcfe",
]


class Raw(str):
    """A header as aiohttp reads it from bytes that are no UTF-8; its mocked request would stumble over them."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "surrogateescape") -> bytes:
        return super().encode(encoding, errors)


@pytest.fixture(params=NAMES)
def access(request: pytest.FixtureRequest) -> Access:
    return Access(TOKEN, request.param, open_paths={OPEN})


async def handler(_request: web.Request) -> web.StreamResponse:
    return web.Response(text="inside")


async def ask(
    access: Access, path: str = "/", headers: dict[str, str] | None = None, method: str = "GET"
) -> web.Response:
    given = {name: Raw(value) for name, value in ({"Host": HOST} | (headers or {})).items()}
    request = make_mocked_request(method, path, given)
    response = await access.guard(request, handler)
    assert isinstance(response, web.Response)
    return response


def code(response: web.Response) -> tuple[int, str]:
    assert isinstance(response.body, bytes)
    return response.status, msgspec.json.decode(response.body, type=Failure).code


async def cookie(access: Access) -> dict[str, str]:
    """What a browser sends that came by a link."""
    response = await ask(access, f"/?token={access.ticket()}")
    return {"Cookie": header(response).partition(";")[0]}


def header(response: web.Response) -> str:
    return response.cookies.output(header="").strip()


# --- names and origins ---


@pytest.mark.parametrize("path", ["/", "/api/state", OPEN])
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_a_foreign_name_reaches_nothing_not_even_with_the_token(access: Access, host: str, path: str) -> None:
    assert code(await ask(access, path, BEARER | {"Host": host})) == (403, "wrong_host")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
@pytest.mark.parametrize("port", ["", ":8765"])
async def test_our_own_names_are_known(access: Access, host: str, port: str) -> None:
    assert (await ask(access, headers=BEARER | {"Host": host + port})).text == "inside"


@pytest.mark.parametrize("name", NAMES)
async def test_other_names_can_be_given(name: str) -> None:
    access = Access(TOKEN, name, hosts={"whinchat.internal"})
    assert (await ask(access, headers=BEARER | {"Host": "whinchat.internal"})).status == 200
    assert code(await ask(access, headers=BEARER)) == (403, "wrong_host")


@pytest.mark.parametrize("path", ["/", "/api/post", OPEN])
@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
async def test_another_sites_page_may_not_ask_even_with_the_token(access: Access, origin: str, path: str) -> None:
    for method in ("GET", "POST"):
        assert code(await ask(access, path, BEARER | {"Origin": origin}, method)) == (403, "wrong_origin")


async def test_another_sites_page_may_not_ask_with_the_cookie(access: Access) -> None:
    browser = await cookie(access)
    assert code(await ask(access, headers=browser | {"Origin": "http://evil.example"})) == (403, "wrong_origin")


async def test_another_sites_page_uses_no_link_up(access: Access) -> None:
    link = f"/?token={access.ticket()}"
    for stranger in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        refused = await ask(access, link, stranger)
        assert (refused.status, header(refused)) == (403, "")
    assert (await ask(access, link)).status == 303


@pytest.mark.parametrize("host", [HOST, "localhost:8765", "[::1]:8765"])
async def test_the_page_itself_may_ask(access: Access, host: str) -> None:
    own = {"Host": host, "Origin": f"http://{host}"}
    assert (await ask(access, headers=BEARER | own)).text == "inside"


# --- tokens ---


@pytest.mark.parametrize("authorization", NO_TOKENS)
async def test_nothing_is_told_without_the_token(access: Access, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    for path in ("/", "/api/state", "/admin/state", "/static/desk.js", "/nothing", f"{OPEN}/", f"{OPEN}/more"):
        for method in ("GET", "POST"):
            assert code(await ask(access, path, headers, method)) == (401, "unauthorized")


@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Bearer   {TOKEN} "])
async def test_who_bears_the_token_comes_in(access: Access, authorization: str) -> None:
    for method in ("GET", "POST"):
        assert (await ask(access, "/api/state", {"Authorization": authorization}, method)).text == "inside"


async def test_a_token_need_not_be_ascii() -> None:
    access = Access("tökén", "sandbox")
    assert (await ask(access, headers={"Authorization": "Bearer tökén"})).text == "inside"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/?token=", f"/?token={TOKEN}", f"/api/reset?token={TOKEN}"])
async def test_the_token_does_not_belong_into_an_address(access: Access, path: str, method: str) -> None:
    assert code(await ask(access, path, method=method)) == (401, "unauthorized")


@pytest.mark.parametrize("authorization", NO_TOKENS)
async def test_an_open_path_is_for_everybody(access: Access, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    assert (await ask(access, OPEN, headers, "POST")).text == "inside"


@pytest.mark.parametrize("name", NAMES)
async def test_no_path_is_open_unless_it_is_said(name: str) -> None:
    assert code(await ask(Access(TOKEN, name), OPEN)) == (401, "unauthorized")


# --- links and cookies ---


async def test_a_link_opens_the_page_once_and_then_the_cookie_does(access: Access) -> None:
    link = f"/simulator/?token={access.ticket()}"
    opened = await ask(access, link)
    assert (opened.status, opened.headers["Location"]) == (303, "/simulator/")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in header(opened).split(";")}
    assert TOKEN not in header(opened)
    browser = {"Cookie": header(opened).partition(";")[0]}
    for method in ("GET", "POST"):
        assert (await ask(access, "/simulator/api/person", browser, method)).text == "inside"
    assert code(await ask(access, link)) == (401, "unauthorized")  # somebody else
    assert (await ask(access, link, browser)).status == 303  # again in the same browser: it is remembered


async def test_a_link_is_for_opening_only(access: Access) -> None:
    link = f"/?token={access.ticket()}"
    assert code(await ask(access, link, method="POST")) == (401, "unauthorized")
    assert (await ask(access, link)).status == 303


async def test_only_the_newest_links_work(access: Access) -> None:
    links = [f"/?token={access.ticket()}" for _ in range(MOST_TICKETS + 8)]
    statuses = [(await ask(access, link)).status for link in links]
    assert statuses == [401] * 8 + [303] * MOST_TICKETS


async def test_a_cookie_that_was_made_up_opens_nothing(access: Access) -> None:
    name, _, value = (await cookie(access))["Cookie"].partition("=")
    for made_up in (f"{name}={value[:-1]}x", f"{name}=", f"{name}={TOKEN}", f"{name}=\udcff\udcfe", f"other={value}"):
        assert code(await ask(access, headers={"Cookie": made_up})) == (401, "unauthorized")
    assert code(await ask(access, headers={"Cookie": "whinchat=1"})) == (401, "unauthorized")


@pytest.mark.parametrize(("one", "other"), [NAMES, NAMES[::-1]])
async def test_a_cookie_of_one_never_opens_the_other(one: str, other: str) -> None:
    """Not with the same token either, and not under the other's name."""
    first, second = Access(TOKEN, one), Access(TOKEN, other)
    name, _, value = (await cookie(first))["Cookie"].partition("=")
    others_name, _, others_value = (await cookie(second))["Cookie"].partition("=")
    assert name != others_name
    assert value != others_value
    for given in (f"{name}={value}", f"{others_name}={value}"):
        assert code(await ask(second, headers={"Cookie": given})) == (401, "unauthorized")
    assert (await ask(second, headers={"Cookie": f"{name}={value}; {others_name}={others_value}"})).text == "inside"


@pytest.mark.parametrize("name", NAMES)
async def test_a_cookie_is_of_one_token(name: str) -> None:
    first, second = await cookie(Access(TOKEN, name)), await cookie(Access("another", name))
    assert first["Cookie"].partition("=")[0] != second["Cookie"].partition("=")[0]
    assert (await ask(Access(TOKEN, name), headers=first)).text == "inside"  # as after a start with the same token
    value = first["Cookie"].partition("=")[2]
    moved = {"Cookie": second["Cookie"].partition("=")[0] + "=" + value}
    assert code(await ask(Access("another", name), headers=moved)) == (401, "unauthorized")


@pytest.mark.parametrize("name", NAMES)
async def test_a_cookie_is_named_for_its_application(name: str) -> None:
    (found,) = SimpleCookie((await cookie(Access(TOKEN, name)))["Cookie"])
    assert found.startswith(f"whinchat_{name}_")


@pytest.mark.parametrize(("one", "other"), [NAMES, NAMES[::-1]])
async def test_a_link_of_one_never_opens_the_other(one: str, other: str) -> None:
    link = f"/?token={Access(TOKEN, one).ticket()}"
    assert code(await ask(Access(TOKEN, other), link)) == (401, "unauthorized")


# --- what is answered ---


async def test_every_answer_keeps_browsers_careful(access: Access) -> None:
    asked: list[tuple[str, dict[str, str]]] = [
        ("/", BEARER),
        ("/", {}),
        ("/", {"Host": "evil.example"}),
        (f"/?token={access.ticket()}", {}),
    ]
    answers = [await ask(access, path, headers) for path, headers in asked]
    assert [answer.status for answer in answers] == [200, 401, 403, 303]
    for answer in answers:
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("name", NAMES)
async def test_an_application_may_have_a_policy_of_its_own_and_an_answer_too(name: str) -> None:
    access = Access(TOKEN, name, policy="default-src 'none'")
    assert (await ask(access)).headers["Content-Security-Policy"] == "default-src 'none'"

    async def careful(_request: web.Request) -> web.StreamResponse:
        return web.Response(headers={"Content-Security-Policy": "sandbox"})

    response = await access.guard(make_mocked_request(hdrs.METH_GET, "/", {"Host": HOST} | BEARER), careful)
    assert response.headers["Content-Security-Policy"] == "sandbox"


async def test_what_has_begun_is_left_as_it_is(access: Access) -> None:
    """Such as a websocket that is over: its headers went long ago."""

    async def begun(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        return response

    response = await access.guard(make_mocked_request(hdrs.METH_GET, "/", {"Host": HOST} | BEARER), begun)
    assert "Content-Security-Policy" not in response.headers


async def test_a_refusal_says_the_way_out_and_not_the_token(access: Access) -> None:
    for headers in ({}, {"Host": "evil.example"}):
        response = await ask(access, headers=headers)
        assert response.content_type == "application/json"
        assert isinstance(response.body, bytes)
        assert msgspec.json.decode(response.body, type=Failure).hint
        assert TOKEN.encode() not in response.body


def test_every_error_has_one_shape() -> None:
    response = failure(409, "taken", "the name is taken")
    assert (response.status, response.content_type) == (409, "application/json")
    assert response.body == b'{"code":"taken","message":"the name is taken","hint":""}'
