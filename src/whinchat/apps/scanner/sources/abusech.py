"""What the interfaces of abuse.ch have in common (auth.abuse.ch, urlhaus.abuse.ch/api, threatfox.abuse.ch/api).

A request carries the account's key in the header `Auth-Key`. Without one the answer is 401, with one that nobody has it
is 403 and the status `unknown_auth_key`; every answer names its outcome in `query_status`.
"""

from __future__ import annotations

from datetime import datetime

from whinchat.apps.scanner.sources.answers import Missing, NoAnswer

NEEDS = ("abusech_auth_key",)
TERMS = "https://abuse.ch/terms-of-use/"

_REFUSED = frozenset({"unknown_auth_key", "unauthorized", "no_api_key", "user_blacklisted"})
_QUOTA = frozenset({"rate_limited"})


def unusable(status: str) -> NoAnswer:
    """What a `query_status` means that is neither a find nor the lack of one."""
    if status in _REFUSED:
        return NoAnswer(Missing.REFUSED)
    return NoAnswer(Missing.QUOTA if status in _QUOTA else Missing.GARBLED)


def moment(text: str | None) -> int | None:
    """Milliseconds UTC of a time such as `2024-05-01 12:30:00 UTC`; None when there is none."""
    try:
        read = datetime.strptime(f"{(text or '').removesuffix(' UTC')} +0000", "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return None
    return int(read.timestamp() * 1000)
