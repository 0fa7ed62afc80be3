"""Words and phrases of many languages, the ideas they express, and the senses that ideas near each other make.

The data are `context.toml` (senses, and words of no language) and one `context_<language>.toml` for each language.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from whinchat.apps.scanner.evidence.brands import Brand
from whinchat.apps.scanner.evidence.wording import LINK, Wording, disguises, is_mixed, is_number, pieces, spellings

ANY_NUMBER, ANY_WORD, ANY_ENDING = "#", "_", "*"
_OPEN = str.maketrans({ANY_NUMBER: "…", ANY_WORD: "…", ANY_ENDING: "…"})
KEY = 3  # letters by which stems are looked up; none is shorter
SENDER = 2  # words at the beginning of a message that may name who speaks: there an everyday word is a brand too
LONG_AGO = -(10**6)

LINK_IDEA, MONEY_IDEA, BRAND_IDEA, CURRENCY_IDEA = range(4)
_NAMES = ("link", "money", "brand", "currency")
_NOT_OURS = frozenset({LINK_IDEA, MONEY_IDEA, BRAND_IDEA})
"""Ideas that a message expresses in words that no list of ours holds."""

Entry = tuple[int, str]
"""An idea, and the words that must follow the one it is looked up by, spaces between them."""
Rule = tuple[str, tuple[int, ...], tuple[int, ...]]
"""A sense, the other ideas that it needs nearby, and those that must not be."""


@dataclass(frozen=True, slots=True)
class Findings:
    senses: Mapping[str, str]
    """Sense to the words of the lexicon that made it."""
    brands: tuple[Brand, ...]
    """Named in the text, in order of first mention."""
    loaded: Mapping[str, str]
    """Ideas that scams live on, wherever they stand, to the word of the lexicon; to nothing for brands."""


class Lexicon:
    """Built once from data, then only read."""

    def __init__(
        self,
        wording: Wording,
        senses: Mapping[str, Iterable[str]],
        ideas: Sequence[Mapping[str, str]],
        loaded: Iterable[str],
        brands: Sequence[Brand],
        reach: int,
    ) -> None:
        """`ideas`: of each language, idea to its words and phrases between commas. `reach`: words.

        KeyError: a sense needs an idea that nothing expresses.
        """
        self.reach = reach
        self.brands = tuple(brands)
        names = dict.fromkeys((*_NAMES, *(idea for language in ideas for idea in language)))
        self.ideas = {name: number for number, name in enumerate(names)}
        self._wording = wording
        self._exact: dict[str, tuple[Entry, ...]] = {}
        self._stems: dict[str, tuple[tuple[str, tuple[Entry, ...]], ...]] = {}
        self._add([(LINK_IDEA, [LINK]), *self._phrases(ideas)])
        self.rules = self._rules(senses)
        """By the number of an idea that each needs."""
        self._loaded = tuple((self.ideas[name], name) for name in loaded)

    # --- building ----------------------------------------------------------------------------------------------------

    def _phrases(self, languages: Iterable[Mapping[str, str]]) -> Iterator[tuple[int, list[str]]]:
        """Each idea, or brand after all ideas, with the words of one way to express it."""
        for ideas in languages:
            for idea, text in ideas.items():
                for phrase in text.split(","):
                    for words in self._readings(phrase):
                        yield self.ideas[idea], words
        for number, brand in enumerate(self.brands, start=len(self.ideas)):
            apart = self._wording.words(brand.name)
            for word in brand.words:
                yield number, [word]
                if len(apart) > 1 and "".join(apart) == word:
                    yield number, apart

    def _readings(self, phrase: str) -> Iterator[list[str]]:
        """A phrase of the data as the words it is looked for by."""
        for spelling in spellings(phrase):
            words: list[str] = []
            for written in spelling.split():
                if written in {ANY_NUMBER, ANY_WORD, LINK}:
                    words.append(written)
                    continue
                words += self._wording.words(written.removesuffix(ANY_ENDING))
                if written.endswith(ANY_ENDING):
                    words[-1] += ANY_ENDING
            if words:
                yield words

    def _add(self, phrases: Iterable[tuple[int, list[str]]]) -> None:
        # Lists: thousands of small sets, which are gone a moment later, would double what the process keeps.
        exact: dict[str, list[Entry]] = defaultdict(list)
        stems: dict[str, list[Entry]] = defaultdict(list)
        texts: dict[str, str] = {}  # what is equal is kept once
        shared: dict[Entry, Entry] = {}
        for idea, (first, *rest) in phrases:
            found = stems[first[:-1]] if first.endswith(ANY_ENDING) else exact[texts.setdefault(first, first)]
            after = " ".join(rest)
            entry = (idea, texts.setdefault(after, after))
            found.append(shared.setdefault(entry, entry))
        for stem in sorted(stems):
            self._stems[stem[:KEY]] = (*self._stems.get(stem[:KEY], ()), (stem, tuple(sorted(set(stems[stem])))))
        same: dict[tuple[Entry, ...], tuple[Entry, ...]] = {}
        for word, found in exact.items():
            every = {*found, *self._by_stem(word)}
            entries = tuple(sorted(entry for entry in every if not entry[1] or (entry[0], "") not in every))
            self._exact[word] = same.setdefault(entries, entries)

    def _rules(self, senses: Mapping[str, Iterable[str]]) -> tuple[tuple[Rule, ...], ...]:
        rules: list[list[Rule]] = [[] for _ in self.ideas]
        for sense, lines in senses.items():
            for line in lines:
                needs = {self.ideas[name] for name in line.split() if name[0] != "-"}
                unless = tuple(self.ideas[name[1:]] for name in line.split() if name[0] == "-")
                for idea in needs:
                    rules[idea].append((sense, tuple(sorted(needs - {idea})), unless))
        return tuple(map(tuple, rules))

    # --- looking -----------------------------------------------------------------------------------------------------

    def read(self, text: str) -> list[str]:
        """The words of a text; digits written for letters are letters where that makes a known word."""
        found: list[str] = []
        for word in self._wording.words(text):
            if word.isalpha() or not is_mixed(word):
                found.append(word)
            else:
                found += self._undisguised(word)
        return found

    def _undisguised(self, word: str) -> list[str]:
        known = (meant for meant in disguises(word) if meant in self._exact or self._by_stem(meant))
        meant = next(known, None)
        return pieces(word) if meant is None else [meant]

    def _by_stem(self, word: str) -> tuple[Entry, ...]:
        stems = self._stems.get(word[:KEY])
        if stems is None:
            return ()
        return tuple(entry for stem, entries in stems if word.startswith(stem) for entry in entries)

    def look(self, words: Sequence[str]) -> Findings:
        """The senses and brands of a text, given as `read` gave its words."""
        search = _Search(self, words)
        exact, stems = self._exact, self._stems
        for at, word in enumerate(words):
            entries = exact.get(word)
            if entries is None:
                if word[:KEY] not in stems:
                    continue
                entries = self._by_stem(word)
            for entry in entries:
                if not entry[1] or _follow(words, at + 1, entry[1].split(" ")):
                    search.met(entry, at)
        return Findings(
            {sense: self._shown(words, met) for sense, met in search.senses.items()},
            tuple(map(self.brands.__getitem__, search.brands)),
            {name: self._shown(words, search.last(idea)) for idea, name in self._loaded if search.places[idea] >= 0},
        )

    def _shown(self, words: Sequence[str], met: Mapping[int, Entry]) -> str:
        """What made a sense, in order, as the lexicon has it; nothing else of the message."""
        found: dict[str, None] = {}
        for at, (idea, rest) in sorted(met.items()):
            if idea in _NOT_OURS or idea >= len(self.ideas):
                continue
            word = words[at]
            if word not in self._exact:
                word = next(stem for stem, _ in self._stems[word[:KEY]] if word.startswith(stem)) + ANY_ENDING
            found[f"{word} {rest}".strip().translate(_OPEN)] = None
        return ", ".join(found)


class _Search:
    """One pass over a text: where each idea was met last, and the senses found so far."""

    __slots__ = ("_entries", "_lexicon", "_words", "brands", "places", "senses")

    def __init__(self, lexicon: Lexicon, words: Sequence[str]) -> None:
        self._lexicon = lexicon
        self._words = words
        self.places = [LONG_AGO] * len(lexicon.ideas)
        self._entries: list[Entry] = [(LINK_IDEA, "")] * len(lexicon.ideas)
        self.senses: dict[str, dict[int, Entry]] = {}
        self.brands: dict[int, None] = {}

    def met(self, entry: Entry, at: int) -> None:
        idea = self._idea(entry[0], at)
        if idea is None:
            return
        places = self.places
        places[idea] = at
        self._entries[idea] = entry
        earliest = at - self._lexicon.reach
        for sense, others, unless in self._lexicon.rules[idea]:
            if sense in self.senses:
                continue
            for other in others:
                if places[other] < earliest:
                    break
            else:
                met = {places[other]: self._entries[other] for other in (idea, *others)}
                one_word_for_two = len(met) <= len(others)
                if not one_word_for_two and not any(places[other] >= earliest for other in unless):
                    self.senses[sense] = met

    def last(self, idea: int) -> dict[int, Entry]:
        """Where and by what an idea was met."""
        return {self.places[idea]: self._entries[idea]}

    def _idea(self, idea: int, at: int) -> int | None:
        """What was met: a currency beside a number is money, a brand's name the idea of a brand."""
        if idea == CURRENCY_IDEA:
            beside = (*self._words[max(0, at - 1) : at], *self._words[at + 1 : at + 2])
            return MONEY_IDEA if any(map(is_number, beside)) else None
        number = idea - len(self._lexicon.ideas)
        if number < 0:
            return idea
        self.brands[number] = None
        return None if self._lexicon.brands[number].ordinary and at >= SENDER else BRAND_IDEA


def _follow(words: Sequence[str], at: int, rest: Sequence[str]) -> bool:
    """Whether the words from `at` are the rest of a phrase."""
    if at + len(rest) > len(words):
        return False
    for number, wanted in enumerate(rest, start=at):
        word = words[number]
        if wanted in {word, ANY_WORD} or (wanted == ANY_NUMBER and is_number(word)):
            continue
        if not (wanted.endswith(ANY_ENDING) and word.startswith(wanted[:-1])):
            return False
    return True
