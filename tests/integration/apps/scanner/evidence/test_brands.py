"""The brands that ship, all of them."""

from __future__ import annotations

from tests.support.evidence import known, link

from whinchat.apps.scanner.evidence.tables import DATA, read


def test_every_brand_owns_what_the_data_says() -> None:
    for fields in read(DATA / "brands.toml")["brands"].values():
        for site in fields["sites"].split():
            about = known(link(f"https://{site}/"))
            assert about.official is not None, site
            assert about.mentions == (), site
