"""The reference page of what a chat's policy can say, from the keys themselves."""

from __future__ import annotations

from whinchat.apps.scanner.attachments import EXTENSIONS
from whinchat.apps.scanner.policy import DEFAULT, KEYS, FileType
from whinchat.core.formatting.i18n import Words

HEAD = """\
# A chat's policy

What admins of a group (in a direct chat: everybody) set with `!scan policy KEY VALUE`, one row a key; `default`
brings the first value back, `nothing` empties a list. `!scan quiet` sets `quiet` and `timezone` at once. Only what
differs from these defaults is stored.

Deleting, removing and locking need the bot to be an admin of the group; without that it warns as ever and tells the
admins who asked for notices what it could not do. Nothing is taken away for a suspicion: a link must be on a list,
forbidden by a rule, or malicious by several kinds of evidence with at least the probability of `delete_at`.

| key | default | possible | what it is |
|---|---|---|---|
"""

FILES = """
## File types

A file is of a type by the ending of its name, by what the sender's app calls it, or by its first bytes.

| type | endings |
|---|---|
"""


def policy_page(words: Words, language: str) -> str:
    rows = [
        f"| `{key.name}` | `{key.shown(DEFAULT)}` | {_cell(key.kind.expects)} | {words.say(key.sentence, language)} |\n"
        for key in KEYS
    ]
    types = [
        f"| `{kind}` | {' '.join(f'`{ending}`' for ending, found in EXTENSIONS.items() if found is kind)} |\n"
        for kind in FileType
    ]
    return "".join((HEAD, *rows, FILES, *types))


def _cell(text: str) -> str:
    return " ".join(f"`{part}`" for part in text.replace(",", "|").split("|"))
