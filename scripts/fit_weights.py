"""Fits what the scanner's evidence weighs, and prints how well it does on links of sites it has not seen.

    .venv/bin/python scripts/fit_weights.py [--check]

Reads ../shared/data/links and writes suffixes.toml, names.toml and the fitted numbers of weights.toml, the same bytes
for the same input. Standard library only. Phishing links come from sources whose licence lets numbers learned from them
ship (TweetFeed, Phishing.Database without the OpenPhish part); the other sources only measure.

Fitting: suffixes and name shapes are counted per site, out of fold for the links that weights are fitted on; the
weights are a logistic regression in which danger cannot count as safety; base and slope per class of address are
fitted on validation (its TweetFeed links and all its benign ones) at the declared prior, then lowered until wrong
warnings are within the budget.
"""

from __future__ import annotations

import argparse
import gzip
import math
import random
import re
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from scripts.link_report import Judged, at, recalls
from scripts.link_report import calibration as bands

from whinchat.apps.scanner.evidence.index import gather
from whinchat.apps.scanner.evidence.known import know
from whinchat.apps.scanner.evidence.names import NameShapes, groups_of
from whinchat.apps.scanner.evidence.reading import decoded
from whinchat.apps.scanner.evidence.suffix import ground
from whinchat.apps.scanner.evidence.tables import DATA, Tables
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.knowledge import Listing, Lists, SiteTag
from whinchat.apps.scanner.links.link import Link, Site
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.scoring import AddressClass, Calibration, Weights, probability
from whinchat.infra.clock import SystemClock

LINKS = Path(__file__).parents[2] / "shared" / "data" / "links"
SHIPPABLE = ("tweetfeed", "phishdb_active", "phishdb_inactive")
FOLDS = 5
MOST_PER_SITE = 3  # links of one site: a site is one fact, however often it is seen
OLD_COUNTS = 0.4  # phishing of before 2025 against newer
SEED = 20261122
WARN, BUDGET = 0.8, 0.001
EPOCHS, RATE, RIDGE = 12, 0.15, 2e-6


@dataclass(slots=True)
class Example:
    link: Link
    bad: bool
    source: str
    fold: int
    importance: float
    address: AddressClass = AddressClass.OWN
    facts: tuple[tuple[str, float], ...] = ()
    total: float = 0.0


class LinkOnly:
    """The shipped lists without their threat feeds: what is fitted must not know the answers."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self.version = lists.version
        self.age_days = lists.age_days

    def listings(self, link: Link) -> tuple[Listing, ...]:
        return ()

    def popular(self, site: Site) -> bool:
        return self._lists.popular(site)

    def tags(self, link: Link) -> frozenset[SiteTag]:
        return self._lists.tags(link)


# --- reading -----------------------------------------------------------------------------------------------------


def rows(path: Path) -> Iterator[tuple[bool, str, str, str]]:
    """(phishing, URL without scheme, source, date) of each row."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            _, label, url, source, date, *_ = line.rstrip("\n").split("\t")
            yield label == "1", url, source, date


def examples(path: Path, wanted: Callable[[bool, str], bool], most: int, unlike: frozenset[str]) -> list[Example]:
    """The wanted links, at most `most` of a site and none of the sites `unlike`; unreadable ones are left out."""
    found: list[Example] = []
    seen: Counter[tuple[str, bool]] = Counter()
    for bad, url, source, date in rows(path):
        if not wanted(bad, source) or (link := parse_link("http://" + url)) is None:
            continue
        key = (link.site.name, bad)
        seen[key] += 1
        if seen[key] > most or link.site.name in unlike:
            continue
        fold = zlib.crc32(link.site.name.encode()) % FOLDS
        found.append(Example(link, bad, source, fold, OLD_COUNTS if bad and date < "2025" else 1.0))
    return found


def openphish_hosts() -> frozenset[str]:
    return frozenset(
        url.partition("/")[0].lower() for bad, url, source, _ in rows(LINKS / "train.tsv.gz") if source == "openphish"
    )


# --- counting ----------------------------------------------------------------------------------------------------


def odds_of(
    bad: Mapping[str, float], good: Mapping[str, float], *, shrink: float, least: float, most: float
) -> dict[str, float]:
    """Log-odds per key, shrunk towards 0; `least` observations needed, cut off at `most`."""
    total = {True: sum(bad.values()), False: sum(good.values())}
    level = min(total.values())
    found = {}
    for key in sorted(bad.keys() | good.keys()):
        worse, better = bad.get(key, 0.0), good.get(key, 0.0)
        if worse + better >= least:
            odds = math.log((worse * level / total[True] + shrink) / (better * level / total[False] + shrink))
            if abs(odds) >= 0.2:
                found[key] = round(max(-most, min(most, odds)), 1)
    return found


def count_grounds(sample: Iterable[Example]) -> dict[str, float]:
    sites = {(each.link.site.name, each.bad): each for each in sample if each.link.site.suffix}
    found: dict[bool, dict[str, float]] = {True: defaultdict(float), False: defaultdict(float)}
    for each in sites.values():
        found[each.bad][ground(each.link.site)] += each.importance
    return odds_of(found[True], found[False], shrink=6, least=4, most=4)


def count_shapes(sample: Iterable[Example], *, shared: bool) -> dict[str, float]:
    """Of names on hosting or of sites with a domain of their own; mixed, they would only say hosting."""
    names = {(each.link.site.label, each.bad): each for each in sample if each.link.site.shared is shared}
    found: dict[bool, dict[str, float]] = {True: defaultdict(float), False: defaultdict(float)}
    for (name, bad), each in names.items():
        for group in groups_of(decoded(name)):
            found[bad][group] += each.importance
    return odds_of(found[True], found[False], shrink=8, least=12, most=3)


def levels(odds: Mapping[str, float]) -> dict[str, str]:
    found = defaultdict(list)
    for group, value in sorted(odds.items()):
        if group.isascii() and not set(group) & set(' "\\'):
            found[str(round(value * 10))].append(group)
    return {level: " ".join(found[level]) for level in sorted(found, key=int)}


# --- fitting -----------------------------------------------------------------------------------------------------


def look(sample: Sequence[Example], tables_of: Callable[[Example], Tables], lists: Lists) -> None:
    """Gather the evidence of each example."""
    for each in sample:
        known = know(each.link, tables_of(each), lists)
        each.address = AddressClass.of(each.link, known.tags)
        each.facts = tuple((fact.name, fact.amount) for fact in gather(each.link, known))


def regress(sample: list[Example], weights: Weights) -> dict[str, float]:
    """Logistic regression by adaptive gradient steps; signs stay as declared, what is not fitted stays as it is."""
    names = [name for name, weight in weights.evidence.items() if weight.fitted]
    signs = {name: -1 if weights.evidence[name].group == "safety" else 1 for name in names}
    fixed = {name: weight.weight for name, weight in weights.evidence.items() if not weight.fitted}
    current = dict.fromkeys(names, 0.0)
    squares = dict.fromkeys([*names, ""], 1e-6)
    bias = 0.0
    mass = {bad: sum(each.importance for each in sample if each.bad is bad) for bad in (True, False)}
    balance = {True: 1.0, False: mass[True] / mass[False]}
    shuffled = list(sample)
    rng = random.Random(SEED)
    for epoch in range(EPOCHS):
        rng.shuffle(shuffled)
        rate = RATE / (1 + epoch)
        for each in shuffled:
            total = bias + sum(current.get(name, fixed.get(name, 0.0)) * amount for name, amount in each.facts)
            error = (probability(total) - each.bad) * each.importance * balance[each.bad]
            squares[""] += error * error
            bias -= rate * error / math.sqrt(squares[""])
            for name, amount in each.facts:
                if name in current:
                    step = error * amount + RIDGE * current[name]
                    squares[name] += step * step
                    moved = current[name] - rate * step / math.sqrt(squares[name])
                    current[name] = moved if moved * signs[name] > 0 else 0.0
    return {name: round(value, 2) for name, value in current.items()}


def add_up(sample: Iterable[Example], weights: Weights) -> None:
    """The score before calibration, capped by group as `scoring.score` does."""
    for each in sample:
        groups: dict[str, float] = defaultdict(float)
        safety = 0.0
        for name, amount in each.facts:
            weight = weights.evidence[name]
            if weight.weight > 0:
                groups[weight.group] += weight.weight * amount
            else:
                safety += weight.weight * amount
        each.total = safety + sum(min(total, weights.groups[group].cap) for group, total in groups.items())


def calibrate(sample: Sequence[Example], prior: float) -> dict[AddressClass, Calibration]:
    """Base and slope per class by Newton's method, links weighed so that the whole sample is at the prior."""
    importance = {
        True: prior / sum(each.bad for each in sample),
        False: (1 - prior) / sum(not each.bad for each in sample),
    }
    fitted = {}
    whole = _platt(sample, importance)
    for address in AddressClass:
        part = [each for each in sample if each.address is address]
        enough = min(sum(each.bad for each in part), sum(not each.bad for each in part)) >= 50
        fitted[address] = _platt(part, importance) if enough else whole
    return fitted


def _platt(sample: Sequence[Example], importance: Mapping[bool, float]) -> Calibration:
    base, slope = -4.0, 1.0
    for _ in range(50):
        g0 = g1 = 0.0
        h00 = h11 = 1e-9
        h01 = 0.0
        for each in sample:
            p = probability(base + slope * each.total)
            weight = importance[each.bad]
            error, curve = weight * (p - each.bad), weight * p * (1 - p)
            g0, g1 = g0 + error, g1 + error * each.total
            h00, h01, h11 = h00 + curve, h01 + curve * each.total, h11 + curve * each.total**2
        det = h00 * h11 - h01 * h01
        base -= (h11 * g0 - h01 * g1) / det
        slope -= (h00 * g1 - h01 * g0) / det
    return Calibration(base, slope)


def within_budget(
    sample: Sequence[Example], calibration: dict[AddressClass, Calibration]
) -> dict[AddressClass, Calibration]:
    """Lower all bases together until at most `BUDGET` of the benign links would be warned about."""
    good = sorted((logit(calibration, each) for each in sample if not each.bad), reverse=True)
    limit = good[int(BUDGET * len(good))]
    shift = min(0.0, math.log(WARN / (1 - WARN)) - limit - 0.01)
    return {
        address: Calibration(round(each.base + shift, 2), round(each.slope, 3)) for address, each in calibration.items()
    }


def logit(calibration: Mapping[AddressClass, Calibration], each: Example) -> float:
    chosen = calibration[each.address]
    return chosen.base + chosen.slope * each.total


# --- writing -----------------------------------------------------------------------------------------------------


def table(title: str, section: str, items: Iterable[str]) -> str:
    return "\n".join([*(f"# {line}" for line in title.splitlines()), "", f"[{section}]", *items, ""])


def suffix_file(odds: Mapping[str, float]) -> str:
    title = "Public suffix to log-odds of danger, from counts of sites, shrunk. Written by scripts/fit_weights.py."
    return table(title, "suffixes", (f'"{suffix}" = {value}' for suffix, value in sorted(odds.items())))


def shape_file(names: Mapping[str, str], pages: Mapping[str, str]) -> str:
    title = (
        "Groups of three characters in names of sites (^ is an edge, 0 any digit), by tenths of log-odds of danger.\n"
        "[names]: of domains; [pages]: of names on hosting. Written by scripts/fit_weights.py."
    )
    sections = [f'{level} = "{groups}"' for level, groups in names.items()]
    sections += ["", "[pages]", *(f'{level} = "{groups}"' for level, groups in pages.items())]
    return table(title, "names", sections)


def weight_file(text: str, fitted: Mapping[str, float], calibration: Mapping[AddressClass, Calibration]) -> str:
    """The file with its fitted numbers replaced; everything declared by hand stays as it is."""
    for name, value in fitted.items():
        text = re.sub(rf"(?m)^({name} = .*weight = )[-\d.]+(, fitted = true)", rf"\g<1>{value:.2f}\2", text)
    for address, numbers in calibration.items():
        line = f"{address.value} = {{ base = {numbers.base}, slope = {numbers.slope} }}"
        text = re.sub(rf"(?m)^{address.value} = {{ base.*$", line, text)
    digest = zlib.crc32(re.sub(r"(?m)^version = .*$", "", text).encode())
    return re.sub(r"(?m)^version = .*$", f'version = "{digest:08x}"', text)


# --- the whole ---------------------------------------------------------------------------------------------------


def say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)


def report(sample: Sequence[Example], judge: Judge) -> None:
    """The tables, for the links of unseen sites, as the scanner itself would judge them without feeds."""
    judged, told = [], Counter[tuple[str, str]]()
    for each in sample:
        verdict = judge.judge(each.link, 0)
        judged.append(Judged(each.bad, each.source, each.address.value, verdict.score))
        told["phishing" if each.bad else "benign", verdict.level.value] += 1
    warn = math.log(WARN / (1 - WARN))
    say("recall at 0.01, 0.1, 1 % false positives on links of unseen sites:")
    say(f"  sources that ship        {recalls(judged, lambda each: each.source in SHIPPABLE)}")
    say(f"  all sources              {recalls(judged, lambda each: True)}")
    say(f"at p >= {WARN}, by source:", *at(judged, warn, lambda each: each.source))
    say("by class of address:", *at(judged, warn, lambda each: each.address))
    say("all:", *at(judged, warn, lambda each: ""))
    say("verdicts:", *(f"  {label:9} {level:11} {count:6}" for (label, level), count in sorted(told.items())))
    prior = judge.weights.prior
    shipped = [each for each in judged if not each.bad or each.source in SHIPPABLE]
    for assumed in (0.001, prior, 0.1):
        shift = math.log(assumed / (1 - assumed)) - math.log(prior / (1 - prior))
        moved = [replace(each, score=each.score + shift) for each in shipped]
        say(f"calibration at a prior of {100 * assumed:g} %:", *bands(moved, assumed))


def learned(tables: Tables, sample: Sequence[Example]) -> tuple[Tables, dict[str, str]]:
    """The tables with everything counted anew on the sample, and the files that hold the counts."""
    grounds = count_grounds(sample)
    names, pages = (levels(count_shapes(sample, shared=shared)) for shared in (False, True))
    files = {"suffixes.toml": suffix_file(grounds), "names.toml": shape_file(names, pages)}
    return replace(tables, grounds=grounds, names=NameShapes(names), pages=NameShapes(pages)), files


def training() -> list[Example]:
    """Of sources that may ship; Phishing.Database without the hosts that OpenPhish has too."""
    foreign = openphish_hosts()
    found = examples(
        LINKS / "train.tsv.gz", lambda bad, source: not bad or source in SHIPPABLE, MOST_PER_SITE, frozenset()
    )
    return [each for each in found if not (each.source.startswith("phishdb") and each.link.host in foreign)]


def fit(lists: Lists) -> tuple[dict[str, str], Callable[[], None]]:
    """File name to new content, and what prints the tables."""
    train = training()
    say(f"train: {sum(each.bad for each in train)} phishing, {sum(not each.bad for each in train)} benign links")
    tables, weights = Tables.load(), Weights.load()
    by_fold = [learned(tables, [each for each in train if each.fold != fold])[0] for fold in range(FOLDS)]
    look(train, lambda each: by_fold[each.fold], lists)
    fitted = regress(train, weights)
    evidence = {
        name: msgspec.structs.replace(weight, weight=fitted.get(name, weight.weight))
        for name, weight in weights.evidence.items()
    }
    weights = msgspec.structs.replace(weights, evidence=evidence)

    final, counts = learned(tables, train)
    seen = frozenset(each.link.site.name for each in train)
    unseen = examples(LINKS / "validation.tsv.gz", lambda bad, source: True, MOST_PER_SITE, seen)
    look(unseen, lambda each: final, lists)
    add_up(unseen, weights)
    shippable = [each for each in unseen if not each.bad or each.source in SHIPPABLE]
    calibration = within_budget(shippable, calibrate(shippable, weights.prior))
    judge = Judge(lists, tables=final, weights=msgspec.structs.replace(weights, calibration=calibration))
    text = weight_file((DATA / "weights.toml").read_text("utf-8"), fitted, calibration)
    return {**counts, "weights.toml": text}, lambda: report(unseen, judge)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="print the tables and write nothing")
    options = parser.parse_args()
    if not LINKS.is_dir():
        print("the training links are not here: ../shared/data/links is missing", file=sys.stderr)
        return 2
    files, tables = fit(LinkOnly(SnapshotLists(None, SystemClock())))
    tables()
    if not options.check:
        for name, text in files.items():
            (DATA / name).write_text(text, encoding="utf-8", newline="\n")
            say(f"wrote {name}: {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
