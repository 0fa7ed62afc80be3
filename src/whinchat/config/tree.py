"""The settings types as a flat list of dotted names: what loading, the reference page and `config show` walk over."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin

import msgspec
from msgspec import inspect
from msgspec.structs import FieldInfo, fields

from whinchat.config.settings import Settings
from whinchat.core.secret import Secret

Apps = Mapping[str, type[msgspec.Struct]]
"""The settings type of each application."""

PREFIX = "WHINCHAT_"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `key` is its dotted name; `allowed` says in words what it may be."""

    key: str
    type: Any
    allowed: str
    default: Any
    """`msgspec.NODEFAULT` when it must be set."""
    help: str
    hidden: bool = False
    """A secret, or personal: the value is never shown."""
    many: bool = False
    """A list of single values: in the environment, parts between commas."""
    table: type[msgspec.Struct] | None = None
    """A list of such tables: in the environment, JSON."""
    fills: str = ""
    """For `…_file`: the secret that the file holds."""

    @property
    def name(self) -> str:
        return self.key.rpartition(".")[2]

    @property
    def section(self) -> str:
        return self.key.rpartition(".")[0]

    @property
    def variable(self) -> str:
        """Its name in the environment: `storage.data` is `WHINCHAT_STORAGE__DATA`."""
        return PREFIX + self.key.replace(".", "__").upper()

    @property
    def columns(self) -> tuple[Setting, ...]:
        """What each table holds, for a list of tables; their section is `transport.cloud.numbers[]`."""
        if self.table is None:
            return ()
        return tuple(column for column in _walk(self.table, f"{self.key}[]") if not column.fills)

    @property
    def required(self) -> bool:
        return self.default is msgspec.NODEFAULT

    @property
    def default_text(self) -> str:
        """The default as TOML; empty when there is none."""
        return "" if self.required or self.default is None else literal(self.default)


def literal(value: object) -> str:
    """`value` as TOML."""
    return json.dumps(msgspec.to_builtins(value, enc_hook=str), ensure_ascii=False)


def sections(apps: Apps) -> dict[str, type[msgspec.Struct]]:
    """The outermost sections, in order: `storage`, …, `apps.scanner`."""
    own = {field.name: field.type for field in fields(Settings) if is_section(field.type)}
    return own | {f"apps.{name}": kind for name, kind in apps.items()}


def is_section(kind: object) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def settings_of(apps: Apps) -> dict[str, Setting]:
    """Every setting by its dotted name, in the order of declaration."""
    return {setting.key: setting for name, kind in sections(apps).items() for setting in _walk(kind, name)}


def _walk(kind: type[msgspec.Struct], section: str) -> Iterator[Setting]:
    """A section's own settings, then those of the sections inside it."""
    inner = [field for field in fields(kind) if is_section(field.type)]
    for field in fields(kind):
        key = f"{section}.{field.name}"
        if field not in inner:
            yield _setting(field, key)
        if Secret in _members(field.type):
            yield Setting(f"{key}_file", Path, "a path", None, f"File that holds {key}.", fills=key)
    for field in inner:
        yield from _walk(field.type, f"{section}.{field.name}")


def _setting(field: FieldInfo, key: str) -> Setting:
    info = inspect.type_info(field.type)
    meta = info if isinstance(info, inspect.Metadata) else inspect.Metadata(info)
    extra = meta.extra or {}
    each = meta.type.item_type if isinstance(meta.type, inspect.VarTupleType | inspect.ListType) else None
    return Setting(
        key,
        field.type,
        extra.get("allowed") or in_words(meta.type),
        field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default,
        (meta.extra_json_schema or {}).get("description", ""),
        many=each is not None and not isinstance(each, inspect.StructType),
        table=each.cls if isinstance(each, inspect.StructType) else None,
        hidden=Secret in _members(field.type) or bool(extra.get("personal")),
    )


def _members(hint: Any) -> tuple[Any, ...]:
    """The types that a field may hold, `None` and annotations taken off."""
    if get_origin(hint) is Annotated:
        return _members(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(member for part in get_args(hint) for member in _members(part))
    return (hint,)


def in_words(kind: inspect.Type) -> str:
    """What a type allows, as it is said to people."""
    if isinstance(kind, inspect.Metadata):
        return in_words(kind.type)
    if isinstance(kind, inspect.UnionType):
        return " or ".join(in_words(one) for one in kind.types if not isinstance(one, inspect.NoneType))
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        if isinstance(kind.item_type, inspect.StructType):
            return "a list of tables"
        return f"a list, each {in_words(kind.item_type)}"
    return _single_in_words(kind)


def _single_in_words(kind: inspect.Type) -> str:
    match kind:
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType() | inspect.FloatType():
            return ("a whole number" if isinstance(kind, inspect.IntType) else "a number") + _range(kind.ge, kind.le)
        case inspect.LiteralType():
            return "one of " + ", ".join(f'"{value}"' for value in kind.values)
        case inspect.EnumType():
            return "one of " + ", ".join(f'"{member.value}"' for member in kind.cls)
        case inspect.StrType() | inspect.CustomType():
            return "a path" if isinstance(kind, inspect.CustomType) and kind.cls is Path else "text"
        case _:
            return "a table"


def _range(least: float | None, most: float | None) -> str:
    parts = [f"{word} {limit}" for word, limit in (("from", least), ("to", most)) if limit is not None]
    return " ".join(["", *parts])
