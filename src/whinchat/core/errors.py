"""Errors that somebody catches.

    WhinchatError
    ├── Refused            the operator or user asked for something that is not possible; the text says the way out
    │   ├── SettingsError  a setting is wrong; names the key
    │   └── StorageError   the database or key cannot be used as it is; nothing was changed
    ├── Conflict           a batch met another state than it expected; nothing of it was written
    ├── Overloaded         intake is closed for now; try again after `retry_after`
    ├── TransportError     a transport could not do what was asked
    └── HttpError          an address gave no answer, or none that can be used

Each carries a `code` (stable, for logs and metrics), `retryable`, `retry_after` in seconds, and a message that is
safe to show: no message text, phone number, id or secret.
"""

from __future__ import annotations


class WhinchatError(Exception):
    code = "internal"
    retryable = False

    def __init__(self, message: str, *, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        self.retry_after = retry_after


class Refused(WhinchatError):
    """`hint` says what the person can do about it."""

    code = "refused"

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.hint = hint


class SettingsError(Refused):
    """`key` is the dotted name of the setting, such as `storage.path`."""

    code = "settings"

    def __init__(self, key: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"{key}: {message}", hint=hint)
        self.key = key


class StorageError(Refused):
    code = "storage"


class Conflict(WhinchatError):
    """`statement` is the index, in the batch, of the first statement that touched another number of rows."""

    code = "conflict"
    retryable = True

    def __init__(self, statement: int, expected: int, found: int) -> None:
        super().__init__(f"statement {statement} touched {found} rows instead of {expected}")
        self.statement = statement


class Overloaded(WhinchatError):
    code = "overloaded"
    retryable = True


class TransportError(WhinchatError):
    code = "transport"

    def __init__(
        self, message: str, *, code: str | None = None, retryable: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message, code=code, retry_after=retry_after)
        self.retryable = retryable


class HttpError(WhinchatError):
    """Worth another try later, after `retry_after` when the server named a time. The text names no address."""

    code = "http"
    retryable = True
