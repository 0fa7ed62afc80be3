"""What kind of place a shared host is: a tunnel, a site builder, a bucket of files, a form … (`hosts.toml`)."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from whinchat.apps.scanner.links.link import Link, Site


class PlaceKind(enum.StrEnum):
    TUNNEL = "tunnel"
    TEMPORARY = "temporary"
    APP = "app"
    BUILDER = "builder"
    STORAGE = "storage"
    FORM = "form"
    PRETENDED_COUNTRY = "pretended_country"


class Places:
    """`places`: kind to grounds, separated by spaces; one with a slash is a host and the first folder of the path."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._kinds = {name: PlaceKind(kind) for kind, names in places.items() for name in names.split()}

    def kind(self, link: Link) -> PlaceKind | None:
        """None where a site has a host of its own, or on a platform that is not in the data."""
        if not link.site.shared:
            return None
        name = ground(link.site)
        if kind := self._kinds.get("/".join(link.site.name.split("/", 2)[:2])):
            return kind
        while "." in name:
            if kind := self._kinds.get(name):
                return kind
            name = name.partition(".")[2]
        return None


def ground(site: Site) -> str:
    """The public suffix; where owners are told apart by path, the host."""
    host, slash, _ = site.name.partition("/")
    return host if slash else site.suffix
