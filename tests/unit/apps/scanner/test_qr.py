from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.support.pictures import claiming, code, encoded, on_white

from whinchat.apps.scanner import qr

LINK = "https://example.com/menu"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_code_is_read_from_every_kind_of_picture_that_phones_send(kind: str) -> None:
    assert qr.decode(encoded(on_white((400, 400), code(LINK)), kind)) == [LINK]


def test_all_codes_of_a_picture_are_read() -> None:
    picture = on_white((800, 400), code(LINK), code("https://example.com/other"))
    assert sorted(qr.decode(encoded(picture))) == [LINK, "https://example.com/other"]


def test_a_large_photograph_is_made_smaller_first() -> None:
    photograph = on_white((2500, 2000), code(LINK, scale=40))
    assert qr.decode(encoded(photograph, "JPEG")) == [LINK]


def test_a_picture_without_a_code_gives_nothing() -> None:
    assert qr.decode(encoded(Image.new("RGB", (50, 50), "blue"))) == []


HOSTILE = {
    "nothing": b"",
    "no picture": b"hello, I am a picture",
    "cut off": encoded(on_white((400, 400), code(LINK)))[:300],
    "larger than memory": claiming(60_000, 60_000),
    "a warning's size": claiming(12_000, 10_000),
    "damaged": encoded(code(LINK), "JPEG")[:200] + b"\xff" * 500,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_pictures_give_nothing(data: bytes) -> None:
    assert qr.decode(data) == []


def test_a_picture_that_would_fill_the_memory_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = on_white((400, 400), code(LINK))
    monkeypatch.setattr(qr, "MAX_PIXELS", 400 * 400)
    assert qr.decode(encoded(picture)) == [LINK]
    monkeypatch.setattr(qr, "MAX_PIXELS", 400 * 400 - 1)
    assert qr.decode(encoded(picture)) == []


@pytest.mark.parametrize("kind", ["EPS", "TIFF", "BMP", "PCX"])
def test_formats_that_no_phone_sends_are_not_even_tried(kind: str) -> None:
    assert qr.decode(encoded(on_white((400, 400), code(LINK)), kind)) == []


@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_damage_is_met_calmly(garbage: bytes, at: int) -> None:
    picture = SMALL[:at] + garbage + SMALL[at + len(garbage) :]
    assert qr.decode(picture) in ([], [LINK])


SMALL = encoded(code(LINK, scale=2))


def test_the_decoder_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    assert qr.available()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "zxingcpp" else object())
    assert not qr.available()
