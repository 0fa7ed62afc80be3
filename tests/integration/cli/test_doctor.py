"""The checks that need a database, a port or a whole process."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from whinchat.apps.scanner.app import APP as SCANNER
from whinchat.bootstrap import migrations
from whinchat.cli import doctor
from whinchat.cli.doctor import grade
from whinchat.cli.main import main
from whinchat.config import Private, Settings, Storage
from whinchat.core.app import Finding
from whinchat.core.errors import SettingsError
from whinchat.infra.clock import SystemClock
from whinchat.infra.storage.migrate import migrate


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir(mode=0o700)
    return Settings(storage=Storage(data=tmp_path / "data"))


def test_a_database_is_looked_over(settings: Settings) -> None:
    path = settings.storage.database
    steps = migrations()
    migrate(path, steps[:-1], None, SystemClock())
    assert doctor.schema(settings).detail == "1 steps to take at the next start"
    migrate(path, steps, None, SystemClock())
    assert grade(doctor.database(settings)) == "ok"
    assert doctor.schema(settings).detail == "current"


def test_a_damaged_database_is_found_with_the_way_out(settings: Settings) -> None:
    path = settings.storage.database
    path.write_bytes(b"this is no database at all " * 1000)
    for finding in (doctor.database(settings), doctor.schema(settings)):
        assert grade(finding) == "fail"
        assert finding.hint


def test_a_database_with_a_hole_is_found(settings: Settings) -> None:
    path = settings.storage.database
    migrate(path, migrations(), None, SystemClock())
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 3] = b"\xff" * 4096
    path.write_bytes(content)
    assert grade(doctor.database(settings)) == "fail"


def on_port(port: int, host: str = "127.0.0.1") -> Settings:
    return Settings(private=Private(host=host, port=port))


def test_a_free_port_and_a_foreign_program() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        taken.settimeout(0.01)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(doctor, "ANSWER", 0.05)
            finding = doctor.private_port(on_port(port))
        assert grade(finding) == "fail"
        assert "another program" in finding.detail
    assert grade(doctor.private_port(on_port(port))) == "ok"
    assert grade(doctor.private_port(on_port(port, "192.0.2.1"))) == "fail"


@contextmanager
def service(status: int, body: bytes) -> Iterator[int]:
    """Something that answers every GET like this; gives its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def report(**told: object) -> bytes:
    return json.dumps({"status": "ready", "failing": {}, "degraded": {}, **told}).encode()


@pytest.mark.parametrize(
    ("status", "body", "result", "told"),
    [
        (200, report(), "ok", "the service runs here and is ready"),
        (200, report(degraded={"feeds": {"detail": "old", "hint": "Import."}}), "warn", "feeds: old"),
        (503, report(failing={"disk": {"detail": "full", "hint": "Free."}}), "fail", "disk: full"),
        (200, b"[]", "fail", "another program"),
        (200, b"hello", "fail", "another program"),
        (404, b"{}", "fail", "another program"),
    ],
)
def test_a_running_service_is_asked_how_it_is(status: int, body: bytes, result: str, told: str) -> None:
    with service(status, body) as port:
        finding = doctor.private_port(on_port(port))
    assert grade(finding) == result
    assert told in finding.detail


def test_the_verb_shows_a_line_for_every_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WHINCHAT_PRIVATE__PORT", "0")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(doctor, "EXTRAS", {"qr": ("no_such_module",)})
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n{name} " in shown for name in (*doctor.CHECKS, *SCANNER.checks))
    assert "\nextras: pip install 'whinchat[qr]'\n" in shown


def test_what_applications_check_counts_like_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def damaged(_: int) -> Finding:
        raise SettingsError("shipped.model", "is damaged", hint="make train")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHINCHAT_PRIVATE__PORT", "0")
    checks = {"old": lambda now: Finding(ok=now < 0, detail="is old", hint="Update."), "damaged": damaged}
    assert main(["doctor", "--json"], apps=lambda: [replace(SCANNER, checks=checks)]) == 1
    lines = {line["check"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert (lines["old"]["result"], lines["old"]["hint"]) == ("warn", "Update.")
    assert lines["damaged"] == {
        "check": "damaged",
        "result": "fail",
        "detail": "shipped.model: is damaged",
        "hint": "make train",
    }


def test_what_is_wrong_shows_in_the_exit_code_and_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    (tmp_path / "data").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHINCHAT_STORAGE__DATA", "data")
    assert main(["doctor", "--json"]) == 1
    lines = {line["check"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert lines["data folder"]["result"] == "fail"
    assert lines["data folder"]["hint"] == "chmod 700 data"
    assert lines["python"]["result"] == "ok"
