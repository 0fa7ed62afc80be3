"""Keeps the lists up to date, as often as the server allows and no more often.

due ──▶ noted as failed, with the next time ──▶ asked ──┬─ as it was ─────────▶ confirmed
                                                        ├─ fits its checksum ─▶ in use ──▶ confirmed
                                                        ├─ does not fit ──────▶ asked for as a whole
                                                        └─ no answer ─────────▶ the last good version stays
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from whinchat.apps.scanner.feeds.build import publish
from whinchat.apps.scanner.sources.safe_browsing.client import Client
from whinchat.apps.scanner.sources.safe_browsing.errors import Unanswered, garbled
from whinchat.apps.scanner.sources.safe_browsing.merge import merged
from whinchat.apps.scanner.sources.safe_browsing.protocol import LISTS, HashList
from whinchat.apps.scanner.sources.safe_browsing.store import PrefixList, PrefixStore, State, storing, write_list
from whinchat.core.ports import Clock, Random, Workers
from whinchat.core.secret import Secret

MINUTE = 60_000  # milliseconds
FIRST_WAIT, LONGEST_WAIT = 15 * MINUTE, 24 * 60 * MINUTE
LEAST_WAIT = MINUTE  # where the server has more to send at once; it has not, for we set no limits
WHOLE_AFTER = 3  # failures in a row after which whole lists are asked for, whatever is here
TEMPORARY = ".new-"


def back_off(failures: int, random: Random) -> int:
    """Milliseconds after so many requests in a row that failed, at least one: doubling, spread over a factor of two.

    Source: https://developers.google.com/safe-browsing/v4/request-frequency; version 5 names no other rule.
    """
    return min(LONGEST_WAIT, round((FIRST_WAIT << min(failures, 20) - 1) * (1 + random.random())))


class Updater:
    """One update at a time; another process may do the same, and then each list is that of one of the two."""

    def __init__(
        self, client: Client, key: Secret, store: PrefixStore, clock: Clock, random: Random, workers: Workers
    ) -> None:
        self._client = client
        self._key = hashlib.blake2b(key.reveal().encode(), digest_size=8).hexdigest()
        self._clock = clock
        self._random = random
        self._workers = workers
        self.store = store

    @property
    def state(self) -> State:
        """What another key led to counts no more."""
        state = self.store.state
        return state if state.key == self._key else State(confirmed_at=state.confirmed_at, key=self._key)

    @property
    def due(self) -> bool:
        return self.state.next_at <= self._clock.now()

    async def update(self) -> State | None:
        """What came of it, which is stored as well; None when it was not due.

        Raises StorageError: nothing can be stored. It counts as a failed attempt, if that could be noted.
        """
        self.store.look_again()
        before = self.state
        if not self.due:
            return None
        failures = before.failures + 1
        begun = replace(
            before, failures=failures, next_at=self._clock.now() + back_off(failures, self._random), reason=None
        )
        await self._workers.run(self._clear)
        await self._save(begun)
        try:
            wait = await self._all(whole=before.failures >= WHOLE_AFTER)
        except Unanswered as error:
            asked = self._clock.now() + round(1000 * (error.retry_after or 0))
            after = replace(begun, next_at=max(begun.next_at, asked), reason=error.answer.reason)
        else:
            now = self._clock.now()
            after = State(next_at=now + max(LEAST_WAIT, round(1000 * wait)), confirmed_at=now, key=self._key)
        await self._save(after)
        return after

    async def _all(self, *, whole: bool) -> float:
        """Bring every list up to date; seconds until they may be asked for again, the longest of what was said."""
        held = {} if whole else await self._workers.run(partial(_sound, self.store.lists))
        answers = await self._client.lists(LISTS, [each.description.version for each in held.values()])
        wait = max(answer.wait for answer in answers.values())
        unfit = [name for name, answer in answers.items() if not await self._take(name, held.get(name), answer)]
        if unfit:
            answers = await self._client.lists(unfit, ())
            for name, answer in answers.items():
                if not await self._take(name, None, answer):
                    raise garbled("a whole list does not fit its checksum")
                wait = max(wait, answer.wait)
        return wait

    async def _take(self, name: str, old: PrefixList | None, answer: HashList) -> bool:
        """Whether the answer could be used."""
        try:
            await self._workers.run(partial(self._write, name, old, answer))
        except Unanswered:
            return False
        return True

    def _write(self, name: str, old: PrefixList | None, answer: HashList) -> None:
        checksum = answer.checksum
        if old is not None and not (answer.additions or answer.removals or checksum):
            if answer.version in {b"", old.description.version}:
                return
            answer, checksum = _unchanged(answer), old.description.checksum
        temporary = self._temporary()
        with storing(temporary):
            written = write_list(temporary, name, answer.version, merged(old, answer))
            if written.checksum != checksum:
                raise garbled("the list does not fit its checksum")
            publish(temporary, self.store.path(name))

    async def _save(self, state: State) -> None:
        await self._workers.run(partial(self.store.save, state, self._temporary()))

    def _temporary(self) -> Path:
        return self.store.folder / f"{TEMPORARY}{self._random.randbytes(6).hex()}"

    def _clear(self) -> None:
        """Away with what a killed update left behind."""
        self.store.folder.mkdir(mode=0o700, exist_ok=True)
        for path in self.store.folder.glob(f"{TEMPORARY}*"):
            path.unlink(missing_ok=True)


def _sound(lists: Mapping[str, PrefixList]) -> Mapping[str, PrefixList]:
    """Those that can be built upon."""
    return {name: each for name, each in lists.items() if each.sound()}


def _unchanged(answer: HashList) -> HashList:
    """Nothing was sent but another name for the same version."""
    return HashList(answer.name, answer.version, True, None, None, answer.wait, answer.checksum)
