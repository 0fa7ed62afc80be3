from __future__ import annotations

import contextlib
import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.evaluation import rows as module
from whinchat.apps.scanner.evaluation.rows import Label, Row, read
from whinchat.core.errors import Refused


def rows(content: str | bytes, **options: str) -> list[Row]:
    data = content.encode() if isinstance(content, str) else content
    return list(read(io.BytesIO(data), "file.tsv", **options))


def refusal(content: str | bytes, **options: str) -> Refused:
    with pytest.raises(Refused) as caught:
        rows(content, **options)
    assert caught.value.hint
    return caught.value


def test_a_row_has_what_the_columns_say_whatever_their_order() -> None:
    (row,) = rows("date\tsender\turl\tlabel\tchat\tsource\n2026-05-01\tana\thttps://a.example/\tPhishing\tclub\tfeed\n")
    assert row == Row(
        Label.PHISHING,
        address="https://a.example/",
        source="feed",
        chat="club",
        sender="ana",
        when=1_777_593_600_000,
    )


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("1", Label.PHISHING),
        ("SMISHING", Label.PHISHING),
        ("dangerous", Label.PHISHING),
        ("0", Label.BENIGN),
        (" ham ", Label.BENIGN),
        ("safe", Label.BENIGN),
        ("spam", Label.SPAM),
    ],
)
def test_labels_have_many_words(word: str, label: Label) -> None:
    assert rows(f"label\ttext\n{word}\thello\n") == [Row(label, text="hello")]


def test_a_link_without_its_scheme_gets_one_and_quotes_are_only_letters() -> None:
    assert [row.address for row in rows('label\tnorm_url\n1\ta.example/"x\n0\t"b.example"\n')] == [
        'http://a.example/"x',
        'http://"b.example"',
    ]


def test_a_link_and_its_message_belong_together() -> None:
    (row,) = rows("label\turl\ttext\n1\ta.example\tpay at a.example\n")
    assert (row.address, row.text) == ("a.example", "pay at a.example")


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-05-01", 1_777_593_600_000),
        ("20260501", 1_777_593_600_000),
        ("2026-05-01T00:00:01Z", 1_777_593_601_000),
        ("05/01/2026", None),
        ("2026", None),
        ("", None),
    ],
)
def test_only_dates_that_can_be_read_one_way_count(text: str, when: int | None) -> None:
    assert rows(f"label\turl\tdate\n1\ta.example\t{text}\n")[0].when == when


def test_chat_and_group_can_be_any_column() -> None:
    (row,) = rows("label\turl\troom\tlang\n0\ta.example\tzig\tde\n", chat="room", group_by="lang")
    assert (row.chat, row.group) == ("zig", "de")


def test_windows_files_empty_lines_and_a_missing_last_line_end_are_fine() -> None:
    assert len(rows(b"\xef\xbb\xbflabel\turl\r\n1\ta.example\r\n\r\n0\tb.example")) == 2


def test_gzip_is_recognised_also_in_several_members() -> None:
    content = gzip.compress(b"label\turl\n1\ta.ex") + gzip.compress(b"ample\n0\tb.example\n")
    assert [row.address for row in rows(content)] == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "file.tsv is empty"),
        ("label\turl\n", "file.tsv has no rows"),
        ("url\tdate\n", "line 1: there is no column `label`"),
        ("label\tdate\n", "line 1: there is no column `url`"),
        ("label,url\n1,a.example\n", "line 1: there are no tabs"),
        ("label\turl\turl\n", "line 1: two columns"),
        ("label\turl\n1\ta.example\nmaybe\tb.example\n", "line 3: label 'maybe'"),
        ("label\turl\n1\ta.example\tmore\n", "line 2: 3 columns where the header has 2"),
        (b"label\turl\n1\t\xff\xfe\n", "line 2: this is not UTF-8"),
        (gzip.compress(b"label\turl\n" + b"1\ta.example\n" * 9, mtime=0)[:-9], "damaged or incomplete"),
        (b"\x1f\x8bno gzip at all", "damaged or incomplete"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_the_way_out(content: str | bytes, problem: str) -> None:
    assert problem in str(refusal(content))


def test_a_column_to_group_by_must_be_there() -> None:
    error = refusal("label\turl\n1\ta\n", group_by="lang")
    assert "no column `lang`" in str(error)
    assert "label, url" in error.hint


def test_a_line_without_an_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_LINE", 100)
    monkeypatch.setattr(module, "PIECE", 64)
    assert "line 2: the line does not end" in str(refusal("label\turl\n1\t" + "a" * 300))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(noise: bytes) -> None:
    for content in (noise, b"label\turl\n1\t" + noise, b"\x1f\x8b" + noise):
        with contextlib.suppress(Refused):
            rows(content)
