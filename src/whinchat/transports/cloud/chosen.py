"""What the operator chose, as this transport needs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class ChosenNumber(Protocol):
    """One number; its secrets are files, so that they can change while the service runs."""

    @property
    def name(self) -> str:
        """Of the account."""
        ...

    @property
    def phone_number_id(self) -> str: ...

    @property
    def business_account_id(self) -> str: ...

    @property
    def token_file(self) -> Path: ...

    @property
    def app_secret_file(self) -> Path: ...

    @property
    def verify_token_file(self) -> Path: ...

    @property
    def template(self) -> str:
        """With one variable in its body, for what is said outside of the service window; empty: that is not said."""
        ...

    @property
    def template_language(self) -> str: ...

    @property
    def per_second(self) -> int:
        """Messages that may leave in a second, at most."""
        ...


class Chosen(Protocol):
    """The settings of this transport."""

    @property
    def api(self) -> str:
        """Such as `https://graph.facebook.com`."""
        ...

    @property
    def version(self) -> str:
        """Such as `v26.0`."""
        ...

    @property
    def numbers(self) -> Sequence[ChosenNumber]: ...
