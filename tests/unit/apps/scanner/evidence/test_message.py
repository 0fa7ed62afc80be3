from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.evidence import tables
from tests.support.told import ORDINARY, WARN, added, cases, read

LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "id", "pt")
SENSES = frozenset(
    {"account", "urgency", "parcel", "prize", "payment", "asks_code", "asks_money", "offer", "lure", "family", "call"}
)
LOCKED = "Your account has been suspended, please verify it at https://x.example/a"
BUSY = 0.02
"""Seconds, of a machine that does much else; an idle one needs a tenth of that."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_scammers_say_is_understood(language: str) -> None:
    mine = [case for case in cases() if case.language == language and case.senses]
    missed = {case.text: case.senses - read(case.text).senses.keys() for case in mine}
    assert {text: senses for text, senses in missed.items() if senses} == {}
    assert frozenset[str]().union(*(case.senses for case in mine)) >= SENSES


@pytest.mark.parametrize("language", LANGUAGES)
def test_honest_talk_of_the_same_things_warns_of_no_ordinary_link(language: str) -> None:
    mine = [case.text for case in cases() if case.language == language and not case.senses]
    assert [text for text in mine if ORDINARY + added(text) >= WARN] == []
    assert len(mine) >= 10


@pytest.mark.parametrize(
    "text",
    [
        "YOUR ACCOUNT HAS BEEN SUSPENDED",
        "*Your account* has been _suspended_",
        "Your acc0unt has been su5pended",
        "Your @ccount: your acc0unt! Suspended",
        "Your \u0430cc\u043eunt has been susp\u0435nded",
        "\uff39\uff4f\uff55\uff52 \uff41\uff43\uff43\uff4f\uff55\uff4e\uff54 was suspended",
        "\U0001d5ec\U0001d5fc\U0001d602\U0001d5ff account was \U0001d600uspended",
        "Your a c c o u n t was s.u.s.p.e.n.d.e.d",
        "Your acc\u00f6unt has been suspended",
        "Your account\u00ad has been sus\u200bpended",
        "your account,suspended",
        "Your account.Suspended!",
        "Ihr Konto ist eingeschraenkt",
        "حـــسابك موقوف، حسابك",
    ],
)
def test_disguised_words_are_words(text: str) -> None:
    assert "account" in read(f"{text} https://x.example/a").senses


def test_a_sense_names_words_of_our_lists_only() -> None:
    reading = read("Bob, your account 4711 is SUSPENDIDO?? your accounting, suspended! https://x.example/secret")
    assert reading.senses["account"] == "your, account, suspend…"
    assert read("Unusually: unusual activities seen").senses["account"] == "unusual activit…"
    assert read("Verify your account within 36 hours https://x.example").senses["urgency"].endswith("within … hour…")


def test_links_and_addresses_are_no_words() -> None:
    for text in (
        "https://your-account.com/suspended?verify=now",
        "www.your.account.suspended",
        "your.account.top",
        "your.account.suspended/verify",
        "your.account@suspended.com",
    ):
        assert (read(text).senses, read(text).words) == ({}, 0)


def test_what_is_glued_to_a_link_is_read() -> None:
    assert "call" in read("click here:https://x.example").senses
    assert read("Hello.Then we went").words == 4


@pytest.mark.parametrize(
    ("text", "brand"),
    [
        ("DHL: your parcel is held, pay the fee https://x.example", "DHL"),
        ("Wells Fargo alert: your card is locked https://x.example", "Wells Fargo"),
        ("Your P4YPAL account is limited https://x.example", "PayPal"),
        ("Chase: your account is locked https://x.example", "Chase"),
        ("I read about DHL https://x.example", None),
        ("what do you think of your PayPal? https://x.example", None),
        ("your account is locked https://paypal.example", None),
    ],
)
def test_a_brand_that_the_message_speaks_for(text: str, brand: str | None) -> None:
    assert read(text).brand == brand


def test_parts_of_a_message_belong_together() -> None:
    assert "account" in read("Your account was suspended", "Verify now", "https://x.example").senses


def test_only_what_is_said_near_a_link_counts_in_a_long_text() -> None:
    talk = "and then we walked along the river " * 20
    assert read(f"Your account is suspended. {talk} https://x.example {talk}").senses == {}
    assert "account" in read(f"{talk} Your account is suspended https://x.example {talk}").senses
    assert "account" in read(f"https://y.example {talk} {talk} Your account is suspended https://x.example").senses
    assert "account" in read(f"Your account is suspended {talk}").senses


def test_the_middle_of_an_endless_text_is_skipped() -> None:
    filler = "so " * 5000
    assert "account" in read(f"{filler}{LOCKED}").senses
    assert "account" in read(f"{LOCKED} {filler}").senses
    assert read(f"{filler}{LOCKED} {filler}").senses == {}


@given(st.lists(st.tuples(st.integers(0, len(LOCKED) - 20), st.sampled_from("\u200b\u200d\u2060\ufeff\u00ad\u202e"))))
def test_hidden_marks_hide_nothing(marks: list[tuple[int, str]]) -> None:
    text = LOCKED
    for place, mark in sorted(marks, reverse=True):
        text = text[:place] + mark + text[place:]
    assert read(text) == read(LOCKED)


LISTED = st.sampled_from(sorted({word for case in cases() for word in case.text.split()}))


@given(st.lists(st.one_of(st.text(max_size=12), LISTED), max_size=40))
def test_any_text_can_be_read(pieces: list[str]) -> None:
    reading = read(" ".join(pieces))
    assert reading == read(" ".join(pieces))
    assert all(isinstance(words, str) for words in (*reading.senses.values(), *reading.loaded.values()))


HOSTILE = (
    *("your account locked ", "within the next 2 ", "bank of america ", "acc0unt ", "https://a.co ", "$ 1 "),
    *(
        "a ",
        "x",
        "a.",
        "a@b",
        ":/",
        "a$",
        "1a",
        "_",
        "-",
        "\u200ba",
        "\ud800",
        "\ufdfa",
        "😀",
        "您的账户",
        "والحساب ",
        "आपका खाता ",
    ),
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_is_read_in_time(piece: str) -> None:
    text = (piece * 10_240)[:10_240]
    best = 1.0
    for _ in range(3):
        started = time.process_time()
        read(text)
        best = min(best, time.process_time() - started)
        if best < BUSY:
            break
    assert best < BUSY


def test_ordinary_words_of_one_language_mean_nothing_in_another() -> None:
    """Each of these is a loaded word somewhere, spelled like an everyday word of another language."""
    english = "a lot of press, quite a band, don't lose the tag, data, code and the return, he was present, ta, the lid"
    german = "das Gift und die Rate, das ist also gut so, der Preis, ein Don"
    french = "le prix du pain, tu vas bien, les chats, sur la place"
    assert [read(text).senses for text in (english, german, french)] == [{}, {}, {}]
    assert all(len(read(text).loaded) < 2 for text in (english, german, french))


def test_the_lists_are_read_once() -> None:
    assert tables().lexicon is tables().lexicon
