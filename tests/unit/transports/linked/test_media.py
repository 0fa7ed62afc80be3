"""Files of messages: what is asked for, what is believed of it, and why it cannot be had."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from random import Random

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from tests.support.linked.files import address, keys, stored

from whinchat.core.errors import HttpError, TransportError
from whinchat.core.types import Media, MediaKind
from whinchat.testing.http import Answer, FakeHttp
from whinchat.transports.linked import handles
from whinchat.transports.linked.handles import MediaKeys
from whinchat.transports.linked.media import Files

KEY = b"k" * 32
LARGEST = 1 << 20


async def load(keys: MediaKeys, *answers: Answer, most: int = LARGEST) -> bytes:
    http = FakeHttp()
    http.answer(address(keys), *answers)
    return await Files(http).load(Media(keys.kind, handles.handle(keys), size=keys.size), most)


async def fault(keys: MediaKeys, *answers: Answer, most: int = LARGEST) -> tuple[str, bool]:
    with pytest.raises(TransportError) as error:
        await load(keys, *answers, most=most)
    return error.value.code, error.value.retryable


@pytest.mark.parametrize("kind", MediaKind)
@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 70_000])
async def test_a_file_is_what_its_sender_has_sealed(kind: MediaKind, length: int) -> None:
    data = Random(length).randbytes(length)
    keys, sealed = stored(data, kind)
    assert await load(keys, Answer(sealed), most=length) == data


async def test_it_is_asked_for_as_the_browser_that_the_link_is() -> None:
    keys, sealed = stored(b"png")
    http = FakeHttp()
    http.answer(address(keys), Answer(sealed))
    await Files(http).load(Media(keys.kind, handles.handle(keys)), 3)
    (asked,) = http.asked
    assert asked.headers["Origin"] == "https://web.whatsapp.com"
    assert "whinchat" not in str(asked).lower()


async def test_what_is_too_large_by_its_own_word_is_not_asked_for() -> None:
    keys, _ = stored(b"png", claims=1000)
    assert await fault(keys, most=999) == ("too_large", False)


@pytest.mark.parametrize("more", [1, 100, 10_000])
async def test_what_is_larger_than_it_said_is_not_handed_over(more: int) -> None:
    keys, sealed = stored(b"x" * (100 + more), claims=10)
    assert await fault(keys, Answer(sealed), most=100) == ("too_large", False)


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        (Answer(status=403), "gone", False),
        (Answer(status=404), "gone", False),
        (Answer(status=410), "gone", False),
        (Answer(status=429), "server_429", True),
        (Answer(status=503), "server_503", True),
        (Answer(error=HttpError("no", code="unreachable")), "disconnected", True),
        (Answer(error=HttpError("slow", code="timeout")), "disconnected", True),
        (Answer(b"half", error=HttpError("cut", code="truncated")), "disconnected", True),
        (Answer(error=HttpError("not one", code="address")), "gone", False),
    ],
)
async def test_why_a_file_cannot_be_had_is_told(answer: Answer, code: str, retryable: bool) -> None:
    keys, _ = stored(b"png")
    assert await fault(keys, answer) == (code, retryable)


async def test_what_is_not_what_the_message_says_is_corrupt() -> None:
    data = b"a picture"
    good, sealed = stored(data)
    other, _ = stored(b"another")
    other_key = keys(sealed, KEY, data)
    other_content = keys(sealed, good.media_key, b"another")
    assert await fault(other, Answer(sealed)) == ("corrupt", False)
    assert await fault(other_key, Answer(sealed)) == ("corrupt", False)
    assert await fault(other_content, Answer(sealed)) == ("corrupt", False)
    for wrong in (b"", b"x", sealed[:-1], sealed[:-10] + bytes(10), bytes(len(sealed))):
        assert await fault(good, Answer(wrong)) == ("corrupt", False)
        assert await fault(keys(wrong, good.media_key, data), Answer(wrong)) == ("corrupt", False)


@pytest.mark.parametrize("plain", [b"", b"x" * 15, b"x" * 16, b"x" * 15 + b"\x11", b"x" * 15 + b"\x00"])
async def test_a_sender_who_seals_what_is_no_padded_text_is_found_out(plain: bytes) -> None:
    """Hash and code are right, and what is inside is not."""
    derived = HKDF(algorithm=SHA256(), length=112, salt=None, info=b"WhatsApp Image Keys").derive(KEY)
    start, key, mac_key = derived[:16], derived[16:48], derived[48:80]
    data = plain
    if len(plain) % 16 == 0:
        encryptor = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
        data = encryptor.update(plain) + encryptor.finalize()
    sealed = data + hmac.digest(mac_key, start + data, "sha256")[:10]
    assert await fault(keys(sealed, KEY, plain), Answer(sealed)) == ("corrupt", False)


@given(st.binary(max_size=200))
def test_any_bytes_that_come_instead_are_refused(data: bytes) -> None:
    good, _ = stored(b"a picture")
    said = MediaKeys(
        good.kind, good.direct_path, good.media_key, good.file_sha256, hashlib.sha256(data).digest(), good.size
    )
    assert asyncio.run(fault(said, Answer(data))) == ("corrupt", False)


async def test_what_is_no_handle_of_this_network_is_gone() -> None:
    with pytest.raises(TransportError) as error:
        await Files(FakeHttp()).load(Media(MediaKind.IMAGE, "of another network"), 10)
    assert error.value.code == "gone"
