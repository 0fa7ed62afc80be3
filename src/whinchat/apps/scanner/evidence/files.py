"""What the link would download."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link

RUNS = frozenset({"program", "script", "disk_image"})


def dangerous_file(link: Link, known: Known) -> Evidence | None:
    """A program, a script or an image of a disk."""
    name, _, ending = known.reading.file.rpartition(".")
    if not name or known.tables.files.kinds.get(ending) not in RUNS or _is_script_of_page(ending, known):
        return None
    return Evidence("dangerous_file", {"file": known.reading.file, "kind": ending})


def double_extension(link: Link, known: Known) -> Evidence | None:
    """A program dressed as a document, as in invoice.pdf.exe."""
    name, _, ending = known.reading.file.rpartition(".")
    kinds = known.tables.files.kinds
    if kinds.get(ending) in RUNS and kinds.get(name.rpartition(".")[2]) == "document" and "." in name:
        return Evidence("double_extension", {"file": known.reading.file})
    return None


def _is_script_of_page(ending: str, known: Known) -> bool:
    """Sites load .js files for their own pages, from folders named so; a shared one is not for people to open."""
    return ending == "js" and known.popular
