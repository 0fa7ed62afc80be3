"""`whinchat scan` as a process of its own, on what ships: no settings, no database, no network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
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
    lines = "".join(f"https://site{number}.example/{number}\n" for number in range(3_000))
    done = scan(tmp_path, "check", "--json", "-", stdin=lines)
    assert len(done.stdout.splitlines()) == 3_000


def test_an_explanation_and_the_links_of_a_text(tmp_path: Path) -> None:
    assert "PayPal" in scan(tmp_path, "explain", BAD).stdout
    assert "example.org" in scan(tmp_path, "links", "see example.org/a").stdout


def test_wrong_usage_names_the_way_out(tmp_path: Path) -> None:
    done = scan(tmp_path, "check", "--language", "xx", BAD)
    assert done.returncode == 2
    assert "en" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_starts_fast(tmp_path: Path) -> None:
    best = 9.0
    for _ in range(3):
        before = time.monotonic()
        scan(tmp_path, "check", BAD)
        best = min(best, time.monotonic() - before)
    assert best < 2.0  # 0.3 s on a quiet machine; this catches a heavy import, not a busy neighbour
