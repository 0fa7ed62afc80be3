"""`whinchat config`: what can be set, what is set, and whether it is right."""

from __future__ import annotations

import click

from whinchat.cli import common


@click.group()
def config() -> None:
    """Show, check and explain the settings.

    They come from whinchat.toml (or --config FILE) and from the environment, which wins: the variable of storage.data
    is WHINCHAT_STORAGE__DATA.

    \b
    Examples:
      whinchat config example > whinchat.toml
      whinchat config check
      whinchat config show --defaults
    """


@config.command()
@click.option("--defaults", is_flag=True, help="Show every setting's default and what it may be instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: setting to value and origin.")
@click.pass_context
def show(ctx: click.Context, defaults: bool, as_json: bool) -> None:
    """Show the settings in use and where each comes from. Secrets are shown as ***.

    \b
    Examples:
      whinchat config show
      whinchat config show --defaults    what can be set
    """
    from whinchat.config import effective, settings_of

    apps = common.app_types(ctx)
    if defaults:
        every = [each for setting in settings_of(apps).values() for each in (setting, *setting.columns)]
        rows = [(each.key, each.default_text or "not set", each.allowed) for each in every]
        headings = ("setting", "default", "allowed")
    else:
        shown = effective(common.read(ctx), apps)
        rows = [(each.setting.key, each.value or "not set", each.origin.value) for each in shown]
        headings = ("setting", "value", "from")
    if as_json:
        common.echo_json({key: {headings[1]: value, headings[2]: last} for key, value, last in rows})
    else:
        common.echo_table(headings, rows)


@config.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Check the settings, without starting anything. Every mistake is listed.

    \b
    Example:
      whinchat --config /etc/whinchat.toml config check
    """
    loaded = common.read(ctx)
    source = "the defaults and the environment" if loaded.file is None else str(loaded.file)
    click.echo(f"ok: the settings from {source} are right")


@config.command()
@click.pass_context
def example(ctx: click.Context) -> None:
    """Print a settings file to begin with.

    \b
    Example:
      whinchat config example > whinchat.toml
    """
    from whinchat.config import example as text

    click.echo(text(common.app_types(ctx)), nl=False)


@config.command()
@click.pass_context
def reference(ctx: click.Context) -> None:
    """Print the reference page of all settings, as Markdown.

    \b
    Example:
      whinchat config reference > settings.md
    """
    from whinchat.config import reference as text

    click.echo(text(common.app_types(ctx)), nl=False)
