"""Throws mutated messages at everything that reads links, from the text to the verdict.

    .venv/bin/python -m scripts.fuzz_links [--minutes 10] [--seed N]

Starts from the cases of tests/data/links and the hostile texts, and mutates them: cuts, splices, bytes, hidden marks,
look-alikes, nesting, repetition, great lengths. What breaks a rule (`RULES`) or takes too long is made as small as it
stays broken and printed as a line for the regression cases in tests/integration/apps/scanner/links/test_fuzz.py. The
same seed and number of texts gives the same texts. Exit code 1 when anything broke.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from scripts.fuzz_mutations import mutated
from tests.support.hostile import texts
from tests.support.link_cases import cases

from whinchat.apps.scanner.evidence.message import MessageReading
from whinchat.apps.scanner.evidence.situation import History, Situation
from whinchat.apps.scanner.feeds.lists import SnapshotLists
from whinchat.apps.scanner.judge import Judge
from whinchat.apps.scanner.links.canonical import canonical
from whinchat.apps.scanner.links.extract import extract, links_of
from whinchat.apps.scanner.links.link import Link, LinkKind
from whinchat.apps.scanner.links.parse import parse_link, web_link
from whinchat.apps.scanner.links.safe_browsing import canonicalise, expressions
from whinchat.apps.scanner.links.site import site_of
from whinchat.apps.scanner.verdict import Verdict
from whinchat.infra.clock import SystemClock

NOW = 1_795_000_000_000
REPORT_EVERY = 60.0  # seconds
MOST_FAILURES = 20  # kinds, after which there is enough to do
SHRINK_SECONDS = 20.0

# What a text may cost, in milliseconds of processor time; an idle machine takes a third of it.
BASE, PER_10K, PER_LINK, PER_VERDICT = 3.0, 15.0, 0.15, 1.5
LOOKS = 3  # one slow look is a busy machine, three are a slow text
JUDGED = 20  # links of a text

T = TypeVar("T")


# --- what must hold ----------------------------------------------------------------------------------------------


class Broken(Exception):
    """A rule does not hold; the message is the rule."""


def hold(rule: str, truth: bool) -> None:
    if not truth:
        raise Broken(rule)


class Rules:
    """Everything that must hold for any text. Without `timed` it may take as long as it wants."""

    def __init__(self, *, timed: bool = True) -> None:
        self._looks = LOOKS if timed else 0
        self._judge = Judge(SnapshotLists(None, SystemClock()))
        self._histories = (
            History(),
            History(own_ground=True, senders_here=2, chats_elsewhere=3, chats_with_link=9, chats_with_site=9),
        )

    def check(self, text: str) -> None:
        """Raises Broken, or whatever the code raises."""
        count = self._places(text)
        links = self._quick("finding links is quick", PER_LINK * count, 6 * len(text), lambda: links_of(text))
        hold("links_of gives each key once", len({link.key for link in links}) == len(links))
        size = sum(len(link.url) for link in links)
        some = links[:JUDGED]
        verdicts = self._quick(
            "judging is quick", PER_VERDICT * len(some), size, lambda: [self._judge.judge(link, NOW) for link in some]
        )
        tables = self._judge.tables
        reading = self._quick("reading is quick", 0.0, len(text), lambda: MessageReading.of([text], tables))
        for link, verdict in zip(some, verdicts, strict=True):
            self._link(link)
            self._verdict(verdict)
            for history in self._histories:
                self._verdict(self._judge.in_situation(verdict, link, Situation(tables, reading, history)))
        typed = parse_link(text)
        if typed:
            hold("what is typed stands where it says", text[typed.start : typed.end] == typed.raw)
            self._link(typed)
            self._verdict(self._judge.judge(typed, NOW))

    @staticmethod
    def _places(text: str) -> int:
        """How many links stand in the text."""
        end = 0
        found = extract(text)
        for link in found:
            hold("links are in order and apart", end <= link.start < link.end <= len(text))
            hold("raw is what stands there", link.raw == text[link.start : link.end])
            end = link.end
        return len(found)

    def _quick(self, rule: str, base: float, size: int, work: Callable[[], T]) -> T:
        """What the work comes to; `size` in characters."""
        found = work()
        for look in range(self._looks):
            started = time.thread_time()
            found = work()
            if (time.thread_time() - started) * 1e3 <= BASE + base + PER_10K * size / 10_000:
                break
            hold(rule, look < self._looks - 1)
        return found

    @staticmethod
    def _link(link: Link) -> None:
        depth = 0
        outer = link.wrapper
        while outer:
            depth += 1
            hold("a wrapped link stands where its wrapper does", (link.start, link.raw) == (outer.start, outer.raw))
            outer = outer.wrapper
        hold("wrappers end", depth <= 5)
        if link.kind is not LinkKind.WEB:
            hold("other links have a scheme", bool(link.scheme) and link.url.startswith(f"{link.scheme}:"))
            return
        hold("a URL is its own canonical form", canonical(link.url) == (link.url, link.key))
        hold("a key is its own key", canonical(link.key)[1] == link.key)
        again = web_link(link.raw, link.start, link.url, link.tricks, link.wrapper)
        hold("a URL is read as the link it came from", again == link)
        typed = parse_link(link.url)
        hold("a typed URL has the same key", typed is not None and typed.key == link.key)
        hold("the site is that of host and path", link.site == site_of(link.host, link.path))
        hold("hosts are ASCII", link.host.isascii() and link.host == link.host.lower() and not link.host.endswith("."))
        listed = canonicalise(link.url)
        hold("Safe Browsing's form is its own form", canonicalise(listed) == listed)
        hold("there are at most 30 expressions", 1 <= len(expressions(link.url)) <= 30)

    @staticmethod
    def _verdict(verdict: Verdict) -> None:
        hold("a probability is between 0 and 1", 0.0 <= verdict.probability <= 1.0)
        hold("a score is a number", math.isfinite(verdict.score))
        hold("weights are numbers", all(math.isfinite(reason.weight) for reason in verdict.reasons))
        hold("a verdict can be stored", msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict) == verdict)


# --- trying, and making small ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Campaign:
    rules: Rules = field(default_factory=Rules)
    tried: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    """By what broke, the smallest text found."""
    again: Counter[str] = field(default_factory=Counter)

    def broken(self, text: str) -> str | None:
        """What breaks: a rule, or an error and where it was raised."""
        try:
            self.rules.check(text)
        except Broken as rule:
            return str(rule)
        except Exception as error:  # any error at all is what is looked for
            frame = traceback.extract_tb(error.__traceback__)[-1]
            return f"{type(error).__name__} in {frame.name}"
        return None

    def run(self, seed: int, *, texts_at_most: float = math.inf, seconds: float = math.inf) -> None:
        chance, corpus = random.Random(seed), start_texts()
        began = reported = time.monotonic()
        while self.tried < texts_at_most and (now := time.monotonic()) - began < seconds:
            self.tried += 1
            text = mutated(corpus, chance)
            what = self.broken(text)
            if what:
                self._remember(what, text)
                if len(self.failures) >= MOST_FAILURES:
                    return
            if now - reported > REPORT_EVERY:
                reported = now
                print(f"{self.tried} texts, {len(self.failures)} kinds of failure", file=sys.stderr, flush=True)

    def _remember(self, what: str, text: str) -> None:
        self.again[what] += 1
        if what not in self.failures:
            self.failures[what] = self.smallest(what, text)
            print(regression(what, self.failures[what]), flush=True)

    def smallest(self, what: str, text: str) -> str:
        """A small text that breaks the same: pieces left out while it does, then letters made plain."""
        end = time.monotonic() + SHRINK_SECONDS
        size = max(1, len(text) // 2)
        while size and time.monotonic() < end:
            at = 0
            while at < len(text) and time.monotonic() < end:
                shorter = text[:at] + text[at + size :]
                if self.broken(shorter) == what:
                    text = shorter
                else:
                    at += size
            size //= 2
        for at in range(len(text)):
            plain = text[:at] + "a" + text[at + 1 :]
            if text[at].isalnum() and time.monotonic() < end and self.broken(plain) == what:
                text = plain
        return text


def start_texts() -> list[str]:
    written = [row[1] for name in ("links.tsv", "prose.tsv") for row in cases(name)]
    return [*written, *texts(300).values()]


def regression(what: str, text: str) -> str:
    shown = ascii(text) if len(text) <= 2_000 else f"{text[:200]!a} … {len(text)} characters"
    return f"    {shown},  # {what}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="another one every time without it")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", file=sys.stderr, flush=True)
    campaign = Campaign()
    campaign.run(seed, seconds=given.minutes * 60)
    print(f"{campaign.tried} texts, seed {seed}: {len(campaign.failures)} kinds of failure")
    for what, times in campaign.again.most_common():
        print(f"{times:6d}  {what}")
    return 1 if campaign.failures else 0


if __name__ == "__main__":
    sys.exit(main())
