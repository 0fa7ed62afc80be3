"""What logging costs a process, which only a process of its own can show."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import logging, sys
from whinchat.infra.logging import configure
configure("info", "json")
logging.getLogger("whinchat").info("from %s", "+15550100123")
loaded = {name.partition(".")[0] for name in sys.modules}
logging.getLogger("whinchat").info("loaded", extra={"rich": "rich" in loaded, "pygments": "pygments" in loaded})
import rich
"""


def test_rich_is_not_loaded_for_logs_but_can_be_later() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["message"] == "from [hidden]"
    assert (second["rich"], second["pygments"]) == (False, False)
