"""`whinchat scan`: judge links on this machine, with the lists and evidence that ship."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from whinchat.apps.scanner import cli_eval, cli_labels, cli_report, cli_sources
from whinchat.apps.scanner.links.extract import extract
from whinchat.apps.scanner.verdict import Level

EXIT = {Level.BENIGN: 0, Level.UNKNOWN: 1, Level.SUSPICIOUS: 3, Level.MALICIOUS: 4}
"""Exit code by the worst verdict; 2 is wrong usage, as everywhere."""
COLOURS = {Level.MALICIOUS: "red", Level.SUSPICIOUS: "yellow", Level.UNKNOWN: "cyan", Level.BENIGN: "green"}
LONGEST_LEVEL = max(map(len, Level))
TOLD_EVERY = 1_000  # links between two signs of progress

Result = dict[str, Any]

language = click.option("--language", default="en", show_default=True, metavar="CODE", help="Language of sentences.")
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
no_feeds = click.option("--no-feeds", is_flag=True, help="Judge by the link alone, as if no list knew it.")


@click.group()
def scan() -> None:
    """Judge links offline, with the lists and evidence that ship.

    Nothing is opened, and nothing is asked on the network but by `scan sources --check`. Settings, database and key are
    needed only by what is about your own chats and sources.

    \b
    Examples:
      whinchat scan check example.com https://example.org/page
      whinchat scan check --json links.txt > verdicts.jsonl
      whinchat scan message "Your parcel is held, pay at example.com/pay"
      whinchat scan links "see example.com, or write to me@example.com"
      whinchat scan explain https://paypal.com.example.top/login
      whinchat scan eval labelled.tsv --html report.html
    """


@scan.command()
@click.argument("links", nargs=-1, required=True, metavar="URL…|FILE|-")
@as_json
@no_feeds
@language
@click.pass_context
def check(ctx: click.Context, links: tuple[str, ...], as_json: bool, no_feeds: bool, language: str) -> None:
    """Judge links: given as arguments, one a line in files, or on standard input with `-`.

    Every input gives one result; what cannot be read as a link is `unknown` with an error. The JSON objects have
    input, url, verdict, probability, score (raw, to rank links by; only the probability is calibrated), reasons
    (sentences), evidence (name to weight and values), site, host, pretends, sources, wrapper and error.

    \b
    Exit code, by the worst verdict:
      0 benign   1 unknown   3 suspicious   4 malicious   (2 wrong usage)

    \b
    Examples:
      whinchat scan check example.com
      grep -o 'https*://[^ ]*' chat.txt | whinchat scan check --json -
      whinchat scan check --no-feeds --json links.txt > scores.jsonl
    """
    desk = cli_report.desk(ctx.obj, language, feeds=not no_feeds)
    worst = Level.BENIGN

    def results() -> Iterator[Result]:
        nonlocal worst
        for line in _told(_inputs(links)):
            result = cli_report.result(desk, line)
            worst = min(worst, Level(result["verdict"]), key=lambda level: level.rank)
            yield result

    if as_json:
        _print_json(results())
    else:
        _print_rows(results())
    ctx.exit(EXIT[worst])


@scan.command()
@click.argument("text", metavar="TEXT|-")
@click.option("--lines", is_flag=True, help="Each line of standard input is a message of its own.")
@as_json
@no_feeds
@language
@click.pass_context
def message(ctx: click.Context, text: str, lines: bool, as_json: bool, no_feeds: bool, language: str) -> None:
    """Judge a whole message, TEXT or standard input: its links, with what the message says around them.

    With --json one object a message: the worst verdict, the highest probability and the highest score of its links
    (null without any), and links, as `scan check` gives them, worst first. Exit code as of `scan check`; 0 without a
    link.

    \b
    Examples:
      whinchat scan message "Your parcel is held, pay at example.com/pay"
      whinchat scan message --json - < message.txt
      tail -n +2 labelled.tsv | cut -f2 | whinchat scan message --lines --json - > scores.jsonl
    """
    desk = cli_report.desk(ctx.obj, language, feeds=not no_feeds)
    if lines and text != "-":
        raise click.UsageError("--lines needs standard input: give - in place of TEXT.", ctx)
    texts = _told(_lines(sys.stdin.buffer)) if lines else [_standard_input() if text == "-" else _readable(text)]
    worst = Level.BENIGN

    def results() -> Iterator[Result]:
        nonlocal worst
        for each in texts:
            result = cli_report.message_result(desk, each)
            worst = min(worst, Level(result["verdict"] or Level.BENIGN), key=lambda level: level.rank)
            yield result

    if as_json:
        _print_json(results())
    else:
        _print_rows(link for result in results() for link in result["links"])
    ctx.exit(EXIT[worst])


@scan.command("links")
@click.argument("text", metavar="TEXT|-")
@as_json
def links_(text: str, as_json: bool) -> None:
    """List the links in a text, or in standard input with `-`: kind, place, site and canonical URL.

    \b
    Example:
      whinchat scan links "pay at hxxps://example[.]com/pay or example.org."
    """
    content = _standard_input() if text == "-" else _readable(text)
    found = [cli_report.link_result(link) for link in extract(content)]
    if as_json:
        _print_json(found)
        return
    for each in found:
        click.echo(f"{each['start']}-{each['end']}\t{each['kind']}\t{each['site']}\t{each['url']}")


@scan.command()
@click.argument("url")
@language
@click.pass_context
def explain(ctx: click.Context, url: str, language: str) -> None:
    """Explain a verdict: every piece of evidence with its weight, thresholds, lists, and what was not asked.

    \b
    Example:
      whinchat scan explain https://paypal.com.example.top/login
    """
    desk = cli_report.desk(ctx.obj, language)
    link = cli_report.link_in(_readable(url))
    if link is None:
        raise click.BadParameter("cannot be read as a link, such as https://example.org/page", ctx, param_hint="URL")
    for line in cli_report.full(desk, link):
        click.echo(line)


scan.add_command(cli_eval.evaluate_)
scan.add_command(cli_labels.export_labels)
scan.add_command(cli_sources.sources)


def _inputs(arguments: Iterable[str]) -> Iterator[str]:
    for argument in arguments:
        if argument == "-":
            yield from _lines(sys.stdin.buffer)
        elif Path(argument).is_file():
            with Path(argument).open("rb") as file:
                yield from _lines(file)
        else:
            yield _readable(argument)


def _lines(file: Iterable[bytes]) -> Iterator[str]:
    for line in file:
        yield line.decode("utf-8", "replace").strip("\r\n")


def _standard_input() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def _readable(text: str) -> str:
    """An argument without the halves of characters that undecodable bytes become."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _told(inputs: Iterable[str]) -> Iterator[str]:
    """The inputs, counted on stderr for people who wait at a terminal."""
    shown = sys.stderr.isatty() and not sys.stdout.isatty()
    done = 0
    for done, line in enumerate(inputs, 1):
        yield line
        if shown and done % TOLD_EVERY == 0:
            click.echo(f"\r{done:,} links", err=True, nl=False)
    if shown and done >= TOLD_EVERY:
        click.echo(f"\r{done:,} links", err=True)


def _print_json(results: Iterable[Result]) -> None:
    for result in results:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


def _print_rows(results: Iterable[Result]) -> None:
    """For people at a terminal, or divided by tabs for everybody else."""
    if sys.stdout.isatty():
        _draw(results, shutil.get_terminal_size().columns)
        return
    for result in results:
        click.echo("\t".join(cli_report.row(result)))


def _draw(results: Iterable[Result], width: int) -> None:
    """Columns for people, as the results come; the reason is cut off at the terminal's edge."""
    for result in results:
        verdict, chance, link, why = cli_report.row(result)
        left = f"{chance:>6}  {link:<{cli_report.SHOWN}}  "
        room = max(0, width - len(left) - LONGEST_LEVEL - 1)
        click.echo(
            f"{click.style(f'{verdict:<{LONGEST_LEVEL}}', fg=COLOURS[Level(verdict)], bold=True)}{left}{why[:room]}"
        )
