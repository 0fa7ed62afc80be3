"""What phishers do to a link that is detected: one mutation, one small function.

Each takes a link and chance and gives the text in which the changed link would be sent; None where it does not apply
or changes nothing. Names, paths and codes that it makes up lead nowhere.
"""

from __future__ import annotations

import base64
import random
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from whinchat.apps.scanner.evidence.reading import decoded
from whinchat.apps.scanner.links.link import Link

Chance = random.Random

FILLERS = ("secure", "login", "verify", "account", "support", "update", "online", "portal", "help", "my", "web", "app")
CYRILLIC = dict(zip("aeopcxyijs", "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455", strict=True))
DIGITS = {"o": "0", "l": "1", "i": "1", "e": "3", "a": "4", "s": "5", "t": "7", "b": "8", "g": "9"}
CONSONANTS, VOWELS = "bcdfghklmnprstvz", "aeiou"


@dataclass(frozen=True, slots=True)
class Target:
    link: Link
    brands: tuple[str, ...] = ()
    """Words of brands as they are written in it."""

    @property
    def label(self) -> str:
        """The owner's own part of the host, as people see it; made of the address's digits without one."""
        name = self.link.site.name.partition("/")[0]
        own = name.removesuffix("." + self.link.site.suffix) if self.link.site.suffix else name
        return decoded(own.rpartition(".")[2] or self.link.host.replace(".", "-"))

    @property
    def rest(self) -> str:
        """Path and query."""
        return self.link.path + (f"?{self.link.query}" if self.link.query else "")

    @property
    def on_own_domain(self) -> bool:
        return not self.link.is_address and not self.link.site.shared and bool(self.link.site.label)


def word(chance: Chance, syllables: int = 3) -> str:
    """A name that can be spoken and means nothing."""
    return "".join(chance.choice(CONSONANTS) + chance.choice(VOWELS) for _ in range(syllables))


def code(chance: Chance, length: int = 7) -> str:
    return "".join(chance.choices(string.ascii_letters + string.digits, k=length))


def with_label(it: Target, label: str) -> str | None:
    """The link with another name in the place of its own; None for addresses and where the name is in the path."""
    if it.link.is_address or label == it.label or "/" in it.link.site.name or not it.link.site.label:
        return None
    site = it.link.site
    before = it.link.host.removesuffix(f"{site.label}.{site.suffix}")
    return f"http://{before}{label}.{site.suffix}{it.rest}"


# --- another place -----------------------------------------------------------------------------------------------


def hosted(place: str, it: Target, chance: Chance) -> str | None:
    if it.link.site.suffix == place:
        return None
    plain = re.sub(r"[^a-z0-9-]+", "-", it.label.lower()).strip("-") or word(chance)
    return f"https://{plain}.{place}{it.rest}"


def hosted_nameless(place: str, it: Target, chance: Chance) -> str | None:
    return f"https://{word(chance)}-{code(chance, 5).lower()}.{place}/"


def suffixed(suffix: str, it: Target, chance: Chance) -> str | None:
    if it.link.is_address or it.link.site.suffix == suffix:
        return None
    return f"http://{it.label}.{suffix}{it.rest}"


def below_own_domain(it: Target, chance: Chance) -> str | None:
    return f"http://{it.label}.{word(chance)}{word(chance, 2)}.com{it.rest}"


def address(it: Target, chance: Chance) -> str | None:
    return f"http://203.0.113.{chance.randrange(1, 255)}{it.rest}"


def random_name(it: Target, chance: Chance) -> str | None:
    return with_label(it, word(chance, 4))


def random_name_bare(it: Target, chance: Chance) -> str | None:
    changed = with_label(it, word(chance, 4))
    return changed and f"http://{changed.split('/')[2]}/"


# --- another name ------------------------------------------------------------------------------------------------


def filler_words(it: Target, chance: Chance) -> str | None:
    return with_label(it, f"{it.label}-{chance.choice(FILLERS)}-{chance.choice(FILLERS)}")


def brand_removed(it: Target, chance: Chance) -> str | None:
    changed = it.link.url
    for brand in it.brands:
        changed = re.sub(re.escape(brand), word(chance, 2), changed, flags=re.IGNORECASE)
    return changed if changed != it.link.url else None


def digits(it: Target, chance: Chance) -> str | None:
    return with_label(it, swapped(it.label, DIGITS, chance))


def cyrillic(it: Target, chance: Chance) -> str | None:
    return with_label(it, swapped(it.label, CYRILLIC, chance))


def punycode(it: Target, chance: Chance) -> str | None:
    label = swapped(it.label, CYRILLIC, chance)
    return with_label(it, label if label.isascii() else "xn--" + label.encode("punycode").decode())


def swapped(label: str, letters: dict[str, str], chance: Chance) -> str:
    """With one letter that has a double replaced by it."""
    places = [place for place, letter in enumerate(label) if letter in letters]
    if not places:
        return label
    place = chance.choice(places)
    return label[:place] + letters[label[place]] + label[place + 1 :]


def letter_doubled(it: Target, chance: Chance) -> str | None:
    place = chance.randrange(len(it.label))
    return with_label(it, it.label[: place + 1] + it.label[place:])


def letter_left_out(it: Target, chance: Chance) -> str | None:
    place = chance.randrange(len(it.label))
    return with_label(it, it.label[:place] + it.label[place + 1 :]) if len(it.label) > 3 else None


def letters_swapped(it: Target, chance: Chance) -> str | None:
    if len(it.label) < 4:
        return None
    place = chance.randrange(len(it.label) - 1)
    return with_label(it, it.label[:place] + it.label[place + 1] + it.label[place] + it.label[place + 2 :])


def hyphen_added(it: Target, chance: Chance) -> str | None:
    place = len(it.label) // 2
    return with_label(it, f"{it.label[:place]}-{it.label[place:]}") if len(it.label) > 3 else None


def hyphens_removed(it: Target, chance: Chance) -> str | None:
    return with_label(it, it.label.replace("-", ""))


# --- another path ------------------------------------------------------------------------------------------------


def bare(it: Target, chance: Chance) -> str | None:
    return f"http://{it.link.host}/" if it.rest != "/" and "/" not in it.link.site.name else None


def deep_path(it: Target, chance: Chance) -> str | None:
    return f"http://{it.link.host}{it.link.path.rstrip('/')}/{'/'.join(word(chance) for _ in range(5))}"


def article_path(it: Target, chance: Chance) -> str | None:
    if "/" in it.link.site.name:
        return None
    return f"http://{it.link.host}/2026/05/{'-'.join(word(chance) for _ in range(6))}.html"


def tracking_query(it: Target, chance: Chance) -> str | None:
    mark = "&" if it.link.query else "?"
    return (
        f"{it.link.url}{mark}utm_source=newsletter&utm_medium=email&utm_campaign={word(chance)}&id={code(chance, 16)}"
    )


def escaped_path(it: Target, chance: Chance) -> str | None:
    path = "".join(f"%{ord(each):02x}" if each.isascii() and each.isalnum() else each for each in it.link.path)
    return f"http://{it.link.host}{path}" if path != it.link.path and "%" not in it.link.path else None


def odd_port(it: Target, chance: Chance) -> str | None:
    return f"http://{it.link.host}:{chance.choice((8080, 8443, 2083))}{it.rest}"


def user_before_host(it: Target, chance: Chance) -> str | None:
    return f"http://www.google.com@{it.link.host}{it.rest}"


def secure(it: Target, chance: Chance) -> str | None:
    return f"https://{it.link.host}{it.rest}"


# --- behind something --------------------------------------------------------------------------------------------


def wrapped(wrapper: str, it: Target, chance: Chance) -> str | None:
    return wrapper.replace("{}", quote(it.link.url, safe=""))


def wrapped_bing(it: Target, chance: Chance) -> str | None:
    data = base64.urlsafe_b64encode(it.link.url.encode()).decode().rstrip("=")
    return f"https://www.bing.com/ck/a?!&&p={code(chance, 20)}&u=a1{data}&ntb=1"


def shortened(shortener: str, it: Target, chance: Chance) -> str | None:
    """What hides behind a code cannot be known without asking."""
    return f"https://{shortener}/{code(chance)}"


# --- written otherwise -------------------------------------------------------------------------------------------


def no_scheme(it: Target, chance: Chance) -> str | None:
    return it.link.host + it.rest.removesuffix("/")


def upper_case(it: Target, chance: Chance) -> str | None:
    return f"HTTP://{it.link.host.upper()}{it.rest}"


def hxxp(it: Target, chance: Chance) -> str | None:
    return f"hxxp://{it.link.host}{it.rest}"


def brackets(it: Target, chance: Chance) -> str | None:
    return f"{it.link.host.replace('.', '[.]')}{it.rest}"


def spelled_dot(it: Target, chance: Chance) -> str | None:
    head, _, last = it.link.host.rpartition(".")
    return None if it.link.is_address else f"{head} dot {last}{it.rest}"


def spaced_dot(it: Target, chance: Chance) -> str | None:
    head, _, last = it.link.host.rpartition(".")
    return None if it.link.is_address else f"{head} . {last}{it.rest}"


def spaced_scheme(it: Target, chance: Chance) -> str | None:
    return f"http : // {it.link.host}{it.rest}"


def zero_width(it: Target, chance: Chance) -> str | None:
    return f"http://{chance.choice(chr(0x200B) + chr(0x2060) + chr(0xAD)).join(it.link.host)}{it.rest}"


def full_width(it: Target, chance: Chance) -> str | None:
    return f"http://{''.join(chr(ord(each) + 0xFEE0) for each in it.link.host)}{it.rest}"


def escaped_host(it: Target, chance: Chance) -> str | None:
    return f"http://{''.join(f'%{ord(each):02x}' for each in it.link.host)}{it.rest}"


def bold(it: Target, chance: Chance) -> str | None:
    return f"*{it.link.host}{it.rest}*"


def markdown(it: Target, chance: Chance) -> str | None:
    return f"[www.paypal.com](http://{it.link.host}{it.rest})"


Mutation = Callable[[Target, Chance], str | None]

MUTATIONS: tuple[tuple[str, Mutation], ...] = (
    *((f"hosted on {place}", partial(hosted, place)) for place in (
        "pages.dev", "vercel.app", "github.io", "weebly.com", "netlify.app", "web.app", "blogspot.com",
    )),
    ("hosted, no name, no path", partial(hosted_nameless, "pages.dev")),
    *((f"suffix .{suffix}", partial(suffixed, suffix)) for suffix in ("com", "net", "org", "co", "app", "top")),
    ("below a domain of its own", below_own_domain),
    ("address as host", address),
    ("random name", random_name),
    ("random name, no path", random_name_bare),
    ("filler words", filler_words),
    ("brand removed", brand_removed),
    ("digits for letters", digits),
    ("Cyrillic letter", cyrillic),
    ("Cyrillic letter in punycode", punycode),
    ("letter doubled", letter_doubled),
    ("letter left out", letter_left_out),
    ("letters swapped", letters_swapped),
    ("hyphen added", hyphen_added),
    ("hyphens removed", hyphens_removed),
    ("no path", bare),
    ("deep path", deep_path),
    ("path of an article", article_path),
    ("tracking query", tracking_query),
    ("path escaped", escaped_path),
    ("odd port", odd_port),
    ("user before the host", user_before_host),
    ("https", secure),
    ("wrapped by google.com/url", partial(wrapped, "https://www.google.com/url?q={}&sa=D")),
    ("wrapped by SafeLinks", partial(wrapped, "https://eur01.safelinks.protection.outlook.com/?url={}&data=05%7C02")),
    ("wrapped by l.facebook.com", partial(wrapped, "https://l.facebook.com/l.php?u={}&h=AT0")),
    ("wrapped by bing.com/ck", wrapped_bing),
    *((f"shortened by {host}", partial(shortened, host)) for host in ("bit.ly", "t.co", "tinyurl.com", "is.gd")),
    ("no scheme", no_scheme),
    ("upper case", upper_case),
    ("hxxp", hxxp),
    ("[.] for dots", brackets),
    ("dot spelled out", spelled_dot),
    ("dot between spaces", spaced_dot),
    ("scheme between spaces", spaced_scheme),
    ("zero-width marks", zero_width),
    ("full-width letters", full_width),
    ("host escaped", escaped_host),
    ("bold", bold),
    ("Markdown that shows another host", markdown),
)  # fmt: skip
