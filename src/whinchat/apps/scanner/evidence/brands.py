"""Brands that scammers borrow: which site belongs to whom, and which brand a label names, imitates or misspells."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from whinchat.apps.scanner.evidence.reading import Reading, parts
from whinchat.apps.scanner.evidence.skeleton import Skeletons
from whinchat.apps.scanner.evidence.vocabulary import Sense, Vocabulary
from whinchat.apps.scanner.links.link import Site

SHORT = 4  # letters; names up to here are imitated only by a digit or a foreign letter, never by an ordinary one
MISSPELT_FROM = 6  # letters a name needs before one slip away from it tells anything
BANK_FROM = 4  # letters beside "bank"
MANGLED_FROM = 4  # consonants a name needs before others with the same ones tell anything
MANGLED_LENGTH = range(5, 17)  # letters
MOST_ADDED = 2  # letters more or less
MOST_JOINED = 3  # parts of a label that are tried together: bank-of-america
MOST_STRANGE = 1  # unknown words beside a brand in a path; with more it is the title of an article
FREE_COUNTRIES = frozenset(
    {"ai", "cc", "cf", "co", "ga", "gq", "io", "la", "me", "ml", "pw", "su", "tk", "to", "tv", "ws"}
)
"""Country codes that anybody anywhere registers under: a brand's name there does not make the site the brand's."""

GOVERNMENT = frozenset({"gov", "gob", "gouv", "gub", "govt", "mil"})
"""Under these, names are given out to authorities alone; santander.gov.co is a place."""

ASKING = frozenset({Sense.CREDENTIALS, Sense.PRESSURE, Sense.DELIVERY, Sense.SUPPORT, Sense.AUTHORITY, Sense.CRYPTO})


@dataclass(frozen=True, slots=True)
class Brand:
    name: str
    words: tuple[str, ...]
    sites: frozenset[str]
    countries: bool = False
    ordinary: bool = False
    unlike: tuple[str, ...] = ()


class Place(enum.StrEnum):
    NAME = "name"
    SUBDOMAIN = "subdomain"
    PATH = "path"


class How(enum.StrEnum):
    EXACT = "exact"
    LOOKALIKE = "lookalike"
    """Reads the same: paypa1, rnicrosoft, аpple."""
    MISSPELT = "misspelt"
    """One letter more, less, other or swapped."""
    MANGLED = "mangled"
    """Its consonants in their order, whatever stands between: coinnbse, metmsekk."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A brand named in a link of somebody else's."""

    brand: str
    word: str
    """As it is written there."""
    place: Place
    how: How
    alone: bool
    """The label is nothing but this."""
    bait: str = ""
    """A word in the host that asks for trust."""
    strange: int = 0
    """Words beside it that no list knows."""


class Brands:
    """Built once from data, then only read."""

    def __init__(self, brands: Iterable[Brand], skeletons: Skeletons, vocabulary: Vocabulary) -> None:
        self._skeletons = skeletons
        self._vocabulary = vocabulary
        self._words: dict[str, Brand] = {}
        self._sites: dict[str, Brand] = {}
        self._skeleton: dict[str, Brand] = {}
        self._slips: dict[str, str] = {}
        self._consonants: dict[str, str] = {}
        self._innocent: set[str] = set()
        for brand in brands:
            self._innocent.update(brand.unlike)
            for site in brand.sites:
                self._sites.setdefault(site, brand)
            for word in brand.words:
                self._add(word, brand)

    def _add(self, word: str, brand: Brand) -> None:
        self._words[word] = brand
        self._skeleton.setdefault(self._skeletons.of(word), brand)
        if len(word) >= MISSPELT_FROM and not brand.ordinary and not _is_any_bank(word):
            for shorter in (word, *shortened(word)):
                self._slips.setdefault(shorter, word)
            if len(sound := consonants(word)) >= MANGLED_FROM:
                self._consonants.setdefault(sound, word)

    def owner(self, site: Site) -> str | None:
        """The brand that the site belongs to."""
        brand = self._sites.get(site.name)
        if brand is None and not site.shared:
            brand = self._sites.get(site.registrable) or self._abroad(site)
        return None if brand is None else brand.name

    def _abroad(self, site: Site) -> Brand | None:
        """A brand's site under a country code, as amazon.co.jp."""
        brand = self._words.get(site.label)
        if brand is None or not brand.countries:
            return None
        top = site.suffix.rpartition(".")[2]
        return brand if len(top) == 2 and top not in FREE_COUNTRIES else None

    def mentions(self, reading: Reading, site: Site) -> tuple[Mention, ...]:
        """For a site that no brand owns: what it claims in name, subdomains and path, at most one a label."""
        found: list[Mention] = []
        if site.suffix.partition(".")[0] not in GOVERNMENT:
            found += self._in_host(reading, site.shared)
        if not reading.dated:
            found += filter(None, map(self._in_title, reading.titles))
        return tuple(found)

    def _bait(self, reading: Reading) -> str:
        """A word in the host that asks for trust; beside it even an everyday word means the brand."""
        sense = self._vocabulary.sense
        words = (*reading.words, *reading.sub_words)
        return next((word for word in words if sense(word) in ASKING and word not in self._words), "")

    def _in_host(self, reading: Reading, shared: bool) -> Iterator[Mention]:
        bait = self._bait(reading)
        labels = [(Place.NAME, reading.name, reading.parts, reading.words)]
        for label in reversed(reading.subdomains):
            pieces = parts(label)
            labels.append((Place.SUBDOMAIN, label, pieces, self._vocabulary.words(pieces)))
        for place, label, pieces, words in labels:
            loosely = self._mangled(pieces) if shared or bait else ()
            for brand, word, how in chain(self._exact(pieces, words), self._imitated(pieces), loosely):
                if bait or not brand.ordinary:
                    yield Mention(brand.name, word, place, how, word == label, bait)
                    break

    def _in_title(self, words: Sequence[str]) -> Mention | None:
        for brand, word, how in self._exact(words, words):
            if not brand.ordinary:
                beside = [other for other in words if other not in word.split("-")]
                strange = self._vocabulary.strange(beside)
                if strange > MOST_STRANGE:
                    return None
                return Mention(brand.name, word, Place.PATH, how, alone=not beside, strange=strange)
        return None

    def _exact(self, pieces: Sequence[str], words: Sequence[str]) -> Iterator[tuple[Brand, str, How]]:
        for count in range(min(MOST_JOINED, len(pieces)), 1, -1):
            for start in range(len(pieces) - count + 1):
                joined = pieces[start : start + count]
                if brand := self._words.get("".join(joined)):
                    yield brand, "-".join(joined), How.EXACT
        for word in words:
            if brand := self._words.get(word):
                yield brand, word, How.EXACT

    def _imitated(self, pieces: Sequence[str]) -> Iterator[tuple[Brand, str, How]]:
        for piece in pieces:
            if piece in self._vocabulary or piece in self._innocent or len(piece) < 3:
                continue
            if brand := self._lookalike(piece):
                yield brand, piece, How.LOOKALIKE
            elif brand := self._misspelt(piece):
                yield brand, piece, How.MISSPELT

    def _mangled(self, pieces: Sequence[str]) -> Iterator[tuple[Brand, str, How]]:
        """Looser, and without the known words around: for free pages and names that ask for trust, because elsewhere
        other words are alike.
        """
        for piece in pieces:
            core = self._vocabulary.bared(piece)
            if len(core) not in MANGLED_LENGTH or core in self._vocabulary or core in self._innocent:
                continue
            if core != piece and (brand := self._lookalike(core) or self._misspelt(core)):
                yield brand, core, How.MISSPELT
            word = self._consonants.get(consonants(core))
            if word is not None and _alike(word, core):
                yield self._words[word], core, How.MANGLED

    def _lookalike(self, piece: str) -> Brand | None:
        skeleton = self._skeletons.of(piece)
        brand = self._skeleton.get(skeleton)
        if brand is None:
            return None
        foreign = not (piece.isascii() and piece.isalpha())
        return brand if foreign or (len(piece) > SHORT and not brand.ordinary) else None

    def _misspelt(self, piece: str) -> Brand | None:
        if not MISSPELT_FROM - 1 <= len(piece) <= 24 or not piece.isascii():
            return None
        for shorter in (piece, *shortened(piece)):
            word = self._slips.get(shorter)
            if word is not None and word[0] == piece[0] and one_slip(piece, word):
                return self._words[word]
        return None


_VOWELS = str.maketrans(
    {**dict.fromkeys("aeiouyhw"), "c": "k", "q": "k", "z": "s", "v": "f", "0": "", "1": "l", "3": ""}
)


def consonants(word: str) -> str:
    """What is left of a word when vowels, doubled letters and letters that sound alike are not told apart."""
    bare = word.replace("ph", "f").replace("x", "ks").translate(_VOWELS)
    return "".join(letter for letter, _ in groupby(bare))


def _is_any_bank(word: str) -> bool:
    """Hardly more than "bank", as nubank: real banks are one letter away."""
    return "bank" in word and len(word) - len("bank") < BANK_FROM


def _alike(word: str, core: str) -> bool:
    """Of about the same length and with the same beginning; the fewer consonants, the more of it."""
    beginning = 1 if len(consonants(word)) > MANGLED_FROM else 2
    return word[:beginning] == core[:beginning] and abs(len(word) - len(core)) <= MOST_ADDED


def shortened(word: str) -> Iterator[str]:
    """The word with one letter left out, every way."""
    return (word[:index] + word[index + 1 :] for index in range(len(word)))


def one_slip(one: str, other: str) -> bool:
    """One letter more, less or other, or two neighbours swapped."""
    if len(one) > len(other):
        one, other = other, one
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    if len(other) - len(one) == 1:
        return one[start:] == other[start + 1 :]
    if len(other) != len(one) or start == len(one):
        return False
    swapped = start + 1 < len(one) and one[start] == other[start + 1] and one[start + 1] == other[start]
    return one[start + 1 :] == other[start + 1 :] or (swapped and one[start + 2 :] == other[start + 2 :])
