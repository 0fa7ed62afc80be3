"""The model's file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest

from whinchat.apps.scanner.model.file import MARK, SHIPPED, blank, dump, load, shipped
from whinchat.core.errors import SettingsError

LARGEST = 3_000_000  # bytes


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    dump(blank(), path)
    assert load(path) == blank()


def test_the_shipped_model_is_small_and_knows_its_date() -> None:
    assert SHIPPED.stat().st_size <= LARGEST
    assert shipped().version.startswith(shipped().trained)
    assert shipped() is shipped()


@pytest.mark.parametrize("place", [0, len(MARK) - 1, len(MARK), len(MARK) + 31, -1, -500_000])
def test_one_wrong_byte_is_noticed(tmp_path: Path, place: int) -> None:
    path = tmp_path / "a.model"
    dump(blank(), path)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(SettingsError) as caught:
        load(path)
    assert "make train" in caught.value.hint


@pytest.mark.parametrize("kept", [0, 5, len(MARK), len(MARK) + 32, 1000])
def test_a_file_cut_off_is_noticed(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "a.model"
    dump(blank(), path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(SettingsError):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.model"):
        load(tmp_path / "nowhere.model")


def test_its_age_counts_from_the_newest_link_it_learned_from() -> None:
    model = msgspec.structs.replace(blank(), trained="2026-03-31")
    end_of_march = 1_774_915_200_000
    assert model.age_days(end_of_march) == 0.0
    assert model.age_days(end_of_march + 36 * 3600 * 1000) == 1.5
    assert model.age_days(0) == 0.0


@pytest.mark.parametrize(
    ("wrong", "problem"), [({"trained": "some day"}, "some day"), ({"grams": {"table": b"", "most": 1.0}}, "size")]
)
def test_a_whole_file_that_makes_no_sense_is_refused(tmp_path: Path, wrong: dict[str, object], problem: str) -> None:
    body = msgspec.msgpack.encode(msgspec.msgpack.decode(msgspec.msgpack.encode(blank())) | wrong)
    path = tmp_path / "a.model"
    path.write_bytes(MARK + hashlib.sha256(body).digest() + body)
    with pytest.raises(SettingsError, match=problem) as caught:
        load(path)
    assert "make train" in caught.value.hint
