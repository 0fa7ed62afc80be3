"""From a sample to numbers: rankings, groups at the shipped thresholds, ablations."""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import starmap

import msgspec

from whinchat.apps.scanner.evaluation import bounds
from whinchat.apps.scanner.evaluation.bootstrap import Bootstrap, interval
from whinchat.apps.scanner.evaluation.judging import State
from whinchat.apps.scanner.evaluation.ranking import RATES, Scored, Tail, curve, share_above
from whinchat.apps.scanner.evaluation.report import Ablation, AtRate, Budget, Curve, Estimate, Group, Point, Ranking
from whinchat.apps.scanner.evaluation.sample import BENIGN, PHISHING, Names, Sample, Scores

WRONG_WARNINGS = 0.001
WRONG_MALICIOUS = 0.0001
"""Shares of benign messages with links that may be warned of, and be called malicious."""
MOST_GROUPS = 40
"""Of a kind, the largest ones."""
ALL = "all"
MEAN = "mean over sources"
ONCE = "each site once"

Rows = Sequence[int]


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows that belong together. `by` and `name` say why: ("source", "tweetfeed")."""

    by: str
    name: str
    phishing: Rows
    benign: Rows

    def __len__(self) -> int:
        return len(self.phishing) + len(self.benign)


class Measures:
    """Numbers about one sample. Messages without a link are in none of them but `of_all`."""

    def __init__(self, sample: Sample, bootstrap: Bootstrap) -> None:
        self.sample = sample
        self.bootstrap = bootstrap
        with_link = [row for row in range(len(sample)) if sample.state[row] != State.NO_LINK]
        self.all = self._slice(ALL, ALL, with_link)
        self._spam = [row for row in with_link if sample.label[row] not in {PHISHING, BENIGN}]
        self.left_out = 0
        self.by_source = self._slices("source", sample.source, sample.sources)
        self.by_class = self._slices("class", sample.address, sample.classes)
        self.by_chat = self._slices("chat", sample.chat, sample.chats)
        self.by_group = self._slices("group", sample.group, sample.groups)

    # --- slices ---

    def _slice(self, by: str, name: str, rows: Iterable[int]) -> Slice:
        found: dict[int, list[int]] = {PHISHING: [], BENIGN: []}
        for row in rows:
            found.setdefault(self.sample.label[row], []).append(row)
        return Slice(by, name, found[PHISHING], found[BENIGN])

    def _slices(self, by: str, column: array[int], names: Names) -> list[Slice]:
        """The named ones, largest first."""
        rows: dict[int, list[int]] = defaultdict(list)
        for row in (*self.all.phishing, *self.all.benign):
            rows[column[row]].append(row)
        named = [self._slice(by, name, rows[number]) for number, name in enumerate(names) if name and number in rows]
        named.sort(key=lambda each: (-len(each), each.name))
        self.left_out += max(0, len(named) - MOST_GROUPS)
        return named[:MOST_GROUPS]

    # --- recall at a share of false positives ---

    def rankings(self) -> Iterator[Ranking]:
        """Benign rows three ways (all, mean over sources, each source), and each class and chat for itself."""
        everything = self.all
        if not everything.phishing or not everything.benign:
            return
        phishing = self.sample.scored(everything.phishing)
        benign = self.sample.scored(everything.benign)
        yield self.ranking(ALL, ALL, phishing, benign)
        yield self.ranking(ONCE, ONCE, _once(phishing), _once(benign))
        of_sources = [each for each in self.by_source if each.benign]
        if len(of_sources) > 1:
            yield self.ranking(ALL, MEAN, phishing, self._balanced(of_sources))
            for each in of_sources:
                yield self.ranking(ALL, f"source {each.name}", phishing, self.sample.scored(each.benign))
        of_phishing = [each for each in self.by_source if each.phishing]
        for each in of_phishing if len(of_phishing) > 1 else ():
            yield self.ranking(f"source {each.name}", ALL, self.sample.scored(each.phishing), benign)
        for each in (*self.by_class, *self.by_chat, *self.by_group):
            if each.benign:
                name = f"{each.by} {each.name}"
                own = each.by == "class"  # never a class's recall without its own false positives
                caught = self.sample.scored(each.phishing) if own else phishing
                if caught:
                    yield self.ranking(name if own else ALL, name, caught, self.sample.scored(each.benign))

    def ranking(self, of: str, against: str, phishing: Sequence[Scored], benign: Sequence[Scored]) -> Ranking:
        return Ranking(of, against, len(phishing), len(benign), tuple(self._at_rates(phishing, benign)))

    def _at_rates(self, phishing: Sequence[Scored], benign: Sequence[Scored]) -> Iterator[AtRate]:
        resampled = self.bootstrap.recalls(phishing, benign)
        heaviest = max(row.weight for row in benign) / math.fsum(row.weight for row in benign)
        for number, (rate, limit) in enumerate(zip(RATES, Tail.of(benign, max(RATES)).limits(), strict=True)):
            hits = sum(row.score > limit for row in phishing)
            low, high = _interval([each[number] for each in resampled], hits, len(phishing))
            yield AtRate(
                rate=rate,
                threshold=limit if math.isfinite(limit) else None,
                recall=Estimate(share_above(phishing, limit), low, high, hits, len(phishing)),
                enough=heaviest <= rate,
            )

    def _balanced(self, sources: Sequence[Slice]) -> list[Scored]:
        """Every source as heavy as every other."""
        return [
            row._replace(weight=1 / len(each.benign)) for each in sources for row in self.sample.scored(each.benign)
        ]

    def curves(self) -> Iterator[Curve]:
        everything = self.all
        if not everything.phishing or not everything.benign:
            return
        phishing = self.sample.scored(everything.phishing)
        kinds = {"all harmless links": self.sample.scored(everything.benign)}
        of_sources = [each for each in self.by_source if each.benign]
        if len(of_sources) > 1:
            kinds["mean over sources"] = self._balanced(of_sources)
        for name, benign in kinds.items():
            yield Curve(name, tuple(starmap(Point, curve(phishing, benign))))

    # --- at the shipped thresholds ---

    def groups(self) -> Iterator[Group]:
        yield self.group(self.all)
        of_sources = [each for each in self.by_source if each.benign]
        if len(of_sources) > 1:
            yield self._mean(of_sources)
        for each in (*self.by_source, *self.by_class, *self.by_chat, *self.by_group):
            yield self.group(each)

    def group(self, rows: Slice) -> Group:
        warned, malicious = self.sample.scores.warned, self.sample.malicious
        wrong, wrong_upper = self._wrong(rows.benign, warned)
        wrong_malicious, wrong_malicious_upper = self._wrong(rows.benign, malicious)
        return Group(
            by=rows.by,
            name=rows.name,
            caught=self.share(rows.phishing, warned),
            caught_malicious=self.share(rows.phishing, malicious),
            wrong=wrong,
            wrong_upper=wrong_upper,
            wrong_malicious=wrong_malicious,
            wrong_malicious_upper=wrong_malicious_upper,
            budget=judged(wrong, wrong_upper, WRONG_WARNINGS) if rows.benign else None,
            caught_once_per_site=self._once_per_site(rows.phishing, warned),
            wrong_once_per_site=self._once_per_site(rows.benign, warned),
        )

    def _mean(self, sources: Sequence[Slice]) -> Group:
        """The false positives with every source as heavy as every other. A mean of rates has no binomial bound."""
        group, both = self.group(self.all), []
        for flags in (self.sample.scores.warned, self.sample.malicious):
            shares = [self.share(each.benign, flags).value or 0.0 for each in sources]
            resampled = zip(*(self._resampled(each.benign, flags) for each in sources), strict=False)
            low, high = interval([math.fsum(each) / len(sources) for each in resampled]) or (None, None)
            hits = sum(flags[row] for each in sources for row in each.benign)
            of = sum(len(each.benign) for each in sources)
            both.append(Estimate(math.fsum(shares) / len(sources), low, high, hits, of))
        return msgspec.structs.replace(
            group,
            name=MEAN,
            wrong=both[0],
            wrong_upper=None,
            wrong_malicious=both[1],
            wrong_malicious_upper=None,
            budget=None,
            wrong_once_per_site=None,
        )

    def share(self, rows: Rows, flags: array[int]) -> Estimate:
        """Of these rows the share that is flagged."""
        return self._estimate(rows, flags, self._resampled(rows, flags))

    def _estimate(self, rows: Rows, flags: array[int], resampled: Sequence[float]) -> Estimate:
        hits = sum(flags[row] for row in rows)
        low, high = _interval(resampled, hits, len(rows))
        return Estimate(hits / len(rows) if rows else None, low, high, hits, len(rows))

    def _wrong(self, rows: Rows, flags: array[int]) -> tuple[Estimate, float | None]:
        """The share that is flagged, and its upper bound."""
        resampled = self._resampled(rows, flags)
        estimate = self._estimate(rows, flags, resampled)
        if not rows:
            return estimate, None
        _, highest = interval(resampled, 0.0, bounds.CONFIDENCE) or (0.0, 0.0)
        return estimate, max(bounds.upper(estimate.hits, estimate.of), highest)

    def _resampled(self, rows: Rows, flags: array[int]) -> list[float]:
        site = self.sample.site
        return self.bootstrap.share((site[row], flags[row], 1.0) for row in rows)

    def _once_per_site(self, rows: Rows, flags: array[int]) -> float | None:
        site = self.sample.site
        times = Counter(site[row] for row in rows)
        return math.fsum(flags[row] / times[site[row]] for row in rows) / len(times) if times else None

    def of_all(self) -> Estimate | None:
        """Phishing messages warned of, among them those without a link, which nobody could be warned of."""
        if not self.sample.messages:
            return None
        rows = [row for row in range(len(self.sample)) if self.sample.label[row] == PHISHING]
        return self.share(rows, self.sample.scores.warned)

    def of_spam(self) -> Estimate | None:
        """Spam with a link that was warned of."""
        return self.share(self._spam, self.sample.scores.warned) if self._spam else None

    # --- without a part ---

    def ablations(self) -> Iterator[Ablation]:
        if not self.all.phishing or not self.all.benign:
            return
        for part, scores in self.sample.variants.items():
            yield self._ablation(part.value, scores)

    def _ablation(self, name: str, scores: Scores) -> Ablation:
        phishing = self.sample.scored(self.all.phishing, scores)
        benign = self.sample.scored(self.all.benign, scores)
        return Ablation(
            without=name,
            at=tuple(self._at_rates(phishing, benign)),
            caught=self.share(self.all.phishing, scores.warned),
            wrong=self.share(self.all.benign, scores.warned),
        )


def judged(estimate: Estimate, upper: float | None, most: float) -> Budget:
    """Whether a share is within its budget, by the more careful of the binomial and the bootstrap over sites."""
    if upper is not None and upper < most:
        return Budget.MET
    lower = bounds.lower(estimate.hits, estimate.of)
    if estimate.low is not None:
        lower = min(lower, estimate.low)
    return Budget.REFUTED if lower > most else Budget.NOT_REFUTED


def _once(rows: Sequence[Scored]) -> list[Scored]:
    """With every site as heavy as every other: what bots and repeats post counts once."""
    times = Counter(row.site for row in rows)
    return [row._replace(weight=1 / times[row.site]) for row in rows]


def _interval(resampled: Sequence[float], hits: int, of: int) -> tuple[float | None, float | None]:
    """95 %, over sites. Where all or nothing was hit, resampling knows nothing else: then binomial."""
    found = interval(resampled)
    if not of or found is None:
        return None, None
    if hits in {0, of}:
        return bounds.lower(hits, of, 0.975), bounds.upper(hits, of, 0.975)
    return found
