"""What external sources said of a link, as evidence. Who gave no answer says nothing, neither good nor bad."""

from __future__ import annotations

from collections.abc import Mapping

from whinchat.apps.scanner.evidence.known import Evidence
from whinchat.apps.scanner.knowledge import Scope
from whinchat.apps.scanner.sources.about import About
from whinchat.apps.scanner.sources.answers import Facts, Listed
from whinchat.apps.scanner.sources.asked import Asked

SAID = ("listed_by_source", "listed_nearby_by_source", "young_domain", "young_certificate")
"""The names of the evidence that comes from here."""

DAY = 24 * 3600 * 1000  # milliseconds
SURE = 0.9
"""Strength from which the listing of a decisive source decides alone."""
DOMAIN_AGES = ((7, 1.0), (30, 0.7), (90, 0.4), (365, 0.15))
"""Days since the registration, and how much it says to be younger: most scam domains are used within weeks."""
CERTIFICATE_AGES = ((7, 1.0), (30, 0.5))


def said(
    asked: Asked, abouts: Mapping[str, About], trust: Mapping[str, float], now: int, *, shared: bool = False
) -> tuple[Evidence, ...]:
    """All that the answers say, each source for itself.

    `trust`: what a listing of each source is worth, 0 to 1 (`Weights.sources`). `now`: milliseconds UTC. `shared`: the
    link stands where many people have pages, so that an entry for its host means any of them.
    """
    listings = [
        _listed(listed, abouts[name], trust.get(name, 0.0), shared=shared) for name, listed in _listings(asked, abouts)
    ]
    facts = [answer for answer in asked.answers.values() if isinstance(answer, Facts)]
    registered = max((each.registered_at for each in facts if each.registered_at is not None), default=None)
    certified = max((each.certified_at for each in facts if each.certified_at is not None), default=None)
    young = (
        _young("young_domain", registered, DOMAIN_AGES, now),
        _young("young_certificate", certified, CERTIFICATE_AGES, now),
    )
    return (*(each for each in listings if each.amount), *(each for each in young if each is not None))


def decisive(asked: Asked, abouts: Mapping[str, About], *, shared: bool = False) -> str | None:
    """The name of the first source whose listing alone makes the link malicious. `shared` as in `said`."""
    for name, listed in _listings(asked, abouts):
        if abouts[name].decisive and listed.strength >= SURE and not _nearby(listed, shared=shared):
            return name
    return None


def _listings(asked: Asked, abouts: Mapping[str, About]) -> list[tuple[str, Listed]]:
    """Of sources that this version knows: the answers may be older than it."""
    return [(name, answer) for name, answer in asked.answers.items() if isinstance(answer, Listed) and name in abouts]


def _listed(listed: Listed, about: About, trust: float, *, shared: bool) -> Evidence:
    name = "listed_nearby_by_source" if _nearby(listed, shared=shared) else "listed_by_source"
    values = {"source": about.title, "threat": listed.threat.value}
    if about.notice:
        values["notice"] = about.notice
    return Evidence(name, values, trust * listed.strength)


def _nearby(listed: Listed, *, shared: bool) -> bool:
    return listed.nearby or (shared and listed.scope is not Scope.URL)


def _young(name: str, since: int | None, ages: tuple[tuple[int, float], ...], now: int) -> Evidence | None:
    if since is None:
        return None
    days = max(0, now - since) // DAY
    amount = next((amount for most, amount in ages if days < most), None)
    return None if amount is None else Evidence(name, {"age": str(max(1, days))}, amount)
