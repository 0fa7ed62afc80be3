"""All kinds of evidence that only a visit gives. Adding one is as in `index.py`."""

from __future__ import annotations

from whinchat.apps.scanner.evidence import certificate, response
from whinchat.apps.scanner.evidence.arrival import Arrival, ArrivalKind
from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link

VISIT: tuple[ArrivalKind, ...] = (
    certificate.certificate_of_another,
    certificate.certificate_expired,
    certificate.certificate_unknown,
    certificate.fresh_certificate,
    response.password_for_brand,
    response.brand_on_page,
    response.password_sent_elsewhere,
    response.program_offered,
    response.page_gone,
    response.leads_inside,
    response.never_arrives,
    response.not_reached,
)


def met(link: Link, known: Known, arrival: Arrival) -> tuple[Evidence, ...]:
    """Everything that can be said of what a visit of the link met. `link`: the last one of the way."""
    return tuple(evidence for kind in VISIT if (evidence := kind(link, known, arrival)) is not None)
