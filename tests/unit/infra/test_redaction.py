"""What must never be in a log line, however it gets there."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.secret import Secret
from whinchat.infra.redaction import HIDDEN, redact, redact_field

PHONES = (
    "+15550100123",
    "+49 151 23456789",
    "+1 (555) 010-0123",
    "+44-20-7946-0958",
    "15550100123",
    "(555) 010-0123",
    "0151 234 56789",
    "٠١٥١٢٣٤٥٦٧٨٩",
)
IDS = ("15550100123@s.whatsapp.net", "120363041234567890@g.us", "15550100:12@lid", "bob.7@c.us", "1-2@newsletter")


@pytest.mark.parametrize("person", [*PHONES, *IDS])
def test_people_are_hidden(person: str) -> None:
    for text in (person, f"from {person} to", f"[{person}]", f"x{person}y", f"a\n{person}\nb"):
        assert HIDDEN in redact(text)
        assert not any(part in redact(text) for part in (person, "5550100", "2345", "7946", "bob"))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T10:15:30.123Z",
        "on 2026-11-22 at 10:15",
        "127.0.0.1:8466",
        "192.168.100.200",
        "took 1234 ms, 99 % of 100000",
        "HTTP status code 404",
        'File "engine.py", line 120, in run',
        "version 3.54.1.0",
        "statement 3 touched 2 rows instead of 1",
        "no such file: var/data/whinchat.db",
        "bob@example",
    ],
)
def test_what_names_nobody_is_left_as_it_is(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://bob:hush@example.com/a", f"https://{HIDDEN}"),
        ("https://bob:hu/sh?#@example.com/a", f"https://{HIDDEN}"),
        ("GET https://example.com/a/b?token=hush#x done", f"GET https://example.com/a/b?{HIDDEN} done"),
        ("https://example.com/a#hush", f"https://example.com/a?{HIDDEN}"),
        ("postgres://whinchat:hush@db/x", f"postgres://{HIDDEN}"),
        ("see https://example.com/a.", "see https://example.com/a."),
    ],
)
def test_addresses_keep_host_and_path_only(text: str, left: str) -> None:
    assert redact(text) == left


@pytest.mark.parametrize(
    "text",
    ["your code is 123456", "Code: 123 456", "123-456 is your WhatsApp code", "otp=123456", "tu código es 123456"],
)
def test_codes_are_hidden(text: str) -> None:
    assert HIDDEN in redact(text)
    assert "123" not in redact(text)


def test_six_digits_elsewhere_are_only_a_number() -> None:
    assert redact("judged 123456 links") == "judged 123456 links"


@pytest.mark.parametrize(
    "text",
    [
        "token=hush",
        "access_token: hush",
        '{"password": "hush"}',
        "Authorization: Bearer hush.hush",
        "sent Bearer hush-hush",
        "X-Api-Key: hush",
        "auth_key='hush'",
    ],
)
def test_secrets_in_text_are_hidden(text: str) -> None:
    assert "hush" not in redact(text)


@pytest.mark.parametrize(
    "key", ["token", "api_key", "simulator_token", "auth-key", "password", "otp", "phone", "Cookie"]
)
@pytest.mark.parametrize("value", ["hush", 123456, ["hush"], {"a": "hush"}, b"hush"])
def test_a_key_that_says_secret_hides_its_value(key: str, value: object) -> None:
    assert redact_field(key, value) == HIDDEN
    assert redact_field("outer", {key: value}) == {key: HIDDEN}


def test_plain_values_keep_their_type() -> None:
    for value in (None, True, 7, 1_767_225_600_000, 0.5, "engine", ["a", 1], {"a": {"b": 2}}):
        assert redact_field("key", value) == value
    assert redact_field("event_id", 123456) == 123456
    assert redact_field("keyboard", "qwerty") == "qwerty"
    assert redact_field("tokens", 5) == 5


def test_other_values_become_harmless_text() -> None:
    assert redact_field("key", b"\x00hush") == "[5 bytes]"
    assert redact_field("key", Secret("hush")) == "***"
    assert redact_field("key", {"+15550100123": 1}) == {HIDDEN: 1}
    assert redact_field("key", ("+15550100123", {"a"})) == [HIDDEN, ["a"]]
    assert redact_field("code", "123456") == HIDDEN
    assert redact_field("code", 123456) == HIDDEN
    assert redact_field("code", "disk_full") == "disk_full"


def test_what_is_too_long_or_too_deep_is_cut() -> None:
    assert len(redact_field("key", "x " * 50_000)) < 20_000
    deep: object = "hush"
    for _ in range(2000):
        deep = [deep]
    assert "hush" not in str(redact_field("key", deep))


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "1 " * 50_000, "+1-" * 30_000, "://" * 30_000, "code " * 20_000, "@" * 100_000]
)
def test_hostile_text_takes_no_longer_than_its_length_deserves(text: str) -> None:
    begun = time.perf_counter()
    redact(text)
    assert time.perf_counter() - begun < 1.0


WORDS = st.text(max_size=15)
DIGITS = st.text("0123456789", min_size=8, max_size=15)


@given(before=WORDS, digits=DIGITS, after=WORDS, plus=st.sampled_from(["+", ""]), nested=st.booleans())
def test_no_phone_number_gets_through_anywhere(before: str, digits: str, after: str, plus: str, nested: bool) -> None:
    text = f"{before}{plus}{digits}{after}"
    assert digits not in str(redact_field("detail", {"a": [text]} if nested else text))


@given(before=WORDS, name=st.from_regex(r"[a-z0-9]{3,20}", fullmatch=True), after=WORDS)
def test_no_whatsapp_id_gets_through_anywhere(before: str, name: str, after: str) -> None:
    assert f"{name}@" not in redact(f"{before} {name}@s.whatsapp.net {after}")


@given(user=st.text("abcXYZ0:-%", min_size=5, max_size=12), query=st.text("abc=&%", min_size=1, max_size=12))
def test_no_user_name_of_an_address_gets_through(user: str, query: str) -> None:
    assert user not in redact(f"see https://{user}@example.com/?{query}")
