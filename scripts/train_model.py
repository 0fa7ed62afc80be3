"""Trains the scanner's model and writes it with its data card; with `--tables` also measures what detection is worth.

    make train                      the model and its card
    make train ARGS=--tables        all tables too: sources left out in turn, every source, a year older

Reads ../shared/data/links. Needs the locked packages of requirements/train.txt. The same input gives the same model.

What ships is learned from phishing links of TweetFeed and Phishing.Database (without the hosts that OpenPhish lists),
up to March 2026, and from benign links of every source; limits and calibration are fixed on links of April and May
whose sites were not learned from. The other phishing sources only measure.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from scripts.training import boost, calibrate, card, tables
from scripts.training.fit import Fitted, Prepared, fit, prepare
from scripts.training.sample import LINKS, Mask, Sample, few_per_site, read, ships, take

from whinchat.apps.scanner.features import names
from whinchat.apps.scanner.model.file import SHIPPED, Model, dump
from whinchat.apps.scanner.scoring import Weights

SEED = 20261122
RESULTS = Path(__file__).parents[1] / "benchmarks" / "results" / "detection.json"
SAMPLES = Path(__file__).parents[1] / "tests" / "data" / "model_samples.tsv"
SAMPLED = 60  # links of each of two sources
LEFT_OUT_BENIGN = ("archiveteam_gov_news", "kagi_smallweb", "v2ex_hot")
LEFT_OUT = (*LEFT_OUT_BENIGN, "tweetfeed")


def say(text: str) -> None:
    print(text, flush=True)


def passed(started: float) -> str:
    return f"{time.monotonic() - started:.0f} s"


def samples() -> tuple[Sample, Sample]:
    """Links to learn from, and later links of sites that are not among them under either label."""
    learned, later = read("train"), read("validation")
    seen = {each.site for each in learned}
    return Sample.of(few_per_site(learned, SEED)), Sample.of([each for each in later if each.site not in seen])


def model_of(fitted: Fitted, curves: dict[str, Any], trained: str) -> Model:
    model = Model(
        version="",
        trained=trained,
        prior=calibrate.PRIOR,
        features=names(Weights.load()),
        trees=boost.written(fitted.booster),
        grams=fitted.grams,
        grounds=fitted.grounds,
        curves=curves,
    )
    digest = hashlib.sha256(msgspec.msgpack.encode(model)).hexdigest()[:8]
    return msgspec.structs.replace(model, version=f"{trained}-{digest}")


def write_samples(fitted: Fitted, learned: Sample) -> None:
    """Links of free sources with what LightGBM itself says of them: a test holds the running code to it."""
    chosen = []
    for source in ("tweetfeed", "gov_urls"):
        keys = sorted(learned.key[learned.source == source], key=lambda key: hashlib.sha256(key.encode()).digest())
        chosen += keys[:SAMPLED]
    taken = [take((True, key.partition("://")[2], "", "")) for key in chosen]
    sample = Sample.of([each for each in taken if each is not None])
    raw = fitted.raw(prepare(sample))
    lines = [f"{each.key}\t{score:.5f}" for each, score in zip(taken, raw, strict=True) if each is not None]
    head = "# Links (TweetFeed, CC0; US agencies, public domain) and raw scores, written by scripts/train_model.py"
    SAMPLES.write_text("\n".join([head, *lines, ""]), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", action="store_true", help="measure everything, which takes much longer")
    parser.add_argument("--output", type=Path, default=SHIPPED, help="file to write the model to")
    asked = parser.parse_args()
    if not LINKS.is_dir():
        sys.exit(f"skipped: the links to learn from are not there ({LINKS})")
    started = time.monotonic()
    learned, later = samples()
    say(f"{len(learned):,} links to learn from, {len(later):,} later ones of other sites ({passed(started)})")
    train, test = prepare(learned), prepare(later)
    chosen = ships(learned)
    fitted = fit(train, chosen)
    raw = fitted.raw(test)
    count = [int((chosen & label).sum()) for label in (learned.bad, ~learned.bad)]
    say(f"trained on {count[0]:,} phishing and {count[1]:,} benign links ({passed(started)})")
    ours = (later.source == "tweetfeed") | ~later.bad
    benign = chosen & ~learned.bad
    curves, limits = calibrate.calibrate(
        raw[ours], later.bad[ours], later.address[ours], fitted.unseen[benign], learned.address[benign]
    )
    model = model_of(fitted, curves, str(max(learned.date[chosen & learned.bad])))
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    dump(model, asked.output)
    say(f"{asked.output.name}: version {model.version}, {asked.output.stat().st_size / 1e6:.2f} MB")
    if asked.output == SHIPPED:
        write_samples(fitted, learned)
    found = tables.Tables(say)
    warned = tables.over(raw, later, limits)
    setting = [(raw, later, ~later.bad), (fitted.unseen, learned, benign)]
    scores, classes, sites = (
        np.concatenate(each)
        for each in zip(*((scored[here], of.address[here], of.site[here]) for scored, of, here in setting), strict=True)
    )
    found.add("limits by class of address", tables.limits_by_class(limits, scores, classes, sites))
    found.add("the model that ships: recall", tables.ranking(raw, later))
    found.add("at its limits, by source", tables.told(later, warned, later.source))
    found.add("at its limits, by class", tables.told(later, warned, later.address))
    found.add(
        "limits of one half of the sites on the other",
        tables.crossed(raw, later, fitted.unseen[benign], learned.address[benign]),
    )
    keep(asked.output, model, learned, later, chosen, found)
    if asked.tables:
        for name, table in more(train, test, chosen):
            found.add(name, table)
            keep(asked.output, model, learned, later, chosen, found)
    say(f"done in {passed(started)}")


def keep(output: Path, model: Model, learned: Sample, later: Sample, chosen: Mask, found: tables.Tables) -> None:
    """Write the data card, and for the model that ships the results."""
    card.write(output.with_suffix(".json"), model, learned, later, chosen, found.found)
    if output == SHIPPED:
        result = {"benchmark": "detection", "model": model.version, **found.found}
        RESULTS.write_text(json.dumps(result, indent=1) + "\n")


def more(train: Prepared, test: Prepared, chosen: Mask) -> Iterator[tuple[str, tables.Table]]:
    """Each takes a training of its own."""
    yield "all sources (research): recall", tables.all_sources(train, test)
    for source in LEFT_OUT:
        yield f"ships, {source} left out", tables.source_left_out(train, test, chosen, source)
    everything = np.ones(len(train.sample), bool)
    for source in LEFT_OUT_BENIGN:
        yield f"all sources, {source} left out", tables.source_left_out(train, test, everything, source)
    yield "phishing links to March 2025 only", tables.aged(train, test)


if __name__ == "__main__":
    main()
