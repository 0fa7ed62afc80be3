"""The corpus of phrasings (tests/data/wallet), and what the wallet makes of a text, in the corpus' own notation.

A row is a text and what it must become: a command in canonical form, `? KEY` for a question or refusal by the key of
its sentence (without `wallet.`), `-` for what is not for the wallet.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from whinchat.apps.wallet.grammar import CONFIRM, canonical
from whinchat.apps.wallet.interpreter import understand
from whinchat.core.dispatch.command import Arguments

PATH = Path(__file__).parents[2] / "data" / "wallet" / "corpus.en.tsv"
NOTHING = "-"


class Row(NamedTuple):
    text: str
    becomes: str

    @property
    def kind(self) -> str:
        """`command`, `question`, `refusal` or `nothing`."""
        if self.becomes == NOTHING:
            return "nothing"
        if not self.becomes.startswith("? "):
            return "command"
        return "refusal" if self.becomes.startswith("? refuse.") else "question"


def rows() -> list[Row]:
    lines = PATH.read_text(encoding="utf-8").split("\n")
    return [Row(*line.split("\t")) for line in lines[1:] if line]


def becomes(text: str) -> str:
    route = understand(text)
    if route is None:
        return NOTHING
    if isinstance(route.parsed, Arguments) and route.command is not None:
        return canonical(route.command, route.parsed)
    return f"? {route.parsed.problem.removeprefix('wallet.')}" if not isinstance(route.parsed, Arguments) else NOTHING


def confirms(text: str) -> bool:
    route = understand(text)
    return route is not None and route.command is CONFIRM and isinstance(route.parsed, Arguments)
