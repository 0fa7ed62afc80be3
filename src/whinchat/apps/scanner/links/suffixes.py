"""The Public Suffix List in a compact form: under which names can anybody register one of their own?"""

from __future__ import annotations

from typing import NamedTuple

from whinchat.apps.scanner.links.tables import lines, rows

_DEEPEST = 8  # labels; no rule has more


class Parts(NamedTuple):
    """A name host taken apart. A host that is itself a suffix is its own site without a label."""

    site: str
    """The suffix, private rules included, and one label more."""
    registrable: str
    """The same under the ICANN section only."""
    suffix: str
    label: str
    private: bool
    """The suffix belongs to a company that lets anybody have a name under it."""


def _rules() -> tuple[frozenset[str], frozenset[str]]:
    icann: list[str] = []
    private = [host for host, *_ in rows("hosting_suffixes.tsv")]
    for line in lines("suffixes.txt"):
        owned = line.startswith("~")
        (private if owned else icann).append(line.removeprefix("~"))
    return frozenset(icann), frozenset(private)


_ICANN, _PRIVATE = _rules()


def split(host: str) -> Parts:
    """Takes apart a host in ASCII and lower case, without a root dot; an unknown suffix is the last label."""
    labels = host.split(".")
    count = len(labels)
    suffix_at = -1
    private = False
    icann_at = count - 1
    for index in range(max(0, count - _DEEPEST), count):
        name = ".".join(labels[index:])
        wildcard = f"*.{'.'.join(labels[index + 1 :])}"
        if suffix_at < 0:
            hit = _rule_at(_PRIVATE, name, wildcard, index)
            if hit >= 0:
                suffix_at, private = hit, True
        hit = _rule_at(_ICANN, name, wildcard, index)
        if hit >= 0:
            icann_at = hit
            break
    if suffix_at < 0:
        suffix_at = icann_at
    return Parts(
        site=".".join(labels[max(0, suffix_at - 1) :]),
        registrable=".".join(labels[max(0, icann_at - 1) :]),
        suffix=".".join(labels[suffix_at:]),
        label=labels[suffix_at - 1] if suffix_at else "",
        private=private,
    )


def _rule_at(rules: frozenset[str], name: str, wildcard: str, index: int) -> int:
    """The label at which the suffix of a rule for `name` begins; -1 without one."""
    if f"!{name}" in rules:
        return index + 1
    return index if name in rules or wildcard in rules else -1
