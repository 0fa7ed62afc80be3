"""The `whinchat` command as it is without the extra for linked devices: `python -m tests.support.bare …`.

What the extra brings cannot be imported or found, as where it is not installed.
"""

from __future__ import annotations

import sys
from typing import Any

from whinchat.cli.main import main

EXTRA = (
    *("neonize", "google.protobuf", "httpx", "linkpreview", "phonenumbers", "magic", "requests", "tqdm"),
    *("aiohttp_socks", "python_socks"),
)

if __name__ == "__main__":
    modules: dict[str, Any] = sys.modules  # None is the documented way to say: not there
    modules.update(dict.fromkeys(EXTRA))
    sys.exit(main())
