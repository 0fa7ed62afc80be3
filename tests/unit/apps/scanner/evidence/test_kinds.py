"""Each kind of evidence: links that show it, and innocent neighbours that do not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.evidence import FakeLists, found_in, link

from whinchat.apps.scanner.knowledge import Listing, Scope, SiteTag, Threat
from whinchat.apps.scanner.links.link import Trick

SHOWS = [
    ("brand_lookalike", "https://paypa1-login.pages.dev/verify"),
    ("forged_name", "https://paypa1-login.pages.dev/"),
    ("forged_name", "https://g00gle-docs.top/verify"),
    ("brand_misspelt", "netflixx-billing.com"),
    ("brand_mangled", "mettamaskk-wallet.webflow.io"),
    ("brand_mangled", "https://ntflx-abonnement.example/"),
    ("brand_with_bait", "paypal-secure.top"),
    ("brand_in_name", "paypal-app.top"),
    ("brand_alone", "paypal.top"),
    ("brand_in_subdomain", "paypal.login.example.top"),
    ("brand_in_path", "https://example.org/paypal/index.html"),
    ("brand_in_path", "https://example.org/netflix-login.php"),
    ("brand_in_title", "https://example.org/why-netflix/"),
    ("official_site", "https://www.paypal.com/signin"),
    ("bait_in_name", "my-secure-login.top"),
    ("lure_in_name", "claim-your-refund.top"),
    ("crypto_in_name", "stake-tokens.pages.dev"),
    ("bait_in_subdomain", "secure-login.example.top"),
    ("bait_in_path", "https://example.org/verify"),
    ("bait_in_path", "https://example.org/my-quaint-login.php"),
    ("lure_in_path", "https://example.org/refund/pay.php"),
    ("authority_in_name", "ny-tollway.help"),
    ("strange_name", "dkfjgh-xkcjv.top"),
    ("familiar_name", "smithtownnews.com"),
    ("random_name", "xkcdqwrt.com"),
    ("random_name", "a1b2c3d4.com"),
    ("long_name", "thisnameismuchlongerthanusual.com"),
    ("number_in_name", "dbs73339.vip"),
    ("number_in_name", "3656.win"),
    ("many_hyphens", "your-new-blue-garden.com"),
    ("number_in_subdomain", "https://item-64283592.example.org/"),
    ("random_subdomain", "https://a1e2fa1e2f.example.org/"),
    ("random_subdomain", "https://xkcdqw.example.org/"),
    ("long_subdomain", "https://one-two-three-four.example.org/"),
    ("mixed_script", "https://p\u0430ypal.com/"),
    ("disguised_name", "https://xn--80ak6aa92e.com/"),
    ("bait_on_hosting", "https://secure-login.pages.dev/"),
    ("tunnel", "https://some-words-here.trycloudflare.com/"),
    ("temporary_host", "https://20-1-2-3.cprapid.com/"),
    ("free_app", "https://something.vercel.app/"),
    ("free_site", "https://something.webflow.io/"),
    ("page_in_storage", "https://pub-1.r2.dev/index.html"),
    ("page_in_storage", "https://pub-1.r2.dev/"),
    ("online_form", "https://docs.google.com/forms/d/e/1FAIpQLSd/viewform"),
    ("online_form", "https://forms.gle/abcdef"),
    ("pretended_country", "something.sa.com"),
    ("bare_page_on_hosting", "https://something.pages.dev"),
    ("risky_suffix", "something.top"),
    ("risky_hosting", "https://something.pages.dev"),
    ("trusted_suffix", "something.gov.uk"),
    ("address_host", "http://203.0.113.9/"),
    ("odd_port", "https://example.org:4433/"),
    ("user_in_link", "https://paypal.com@example.top/"),
    ("many_subdomains", "https://a1.b2.c3.d4.example.org/"),
    ("domain_in_subdomain", "https://paypal.com.evil.top/"),
    ("ending_in_name", "florida.gov-help.info"),
    ("address_in_name", "https://20-251-144-161.example.org/"),
    ("coded_name", "https://9d8f7a6b5c4e3d2f1a0b.example.org/"),
    ("domain_in_path", "https://example.top/paypal.com/login"),
    ("machinery_in_path", "https://example.org/wp-content/plugins/dhl.php"),
    ("script_page", "https://example.org/next.php"),
    ("ticket_path", "https://example.org/x7Kp2q"),
    ("mail_in_link", "https://example.org/?u=ana@example.com"),
    ("mail_in_link", "https://example.org/ana%40example.com"),
    ("mail_in_link", "https://example.org/#ana@example.com"),
    ("hidden_mail", "https://example.org/#YW5hQGV4YW1wbGUuY29t"),
    ("hidden_mail", "https://example.org/?e=YW5hQGV4YW1wbGUuY29t"),
    ("login_parameters", "https://example.org/x?cmd=run&session=1"),
    ("code_in_path", "https://example.org/0f1e2d3c4b5a69788796a5b4"),
    ("code_in_path", "https://example.org/go/a7Kp2qx9Lm4Zw8Qr/"),
    ("code_in_query", "https://example.org/?x=0f1e2d3c4b5a69788796a5b4"),
    ("machinery_in_path", "https://example.org/assets/next.php"),
    ("link_in_query", "https://example.org/go?to=https%3A%2F%2Fevil.example"),
    ("long_link", "https://example.org/" + "a/" * 80),
    ("dangerous_file", "https://example.org/setup.apk"),
    ("dangerous_file", "https://example.org/vpn.mobileconfig"),
    ("double_extension", "https://example.org/invoice.pdf.exe"),
    ("double_extension", "https://example.org/photo.jpg.scr"),
    ("archive_file", "https://example.org/invoice.zip"),
]

SILENT = [
    ("forged_name", "https://paypa1.example.org/news"),
    ("forged_name", "https://paypal-login.top/"),
    ("brand_in_name", "https://www.amazon.co.jp/"),
    ("brand_in_name", "paypal-secure.top"),
    ("brand_with_bait", "paypal-app.top"),
    ("brand_in_path", "https://example.org/news/what-netflix-did-next"),
    ("brand_in_path", "https://example.org/2026/05/netflix/"),
    ("brand_in_path", "https://example.org/why-netflix/"),
    ("brand_in_path", "https://example.org/netflix/logo.png"),
    ("brand_in_title", "https://example.org/netflix/why-netflix/"),
    ("brand_in_title", "https://example.org/what-netflix-did/"),
    ("brand_mangled", "mettamaskk.com"),
    ("brand_mangled", "treasures.pages.dev"),
    ("brand_mangled", "costs.pages.dev"),
    ("bait_in_path", "https://example.org/2026/login"),
    ("lure_in_path", "https://example.org/support/help"),
    ("lure_in_path", "https://example.org/refund-policies-explained"),
    ("authority_in_name", "https://tax.gov.uk/"),
    ("authority_in_name", "https://court.com/"),
    ("number_in_name", "https://hotsummer2026.com/"),
    ("number_in_name", "https://studio54.com/"),
    ("number_in_name", "http://203.0.113.9/"),
    ("many_hyphens", "https://stratford-upon-avon.com/"),
    ("number_in_subdomain", "https://news2026.example.org/"),
    ("random_subdomain", "https://mail2.example.org/"),
    ("long_subdomain", "https://docs-preview.example.org/"),
    ("bait_in_name", "gardening.com"),
    ("bait_in_subdomain", "https://login.example.org/"),
    ("bait_in_path", "https://example.org/blog/why-passwords-are-a-bad-idea-and-what-to-do"),
    ("random_name", "rhythm.com"),
    ("mixed_script", "https://b\u00fccher.de/"),
    ("disguised_name", "https://\u043f\u0440\u0438\u0432\u0435\u0442.\u0440\u0444/"),
    ("tunnel", "https://trycloudflare.com/"),
    ("free_app", "https://someone.github.io/project/"),
    ("free_app", "https://example.org/"),
    ("page_in_storage", "https://pub-1.r2.dev/report.pdf"),
    ("online_form", "https://docs.google.com/document/d/1abc/edit"),
    ("bare_page_on_hosting", "https://something.pages.dev/about"),
    ("risky_suffix", "https://something.pages.dev"),
    ("trusted_suffix", "https://someone.github.io"),
    ("odd_port", "https://example.org:8443/"),
    ("many_subdomains", "https://docs.example.org/"),
    ("domain_in_subdomain", "https://com.example.org/"),
    ("ending_in_name", "https://gov.uk/"),
    ("coded_name", "https://internationalisation.example.org/"),
    ("domain_in_path", "https://example.org/v1.2/notes.html"),
    ("machinery_in_path", "https://example.org/wp-content/photo.jpg"),
    ("machinery_in_path", "https://example.org/assets/photo.jpg"),
    ("machinery_in_path", "https://example.org/images/"),
    ("mail_in_link", "https://example.org/@ana"),
    ("hidden_mail", "https://example.org/#internationalisation"),
    ("login_parameters", "https://example.org/?page=2&q=login"),
    ("login_parameters", "https://example.org/?session"),
    ("code_in_path", "https://example.org/0f1e2d3c4b5a69788796a5b4.png"),
    ("code_in_path", "https://example.org/internationalisation"),
    ("code_in_query", "https://example.org/?page=20261122"),
    ("ticket_path", "https://example.org/gallery"),
    ("ticket_path", "https://example.org/GALLERY"),
    ("ticket_path", "https://example.org/12345"),
    ("dangerous_file", "https://example.org/report.pdf"),
    ("dangerous_file", "https://example.org/apk"),
    ("dangerous_file", "https://example.org/app.js"),
    ("dangerous_file", "https://example.org/example.com"),
    ("double_extension", "https://example.org/setup.v2.exe"),
    ("archive_file", "https://example.org/zip"),
]


@pytest.mark.parametrize(("name", "url"), SHOWS)
def test_it_is_noticed(name: str, url: str) -> None:
    assert name in found_in(url)


@pytest.mark.parametrize(("name", "url"), SILENT)
def test_an_innocent_neighbour_is_not(name: str, url: str) -> None:
    assert name not in found_in(url)


@pytest.mark.parametrize(
    ("name", "trick"),
    [
        ("hidden_marks", Trick.ZERO_WIDTH),
        ("hidden_marks", Trick.BIDI),
        ("odd_slashes", Trick.BACKSLASH),
        ("odd_slashes", Trick.ODD_SLASHES),
        ("markup_mismatch", Trick.MARKUP_MISMATCH),
    ],
)
def test_tricks_of_writing_are_evidence(name: str, trick: Trick) -> None:
    plain = link("https://example.org/")
    assert name in found_in(replace(plain, tricks=frozenset({trick})))
    assert name not in found_in(plain)


@pytest.mark.parametrize("trick", [Trick.DEFANGED, Trick.NO_SCHEME, Trick.ODD_SCHEME_CASE])
def test_how_people_write_links_is_no_evidence(trick: Trick) -> None:
    plain = link("https://example.org/")
    assert found_in(replace(plain, tricks=frozenset({trick}))).keys() == found_in(plain).keys()


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("dynamic_dns", SiteTag.DYNAMIC_DNS),
        ("ipfs_gateway", SiteTag.IPFS_GATEWAY),
        ("link_in_bio", SiteTag.LINK_IN_BIO),
        ("shortener", SiteTag.SHORTENER),
    ],
)
def test_tagged_places_are_named(name: str, tag: SiteTag) -> None:
    lists = FakeLists(tagged={"example.org": tag})
    assert name in found_in("https://example.org/abc", lists)
    assert name not in found_in("https://example.org/abc")


@pytest.mark.parametrize("host", ["duckdns.org", "www.duckdns.org"])
def test_a_platform_itself_is_not_what_people_put_there(host: str) -> None:
    lists = FakeLists(tagged={"duckdns.org": SiteTag.DYNAMIC_DNS})
    assert not {"risky_hosting", "dynamic_dns"} & found_in(host, lists).keys()
    assert {"risky_hosting", "dynamic_dns"} <= found_in(f"somebody.{host[-11:]}", lists).keys()


def test_a_decisive_listing_hides_lesser_ones() -> None:
    decisive = Listing("alpha", Threat.PHISHING, Scope.HOST, decisive=True, version="1")
    lesser = Listing("beta", Threat.SCAM, Scope.SITE, decisive=False, version="1")
    both = found_in("https://example.org/", FakeLists(listed={"example.org": (lesser, decisive)}))
    assert both["listed"].values == {"feed": "alpha", "threat": "phishing"}
    assert "listed_nearby" not in both
    one = found_in("https://example.org/", FakeLists(listed={"example.org": (lesser,)}))
    assert one["listed_nearby"].values["feed"] == "beta"
    assert "listed" not in one


def test_a_popular_site_may_say_what_it_likes() -> None:
    lists = FakeLists(well_known=frozenset({"appleinsider-login.com"}))
    found = found_in("https://www.appleinsider-login.com/paypal/verify.php?next=https://example.org", lists)
    assert "popular_site" in found
    assert not {name for name in found if "brand" in name or "bait" in name or name in {"script_page", "link_in_query"}}


def test_a_wrapped_link_names_its_wrapper() -> None:
    wrapper = link("https://www.google.com/url?q=https://example.org/")
    assert found_in(replace(link("https://example.org/"), wrapper=wrapper))["wrapped"].values == {"site": "google.com"}


def test_wide_letters_count_in_the_host_alone() -> None:
    wide = link("https://\uff45xample.org/")
    assert "full_width" in found_in(wide)
    after = replace(link("https://example.org/"), raw="https://example.org/\uff08see\uff09", tricks=wide.tricks)
    assert "full_width" not in found_in(after)


def test_what_people_download_from_a_popular_site_is_still_named_when_it_can_harm() -> None:
    lists = FakeLists(well_known=frozenset({"example.org"}))
    assert "dangerous_file" in found_in("https://example.org/app.exe", lists)
    assert "archive_file" not in found_in("https://example.org/app.zip", lists)


def test_an_unknown_word_beside_a_login_page_halves_its_weight() -> None:
    assert found_in("https://example.org/login.php")["bait_in_path"].amount == 1
    assert found_in("https://example.org/quaint-login.php")["bait_in_path"].amount == 0.5
    assert "bait_in_path" not in found_in("https://example.org/quaint-odd-login.php")


def test_a_link_of_an_app_has_no_pages() -> None:
    assert not {"bait_in_path", "lure_in_path"} & found_in("tg://login/refund").keys()


def test_more_bait_weighs_more_up_to_a_limit() -> None:
    assert found_in("login-example.com")["bait_in_name"].amount == 1
    assert found_in("secure-login-verify-account.com")["bait_in_name"].amount == 3
