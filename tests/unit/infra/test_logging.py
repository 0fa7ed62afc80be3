"""Log lines as they come out."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.secret import Secret
from whinchat.infra.logging import configure

log = logging.getLogger("whinchat.test")


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """The process's logging as it was before the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def failing(secret: str) -> None:
    hidden_local = secret * 2
    raise ValueError(f"could not use {len(hidden_local)}")


def test_a_line_is_one_json_object_with_what_was_said() -> None:
    stream = io.StringIO()
    configure("info", "json", stream)
    log.info("judged %d links", 3, extra={"chat_kind": "group", "seconds": 0.5})
    log.debug("not wanted")
    (line,) = lines(stream)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "info",
        "logger": "whinchat.test",
        "message": "judged 3 links",
        "chat_kind": "group",
        "seconds": 0.5,
    }


def test_text_is_for_people() -> None:
    stream = io.StringIO()
    configure("debug", "text", stream)
    log.warning("slow", extra={"seconds": 2, "source": "a b"})
    line = stream.getvalue().split(" ", 1)[1]
    assert line == 'WARNING whinchat.test: slow seconds=2 source="a b"\n'


def test_fields_cannot_pose_as_the_lines_own() -> None:
    stream = io.StringIO()
    configure("info", "json", stream)
    log.info("real", extra={"level": "fake", "time": "fake", "logger": "fake", "event": "kept"})
    (line,) = lines(stream)
    assert (line["message"], line["level"], line["event"]) == ("real", "info", "kept")
    assert "fake" not in line.values()


def test_exceptions_come_without_local_variables_and_redacted() -> None:
    stream = io.StringIO()
    configure("info", "json", stream)
    try:
        failing("hush hush")
    except ValueError as error:
        error.add_note("called by +15550100123")
        log.exception("failed")
    (line,) = lines(stream)
    assert line["message"] == "failed"
    assert "ValueError: could not use 18" in line["exception"]
    assert "in failing" in line["exception"]
    assert "hush hush hush" not in line["exception"]
    assert "5550100" not in line["exception"]
    assert "[hidden]" in line["exception"]


def test_an_exception_in_text_cannot_forge_a_line() -> None:
    stream = io.StringIO()
    configure("info", "text", stream)
    log.error("failed", exc_info=ValueError("first\n2026-01-01T00:00:00.000Z INFO whinchat: forged\r\x1b[2J"))
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("ERROR   whinchat.test: failed")
    assert rest
    assert all(line.startswith("    | ") and line.isprintable() for line in rest)


def test_redaction_covers_message_and_fields_at_any_depth() -> None:
    stream = io.StringIO()
    configure("info", "json", stream)
    log.info("from %s", "15550100123@s.whatsapp.net", extra={"a": [{"b": "+1 555 010 0123"}], "token": "hush"})
    log.info("with %s", Secret("hush"), extra={"secret_value": Secret("hush"), "where": "https://x.example/?k=hush"})
    assert "5550100" not in stream.getvalue()
    assert "010 0123" not in stream.getvalue()
    assert "hush" not in stream.getvalue()


def test_warnings_and_asyncio_go_the_same_way() -> None:
    stream = io.StringIO()
    configure("info", "json", stream)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.warn("old habit", stacklevel=1)
    logging.getLogger("asyncio").error("Task exception was never retrieved")
    assert [line["logger"] for line in lines(stream)] == ["py.warnings", "asyncio"]


def test_configuring_again_replaces() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure("info", "json", first)
    configure("error", "json", second)
    log.info("not wanted")
    log.error("wanted")
    assert first.getvalue() == ""
    assert len(lines(second)) == 1


def test_stdout_is_where_lines_go(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    log.info("here")
    assert '"message": "here"' in capsys.readouterr().out


def test_a_terminal_without_unicode_is_no_reason_to_lose_a_line() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    configure("info", "text", stream)
    log.info("naïve ≥ 3")
    stream.flush()
    assert b"na\\xefve \\u2265 3" in raw.getvalue()


def test_a_line_that_cannot_be_made_is_reported_without_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json", io.StringIO())
    log.info("%d", "+15550100123")
    told = capsys.readouterr().err
    assert "a log line of whinchat.test" in told
    assert "TypeError" in told
    assert "5550100" not in told


def test_without_any_output_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    configure("info", "json", closed)
    monkeypatch.setattr(sys, "stderr", None)
    log.info("into the void")


ANY = st.text(st.characters(codec=None, categories=None), max_size=40)


@given(message=ANY, key=st.sampled_from(["field", "other"]), value=ANY, form=st.sampled_from(["json", "text"]))
def test_whatever_is_logged_is_one_printable_line(message: str, key: str, value: str, form: str) -> None:
    stream = io.StringIO()
    configure("info", form, stream)
    log.info("%s", message, extra={key: value})
    text = stream.getvalue()
    assert text.endswith("\n")
    assert text[:-1].isprintable()
    text.encode("utf-8")
