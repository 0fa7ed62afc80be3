"""What an operator can set about the scanner: `[apps.scanner]`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class ScannerSettings(Struct, frozen=True, kw_only=True):
    sightings_days: Annotated[
        int, Meta(ge=1, le=365, description="Days that it is remembered which links were seen in which chat.")
    ] = 30
    correction_hours: Annotated[
        int,
        Meta(
            ge=0, le=168, description="Hours during which a chat is told when a link that it saw turns out to be worse."
        ),
    ] = 24
