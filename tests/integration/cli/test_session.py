"""`whinchat session` and `whinchat pair` as far as they need no network: what is listed, moved and refused."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.support.accounts import PhoneAccount
from tests.support.running import Printed, verb
from tests.support.session_files import linked

from whinchat.cli.main import FAULT
from whinchat.core.types import ConnectionState
from whinchat.infra.crypto import passphrase
from whinchat.infra.storage.lock import ProcessLock
from whinchat.testing.clock import FakeClock
from whinchat.testing.transport import FakeTransport
from whinchat.transports.linked.sessions import Sessions

Run = Callable[..., Printed]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`whinchat …` on a machine with the accounts main and spare."""
    monkeypatch.setattr(passphrase, "N", 2)  # the work belongs to people who guess, not to tests
    (tmp_path / "words").write_text("correct horse battery staple\n")
    (tmp_path / "others").write_text("another horse battery staple\n")

    def run(*arguments: str, data: str = "data", accounts: str = "main,spare", kind: str = "whatsapp") -> Printed:
        environment = {
            "WHINCHAT_TRANSPORT__KIND": kind,
            "WHINCHAT_TRANSPORT__LINKED__ACCOUNTS": accounts,
            "WHINCHAT_STORAGE__DATA": str(tmp_path / data),
            "WHINCHAT_KEYS__PATH": str(tmp_path / f"{data}.key"),
        }
        return verb(*arguments, folder=tmp_path, environment=environment)

    return run


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """That of main, which is linked."""
    return linked(tmp_path / "data" / "linked", "main")


def refused(printed: Printed) -> str:
    assert printed.code == 2, printed
    assert "hint: " in printed.err
    return printed.err


def test_accounts_are_listed_with_those_that_the_settings_forgot(run: Run, session: Path, tmp_path: Path) -> None:
    linked(tmp_path / "data" / "linked", "old")
    listed = [line.split() for line in run("session", "list").out.splitlines()[1:]]
    assert listed == [["main", "linked", "yes"], ["spare", "not", "linked", "yes"], ["old", "linked", "no"]]
    with Sessions(session.parent).held("main"):
        first, *_ = run("session", "list", "--json").out.splitlines()
    assert json.loads(first) == {"account": "main", "session": "in use", "in_settings": True}


def test_where_there_is_none_the_way_to_one_is_said(run: Run) -> None:
    assert "whinchat setup" in run("session", "list", accounts="", kind="simulator").out


def test_an_export_becomes_the_session_of_another_machine(run: Run, session: Path, tmp_path: Path) -> None:
    exported = run("session", "export", "main", "copy", "--passphrase-file", "words")
    assert "ok: copy holds the session of main" in exported.out
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    assert b"secret" not in (tmp_path / "copy").read_bytes()
    assert b"whinchat session import" in (tmp_path / "copy").read_bytes()
    there = run("session", "import", "main", "copy", "--passphrase-file", "words", data="there")
    assert "ok: main is linked" in there.out
    assert stat.S_IMODE((tmp_path / "there" / "linked" / "main.db").stat().st_mode) == 0o600
    assert (
        "transport.linked.accounts"
        in run(*("session", "import", "other", "copy", "--passphrase-file", "words"), data="there").out
    )
    assert "linked" in run("session", "list", data="there").out


def test_what_cannot_be_moved_says_why(run: Run, session: Path, tmp_path: Path) -> None:
    words = ("--passphrase-file", "words")
    run("session", "export", "main", "copy", *words)
    assert "there already" in refused(run("session", "export", "main", "copy", *words))
    assert "not linked" in refused(run("session", "export", "spare", "copy2", *words))
    assert "no name of an account" in refused(run("session", "export", "../main", "copy2", *words))
    assert "cannot be written" in refused(run("session", "export", "main", "no/copy", *words))
    assert "linked already" in refused(run("session", "import", "main", "copy", *words))
    assert run("session", "import", "main", "copy", "--force", *words).code == 0
    assert "passphrase is not the one" in refused(
        run("session", "import", "spare", "copy", "--passphrase-file", "others")
    )
    assert "cannot be read" in refused(run("session", "import", "spare", "nothing", *words))
    assert "no export of a session" in refused(run("session", "import", "spare", "words", *words))
    with Sessions(session.parent).held("main"):
        assert "in use" in refused(run("session", "export", "main", "copy2", *words))
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy"]


def test_a_session_is_forgotten_here_alone(run: Run, session: Path) -> None:
    assert "not linked on this machine" in refused(run("session", "logout", "spare", "--yes"))
    done = run("session", "logout", "main", "--local", "--yes")
    assert "is deleted here" in done.out
    assert "Linked devices" in done.out
    assert not session.exists()


def test_a_network_that_is_away_is_not_told(run: Run, session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whinchat.cli.accounts.connected", lambda *_: nullcontext(PhoneAccount(FakeClock())))
    told = refused(run("session", "logout", "main", "--yes"))
    assert "WhatsApp was not told: the account is need_pairing" in told
    assert "whinchat session logout main --local" in told
    assert session.exists()


# --- pair -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "given", "says"),
    [
        (["pair"], {"accounts": "", "kind": "simulator"}, "whinchat setup"),
        (["pair"], {"kind": "simulator"}, "no linked account"),
        (["pair"], {}, "Say which: main, spare"),
        (["pair", "shop"], {}, "not in transport.linked.accounts"),
        (["pair", "main", "--phone", "0151"], {}, "--phone +4915100000000"),
    ],
)
def test_what_cannot_be_linked_says_why(run: Run, arguments: list[str], given: dict[str, str], says: str) -> None:
    assert says in refused(run(*arguments, **given))


def test_without_the_extra_the_way_to_it_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "pip install 'whinchat[linked]'" in refused(run("pair", "main"))


def test_an_account_is_linked_without_the_service(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    account = PhoneAccount(FakeClock())
    account.enter(ConnectionState.ONLINE)

    async def build(_: object) -> SimpleNamespace:
        return SimpleNamespace(alone=lambda name: nullcontext(account if name == "main" else FakeTransport(name)))

    monkeypatch.setattr("whinchat.bootstrap.build", build)
    paired = run("pair", "main")
    assert paired.out.endswith("ok: main is linked already, and connected\nStart the service: whinchat run\n")
    assert run("pair", "spare").code == FAULT  # a network that lied about what it is


def test_while_the_service_runs_the_page_is_the_way(run: Run, tmp_path: Path) -> None:
    database = tmp_path / "data" / "whinchat.db"
    assert "no database" in refused(run("admin", "link"))
    with ProcessLock(database):
        pass
    run("db", "migrate")
    with ProcessLock(database):
        led = run("pair", "main")
    assert "holds main" in led.out
    assert re.search(r"http://127\.0\.0\.1:8466/admin/sign-in\?token=\S+&to=/accounts\n", led.out)
