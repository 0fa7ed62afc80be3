from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.support.evidence import known, link

from whinchat.apps.scanner.evidence.reading import decoded, parts
from whinchat.apps.scanner.links.parse import parse_link


def test_a_link_is_taken_apart_once() -> None:
    reading = known(link("https://www.secure.my-bank.evil-login24.co.uk/Account/Sign%20In.php?x=1")).reading
    assert reading.name == "evil-login24"
    assert reading.parts == ("evil", "login24")
    assert reading.words == ("evil", "login", "24")
    assert reading.subdomains == ("secure", "my-bank")
    assert reading.sub_words == ("secure", "my", "bank")
    assert reading.segments == ("account", "sign in.php")
    assert reading.file == "sign in.php"


def test_a_path_that_ends_in_a_slash_names_no_file() -> None:
    assert known(link("https://example.org/a/b/")).reading.file == ""
    assert known(link("https://example.org")).reading.segments == ()


def test_the_owner_on_shared_hosting_is_the_name() -> None:
    reading = known(link("https://paypa1-login.pages.dev/verify")).reading
    assert (reading.name, reading.subdomains) == ("paypa1-login", ())


def test_an_address_has_no_name() -> None:
    reading = known(link("http://203.0.113.9/login")).reading
    assert (reading.name, reading.words, reading.subdomains) == ("", (), ())


def test_names_in_other_scripts_are_read_as_people_see_them() -> None:
    assert decoded("xn--80ak6aa92e") == "аррӏе"
    assert decoded("xn--\u00e9") == "xn--\u00e9"
    assert decoded("plain") == "plain"


def test_underscores_and_hyphens_part_a_label() -> None:
    assert parts("_paypal--secure_1_") == ("paypal", "secure", "1")
    assert parts("paypal") == ("paypal",)


@given(st.text(max_size=80))
def test_any_path_can_be_read(path: str) -> None:
    about = parse_link("https://www.example.org/" + path.replace("\\", ""))
    if about is not None:
        reading = known(about).reading
        assert all(segment == segment.lower() and segment for segment in reading.segments)
