"""What a visit of a link says about it."""

from __future__ import annotations

import pytest
from tests.support.evidence import NOTHING_KNOWN, FakeLists, link, tables

from whinchat.apps.scanner.evidence.arrival import Arrival
from whinchat.apps.scanner.evidence.known import Evidence, know
from whinchat.apps.scanner.evidence.page import Page
from whinchat.apps.scanner.evidence.visit import met
from whinchat.core.ports import Certificate, FetchFault

NOW = 1_700_000_000_000
DAY = 24 * 3600 * 1000
POPULAR = FakeLists(well_known=frozenset({"news.example"}))


def found(
    url: str = "https://evil.example/",
    lists: FakeLists = NOTHING_KNOWN,
    fault: FetchFault | None = None,
    **page: object,
) -> dict[str, Evidence]:
    about = link(url)
    shown = Page(**{"status": 200, "visited_at": NOW, **page}) if fault is None or page else None  # type: ignore[arg-type]
    return {each.name: each for each in met(about, know(about, tables(), lists), Arrival(shown, fault))}


def certificate(*names: str, begins: int = -90, ends: int = 90, trusted: bool = False) -> Certificate:
    """Days from now."""
    return Certificate("Somebody", names, NOW + begins * DAY, NOW + ends * DAY, trusted)


def test_an_ordinary_page_says_nothing() -> None:
    assert found(title="My garden", certificate=certificate("evil.example", trusted=True)) == {}


# --- certificates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (certificate("other.example", "more.example"), "certificate_of_another"),
        (certificate("*.other.example"), "certificate_of_another"),
        (certificate("www.evil.example"), "certificate_of_another"),
        (certificate("*.www.evil.example"), "certificate_of_another"),
        (certificate(), "certificate_of_another"),
        (certificate("evil.example", ends=-1), "certificate_expired"),
        (certificate("EVIL.example.", begins=1), "certificate_expired"),
        (certificate("evil.example"), "certificate_unknown"),
        (certificate("x.example", "*.example"), "certificate_unknown"),
    ],
)
def test_a_certificate_that_is_not_trusted_says_why(made: Certificate, name: str) -> None:
    shown = found(fault=FetchFault.TLS, status=None, certificate=made)
    assert list(shown) == [name]
    if name == "certificate_of_another":
        assert shown[name].values == {"host": made.names[0] if made.names else "?"}


def test_an_address_has_certificates_too() -> None:
    assert list(found("https://[2606:2800::1]/", certificate=certificate("2606:2800:0::1"))) == ["certificate_unknown"]


@pytest.mark.parametrize(("days", "amount", "age"), [(0, 1.0, "1"), (1, 1.0, "1"), (2, 0.5, "2"), (6, 0.5, "6")])
def test_a_certificate_of_today_says_a_little(days: int, amount: float, age: str) -> None:
    made = certificate("evil.example", begins=-days, trusted=True)
    assert found(certificate=made)["fresh_certificate"] == Evidence("fresh_certificate", {"age": age}, amount)
    assert found("https://news.example/", POPULAR, certificate=made) == {}


def test_one_of_last_week_says_nothing() -> None:
    assert found(certificate=certificate("evil.example", begins=-7, trusted=True)) == {}


# --- pages ---------------------------------------------------------------------------------------------------------


def test_a_password_asked_for_in_the_name_of_a_brand() -> None:
    shown = found(title="PayPal - Log in", asks_password=True)
    assert shown == {"password_for_brand": Evidence("password_for_brand", {"brand": "PayPal", "site": "evil.example"})}


def test_a_page_that_only_calls_itself_so_says_less() -> None:
    assert list(found(title="Welcome to PayPal")) == ["brand_on_page"]


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://www.paypal.com/signin", "PayPal - Log in"),
        ("https://news.example/", "PayPal - Log in"),
        ("https://evil.example/", "What I learned when I paid with PayPal in nine countries"),
        ("https://evil.example/", "Log in"),
        ("https://evil.example/", ""),
    ],
)
def test_who_may_call_itself_so(url: str, title: str) -> None:
    assert not {"password_for_brand", "brand_on_page"} & found(url, POPULAR, title=title, asks_password=True).keys()


def test_a_password_that_goes_elsewhere() -> None:
    shown = found(asks_password=True, sends_to="https://collect.other.example/x.php")
    assert shown["password_sent_elsewhere"].values == {"site": "other.example"}
    assert found(asks_password=True, sends_to="https://login.evil.example/") == {}
    assert found(asks_password=True, sends_to="https://[") == {}
    assert found("https://news.example/", POPULAR, asks_password=True, sends_to="https://other.example/") == {}


@pytest.mark.parametrize(
    ("file", "tells"),
    [("bill.apk", True), (".EXE", True), ("x.iso", True), ("bill.pdf", False), ("", False), ("apk", True)],
)
def test_a_program_that_is_offered(file: str, tells: bool) -> None:
    assert ("program_offered" in found(file=file)) is tells


def test_a_page_that_is_gone_is_told_and_weighs_nothing() -> None:
    assert list(found(gone=True)) == ["page_gone"]


# --- the way -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        (FetchFault.ADDRESS, ["leads_inside"]),
        (FetchFault.HOPS, ["never_arrives"]),
        (FetchFault.UNRESOLVED, ["not_reached"]),
        (FetchFault.UNREACHABLE, ["not_reached"]),
        (FetchFault.TIMEOUT, ["not_reached"]),
        (FetchFault.PROTOCOL, ["not_reached"]),
        (FetchFault.PORT, ["not_reached"]),
        (FetchFault.CREDENTIALS, ["not_reached"]),
        (FetchFault.SCHEME, []),
        (FetchFault.TLS, []),
    ],
)
def test_how_it_failed(fault: FetchFault, names: list[str]) -> None:
    assert list(found(fault=fault)) == names


def test_every_failure_was_thought_of() -> None:
    assert {fault for fault in FetchFault if not found(fault=fault)} == {FetchFault.SCHEME, FetchFault.TLS}
