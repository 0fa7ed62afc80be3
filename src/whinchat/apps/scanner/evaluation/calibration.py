"""Whether a probability means what it says, at the shares of dangerous links that chats really have."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.evaluation import bounds
from whinchat.apps.scanner.evaluation.bootstrap import Bootstrap, interval
from whinchat.apps.scanner.evaluation.report import Band, Calibration, Estimate, Group
from whinchat.apps.scanner.evaluation.sample import PHISHING, Sample
from whinchat.apps.scanner.scoring import probability

PRIORS = (0.001, 0.02, 0.1)
EDGES = (0.0, 0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 1.0)
_CLOSEST = 1e-12  # to 0 and 1


@dataclass(frozen=True, slots=True)
class _Weighing:
    """What a row counts, so that all rows together are at the prior."""

    phishing: int
    benign: int
    prior: float

    def of(self, bad: bool) -> float:
        return self.prior / self.phishing if bad else (1 - self.prior) / self.benign

    def share(self, phishing: float, benign: float) -> float:
        """Of so many rows of each kind, the weighed share of phishing."""
        heavy = phishing * self.of(bad=True)
        return heavy / (heavy + benign * self.of(bad=False))


def log_odds(p: float) -> float:
    p = min(max(p, _CLOSEST), 1 - _CLOSEST)
    return math.log(p) - math.log1p(-p)


def calibration(
    sample: Sample, rows: Sequence[int], whole: Group, assumed: float, priors: Sequence[float], bootstrap: Bootstrap
) -> Iterator[Calibration]:
    """One table a prior. `assumed`: the prior that the scanner's probabilities are made for; they are moved to the
    prior of the table, as anybody would who knows their chat. Rows without a probability are not in it.
    """
    judged = [row for row in rows if not math.isnan(sample.probability[row])]
    phishing = sum(sample.label[row] == PHISHING for row in judged)
    if not 0 < phishing < len(judged):
        return
    for prior in priors:
        weighing = _Weighing(phishing, len(judged) - phishing, prior)
        shift = log_odds(prior) - log_odds(assumed)
        rows_of: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for row in judged:
            said = probability(log_odds(sample.probability[row]) + shift)
            rows_of[_band(said)].append((row, said))
        bands = [_counted(sample, rows_of[number], number, weighing, bootstrap) for number in sorted(rows_of)]
        yield Calibration(
            prior=prior,
            error=math.fsum(weight * abs(band.says - (band.found.value or 0.0)) for band, weight in bands),
            bands=tuple(band for band, _ in bands),
            right_when_warned=_right(whole.caught, whole.wrong, prior),
            right_when_malicious=_right(whole.caught_malicious, whole.wrong_malicious, prior),
        )


def _band(said: float) -> int:
    return next(number for number, edge in enumerate(EDGES[1:]) if said < edge or edge == 1.0)


def _counted(
    sample: Sample, band: Sequence[tuple[int, float]], number: int, weighing: _Weighing, bootstrap: Bootstrap
) -> tuple[Band, float]:
    """The band, and the weight of its rows."""
    weighed = [(row, bad := sample.label[row] == PHISHING, weighing.of(bad), said) for row, said in band]
    total = math.fsum(weight for _, _, weight, _ in weighed)
    phishing = sum(bad for _, bad, _, _ in weighed)
    benign = len(band) - phishing
    low: float | None
    high: float | None
    if phishing and benign:
        resampled = bootstrap.share((sample.site[row], bad * weight, weight) for row, bad, weight, _ in weighed)
        low, high = interval(resampled) or (None, None)
    else:  # resampling knows nothing of what might have been here as well
        low = weighing.share(phishing, _most(benign, weighing.benign)) if phishing else 0.0
        high = weighing.share(_most(phishing, weighing.phishing), benign) if benign else 1.0
    return (
        Band(
            low=EDGES[number],
            high=EDGES[number + 1],
            rows=len(band),
            says=math.fsum(weight * said for _, _, weight, said in weighed) / total,
            found=Estimate(weighing.share(phishing, benign), low, high, phishing, len(band)),
        ),
        total,
    )


def _most(rows: int, of: int) -> float:
    """How many rows there could have been as well."""
    return bounds.upper(rows, of, 0.975) * of


def _right(caught: Estimate, wrong: Estimate, prior: float) -> float | None:
    """Bayes: how many of the flagged are dangerous, where `prior` of all are."""
    right = (caught.value or 0.0) * prior
    flagged = right + (wrong.value or 0.0) * (1 - prior)
    return right / flagged if flagged else None
