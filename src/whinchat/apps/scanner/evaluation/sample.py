"""Everything that was judged, a few numbers a row, and the few cases that are worth showing."""

from __future__ import annotations

import heapq
import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from whinchat.apps.scanner.evaluation.judging import Case, Outcome, State
from whinchat.apps.scanner.evaluation.ranking import Scored
from whinchat.apps.scanner.evaluation.rows import Label
from whinchat.apps.scanner.scoring import Part
from whinchat.apps.scanner.verdict import Level

SHOWN = 12  # cases of a kind in a report

LABELS = tuple(Label)
PHISHING, BENIGN = LABELS.index(Label.PHISHING), LABELS.index(Label.BENIGN)


class Names:
    """Texts as small numbers."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers))

    def __iter__(self) -> Iterator[str]:
        """In the order of their numbers."""
        return iter(self._numbers)


class Top:
    """The cases with the highest keys, one a site."""

    def __init__(self, key: Callable[[Case], float]) -> None:
        self._key = key
        self._kept: dict[str, tuple[float, int, Case]] = {}
        self._added = 0

    def add(self, case: Case) -> None:
        site = case.outcome.link.site.name if case.outcome else case.row.address
        self._added += 1
        entry = (self._key(case), -self._added, case)
        if site not in self._kept or entry > self._kept[site]:
            self._kept[site] = entry
        if len(self._kept) > 4 * SHOWN:
            self._kept = dict(heapq.nlargest(SHOWN, self._kept.items(), key=lambda item: item[1][:2]))

    def cases(self) -> list[Case]:
        return [case for *_, case in heapq.nlargest(SHOWN, self._kept.values(), key=lambda entry: entry[:2])]


class Scores:
    """What one judge made of all rows."""

    def __init__(self) -> None:
        self.score = array("d")
        self.warned = array("b")

    def add(self, label: Label, outcome: Outcome | None) -> None:
        """Without an outcome the row is missed if it is dangerous, and wrongly warned of otherwise."""
        self.score.append(outcome.score if outcome else math.inf if label is Label.BENIGN else -math.inf)
        self.warned.append(outcome.warned if outcome else label is Label.BENIGN)


class Sample:
    """Columns, one entry a row. Numbers of names are positions in `sources`, `classes`, `chats` and `groups`."""

    def __init__(self, ablations: Sequence[Part] = ()) -> None:
        self.label, self.state = array("b"), array("b")
        self.malicious = array("b")
        self.probability, self.seconds = array("d"), array("d")
        self.site, self.source, self.address, self.chat, self.group = (array("l") for _ in range(5))
        self.scores = Scores()
        self.variants = {part: Scores() for part in ablations}
        self.sites, self.sources, self.classes, self.chats, self.groups = (Names() for _ in range(5))
        self.verdicts: Counter[tuple[Label, str]] = Counter()
        self.messages = 0
        """Rows whose links were looked for in a text."""
        self.undated = 0
        self.wrong = Top(lambda case: case.outcome.score if case.outcome else math.inf)
        self.missed = Top(lambda case: -case.outcome.score if case.outcome else math.inf)
        self.slowest = Top(lambda case: case.seconds)

    def __len__(self) -> int:
        return len(self.label)

    def add(self, case: Case) -> None:
        row, outcome = case.row, case.outcome
        self.label.append(LABELS.index(row.label))
        self.state.append(case.state)
        self.scores.add(row.label, outcome)
        for number, scores in enumerate(self.variants.values()):
            scores.add(row.label, case.variants[number] if outcome else None)
        level = outcome.verdict.level if outcome else None
        self.malicious.append(level is Level.MALICIOUS if level else row.label is Label.BENIGN)
        self.probability.append(outcome.verdict.probability if outcome else math.nan)
        self.seconds.append(case.seconds)
        self.site.append(self.sites.number(outcome.link.site.name if outcome else f"row {len(self)}"))
        self.source.append(self.sources.number(row.source))
        self.address.append(self.classes.number(case.address.value if case.address else case.state.name.lower()))
        self.chat.append(self.chats.number(row.chat))
        self.group.append(self.groups.number(row.group))
        self.verdicts[row.label, level.value if level else case.state.name.lower()] += 1
        self.messages += bool(row.text and not row.address)
        self.undated += row.when is None
        self._show(case)

    def _show(self, case: Case) -> None:
        warned = case.outcome.warned if case.outcome else case.row.label is Label.BENIGN
        if case.state is State.JUDGED:
            self.slowest.add(case)
        if case.row.label is Label.BENIGN and warned and case.state is not State.NO_LINK:
            self.wrong.add(case)
        if case.row.label is Label.PHISHING and not warned and case.state is not State.NO_LINK:
            self.missed.add(case)

    def scored(self, rows: Sequence[int], scores: Scores | None = None) -> list[Scored]:
        score = (scores or self.scores).score
        return [Scored(self.site[row], score[row]) for row in rows]
