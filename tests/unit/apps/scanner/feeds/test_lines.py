from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.feeds.lines import Format, names_in
from whinchat.apps.scanner.feeds.names import Reject

CASES = [
    (Format.PLAIN, "evil.example", ["evil.example"]),
    (Format.PLAIN, "http://evil.example/a#b", ["http://evil.example/a#b"]),
    (Format.PLAIN, "evil.example # seen today", ["evil.example"]),
    (Format.PLAIN, "evil.example // seen today", ["evil.example"]),
    (Format.HOSTS, "0.0.0.0 evil.example", ["evil.example"]),
    (Format.HOSTS, "127.0.0.1\ta.example b.example # both", ["a.example", "b.example"]),
    (Format.HOSTS, "::1 evil.example", ["evil.example"]),
    (Format.HOSTS, "127.0.0.1 localhost", []),
    (Format.HOSTS, "0.0.0.0 0.0.0.0", []),
    (Format.HOSTS, "::1 ip6-localhost ip6-loopback", []),
    (Format.ADBLOCK, "||evil.example^", ["evil.example"]),
    (Format.ADBLOCK, "||evil.example", ["evil.example"]),
    (Format.ADBLOCK, "||*.evil.example^$all", ["*.evil.example"]),
    (Format.ADBLOCK, "||evil.example/login^$document,popup", ["evil.example/login"]),
    (Format.ADBLOCK, "[Adblock Plus 2.0]", []),
    (Format.ADBLOCK, "@@||good.example^", Reject.OTHER_KIND),
    (Format.ADBLOCK, "||cdn.example^$third-party,script", Reject.OTHER_KIND),
    (Format.ADBLOCK, "news.example##.banner", Reject.OTHER_KIND),
    (Format.DNSMASQ, "address=/evil.example/0.0.0.0", ["evil.example"]),
    (Format.DNSMASQ, "local=/a.example/b.example/", ["a.example", "b.example"]),
    (Format.RPZ, "evil.example CNAME .", ["evil.example"]),
    (Format.RPZ, "*.evil.example 300 IN CNAME rpz-drop.", ["*.evil.example"]),
    (Format.RPZ, "good.example CNAME rpz-passthru.", Reject.OTHER_KIND),
    (Format.RPZ, "$TTL 300", []),
    (Format.RPZ, "@ SOA a. b. 1 2 3 4 5", []),
    (Format.RPZ, "zone.example. 300 IN NS localhost.", []),
]


@pytest.mark.parametrize(("form", "line", "names"), CASES)
def test_reads_the_names_of_a_line(form: Format, line: str, names: list[str] | Reject) -> None:
    assert names_in(line, form) == names


@pytest.mark.parametrize(("form", "line", "names"), [case for case in CASES if case[1] != "news.example##.banner"])
def test_knows_the_shape_by_itself(form: Format, line: str, names: list[str] | Reject) -> None:
    assert names_in(line, Format.AUTO) == names


@pytest.mark.parametrize(
    ("form", "line"),
    [
        (Format.PLAIN, "0.0.0.0 evil.example"),
        (Format.PLAIN, "||evil.example^"),
        (Format.HOSTS, "evil.example"),
        (Format.HOSTS, "1.2.3.4 evil.example"),
        (Format.ADBLOCK, "evil.example"),
        (Format.DNSMASQ, "evil.example"),
        (Format.RPZ, "evil.example A 1.2.3.4"),
        (Format.AUTO, "this is prose"),
        (Format.AUTO, "<td>evil.example</td>"),
    ],
)
def test_a_line_of_another_shape_is_unreadable(form: Format, line: str) -> None:
    assert names_in(line, form) is Reject.UNREADABLE


LINES = [form for form in Format if form not in {Format.CSV, Format.JSON}]


@given(st.text(max_size=80).map(str.strip), st.sampled_from(LINES))
def test_any_line_is_read_or_refused(line: str, form: Format) -> None:
    names = names_in(line, form)

    assert isinstance(names, Reject) or all(isinstance(name, str) for name in names)
