"""Writes the reference pages that follow from the code and the model, and the schema that the migrations make.

    python -m scripts.build_reference [--check]

`--check` writes nothing and ends with 1 when a page is not what the code says. Tests compare too.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import apsw
import click
from scripts import model_page, wallet_page
from scripts.policy_page import policy_page

import whinchat
from whinchat import config
from whinchat.apps.scanner.feeds.migrations import MIGRATIONS as FEEDS
from whinchat.bootstrap import APPS, migrations
from whinchat.cli.main import VERBS, build
from whinchat.core.dispatch import help as commands
from whinchat.core.formatting.i18n import Words
from whinchat.core.ports import Metric, Migration
from whinchat.infra.storage.migrate import checksum

ROOT = Path(__file__).parents[1]
WIDTH = 100  # columns of help texts
LANGUAGE = "en"
RESULTS_BEGIN, RESULTS_END = "<!-- results: python -m scripts.build_reference -->", "<!-- end of results -->"

METRICS = """\
# Metrics

`http://127.0.0.1:8466/metrics` (`private.host` and `private.port`) gives them in Prometheus' text format. Besides these
there are the usual `process_…` metrics of the process itself: memory, CPU time, open files, start time. No label names
a chat, a person or a link.

| metric | kind | labels | what it counts or measures |
|---|---|---|---|
"""

COMMAND_LINE = """\
# Command line

What `whinchat VERB --help` says, of every verb. Settings come from `whinchat.toml` or `--config FILE` and from the
environment: [settings.md](settings.md).

Exit codes: 0 done; 1 looked, and something is wrong; 2 refused or wrong usage, with the way out on stderr; 70 a fault
of the program; 130 interrupted. `scan check` has its own, by the worst verdict.
"""


def commands_page() -> str:
    """Every command of the bot with its grammar."""
    words = Words([app.catalogues for app in APPS], LANGUAGE)
    return commands.reference([command for app in APPS for command in app.commands], words, LANGUAGE)


def declared_metrics() -> list[Metric]:
    """Every metric that any module of the package declares, by name."""
    found: dict[str, Metric] = {}
    for module in pkgutil.walk_packages(whinchat.__path__, "whinchat."):
        if module.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Metric):
                found[value.name] = value
    return [found[name] for name in sorted(found)]


def metrics_page() -> str:
    rows = []
    for metric in declared_metrics():
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        rows.append(f"| `{metric.name}` | {metric.kind.value} | {labels} | {metric.help} |\n")
    return METRICS + "".join(rows)


def verbs(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """The command and all below it: what is typed, and its help."""
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from verbs(inner, click.Context(inner, parent=context, info_name=name, max_content_width=WIDTH))


def command_line_page() -> str:
    whole = build(VERBS)
    context = click.Context(whole, info_name="whinchat", terminal_width=WIDTH, help_option_names=["-h", "--help"])
    pages = [COMMAND_LINE, *(f"## {path}\n\n```text\n{text}\n```\n" for path, text in verbs(whole, context))]
    return "\n".join(pages)


def schema(steps: Sequence[Migration]) -> str:
    """What the steps make of an empty database. The steps stand above it: one that has shipped never changes."""
    with closing(apsw.Connection(":memory:")) as database:
        for step in steps:
            database.execute(step.sql["sqlite"]).fetchall()
        rows = database.execute(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
        ).fetchall()
    lines = [f"-- {step.component} {step.number} {checksum(step)[:12]}: {step.name}\n" for step in steps]
    return "".join([*lines, *(f"\n{sql};\n" for (sql,) in rows)])


def model_pages() -> dict[str, str]:
    """The model's data card, and its headline in the README."""
    card = model_page.read()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return {
        "docs/reference/model.md": model_page.page(card),
        "README.md": model_page.between(readme, RESULTS_BEGIN, RESULTS_END, model_page.headline(card)),
    }


def pages() -> dict[str, str]:
    """Path below the project to content."""
    settings = {app.name: app.settings for app in APPS}
    return {
        "docs/reference/commands.md": commands_page(),
        "docs/reference/metrics.md": metrics_page(),
        "docs/reference/policy.md": policy_page(Words([app.catalogues for app in APPS], LANGUAGE), LANGUAGE),
        "docs/reference/command-line.md": command_line_page(),
        "docs/reference/settings.md": config.reference(settings),
        "whinchat.example.toml": config.example(settings),
        "tests/migrations/whinchat.sql": schema(migrations()),
        "tests/migrations/feeds.sql": schema(FEEDS),
        **wallet_page.pages(LANGUAGE),
        **model_pages(),
    }


def main(arguments: Sequence[str]) -> int:
    changed = [
        name
        for name, content in pages().items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != content
    ]
    for name in changed:
        print(f"{name} is not what the code says" if "--check" in arguments else f"{name} is written")
        if "--check" not in arguments:
            (ROOT / name).write_text(pages()[name], encoding="utf-8")
    return 1 if changed and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
