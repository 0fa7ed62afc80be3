"""Labels in a real, sealed database, and what the command line gets out of it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.needles import everything_in, found_in

from whinchat import bootstrap, config
from whinchat.apps.scanner.evaluation.rows import Label as Kind
from whinchat.apps.scanner.evaluation.rows import read
from whinchat.apps.scanner.labels import Example, Labels, Source, Truth
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.verdict import DecidedBy, Level, Verdict
from whinchat.cli.main import main
from whinchat.core.ports import Batch
from whinchat.infra.clock import SystemClock

Run = Callable[..., int]

DAY = 24 * 3600 * 1000
LAST_YEAR = 1_750_000_000_000  # 2025-06-15
SAID = (
    ("https://kaffeemuehle.example/rad?x=1", Truth.SAFE, Source.ADMIN, LAST_YEAR),
    ("https://lindwurm.example/", Truth.DANGEROUS, Source.RULE, LAST_YEAR + 30 * DAY),
    ("https://zwiebelturm.example/", Truth.DANGEROUS, Source.REPORT, LAST_YEAR + 60 * DAY),
)


async def fill() -> None:
    settings = config.load(apps={spec.name: spec.settings for spec in bootstrap.APPS})
    database, sealer = await bootstrap.prepare(settings)
    labels = Labels(database, sealer, SystemClock())
    repository = Repository(database, sealer, SystemClock())
    for chat in (b"f" * 16, b"c" * 16):
        for url, truth, source, at in SAID:
            link = parse_link(url)
            assert link is not None
            said = Verdict(url, link.host, link.site.name, Level.SUSPICIOUS, 0.9, 2.2, 2.2, DecidedBy.EVIDENCE)
            label = labels.label(link, repository.url_key(link.key), truth, source, at, said)
            for _ in range(2):
                kept = labels.keep(chat, b"a" * 16, label, Example(url, 2.2, ("random_name", "long_name"), "w1", "l1"))
                await database.commit(Batch(kept))
    await database.close()


@pytest.fixture
def whinchat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in a folder of its own, over a database with labels of two chats."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHINCHAT_STORAGE__DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WHINCHAT_KEYS__PATH", str(tmp_path / "root.key"))
    asyncio.run(fill())
    return lambda *arguments: main(arguments)


def test_every_labelled_link_is_exported_once_for_each_chat(whinchat: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert whinchat("scan", "export-labels") == 0
    printed = capsys.readouterr()
    head, *rows = [line.split("\t") for line in printed.out.splitlines()]
    assert head == [
        "label",
        "url",
        "source",
        "chat",
        "date",
        "said",
        "decided_by",
        "score",
        "evidence",
        "weights",
        "lists",
    ]
    assert [row[:3] for row in rows] == [
        ["0", "https://kaffeemuehle.example/rad?x=1", "admin"],
        ["0", "https://kaffeemuehle.example/rad?x=1", "admin"],
        ["1", "https://lindwurm.example/", "rule"],
        ["1", "https://lindwurm.example/", "rule"],
    ]
    assert rows[0][4:] == ["2025-06-15T15:06:40Z", "suspicious", "evidence", "2.2", "random_name,long_name", "w1", "l1"]
    chats = {row[3] for row in rows}
    assert len(chats) == 2
    assert all(chat.startswith("chat-") for chat in chats)
    assert printed.err.startswith("4 labels. These are links that people posted")


def test_the_file_is_for_its_owner_alone_and_for_scan_eval(whinchat: Run, tmp_path: Path) -> None:
    file = tmp_path / "labels.tsv"
    assert whinchat("scan", "export-labels", "--output", str(file)) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open("rb") as stream:
        rows = list(read(stream, file.name))
    assert [(row.label, row.address, row.source) for row in rows[1:3]] == [
        (Kind.BENIGN, "https://kaffeemuehle.example/rad?x=1", "admin"),
        (Kind.PHISHING, "https://lindwurm.example/", "rule"),
    ]
    assert rows[0].when == LAST_YEAR
    assert rows[0].chat.startswith("chat-")


def test_an_existing_file_stays_as_it_is(whinchat: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "labels.tsv"
    file.write_text("precious")
    assert whinchat("scan", "export-labels", "--output", str(file)) == 2
    assert "Choose another name or folder." in capsys.readouterr().err
    assert file.read_text() == "precious"


def test_json_lines_hold_the_same(whinchat: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert whinchat("scan", "export-labels", "--format", "jsonl", "--since", "2025-07-01", "--reports") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["label"], row["url"], row["source"]) for row in rows[::2]] == [
        (1, "https://lindwurm.example/", "rule"),
        (1, "https://zwiebelturm.example/", "report"),
    ]


def test_nothing_of_a_label_can_be_read_without_the_key(whinchat: Run, tmp_path: Path) -> None:
    words = {"kaffeemuehle", "lindwurm", "zwiebelturm", "random_name"}
    for path, content in everything_in(tmp_path / "data"):
        assert found_in(content, words) == set(), path


def test_labels_survive_a_rotation_of_the_keys_and_a_backup(
    whinchat: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert whinchat("scan", "export-labels") == 0
    before = capsys.readouterr().out
    backup = tmp_path / "backup.db"
    assert whinchat("db", "backup", str(backup)) == 0
    assert whinchat("keys", "rotate", "--prune") == 0
    capsys.readouterr()
    assert whinchat("scan", "export-labels") == 0
    assert capsys.readouterr().out == before
    with sqlite3.connect(backup) as copy:
        assert copy.execute("SELECT count(*) FROM scanner_labels").fetchone() == (6,)
    copy.close()


def test_a_damaged_label_is_named_and_leaves_no_half_file(
    whinchat: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(tmp_path / "data" / "whinchat.db") as database:
        database.execute("UPDATE scanner_labels SET body = x'01' WHERE source = 'rule'")
    database.close()
    file = tmp_path / "labels.tsv"
    assert whinchat("scan", "export-labels", "--output", str(file)) == 2
    assert "whinchat db check" in capsys.readouterr().err
    assert not file.exists()


def test_a_database_of_before_there_were_labels_must_be_migrated_first(
    whinchat: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(tmp_path / "data" / "whinchat.db") as database:
        database.execute("DROP TABLE scanner_labels")
        database.execute("DELETE FROM schema_migrations WHERE component = 'scanner' AND number > 2")
    database.close()
    assert whinchat("scan", "export-labels") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "whinchat db migrate" in printed.err


def test_without_a_database_there_is_nothing_to_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHINCHAT_STORAGE__DATA", str(tmp_path / "data"))
    assert main(["scan", "export-labels", "--output", "labels.tsv"]) == 2
    assert "`whinchat run` makes it." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
