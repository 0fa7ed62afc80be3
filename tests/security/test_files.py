"""What lies on the disk is for the service's own user, however carelessly it was started."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.running import Running, running


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that was started, used, backed up and given a list, with files open to everybody by default."""
    before = os.umask(0)
    try:
        folder = tmp_path_factory.mktemp("files")
        with running(folder) as town:
            chat = town.group("Neighbours")
            chat.ask("Bob", "!scan check example.com")
            (folder / "list.txt").write_text("blumenladen-sonnenhof.de\n", encoding="utf-8")
            (folder / "words").write_text("correct horse battery staple\n", encoding="utf-8")
            for verb in (
                ["db", "backup"],
                ["db", "backup", "copy.db"],
                ["feeds", "import", "mylist", "list.txt"],
                ["keys", "export", "export.json", "--passphrase-file", "words"],
            ):
                assert town.verb(*verb).code == 0, verb
            yield town
    finally:
        os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_file_of_the_data_is_the_owners_alone(used: Running) -> None:
    data = used.service.folder / "data"
    found = {path: _mode(path) for path in data.rglob("*")}
    assert {path.name for path in found} >= {"whinchat.db", "whinchat.db-wal", "backups", "scanner", "feeds.db"}
    assert {str(path): oct(mode) for path, mode in found.items() if path.is_file() and mode & 0o077} == {}
    assert _mode(data) == 0o700


def test_keys_and_copies_are_the_owners_alone(used: Running) -> None:
    for name in ("root.key", "copy.db", "export.json"):
        assert _mode(used.service.folder / name) == 0o600, name


def test_no_secret_is_in_what_other_users_can_see_of_the_process(used: Running) -> None:
    pid = used.service.child.pid
    command = Path(f"/proc/{pid}/cmdline")
    if not command.exists():
        pytest.skip("only Linux tells")
    assert used.service.environment["WHINCHAT_TRANSPORT__SIMULATOR__TOKEN"].encode() not in command.read_bytes()
