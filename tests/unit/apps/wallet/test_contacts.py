"""Contact cards as people's phones write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.wallet.contacts import LONGEST_CARD, MOST_NUMBERS, Card, read_card
from whinchat.core.types import ContactCard

ANDROID = """BEGIN:VCARD
VERSION:3.0
N:Brown;Alice;;;
FN:Alice Brown
item1.TEL;waid=18765551234:+1 876-555-1234
item1.X-ABLabel:Mobile
END:VCARD"""


def numbers(*lines: str) -> tuple[str, ...]:
    return read_card(ContactCard("Alice", "\r\n".join(["BEGIN:VCARD", *lines, "END:VCARD"]))).phones


def test_a_card_as_whatsapp_sends_it() -> None:
    assert read_card(ContactCard("Alice Brown", ANDROID)) == Card("Alice Brown", ("+18765551234",))


def test_the_name_may_stand_on_the_card_alone() -> None:
    assert read_card(ContactCard("", ANDROID)).name == "Alice Brown"
    assert read_card(ContactCard("", "TEL:+18765551234")).name == ""
    assert read_card(ContactCard("A\u202elice\n\nBrown " + "x" * 90, ANDROID)).name == ("Alice Brown " + "x" * 90)[:50]


@pytest.mark.parametrize(
    "line",
    [
        "TEL:+18765551234",
        "tel;type=CELL;type=VOICE:+1 (876) 555-1234",
        "TEL;VALUE=uri;TYPE=cell:tel:+1-876-555-1234",
        "item7.TEL;type=pref:+1.876.555.1234",
        "TEL;type=CELL:+1\u00a0876\u2011555\u20111234",
        "TEL;type=CE\r\n LL:+1876\r\n\t5551234",
        "TEL;waid=18765551234:876-555-1234",
    ],
)
def test_ways_to_write_a_number(line: str) -> None:
    assert numbers(line) == ("+18765551234",)


def test_what_is_written_counts_before_what_is_hidden() -> None:
    """A person sees the number, not the parameter beside it."""
    assert numbers("TEL;waid=15550000000:+18765551234") == ("+18765551234",)


@pytest.mark.parametrize(
    "line", ["TEL:876-555-1234", "TEL:", "TEL:+0123456789", "TEL:+123", "TEL:call me", "EMAIL:a@b.c"]
)
def test_what_is_no_number_that_could_be_paid(line: str) -> None:
    assert numbers(line) == ()


def test_several_numbers_each_once() -> None:
    assert numbers("TEL:+18765551234", "TEL;waid=18765551234:876 555 1234", "TEL:+447700900123") == (
        "+18765551234",
        "+447700900123",
    )
    many = [f"TEL:+1876555{number:04}" for number in range(50)]
    assert len(numbers(*many)) == MOST_NUMBERS


def test_a_picture_on_a_card_is_not_read() -> None:
    assert numbers("PHOTO;ENCODING=b:" + "A" * LONGEST_CARD, "TEL:+18765551234") == ()


@given(st.text(alphabet="TEL:;waid=+123 \r\n\t.-item", max_size=300), st.text(max_size=80))
def test_any_card_is_read(vcard: str, name: str) -> None:
    card = read_card(ContactCard(name, vcard))
    assert len(card.name) <= 50
    assert all(phone.startswith("+") and phone[1:].isdigit() for phone in card.phones)
