"""Ids and times as the network writes them."""

from __future__ import annotations

import secrets
import time


def new_id() -> str:
    """Of a message or a stanza."""
    return "3EB0" + secrets.token_hex(9).upper()


def now() -> str:
    """Seconds since 1970."""
    return str(int(time.time()))
