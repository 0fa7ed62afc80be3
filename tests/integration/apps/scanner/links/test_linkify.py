"""Where the scanner and linkify-it-py differ, a rule says why: in all own cases, and with links in many contexts."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.support.link_cases import cases
from tests.support.linkify import RULES, compare, explain

CASES = [row[1] for name in ("links.tsv", "prose.tsv") for row in cases(name)]
LINKS = (
    "https://example.com", "https://example.com/", "https://example.com/a", "https://example.com/a?b=1&c=2#d",
    "http://example.com:8080/a", "Https://Example.com/A_b", "https://user@example.com/a", "https://a.b.example.co.uk/x",
    "https://xn--pypal-4ve.com/x", "http://93.184.216.34/x", "http://[2001:db8::1]/x", "https://example.com/a(b)",
    "https://example.com/a'b", "https://zh.wikipedia.org/wiki/\u4e2d\u56fd", "https://p\u0430ypal.com/x",
    "example.com", "example.com/a", "www.example.org", "bit.ly/3abcDE", "wa.me/15551234567", "a-b.example.top?x=1",
    "m\u00fcller.de/x", "93.184.216.34/x", "//example.com/a", "ftp://files.example.com/x.iso",
    "hxxps://evil[.]com/x", "evil\u200b.com/x", "tg://resolve?domain=x", "https:/example.com/x",
    "ana@example.com", "report.pdf", "main.py", "end.Then", "1.2.3.4", "http://localhost/x", "http://intranet:80/x",
)  # fmt: skip
CONTEXTS = (
    "{}", "see {} now", "{}.", "{}, and", "{}!", "is it {}?", "{}: yes", "({})", "(see {}).", "[{}]", "<{}>", "{{{}}}",
    '"{}"', "'{}'", "\u201c{}\u201d", "\u00ab{}\u00bb", "*{}*", "_{}_", "~{}~", "`{}`", "|{}|", "> {}", "- {}",
    "{}\n{}", "link:{}", "url={}", "[x]({})", '<a href="{}">x</a>', "\u770b{}\u5427", "\u3010{}\u3011",
    "\u0438 {} \u0438", "{}\u2026", "{}...", "\U0001f449{}\U0001f525", "{}'s", "{};{}", "{},{}", "#{}", "@{}", "{}\t{}",
    "\u200f{}\u200f", "{}https://example.org/y", "x{}",
)  # fmt: skip


@pytest.mark.parametrize("context", CONTEXTS)
def test_links_in_a_context_are_found_alike_or_a_rule_says_why(context: str) -> None:
    for link in LINKS:
        _, found = compare(context.replace("{}", link))
        assert [each.shown for each in found if explain(each) is None] == []


def test_in_own_cases_every_difference_is_explained() -> None:
    why: Counter[str | None] = Counter()
    shown = []
    for text in CASES:
        alike, found = compare(text)
        why["alike"] += alike
        why.update(explain(each) for each in found)
        shown += [each.shown for each in found if explain(each) is None]
    assert shown == []
    assert why["alike"] > 150  # else the second opinion would say nothing
    assert [rule.__name__ for rule in RULES if not why[rule.__name__]] == []
