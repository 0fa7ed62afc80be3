"""Who controls a page: the Public Suffix List's own vectors, and hosting that many owners share."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from whinchat.apps.scanner.links.canonical import host_of, parse
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.links.site import is_address, site_of
from whinchat.apps.scanner.links.suffixes import split

CHECK = re.compile(r"^checkPublicSuffix\('([^']+)', (?:'([^']+)'|null)\);$", re.MULTILINE)
VECTORS = CHECK.findall((files("publicsuffixlist") / "test_psl.txt").read_text(encoding="utf-8"))
CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"


def in_ascii(name: str) -> str:
    return host_of(parse(f"http://{name}"))


def test_published_suffix_vectors() -> None:
    for name, registrable in VECTORS:
        if name.startswith("."):  # no name of a host
            assert (parse_link(f"http://{name}/"), registrable) == (None, "")
            continue
        parts = split(in_ascii(name))
        assert (parts.site if parts.label else None) == (in_ascii(registrable) if registrable else None), name


def test_the_vectors_were_read() -> None:
    assert len(VECTORS) > 70


@pytest.mark.parametrize(
    ("host", "path", "name", "registrable", "suffix", "label", "shared"),
    [
        ("www.example.com", "/", "example.com", "example.com", "com", "example", False),
        ("a.b.example.co.uk", "/", "example.co.uk", "example.co.uk", "co.uk", "example", False),
        ("paypa1-login.pages.dev", "/", "paypa1-login.pages.dev", "pages.dev", "pages.dev", "paypa1-login", True),
        ("x.y.github.io", "/", "y.github.io", "github.io", "github.io", "y", True),
        ("github.io", "/", "github.io", "github.io", "github.io", "", True),
        ("shop.blogspot.com.br", "/", "shop.blogspot.com.br", "blogspot.com.br", "blogspot.com.br", "shop", True),
        ("ana.weebly.com", "/", "ana.weebly.com", "weebly.com", "weebly.com", "ana", True),
        ("notweebly.com", "/", "notweebly.com", "notweebly.com", "com", "notweebly", False),
        ("sites.google.com", "/view/x/home", "sites.google.com/view/x", "google.com", "com", "x", True),
        ("sites.google.com", "/corp-name/x", "sites.google.com/corp-name/x", "google.com", "com", "x", True),
        (
            "docs.google.com",
            "/forms/d/e/1FAI/viewform",
            "docs.google.com/forms/d/e/1FAI",
            "google.com",
            "com",
            "1FAI",
            True,
        ),
        ("docs.google.com", "/document/d/1a/edit", "docs.google.com/document/d/1a", "google.com", "com", "1a", True),
        ("drive.google.com", "/file/d/1a/view", "drive.google.com/file/d/1a", "google.com", "com", "1a", True),
        ("docs.google.com", "/", "google.com", "google.com", "com", "google", True),
        ("docs.google.com.evil.top", "/forms/d/1", "evil.top", "evil.top", "top", "evil", False),
        ("t.me", "/Evil_Bot", "t.me/evil_bot", "t.me", "me", "evil_bot", True),
        ("t.me", "/+AbC", "t.me/+abc", "t.me", "me", "+abc", True),
        ("t.me", "/s/chan/12", "t.me/s/chan", "t.me", "me", "chan", True),
        ("telegra.ph", "/Post-02-20", "telegra.ph/Post-02-20", "telegra.ph", "ph", "Post-02-20", True),
        ("github.com", "/Ana/tool/issues", "github.com/ana", "github.com", "com", "ana", True),
        ("linktr.ee", "/ana/", "linktr.ee/ana", "linktr.ee", "ee", "ana", True),
        ("medium.com", "/@ana/story", "medium.com/@ana", "medium.com", "medium.com", "@ana", True),
        ("medium.com", "/topic/x", "medium.com", "medium.com", "medium.com", "", True),
        ("bit.ly", "/abc", "bit.ly", "bit.ly", "ly", "bit", False),
        ("forms.gle", "/abc", "forms.gle/abc", "forms.gle", "gle", "abc", True),
        (
            "s3.amazonaws.com",
            "/bucket/x",
            "s3.amazonaws.com/bucket",
            "amazonaws.com",
            "s3.amazonaws.com",
            "bucket",
            True,
        ),
        (
            "s3.eu-west-3.amazonaws.com",
            "/b/x",
            "s3.eu-west-3.amazonaws.com/b",
            "amazonaws.com",
            "s3.eu-west-3.amazonaws.com",
            "b",
            True,
        ),
        (
            "bucket.s3.amazonaws.com",
            "/x",
            "bucket.s3.amazonaws.com",
            "amazonaws.com",
            "s3.amazonaws.com",
            "bucket",
            True,
        ),
        (
            "storage.googleapis.com",
            "/bucket/x.html",
            "storage.googleapis.com/bucket",
            "googleapis.com",
            "googleapis.com",
            "bucket",
            True,
        ),
        (
            "firebasestorage.googleapis.com",
            "/v0/b/app/o/x",
            "firebasestorage.googleapis.com/v0/b/app",
            "googleapis.com",
            "googleapis.com",
            "app",
            True,
        ),
        (
            "ana.sharepoint.com",
            "/personal/bob/x",
            "ana.sharepoint.com/personal/bob",
            "sharepoint.com",
            "sharepoint.com",
            "bob",
            True,
        ),
        ("ipfs.io", f"/ipfs/{CID}/index.html", f"ipfs.io/ipfs/{CID}", "ipfs.io", "io", CID, True),
        ("gateway.example", f"/ipfs/{CID}", f"gateway.example/ipfs/{CID}", "gateway.example", "example", CID, True),
        ("gateway.example", "/ipfs/about", "gateway.example", "gateway.example", "example", "gateway", False),
        (f"{CID}.ipfs.gateway.example", "/", f"{CID}.ipfs.gateway.example", "gateway.example", "example", CID, True),
        ("93.184.216.34", "/x", "93.184.216.34", "93.184.216.34", "", "", False),
        ("2001:db8::1", "/x", "2001:db8::1", "2001:db8::1", "", "", False),
        ("localhost", "/x", "localhost", "localhost", "localhost", "", False),
    ],
)
def test_sites(host: str, path: str, name: str, registrable: str, suffix: str, label: str, shared: bool) -> None:
    site = site_of(host, path)
    assert (site.name, site.registrable, site.suffix, site.label, site.shared) == (
        name,
        registrable,
        suffix,
        label,
        shared,
    )


def test_very_long_hosts_have_sites_too() -> None:
    assert site_of("a." * 120 + "example.com").name == "example.com"


def test_addresses_are_told_from_names() -> None:
    assert is_address("1.2.3.4")
    assert is_address("::1")
    assert not is_address("a1.b2.com")
    assert not is_address("")
