"""An account is linked at the terminal, moves to another machine, and is logged out there; on the fake network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.half_blocks import is_drawn, seen
from tests.support.live import Child, until
from tests.support.network_process import PHONE, Network, network_process, service_process, whinchat
from tests.support.running import verb

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with network_process(tmp_path) as network:
        yield network


class Machine:
    """A folder with everything that Whinchat keeps there."""

    def __init__(self, network: Network, folder: Path) -> None:
        folder.mkdir()
        (folder / "words").write_text(PASSPHRASE)
        self.network = network
        self.folder = folder

    def session(self, *arguments: str, code: int = 0) -> str:
        """What `whinchat session …` says, in this process."""
        printed = verb("session", *arguments, folder=self.folder, environment=self.network.environment(self.folder))
        assert printed.code == code, printed
        return printed.out + printed.err


def shown(child: Child, pattern: str) -> str:
    until(lambda: re.search(pattern, child.output(), re.MULTILINE) is not None or not child.running, pattern)
    found = re.search(pattern, child.output(), re.MULTILINE)
    assert found is not None, child.output()
    return found[1]


def test_a_linked_account_moves_to_another_machine_without_the_phone(network: Network, tmp_path: Path) -> None:
    first, second = Machine(network, tmp_path / "first"), Machine(network, tmp_path / "second")
    copy = str(tmp_path / "main.session")

    assert "main     not linked  yes" in first.session("list")
    with whinchat(network, first.folder, "pair", "--phone", f"+{PHONE}") as pair:
        network.enter(shown(pair, r"^    (\w{4}-\w{4})$"))
        assert pair.wait() == 0, pair.output()
        assert "ok: main is linked" in pair.output()
        assert PHONE not in pair.output()
    assert "main     linked   yes" in first.session("list")

    first.session("export", "main", copy, "--passphrase-file", "words")
    assert "not linked on this machine" in second.session("logout", "main", "--yes", code=2)
    imported = second.session("import", "main", copy, "--passphrase-file", "words")
    assert "ok: main is linked on this machine" in imported
    with service_process(network, second.folder) as service:
        network.do("say", person="Ana", text="!ping", account="bot")
        until(lambda: network.do("backlog") == {"bot": 0}, "the message has arrived")
        assert "in use" in second.session("export", "main", f"{copy}.2", "--passphrase-file", "words", code=2)
        assert "main     in use   yes" in second.session("list")
        assert service.stop() == 0
    with whinchat(network, second.folder, "session", "logout", "main", "--yes") as logout:
        assert logout.wait() == 0, logout.output()
        assert "ok: main is logged out" in logout.output()
    assert "main     not linked  yes" in second.session("list")


def test_a_phone_scans_what_the_terminal_shows(network: Network, tmp_path: Path) -> None:
    with whinchat(network, tmp_path, "pair", "main") as pair:
        shown(pair, r"(Point the camera at this code)")
        network.scan(seen([line for line in pair.output().splitlines() if is_drawn(line)]))
        assert pair.wait() == 0, pair.output()
        assert pair.output().endswith("ok: main is linked\nStart the service: whinchat run\n")
