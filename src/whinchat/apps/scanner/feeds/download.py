"""Brings a list onto the disk, if it is another one than before."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO

from whinchat.core.errors import HttpError, Refused, StorageError
from whinchat.core.ports import HttpClient, HttpLimits, HttpResponse, Workers

LIMITS = HttpLimits(most_bytes=128 << 20, most_decoded=512 << 20)
OK, NOT_MODIFIED = 200, 304
LONGEST_VALIDATOR = 512  # characters; a longer one is not kept
MOST_WAIT = 86_400.0  # seconds that a server may ask us to stay away

Advance = Callable[[int, int | None], None]
"""Called with the bytes that came so far and, if it was told, how many there will be."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a server calls a version of a list; empty when it calls it nothing."""

    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """`content` is None when the list is still the version that was asked for; otherwise it is read from its start."""

    version: Version
    content: IO[bytes] | None


class Downloader:
    def __init__(self, http: HttpClient, folder: Path, workers: Workers) -> None:
        """`folder`: for the file while it is read."""
        self._http = http
        self._folder = folder
        self._workers = workers

    @asynccontextmanager
    async def get(self, url: str, known: Version, now: int, advance: Advance | None = None) -> AsyncIterator[Download]:
        """The list, complete; its file is gone afterwards.

        Raises HttpError, for every status but these two; StorageError: no room, no right.
        """
        asked = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
        headers = {name: value for name, value in asked.items() if value}
        with self._temporary() as file:
            async with self._http.get(url, headers, LIMITS) as response:
                version = Version(_validator(response, "etag"), _validator(response, "last-modified"))
                if response.status == NOT_MODIFIED and headers:
                    version = Version(version.etag or known.etag, version.modified or known.modified)
                    file.close()
                elif response.status == OK:
                    await self._save(response, file, advance)
                else:
                    raise _refused(response, now)
            yield Download(version, None if file.closed else file)

    async def _save(self, response: HttpResponse, file: IO[bytes], advance: Advance | None) -> None:
        told = response.headers.get("content-length", "")
        # What comes is counted after decompression, so what was told is of use only without one.
        total = int(told) if told.isdecimal() and "content-encoding" not in response.headers else None
        done = 0
        async for chunk in response.chunks():
            with self._storing():
                done += await self._workers.run(lambda: file.write(chunk))  # noqa: B023 - it is awaited here
            if advance:
                advance(done, total)
        with self._storing():
            file.seek(0)

    def _temporary(self) -> IO[bytes]:
        """A file without a name where there is such a thing: it is gone with the process, however that ends."""
        with self._storing():
            return tempfile.TemporaryFile(dir=self._folder)

    @contextmanager
    def _storing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"the list cannot be stored: {error.strerror}",
                hint=f"Make room or give the right to write in {self._folder}.",
            ) from error


@asynccontextmanager
async def opened_file(path: Path, known: Version, workers: Workers) -> AsyncIterator[Download]:
    """A list that is a file on this machine; its time and size are its version. Raises Refused: it cannot be read."""
    try:
        file = await workers.run(lambda: path.open("rb"))
    except OSError as error:
        raise Refused(
            f"{path} cannot be read: {error.strerror}", hint="Check its name and permissions.", code="unreachable"
        ) from None
    with file:
        status = os.fstat(file.fileno())
        version = Version(etag=f"{status.st_mtime_ns}-{status.st_size}")
        yield Download(version, None if version == known else file)


def _validator(response: HttpResponse, name: str) -> str:
    value = response.headers.get(name, "")
    return value if len(value) <= LONGEST_VALIDATOR and value.isprintable() else ""


def _refused(response: HttpResponse, now: int) -> HttpError:
    return HttpError(
        f"the server answered {response.status}",
        code=f"status_{response.status}",
        retry_after=_retry_after(response.headers.get("retry-after", ""), now),
    )


def _retry_after(value: str, now: int) -> float | None:
    """Seconds; from a number of them or a date (RFC 9110, 10.2.3)."""
    if value.isdecimal():
        return min(float(value), MOST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return min(max(moment.timestamp() - now / 1000, 0.0), MOST_WAIT)
