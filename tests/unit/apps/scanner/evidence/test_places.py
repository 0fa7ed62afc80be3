from __future__ import annotations

import pytest
from tests.support.evidence import link, tables

from whinchat.apps.scanner.evidence.places import PlaceKind, Places, ground

PLACES = Places({"app": "pages.dev r.appspot.com", "form": "docs.google.com/forms", "storage": "s3.amazonaws.com"})


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://someone.pages.dev/x", PlaceKind.APP),
        ("https://someone.ey.r.appspot.com/", PlaceKind.APP),  # below an entry
        ("https://docs.google.com/forms/d/e/abc/viewform", PlaceKind.FORM),
        ("https://docs.google.com/document/d/abc/edit", None),
        ("https://s3.amazonaws.com/bucket/page.html", PlaceKind.STORAGE),
        ("https://pages.dev.example.org/", None),
        ("https://example.org/pages.dev", None),
    ],
)
def test_a_place_is_known_by_the_ground_of_its_site(url: str, kind: PlaceKind | None) -> None:
    assert PLACES.kind(link(url)) is kind


def test_where_owners_are_told_apart_by_path_the_ground_is_the_host() -> None:
    assert ground(link("https://s3.amazonaws.com/bucket/page.html").site) == "s3.amazonaws.com"
    assert ground(link("https://someone.pages.dev/").site) == "pages.dev"
    assert ground(link("https://www.example.co.uk/").site) == "co.uk"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://a-b-c.trycloudflare.com/", PlaceKind.TUNNEL),
        ("https://abc.ngrok-free.app/", PlaceKind.TUNNEL),
        ("https://someone.weebly.com/", PlaceKind.BUILDER),
        ("https://sites.google.com/view/someone", PlaceKind.BUILDER),
        ("https://form.jotform.com/250000000000", PlaceKind.FORM),
        ("https://someone.web.core.windows.net/", PlaceKind.STORAGE),
        ("https://storage.googleapis.com/bucket/page.html", PlaceKind.STORAGE),
        ("https://someone.eu.com/", PlaceKind.PRETENDED_COUNTRY),
    ],
)
def test_the_shipped_data_knows_common_places(url: str, kind: PlaceKind) -> None:
    assert tables().places.kind(link(url)) is kind
