"""Each check of `whinchat doctor`, well and ill."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from whinchat.cli import doctor
from whinchat.cli.doctor import CHECKS, grade
from whinchat.config import Keys, Settings, Storage
from whinchat.core.app import Finding


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(storage=Storage(data=tmp_path / "data"), keys=Keys(path=tmp_path / "root.key"))


@pytest.fixture
def data(settings: Settings) -> Path:
    settings.storage.data.mkdir(mode=0o700)
    return settings.storage.data


def test_grades() -> None:
    assert grade(Finding(ok=True, detail="", critical=True)) == "ok"
    assert grade(Finding(ok=False, detail="")) == "warn"
    assert grade(Finding(ok=False, detail="", critical=True)) == "fail"


@pytest.mark.parametrize("name", [name for name in CHECKS if name not in {"private port", "extras"}])
def test_a_machine_before_the_first_start_is_well(name: str, settings: Settings) -> None:
    assert grade(CHECKS[name](settings)) == "ok"


def test_an_old_python(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    finding = doctor.python_version(settings)
    assert (grade(finding), finding.detail) == ("fail", "3.10.1")


def test_a_data_folder_that_others_can_open(settings: Settings, data: Path) -> None:
    assert grade(doctor.data_folder(settings)) == "ok"
    data.chmod(0o755)
    finding = doctor.data_folder(settings)
    assert (grade(finding), finding.hint) == ("fail", f"chmod 700 {data}")


def test_a_data_folder_that_is_a_file(settings: Settings) -> None:
    settings.storage.data.write_text("")
    assert grade(doctor.data_folder(settings)) == "fail"


def test_a_data_folder_that_cannot_be_made(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    finding = doctor.data_folder(settings)
    assert grade(finding) == "fail"
    assert "storage.data" in finding.hint


def test_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    finding = doctor.disk_space(Settings(storage=Storage(data=tmp_path / "a/b", min_free_mb=10**9)))
    assert grade(finding) == "fail"
    assert "storage.min_free_mb" in finding.hint


def test_the_key_file(settings: Settings, data: Path) -> None:
    settings.keys.path.write_text("key")
    settings.keys.path.chmod(0o600)
    assert grade(doctor.key_file(settings)) == "ok"
    settings.keys.path.chmod(0o640)
    assert doctor.key_file(settings).hint == f"chmod 600 {settings.keys.path}"
    settings.keys.path.unlink()
    settings.storage.database.write_text("")
    finding = doctor.key_file(settings)
    assert grade(finding) == "fail"
    assert "keys import" in finding.hint
    assert data.exists()


def test_a_clock_that_is_wrong(settings: Settings, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = data / "whinchat.db"
    database.write_text("")
    os.utime(database, (time.time() + 10 * 86_400,) * 2)
    assert "later than now" in doctor.clock(settings).detail
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert "years behind" in doctor.clock(settings).detail


def test_extras_that_are_not_installed_are_a_remark(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "EXTRAS", {"qr": ("no_such_module",)})
    finding = doctor.extras(settings)
    assert (grade(finding), finding.hint) == ("warn", "pip install 'whinchat[qr]'")
    monkeypatch.setattr(doctor, "EXTRAS", {"qr": ("json",)})
    assert grade(doctor.extras(settings)) == "ok"
