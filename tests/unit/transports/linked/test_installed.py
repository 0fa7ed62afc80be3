from __future__ import annotations

import sys
from pathlib import Path

import pytest

from whinchat.transports.linked.installed import VERSION, file_name, library_path, unusable
from whinchat.transports.linked.link import LibraryUnusable


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that must not be imported."""
    folder = tmp_path / "pretended_library"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    return folder


def test_the_file_is_found_without_importing_the_package(package: Path) -> None:
    (package / "neonize-linux-amd64.so").touch()
    assert library_path("pretended_library") == package / "neonize-linux-amd64.so"
    assert "pretended_library" not in sys.modules


def test_a_missing_file_is_not_fetched_but_said(package: Path) -> None:
    with pytest.raises(LibraryUnusable, match=f"neonize=={VERSION}"):
        library_path("pretended_library")
    assert "pretended_library" not in sys.modules
    assert [path.name for path in package.iterdir()] == ["__init__.py"]


def test_a_missing_extra_is_said() -> None:
    with pytest.raises(LibraryUnusable, match=r"pip install 'whinchat\[linked\]'"):
        library_path("no_such_package_anywhere")


def test_names_of_the_files() -> None:
    assert file_name("Linux", "aarch64") == "neonize-linux-arm64.so"
    assert file_name("Darwin", "arm64") == "neonize-darwin-arm64.dylib"
    assert file_name("Linux", "s390x") == "neonize-linux-s390x.so"


def test_what_a_child_could_not_use_has_a_way_out() -> None:
    assert VERSION in str(unusable("library_version"))
    assert "force-reinstall" in str(unusable("library_broken"))
