"""The model's data card: what it learned from, when, under which licence, and what came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from scripts.training.sample import MOST_PER_SITE, Mask, Sample

from whinchat.apps.scanner.model.file import Model

SOURCES = {
    "tweetfeed": ("TweetFeed, indicators shared on social media", "CC0-1.0"),
    "phishdb_active": ("Phishing.Database, active links", "MIT"),
    "phishdb_inactive": ("Phishing.Database, inactive links", "MIT"),
    "archiveteam_gov_news": ("links of government and news sites, Archive Team's lists", "facts; no licence stated"),
    "awesome_osint": ("links of the list awesome-osint", "CC-BY-SA-4.0"),
    "citizenlab": ("Citizen Lab's test lists", "CC-BY-NC-SA-4.0"),
    "dataportals": ("links of dataportals.org", "CC0-1.0"),
    "ebbu2017_legit": ("legitimate links of the Ebbu2017 data set", "research set"),
    "free_for_dev": ("links of the list free-for-dev", "no licence stated"),
    "free_prog_books": ("links of free-programming-books", "CC-BY-4.0"),
    "free_prog_books_zh": ("links of free-programming-books, Chinese part", "CC-BY-4.0"),
    "gov_urls": ("links of United States agencies", "public domain"),
    "hackernews": ("links posted on Hacker News", "facts; no licence stated"),
    "hellogithub": ("links of HelloGitHub", "CC-BY-NC-ND-4.0"),
    "iscx2016_benign": ("benign links of ISCX-URL-2016", "research set"),
    "kagi_smallweb": ("Kagi's list of small sites", "MIT"),
    "qtox_irc": ("links in logs of an IRC channel", "facts; no licence stated"),
    "ruanyf_weekly": ("links of a Chinese weekly newsletter", "facts; no licence stated"),
    "secret_knowledge": ("links of the-book-of-secret-knowledge", "MIT"),
    "tosdr": ("login pages of sites known to ToS;DR", "AGPL-3.0 software; facts"),
    "twir": ("links of This Week in Rust", "MIT"),
    "v2ex_hot": ("links posted on V2EX", "facts; no licence stated"),
    "whatwg_irc": ("links in logs of an IRC channel", "facts; no licence stated"),
    "zig_irc": ("links in logs of an IRC channel", "facts; no licence stated"),
}
"""What each source is and under which terms it is had. Only statistics of benign links are kept, never the links."""


def write(path: Path, model: Model, learned: Sample, later: Sample, chosen: Mask, tables: dict[str, Any]) -> None:
    found = {
        "version": model.version,
        "learned_to": model.trained,
        "prior": model.prior,
        "size": {
            "bytes": path.with_suffix(".model").stat().st_size,
            "trees": len(model.trees.roots),
            "features": len(model.features),
        },
        "most_links_per_site": MOST_PER_SITE,
        "sources": _sources(learned, chosen),
        "calibrated_on": _sources(later, (later.source == "tweetfeed") | ~later.bad),
        "measured_on": _sources(later, np.ones(len(later), bool)),
        "results": tables,
    }
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _sources(sample: Sample, chosen: Mask) -> list[dict[str, Any]]:
    found = []
    for source in np.unique(sample.source[chosen]):
        here = chosen & (sample.source == source)
        what, licence = SOURCES.get(str(source), (str(source), "evaluation only"))
        dates = sample.date[here]
        found.append(
            {
                "source": str(source),
                "what": what,
                "licence": licence,
                "label": "phishing" if sample.bad[here].all() else "benign",
                "links": int(here.sum()),
                "first": min(map(str, dates)),
                "last": max(map(str, dates)),
            }
        )
    return found
