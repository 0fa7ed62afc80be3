from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.evidence import known, link, tables

from whinchat.apps.scanner.evidence.brands import How, Place, consonants, one_slip, shortened
from whinchat.apps.scanner.evidence.tables import DATA, read


@pytest.mark.parametrize(
    ("url", "brand", "place", "how"),
    [
        ("paypal-secure.top", "PayPal", Place.NAME, How.EXACT),
        ("securepaypallogin.xyz", "PayPal", Place.NAME, How.EXACT),
        ("wells-fargo.cc", "Wells Fargo", Place.NAME, How.EXACT),
        ("bank-of-america.help", "Bank of America", Place.NAME, How.EXACT),
        ("paypa1-login.pages.dev", "PayPal", Place.NAME, How.LOOKALIKE),
        ("rnicrosoft.com", "Microsoft", Place.NAME, How.LOOKALIKE),
        ("dh1-parcel.com", "DHL", Place.NAME, How.LOOKALIKE),
        ("app1e-account.com", "Apple", Place.NAME, How.LOOKALIKE),
        ("netfllx.com", "Netflix", Place.NAME, How.LOOKALIKE),
        ("netflixx.com", "Netflix", Place.NAME, How.MISSPELT),
        ("facebok.com", "Facebook", Place.NAME, How.MISSPELT),
        ("isntagram.com", "Instagram", Place.NAME, How.MISSPELT),
        ("metamaskklogin.webflow.io", "MetaMask", Place.NAME, How.MISSPELT),
        ("metmsekklogin.webflow.io", "MetaMask", Place.NAME, How.MANGLED),
        ("help-mtamsk.webflow.io", "MetaMask", Place.NAME, How.MANGLED),
        ("amazon.example.org", "Amazon", Place.SUBDOMAIN, How.EXACT),
        ("paypal.com.evil.top", "PayPal", Place.SUBDOMAIN, How.EXACT),
        ("example.org/dhl/track", "DHL", Place.PATH, How.EXACT),
    ],
)
def test_a_brand_named_on_a_foreign_site_is_noticed(url: str, brand: str, place: Place, how: How) -> None:
    mention = known(link(url)).mentions[0]
    assert (mention.brand, mention.place, mention.how) == (brand, place, how)


@pytest.mark.parametrize(
    "url",
    [
        "apple-pie-recipes.com",  # an everyday word alone
        "orangejuice.com",
        "targetpractice.org",
        "pineapple-login.com",  # the word is not apple
        "goggles.com",
        "horizon.org",
        "amazonia.org.br",
        "chasing-trains.org",
        "startups.com",
        "metaphysics.org",
        "sparkasse-ingolstadt.de",
        "santander.gov.co",
        "telegraf.by",
        "ntflx.org",  # mangled, but neither free nor asking
        "example.org/how-to-cancel-your-netflix-subscription",
    ],
)
def test_what_only_contains_a_brands_letters_is_left_alone(url: str) -> None:
    assert known(link(url)).mentions == ()


def test_an_everyday_word_counts_beside_one_that_asks_for_trust() -> None:
    assert [mention.brand for mention in known(link("apple-id-login.top")).mentions] == ["Apple"]


@pytest.mark.parametrize("site", ["amazon.co.jp", "www.paypal.com", "dhl.fr", "login.live.com", "santander.pl"])
def test_a_brands_own_sites_never_speak_against_it(site: str) -> None:
    about = known(link(f"https://{site}/signin/account"))
    assert about.official is not None
    assert about.mentions == ()


@pytest.mark.parametrize("site", ["amazon.tk", "paypal.top", "paypal.pages.dev", "amazon.com.evil.co"])
def test_a_brands_name_elsewhere_is_not_its_site(site: str) -> None:
    assert known(link(site)).official is None


def test_the_data_has_at_least_400_brands() -> None:
    assert len(read(DATA / "brands.toml")["brands"]) >= 400


def test_no_brand_is_a_slip_of_another_ones_ordinary_word() -> None:
    vocabulary = tables().vocabulary
    for word, fields in read(DATA / "brands.toml")["brands"].items():
        for each in (word, *fields.get("words", "").split()):
            assert each.isalnum(), each
            assert each == each.lower()
            assert vocabulary.sense(each) is not None or fields.get("ordinary"), each


def test_what_asks_for_trust_beside_a_brand_is_remembered() -> None:
    assert known(link("paypal-secure.top")).mentions[0].bait == "secure"
    assert known(link("paypal-app.top")).mentions[0].bait == ""


@pytest.mark.parametrize(
    ("path", "strange"),
    [
        ("/netflix", [0]),
        ("/netflix.html", [0]),
        ("/login-netflix-2024.php", [0]),
        ("/why-netflix", [1]),
        ("/what-netflix-did", []),
        ("/2024/netflix", []),
        ("/netflix/why-netflix", [0, 1]),
    ],
)
def test_unknown_words_beside_a_brand_in_a_path_are_counted_and_articles_left_alone(
    path: str, strange: list[int]
) -> None:
    assert [mention.strange for mention in known(link(f"https://example.org{path}")).mentions] == strange


@pytest.mark.parametrize(
    ("one", "other"),
    [("coinbase", "kunbas"), ("metamask", "mithomassk"), ("phantom", "fentum"), ("netflix", "netflics")],
)
def test_consonants_are_what_mangling_leaves(one: str, other: str) -> None:
    assert consonants(one) == consonants(other)


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("paypal", "paypall", True),
        ("paypal", "payal", True),
        ("paypal", "paypel", True),
        ("paypal", "papyal", True),
        ("paypal", "paypal", False),
        ("paypal", "papyel", False),
        ("paypal", "pay", False),
        ("abc", "cba", False),
    ],
)
def test_one_slip_is_one_letter_more_less_other_or_swapped(one: str, other: str, slip: bool) -> None:
    assert one_slip(one, other) is slip
    assert one_slip(other, one) is slip


@given(st.text("abcd", min_size=1, max_size=8), st.integers(0, 7))
def test_a_letter_left_out_is_always_one_slip(word: str, at: int) -> None:
    assert word[: at % len(word)] + word[at % len(word) + 1 :] in set(shortened(word))
    for shorter in shortened(word):
        assert one_slip(word, shorter)
