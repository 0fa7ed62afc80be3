"""The GraphQL documents, and how several reads become one.

A document is one operation on one field. Batches rely on how the files are laid out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

_FOLDERS = files("whinchat.apps.wallet.galoy") / "documents"
_LAYOUT = re.compile(
    r"(?P<kind>\w+) (?P<name>\w+)(?:\((?P<variables>[^\n]*)\))? \{\n  (?P<field>(?P<root>\w+).*)\n\}\n", re.DOTALL
)

Variables = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    kind: str
    """`query`, `mutation`, `subscription`."""
    text: str
    variables: str
    """Declarations, without the parentheses; empty for none."""
    field: str
    root: str
    """The field's name, under which the answer is found."""


@dataclass(frozen=True, slots=True)
class Batch:
    text: str
    variables: dict[str, Any]


def load(folders: Sequence[str]) -> dict[str, Operation]:
    """By name; of documents of one name the one in the last folder."""
    found = {}
    for folder in folders:
        for path in (_FOLDERS / folder).iterdir():
            operation = parsed(path.read_text(encoding="utf-8"))
            found[operation.name] = operation
    return found


def parsed(text: str) -> Operation:
    match = _LAYOUT.fullmatch(text)
    if match is None:
        raise ValueError("a document is laid out in another way than batches rely on")
    return Operation(match["name"], match["kind"], text, match["variables"] or "", match["field"], match["root"])


def alias(index: int) -> str:
    """Under which the answer to one of a batch is told."""
    return f"r{index}"


def batch(parts: Sequence[tuple[Operation, Variables]]) -> Batch:
    """Of queries only."""
    declarations: list[str] = []
    fields: list[str] = []
    variables: dict[str, Any] = {}
    for index, (operation, values) in enumerate(parts):
        prefix = alias(index)
        if operation.variables:
            declarations.append(_renamed(operation.variables, prefix))
        fields.append(f"  {prefix}: {_renamed(operation.field, prefix)}\n")
        variables.update({f"{prefix}_{name}": value for name, value in values.items()})
    header = f"({', '.join(declarations)})" if declarations else ""
    return Batch(f"query batch{header} {{\n{''.join(fields)}}}\n", variables)


def _renamed(text: str, prefix: str) -> str:
    return re.sub(r"\$(\w+)", rf"${prefix}_\1", text)
