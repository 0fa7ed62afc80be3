"""How much a name looks like those that scammers make up: learned log-odds of its groups of three characters."""

from __future__ import annotations

from collections.abc import Mapping

EDGE = "^"
DIGITS = str.maketrans("123456789", "000000000")  # which digit stands there says nothing
SIZE = 3
FIRM = 6  # groups; shorter names are held back as if their missing groups said nothing


class NameShapes:
    """`levels` map a whole number of tenths to the groups that have it, separated by spaces (`names.toml`)."""

    def __init__(self, levels: Mapping[str, str]) -> None:
        self._odds: dict[str, float] = {}
        for level, groups in levels.items():
            self._odds |= dict.fromkeys(groups.split(), int(level) / 10)  # one number for thousands of groups

    def odds(self, name: str) -> float:
        """Mean log-odds of the name's groups; positive: as in scams. 0 for the empty name."""
        groups = groups_of(name)
        odds = self._odds
        return sum([odds.get(group, 0.0) for group in groups]) / max(len(groups), FIRM)


def groups_of(name: str) -> list[str]:
    """All runs of three in the name with its edges, every digit as 0: "a7" to ^a0, a0^."""
    if not name:
        return []
    text = EDGE + name.translate(DIGITS) + EDGE
    return [text[index : index + SIZE] for index in range(len(text) - SIZE + 1)]
