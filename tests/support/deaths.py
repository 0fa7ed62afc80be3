"""A process that dies at a commit."""

from __future__ import annotations


class Killed(BaseException):
    """The process is gone: nothing after this happens in it."""


class Death:
    """A hook of the database for tests: at `point` of the n-th commit (from 1) the process ends, and stays dead."""

    def __init__(self, number: int, point: str) -> None:
        self.dead = False
        self._left = number
        self._point = point

    def __call__(self, reached: str) -> None:
        self._left -= reached == "before_commit"
        self.dead = self.dead or (self._left == 0 and reached == self._point)
        if self.dead:
            raise Killed
