"""Makes the link scanner's tables: IANA's top-level domains and a compact Public Suffix List.

Both come out of packages that the development environment installs: hypothesis ships IANA's list, publicsuffixlist
ships the Public Suffix List. No network. `python scripts/build_link_data.py [--check]`: with --check nothing is
written, and the exit code says whether the files are what would be made. The other files of that folder are written by
hand; each names its sources and date.
"""

from __future__ import annotations

import argparse
import re
import sys
from importlib.resources import files
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "src/whinchat/apps/scanner/links/data"
TLD_NOTE = "# Top-level domains: IANA, https://data.iana.org/TLD/tlds-alpha-by-domain.txt"
PSL_NOTE = (
    "# Public Suffix List (https://publicsuffix.org/list/, MPL 2.0), in ASCII; "
    "rules of the private section begin with a tilde."
)


def top_level() -> str:
    source = (files("hypothesis.vendor") / "tlds-alpha-by-domain.txt").read_text(encoding="ascii")
    version, *names = source.splitlines()
    return "\n".join([TLD_NOTE, version, *sorted(name.lower() for name in names)]) + "\n"


def ascii_rule(rule: str) -> str:
    if rule.isascii():
        return rule.lower()
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        for label in rule.lower().split(".")
    )


def suffixes() -> str:
    source = (files("publicsuffixlist") / "public_suffix_list.dat").read_text(encoding="utf-8")
    version = re.search(r"^// VERSION: (\S+)$", source, re.MULTILINE)
    icann, _, private = source.partition("// ===BEGIN PRIVATE DOMAINS===")
    found = []
    for mark, section in (("", icann), ("~", private)):
        lines = (line.split()[0] for line in section.splitlines() if line.strip() and not line.startswith("//"))
        found += sorted(mark + ascii_rule(rule) for rule in lines)
    return "\n".join([PSL_NOTE, f"# Version {version[1] if version else 'unknown'}", *found]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file differs")
    check = parser.parse_args().check
    stale = False
    for name, made in (("tlds.txt", top_level()), ("suffixes.txt", suffixes())):
        path = DATA / name
        if path.exists() and path.read_text(encoding="utf-8") == made:
            continue
        if check:
            print(f"{path} is not what the installed packages say: run scripts/build_link_data.py", file=sys.stderr)
            stale = True
        else:
            path.write_text(made, encoding="utf-8")
            print(f"{path}: {made.count(chr(10))} lines")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
