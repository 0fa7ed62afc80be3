"""Pages as HTML. Imported when the first page is asked for: until then templates and their engine cost nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup, escape

from whinchat.core.formatting.i18n import RIGHT_TO_LEFT, Words
from whinchat.core.pages import View

_BOLD = re.compile(r"\*([^*\n]+)\*")
_PART = re.compile(r"(\[\.\]|(?<!/)/(?!/)|[?&;=])")
NARROW_SPACE = "\u202f"


class Renderer:
    """`templates`: by what stands before the `/` of a template's name. `words`: folders of catalogues."""

    def __init__(self, templates: Mapping[str, Path], words: Sequence[Path], root: str) -> None:
        self._words = Words(words)
        self._root = root
        self._environment = Environment(
            loader=PrefixLoader({name: FileSystemLoader(folder) for name, folder in templates.items()}),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters |= {
            "time": time_tag,
            "formatted": formatted,
            "breakable": breakable,
            "grouped": grouped,
        }
        self._environment.globals |= {"url": self.url, "root": root}

    def language(self, accepted: str) -> str:
        """The best of our languages for an `Accept-Language` (RFC 9110, 12.5.4)."""
        for wanted in _by_preference(accepted):
            found = self._words.match(wanted)
            if found is not None:
                return found
        return "en"

    def say(self, language: str) -> Callable[..., str]:
        """What templates call as `t(key, name=value)`."""
        words = self._words

        def t(key: str, /, **values: str | int) -> str:
            return words.say(key, language, **values)

        return t

    def draw(self, view: View, language: str, frame: Mapping[str, Any]) -> str:
        """A whole page; `frame`: what the layout shows around it."""
        return self._draw(view.template, language, {**view.data, **frame, "live_part": view.live})

    def part(self, view: View, language: str) -> str:
        """The part of a page that follows what happens."""
        return self._draw(view.live, language, view.data)

    def _inner(self, language: str, view: View) -> Markup:
        """What templates call as `inner(view)`: a view within another one."""
        return Markup(self._draw(view.template, language, view.data))  # noqa: S704 - escaped by its template

    def _draw(self, template: str, language: str, data: Mapping[str, Any]) -> str:
        direction = "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"
        found = self._environment.get_template(template)
        always = {"t": self.say(language), "inner": partial(self._inner, language), "language": language}
        return found.render({**data, **always, "direction": direction})

    def url(self, path: str, **query: str | int | None) -> str:
        """An address of ours; what is None or empty is left out of its query."""
        given = {name: value for name, value in query.items() if value not in {None, ""}}
        return f"{self._root}{path}" + (f"?{urlencode(given)}" if given else "")


def time_tag(at: int) -> Markup:
    """A moment in milliseconds, in UTC; a script shows it by the reader's clock."""
    time = datetime.fromtimestamp(at / 1000, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        time.isoformat(timespec="seconds"), f"{time:%Y-%m-%d %H:%M} UTC"
    )


def formatted(text: str) -> Markup:
    """A sentence made for a chat: what is bold there is bold here."""
    return Markup(_BOLD.sub(r"<strong>\1</strong>", str(escape(str(text)))))  # noqa: S704 - escaped before


def breakable(address: str) -> Markup:
    """A host or address that may be long: lines break between its parts first."""
    return Markup(_PART.sub(r"\1<wbr>", str(escape(address))))  # noqa: S704 - escaped before


def grouped(number: int) -> str:
    """Thousands set apart as everybody reads them."""
    return f"{number:,}".replace(",", NARROW_SPACE)


def _by_preference(accepted: str) -> list[str]:
    ranked = []
    for place, part in enumerate(accepted[:200].split(",")):
        tag, _, quality = part.partition(";q=")
        try:
            ranked.append((-float(quality or 1), place, tag.strip()))
        except ValueError:
            continue
    return [tag for _, _, tag in sorted(ranked) if tag]
