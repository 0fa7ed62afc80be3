"""The order to look through what chats have seen, for what has to be told anew."""

from __future__ import annotations

import msgspec

from whinchat.core.ports import Job

KIND = "scanner.recheck"
SOON = -10  # priority: a chat waits for it


class Tell(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one link, after a deep look at it; or of all links, after the lists changed."""

    url: bytes | None = None
    only_asked: bool = False
    """Nothing changed: only those hear of it who asked and were told that it is being looked at."""
    after: int = 0
    """Sightings up to this row are done."""

    def job(self) -> Job:
        about = "lists" if self.url is None else self.url.hex()
        asked = "-asked" if self.only_asked else ""
        payload = msgspec.msgpack.encode(self)
        return Job(kind=KIND, key=f"{about}{asked}-{self.after}", payload=payload, priority=SOON if self.url else 0)

    def rest(self, after: int) -> Tell:
        """What is left once the sightings up to `after` are done."""
        return msgspec.structs.replace(self, after=after)


opened = msgspec.msgpack.Decoder(Tell).decode
"""From a job's payload."""
