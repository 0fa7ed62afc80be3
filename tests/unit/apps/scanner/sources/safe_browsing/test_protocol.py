from __future__ import annotations

import contextlib
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.safe_browsing import batch, checksum, detail, duration, field, found, full_hash, hash_list, hashed

from whinchat.apps.scanner.knowledge import Threat
from whinchat.apps.scanner.sources.safe_browsing.errors import Unanswered
from whinchat.apps.scanner.sources.safe_browsing.protocol import (
    LISTS,
    FullHashes,
    HashList,
    lists_address,
    read_hashes,
    read_lists,
    search_address,
)
from whinchat.apps.scanner.sources.safe_browsing.rice import decode

EVIL = hashed("evil.example/")
CANARY, FRAME_ONLY, NEWER = 1, 2, 9


def one(message: bytes, name: str = "se-4b") -> HashList:
    return read_lists(memoryview(batch(message)), [name])[name]


def searched(message: bytes) -> FullHashes:
    return read_hashes(memoryview(message))


# --- requests ---


def test_lists_are_asked_for_by_name_with_the_versions_that_are_held() -> None:
    address = urlsplit(lists_address(["se-4b", "mw-4b"], [b"\xff\xfe\xfd"]))
    assert (address.scheme, address.netloc, address.path) == (
        "https",
        "safebrowsing.googleapis.com",
        "/v5/hashLists:batchGet",
    )
    assert parse_qsl(address.query) == [("names", "se-4b"), ("names", "mw-4b"), ("version", "__79"), ("alt", "proto")]


def test_prefixes_are_searched_for_and_nothing_else_is_said() -> None:
    address = urlsplit(search_address([b"\x00\x01\x02\x03", b"\xff\xff\xff\xff"]))
    assert address.path == "/v5/hashes:search"
    assert parse_qsl(address.query) == [("hashPrefixes", "AAECAw=="), ("hashPrefixes", "_____w=="), ("alt", "proto")]


# --- lists ---


def test_a_whole_list_is_read() -> None:
    list_ = one(hash_list("se-4b", b"v1", {3, 90, 800_000}, wait=1800.5))
    assert (list_.name, list_.version, list_.partial, list_.removals) == ("se-4b", b"v1", False, None)
    assert list_.additions is not None
    assert list(decode(list_.additions)) == [3, 90, 800_000]
    assert (list_.wait, list_.checksum) == (1800.5, checksum({3, 90, 800_000}))


def test_a_change_of_a_list_is_read() -> None:
    list_ = one(hash_list("se-4b", b"v2", {3, 91}, old={3, 90, 800_000}))
    assert list_.partial
    assert list_.removals is not None
    assert list_.additions is not None
    assert (list(decode(list_.removals)), list(decode(list_.additions))) == ([1, 2], [91])


def test_a_list_in_which_nothing_changed_says_little() -> None:
    list_ = one(hash_list("se-4b", b"v2", {3}, old={3}, wait=0))
    assert (list_.additions, list_.removals, list_.checksum, list_.wait) == (None, None, b"", 0.0)


def test_lists_come_in_the_order_of_the_request() -> None:
    message = batch(hash_list("hashLists/se-4b", b"1", {1}), field(2, b"v"))
    lists = read_lists(memoryview(message), ["se-4b", "mw-4b"])
    assert [list_.version for list_ in lists.values()] == [b"1", b"v"]


@pytest.mark.parametrize(
    "message",
    [
        b"",
        batch(hash_list("mw-4b", b"v1", {1})),
        batch(hash_list("se-4b", b"v1", {1}), hash_list("mw-4b", b"v1", {1})),
        batch(field(1, b"\xff")),
        batch(field(1, 5)),
        batch(field(2, b"v" * 5000)),
        batch(field(3, b"yes")),
        batch(field(4, 5)),
        batch(field(4, field(1, b"x"))),
        batch(field(6, duration(8 * 86_400))),
        batch(field(6, field(1, (1 << 64) - 1))),
        batch(field(7, b"x" * 33)),
        batch(field(11, b"")),
    ],
)
def test_what_is_no_such_list_is_an_error(message: bytes) -> None:
    with pytest.raises(Unanswered):
        read_lists(memoryview(message), ["se-4b"])


# --- full hashes ---


@pytest.mark.parametrize(
    ("threat", "meaning"), [(1, Threat.MALWARE), (2, Threat.PHISHING), (3, Threat.MALWARE), (4, Threat.MALWARE)]
)
def test_every_kind_of_threat_is_known(threat: int, meaning: Threat) -> None:
    answer = searched(found(full_hash(EVIL, detail(threat)), seconds=300.25))
    assert answer == FullHashes({EVIL: meaning}, 300.25)


def test_nothing_found_holds_as_long_as_it_is_said() -> None:
    assert searched(found(seconds=60)) == FullHashes({}, 60.0)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("attribute", [0, CANARY, FRAME_ONLY, NEWER])
def test_a_detail_with_an_attribute_is_disregarded(attribute: int, packed: bool) -> None:
    message = found(full_hash(EVIL, detail(2, attribute, packed=packed)))
    assert searched(message).found == {}
    other = found(full_hash(EVIL, detail(2, attribute, packed=packed), detail(1)))
    assert searched(other).found == {EVIL: Threat.MALWARE}


@pytest.mark.parametrize("threat", [0, 5, 1 << 40])
def test_a_kind_of_threat_that_is_not_known_is_disregarded(threat: int) -> None:
    assert searched(found(full_hash(EVIL, detail(threat)))).found == {}


@pytest.mark.parametrize(
    "message",
    [
        b"",
        field(1, full_hash(EVIL, detail(2))),
        found(full_hash(EVIL[:31], detail(2))),
        found(full_hash(EVIL + b"x", detail(2))),
        found(field(2, detail(2))),
        field(2, field(1, (1 << 64) - 5)),
    ],
    ids=["empty", "no duration", "short hash", "long hash", "no hash", "negative"],
)
def test_what_is_no_such_answer_is_an_error(message: bytes) -> None:
    with pytest.raises(Unanswered):
        searched(message)


# --- whatever comes ---


@given(st.binary(max_size=80), st.integers(0, 200), st.integers(0, 255))
def test_garbage_is_an_answer_or_an_error(garbage: bytes, at: int, byte: int) -> None:
    sound = bytearray(batch(*(hash_list(name, b"v", {1, 5, 9_000}) for name in LISTS)))
    sound[at % len(sound)] = byte
    for message in (garbage, bytes(sound), found(full_hash(EVIL, detail(2)))[:at] + garbage):
        for read in (lambda view: read_lists(view, LISTS), read_hashes):
            with contextlib.suppress(Unanswered):
                read(memoryview(message))
