"""What a redirector, rewriter, cache or deep link holds inside, read from the link itself: no network."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus

from whinchat.apps.scanner.links import schemes
from whinchat.apps.scanner.links.link import Link, LinkKind
from whinchat.apps.scanner.links.parse import web_link
from whinchat.apps.scanner.links.proofpoint import version_2, version_3
from whinchat.apps.scanner.links.tables import rows

DEEPEST = 5
"""Wrappers inside wrappers that are followed."""

_WEB = re.compile(r"\s*(?:https?|ftp):[\\/]*[^\\/\s]", re.IGNORECASE)
_ESCAPED_WEB = re.compile(r"\s*(?:https?|ftp)%3a", re.IGNORECASE)
_BARE = re.compile(r"(?:[a-z0-9_-]{1,63}\.){1,10}[a-z][a-z0-9-]{1,62}(?=[/?#:]|\Z)", re.IGNORECASE)
_TIMESTAMP = re.compile(r"/web/\d{1,14}\*?(?:[a-z]{2}_)?/(.+)", re.DOTALL)
_SNAPSHOT = re.compile(r"/(?:\d{4,14}|o/[A-Za-z0-9]{4,6}|newest|oldest|timegate|submit/\?url=)/(.+)", re.DOTALL)
_AMP_CACHE = re.compile(r"/(?:c|v|i|ii|a|mbv3)/(?:(s)/)?(.+)", re.DOTALL)
_AMP_VIEWER = re.compile(r"/amp/(?:(s)/)?(.+)", re.DOTALL)
_CACHE = re.compile(r"cache:(?:[A-Za-z0-9_-]{12}:)?([^\s+]+)")


class _Rule(NamedTuple):
    path: str
    prefix: bool
    parameters: tuple[str, ...]


def _rules() -> dict[str, list[_Rule]]:
    found: dict[str, list[_Rule]] = {}
    for host, path, parameters in rows("wrappers.tsv"):
        rule = _Rule(path.removesuffix("*"), path.endswith("*"), tuple(parameters.lower().split(",")))
        found.setdefault(host, []).append(rule)
    return found


_RULES = _rules()


def unwrap(link: Link) -> Link | None:
    """The innermost target of a known wrapper, or None. Each target's `wrapper` is the link it was taken out of.

    A target has the place and `raw` of its outermost wrapper. Followed to DEEPEST.
    """
    target: Link | None = None
    for _ in range(DEEPEST):
        inner = _inner(target or link)
        if inner is None or inner.key == (target or link).key:
            break
        target = inner
    return target


def _inner(link: Link) -> Link | None:
    address = _intent(link) if link.kind is LinkKind.OTHER else _address(link)
    if not address:
        return None
    return web_link(link.raw, link.start, address, link.tricks, wrapper=link)


def _address(link: Link) -> str | None:
    """What a wrapper points to, as a browser may be given it."""
    if link.is_address:
        return None
    for decoder in _decoders(link):
        found = decoder(link)
        if found:
            return found
    if not link.query:
        return None
    for host in _host_patterns(link):
        for rule in _RULES.get(host, ()):
            if link.path.startswith(rule.path) if rule.prefix else link.path.rstrip("/") == rule.path.rstrip("/"):
                found = _parameter(link.query, rule.parameters)
                if found:
                    return found
    return None


def _host_patterns(link: Link) -> list[str]:
    """The forms under which a host may stand among the rules, narrowest first."""
    labels = link.host.split(".")
    patterns = [link.host]
    patterns += (f"*.{'.'.join(labels[index:])}" for index in range(min(len(labels) - 1, 8)))
    brand = link.site.registrable.partition(".")[0]
    patterns.append(f"{brand}.*")
    if len(labels) > 2:
        patterns += (f"{labels[0]}.{brand}.*", f"*.{brand}.*")
    return patterns


# --- parameters ------------------------------------------------------------------------------------------------


def _parameter(query: str, names: tuple[str, ...]) -> str | None:
    given: dict[str, str] = {}
    for field in query.split("&", 64)[:64]:
        name, _, value = field.partition("=")
        given.setdefault(unquote(name).lower(), value)
    for name in names:
        target = _target(unquote_plus(given.get(name, "")))
        if target:
            return target
    return None


def _target(value: str) -> str | None:
    """A parameter's value as an address: a URL (escaped once or twice), Bing's base64 form, or a bare host."""
    for _ in range(2):
        if _ESCAPED_WEB.match(value):
            value = unquote(value)
    if _WEB.match(value):
        return value.strip()
    if value.startswith("//") and _BARE.match(value, 2):
        return f"https:{value}"
    if value.startswith("a1") and (decoded := _base64(value[2:])):
        return decoded
    if _BARE.match(value):
        return f"http://{value}"
    return _base64(value) if value.startswith(("aHR0c", "ZnRw")) else None


def _base64(value: str) -> str | None:
    data = value.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        decoded = base64.b64decode(data + "=" * (-len(data) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return decoded.strip() if _WEB.match(decoded) else None


# --- forms of their own -----------------------------------------------------------------------------------------


def _embedded(value: str, *, secure: bool = True) -> str | None:
    """A URL that stands in a path, with its scheme, with its slashes run together, or without a scheme."""
    if _ESCAPED_WEB.match(value) or "%2F" in value[:12]:
        value = unquote(value)
    if _WEB.match(value):
        return value
    return f"{'https' if secure else 'http'}://{value}" if _BARE.match(value) else None


def _path_and_query(link: Link) -> str:
    return f"{link.path}?{link.query}" if link.query else link.path


def _after(pattern: re.Pattern[str]) -> Callable[[Link], str | None]:
    def decode(link: Link) -> str | None:
        found = pattern.fullmatch(_path_and_query(link))
        return _embedded(found[1], secure=False) if found else None

    return decode


def _amp(pattern: re.Pattern[str]) -> Callable[[Link], str | None]:
    def decode(link: Link) -> str | None:
        found = pattern.fullmatch(_path_and_query(link))
        return _embedded(found[2], secure=bool(found[1])) if found else None

    return decode


def _translated(link: Link) -> str | None:
    """paypal-com.translate.goog: dots are hyphens, hyphens are doubled."""
    label = link.host.removesuffix(".translate.goog")
    if "." in label:
        return None
    host = label.replace("--", "\0").replace("-", ".").replace("\0", "-")
    kept = [field for field in link.query.split("&") if field and not field.startswith("_x_tr_")]
    return f"https://{host}{link.path}{'?' + '&'.join(kept) if kept else ''}" if "." in host else None


def _web_cache(link: Link) -> str | None:
    found = _CACHE.match(_query_value(link.query, "q"))
    return _embedded(found[1], secure=False) if found else None


def _query_value(query: str, name: str) -> str:
    for field in query.split("&", 64):
        if field.startswith(f"{name}="):
            return unquote_plus(field[len(name) + 1 :])
    return ""


def _whole_query(link: Link) -> str | None:
    return _target(unquote(link.query))


def _whole_path(link: Link) -> str | None:
    value = _path_and_query(link)[1:]
    return _embedded(value) if _WEB.match(value) or _ESCAPED_WEB.match(value) else None


def _cisco(link: Link) -> str | None:
    """secure-web.cisco.com/TOKEN/https%3A%2F%2F…"""
    return _embedded(link.path.rpartition("/")[2]) if _ESCAPED_WEB.match(link.path.rpartition("/")[2]) else None


def _avanan(link: Link) -> str | None:
    found = re.match(r"/v2/(?:r0[0-9]/)?___(.+?)___", link.path)
    return _embedded(found[1]) if found else None


def _sophos(link: Link) -> str | None:
    return _base64(_query_value(link.query, "u"))


_ARCHIVE_TODAY = tuple(f"archive.{suffix}" for suffix in ("today", "is", "ph", "fo", "li", "md", "vn"))
_EXACT: dict[str, tuple[Callable[[Link], str | None], ...]] = {
    "urldefense.proofpoint.com": (version_2, version_3),
    "urldefense.com": (version_3, version_2),
    "urldefense.us": (version_3, version_2),
    "web.archive.org": (_after(_TIMESTAMP), _after(re.compile(r"/(?:save|web)/(?:_embed/)?(.+)", re.DOTALL))),
    "archive.org": (_after(_TIMESTAMP),),
    "webcache.googleusercontent.com": (_web_cache,),
    "secure-web.cisco.com": (_cisco,),
    "url.avanan.click": (_avanan,),
    "href.li": (_whole_query,),
    "nullrefer.com": (_whole_query,),
    "anonym.to": (_whole_query,),
    "anonym.es": (_whole_query,),
    "dereferer.me": (_whole_query,),
    "hidereferrer.com": (_whole_query,),
    "12ft.io": (_whole_path,),
    "r.jina.ai": (_whole_path,),
    "removepaywall.com": (_whole_path,),
    **dict.fromkeys(_ARCHIVE_TODAY, (_after(_SNAPSHOT), _whole_path)),
}
_BELOW: dict[str, tuple[Callable[[Link], str | None], ...]] = {
    "ampproject.org": (_amp(_AMP_CACHE),),
    "translate.goog": (_translated,),
    "sophos.com": (_sophos,),
    "doubleclick.net": (_whole_query,),
}
_AMP_VIEWERS: dict[str, tuple[Callable[[Link], str | None], ...]] = dict.fromkeys(
    ("google", "bing"), (_amp(_AMP_VIEWER),)
)


def _decoders(link: Link) -> tuple[Callable[[Link], str | None], ...]:
    registrable = link.site.registrable
    brand = registrable.partition(".")[0]
    return _EXACT.get(link.host) or _BELOW.get(registrable) or _AMP_VIEWERS.get(brand, ())


def _intent(link: Link) -> str | None:
    """Android's intent: the page that opens without the app, else the page that the intent itself names."""
    if link.scheme != "intent":
        return _inside(link)
    target, _, extras = link.url.partition("#Intent;")
    given = dict(extra.partition("=")[::2] for extra in extras.split(";", 64) if "=" in extra)
    fallback = _target(unquote(given.get("S.browser_fallback_url", "")))
    if fallback:
        return fallback
    scheme = given.get("scheme", "").lower()
    return f"{scheme}:{target.removeprefix('intent:')}" if scheme in schemes.WEB else None


def _inside(link: Link) -> str | None:
    """A page that an app is told to open: googlechrome://navigate?url=…, instagram://extbrowser/?url=…"""
    return _parameter(link.query, ("url", "u", "link")) if link.query else None
