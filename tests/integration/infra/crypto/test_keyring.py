"""The key file on a real disk."""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from whinchat.core.errors import StorageError
from whinchat.infra.crypto.keyring import KeyRing, decode, encode, load, open_keys, save


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "root.key"


def refusal(path: Path, data: Path) -> StorageError:
    with pytest.raises(StorageError) as error:
        load(path, data)
    assert error.value.hint
    return error.value


def test_the_first_run_makes_a_private_file_and_the_next_finds_it(path: Path, data: Path) -> None:
    ring = open_keys(path, data, now=123, sealed=False)
    assert [key.created for key in ring.keys] == [123]
    assert len(ring.newest.secret) == len(ring.lookup) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["root.key"]
    assert open_keys(path, data, now=456, sealed=True) == ring == load(path, data)
    assert b"keep a copy" in path.read_bytes()


def test_with_sealed_data_a_missing_file_is_no_first_run(path: Path, data: Path) -> None:
    with pytest.raises(StorageError) as error:
        open_keys(path, data, now=0, sealed=True)
    assert error.value.code == "key_missing"
    assert "keys import" in error.value.hint
    assert not path.exists()


def test_of_two_first_runs_at_once_one_makes_the_key(path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.link

    def late(source: Path, target: Path) -> None:
        save(path, KeyRing.new(7))  # the other process was faster
        real(source, target)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(StorageError):
        open_keys(path, data, now=0, sealed=False)
    assert load(path, data).newest.created == 7


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o700 | 0o077])
def test_a_file_that_others_can_read_is_refused(path: Path, data: Path, mode: int) -> None:
    open_keys(path, data, now=0, sealed=False)
    path.chmod(mode)
    error = refusal(path, data)
    assert error.code == "key_exposed"
    assert error.hint == f"chmod 600 {path}"


def test_a_file_in_the_data_folder_is_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(data)
    for inside in (data / "root.key", data / "deeper" / "root.key", tmp_path / "link" / "root.key"):
        with pytest.raises(StorageError) as error:
            open_keys(inside, data, now=0, sealed=False)
        assert error.value.code == "key_exposed"
        assert "keys.path" in error.value.hint
    assert list(data.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\x00",
        b"{}",
        b"[]",
        encode(replace(KeyRing.new(0), keys=())),
        encode(replace(KeyRing.new(0), lookup=b"short")),
        encode(replace(KeyRing.new(0), keys=KeyRing.new(0).keys * 2)),
        encode(replace(KeyRing.new(0), keys=(replace(KeyRing.new(0).newest, id="xyz"),))),
        encode(replace(KeyRing.new(0), keys=(replace(KeyRing.new(0).newest, id="0a"),))),
        encode(KeyRing.new(0)).replace(b'"version": 1', b'"version": 2'),
        encode(KeyRing.new(0))[:-10],
    ],
)
def test_a_damaged_file_is_refused_without_showing_it(path: Path, data: Path, text: bytes) -> None:
    path.parent.mkdir()
    path.touch(0o600)
    path.write_bytes(text)
    error = refusal(path, data)
    assert error.code == "key_damaged"
    assert path.read_bytes() == text


def test_a_place_that_cannot_be_used_is_told(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    assert refusal(tmp_path / "folder", data).code == "key_unusable"
    assert refusal(tmp_path / "file" / "root.key", data).code == "key_unusable"
    with pytest.raises(StorageError) as error:
        save(tmp_path / "file" / "root.key", KeyRing.new(0))
    assert error.value.code == "key_unusable"


def test_saving_replaces_the_file_whole(path: Path, data: Path) -> None:
    ring = open_keys(path, data, now=0, sealed=False).with_new_key(1)
    save(path, ring)
    assert load(path, data) == ring
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["root.key"]


def test_keys_are_added_merged_and_dropped() -> None:
    first = KeyRing.new(0)
    second = first.with_new_key(1)
    assert second.lookup == first.lookup
    assert second.keys[0] == first.newest
    assert second.newest.id != first.newest.id
    assert first.merged(second) == second.merged(first) == second
    assert second.without({key.id for key in second.keys}).keys == (second.newest,)
    assert second.without(set()) == second
    with pytest.raises(StorageError) as error:
        first.merged(KeyRing.new(0))
    assert error.value.code == "key_wrong"
    assert decode(encode(second)) == second


def test_an_id_is_never_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = iter(["aaaaaaaa", "aaaaaaaa", "bbbbbbbb"])
    monkeypatch.setattr(secrets, "token_hex", lambda size: next(ids))
    assert [key.id for key in KeyRing.new(0).with_new_key(1).keys] == ["aaaaaaaa", "bbbbbbbb"]
