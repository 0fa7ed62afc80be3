"""WhatsApp's formatting: our own is `Markup`; what others wrote is escaped and cannot format, mention, link or hide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from whinchat.core.formatting.defang import defang
from whinchat.core.formatting.graphemes import clip

FSI, PDI = "\u2068", "\u2069"  # first strong isolate, pop directional isolate

# WhatsApp has no escape character: what would format is replaced by a sign that looks alike and is no letter.
_SIGNS = str.maketrans({"*": "\u2217", "~": "\u223c", "`": "\u2035"})
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # inside a word it formats nothing
_LIST_NUMBER = re.compile(r"\A(\d+)\.(?=\s)")
_MENTION = re.compile(r"(?<!\w)@(?=\d)")  # a mention's text is a number, whatever it is shown as
_SPACES = re.compile(r"\s+")
_JOINERS = "\u200c\u200d"
_RIGHT_TO_LEFT = ("R", "AL", "AN")


class Markup(str):
    """Text of our own, formatting included: inserted into a sentence as it is."""

    __slots__ = ()

    def join(self, parts: Iterable[str], /) -> Markup:
        """Parts that are no markup are escaped."""
        return Markup(str.join(self, map(escape, parts)))


def escape(text: str, at_most: int | None = None) -> Markup:
    """`text` on one line, inert: no formatting, list, quote, mention or link, nothing invisible; markup stays as it is.

    `at_most`: code points, the last one `…` if something was left out.
    """
    if isinstance(text, Markup):
        return text
    text = _clipped(defang(clean(text)), at_most)
    text = _UNDERSCORE.sub("\u2581", text.translate(_SIGNS))
    text = _MENTION.sub("\uff20", text)
    return Markup(_as_no_line_start(text))


def bold(text: str) -> Markup:
    return _around("*", escape(text))


def italic(text: str) -> Markup:
    return _around("_", escape(text))


def code(text: str) -> Markup:
    """In WhatsApp's inline monospace, where only the backtick means something."""
    return _around("`", text if isinstance(text, Markup) else defang(clean(text)).replace("`", "\u2035"))


def isolate(text: str) -> Markup:
    """`text`, which is already safe, so that its direction does not disturb what stands around it."""
    return Markup(f"{FSI}{text}{PDI}")


def has_right_to_left(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in text)


def clean(text: str) -> str:
    """`text` on one line, without control characters, direction marks, invisible marks or halves of characters."""
    if not text.isascii() or not text.isprintable():
        text = "".join(_cleaned(text))
    return _SPACES.sub(" ", text).strip()


def _cleaned(text: str) -> Iterable[str]:
    for at, character in enumerate(text):
        match unicodedata.category(character):
            case "Cc" | "Zl" | "Zp":
                yield " "
            case "Cs":
                yield "\ufffd"
            case "Cf":
                if character in _JOINERS and _joins(text, at):
                    yield character
            case _:
                yield character


def _joins(text: str, at: int) -> bool:
    """A joiner between characters of scripts and emoji that need it; between Latin letters it only hides."""
    return 0 < at < len(text) - 1 and all(
        not c.isascii() and unicodedata.category(c)[0] != "C" for c in (text[at - 1], text[at + 1])
    )


def _clipped(text: str, at_most: int | None) -> str:
    return text if at_most is None else clip(text, at_most)


def _as_no_line_start(text: str) -> str:
    """What WhatsApp would make a quote or a list of at the beginning of a line."""
    if text.startswith(">"):
        return "\u203a" + text[1:]
    if text.startswith("- "):
        return "\u2013" + text[1:]
    return _LIST_NUMBER.sub("\\1\u2024", text)


def _around(sign: str, text: str) -> Markup:
    return Markup(f"{sign}{text}{sign}" if text else "")
