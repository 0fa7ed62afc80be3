"""Where a page sends who opens it, besides by its status: the Refresh header, a meta element, an obvious script.

One pass over the beginning of the page, in time proportional to it, whatever it holds; not a reader of HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from whinchat.core.ports import Step

READ = 256 * 1024
"""Characters of a page that are looked at."""
LONGEST_WAIT = 60  # seconds until a page sends on; what takes longer is a page that is read
LITTLE_TEXT = 300  # characters that a page may show and still be there for its script alone

_MARKUP = re.compile(
    r"<!--|<(meta|base|script|style|noscript|template|textarea|title)\b([^<>]{0,4000})>", re.IGNORECASE
)
_UNSEEN = frozenset({"script", "style", "noscript", "template", "textarea", "title"})
"""Elements whose content a browser that runs scripts neither shows nor acts on, but for the script itself."""
_TAG = re.compile(r"<[^<>]*>")
_ATTRIBUTE = re.compile(r"([a-z-]{1,20})\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_REFRESH = re.compile(r"\s*(\d{1,9})?(\.[\d.]*)?\s*(?:[;,]\s*|\s|\Z)(?:url\s*=\s*)?(.*)", re.IGNORECASE | re.DOTALL)
"""Seconds, their fraction, target (https://html.spec.whatwg.org/#shared-declarative-refresh-steps)."""
_GOES = re.compile(
    r"(?<![\w.$])(?:(?:window|document|self|top|parent)\.){0,2}location(?:\.href)?\s{0,9}"
    r"(?:=(?!=)|\.(?:replace|assign)\s{0,9}\()\s{0,9}(\"[^\"\n]{1,4000}\"|'[^'\n]{1,4000}')"
    r"(?!\s{0,9}\+|[ \t]{0,9}[.\w])"
)
"""An address that is written out: what a script puts together is not guessed."""
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)


def refresh(value: str) -> str | None:
    """The target of a Refresh header or meta element; empty for the page itself. None: there is none, or much later."""
    found = _REFRESH.match(value)
    if found is None or (found[1] is None and found[2] is None) or int(found[1] or 0) > LONGEST_WAIT:
        return None
    target = found[3].strip()
    quote = target[:1]
    if quote and quote in "\"'":
        target = target[1:].partition(quote)[0]
    return target


def leads_to(page: str) -> tuple[Step, str, str] | None:
    """How a page of HTML sends on, where to, and what that is relative to (empty: the page). None: it does not."""
    base = ""
    scripted = ""
    shown: list[str] = []
    for name, attributes, text in _parts(page[:READ]):
        if name == "base":
            base = base or _attributes(attributes).get("href", "")
        elif name == "meta" and (target := _refreshed(attributes)):
            return Step.REFRESH, target, base
        elif name == "script":
            scripted = scripted or _scripted(text)
        elif not name:
            shown.append(text)
    # Where a page shows something, its scripts wait for somebody to press.
    if scripted and len("".join(_TAG.sub("", "".join(shown)).split())) <= LITTLE_TEXT:
        return Step.SCRIPT, scripted, base
    return None


def _parts(page: str) -> Iterator[tuple[str, str, str]]:
    """The elements that matter: name, attributes and content; without a name, what stands between them."""
    lowered = page.lower() if page.isascii() else page.translate(_ASCII_LOWER)
    at = 0
    while found := _MARKUP.search(page, at):
        yield "", "", page[at : found.start()]
        name = (found[1] or "").lower()
        start = at = found.end()
        if not name:
            end = page.find("-->", start)
            at = end + 3
        elif name in _UNSEEN:
            end = at = lowered.find(f"</{name}", start)
        else:
            end = start
        if end < 0:  # what is never closed goes on to the end
            yield name, found[2] or "", page[start:]
            return
        if name:
            yield name, found[2], page[start:end]
    yield "", "", page[at:]


_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
"""Keeps every character at its place, which `str.lower` does not."""


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), html.unescape("".join(values)).strip())
    return found


def _refreshed(text: str) -> str | None:
    attributes = _attributes(text)
    return refresh(attributes.get("content", "")) if attributes.get("http-equiv", "").lower() == "refresh" else None


def _scripted(script: str) -> str:
    found = _GOES.search(script)
    return _ESCAPE.sub(_plain, found[1][1:-1]).strip() if found else ""


def _plain(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else escape[3]
