from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from tests.support.snapshots import feed

from whinchat.apps.scanner.feeds.build import SnapshotBuilder, publish
from whinchat.apps.scanner.feeds.snapshot import MOST_FEEDS, Section, Snapshot
from whinchat.apps.scanner.knowledge import SiteTag
from whinchat.core.errors import Refused, StorageError


def test_the_same_names_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    names = [(Section.HOST, f"h{number}.example", number % 3) for number in range(500)]
    names += [(Section.URL, f"h{number}.example/x", 1) for number in range(50)]
    written = []
    for seed in (1, 2):
        random.Random(seed).shuffle(names)
        builder = SnapshotBuilder([feed("a"), feed("b"), feed("c")])
        builder.add_tag("bit.ly", SiteTag.SHORTENER)
        for section, name, number in names:
            builder.add(section, name, number)
        builder.write(tmp_path / f"{seed}.snap", built_at=1)
        written.append((tmp_path / f"{seed}.snap").read_bytes())

    assert written[0] == written[1]


def test_a_record_has_a_bit_for_so_many_feeds_and_no_more() -> None:
    SnapshotBuilder([feed(f"feed{number}") for number in range(MOST_FEEDS)])

    with pytest.raises(Refused, match="33 feeds"):
        SnapshotBuilder([feed(f"feed{number}") for number in range(MOST_FEEDS + 1)])


def test_what_cannot_be_written_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written") as refused:
        SnapshotBuilder().write(tmp_path / "no folder" / "x.snap", built_at=0)
    assert "Make room" in refused.value.hint

    with pytest.raises(StorageError, match="cannot be written"):
        publish(tmp_path / "none.tmp", tmp_path / "x.snap")


def test_publishing_works_where_folders_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError

    SnapshotBuilder().write(tmp_path / "x.tmp", built_at=0)
    monkeypatch.setattr(os, "open", refuse)
    publish(tmp_path / "x.tmp", tmp_path / "x.snap")

    assert Snapshot(tmp_path / "x.snap").description.feeds == ()
    assert (tmp_path / "x.snap").stat().st_mode & 0o077 == 0
