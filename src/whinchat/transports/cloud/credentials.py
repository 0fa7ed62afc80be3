"""Secrets in files, which may change while the service runs."""

from __future__ import annotations

import hashlib
import hmac
import logging
from pathlib import Path

from whinchat.core.errors import Refused

log = logging.getLogger(__name__)

LONGEST = 4096  # bytes


class SecretFile:
    """What a file holds, without the white space around it. It is looked at again whenever it is asked for: a new
    token takes effect with the next request. While it is being replaced, what it held before goes on being used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._value = ""

    def __repr__(self) -> str:
        return f"SecretFile({self._path.name!r})"

    def read(self) -> str:
        """Raises Refused (`no_secret`): nothing could be read of it, ever."""
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if stamp != self._stamp:
                self._take(self._path.read_bytes()[: LONGEST + 1])
                self._stamp = stamp
        except OSError:
            if self._stamp is not None:
                log.warning("a secret's file cannot be read; what it held goes on being used", extra=self._about())
                self._stamp = None
        if not self._value:
            raise Refused(
                f"{self._path} holds no secret that can be read",
                hint="Put the secret alone into it, readable for this user only.",
                code="no_secret",
            )
        return self._value

    def _take(self, content: bytes) -> None:
        try:
            value = content.decode().strip()
        except UnicodeDecodeError:
            value = ""
        if value and len(content) <= LONGEST and value.isprintable():
            self._value = value
        else:
            log.warning("a secret's file holds something else; what it held before is used", extra=self._about())

    def _about(self) -> dict[str, str]:
        return {"file": self._path.name}


def proof(token: str, app_secret: str) -> str:
    """That who has the token has the app's secret too (`appsecret_proof`).

    Meta, graph-api/guides/secure-requests.
    """
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
