"""What the settings are, for people: the values in use, an example file, the reference page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from whinchat.config.load import Loaded, Origin
from whinchat.config.settings import Settings
from whinchat.config.tree import PREFIX, Apps, Setting, literal, settings_of

HEAD = f"""\
# Whinchat's settings. Copy this file to whinchat.toml and take the `#` off the lines that you change; every line
# shows its default. Each setting is also a variable in the environment, which wins: storage.data is
# {PREFIX}STORAGE__DATA. Secrets can come from a file of their own: token_file instead of token.
"""

REFERENCE_HEAD = f"""\
# Settings

Whinchat reads `whinchat.toml` in the working folder, or the file that `--config` names, and then the environment, which
wins. Nothing has to be set. The variable of `storage.data` is `{PREFIX}STORAGE__DATA`; lists in the environment have
commas between their parts, lists of tables are JSON there. Relative paths begin at the working folder; `~` and
`$XDG_CONFIG_HOME` are understood.

`whinchat config show` prints the values in use and where each comes from, `whinchat config check` finds mistakes,
`whinchat config example` prints a file to begin with. This page is printed by `whinchat config reference`.
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting's value as text: TOML, `***` for what must not be seen, empty when not set."""

    setting: Setting
    value: str
    origin: Origin


def effective(loaded: Loaded, apps: Apps) -> Iterator[Shown]:
    """Every setting with the value in use, those of tables one by one. Files of secrets are listed only when set."""
    for key, setting in settings_of(apps).items():
        origin = loaded.origins[key]
        if setting.fills and origin is Origin.DEFAULT:
            continue
        value = _value(setting, loaded.settings)
        if setting.table is None or not value:
            yield Shown(setting, _text(setting, value), origin)
            continue
        for place, table in enumerate(value):
            for column in setting.columns:
                shown = replace(column, key=f"{key}[{place}].{column.name}")
                yield Shown(shown, _text(column, getattr(table, column.name)), origin)


def example(apps: Apps) -> str:
    """A settings file in which everything is commented out."""
    lines = [HEAD]
    for section, settings in groupby(settings_of(apps).values(), key=lambda setting: setting.section):
        lines.append(f"[{section}]")
        for setting in settings:
            lines.extend(_comment(setting))
            if setting.table is None:
                lines.append(f"#{setting.name} = {setting.default_text}".rstrip())
                continue
            lines.append(f"#[[{setting.key}]]")
            for column in setting.columns:
                lines.extend(_comment(column))
                lines.append(f"#    {column.name} = {column.default_text}".rstrip())
        lines.append("")
    return "\n".join(lines)


def written(values: Mapping[str, Any], apps: Apps, head: str) -> str:
    """A settings file with these values, by dotted name, each under its help; a table's are a list of mappings."""
    lines = textwrap.wrap(head, 118, initial_indent="# ", subsequent_indent="# ")
    chosen = [setting for key, setting in settings_of(apps).items() if key in values]
    for section, settings in groupby(chosen, key=lambda setting: setting.section):
        lines += ["", f"[{section}]"]
        for setting in settings:
            if setting.table is None:
                lines += [*_comment(setting), f"{setting.name} = {literal(values[setting.key])}"]
                continue
            for table in values[setting.key]:
                lines += ["", f"[[{setting.key}]]"]
                for column in (column for column in setting.columns if column.name in table):
                    lines += [*_comment(column), f"{column.name} = {literal(table[column.name])}"]
    return "\n".join([*lines, ""])


def _comment(setting: Setting) -> list[str]:
    text = f"{setting.help} Allowed: {setting.allowed}."
    return textwrap.wrap(text, 116, initial_indent="# ", subsequent_indent="# ")


def reference(apps: Apps) -> str:
    """`docs/reference/settings.md`."""
    parts = [REFERENCE_HEAD]
    for section, group in groupby(settings_of(apps).values(), key=lambda setting: setting.section):
        settings = list(group)
        parts.append(_table(f"[{section}]", settings))
        parts.extend(_table(f"[[{setting.key}]]", setting.columns) for setting in settings if setting.table is not None)
    return "\n".join(parts)


def _table(heading: str, settings: Iterable[Setting]) -> str:
    lines = [f"## {heading}\n\n| setting | default | allowed | what it is |\n|---|---|---|---|"]
    for setting in settings:
        nothing = "must be set" if setting.required else "not set"
        default = f"`{setting.default_text}`" if setting.default_text else nothing
        cells = (f"`{setting.name}`", default, setting.allowed, setting.help)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _value(setting: Setting, settings: Settings) -> Any:
    if setting.fills:
        return None
    value: Any = settings
    path = setting.key.split(".")
    if path[0] == "apps":
        value, path = settings.apps[path[1]], path[2:]
    for name in path:
        value = getattr(value, name)
    return value


def _text(setting: Setting, value: object) -> str:
    if setting.fills or (setting.hidden and value):
        return "***"
    return "" if value is None else literal(value)
