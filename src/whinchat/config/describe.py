"""What the settings are, for people: the values in use, an example file, the reference page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
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
commas between their parts. Relative paths begin at the working folder; `~` and `$XDG_CONFIG_HOME` are understood.

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
    """Every setting with the value in use. Files of secrets are listed only when set."""
    for key, setting in settings_of(apps).items():
        origin = loaded.origins[key]
        if setting.fills and origin is Origin.DEFAULT:
            continue
        yield Shown(setting, _text(setting, loaded.settings), origin)


def example(apps: Apps) -> str:
    """A settings file in which everything is commented out."""
    lines = [HEAD]
    for section, settings in groupby(settings_of(apps).values(), key=lambda setting: setting.section):
        lines.append(f"[{section}]")
        for setting in settings:
            lines.extend(
                textwrap.wrap(
                    f"{setting.help} Allowed: {setting.allowed}.", 116, initial_indent="# ", subsequent_indent="# "
                )
            )
            lines.append(f"#{setting.key.rpartition('.')[2]} = {setting.default_text}".rstrip())
        lines.append("")
    return "\n".join(lines)


def reference(apps: Apps) -> str:
    """`docs/reference/settings.md`."""
    parts = [REFERENCE_HEAD]
    for section, settings in groupby(settings_of(apps).values(), key=lambda setting: setting.section):
        parts.append(f"## [{section}]\n\n| setting | default | allowed | what it is |\n|---|---|---|---|")
        for setting in settings:
            name = setting.key.rpartition(".")[2]
            nothing = "must be set" if setting.required else "not set"
            default = f"`{setting.default_text}`" if setting.default_text else nothing
            cells = (f"`{name}`", default, setting.allowed, setting.help)
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        parts.append("")
    return "\n".join(parts)


def _text(setting: Setting, settings: Settings) -> str:
    if setting.fills:
        return "***"
    value: Any = settings
    path = setting.key.split(".")
    if path[0] == "apps":
        value, path = settings.apps[path[1]], path[2:]
    for name in path:
        value = getattr(value, name)
    if value is None:
        return ""
    return "***" if setting.hidden and value else literal(value)
