"""Contact cards as phones write them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from whinchat.apps.scanner.links.vcard import texts


def test_links_and_notes_are_read_mailboxes_and_pictures_are_not() -> None:
    card = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Smith;Bob;;;\r\nFN:Bob\r\nEMAIL;TYPE=work:bob@example.com\r\nTEL:+15550100\r\n"
        "item1.URL;type=pref:https\\://example.com/a\r\nNOTE:see\\nexample.org\\, now\r\n"
        "PHOTO;ENCODING=b;TYPE=JPEG:aHR0cDovL2E=\r\n"
        "LOGO:x\r\nX-LOGO;BASE64:aHR0cA==\r\nX-WA-BIZ-DESCRIPTION:shop.example\r\nEND:VCARD"
    )
    assert texts(card) == ["Smith;Bob;;;", "Bob", "https://example.com/a", "see\nexample.org, now", "shop.example"]


def test_folded_lines_are_joined() -> None:
    assert texts("URL:https://exam\r\n ple.com/a\r\n\tb") == ["https://example.com/ab"]


def test_quoted_printable_is_decoded() -> None:
    card = "NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:https://ex=C3=A4mple.com/a=3Fb=\r\n=3D1"
    assert texts(card) == ["https://ex\u00e4mple.com/a?b=1"]


def test_lines_that_say_nothing_are_passed_over() -> None:
    assert texts("URL:\nNOTE\n:\n\nURL;VALUE=uri: ") == []


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
def test_any_card_is_read(card: str) -> None:
    for text in (card, f"NOTE;ENCODING=QUOTED-PRINTABLE:{card}", f"URL:{card}"):
        assert all(found.strip() == found for found in texts(text))
