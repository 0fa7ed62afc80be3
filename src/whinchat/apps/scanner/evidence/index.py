"""All kinds of evidence. Adding one: a function, a line here, a weight in `weights.toml`, a sentence, a test."""

from __future__ import annotations

from whinchat.apps.scanner.evidence import (
    bait,
    brand_label,
    campaign,
    characters,
    context,
    files,
    hosting,
    listed,
    lookalike,
    newcomer,
    novelty,
    path,
    popularity,
    redirects,
    scripts,
    structure,
    suffix,
    tricks,
    wrapped,
)
from whinchat.apps.scanner.evidence.known import Evidence, Kind, Known
from whinchat.apps.scanner.evidence.situation import Situation, SituationKind
from whinchat.apps.scanner.links.link import Link

EVIDENCE: tuple[Kind, ...] = (
    listed.listed,
    listed.listed_nearby,
    popularity.popular_site,
    lookalike.brand_lookalike,
    lookalike.forged_name,
    lookalike.brand_misspelt,
    lookalike.brand_mangled,
    brand_label.brand_with_bait,
    brand_label.brand_in_name,
    brand_label.brand_alone,
    brand_label.brand_in_subdomain,
    brand_label.brand_in_path,
    brand_label.brand_in_title,
    brand_label.official_site,
    bait.bait_in_name,
    bait.lure_in_name,
    bait.crypto_in_name,
    bait.bait_in_subdomain,
    bait.bait_in_path,
    bait.lure_in_path,
    bait.authority_in_name,
    characters.strange_name,
    characters.familiar_name,
    characters.random_name,
    characters.long_name,
    characters.number_in_name,
    characters.many_hyphens,
    characters.number_in_subdomain,
    characters.random_subdomain,
    characters.long_subdomain,
    scripts.mixed_script,
    scripts.disguised_name,
    hosting.bait_on_hosting,
    hosting.tunnel,
    hosting.temporary_host,
    hosting.free_app,
    hosting.free_site,
    hosting.page_in_storage,
    hosting.online_form,
    hosting.pretended_country,
    hosting.bare_page_on_hosting,
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
    path.hidden_mail,
    path.login_parameters,
    path.code_in_path,
    path.code_in_query,
    path.link_in_query,
    path.long_link,
    path.strange_path,
    files.dangerous_file,
    files.double_extension,
    files.archive_file,
    tricks.hidden_marks,
    tricks.full_width,
    tricks.odd_slashes,
    tricks.markup_mismatch,
    wrapped.wrapped,
    redirects.several_redirects,
    redirects.hidden_shortener,
    redirects.open_redirect,
)


def gather(link: Link, known: Known) -> list[Evidence]:
    """Everything that can be said of the link, in the order of the index."""
    return [evidence for kind in EVIDENCE if (evidence := kind(link, known)) is not None]


CONTEXT: tuple[SituationKind, ...] = (
    context.message_urgency,
    context.message_account,
    context.message_parcel,
    context.message_prize,
    context.message_payment,
    context.message_asks_code,
    context.message_asks_money,
    context.message_offer,
    context.message_lure,
    context.message_family,
    context.message_call,
    context.message_mass,
    context.scam_words,
    context.brand_not_linked,
    context.bare_call,
)
"""Of the message around the link."""

HISTORY: tuple[SituationKind, ...] = (
    novelty.seen_here,
    novelty.known_elsewhere,
    novelty.new_here,
    campaign.many_chats,
    campaign.site_in_many_chats,
)
"""Of what was seen before."""

SENDER: tuple[SituationKind, ...] = (newcomer.new_member,)
"""Of who posted it."""


def around(link: Link, situation: Situation) -> list[Evidence]:
    """Everything that can be said of what stands around the link."""
    if situation.remembered is not None:
        return list(situation.remembered)
    kinds = (*(CONTEXT if situation.message else ()), *(HISTORY if situation.history else ()), *SENDER)
    return [evidence for kind in kinds if (evidence := kind(link, situation)) is not None]
