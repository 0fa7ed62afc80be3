"""What the link would download."""

from __future__ import annotations

from whinchat.apps.scanner.evidence.known import Evidence, Known
from whinchat.apps.scanner.links.link import Link

RUNS = frozenset({"program", "script", "disk_image"})
HARMLESS = frozenset({"document", "media"})


def dangerous_file(link: Link, known: Known) -> Evidence | None:
    """A program, a script or an image of a disk."""
    name, _, ending = known.reading.file.rpartition(".")
    if not name or known.tables.files.kinds.get(ending) not in RUNS:
        return None
    return Evidence("dangerous_file", {"file": known.reading.file, "kind": ending})


def double_extension(link: Link, known: Known) -> Evidence | None:
    """A program dressed as a document, as in invoice.pdf.exe."""
    name, _, ending = known.reading.file.rpartition(".")
    kinds = known.tables.files.kinds
    if kinds.get(ending) in RUNS and kinds.get(name.rpartition(".")[2]) in HARMLESS and "." in name:
        return Evidence("double_extension", {"file": known.reading.file})
    return None


def archive_file(link: Link, known: Known) -> Evidence | None:
    """Something packed, so that what it holds is not seen before it is opened."""
    name, _, ending = known.reading.file.rpartition(".")
    if not name or known.popular or known.tables.files.kinds.get(ending) != "archive":
        return None
    return Evidence("archive_file", {"file": known.reading.file})
