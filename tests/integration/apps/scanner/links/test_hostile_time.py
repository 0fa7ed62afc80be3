"""Texts of the greatest size that is read, made to be slow: a scanner that backtracks would take hours, not seconds."""

from __future__ import annotations

import subprocess
import sys

SIZE = 65_536
LIMIT = 120  # seconds for all texts together; a few on an idle machine
SCRIPT = f"""
from tests.support.hostile import texts
from whinchat.apps.scanner.links.extract import links_of
for name, text in texts({SIZE}).items():
    print(name, len(links_of(text)), flush=True)
"""


def test_no_text_holds_the_scanner_up() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("links 8")  # thousands: none is left out
