"""An update of Safe Browsing's lists that is killed: `python -m tests.support.mortal_updates FOLDER ADDRESS NTH`.

The process kills itself before its NTH change of a name in the folder, or lives when there are fewer.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.support.safe_browsing import updater

from whinchat.infra.clock import SystemClock
from whinchat.infra.http import AiohttpClient


async def update(folder: Path, address: str) -> None:
    http = AiohttpClient("whinchat/test")
    try:
        await updater(folder, http, SystemClock(), address=address).update()
    finally:
        await http.close()


def main() -> None:
    folder, address, nth = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    left = nth

    def notice(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if event == "os.rename" and str(args[1]).startswith(str(folder)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(notice)
    asyncio.run(update(folder, address))


if __name__ == "__main__":
    main()
