"""What the text around a link adds: scams with text found, honest chats wronged, and the style control beside it.

    .venv/bin/python -m scripts.context_report [--kinds] [--no-links] [--model FILE]

Reads ../shared/data; without it, says so and does nothing. Link only: no feeds, no network. A message's score is the
highest of its links; messages without a link are never judged.

What the text weighs is not fitted, yet words, rules and weights were chosen by hand with these tables in view: the
texts of the Hardhat messages and of the chats were read, and what wronged them was mended, so their rows are not
unseen. SmishTank's texts were not read, but its totals were looked at while weights and rules were chosen: its recall
is somewhat too good as well. Only messages that nobody looked at can say how good this is.

In what the link weighs no chat is left out either: the links of whatwg_irc and zig_irc are among the benign ones that
the shipped model learned from. The second table keeps the messages whose deciding link is of no site in the training
links, whatever that site was called there; `--model` takes a model that was trained without those chats.

The text alone puts an ordinary link (log-odds `ORDINARY`) in place of each one found. The style control does the same
to ham SMS, which are no scams: were the text's score no more than "written like an SMS", they would be found like
scams. What the text is worth is how much more often scams are found.
"""

from __future__ import annotations

import argparse
import gzip
import math
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from whinchat.apps.scanner.evaluation.bounds import upper
from whinchat.apps.scanner.evidence.index import CONTEXT, around
from whinchat.apps.scanner.evidence.message import MessageReading
from whinchat.apps.scanner.evidence.situation import Situation
from whinchat.apps.scanner.evidence.tables import Tables
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.links.extract import links_of
from whinchat.apps.scanner.links.link import Link, LinkKind
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.model.file import SHIPPED, load
from whinchat.apps.scanner.scoring import Part, score
from whinchat.apps.scanner.verdict import Level
from whinchat.infra.clock import SystemClock

DATA = Path(__file__).parents[2] / "shared" / "data"
ORDINARY = -4.0
"""Log-odds of a link that nothing is known about."""
PLACEHOLDER = "https://ordinary.example.com/page"
WARNED = frozenset({Level.SUSPICIOUS, Level.MALICIOUS})
SMS = "hardhat_combined"
RATE = 0.001  # of a chat's messages that may be wronged
FRESH = range(20)  # repeats of a timing; the best counts


@dataclass(frozen=True, slots=True)
class Seen:
    """A message with links, judged."""

    label: str
    source: str
    site: str
    """Of the link that decided."""
    alone: bool
    """Warned for its link alone."""
    warned: bool
    text: float
    """Log-odds that the text adds to an ordinary link."""
    kinds: frozenset[str]

    @property
    def group(self) -> str:
        return f"{self.label}, {self.source}"


@dataclass(frozen=True, slots=True)
class Bench:
    judge: Judge
    ordinary: Link

    def text(self, message: MessageReading) -> tuple[float, frozenset[str]]:
        """What the text adds to an ordinary link, and by which kinds of evidence."""
        found = around(self.ordinary, Situation(self.judge.tables, message))
        return score(found, self.judge.weights, 0.0).log_odds, frozenset(each.name for each in found)

    def see(self, label: str, text: str, source: str) -> Seen | None:
        links = web_links(text)
        if not links:
            return None
        message = MessageReading.of([text], self.judge.tables)
        situation = Situation(self.judge.tables, message)
        pairs = []
        for link in links:
            verdict = self.judge.judge(link, 0)
            pairs.append((link, verdict, self.judge.in_situation(verdict, link, situation)))
        worst = max(pairs, key=lambda pair: pair[2].score)
        added, kinds = self.text(message)
        return Seen(
            label=label,
            source=source,
            site=worst[0].site.name,
            alone=any(verdict.level in WARNED for _, verdict, _ in pairs),
            warned=any(told.level in WARNED for _, _, told in pairs),
            text=added,
            kinds=kinds,
        )


def web_links(text: str) -> list[Link]:
    return [link for link in links_of(text) if link.kind is LinkKind.WEB]


def rows(name: str) -> Iterator[tuple[str, str, str]]:
    """(label, text, source) of each message."""
    with gzip.open(DATA / "messages" / name, "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            label, text, source, *_ = line.rstrip("\n").split("\t")
            yield label, text, source


def link_rows(split: str) -> Iterator[tuple[str, str]]:
    """(label, URL without its scheme) of each link."""
    with gzip.open(DATA / "links" / f"{split}.tsv.gz", "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            _, label, url, *_ = line.split("\t")
            yield label, url


def say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)


def share(part: int, whole: int) -> str:
    return f"{part:6d} of {whole:6d} = {part / whole if whole else 0:7.4f}"


def grouped(seen: Iterable[Seen]) -> dict[str, list[Seen]]:
    groups: dict[str, list[Seen]] = defaultdict(list)
    for each in seen:
        groups[each.group].append(each)
    return dict(sorted(groups.items()))


def tell_kinds(seen: Sequence[Seen]) -> None:
    groups = grouped(seen)
    say(
        "",
        "messages with each kind of evidence, of 1,000 with links",
        " " * 20 + "".join(f"{g[:24]:>26}" for g in groups),
    )
    for kind in CONTEXT:
        hits = [sum(kind.__name__ in each.kinds for each in group) / len(group) for group in groups.values()]
        say(f"{kind.__name__:20}" + "".join(f"{1000 * each:26.1f}" for each in hits))


def tell_warned(seen: Sequence[Seen]) -> None:
    say("", "messages with links that are warned about:   by the link alone, then with the text (95 % upper bound)")
    tell_groups(seen)


def tell_groups(seen: Sequence[Seen]) -> None:
    for name, group in grouped(seen).items():
        line = f"  {name:28} {both(group)}"
        if group[0].label == "ham":
            sites: dict[str, bool] = {}
            for each in group:
                sites[each.site] = sites.get(each.site, False) or each.warned
            line += f" (≤ {upper(sum(each.warned for each in group), len(group)):.4f});  sites "
            line += f"{share(sum(sites.values()), len(sites))} (≤ {upper(sum(sites.values()), len(sites)):.4f})"
        say(line)


def both(group: Sequence[Seen]) -> str:
    alone, warned = sum(each.alone for each in group), sum(each.warned for each in group)
    return f"{share(alone, len(group))}   {share(warned, len(group))}"


def tell_unseen(seen: Sequence[Seen]) -> None:
    """Without the sites of the training links."""
    learned = {link.site.name for _, url in link_rows("train") if (link := parse_link("http://" + url))}
    say("", "the same on sites not learned from")
    tell_groups([each for each in seen if each.site not in learned])


def tell_style(seen: Sequence[Seen], sms: Sequence[float], warn: float) -> None:
    """The text alone, at each chat's threshold at which it would wrong `RATE` of its messages, and at one for all."""
    scams = {name: [each.text for each in group] for name, group in grouped(seen).items() if group[0].label != "ham"}
    limits: dict[str, float] = {
        name: max(threshold([each.text for each in group]), 1e-9)
        for name, group in grouped(seen).items()
        if group[0].label == "ham" and group[0].source != SMS
    }
    limits["one for all"] = warn - ORDINARY
    say("", f"the text alone, before an ordinary link; thresholds at which {RATE:.1%} of a chat would be wronged")
    for name, limit in limits.items():
        control = sum(each >= limit for each in sms)
        say(
            f"  {name}: log-odds ≥ {limit:.2f}",
            f"    {'ham SMS: STYLE CONTROL':28} {share(control, len(sms))}",
        )
        for label, scores in scams.items():
            found = sum(each >= limit for each in scores)
            more = found / len(scores) - control / len(sms)
            say(f"    {label:28} {share(found, len(scores))}   more than the control: {more:.4f}")


def log_odds(chance: float) -> float:
    return math.log(chance / (1 - chance))


def threshold(scores: Sequence[float]) -> float:
    ordered = sorted(scores, reverse=True)
    return ordered[int(RATE * len(ordered))] + 1e-9


def tell_links(judge: Judge) -> None:
    """Ordinary links without any text: the text cannot wrong them, only the link can."""
    warned, sites = 0, dict[str, bool]()
    total = 0
    for label, url in link_rows("validation"):
        if label == "1" or (link := parse_link("http://" + url)) is None:
            continue
        wrong = judge.judge(link, 0).level in WARNED
        total, warned = total + 1, warned + wrong
        sites[link.site.name] = sites.get(link.site.name, False) or wrong
    say("", f"  {'benign links, no text':28} {share(warned, total)};  sites {share(sum(sites.values()), len(sites))}")


def tell_time(texts: Sequence[str], tables: Tables) -> None:
    def best(sample: Sequence[str]) -> float:
        return min(timed(lambda: [MessageReading.of([text], tables) for text in sample]) for _ in FRESH) / len(sample)

    short = [text for text in texts if len(text) <= 60][:200]
    typical = [text for text in texts if 150 <= len(text) <= 250][:200]
    say(
        "",
        f"reading a message: {1e6 * best(short):.0f} µs (≤ 60 characters), {1e6 * best(typical):.0f} µs (150 to 250)",
    )


def timed(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kinds", action="store_true", help="how often each kind of evidence fires")
    parser.add_argument("--no-links", action="store_true", help="leave out what needs the link data")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="another model than the shipped one")
    options = parser.parse_args()
    if not (DATA / "messages").is_dir():
        print("skipped: the messages are not here, ../shared/data/messages is missing", file=sys.stderr)
        return 0
    ordinary = parse_link(PLACEHOLDER)
    if ordinary is None:
        raise ValueError(PLACEHOLDER)
    judge = Judge(SnapshotLists(None, SystemClock()), model=load(options.model))
    bench = Bench(judge.variant(frozenset({Part.FEEDS})), ordinary)
    tables = bench.judge.tables

    seen: list[Seen] = []
    sms: list[float] = []
    texts: list[str] = []
    silent: Counter[str] = Counter()
    for label, text, source in (*rows("messages.tsv.gz"), *rows("smishtank_validation.tsv.gz")):
        if found := bench.see(label, text, source):
            seen.append(found)
            texts.append(text)
        else:
            silent[f"{label}, {source}"] += 1
        if (label, source) == ("ham", SMS):
            blank = text if found else f"{text} {PLACEHOLDER}"
            sms.append(bench.text(MessageReading.of([blank], tables))[0])
    say("messages without a link, never judged: " + ", ".join(f"{name} {count}" for name, count in silent.items()))
    tell_warned(seen)
    if not options.no_links:
        tell_unseen(seen)
        tell_links(bench.judge)
    tell_style(seen, sms, log_odds(bench.judge.rules.thresholds.warn))
    if options.kinds:
        tell_kinds(seen)
    tell_time(texts, tables)
    return 0


if __name__ == "__main__":
    sys.exit(main())
