"""Checks what no linter does: file length, and that nothing in the tree names a machine or an index."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

LONGEST = 400  # lines, for every Python, JavaScript, CSS and HTML file; the schema is written by a script
COUNTED = {".py", ".js", ".css", ".html", ".sh"}
ADDRESSES = re.compile(r"--(extra-)?index-url|--find-links|--trusted-host|files\.pythonhosted\.org")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], capture_output=True, text=True, check=True
    )
    return [path for line in listed.stdout.splitlines() if (path := Path(line)).is_file()]


def faults(path: Path) -> list[str]:
    if path.suffix in COUNTED and "vendor" not in path.parts:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST:
            return [f"{path}: {lines} lines, at most {LONGEST}"]
    if path.parts[0] == "requirements" and ADDRESSES.search(path.read_text(encoding="utf-8")):
        return [f"{path}: names a package index"]
    return []


def main() -> int:
    found = [fault for path in tracked() for fault in faults(path)]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
