"""`whinchat scan` as a process of its own, on what ships: no settings, no database, no network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

BAD = "Https://paypa1-login.pages.dev/verify"


def scan(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "whinchat", "scan", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        timeout=60,
        check=False,
    )


def test_it_works_right_after_installation_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = scan(tmp_path, "check", "--json", BAD, "https://www.wikipedia.org/")
    bad, good = map(json.loads, done.stdout.splitlines())
    assert bad["verdict"] in {"suspicious", "malicious"}
    assert good["verdict"] == "benign"
    assert done.returncode in {3, 4}
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_many_lines_stream_through(tmp_path: Path) -> None:
    lines = "".join(f"https://site{number}.example/{number}\n" for number in range(1_000))
    done = scan(tmp_path, "check", "--json", "-", stdin=lines)
    assert len(done.stdout.splitlines()) == 1_000


def test_an_explanation_and_the_links_of_a_text(tmp_path: Path) -> None:
    assert "PayPal" in scan(tmp_path, "explain", BAD).stdout
    assert "example.org" in scan(tmp_path, "links", "see example.org/a").stdout


def test_wrong_usage_names_the_way_out(tmp_path: Path) -> None:
    done = scan(tmp_path, "check", "--language", "xx", BAD)
    assert done.returncode == 2
    assert "en" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_of_the_service_is_imported_for_one_link(tmp_path: Path) -> None:
    """That is what makes it start in 0.3 s."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "whinchat", "scan", "check", BAD],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        timeout=60,
        check=False,
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "whinchat" in imported
    assert imported.isdisjoint({"aiohttp", "apsw", "cryptography", "jinja2", "prometheus_client", "rich", "uvloop"})
