from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.feeds.columns import Records, Table, table_of
from whinchat.apps.scanner.feeds.names import Reject
from whinchat.core.errors import Refused

URLHAUS_HEADER = "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter"
URLHAUS = (
    '"3","2026-01-01 00:00:00","http://evil.example/a,b.exe","online","","malware","exe","https://u.example/3/","ana"'
)
THREATFOX_HEADER = '# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type"'
THREATFOX = '"2026-01-01 00:00:00", "7", "8.8.8.8:443", "ip:port", "botnet_cc"'
PHISHTANK_HEADER = "phish_id,url,phish_detail_url,submission_time"
PHISHTANK = "1,http://evil.example/x,http://tank.example/1,2026-01-01"
TWEETFEED = "2026-01-01 00:00:30,ana,domain,evil.example,#phishing,https://tweets.example/1"


def names(table: Table | None, line: str) -> list[str] | Reject:
    assert table is not None
    found = table.names_in(line)
    return found if isinstance(found, Reject) else list(found)


def test_finds_the_column_by_its_heading_in_a_comment() -> None:
    assert names(table_of([URLHAUS], ["# a remark", URLHAUS_HEADER, "#"]), URLHAUS) == ["http://evil.example/a,b.exe"]


def test_finds_the_column_by_its_heading_in_the_first_line() -> None:
    table = table_of([PHISHTANK_HEADER, PHISHTANK], [])

    assert names(table, PHISHTANK) == ["http://evil.example/x"]
    assert table is not None
    assert table.header == PHISHTANK_HEADER


def test_passes_over_rows_that_name_no_link() -> None:
    table = table_of([THREATFOX], [THREATFOX_HEADER])

    assert names(table, THREATFOX) == ["8.8.8.8:443"]
    assert names(table, '"2026-01-01", "8", "d41d8cd9", "md5_hash", "payload"') is Reject.OTHER_KIND


def test_without_headings_the_column_after_the_kinds_holds_the_names() -> None:
    table = table_of([TWEETFEED, TWEETFEED.replace("domain,evil.example", "sha256,aabb")], [])

    assert names(table, TWEETFEED) == ["evil.example"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_without_headings_and_kinds_the_column_with_most_names_is_read(delimiter: str) -> None:
    rows = [delimiter.join(("2026-01-01", f"{letter}.example", "Ana")) for letter in "abc"]

    assert names(table_of(rows, []), rows[0]) == ["a.example"]


def test_the_column_can_be_told() -> None:
    rows = ["one.example,two.example", "three.example,four.example"]

    assert names(table_of(rows, [], "2"), rows[0]) == ["two.example"]
    assert names(table_of(["good,bad", *rows], [], "Bad"), rows[1]) == ["four.example"]


@pytest.mark.parametrize(
    ("column", "words"), [("bad", "no column is called 'bad'"), ("3", "there is no column 3"), ("0", "no column 0")]
)
def test_a_column_that_is_not_there_is_refused(column: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        table_of(["one.example,two.example"], [], column)


def test_lines_without_columns_are_no_table() -> None:
    assert table_of(["one.example", "two.example"], []) is None
    assert table_of(["one.example,x", "two.example"], []) is None
    assert table_of(["1,x", "2,y"], []) is None


def test_a_row_that_is_too_short_or_broken_is_unreadable() -> None:
    table = Table(",", 2)

    assert table.names_in("a,b") is Reject.UNREADABLE
    assert table.names_in("a,b,\r\nc") is Reject.UNREADABLE
    assert table.names_in('a,b,"c.example') == ["c.example"]


@given(st.text(max_size=80), st.sampled_from(",;\t|"))
def test_any_row_is_read_or_refused(line: str, delimiter: str) -> None:
    found = Table(delimiter, 0, kind=1).names_in(line)

    assert isinstance(found, Reject) or len(found) == 1


def test_what_the_list_itself_says_is_over_is_left_out() -> None:
    table = table_of([URLHAUS], [URLHAUS_HEADER])
    assert names(table, URLHAUS.replace("online", "offline")) is Reject.OVER

    taken_off = "1\th.example\t2026-01-01T00:00:00\t2026-01-02T00:00:00"
    table = table_of(["RegisterPositionId\tDomainAddress\tInsertDate\tDeleteDate", taken_off], [])
    assert names(table, taken_off) is Reject.OVER
    assert names(table, "1\th.example\t2026-01-01T00:00:00\t") == ["h.example"]
    assert names(table, "1\th.example\t2026-01-01T00:00:00") == ["h.example"]  # blanks at the end are gone by then


def test_a_broken_row_among_the_first_does_not_hide_the_columns() -> None:
    assert names(table_of([*[TWEETFEED] * 9, "2026-01-01 00:00:30,ana,domain"], []), TWEETFEED) == ["evil.example"]
    assert table_of([*[TWEETFEED] * 3, "just words", "and more"], []) is None


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ({"date": "2026-01-01", "type": "url", "value": "http://a.example/"}, ["http://a.example/"]),
        ({"type": "sha256", "value": "00"}, Reject.OTHER_KIND),
        ({"URL": "http://a.example/", "url_status": "online"}, ["http://a.example/"]),
        ({"url": "http://a.example/", "url_status": "offline"}, Reject.OVER),
        ({"DomainAddress": "a.example", "DeleteDate": None}, ["a.example"]),
        ({"DomainAddress": "a.example", "DeleteDate": "2026-01-02T00:00:00"}, Reject.OVER),
        ({"url": "http://a.example/", "online": "yes"}, ["http://a.example/"]),
        ({"url": "http://a.example/", "online": False}, Reject.OVER),
        ({"title": "a.example"}, Reject.UNREADABLE),
    ],
)
def test_reads_the_name_of_a_record(record: dict[str, object], found: object) -> None:
    assert Records(None).name_in(record) == found


def test_the_key_named_is_the_key_read() -> None:
    assert Records("Bad").name_in({"url": "http://good.example/", "bad": "evil.example"}) == ["evil.example"]
    assert Records("bad").name_in({"url": "http://good.example/"}) is Reject.UNREADABLE
