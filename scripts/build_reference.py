"""Writes what the code says of itself into `docs/reference`: settings, commands, metrics, command line.

python -m scripts.build_reference
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

import whinchat
from whinchat import config
from whinchat.bootstrap import APPS
from whinchat.cli.main import VERBS
from whinchat.core.dispatch.help import reference
from whinchat.core.formatting.i18n import Words
from whinchat.core.ports import Metric

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
WIDTH = 100


def commands() -> str:
    words = Words([spec.catalogues for spec in APPS])
    text: str = reference([command for spec in APPS for command in spec.commands], words, "en")
    return text.rstrip() + "\n"


def metrics() -> str:
    """All metrics that any module declares."""
    found: dict[str, Metric] = {}
    for module in pkgutil.walk_packages(whinchat.__path__, "whinchat."):
        if not module.name.endswith("__main__"):
            values = vars(importlib.import_module(module.name)).values()
            found |= {value.name: value for value in values if isinstance(value, Metric)}
    rows = [_row(metric) for _, metric in sorted(found.items())]
    head = ["# Metrics", "", "At `/metrics` of the private listener, in the Prometheus text format.", ""]
    return "\n".join([*head, "| metric | kind | labels | what |", "|---|---|---|---|", *rows]) + "\n"


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
    return f"| `{metric.name}` | {metric.kind.value} | {labels} | {metric.help} |"


def settings() -> str:
    return config.reference({spec.name: spec.settings for spec in APPS})


def command_line() -> str:
    """The help of every verb."""
    parts = ["# Command line", "", "Every verb explains itself: `whinchat VERB --help`."]
    for verb in VERBS:
        module, attribute = verb.target.split(":")
        for path, text in _pages(getattr(importlib.import_module(module), attribute), f"whinchat {verb.name}"):
            parts += ["", f"## {path}", "", "```text", text.rstrip(), "```"]
    return "\n".join(parts) + "\n"


def _pages(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=path, max_content_width=WIDTH, terminal_width=WIDTH)
    yield path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from _pages(found, f"{path} {name}")


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "metrics.md": metrics,
    "command-line.md": command_line,
    "settings.md": settings,
}


def main() -> int:
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
