"""How the scanner's links differ from linkify-it-py's over real messages, and why.

    .venv/bin/python -m scripts.linkify_report [--unexplained N]

Reads ../shared/data/messages, and the cases of tests/data/links. Prints a table of the rules of
tests/support/linkify.py with how often each explains a disagreement. Exit code 1 when one is left unexplained.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.support.link_cases import cases
from tests.support.linkify import RULES, compare, explain

MESSAGES = Path(__file__).parents[2] / "shared" / "data" / "messages"


def messages() -> Iterator[str]:
    """Nothing, with a note, when the data are not there."""
    if not MESSAGES.exists():
        print(f"no messages: {MESSAGES} is not there", file=sys.stderr)
        return
    for path in sorted(MESSAGES.glob("*.tsv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
            next(file)
            yield from (line.split("\t")[1] for line in file)


def own_cases() -> Iterator[str]:
    for name in ("links.tsv", "prose.tsv"):
        yield from (row[1] for row in cases(name))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unexplained", type=int, default=20, help="how many to show")
    given = parser.parse_args()
    sources = {"messages": messages(), "cases": own_cases()}
    counts: dict[str, Counter[str]] = {name: Counter() for name in sources}
    unexplained = []
    for name, texts in sources.items():
        for text in texts:
            alike, found = compare(text)
            counts[name]["texts"] += 1
            counts[name]["alike"] += alike
            for each in found:
                why = explain(each)
                counts[name][why or "unexplained"] += 1
                if why is None:
                    unexplained.append(each.shown)
    print(f"{'':18}{''.join(f'{name:>10}' for name in sources)}")
    notes = {rule.__name__: (rule.__doc__ or "").partition("\n")[0] for rule in RULES}
    for row in ("texts", "alike", *notes, "unexplained"):
        numbers = "".join(f"{counts[name][row]:10d}" for name in sources)
        print(f"{row:18}{numbers}  {notes.get(row, '')}".rstrip())
    for shown in unexplained[: given.unexplained]:
        print(shown)
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
