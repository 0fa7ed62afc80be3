"""What the doctor finds of the accounts: the library, the sessions, the public port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.support.session_files import linked

from whinchat.cli import doctor_accounts
from whinchat.cli.doctor import grade
from whinchat.config import CloudNumber, CloudTransport, LinkedTransport, Settings, Storage, Transport
from whinchat.config.settings import Public
from whinchat.core.app import Finding
from whinchat.transports.linked import installed
from whinchat.transports.linked.sessions import Sessions


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        storage=Storage(data=tmp_path),
        transport=Transport(kind="whatsapp", linked=LinkedTransport(accounts=("main", "spare"))),
    )


def number(folder: Path) -> CloudNumber:
    return CloudNumber(
        name="shop",
        phone_number_id="106540352242922",
        business_account_id="102290129340398",
        token_file=folder / "token",
        app_secret_file=folder / "secret",
        verify_token_file=folder / "verify",
    )


def test_what_is_not_used_is_not_looked_for() -> None:
    for check in (doctor_accounts.linked_devices, doctor_accounts.sessions, doctor_accounts.public_port):
        assert (check(Settings()).ok, check(Settings()).detail) == (True, "not used")
    assert doctor_accounts.cloud(Settings()) == {}


def test_the_library_is_loaded_and_asked_for_its_version(settings: Settings) -> None:
    finding = doctor_accounts.linked_devices(settings)
    assert (grade(finding), installed.VERSION in finding.detail) == ("ok", True)


@pytest.mark.parametrize(("version", "says"), [("0.4.0", "is version 0.4.0"), ("", "cannot be loaded")])
def test_a_library_that_cannot_be_used(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, version: str, says: str
) -> None:
    monkeypatch.setattr(doctor_accounts, "_loaded_version", lambda _: version)
    finding = doctor_accounts.linked_devices(settings)
    assert (grade(finding), says in finding.detail) == ("fail", True)
    assert installed.VERSION in finding.hint


def test_a_library_that_is_not_there(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    finding = doctor_accounts.linked_devices(settings)
    assert grade(finding) == "fail"
    assert "pip install 'whinchat[linked]'" in finding.hint


def test_a_file_that_is_no_library(tmp_path: Path) -> None:
    (tmp_path / "library.so").write_text("nothing of the kind")
    assert doctor_accounts._loaded_version(tmp_path / "library.so") == ""
    assert doctor_accounts._loaded_version(Path(asyncio.__file__)) == ""


def test_accounts_that_are_not_linked_are_a_remark(settings: Settings) -> None:
    finding = doctor_accounts.sessions(settings)
    assert (grade(finding), finding.detail) == ("warn", "main is not linked, spare is not linked")
    linked(settings.storage.sessions, "main")
    finding = doctor_accounts.sessions(settings)
    assert (finding.detail, finding.hint) == (
        "main is linked, spare is not linked",
        "Link it with a phone: whinchat pair spare",
    )
    linked(settings.storage.sessions, "spare")
    with Sessions(settings.storage.sessions).held("spare"):
        finding = doctor_accounts.sessions(settings)
    assert (grade(finding), finding.detail) == ("ok", "main is linked, spare is in use")


def test_a_session_that_cannot_be_read_says_so(settings: Settings) -> None:
    path = linked(settings.storage.sessions, "main")
    path.write_bytes(b"no database " * 500)
    assert "cannot be" in doctor_accounts.sessions(settings).detail


@pytest.mark.parametrize("open_path", ["linked", "linked/main.db"])
def test_a_session_that_others_can_open(settings: Settings, open_path: str) -> None:
    linked(settings.storage.sessions, "main")
    path = settings.storage.data / open_path
    path.chmod(0o755 if path.is_dir() else 0o644)
    finding = doctor_accounts.sessions(settings)
    assert (grade(finding), finding.hint) == ("fail", f"chmod {700 if path.is_dir() else 600} {path}")


# --- the public port ----------------------------------------------------------------------------------------------


@contextmanager
def answering(status: int) -> Iterator[int]:
    """Something that answers every GET like this; gives its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def on_port(port: int, folder: Path, *, numbers: bool = True) -> Finding:
    cloud = CloudTransport(numbers=(number(folder),) if numbers else ())
    settings = Settings(public=Public(port=port), transport=Transport(kind="whatsapp", cloud=cloud))
    return doctor_accounts.public_port(settings)


def test_the_public_port_is_free_or_the_services_own(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert on_port(port, tmp_path).detail == f"127.0.0.1:{port} is free"
    with answering(403) as port:
        assert on_port(port, tmp_path).detail == f"the service answers on 127.0.0.1:{port}"
    with answering(404) as port:
        assert on_port(port, tmp_path, numbers=False).ok


def test_the_public_port_is_another_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_accounts, "ANSWER", 0.05)
    with answering(200) as port:
        assert grade(on_port(port, tmp_path)) == "fail"
    with socket.create_server(("127.0.0.1", 0)) as mute:
        finding = on_port(mute.getsockname()[1], tmp_path)
    assert (grade(finding), "public.port" in finding.hint) == ("fail", True)


def test_numbers_are_compared_with_meta(tmp_path: Path) -> None:
    """Without their files nobody is asked."""
    settings = Settings(transport=Transport(kind="whatsapp", cloud=CloudTransport(numbers=(number(tmp_path),))))
    (finding,) = doctor_accounts.cloud(settings).values()
    assert (grade(finding), str(tmp_path) in finding.detail) == ("fail", True)
