"""The `whinchat` command: its verbs, and what becomes of errors.

Only click is imported here. A verb's module, and what it needs, is imported when the verb is used.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from whinchat import __version__
from whinchat.cli.common import Invocation, printable, registered_apps
from whinchat.core.errors import Refused

if TYPE_CHECKING:
    from whinchat.cli.common import AppSpecs

REFUSED = 2
FAULT = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
PIPE_CLOSED = 1  # as click ends when it notices first

EXAMPLES = """\
\b
Examples:
  whinchat demo                     try it: a simulated group to chat in
  whinchat setup                    answer some questions, get a whinchat.toml
  whinchat run                      run the service with whinchat.toml
  whinchat scan check example.com   judge a link, offline
  whinchat doctor                   find what is wrong on this machine
"""


class Verb(NamedTuple):
    """One line of `whinchat --help`. `target`: `package.module:attribute` of its click command."""

    section: str
    name: str
    target: str
    summary: str


VERBS = (
    Verb("Service", "demo", "whinchat.cli.demo:demo", "try it: the service with a simulated group to chat in"),
    Verb("Service", "run", "whinchat.cli.run:run", "run the service"),
    Verb("Service", "setup", "whinchat.cli.setup:setup", "ask what is needed and write the settings file"),
    Verb("Service", "pair", "whinchat.cli.pair:pair", "link an account with the WhatsApp on a phone"),
    Verb("Service", "session", "whinchat.cli.session:session", "list, move and end the sessions of linked accounts"),
    Verb("Service", "simulator", "whinchat.cli.simulator:simulator", "run a simulated world in a process of its own"),
    Verb("Service", "sandbox", "whinchat.cli.sandbox:sandbox", "run a bank with play money for the wallet"),
    Verb("Service", "play", "whinchat.cli.play:play", "play recorded messages into a simulated world"),
    Verb("Links", "scan", "whinchat.apps.scanner.cli_scan:scan", "judge links and explain the verdicts, offline"),
    Verb("Links", "feeds", "whinchat.apps.scanner.cli_feeds:feeds", "import lists of known links, show what is loaded"),
    Verb(
        "Money", "wallet", "whinchat.apps.wallet.cli_wallet:wallet", "payments nobody knows the end of, language, holds"
    ),
    Verb("Operation", "config", "whinchat.cli.config:config", "show, check and explain the settings"),
    Verb("Operation", "doctor", "whinchat.cli.doctor:doctor", "find what is wrong on this machine, and the way out"),
    Verb("Operation", "db", "whinchat.cli.db:db", "migrate, back up, restore and check the database"),
    Verb("Operation", "keys", "whinchat.cli.keys:keys", "rotate, export and import the key that seals the data"),
    Verb("Operation", "jobs", "whinchat.cli.jobs:jobs", "see what waits in the queue, and retry what was given up"),
    Verb("Operation", "admin", "whinchat.cli.admin:admin", "sign in to the admin pages, sign everybody out"),
    Verb("Operation", "trace", "whinchat.cli.trace:trace", "follow one message from arrival to reply"),
)
"""Every verb. Those of the applications are listed too: asking the applications would import all of them for a help
page; a test compares.
"""


class Verbs(click.Group):
    """Verbs that are imported when they are used."""

    def __init__(self, *arguments: Any, verbs: Sequence[Verb], **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._verbs = {verb.name: verb for verb in verbs}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._verbs:
            return None
        module, _, attribute = self._verbs[cmd_name].target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:  # click knows no names to suggest
            raise click.NoSuchCommand(error.command_name, possibilities=self._verbs, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, verbs in groupby(self._verbs.values(), key=lambda verb: verb.section):
            with formatter.section(section):
                formatter.write_dl([(verb.name, verb.summary) for verb in verbs])


def build(verbs: Sequence[Verb]) -> click.Group:
    """The command over these verbs."""

    def set_debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        ctx.ensure_object(Invocation).debug = value

    @click.group(
        cls=Verbs,
        verbs=verbs,
        epilog=EXAMPLES,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    @click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Settings file.  [default: whinchat.toml, if there is one]",
    )
    @click.option(
        "--debug",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=set_debug,
        help="Show where in the code an error comes from.",
    )
    @click.version_option(__version__, message="whinchat %(version)s")
    @click.pass_obj
    def whinchat(invocation: Invocation, config: Path | None) -> None:
        """Whinchat protects WhatsApp groups from dangerous links.

        Every verb explains itself: whinchat VERB --help
        """
        invocation.config = config

    return whinchat


def main(
    arguments: Sequence[str] | None = None, *, verbs: Sequence[Verb] = VERBS, apps: AppSpecs = registered_apps
) -> int:
    """Run the command and give its exit code: 0, one of the above, or the number that a verb returned."""
    invocation = Invocation(apps)
    try:
        code = build(verbs).main(arguments, prog_name="whinchat", standalone_mode=False, obj=invocation)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        _let_go_of_output()
        return PIPE_CLOSED
    except Exception as error:  # the one place where an error becomes a text for people
        if invocation.debug:
            traceback.print_exc()
        return _explain(error)
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> int:
    """Tell what went wrong in as few lines as it takes; gives the exit code."""
    refused = _refusal_in(error)
    if refused is None:
        click.echo(f"error: {type(error).__name__}: {printable(_first_line(error))}", err=True)
        click.echo("  hint: this is a fault of the program; `whinchat --debug …` shows where it comes from.", err=True)
        return FAULT
    click.echo(f"error: {refused}", err=True)
    if refused.hint:
        click.echo(f"  hint: {refused.hint}", err=True)
    return REFUSED


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _refusal_in(error: BaseException) -> Refused | None:
    """The refusal itself, or the first one in a group of errors that tasks ended with."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for inner in error.exceptions if (found := _refusal_in(inner)) is not None), None)
    return error if isinstance(error, Refused) else None


def _let_go_of_output() -> None:
    """Whoever read the output has gone: nothing more can be said, not even by the interpreter at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
