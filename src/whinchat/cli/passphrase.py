"""What verbs share that seal something under a passphrase."""

from __future__ import annotations

from pathlib import Path

import click

from whinchat.core.errors import Refused

SHORTEST = 12  # characters

passphrase_file = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Take the first line of this file instead of asking.",
)


def passphrase(file: Path | None, *, confirm: bool) -> str:
    """Asked for, or the first line of `file`. Raises Refused: too short, or the file cannot be read."""
    if file is None:
        words: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
    else:
        words = read_file(file).decode("utf-8", "replace").partition("\n")[0]
    if len(words) < SHORTEST:
        raise Refused(f"the passphrase is shorter than {SHORTEST} characters", hint="Four or five words are good.")
    return words


def read_file(file: Path) -> bytes:
    """Raises Refused."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}", hint="Look at its name and owner.") from error
