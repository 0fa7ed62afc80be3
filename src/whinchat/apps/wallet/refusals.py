"""Why a payment cannot be made as it was asked, in a sentence for the person."""

from __future__ import annotations

from collections.abc import Mapping

from whinchat.core.errors import Refused


class Unpayable(Refused):
    """`key` names the sentence, which says the way out; `values` are for its placeholders and may be personal."""

    code = "unpayable"

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.values: Mapping[str, str | int] = values
