from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.feeds.formats import FeedReader
from whinchat.apps.scanner.feeds.lines import Format
from whinchat.apps.scanner.feeds.names import Entry, Reject
from whinchat.apps.scanner.knowledge import Scope
from whinchat.core.errors import Refused


def reading(content: bytes | str, form: Format = Format.AUTO, column: str | None = None) -> FeedReader:
    data = content.encode() if isinstance(content, str) else content
    return FeedReader(io.BytesIO(data), form, column=column)


def values(content: bytes | str, form: Format = Format.AUTO, column: str | None = None) -> list[str]:
    return [entry.value for entry in reading(content, form, column)]


def refusal(content: bytes | str, form: Format = Format.AUTO, column: str | None = None) -> Refused:
    with pytest.raises(Refused) as refused:
        list(reading(content, form, column))
    assert refused.value.hint
    return refused.value


MANY = "".join(f"h{number}.example\n" for number in range(200))


def test_a_plain_list_with_comments_of_every_kind() -> None:
    content = "# a\n; b\n// c\n! d\n\n  evil.example  \r\nhttp://two.example/x#y\n*.three.example # why\n"
    reader = reading(content)

    assert list(reader) == [
        Entry(Scope.HOST, "evil.example"),
        Entry(Scope.URL, "two.example/x"),
        Entry(Scope.HOST, "three.example"),
    ]
    assert (reader.lines, reader.entries, reader.rejects.total()) == (3, 3, 0)
    assert (reader.sha256, reader.bytes_read) == (hashlib.sha256(content.encode()).hexdigest(), len(content))


def test_lists_of_all_shapes_are_recognised() -> None:
    assert values("127.0.0.1 localhost\n0.0.0.0 a.example b.example\n") == ["a.example", "b.example"]
    assert values("[Adblock Plus]\n! title\n||a.example^\n") == ["a.example"]
    assert values("address=/a.example/0.0.0.0\n") == ["a.example"]
    assert values("$TTL 60\na.example CNAME .\n") == ["a.example"]
    assert values("# id,dateadded,url\n1,2026-01-01,http://a.example/x\n2,2026-01-01,http://b.example/\n") == [
        "a.example/x",
        "b.example",
    ]
    assert values("2026-01-01,domain,a.example\n2026-01-01,md5,aabb\n") == ["a.example"]
    assert values("url,score\nhttp://a.example/,3\n") == ["a.example"]


def test_the_column_named_is_the_column_read() -> None:
    content = "good.example,bad.example\nfine.example,worse.example\n"

    assert values(content, column="2") == ["bad.example", "worse.example"]
    assert values("ok,danger\n" + content, Format.CSV, "danger") == ["bad.example", "worse.example"]
    assert "no columns" in str(refusal("just.example\none.example\n", Format.CSV))
    assert "no columns" in str(refusal("just.example\none.example\n", column="2"))


def test_lists_in_json_are_recognised() -> None:
    assert values('["a.example", "http://b.example/x"]') == ["a.example", "b.example/x"]
    assert values('\ufeff\n[\n {"url": "http://a.example/x"}]') == ["a.example/x"]
    assert values(gzip.compress(b'{"1": [{"url": "a.example", "url_status": "online"}]}')) == ["a.example"]
    assert values('[{"ok": "b.example", "bad": "a.example"}]', Format.JSON, "bad") == ["a.example"]
    assert "1 lines cannot be used" in str(refusal("[1]"))
    assert "neither [ nor {" in str(refusal("a.example\n", Format.JSON))
    assert "unreadable" in str(refusal('["a.example"]', Format.PLAIN))


def test_what_a_list_says_is_over_is_no_fault_of_it() -> None:
    rows = [{"url": f"http://h{number}.example/", "url_status": "offline"} for number in range(50)]
    reader = reading(json.dumps([*rows, {"url": "a.example", "url_status": "online"}]))
    assert [entry.value for entry in reader] == ["a.example"]
    assert reader.rejects == {Reject.OVER: 50}


def test_a_url_with_commas_is_no_table() -> None:
    assert values("http://a.example/x,1\nhttp://a.example/y,2\n") == ["a.example/x,1", "a.example/y,2"]


def test_the_format_that_was_named_decides() -> None:
    assert values("0.0.0.0 a.example\n", Format.HOSTS) == ["a.example"]
    assert "unreadable" in str(refusal("0.0.0.0 a.example\n", Format.ADBLOCK))


def test_a_byte_order_mark_and_no_last_line_end_do_no_harm() -> None:
    assert values("\ufeffa.example\nb.example") == ["a.example", "b.example"]


def test_gzip_is_unpacked_in_several_members_and_padded() -> None:
    content = gzip.compress(b"a.example\n") + gzip.compress(b"b.example\n") + bytes(512)

    assert values(content) == ["a.example", "b.example"]


@pytest.mark.parametrize("broken", [lambda data: data[:-9], lambda data: data[:30] + b"\xff" * 20 + data[50:]])
def test_damaged_gzip_is_refused(broken: object) -> None:
    assert callable(broken)
    assert "damaged or incomplete" in str(refusal(broken(gzip.compress(MANY.encode()))))


def test_a_decompression_bomb_is_refused_without_being_unpacked() -> None:
    bomb = gzip.compress((b"#" * 1000 + b"\n") * 2000)

    assert len(bomb) < 10_000
    with pytest.raises(Refused, match="over 1 MiB"):
        list(FeedReader(io.BytesIO(bomb), most_bytes=1 << 20))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><html>", "web page"),
        (b"  \n<?xml version='1.0'?>", "web page or XML"),
        (b'{"error": "too many requests"}', "1 lines cannot be used"),
        (b'[{"title": "a.example"}]', "1 lines cannot be used"),
        (b'{"hosts": []}', "empty"),
        (b"PK\x03\x04rest", "zip"),
        ("a.example\n".encode("utf-16"), "UTF-16"),
        (b"%PDF-1.7", "PDF"),
        (b"a.example\0\n", "binary"),
        (gzip.compress(b"<html>", mtime=0), "web page"),
        (b"", "empty"),
        (b"# only remarks\n", "empty"),
        (b"\n\n", "empty"),
    ],
)
def test_what_is_no_list_is_refused_by_name(content: bytes, words: str) -> None:
    assert words in str(refusal(content))


def test_bad_lines_are_counted_by_reason() -> None:
    long = "x" * 9_000
    reader = reading(
        MANY.encode() + f"com\n192.168.1.1\nnot a name\n{long}\n@@||a.example^\n".encode() + b"\xff.example\n"
    )

    assert len(list(reader)) == 200
    assert reader.rejects == {
        Reject.TOO_BROAD: 1,
        Reject.LOCAL: 1,
        Reject.UNREADABLE: 1,
        Reject.TOO_LONG: 1,
        Reject.OTHER_KIND: 1,
        Reject.ENCODING: 1,
    }


def test_a_line_without_end_is_never_kept() -> None:
    reader = reading(MANY.encode() + b"y" * 300_000 + b"\nlast.example\n" + b"z" * 9_000)

    assert len(list(reader)) == 201
    assert reader.rejects == {Reject.TOO_LONG: 2}


def test_too_many_bad_lines_end_the_reading_early() -> None:
    bad = "".join(f"no name {number}\n" for number in range(5_000))
    reader = reading(MANY + bad)

    with pytest.raises(Refused, match=r"unreadable \(first: line 201, 202, 203\)"):
        list(reader)
    assert reader.lines <= 1_000


def test_a_list_of_nothing_but_bad_lines_is_refused_however_short() -> None:
    assert "1 lines cannot be used" in str(refusal("com\n"))


def test_a_list_of_hashes_alone_names_no_link() -> None:
    assert "empty" in str(refusal("ioc_value,ioc_type\naabb,md5_hash\n"))


@pytest.mark.parametrize(
    "line",
    [
        ":" * 8_000 + "x",
        "a" + " " * 8_000 + "x",
        "a." * 4_000,
        "ü." * 2_000,
        "/" * 8_000,
        "address=" + "/" * 8_000,
        "||" + "^" * 8_000,
        "0.0.0.0 " + "a " * 4_000,
        "1" * 8_000,
        "[" * 8_000,
        '"' * 8_000,
        "," * 8_000,
        "http://" + "@" * 8_000,
        "a " + "1 " * 4_000,
        "*." * 4_000,
    ],
)
def test_a_hostile_line_takes_no_longer_than_others(line: str) -> None:
    started = time.process_time()
    with contextlib.suppress(Refused):
        list(reading(line))

    assert time.process_time() - started < 0.2


class Trickle:
    """Gives a byte at a time, as a slow connection does."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._data.read(min(size, 1))


def test_a_slow_source_gives_the_same_entries() -> None:
    content = gzip.compress(b"a.example\nb.example\n")

    assert [entry.value for entry in FeedReader(Trickle(content))] == ["a.example", "b.example"]


@given(st.binary(max_size=400), st.sampled_from(list(Format)))
def test_any_bytes_are_read_or_refused(content: bytes, form: Format) -> None:
    for data in (content, gzip.compress(content)):
        with contextlib.suppress(Refused):
            assert list(reading(data, form))
