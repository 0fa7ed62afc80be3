"""What is said when a text is not taken at its word."""

from __future__ import annotations


class Unclear(ValueError):
    """A text that is refused, or that has to be asked about. `values` belong to the sentence `problem` (a catalogue
    key) and may hold what the person wrote; `meant` is how it could be written instead."""

    def __init__(self, problem: str, meant: str | None = None, **values: str | int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.meant = meant
        self.values = values
