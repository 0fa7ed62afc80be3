from __future__ import annotations

import json
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from tests.support.cloud import API, MEDIA, MESSAGES, TOKEN, VERSION, granted, refused

from whinchat.core.errors import HttpError, Refused
from whinchat.testing.http import Answer, FakeHttp
from whinchat.testing.metrics import RecordedMetrics
from whinchat.transports.cloud import shapes
from whinchat.transports.cloud.credentials import SecretFile
from whinchat.transports.cloud.errors import Remedy
from whinchat.transports.cloud.graph import REQUESTS, Graph, GraphFailure

PATH = MESSAGES.removeprefix(f"{API}/{VERSION}/")


class Desk:
    def __init__(self, folder: Path) -> None:
        self.http = FakeHttp()
        self.metrics = RecordedMetrics()
        self.file = folder / "token"
        self.file.write_text(TOKEN)
        self.graph = Graph(self.http, f"{API}/", VERSION, SecretFile(self.file), self.metrics)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def failure(desk: Desk, *answers: Answer) -> GraphFailure:
    desk.http.answer(MESSAGES, *answers)
    with pytest.raises(GraphFailure) as error:
        await desk.graph.post(PATH, {"to": "1"})
    return error.value


async def test_what_is_asked_carries_the_token_and_json(desk: Desk) -> None:
    desk.http.answer(MESSAGES, granted({"id": "7"}))
    answer = await desk.graph.post(PATH, {"to": "1", "text": {"body": "é"}})
    (asked,) = desk.http.asked
    assert (asked.method, asked.url) == ("POST", MESSAGES)
    assert asked.headers == {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    assert json.loads(asked.body) == {"to": "1", "text": {"body": "é"}}
    assert answer.read(shapes.Identified).id == "7"
    assert desk.metrics.value(REQUESTS, result="ok") == 1


async def test_parameters_are_encoded(desk: Desk) -> None:
    desk.http.answer(f"{API}/{VERSION}/1?fields=a%2Cb&x=%26", granted({}))
    await desk.graph.get("1", fields="a,b", x="&")


async def test_an_upload_is_a_form_with_one_file(desk: Desk) -> None:
    desk.http.answer(MEDIA, granted({"id": "7"}))
    data = b"\x00\xff\r\n--boundary\r\n"
    await desk.graph.upload(MEDIA.removeprefix(f"{API}/{VERSION}/"), data, "image/png", "file")
    (asked,) = desk.http.asked
    form = message_from_bytes(f"Content-Type: {asked.headers['Content-Type']}\r\n\r\n".encode() + asked.body)
    parts = {}
    for part in form.get_payload():
        assert isinstance(part, Message)
        parts[str(part.get_param("name", header="content-disposition"))] = part
    assert parts["messaging_product"].get_payload() == "whatsapp"
    assert parts["type"].get_payload() == "image/png"
    assert parts["file"].get_content_type() == "image/png"
    assert parts["file"].get_filename() == "file"
    assert b'filename="file"\r\nContent-Type: image/png\r\n\r\n' + data + b"\r\n--" in asked.body


@pytest.mark.parametrize(
    ("answer", "expected", "reason"),
    [
        (refused(131056), Remedy.PAIR, "131056"),
        (refused(131000, 500), Remedy.AGAIN, "131000"),
        (refused(100, error_subcode=33), Remedy.ACCESS, "100"),
        (refused(1, is_transient=True), Remedy.AGAIN, "1"),
        (Answer(b"<html>busy</html>", 503), Remedy.OPEN, "http_503"),
        (Answer(b"", 429), Remedy.SLOWER, "http_429"),
        (Answer(b'{"error": "no"}', 401), Remedy.ACCESS, "http_401"),
        (Answer(b'{"error": {"code": null}}', 400), Remedy.MESSAGE, "http_400"),
        (Answer(b"[" * 100_000, 500), Remedy.OPEN, "http_500"),
        (Answer(status=302, headers={"Location": "https://elsewhere.example"}), Remedy.OPEN, "http_302"),
        (Answer(error=HttpError("no", code="unreachable")), Remedy.AWAY, "unreachable"),
        (Answer(error=HttpError("no", code="timeout")), Remedy.OPEN, "timeout"),
        (Answer(b"half", error=HttpError("no", code="truncated")), Remedy.OPEN, "truncated"),
    ],
)
async def test_what_is_not_granted_says_what_to_do(desk: Desk, answer: Answer, expected: Remedy, reason: str) -> None:
    found = await failure(desk, answer)
    assert (found.remedy, found.reason) == (expected, reason)
    assert desk.metrics.value(REQUESTS, result=expected.value) == 1


@pytest.mark.parametrize(
    ("header", "seconds"), [("3", 3.0), ("99999999", 600.0), ("soon", None), ("-1", None), ("٣", None), ("", None)]
)
async def test_a_time_that_is_named_is_believed_within_reason(desk: Desk, header: str, seconds: float | None) -> None:
    assert (await failure(desk, refused(4, headers={"Retry-After": header}))).retry_after == seconds


@pytest.mark.parametrize("body", [b"", b"garbage", b"[]", b'{"id": 7.5}', b"\xff", b"[" * 100_000])
async def test_a_grant_that_cannot_be_read_leaves_it_open(desk: Desk, body: bytes) -> None:
    desk.http.answer(MESSAGES, Answer(body))
    answer = await desk.graph.post(PATH, {})
    with pytest.raises(GraphFailure) as error:
        answer.read(shapes.Identified)
    assert error.value.remedy is Remedy.OPEN


async def test_a_token_that_ended_is_read_again(desk: Desk) -> None:
    class Renewed(SecretFile):
        """While Meta says no, the operator puts a new token in place."""

        tokens = iter([TOKEN, "EAAG-renewed"])

        def read(self) -> str:
            return next(self.tokens)

    graph = Graph(desk.http, API, VERSION, Renewed(desk.file), desk.metrics)
    desk.http.answer(MESSAGES, refused(190, 401), granted({"id": "7"}))
    assert (await graph.post(PATH, {})).read(shapes.Identified).id == "7"
    asked = [asked.headers["Authorization"] for asked in desk.http.asked]
    assert asked == [f"Bearer {TOKEN}", "Bearer EAAG-renewed"]


async def test_a_token_that_ended_is_not_tried_twice(desk: Desk) -> None:
    found = await failure(desk, refused(190, 401), granted({"id": "7"}))
    assert (found.remedy, found.code) == (Remedy.ACCESS, 190)
    assert len(desk.http.asked) == 1


async def test_without_a_token_nothing_is_asked(desk: Desk) -> None:
    desk.file.write_text("")
    desk.graph = Graph(desk.http, API, VERSION, SecretFile(desk.file), desk.metrics)
    with pytest.raises(Refused):
        await desk.graph.get("1")
    assert desk.http.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1",
        "https://fbsbx.com/a",
        "https://mmg.whatsapp.net/a",
        "https://scontent.xx.fbcdn.net:443/a",
        f"{API}/v26.0/media",
    ],
)
async def test_media_is_fetched_from_meta(desk: Desk, url: str) -> None:
    desk.http.answer(url, Answer(b"picture"))
    assert await desk.graph.fetch(url, 100) == b"picture"
    assert desk.http.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "url",
    [
        "http://lookaside.fbsbx.com/a",
        "https://fbsbx.com.evil.example/a",
        "https://evilfbsbx.com/a",
        "https://evil.example/fbsbx.com",
        "https://fbsbx.com@evil.example/a",
        "https://user@fbsbx.com/a",
        "https://fbsbx.com:8443/a",
        "https://127.0.0.1/a",
        "file:///etc/passwd",
        "https://[::1/a",
        "https://fbsbx.com:x/a",
        "",
    ],
)
async def test_the_token_goes_nowhere_else(desk: Desk, url: str) -> None:
    desk.http.answer(url, Answer(b"secret"))
    with pytest.raises(GraphFailure) as error:
        await desk.graph.fetch(url, 100)
    assert error.value.reason == "host"
    assert desk.http.asked == []


async def test_media_that_is_larger_than_allowed_is_not_taken(desk: Desk) -> None:
    url = "https://lookaside.fbsbx.com/a"
    desk.http.answer(url, Answer(b"x" * 101))
    with pytest.raises(GraphFailure) as error:
        await desk.graph.fetch(url, 100)
    assert error.value.reason == "too_large"
