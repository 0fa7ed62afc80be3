"""The data beside this package, read once and turned into what the kinds of evidence look things up in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whinchat.apps.scanner.evidence.brands import Brand, Brands
from whinchat.apps.scanner.evidence.lexicon import Lexicon
from whinchat.apps.scanner.evidence.places import Places
from whinchat.apps.scanner.evidence.skeleton import Skeletons
from whinchat.apps.scanner.evidence.vocabulary import Sense, Vocabulary
from whinchat.apps.scanner.evidence.wording import Wording
from whinchat.apps.scanner.model.file import Model, shipped
from whinchat.apps.scanner.model.grams import Reader

DATA = Path(__file__).parent / "data"

GLUED_FROM = 4  # letters an everyday brand word needs to be cut out of a run of words


@dataclass(frozen=True, slots=True)
class Files:
    """What file endings do (`files.toml`), and the folders of a website's own machinery."""

    kinds: Mapping[str, str]
    """Ending to program, script, disk_image, archive or document."""
    folders: frozenset[str]
    loaded: frozenset[str]
    """Folders of what pages load."""
    pages: frozenset[str]
    parameters: frozenset[str]
    """What forms that ask for passwords hand over."""


@dataclass(frozen=True, slots=True)
class Tables:
    vocabulary: Vocabulary
    skeletons: Skeletons
    brands: Brands
    files: Files
    places: Places
    grounds: Mapping[str, float]
    """Public suffix, or host of a platform, to log-odds of danger, learned and shrunk."""
    grams: Reader
    """Weights of runs of characters, learned."""
    lexicon: Lexicon
    """What messages are about."""

    @classmethod
    def load(cls, model: Model | None = None, data: Path = DATA) -> Tables:
        """What is not given is loaded as it was shipped. Raises SettingsError: that is damaged."""
        model = model or shipped()
        confusables = read(data / "confusables.toml")
        letters = {char: plain for plain, chars in confusables["letters"].items() for char in chars}
        skeletons = Skeletons(letters, confusables["digits"], confusables["groups"])
        brands = [_brand(word, fields) for word, fields in read(data / "brands.toml")["brands"].items()]
        lexicon = _lexicon(data, skeletons, brands)  # the largest first: the others fit into what it leaves
        vocabulary = _vocabulary(read(data / "words.toml")["words"], brands)
        files = read(data / "files.toml")
        hosts = read(data / "hosts.toml")
        return cls(
            vocabulary=vocabulary,
            skeletons=skeletons,
            brands=Brands(brands, skeletons, vocabulary),
            files=Files(
                {ending: kind for kind, endings in files["files"].items() for ending in endings.split()},
                frozenset(files["machinery"]["folders"].split()),
                frozenset(files["machinery"]["loaded"].split()),
                frozenset(files["machinery"]["pages"].split()),
                frozenset(files["parameters"]["names"].split()),
            ),
            places=Places(hosts["places"]),
            grounds=model.grounds,
            grams=Reader(model.grams),
            lexicon=lexicon,
        )


def read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _brand(word: str, fields: Mapping[str, Any]) -> Brand:
    return Brand(
        name=fields["name"],
        words=(word, *fields.get("words", "").split()),
        sites=frozenset(fields["sites"].split()),
        countries=fields.get("countries", False),
        ordinary=fields.get("ordinary", False),
        unlike=tuple(fields.get("unlike", "").split()),
    )


def _vocabulary(words: Mapping[str, str], brands: list[Brand]) -> Vocabulary:
    senses: dict[Sense, list[str]] = {Sense(sense): text.split() for sense, text in words.items()}
    senses[Sense.BRAND] = [
        word for brand in brands for word in brand.words if len(word) >= GLUED_FROM or not brand.ordinary
    ]
    return Vocabulary(senses)


def _lexicon(data: Path, skeletons: Skeletons, brands: list[Brand]) -> Lexicon:
    context = read(data / "context.toml")
    languages = [read(path) for path in sorted(data.glob("context_*.toml"))]
    return Lexicon(
        Wording(skeletons),
        context["senses"],
        [context["everywhere"], *languages],
        context["loaded"].split(),
        brands,
        context["reach"],
    )
