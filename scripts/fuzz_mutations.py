"""How the fuzzer changes a text: one mutation, one small function. Each takes the text, chance, and another text."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from urllib.parse import quote

LONGEST = 20_000  # characters; longer texts are cut, so that many can be tried

Chance = random.Random

HIDDEN = "\u200b\u200c\u200d\u2060\u00ad\u202e\u2066\u2069\ufe0f\u3164\u034f\U000e0041"
STRANGE = (
    "\0\t\n\r\x7f\x85\u00a0\u2028\u3000\ud800\udfff\ufffd\uffff"
    "\u0130\u0131\u212a\u00df\u03c2\u1e9e\ufb01\U0001f600\u0301"
)
_WRITTEN = r"""
    . .. / // \ : :// @ ? # & = % %2e %2F %00 %ff [ ] ( ) < > { } ' " * _ ~ | , ; ! - -- xn-- xn--a [.] dot http https
    hxxp Https: ftp:// tg:// intent: javascript: data: www. com .com .co.uk .onion pages.dev t.me bit.ly 1.2.3.4 0x7f.1
    3279880203 [::1] [::ffff:1.2.3.4] 127.1 :80 :65536 user:pw@ &amp; &#46; &#x2e; paypal google.com/url?q= ](
    urldefense.com/v3/__ a1aHR0c amp/s/ web/2020/ #Intent;scheme=https;end href=
"""
WRITTEN = (*_WRITTEN.split(), "\u3002", "\uff0e", "\u2024")
WRAPPERS = (
    "https://www.google.com/url?q={}",
    "https://l.facebook.com/l.php?u={}",
    "https://eur01.safelinks.protection.outlook.com/?url={}&data=x",
    "https://urldefense.com/v3/__{}__;Kw!!x!y$",
    "https://urldefense.proofpoint.com/v2/url?u={}",
    "https://web.archive.org/web/2020/{}",
    "https://cdn.ampproject.org/c/s/{}",
    "https://example-com.translate.goog/{}?_x_tr_sl=en",
    "intent://x/#Intent;S.browser_fallback_url={};end",
    "[{}](https://a.example/x)",
    '<a href="{}">paypal.com</a>',
    "({})",
    "*{}*",
)
LETTERS = str.maketrans("aeopcxyisjh", "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0455\u0458\u04bb")


def cut(text: str, chance: Chance, other: str) -> str:
    start, end = _span(text, chance)
    return text[:start] + text[end:]


def repeat(text: str, chance: Chance, other: str) -> str:
    start, end = _span(text, chance)
    piece = text[start:end] or "a"
    return text[:start] + piece * chance.choice((2, 3, 10, max(1, LONGEST // len(piece) // 2))) + text[end:]


def splice(text: str, chance: Chance, other: str) -> str:
    at, start_end = chance.randint(0, len(text)), _span(other, chance)
    return text[:at] + other[slice(*start_end)] + text[at:]


def cross(text: str, chance: Chance, other: str) -> str:
    return text[: chance.randint(0, len(text))] + other[chance.randint(0, len(other)) :]


def put(text: str, chance: Chance, other: str) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(WRITTEN) + text[at:]


def put_everywhere(text: str, chance: Chance, other: str) -> str:
    piece: str = chance.choice((*HIDDEN, *WRITTEN))
    return piece.join(text[:2_000])


def hide(text: str, chance: Chance, other: str) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + "".join(chance.choices(HIDDEN + STRANGE, k=chance.randint(1, 4))) + text[at:]


def byte(text: str, chance: Chance, other: str) -> str:
    """One byte of its UTF-8 changed; what is no character any more is a lone surrogate."""
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)
    return data.decode("utf-8", "surrogateescape")


def character(text: str, chance: Chance, other: str) -> str:
    at = chance.randrange(len(text)) if text else 0
    code = chance.choice((chance.randrange(0x80), chance.randrange(0x3000), chance.randrange(0x110000)))
    return text[:at] + chr(code) + text[at + 1 :]


def swap(text: str, chance: Chance, other: str) -> str:
    start, end = _span(text, chance)
    middle = chance.randint(start, end)
    return text[:start] + text[middle:end] + text[start:middle] + text[end:]


def recase(text: str, chance: Chance, other: str) -> str:
    start, end = _span(text, chance)
    change = chance.choice((str.upper, str.swapcase, str.title, str.casefold))
    return text[:start] + change(text[start:end]) + text[end:]


def disguise(text: str, chance: Chance, other: str) -> str:
    """Look-alike letters, or full width."""
    start, end = _span(text, chance)
    piece = text[start:end]
    wide = "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in piece)
    return text[:start] + chance.choice((piece.translate(LETTERS), wide)) + text[end:]


def escape(text: str, chance: Chance, other: str) -> str:
    start, end = _span(text, chance)
    piece = text[start:end].encode("utf-8", "replace")
    return text[:start] + chance.choice((quote(piece), "".join(f"%{each:02x}" for each in piece))) + text[end:]


def wrap(text: str, chance: Chance, other: str) -> str:
    for _ in range(chance.choice((1, 1, 2, 7))):
        inner = text.encode("utf-8", "replace").decode()
        text = chance.choice(WRAPPERS).replace("{}", quote(inner, safe="") if chance.random() < 0.5 else inner)
        if len(text) > LONGEST:
            break
    return text


def lengthen(text: str, chance: Chance, other: str) -> str:
    """A great length of one thing: a label, labels, a path, a query, escapes."""
    piece = chance.choice(("a", "a.", "a-", "/", "a/", "%41", "&a=", "1", "\u0430", "@", "=", "(", "xn--"))
    at = chance.randint(0, len(text))
    return text[:at] + piece * (chance.choice((64, 254, 5_000, LONGEST)) // len(piece)) + text[at:]


MUTATIONS: tuple[Callable[[str, Chance, str], str], ...] = (
    cut, repeat, splice, cross, put, put, put_everywhere, hide, byte, character, swap, recase, disguise, escape, wrap,
    lengthen,
)  # fmt: skip


def mutated(corpus: Sequence[str], chance: Chance) -> str:
    text = chance.choice(corpus)
    for _ in range(chance.choice((1, 1, 2, 3, 4, 6, 9))):
        text = chance.choice(MUTATIONS)(text, chance, chance.choice(corpus))[:LONGEST]
    return text


def _span(text: str, chance: Chance) -> tuple[int, int]:
    start = chance.randint(0, len(text))
    return start, min(len(text), start + chance.choice((1, 2, 4, 8, 20, 100, LONGEST)))
