"""The `whinchat` command, whose linked accounts trust the fake network: `python -m tests.support.trusting …`.

The network's root key is in the environment, as `root_key.VARIABLE`. Its phones have nothing to hand over: they are not
waited for.
"""

from __future__ import annotations

import functools
import os
import sys

from tests.support.whatsapp import root_key

from whinchat import bootstrap
from whinchat.cli import linking
from whinchat.cli.main import main

if __name__ == "__main__":
    trust = (root_key.__file__, os.environ[root_key.VARIABLE])
    bootstrap.build = functools.partial(bootstrap.build, trust=trust)
    linking.FINISHING = 1.0
    sys.exit(main())
