"""Mutates the corpus of phrasings and looks for a text that would confirm a payment without being a yes.

    .venv/bin/python -m scripts.wallet_mutations [--count 100000] [--seed 1]

What is a yes is told here a second time, apart from the wallet's own vocabulary. Every text also has to be read without
an error and quickly. The same seed and count give the same texts. Prints what broke; exit code 1 when anything did.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scripts.fuzz_mutations import mutated
from tests.support.wallet.corpus import confirms, rows

SLOWEST = 0.1  # seconds of processor time for one text
LOOKS = 3  # one slow look is a busy machine

YES = re.compile(
    r"(?:y|yes|yep|yup|yeah|yea|ok|okay|sure|confirm|confirmed|approved?|agreed?|proceed|go ahead|do it|of course"
    r"|confirm (?:it|payment|the payment)|please|pls|plz|👍|✅|👌|🆗|✔|☑)"
)
CODE = re.compile(r"[2-9bcdfghjkmnpqrstvwxz]{4}")
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
_PICTURES = re.compile("[👍✅👌🆗✔☑]")
_EDGES = "*_~`\"'“”„«»‘’ʼ´.,;:!…،؛۔।"
WORDS = (
    *("yes", "no", "ok", "confirm", "pay", "send", "stop", "not", "don't", "please", "to", "10", "5", "bob", "7K2M"),
    *("all", "it", "and", "then", "👍", "👎", "y", "n", "?", "for", "cancel", "123456"),
)


class Broken(NamedTuple):
    text: str
    rule: str


def is_yes(text: str) -> bool:
    """Whether nobody could take it for anything but a yes: words of consent, perhaps with one code at the end."""
    plain = unicodedata.normalize("NFKC", _TONES.sub("", text))
    plain = _PICTURES.sub(r" \g<0> ", _UNSEEN.sub("", plain)).casefold()
    words = [word for word in (each.strip(_EDGES) for each in plain.split()) if word]
    if words and CODE.fullmatch(words[-1]):
        words = words[:-1]
    said = " ".join(words)
    return bool(said) and re.fullmatch(rf"{YES.pattern}(?: {YES.pattern})*", said) is not None


def mixed(texts: Sequence[str], chance: random.Random) -> str:
    """A text with words put in, taken out and changed for others; or one of bytes and marks."""
    if chance.random() < 0.5:
        return mutated(texts, chance)
    words = chance.choice(texts).split()
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(words) + 1)
        change = chance.random()
        if change < 0.45:
            words.insert(at, chance.choice(WORDS))
        elif change < 0.7:
            words[at : at + 1] = []
        elif change < 0.85:
            words[at : at + 1] = chance.choice(texts).split()
        else:
            chance.shuffle(words)
    return " ".join(words)


def broken(count: int, seed: int) -> Iterator[Broken]:
    """What breaks a rule among so many mutations."""
    chance = random.Random(seed)
    texts = [row.text for row in rows()]
    for _ in range(count):
        text = mixed(texts, chance)
        try:
            confirmed = confirms(text)
        except Exception as error:
            yield Broken(text, f"raised {error!r}")
            continue
        if confirmed and not is_yes(text):
            yield Broken(text, "confirms and is no yes")
        if _is_slow(text):
            yield Broken(text, "is slow")


def _is_slow(text: str) -> bool:
    def cost() -> float:
        started = time.process_time()
        confirms(text)
        return time.process_time() - started

    return all(cost() > SLOWEST for _ in range(LOOKS))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = list(broken(arguments.count, arguments.seed))
    for each in found[:20]:
        print(f"{each.rule}: {each.text[:200]!r}")
    print(f"{arguments.count} mutations, seed {arguments.seed}: {len(found)} broke a rule")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
