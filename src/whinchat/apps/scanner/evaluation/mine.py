"""The service's own chats: what their admins labelled, and how often each was warned wrongly or not at all."""

from __future__ import annotations

from whinchat.apps.scanner.evaluation.report import Estimate, Mine
from whinchat.apps.scanner.evaluation.rows import Label, Row
from whinchat.apps.scanner.labels import Truth, labelled, rates
from whinchat.core.ports import Database, Sealer

NAME = "your own chats"
_LABELS = {Truth.SAFE: Label.BENIGN, Truth.DANGEROUS: Label.PHISHING}


async def own_rows(database: Database, sealer: Sealer) -> list[Row]:
    """The labelled links. They have no dates: that of the label is not that of the message.

    Raises StorageError: a sealed value does not open.
    """
    return [
        Row(label=_LABELS[each.truth], address=each.example.url, source=each.source.value, chat=each.chat)
        async for each in labelled(database, sealer)
    ]


async def own_rates(database: Database, sealer: Sealer) -> tuple[Mine, ...]:
    """Of each chat, the busiest first."""
    return tuple(
        Mine(
            each.chat,
            each.messages,
            Estimate(*each.wrong_share, each.wrong, each.messages),
            Estimate(*each.missed_share, each.missed, each.messages),
        )
        for each in await rates(database, sealer)
    )
