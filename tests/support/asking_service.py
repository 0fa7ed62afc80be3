"""`whinchat run` that asks a double instead of URLhaus, and for which no name leads anywhere.

Run as `python -m tests.support.asking_service ADDRESS`.
"""

from __future__ import annotations

import functools
import sys
from unittest import mock

from whinchat import bootstrap
from whinchat.apps.scanner.sources import urlhaus
from whinchat.cli.main import main
from whinchat.testing.resolver import FakeResolver

if __name__ == "__main__":
    asks_double = functools.partial(urlhaus.UrlHaus, api=sys.argv.pop())
    with mock.patch.object(urlhaus, "UrlHaus", asks_double), mock.patch.object(bootstrap, "DnsResolver", FakeResolver):
        raise SystemExit(main(["run"]))
