"""Texts of the greatest size that is read, made to be slow: a scanner that backtracks would take hours, not seconds."""

from __future__ import annotations

import subprocess
import sys

SIZE = 65_536
JUDGED = 20  # links of a text
LIMIT = 120  # seconds for all texts together; a few on an idle machine
SCRIPT = f"""
from tests.support.hostile import texts
from whinchat.apps.scanner.evidence.message import MessageReading
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.links.extract import links_of
from whinchat.testing.clock import FakeClock

judge = Judge(SnapshotLists(None, FakeClock()))
for name, text in texts({SIZE}).items():
    links = links_of(text)
    for link in links[:{JUDGED}]:
        judge.judge(link, 0)
    MessageReading.of([text], judge.tables)
    print(name, len(links), flush=True)
"""


def test_no_text_holds_the_scanner_up() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("links 8")  # thousands: none is left out
