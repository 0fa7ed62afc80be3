"""`whinchat scan eval` as a process of its own, on what ships."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BAD = "https://paypa1-login.pages.dev/verify"
ROWS = "".join(
    f"{label}\thttps://{host}.example/{number}\t{source}\t2026-05-{1 + number % 28:02}\n"
    for number in range(60)
    for label, host, source in ((1, f"paypal-login-{number}", "feed"), (0, f"club{number}", "forum"))
)
TABLE = f"label\turl\tsource\tdate\n{ROWS}"


def evaluate(
    folder: Path, *arguments: str | Path, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "whinchat", "scan", "eval", "--bootstrap", "20", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=folder,
        env={**os.environ, "HOME": str(folder), **environment},
        timeout=120,
        check=False,
    )


def document(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.tsv"
    path.write_text(TABLE)
    return path


def test_plain_compressed_and_piped_are_the_same_rows(table: Path, tmp_path: Path) -> None:
    packed = tmp_path / "labelled.tsv.gz"
    packed.write_bytes(gzip.compress(TABLE.encode()))
    plain = document(evaluate(tmp_path, "--json", table))
    for other in (
        document(evaluate(tmp_path, "--json", packed)),
        document(evaluate(tmp_path, "--json", "-", stdin=packed.read_bytes())),
    ):
        assert other["rankings"] == plain["rankings"]
        assert other["groups"] == plain["groups"]
    assert plain["counts"]["rows"] == 120
    assert plain["versions"]["lists"]


def test_the_same_seed_gives_the_same_numbers_whatever_the_process(table: Path, tmp_path: Path) -> None:
    first, second = (
        document(evaluate(tmp_path, "--json", "--seed", "5", "--ablations", table, PYTHONHASHSEED=seed))
        for seed in ("1", "2")
    )
    for part in ("rankings", "groups", "calibration", "ablations", "goals", "curves"):
        assert first[part] == second[part]


def test_shipped_feeds_are_replayed_by_time(table: Path, tmp_path: Path) -> None:
    done = evaluate(tmp_path, "--feeds", "replay", table)
    assert b"Feeds were replayed" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", b"is empty"),
        (b"url\tsource\nx\ty\n", b"line 1: there is no column `label`"),
        (b"label\turl\n1\ta.example\n?\tb.example\n", b"line 3: label '?'"),
        (b"label\turl\n1\t\xff\n", b"line 2: this is not UTF-8"),
        (gzip.compress(TABLE.encode())[:-20], b"damaged or incomplete"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_and_the_way_out(tmp_path: Path, content: bytes, problem: bytes) -> None:
    (tmp_path / "wrong.tsv").write_bytes(content)
    done = evaluate(tmp_path, "wrong.tsv", "--json")
    assert done.returncode == 2
    assert problem in done.stderr
    assert b"hint:" in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""


def test_own_chats_without_a_database_say_the_way_out(tmp_path: Path) -> None:
    done = evaluate(tmp_path, "--mine")
    assert done.returncode == 2
    assert b"hint:" in done.stderr


INTERRUPTIBLE = """
import signal
from whinchat.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)
raise SystemExit(main(["scan", "eval", "-"]))
"""
"""Also where the tests run in the background, and SIGINT is ignored from the start."""


def test_it_can_be_interrupted(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    process.stdin.write(TABLE.encode() + ROWS.encode() * 100)  # more than a pipe holds: it is reading
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert b"Traceback" not in error


def test_many_rows_take_little_memory(tmp_path: Path) -> None:
    script = (
        "import resource, sys\n"
        "from whinchat.cli.main import main\n"
        "code = main(['scan', 'eval', '--bootstrap', '2', '-'])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )

    def peak(rows: int) -> int:
        lines = "".join(f"{number % 2}\thttps://site{number}.example/{'x' * 200}\n" for number in range(rows))
        done = subprocess.run(
            [sys.executable, "-c", script],
            input=f"label\turl\n{lines}".encode(),
            capture_output=True,
            cwd=tmp_path,
            timeout=120,
            check=True,
        )
        return int(done.stderr.split()[-1])  # kB

    assert peak(4_000) - peak(500) < 10_000
