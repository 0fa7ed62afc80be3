"""Texts meant to make a link scanner slow: every one repeats a piece that some scanner trips over."""

from __future__ import annotations

_HIDDEN = "\u200b\u200c\u200d\u2060\u00ad"
_BIDI = "\u202a\u202b\u202d\u202e\u2066\u2069\u200f"
_PIECES = {
    "numbers": "1.1.1.1.",
    "addresses": "1.1.1.1 ",
    "labels": "a.",
    "short hosts": "a.a ",
    "suffix after suffix": "com.Com",
    "sentences": "com.X.",
    "one word": "a",
    "one Arabic word": "\u0644",
    "dots": ".",
    "open brackets": "(",
    "open brackets and hosts": "(a.co/",
    "bracketed links": "(a.co/)",
    "closing brackets in a path": ")",
    "doubled schemes": "http://",
    "schemes without slashes": "http:",
    "one slash": "https:/x",
    "defanged schemes": "hxxp:",
    "users": "http://a@",
    "users with dots": "http://a.b@",
    "mailboxes": "a.b@",
    "colons": "a:",
    "app schemes": "tg://",
    "intents": "intent:",
    "scripts": "javascript:",
    "bidi": _BIDI,
    "bidi and text": "".join(f"{mark}a." for mark in _BIDI),
    "zero width": _HIDDEN,
    "zero width and text": "a\u200b.",
    "joiners": "\u0645\u06cc\u200c\u0634\u0648\u062f.",
    "defanged dots": "[.]",
    "defanged hosts": "a[.]",
    "spelled dots": "a dot com ",
    "escaped dots": "a\\.",
    "spaced dots": "a . ",
    "markdown": "[](",
    "markdown links": "[a.co](",
    "html": '<a href="a.co">b.co</a>',
    "entities": "&#46;",
    "ampersands": "&",
    "percents": "%25",
    "escaped users": "a.co%20",
    "chinese": "\u770bevil.com\u5427",
    "chinese dots": "\u770ba.\u5427",
    "ideographic stops": "\u3002",
    "full width": "\uff45\uff56\uff49\uff4c\uff0e\uff43\uff4f\uff4d ",
    "emoji": "\U0001f600a.co",
    "lone surrogates": "a.\ud800",
    "nuls": "a.co\0",
    "underscores": "_",
    "underscored links": "_a.co/_",
    "hyphens": "-.",
    "punycode": "xn--a.",
    "backslashes": "\\",
    "possessives": "http://a.co/'s",
    "wrapped": "https://www.google.com/url?q=",
    "links in queries": "t.me/?a=http://x.co/",
    "a path of brackets": "(http://x.co/()",
}


def texts(size: int) -> dict[str, str]:
    """By name, each about `size` characters long."""
    repeated = {name: piece * (size // len(piece)) for name, piece in _PIECES.items()}
    return repeated | {
        "a long path of closing brackets": "http://x.co/" + ")" * size,
        "a long path of escapes": "http://x.co/" + "%25" * (size // 3),
        "a dot and a long number": "." + "1" * size,
        "an Arabic label": "http://a." + "\u0644" * size,
        "a path of letters": "http://x.co/" + "a" * size,
        "a path that unescapes": "http://x.co/" + "%61" * (size // 3),
        "a wrapped path of Cyrillic letters": "https://www.google.com/url?q=http://x.co/" + "\u0430" * size,
        "links": links(size),
    }


def links(size: int) -> str:
    """Different short links, one beside the other."""
    return " ".join(f"{number:x}.co" for number in range(size // 7))
