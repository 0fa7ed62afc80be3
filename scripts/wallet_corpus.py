"""How many phrasings of the corpus the wallet understands as people mean them.

    .venv/bin/python -m scripts.wallet_corpus

Prints every row that becomes something else, and the accuracy by kind of row. Exit code 1 when a row is not understood.
"""

from __future__ import annotations

import sys
from collections import Counter

from tests.support.wallet.corpus import becomes, rows


def main() -> int:
    right: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for row in rows():
        made = becomes(row.text)
        every[row.kind] += 1
        if made == row.becomes:
            right[row.kind] += 1
        else:
            print(f"{row.text}\n  must become {row.becomes}\n  becomes     {made}")
    for kind, count in sorted(every.items()):
        print(f"{kind:10}{right[kind]:5} of {count:4}")
    print(f"{'all':10}{right.total():5} of {every.total():4}  {right.total() / every.total():.1%}")
    return 0 if right == every else 1


if __name__ == "__main__":
    sys.exit(main())
