"""All kinds of evidence. Adding one: a function, a line here, a weight in `weights.toml`, a sentence, a test."""

from __future__ import annotations

from whinchat.apps.scanner.evidence import (
    bait,
    brand_label,
    characters,
    files,
    hosting,
    listed,
    lookalike,
    path,
    popularity,
    scripts,
    structure,
    suffix,
    tricks,
    wrapped,
)
from whinchat.apps.scanner.evidence.known import Evidence, Kind, Known
from whinchat.apps.scanner.links.link import Link

EVIDENCE: tuple[Kind, ...] = (
    listed.listed,
    listed.listed_nearby,
    popularity.popular_site,
    lookalike.brand_lookalike,
    lookalike.brand_misspelt,
    brand_label.brand_in_name,
    brand_label.brand_alone,
    brand_label.brand_in_subdomain,
    brand_label.brand_in_path,
    brand_label.official_site,
    bait.bait_in_name,
    bait.lure_in_name,
    bait.bait_in_subdomain,
    bait.bait_in_path,
    characters.strange_name,
    characters.familiar_name,
    characters.random_name,
    characters.long_name,
    scripts.mixed_script,
    scripts.disguised_name,
    hosting.bait_on_hosting,
    hosting.dynamic_dns,
    hosting.ipfs_gateway,
    hosting.link_in_bio,
    hosting.shortener,
    suffix.risky_suffix,
    suffix.trusted_suffix,
    suffix.risky_hosting,
    structure.address_host,
    structure.odd_port,
    structure.user_in_link,
    structure.many_subdomains,
    structure.domain_in_subdomain,
    structure.ending_in_name,
    structure.address_in_name,
    structure.coded_name,
    path.domain_in_path,
    path.machinery_in_path,
    path.script_page,
    path.ticket_path,
    path.mail_in_link,
    path.link_in_query,
    path.long_link,
    files.dangerous_file,
    files.double_extension,
    tricks.hidden_marks,
    tricks.full_width,
    tricks.odd_slashes,
    tricks.markup_mismatch,
    wrapped.wrapped,
)


def gather(link: Link, known: Known) -> list[Evidence]:
    """Everything that can be said of the link, in the order of the index."""
    return [evidence for kind in EVIDENCE if (evidence := kind(link, known)) is not None]
