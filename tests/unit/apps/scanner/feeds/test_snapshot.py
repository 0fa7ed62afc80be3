from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.snapshots import feed, write_snapshot

from whinchat.apps.scanner.feeds.build import TAGS, SnapshotBuilder
from whinchat.apps.scanner.feeds.snapshot import BODY_AT, HEAD, MAGIC, Section, Snapshot, digest
from whinchat.apps.scanner.knowledge import SiteTag
from whinchat.core.errors import StorageError

NAMES = st.text(st.characters(codec="ascii", categories=["Ll", "Nd"]), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("snapshots")


@given(listed=st.sets(NAMES, max_size=40), popular=st.sets(NAMES, max_size=40), others=st.sets(NAMES, max_size=40))
def test_finds_every_member_and_nothing_else(
    folder: Path, listed: set[str], popular: set[str], others: set[str]
) -> None:
    snapshot = write_snapshot(folder / "any.snap", {Section.HOST: listed}, popular=popular)

    assert all(snapshot.find(Section.HOST, digest(name)) == 1 for name in listed)
    assert all(snapshot.find(Section.POPULAR, digest(name)) == 0 for name in popular)
    assert all(snapshot.find(Section.HOST, digest(name)) is None for name in others - listed)
    assert all(snapshot.find(Section.POPULAR, digest(name)) is None for name in others - popular)
    assert snapshot.find(Section.URL, digest("anything")) is None
    assert (snapshot.count(Section.HOST), snapshot.count(Section.URL)) == (len(listed), 0)


def test_finds_them_behind_the_longer_index_of_a_large_section(tmp_path: Path) -> None:
    names = [f"{number}.example" for number in range(20_000)]
    snapshot = write_snapshot(tmp_path / "large.snap", {Section.HOST: names})
    extent = next(extent for extent in snapshot.description.extents if extent.section is Section.HOST)

    assert extent.prefix == 2
    assert all(snapshot.find(Section.HOST, digest(name)) == 1 for name in names)
    assert all(snapshot.find(Section.HOST, digest(f"no-{name}")) is None for name in names[:2_000])


def test_a_name_that_several_feeds_list_belongs_to_all_of_them(tmp_path: Path) -> None:
    builder = SnapshotBuilder([feed(f"feed{number}") for number in range(9)])
    for number in (0, 3, 8, 3):
        builder.add(Section.URL, "evil.example/login", number)
    snapshot = builder.write(tmp_path / "feeds.snap", built_at=5, state=7)

    bits = snapshot.find(Section.URL, digest("evil.example/login"))
    assert bits is not None
    assert [info.name for info in snapshot.feeds_in(bits)] == ["feed0", "feed3", "feed8"]
    assert (snapshot.description.built_at, snapshot.description.state, snapshot.count(Section.URL)) == (5, 7, 1)


def test_tags_of_a_name_are_kept_together(tmp_path: Path) -> None:
    tags = [("bit.ly", SiteTag.SHORTENER), ("bit.ly", SiteTag.LINK_IN_BIO), ("t.co", SiteTag.SHORTENER)]
    snapshot = write_snapshot(tmp_path / "tags.snap", tags=tags)

    bits = snapshot.find(Section.TAGS, digest("bit.ly"))
    assert bits == 1 << TAGS.index(SiteTag.SHORTENER) | 1 << TAGS.index(SiteTag.LINK_IN_BIO)


def test_an_old_snapshot_serves_on_while_a_new_file_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "feeds.snap"
    old = write_snapshot(path, {Section.HOST: ["old.example"]})
    write_snapshot(tmp_path / "new.tmp", {Section.HOST: ["new.example"]})
    (tmp_path / "new.tmp").replace(path)
    new = Snapshot(path)

    assert old.find(Section.HOST, digest("old.example")) == 1
    assert new.find(Section.HOST, digest("old.example")) is None
    assert old.version != new.version


def test_no_flipped_byte_goes_unnoticed(tmp_path: Path) -> None:
    path = tmp_path / "feeds.snap"
    write_snapshot(path, {Section.HOST: ["evil.example"], Section.URL: ["a.example/b"]}, popular=["good.example"])
    sound = path.read_bytes()
    step = max(1, len(sound) // 80)

    for at in [*range(BODY_AT), *range(BODY_AT, len(sound), step), *range(len(sound) - 50, len(sound))]:
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 0x40]) + sound[at + 1 :])
        with pytest.raises(StorageError):
            Snapshot(path)


@pytest.mark.parametrize("length", [0, 1, BODY_AT - 1, BODY_AT, BODY_AT + 9, 1_000])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "feeds.snap"
    write_snapshot(path, {Section.HOST: ["evil.example"]})
    path.write_bytes(path.read_bytes()[:length])

    with pytest.raises(StorageError, match=r"feeds\.snap is damaged"):
        Snapshot(path)


@given(content=st.binary(max_size=300))
def test_garbage_is_refused(folder: Path, content: bytes) -> None:
    path = folder / "garbage.snap"
    path.write_bytes(MAGIC + content)

    with pytest.raises(StorageError):
        Snapshot(path)


def _file(description: bytes, form: int = 1, body: bytes = b"") -> bytes:
    head = HEAD.pack(MAGIC, form, len(description), BODY_AT + len(body) + len(description))
    return head + hashlib.sha256(body + description + head).digest() + body + description


def _extent(**changes: int) -> bytes:
    values: dict[str, object] = {
        "section": "host", "count": 1, "records": BODY_AT, "index": BODY_AT, "prefix": 1, "key": 6, "payload": 1
    }  # fmt: skip
    description = {"built_at": 0, "state": 0, "feeds": [], "extents": [values | changes]}
    return msgspec.json.encode(description)


@pytest.mark.parametrize(
    "description",
    [
        b"not json",
        b"{}",
        _extent(prefix=3),
        _extent(prefix=0),
        _extent(key=0),
        _extent(count=-1),
        _extent(count=10_000_000),
        _extent(index=10_000_000),
        _extent(records=-8),
        _extent(payload=-1),
    ],
)
def test_a_sound_hash_over_nonsense_is_refused(tmp_path: Path, description: bytes) -> None:
    path = tmp_path / "nonsense.snap"
    path.write_bytes(_file(description, body=bytes(2_000)))

    with pytest.raises(StorageError, match="damaged"):
        Snapshot(path)


def test_an_index_that_lies_gives_no_answer_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "lies.snap"
    path.write_bytes(_file(_extent(), body=struct.pack("<500I", *[2**32 - 1, 7] * 250)))
    snapshot = Snapshot(path)

    assert [snapshot.find(Section.HOST, bytes([first]) * 16) for first in range(256)] == [None] * 256


def test_a_format_of_another_version_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "later.snap"
    path.write_bytes(_file(b"{}", form=2))

    with pytest.raises(StorageError, match="format 2") as refused:
        Snapshot(path)
    assert "Import the feeds again" in refused.value.hint


def test_a_file_that_is_not_there_has_a_code_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as missing:
        Snapshot(tmp_path / "none.snap")
    assert missing.value.code == "snapshot_missing"

    with pytest.raises(StorageError, match="cannot be read"):
        Snapshot(tmp_path)


def test_a_key_that_also_stands_across_two_records_is_found_where_it_belongs(tmp_path: Path) -> None:
    path = tmp_path / "crafted.snap"
    records = b"\1\0\0\0\0\0" + b"\0" + b"\0\0\0\0\0\0" + b"\5"  # two keys of six bytes, each with a byte of feeds
    index = struct.pack("<257I", 0, *[2] * 256)
    path.write_bytes(_file(_extent(count=2, index=BODY_AT + len(records)), body=records + index))
    snapshot = Snapshot(path)

    assert snapshot.find(Section.HOST, bytes(16)) == 5
    assert snapshot.find(Section.HOST, b"\0\1" + bytes(14)) == 0
    assert snapshot.find(Section.HOST, bytes(6) + b"\5" + bytes(9)) is None
