"""Reads the settings: the defaults, over them the file, over that the environment. Reports every mistake at once."""

from __future__ import annotations

import contextlib
import difflib
import enum
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import fields

from whinchat.config.settings import Settings, conflicts
from whinchat.config.tree import PREFIX, Apps, Setting, is_section, sections, settings_of
from whinchat.core.errors import Refused, SettingsError
from whinchat.core.secret import Secret

FILE = Path("whinchat.toml")
LARGEST_SECRET = 65_536  # characters of a secret's file
LONGEST_SHOWN = 60  # characters of a wrong value


class Origin(enum.StrEnum):
    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"


class SettingsErrors(Refused):
    """Everything that is wrong with the settings, in one refusal."""

    code = "settings"

    def __init__(self, errors: tuple[SettingsError, ...]) -> None:
        count = "one setting is" if len(errors) == 1 else f"{len(errors)} settings are"
        lines = [f"  {error}\n    {error.hint}" for error in errors]
        super().__init__("\n".join([f"{count} wrong", *lines]), hint="`whinchat config check` checks them again.")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where each came from by its dotted name."""

    settings: Settings
    origins: Mapping[str, Origin]
    file: Path | None


def load(path: Path | None = None, env: Mapping[str, str] | None = None, apps: Apps | None = None) -> Settings:
    """The settings from `path`, or from `whinchat.toml` in the working folder if there is one, and from `env`.

    Raises:
        SettingsErrors: its `errors` has one for each setting that is wrong.
    """
    return read(path, env, apps).settings


def read(path: Path | None = None, env: Mapping[str, str] | None = None, apps: Apps | None = None) -> Loaded:
    """Like `load`, and tells where each value came from."""
    file = path if path is not None else (FILE if FILE.exists() else None)
    reader = _Reader(apps or {}, os.environ if env is None else env)
    if file is not None:
        reader.take_table("", _parse(file), f"in {file}")
    reader.take_environment()
    return Loaded(reader.settings(), reader.origins(), file)


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        fault, hint = "there is no such file", "`whinchat config example` prints one to begin with."
    except OSError as error:
        fault, hint = f"cannot be read: {error.strerror}", "Check its name and its permissions."
    except UnicodeDecodeError:
        fault, hint = "is not UTF-8 text", "Save it as UTF-8."
    except tomllib.TOMLDecodeError as error:
        fault, hint = (
            f"is not TOML: {error}",
            'Text needs quotes, as in data = "var/data"; sections look like [storage].',
        )
    raise SettingsErrors((SettingsError(str(file), fault, hint=hint),))


class _Given(NamedTuple):
    value: object
    origin: Origin
    where: str


@dataclass(slots=True)
class _Reader:
    """Collects what was given and what is wrong with it, then builds the settings."""

    apps: Apps
    env: Mapping[str, str]
    known: dict[str, Setting] = field(init=False)
    given: dict[str, _Given] = field(default_factory=dict)
    errors: list[SettingsError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known = settings_of(self.apps)

    def take_table(self, section: str, table: Mapping[str, Any], where: str) -> None:
        for name, value in table.items():
            key = f"{section}.{name}" if section else name
            if key in self.known:
                self.given[key] = _Given(value, Origin.FILE, where)
            elif not any(known.startswith(f"{key}.") for known in self.known):
                self._unknown(key, where)
            elif isinstance(value, dict):
                self.take_table(key, value, where)
            else:
                self._wrong(key, f"found {_shown(value)} {where}, but it is a section", f"Write it as [{key}].")

    def take_environment(self) -> None:
        """Variables without a double underscore are somebody else's, unless it was plainly forgotten."""
        misspelt = {setting.variable.replace("__", "_"): setting for setting in self.known.values()}
        for variable, text in sorted(self.env.items()):
            if not variable.startswith(PREFIX):
                continue
            key = variable.removeprefix(PREFIX).replace("__", ".").lower()
            if key in self.known:
                self.given[key] = _Given(text, Origin.ENVIRONMENT, f"in {variable}")
            elif variable in misspelt:
                self._wrong(variable, "is no setting", f"Did you mean {misspelt[variable].variable}?")
            elif "." in key:
                self._unknown(key, f"in {variable}")

    def origins(self) -> dict[str, Origin]:
        return {key: self.given[key].origin if key in self.given else Origin.DEFAULT for key in self.known}

    def settings(self) -> Settings:
        values: dict[str, Any] = {}
        for key, setting in self.known.items():
            if key in self.given:
                self._decode(setting, self.given[key], values)
            elif not setting.required and not setting.fills:
                values[key] = self._expanded(setting.default)
        for key, setting in self.known.items():
            if setting.fills and key in values:
                self._read_secret(setting, values)
        for key, setting in self.known.items():
            if setting.required and key not in values and key not in self.given and f"{key}_file" not in self.given:
                self._wrong(key, "is not set", f"Set it under [{setting.section}] or in {setting.variable}.")
        self._stop()
        built = {name: self._build(kind, name, values) for name, kind in sections(self.apps).items()}
        self._stop()
        own = {name: section for name, section in built.items() if "." not in name}
        settings = Settings(**own, apps={name: built[f"apps.{name}"] for name in self.apps})
        self.errors.extend(conflicts(settings))
        self._stop()
        return settings

    def _decode(self, setting: Setting, given: _Given, values: dict[str, Any]) -> None:
        if setting.table is not None:
            values[setting.key] = self._tables(setting, setting.table, given)
            return
        text = given.origin is Origin.ENVIRONMENT
        value = given.value
        if text and isinstance(value, str) and setting.many:
            value = [part.strip() for part in value.split(",") if part.strip()]
        try:
            values[setting.key] = self._expanded(
                msgspec.convert(value, setting.type, strict=not text, dec_hook=_decode_custom)
            )
        except msgspec.ValidationError as error:
            found = "something else (not shown)" if setting.hidden else _shown(given.value)
            fault = f"found {found} {given.where}; allowed is {setting.allowed}"
            if setting.allowed.endswith("a table"):
                fault += f" ({error})"  # names the place inside the value, never the value
            self._wrong(setting.key, fault, f"Correct it, or remove it: {_default(setting)}.")

    def _tables(self, setting: Setting, kind: type[msgspec.Struct], given: _Given) -> tuple[Any, ...]:
        """A list of tables, every setting of each decoded by itself, so that a mistake is named where it is."""
        rows = given.value
        if given.origin is Origin.ENVIRONMENT and isinstance(rows, str):
            with contextlib.suppress(ValueError):
                rows = json.loads(rows or "[]")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            fault = f"found {_shown(given.value)} {given.where}; allowed is {setting.allowed}"
            hint = f"Write each as [[{setting.key}]] with its settings below it, or all as JSON in {setting.variable}."
            self._wrong(setting.key, fault, hint)
            return ()
        found = [self._table(setting, kind, row, place, given.where) for place, row in enumerate(rows)]
        return tuple(one for one in found if one is not None)

    def _table(self, setting: Setting, kind: type[msgspec.Struct], row: dict[str, Any], place: int, where: str) -> Any:
        section = f"{setting.key}[{place}]"
        columns = [replace(column, key=f"{section}.{column.name}") for column in setting.columns]
        before, values = len(self.errors), dict[str, Any]()
        for name in row.keys() - {column.name for column in columns}:
            self._unknown(f"{section}.{name}", where, [column.key for column in columns])
        for column in columns:
            if column.name in row:
                self._decode(column, _Given(row[column.name], Origin.FILE, where), values)
            elif column.required:
                self._wrong(column.key, "is not set", f"Set it under [[{setting.key}]]: {column.allowed}.")
            else:
                values[column.key] = column.default
        if len(self.errors) > before:
            return None
        return kind(**{column.name: values[column.key] for column in columns})

    def _read_secret(self, setting: Setting, values: dict[str, Any]) -> None:
        path = values[setting.key]
        if setting.fills in self.given:
            self._wrong(setting.key, f"is set beside {setting.fills}", "Set one of the two.")
            return
        try:
            with path.open(encoding="utf-8") as file:
                text = file.read(LARGEST_SECRET).strip()
        except OSError as error:
            self._wrong(setting.key, f"{path} cannot be read: {error.strerror}", "Check its name and its permissions.")
        except UnicodeDecodeError:
            self._wrong(setting.key, f"{path} is not UTF-8 text", "It should hold the secret alone.")
        else:
            if text:
                values[setting.fills] = Secret(text)
                self.given[setting.fills] = self.given[setting.key]
            else:
                self._wrong(setting.key, f"{path} is empty", "It should hold the secret alone.")

    def _build(self, kind: type[msgspec.Struct], section: str, values: Mapping[str, Any]) -> Any:
        arguments = {
            each.name: self._build(each.type, f"{section}.{each.name}", values)
            if is_section(each.type)
            else values[f"{section}.{each.name}"]
            for each in fields(kind)
        }
        try:
            return kind(**arguments)
        except ValueError as error:  # a rule of the application's own, in its `__post_init__`
            self._wrong(section, str(error), "`whinchat config show --defaults` lists what can be set.")
            return None

    def _expanded(self, value: object) -> object:
        """Paths with `~` and `$XDG_CONFIG_HOME` filled in from the environment that was given."""
        if not isinstance(value, Path):
            return value
        home = Path(self.env.get("HOME") or Path.home())
        first, *rest = value.parts or (".",)
        if first == "~":
            return home.joinpath(*rest)
        if first == "$XDG_CONFIG_HOME":
            return Path(self.env.get("XDG_CONFIG_HOME") or home / ".config").joinpath(*rest)
        return value

    def _unknown(self, key: str, where: str, names: Sequence[str] = ()) -> None:
        names = names or [*self.known, *{setting.section for setting in self.known.values()}]
        key = key if key.isprintable() else _shown(key)
        near = difflib.get_close_matches(key, names, n=1)
        hint = f"Did you mean {near[0]}?" if near else "`whinchat config show --defaults` lists every setting."
        self._wrong(key, f"found {where}, but there is no such setting", hint)

    def _wrong(self, key: str, fault: str, hint: str) -> None:
        self.errors.append(SettingsError(key, fault, hint=hint))

    def _stop(self) -> None:
        if self.errors:
            raise SettingsErrors(tuple(self.errors))


def _decode_custom(kind: type, value: object) -> object:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError("text is missing")
    return kind(value)


def _shown(value: object) -> str:
    text = re.sub(r"//[^/@\s]*@", "//***@", json.dumps(value, default=str))
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _default(setting: Setting) -> str:
    if setting.required:
        return "it must be set"
    return "it need not be set" if setting.default is None else f"the default is {_shown(setting.default)}"
