"""The webhook on the public listener: who may post, and what."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import webhook
from tests.support.cloud import BUSINESS, SECRET, VERIFY, changed, number, signature, text, update
from tests.support.webhook import OTHER_BUSINESS, OTHER_ID, OTHER_SECRET, SHARED_ID, Gate, Inlet, message, raw, standing

from whinchat.core.types import MessageReceived
from whinchat.transports.cloud import shapes
from whinchat.transports.cloud.decode import Decoder, Skipped
from whinchat.transports.cloud.receiver import SKIPPED


class Noting(Inlet):
    """Notes the whole values too."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[shapes.Value] = []

    async def accept(self, field: str, value: shapes.Value) -> list[Skipped]:
        self.values.append(value)
        return await super().accept(field, value)


@pytest.fixture
async def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gate]:
    monkeypatch.setattr(webhook, "Inlet", Noting)
    async with standing(tmp_path) as gate:
        yield gate


def values(inlet: Inlet) -> list[shapes.Value]:
    assert isinstance(inlet, Noting)
    return inlet.values


def texts(inlet: Inlet) -> list[str]:
    items = [item for value in values(inlet) for item in Decoder("main").items("messages", value, 0)]
    return [item.content.text for item in items if isinstance(item, MessageReceived)]


def bans(inlet: Inlet) -> list[str | None]:
    return [None if value.ban_info is None else value.ban_info.waba_ban_state for value in values(inlet)]


# --- verification ---


async def test_the_right_token_gets_its_challenge_back(gate: Gate) -> None:
    assert await gate.get(hub_mode="subscribe", hub_verify_token=VERIFY, hub_challenge="115") == (200, "115")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"hub_mode": "subscribe", "hub_challenge": "1"},
        {"hub_mode": "subscribe", "hub_challenge": "1", "hub_verify_token": ""},
        {"hub_mode": "subscribe", "hub_challenge": "1", "hub_verify_token": "wrong"},
        {"hub_mode": "subscribe", "hub_challenge": "1", "hub_verify_token": VERIFY + "x"},
        {"hub_mode": "unsubscribe", "hub_challenge": "1", "hub_verify_token": VERIFY},
    ],
)
async def test_any_other_token_gets_nothing(gate: Gate, query: dict[str, str]) -> None:
    assert (await gate.get(**query))[0] == 403


@pytest.mark.parametrize("challenge", ["", "<script>alert(1)</script>", "a b", "x" * 257, "é"])
async def test_a_challenge_that_is_none_is_not_echoed(gate: Gate, challenge: str) -> None:
    status_, body = await gate.get(hub_mode="subscribe", hub_verify_token=VERIFY, hub_challenge=challenge)
    assert status_ == 400
    assert "script" not in body


# --- signatures ---


async def test_what_is_signed_is_taken(gate: Gate) -> None:
    assert await gate.post(message()) == 200
    assert gate.first.taken == [("messages", "wamid.in")]
    assert gate.counted("taken") == 1


async def test_capital_letters_are_the_same_signature(gate: Gate) -> None:
    body = json.dumps(message()).encode()
    assert await gate.post(body, "sha256=" + signature(body)[7:].upper()) == 200


@pytest.mark.parametrize(
    "signed",
    [
        None,
        "sha256=",
        "sha256=" + "0" * 63,
        "sha256=" + "0" * 65,
        "sha256=" + "g" * 64,
        "sha1=" + "0" * 40,
        "0" * 64,
        "sha256=" + "٠" * 64,
    ],
)
async def test_what_is_not_signed_is_not_read(gate: Gate, signed: str | None) -> None:
    assert await gate.post(message(), signed) == 401
    assert gate.first.taken == []
    assert gate.counted("unsigned") == 1


@pytest.mark.parametrize("signed", ["sha256=" + "0" * 64, signature(b"something else"), signature(b"")])
async def test_what_is_signed_wrongly_is_not_parsed(gate: Gate, signed: str) -> None:
    assert await gate.post(message(), signed) == 403
    assert await gate.post(b"garbage", signed) == 403
    assert gate.first.taken == []
    assert gate.counted("wrong_signature") == 2


async def test_one_changed_byte_is_another_body(gate: Gate) -> None:
    body = json.dumps(message()).encode()
    assert await gate.post(body + b" ", signature(body)) == 403


async def test_another_apps_secret_opens_nothing_here(gate: Gate) -> None:
    body = json.dumps(message()).encode()
    assert await gate.post(body, signature(body, OTHER_SECRET)) == 403
    mixed = message(number_id=OTHER_ID)
    mixed["entry"] += message()["entry"]
    body = json.dumps(mixed).encode()
    assert await gate.post(body, signature(body, OTHER_SECRET)) == 403
    assert gate.first.taken == gate.other.taken == []


async def test_each_number_gets_its_own(gate: Gate) -> None:
    assert await gate.post(message("wamid.a")) == 200
    assert await gate.post(message("wamid.b", SHARED_ID)) == 200
    body = json.dumps(message("wamid.c", OTHER_ID)).encode()
    assert await gate.post(body, signature(body, OTHER_SECRET)) == 200
    assert [inlet.taken for inlet in (gate.first, gate.shared, gate.other)] == [
        [("messages", "wamid.a")],
        [("messages", "wamid.b")],
        [("messages", "wamid.c")],
    ]


async def test_a_number_that_is_not_served_here_is_nobodys(gate: Gate) -> None:
    assert await gate.post(message(number_id="999")) == 200
    assert gate.metrics.value(SKIPPED, reason="unknown_number") == 1


async def test_a_new_secret_is_good_at_once(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "first.app_secret").write_text("renewed")
    body = json.dumps(message()).encode()
    assert await gate.post(body, signature(body, SECRET)) == 403
    assert await gate.post(body, signature(body, "renewed")) == 200


async def test_without_a_secret_nothing_is_trusted(tmp_path: Path) -> None:
    for name in ("first", "shared", "other"):
        number(tmp_path, name)
    gate = Gate(tmp_path)
    for name in ("first", "shared", "other"):
        (tmp_path / f"{name}.app_secret").unlink()
        (tmp_path / f"{name}.verify_token").unlink()
    await gate.listeners.start()
    gate.url = f"{gate.listeners.public_url}/whatsapp"
    async with aiohttp.ClientSession() as gate.session:
        assert await gate.post(message(), signature(json.dumps(message()).encode(), "")) == 403
        assert (await gate.get(hub_mode="subscribe", hub_verify_token="", hub_challenge="1"))[0] == 403
    await gate.listeners.stop()


# --- header tricks ---


async def test_two_signatures_are_none(gate: Gate) -> None:
    body = json.dumps(message()).encode()
    head = (
        f"POST /whatsapp HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: {signature(b'other')}\r\n"
        f"X-Hub-Signature-256: {signature(body)}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    assert b" 401 " in (await raw(gate, head.encode() + body)).splitlines()[0]
    assert gate.first.taken == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x"])
async def test_what_is_packed_is_not_unpacked(gate: Gate, encoding: str) -> None:
    body = gzip.compress(json.dumps(message()).encode())
    assert await gate.post(body, Content_Encoding=encoding) in {400, 415}
    assert gate.first.taken == []


async def test_the_type_of_the_content_means_nothing(gate: Gate) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html; charset=utf-7"):
        assert await gate.post(message(kind), Content_Type=kind) == 200
    assert len(gate.first.taken) == 3


async def test_only_get_and_post_are_answered(gate: Gate) -> None:
    assert gate.session is not None
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        async with gate.session.request(method, gate.url) as answer:
            assert answer.status == 405
    for path in ("/x", "/../whatsapp/x", "/%2e%2e/"):
        async with gate.session.post(gate.url + path) as answer:
            assert answer.status in {404, 405}


# --- garbage ---


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"entry": 5}',
        b'{"entry": [{"changes": "x"}]}',
        b"[" * 200_000,
        b'{"entry":' * 50_000,
        b'{"object": "\\ud800"',
        b'{"object": "\\ud800", "entry": 5}',
        b'{"object": "\\ud800", "entry": ' + b"[" * 200_000,
    ],
)
async def test_garbage_with_a_right_signature_is_done_with(gate: Gate, body: bytes) -> None:
    assert await gate.post(body) == 200
    assert gate.counted("garbage") == 1


@pytest.mark.parametrize(
    "value", [None, 5, "x", [], {}, {"metadata": 5}, {"metadata": {"phone_number_id": 5}}, {"messages": 7}]
)
async def test_a_change_that_is_nothing_does_not_cost_the_others(gate: Gate, value: object) -> None:
    whole = message()
    whole["entry"][0]["changes"].insert(0, {"field": "messages", "value": value})
    whole["entry"][0]["changes"].append({"field": "messages"})
    assert await gate.post(whole) == 200
    assert gate.first.taken == [("messages", "wamid.in")]


@pytest.mark.parametrize("half", [r"\ud83d", r"\ude00", r"\ude00\ud83d"])
async def test_half_a_character_does_not_cost_the_other_messages(gate: Gate, half: str) -> None:
    messages = [text("hi HALF", "wamid.a"), text("hi 😀", "wamid.b")]
    whole = update(changed(messages=messages))
    whole["entry"] += message("wamid.c")["entry"]
    body = json.dumps(whole | {"object": "HALF"}).replace("HALF", half)
    assert await gate.post(body.encode()) == 200
    assert gate.first.taken == [("messages", f"wamid.{each}") for each in "abc"]
    assert texts(gate.first) == ["hi " + "\ufffd" * half.count("u"), "hi 😀", "hi"]


async def test_news_of_an_account_go_to_its_numbers(gate: Gate) -> None:
    quality = update({"display_phone_number": "1", "event": "FLAGGED"}, "phone_number_quality_update")
    assert await gate.post(quality) == 200
    assert gate.first.taken == gate.shared.taken == [("phone_number_quality_update", "")]
    portfolio = update({"event": "ACCOUNT_VIOLATION"}, "account_update", business="1")
    assert await gate.post(portfolio) == 200
    named = update({"event": "PARTNER_ADDED", "waba_info": {"waba_id": BUSINESS}}, "account_update", business="1")
    assert await gate.post(named) == 200
    assert len(gate.first.taken) == len(gate.shared.taken) == 3
    assert gate.other.taken == []


BAN = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}


@pytest.mark.parametrize("business", [BUSINESS, OTHER_BUSINESS, "1"])
async def test_a_ban_of_a_foreign_account_is_nobodys(gate: Gate, business: str) -> None:
    foreign = BAN | {"waba_info": {"waba_id": "999"}}
    assert await gate.post(update(foreign, "account_update", business=business)) == 200
    assert gate.first.taken == gate.shared.taken == gate.other.taken == []
    assert gate.metrics.value(SKIPPED, reason="unknown_number") == 1


async def test_a_ban_that_names_none_of_our_accounts_is_told_as_no_ban(gate: Gate) -> None:
    assert await gate.post(update(BAN, "account_update", business="1")) == 200
    assert bans(gate.first) == bans(gate.shared) == [None]
    assert bans(gate.other) == []


async def test_a_ban_is_of_the_account_that_it_names(gate: Gate) -> None:
    assert await gate.post(update(BAN, "account_update")) == 200
    assert await gate.post(update(BAN | {"waba_info": {"waba_id": BUSINESS}}, "account_update", business="1")) == 200
    assert bans(gate.first) == bans(gate.shared) == ["DISABLE", "DISABLE"]
    assert await gate.post(update(BAN, "account_update", business=OTHER_BUSINESS)) == 200  # another app's: not its word
    assert len(bans(gate.first)) == 2
    assert bans(gate.other) == []


@given(body=st.binary(max_size=300), signed=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_body_breaks_it(body: bytes, signed: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    gate = Gate(tmp_path_factory.mktemp("gate"))
    result, answered = await gate.receiver._delivered(
        bytearray(body), bytes.fromhex(signature(body if signed else b"other")[7:])
    )
    assert (result, answered) in ({("garbage", 200), ("taken", 200)} if signed else {("wrong_signature", 403)})
