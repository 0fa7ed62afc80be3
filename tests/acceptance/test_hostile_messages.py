"""Messages made to break a scanner: the chat goes on, nothing is set aside, nothing is lost, and soon."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tests.support.live import TOKEN
from tests.support.pictures import claiming
from tests.support.running import Chat, Running, Said, running

BAD = "https://paypa1-login.pages.dev/verify"
SHOWN = "paypa1-login[.]pages[.]dev"
BOMB = b64encode(claiming(50_000, 50_000)).decode()
PATIENCE = 120.0  # seconds for all of them together


def _picture(data: str, mime: str = "image/png") -> dict[str, Any]:
    return {"media": {"kind": "image", "mime": mime, "data": data}}


def _vcard(lines: str) -> dict[str, Any]:
    return {"content": {"contacts": [{"name": "x", "vcard": f"BEGIN:VCARD\n{lines}\nEND:VCARD"}]}}


HOSTILE: dict[str, dict[str, Any]] = {
    "ten kilobytes of addresses": {"text": "1.1.1.1." * 1280},
    "bidi soup": {"text": "\u202e\u202d\u2066\u2067\u2068\u2069\u200f\u061c" * 1250},
    "ten thousand links": {"text": " ".join(f"https://a{n}.example.org/x" for n in range(10_000))},
    "ten thousand short links": {"text": " ".join(f"a{n}.co" for n in range(10_000))},
    "rows of links": {"content": {"rows": [{"url": f"https://a{n}.example.org/"} for n in range(2_000)]}},
    "options of links": {
        "content": {"poll": {"question": "?", "options": [f"a{n}.example.org" for n in range(2_000)]}}
    },
    "NULs": {"text": "a\0b\0" * 2_000},
    "64 kB without a space": {"text": "a" * 65_536},
    "64 kB of dots": {"text": "." * 65_536},
    "64 kB of at signs": {"text": "a@" * 32_768},
    "64 kB of slashes": {"text": "http://" * 9_362},
    "64 kB of brackets": {"text": "[.](" * 16_384},
    "64 kB of percent signs": {"text": "https://example.org/" + "%25" * 21_000},
    "a name without an end": {"text": "https://" + "a." * 30_000 + "com"},
    "punycode": {"text": "xn--" * 10_000 + ".com"},
    "a megabyte": {"text": "word " * 200_000},
    "marks upon marks": {"text": "a" + "\u0301" * 60_000},
    "emoji": {"text": "👨‍👩‍👧‍👦" * 5_000},
    "wrappers in wrappers": {"text": "https://www.google.com/url?q=" * 300 + "https://example.org"},
    "invisible": {"text": "\u200b\u2060\ufeff" * 20_000},
    "a command of 60 kB": {"text": "!scan check " + "a" * 60_000},
    "a command with everything": {"text": "!scan allow \u202e*_~`[x](https://example.org) for for for \0"},
    "prefixes": {"text": "!" * 60_000},
    "mentions": {"text": "@Whinchat " * 5_000, "mentions": ["Whinchat"]},
    "a decompression bomb": _picture(BOMB),
    "half a picture": _picture(BOMB[:60]),
    "a picture of text": _picture(b64encode(b"<svg onload=alert(1)>" * 100).decode(), "image/svg+xml"),
    "a contact of 20,000 lines": _vcard("\n".join(f"URL:https://a{n}.example.org" for n in range(20_000))),
    "a contact folded without end": _vcard("URL:https://exa" + "\n " * 20_000 + "mple.org"),
    "a quotation of nothing": {"text": "?", "quote": {"sender": "Eve", "id": ""}},
    "a quotation of 60 kB": {
        "text": "?",
        "quote": {"sender": "Eve", "id": "y" * 1_000, "content": {"text": "a.co " * 12_000}},
    },
    "everything at once": {
        "content": {
            "text": "a.co " * 2_000,
            "header": "\u202e" * 2_000,
            "footer": "%00" * 2_000,
            "buttons": [{"title": "x" * 500, "url": "javascript:alert(1)"}] * 50,
            "location": {"latitude": 1e308, "longitude": -1e308, "url": "geo:0,0?q=" + "x" * 2_000},
            "preview": {"url": "https://[::1", "title": "\0" * 500},
            "ad": {"url": "https://user:pass@" + "x." * 2_000},
            "invite": {"code": "../../.." * 100, "group_name": "*" * 2_000},
        }
    },
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("hostile"), {"WHINCHAT_LOG__LEVEL": "debug"}) as town:
        yield town


class Posted(NamedTuple):
    chat: Chat
    hostile: Said
    after: Said
    """A dangerous link, posted behind it."""


@pytest.fixture(scope="module")
def posted(town: Running) -> dict[str, Posted]:
    """Everything at once, each in a group of its own."""
    chats = {name: town.group(f"Group {number}") for number, name in enumerate(HOSTILE)}
    found = {
        name: Posted(chats[name], chats[name].say("Bob", **HOSTILE[name]), chats[name].say("Eve", BAD))
        for name in HOSTILE
    }
    town.settle(PATIENCE)
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_the_chat_goes_on(posted: dict[str, Posted], name: str) -> None:
    chat, hostile, after = posted[name]
    (warning,) = chat.replies(after)
    assert SHOWN in warning
    assert chat.reaction(after) == "⛔"
    assert len(chat.replies(hostile)) <= 1, "a calm answer"
    assert all(len(text) < 2_000 for text in chat.of_bot())


def test_nothing_was_set_aside_tried_twice_or_complained_about(town: Running, posted: dict[str, Posted]) -> None:
    assert town.rows("SELECT DISTINCT state, attempts FROM events") == [("done", 0)]
    assert town.rows("SELECT DISTINCT state FROM outbox") == [("sent",)]
    assert town.count("SELECT count(*) FROM jobs WHERE state = 'dead'") == 0
    lines = [json.loads(line) for line in town.service.child.output().splitlines() if line.startswith("{")]
    assert [line for line in lines if line["level"] in {"warning", "error", "critical"}] == []
    assert town.ready()[0] == 200


def test_a_thousand_messages_at_once_hold_nobody_up(town: Running) -> None:
    noisy, calm = town.group("Noisy"), town.group("Calm")
    messages = [{"chat": noisy.id, "sender": "Bob", "text": str(number)} for number in range(999)]
    town.world.call("post_many", messages=[*messages, {"chat": noisy.id, "sender": "Bob", "id": "LAST", "text": BAD}])
    started = time.monotonic()
    message = calm.say("Eve", BAD)
    town.settle()
    assert time.monotonic() - started < 20
    assert len(calm.replies(message)) == 1
    (last,) = [said for said in noisy.history() if said["id"] == "LAST"]
    assert len(noisy.replies(last)) == 1
    assert town.count("SELECT count(*) FROM events WHERE state <> 'done'") == 0


def test_hostile_names_are_not_obeyed(town: Running) -> None:
    name = "*bold* https://evil.example \u202e\n!scan revoke"
    person = town.world.call("person", name=name)["id"]
    chat = town.group("x")
    town.world.call("subject", chat=chat.id, by="Ana", subject="*_~`!scan revoke`")
    town.world.call("add", chat=chat.id, by="Ana", people=[person])
    message = chat.say(person, BAD)
    town.settle()
    (warning,) = chat.replies(message)
    assert "evil" not in warning
    assert "On:" in chat.ask("Bob", "!scan status")


def _raw(town: Running, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{town.world.address}/api/{operation}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.parametrize(
    "body",
    [
        b'{"chat": "Raw", "sender": "Bob", "text": "\\ud800 lone"}',
        b'{"chat": "Raw", "sender": "Bob", "text": "\\udfff\\ud800"}',
        b'{"chat": "Raw", "sender": "Bob", "text": "\xff\xfe"}',
        b'{"chat": "Raw", "sender": "Bob", "content": ' + b'{"text":' * 5_000 + b'"x"' + b"}" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"chat": "Raw", "sender": "Bob", "text": 1}',
        b'{"chat": "Raw", "sender": "Bob", "text": "x", "quote": {"sender": "Bob", "id": "1", "quote": {}}, "more": 1}',
        b"\0",
        b"",
    ],
    ids=[
        "high surrogate",
        "surrogates",
        "not UTF-8",
        "nested",
        "brackets",
        "number",
        "unknown field",
        "NUL",
        "nothing",
    ],
)
def test_what_is_no_message_is_refused_by_the_world(town: Running, body: bytes) -> None:
    status, answer = _raw(town, "post", body)
    assert status == 400
    assert answer["code"] == "bad_request"
    assert "Traceback" not in str(answer)
