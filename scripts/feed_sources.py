"""What the shipped snapshot is made of: the lists, their licences, and which of their names are used."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from whinchat.apps.scanner.feeds.snapshot import Trust
from whinchat.apps.scanner.knowledge import SiteTag, Threat

DATED = "phishing_hosts"
"""The file with the last day each host was seen; the others have no dates."""

NEWEST = "2026-08-23"
"""Newest day any list knows of: the snapshot's date of building, so that building it again gives the same bytes."""

WINDOW = 365  # days before the dated file's newest row; the data card shows why


@dataclass(frozen=True, slots=True)
class Source:
    """A list of dangerous hosts. `trust` is the most it can get; measuring may lower it, or leave it out."""

    name: str
    file: str
    threat: Threat
    licence: str
    home: str
    date: str
    trust: Trust = Trust.DECISIVE
    note: str = ""


SOURCES = (
    Source("tweetfeed", DATED, Threat.PHISHING, "CC0-1.0", "github.com/0xDanielLopez/TweetFeed", "2026-05-31"),
    Source(
        "phishing_database",
        DATED,
        Threat.PHISHING,
        "MIT",
        "github.com/Phishing-Database/Phishing.Database",
        "2026-05-31",
        note="without every host that is also in an OpenPhish row or among its own newest rows, which are OpenPhish's",
    ),
    Source(
        "discord_phishing",
        "nikolaischunk_discord_phishing",
        Threat.PHISHING,
        "MIT",
        "github.com/nikolaischunk/discord-phishing-links",
        "2026-05-31",
    ),
    Source(
        "blocklistproject_phishing",
        "blp_phishing",
        Threat.PHISHING,
        "Unlicense",
        "github.com/blocklistproject/Lists",
        "2026-07-20",
    ),
    Source(
        "shadowwhisperer_typo",
        "shadowwhisperer_typo",
        Threat.PHISHING,
        "Unlicense",
        "github.com/ShadowWhisperer/BlockLists",
        "2026-08-22",
        trust=Trust.EVIDENCE,
        note="a mistyped name proves no intent: many are parked or the brand's own",
    ),
    Source(
        "shadowwhisperer_malware",
        "shadowwhisperer_malware",
        Threat.MALWARE,
        "Unlicense",
        "github.com/ShadowWhisperer/BlockLists",
        "2026-08-22",
    ),
    Source("maltrail", "maltrail_malware_malicious", Threat.MALWARE, "MIT", "github.com/stamparm/maltrail", NEWEST),
    Source(
        "blocklistproject_scam", "blp_scam", Threat.SCAM, "Unlicense", "github.com/blocklistproject/Lists", "2026-07-20"
    ),
    Source(
        "shadowwhisperer_scam",
        "shadowwhisperer_scam",
        Threat.SCAM,
        "Unlicense",
        "github.com/ShadowWhisperer/BlockLists",
        "2026-08-22",
    ),
)

TOP_LISTS = ("misp_tranco10k", "misp_cisco_top20k", "misp_cloudflare-top100k", "misp_majestic_million")
KNOWN_LISTS = ("misp_bank-website", "misp_university_domains", "misp_google", "misp_microsoft")
"""Not ranked, but each name belongs to an institution that is known by it."""

TAG_LISTS = (
    ("misp_lots-project", SiteTag.HOSTING),
    ("maltrail_free_web_hosting", SiteTag.HOSTING),
    ("misp_dynamic-dns", SiteTag.DYNAMIC_DNS),
    ("maltrail_dynamic_dns", SiteTag.DYNAMIC_DNS),
    ("misp_link-in-bio", SiteTag.LINK_IN_BIO),
    ("misp_public-ipfs-gateways", SiteTag.IPFS_GATEWAY),
    ("misp_url-shortener", SiteTag.SHORTENER),
)

PLATFORMS = frozenset(
    {
        "amzn.to",
        "archive.org",
        "archive.ph",
        "atlassian.net",
        "bitbucket.org",
        "discord.com",
        "docusign.com",
        "facebook.com",
        "genius.com",
        "gitee.com",
        "github.com",
        "gitlab.com",
        "icloud.com",
        "ideone.com",
        "instagram.com",
        "reddit.com",
        "slack.com",
        "twitter.com",
        "youtu.be",
        "youtube.com",
    }
)
"""Among the abused services and shorteners, but all they show is inside one platform's own pages: neither."""

REDIRECTORS = frozenset(
    {
        "12ft.io",
        "adclick.g.doubleclick.net",
        "app.adjust.com",
        "away.vk.com",
        "click.pstmrk.it",
        "clicks.eventbrite.com",
        "ct.sendgrid.net",
        "doubleclick.net",
        "exit.sc",
        "feedproxy.google.com",
        "googleadservices.com",
        "googleweblight.com",
        "href.li",
        "l.facebook.com",
        "l.instagram.com",
        "l.messenger.com",
        "l.threads.com",
        "l.wl.co",
        "link.medium.com",
        "linkprotect.cudasvc.com",
        "lm.facebook.com",
        "lnkd.in",
        "nt.embluemail.com",
        "onelink.me",
        "out.reddit.com",
        "protect-us.mimecast.com",
        "protect2.fireeye.com",
        "safelinks.protection.outlook.com",
        "slack-redir.net",
        "t.co",
        "t.m1.email.samsung.com",
        "track.adform.net",
        "translate.goog",
        "url.emailprotection.link",
        "urldefense.com",
        "urldefense.proofpoint.com",
        "xiti.com",
    }
)

SUBDOMAINS_OF_HOSTING = 10
"""A registrable domain with so many listed names below it gives sites to strangers, whatever else it is."""
SUBDOMAINS_IN_DOUBT = 3
"""With so many it is popular only when every top list says so."""


@dataclass(frozen=True, slots=True)
class Row:
    """One link of the data that results are measured on."""

    phishing: bool
    url: str
    source: str
    date: str


class Lists:
    """The folder with the lists and links."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / "lists" / f"{name}.txt.gz"

    def names(self, name: str) -> Iterator[str]:
        """Names as written, without the dot that some lists put before domains."""
        with gzip.open(self.path(name), "rt", encoding="utf-8") as lines:
            for line in lines:
                if text := line.strip().lstrip("."):
                    yield text.lower()

    def dated(self, source: str) -> Iterator[tuple[str, str]]:
        """(host, last day seen) of one source."""
        with gzip.open(self.folder / "lists" / f"{DATED}.tsv.gz", "rt", encoding="utf-8", newline="\n") as lines:
            for host, found, seen in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                if found == source:
                    yield host, seen

    def rows(self, split: str) -> Iterator[Row]:
        path = self.folder / "links" / f"{split}.tsv.gz"
        with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="\n") as lines:
            next(lines)
            for line in lines:
                _, label, url, source, date, _, _ = line.rstrip("\r\n").split("\t")
                yield Row(label == "1", url, source, date)

    def hosts_of_rows(self, sources: set[str]) -> frozenset[str]:
        """Hosts, without `www.`, of all links of these sources."""
        rows = (row for split in ("train", "validation") for row in self.rows(split) if row.source in sources)
        return frozenset(re.split(r"[/?#:]", row.url, maxsplit=1)[0].lower().removeprefix("www.") for row in rows)
