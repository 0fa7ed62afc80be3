"""`whinchat setup`: asks what is needed, checks it, and writes the settings file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from whinchat.cli.common import Invocation
from whinchat.cli.setup_answers import LANGUAGES, NETWORKS, Answers, Interview
from whinchat.core.errors import Refused

HEAD = (
    "Whinchat's settings, written by `whinchat setup`. What is not here has its default: `whinchat config example` "
    "prints everything that can be set. After a change: `whinchat config check`."
)
A_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
LINKED_NEXT = """\
Next:
  whinchat pair      link the phone, once
  whinchat run       start the service"""
CLOUD_NEXT = """\
Next:
  1. Lead https://YOUR-NAME/whatsapp to this machine's port {port}: docs/howto/whatsapp.md has examples.
  2. whinchat run
  3. At Meta (your app, WhatsApp, Configuration) enter that address and, as verify token, what is in
     {verify_token_file}
     and subscribe to `messages`, `account_update` and `phone_number_quality_update`.
  4. whinchat doctor compares both sides."""
SIMULATOR_NEXT = """\
Next:
  whinchat run       start the service, and open the simulator's page that it prints"""


@click.command(short_help="ask what is needed and write the settings file")
@click.option("--network", type=click.Choice(list(NETWORKS)), help="How the bot is on WhatsApp.")
@click.option("--accept-risk", is_flag=True, help="You have read what linked devices risk, and accept it.")
@click.option("--account", "accounts", multiple=True, metavar="NAME", help="Name of an account. May be repeated.")
@click.option("--owner", "owners", multiple=True, metavar="+NUMBER", help="Who may use every command. May be repeated.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of chats that have not chosen one.")
@click.option("--wallet", type=click.Choice(("none", "flash", "blink", "sandbox")), help="Who keeps people's money.")
@click.option("--phone-number-id", metavar="ID", help="Cloud API: the number's id at Meta.")
@click.option("--business-account-id", metavar="ID", help="Cloud API: id of the WhatsApp Business account.")
@click.option("--token-file", type=A_FILE, help="Cloud API: a file with the access token.")
@click.option("--app-secret-file", type=A_FILE, help="Cloud API: a file with the app's secret.")
@click.option("--verify-token-file", type=A_FILE, help="Cloud API: a file with the webhook's verify token.")
@click.option("--public-port", type=click.IntRange(1, 65535), help="Cloud API: port on which webhooks arrive.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of everything that is kept.")
@click.option("--force", is_flag=True, help="Replace a settings file that is there; it is kept as FILE.old.")
@click.option("--no-input", is_flag=True, help="Ask nothing: what is not given as an option has its default.")
@click.pass_context
def setup(ctx: click.Context, /, force: bool, no_input: bool, **given: Any) -> int:
    """Ask step by step what the bot needs, write whinchat.toml (or the file that --config names before the verb), and
    look everything over as `whinchat doctor` does.

    Nothing is written before everything is answered and right, and no settings file is replaced without asking.
    Secrets go to files of their own in the folder `secrets` beside the settings, for this user alone. Every answer can
    be given as an option; with --no-input nothing is asked.

    \b
    Examples:
      whinchat setup
      whinchat setup --network simulator --no-input
      whinchat setup --network linked --accept-risk --owner +4915100000000 --no-input
      whinchat --config /etc/whinchat.toml setup --network cloud
    """
    invocation = ctx.ensure_object(Invocation)
    file = (invocation.config or Path("whinchat.toml")).absolute()
    if file.exists() and not force:
        if no_input:
            raise Refused(f"{file} is there already", hint="Name another file with --config, or say --force.")
        click.confirm(f"{file} is there already. Replace it in the end? It is kept as {file.name}.old.", abort=True)
    wallet = any(app.name == "wallet" for app in invocation.apps())
    answers = Interview(given, file.parent / "secrets", asking=not no_input, wallet=wallet).hold()
    _write(file, answers, invocation)
    click.echo(f"ok: {file} is written")
    code = _look_over(file, invocation)
    click.echo(_next(answers))
    return code


def _write(file: Path, answers: Answers, invocation: Invocation) -> None:
    """All of it, or nothing. Raises Refused: the settings are not right, or cannot be written."""
    from whinchat import config
    from whinchat.infra.files import sync, write_new

    types = {app.name: app.settings for app in invocation.apps()}
    new = file.with_name(f"{file.name}.new")
    made: list[Path] = []
    try:
        for path, secret in answers.secrets.items():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_new(path, f"{secret}\n".encode())
            made.append(path)
        new.unlink(missing_ok=True)
        write_new(new, config.written(answers.values, types, HEAD).encode())
        made.append(new)
        config.read(new, apps=types)
        _put(new, file)
        made.clear()  # the settings name them now
        sync(file.parent)
    except BaseException as error:
        for path in made:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Refused(
                f"{error.filename or file} cannot be written: {error.strerror}", hint="Choose another folder."
            ) from error
        raise


def _put(new: Path, file: Path) -> None:
    """In the place of what is there, which is kept beside it, or is put back where that fails."""
    old = file.with_name(f"{file.name}.old")
    replaced = file.exists()
    if replaced:
        file.replace(old)
    try:
        new.replace(file)
    except BaseException:
        if replaced:
            old.replace(file)
        raise


def _look_over(file: Path, invocation: Invocation) -> int:
    """What the doctor finds with these settings; the exit code."""
    from whinchat.cli.doctor import examine, grade, report

    invocation.config = file
    findings = examine(invocation.settings, invocation)
    report(findings)
    return 1 if "fail" in map(grade, findings.values()) else 0


def _next(answers: Answers) -> str:
    values: Mapping[str, Any] = answers.values
    match answers.network:
        case "linked":
            return LINKED_NEXT
        case "cloud":
            (number,) = values["transport.cloud.numbers"]
            return CLOUD_NEXT.format(port=values["public.port"], verify_token_file=number["verify_token_file"])
        case _:
            return SIMULATOR_NEXT
