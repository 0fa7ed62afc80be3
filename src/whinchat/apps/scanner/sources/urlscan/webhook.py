"""Notices of urlscan.io that a scan has finished, so that nobody waits for the next look.

Channels of urlscan Pro send them to an address of ours (https://docs.urlscan.io/apis/urlscan-openapi/channels). What
they say is not believed, and its form is of no matter: ids of scans that we wait for are looked up in it, and what came
of these scans is asked of urlscan.io itself. So a notice that is forged or comes twice does nothing but that.
"""

from __future__ import annotations

from whinchat.apps.scanner.sources.submissions import Submissions, look
from whinchat.apps.scanner.sources.urlscan.api import ID
from whinchat.core.ports import Batch, Database, Queue

MOST_BODY = 256 * 1024  # bytes
MOST_IDS = 50  # of one notice that are looked up


class UrlscanNotices:
    def __init__(self, submissions: Submissions, database: Database, queue: Queue) -> None:
        self._submissions = submissions
        self._database = database
        self._queue = queue

    async def take(self, body: bytes) -> int:
        """The HTTP status. Raises StorageError: the notice is sent again later."""
        ids = dict.fromkeys(ID.findall(body.decode("ascii", "replace")))
        keys = [self._submissions.ticket_key(scan) for scan in list(ids)[:MOST_IDS]]
        waiting = [key for key in keys if await self._submissions.waiting(key) is not None]
        if waiting:
            statements = [statement for key in waiting for statement in self._queue.add(look(key))]
            await self._database.commit(Batch(tuple(statements)))
            self._queue.announce()
        return 204
