"""`whinchat scan eval`: measure the verdicts on links and messages whose nature is known."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from whinchat.apps.scanner import cli_report
from whinchat.apps.scanner.cli_labels import Given
from whinchat.apps.scanner.evaluation.bootstrap import DEFAULT_TIMES, Bootstrap
from whinchat.apps.scanner.evaluation.calibration import PRIORS
from whinchat.apps.scanner.evaluation.evaluate import Options, evaluate, sites_in
from whinchat.apps.scanner.evaluation.judging import FeedUse
from whinchat.apps.scanner.evaluation.mine import NAME, own_rates, own_rows
from whinchat.apps.scanner.evaluation.page import page
from whinchat.apps.scanner.evaluation.report import Mine
from whinchat.apps.scanner.evaluation.rows import Row, read
from whinchat.apps.scanner.evaluation.summary import summarise
from whinchat.apps.scanner.evaluation.text import lines
from whinchat.apps.scanner.scoring import Part
from whinchat.core.errors import Refused

TOLD_EVERY = 1_000  # rows between two signs of progress
STANDARD_INPUT = "standard input"

file_type = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)


@click.command("eval")
@click.argument("files", nargs=-1, type=file_type, metavar="FILE…|-")
@click.option("--mine", is_flag=True, help="Instead of files: what the admins of your own chats labelled.")
@click.option("--unseen", type=file_type, metavar="FILE", help="Leave out every site of FILE: the training links.")
@click.option(
    "--feeds",
    type=click.Choice([use.value for use in FeedUse]),
    default=FeedUse.NONE.value,
    show_default=True,
    help="`replay`: a feed counts for links younger than it. `all`: whatever the date.",
)
@click.option("--no-feeds", "feeds", flag_value=FeedUse.NONE.value, help="The same as `--feeds none`.")
@click.option(
    "--without",
    type=click.Choice([part.value for part in Part]),
    multiple=True,
    help="Leave a part of the scanner out of all verdicts.",
)
@click.option("--ablations", is_flag=True, help="Judge everything again without each part in turn.")
@click.option("--chat", default="chat", metavar="COLUMN", help="Column that names the chat.  [default: chat]")
@click.option("--group-by", metavar="COLUMN", help="A table by any column of the files, such as language.")
@click.option("--per-site", type=click.IntRange(min=1), metavar="N", help="At most N rows of a site and label.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Only N rows, chosen at random.")
@click.option(
    "--prior",
    "priors",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    multiple=True,
    metavar="SHARE",
    help="Share of dangerous links to show calibration for.  [default: 0.001, 0.02, 0.1]",
)
@click.option(
    "--bootstrap",
    type=click.IntRange(min=0),
    default=DEFAULT_TIMES,
    show_default=True,
    metavar="N",
    help="Resamples for intervals.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of resamples and of --sample.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document with all numbers.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write a page to read.",
)
@click.pass_context
def evaluate_(
    ctx: click.Context,
    files: tuple[str, ...],
    mine: bool,
    unseen: str | None,
    feeds: str,
    without: tuple[str, ...],
    ablations: bool,
    chat: str,
    group_by: str | None,
    per_site: int | None,
    sample: int | None,
    priors: tuple[float, ...],
    bootstrap: int,
    seed: int,
    as_json: bool,
    html: Path | None,
) -> None:
    """Measure how good the verdicts are, on your own links or messages.

    FILE is a table with a header, columns divided by tabs, without quotes, plain or gzip: a column `label`
    (1, phishing, smishing or dangerous; 0, benign, ham or safe; spam is counted apart) and one of `url`, `norm_url`
    (no scheme) or `text` (a message). If there are columns `source`, `chat`, `date` and `sender`, they are used.

    Nothing is opened and nothing leaves this machine. No row is dropped: what gets no score counts as missed, or as
    warned of wrongly. Intervals are 95 %, by resampling sites.

    \b
    Examples:
      whinchat scan eval labelled.tsv
      whinchat scan eval validation.tsv.gz --unseen train.tsv.gz --html report.html
      whinchat scan eval chats.tsv --ablations --chat room
      whinchat scan eval --mine
      cut -f1,2 mine.tsv | whinchat scan eval --json - > numbers.json
    """
    if bool(files) is mine:
        raise click.UsageError("Give FILE or --mine, one of the two.", ctx)
    if [*files, unseen].count("-") > 1:
        raise click.BadParameter("standard input can be read once", ctx, param_hint="FILE")
    if html is not None and not html.parent.is_dir():
        raise click.BadParameter(f"there is no folder {html.parent}", ctx, param_hint="--html")
    desk = cli_report.desk(ctx.obj, "en")
    options = Options(
        feeds=FeedUse(feeds),
        without=frozenset(map(Part, without)),
        ablations=ablations,
        per_site=per_site,
        sample=sample,
        unseen="" if unseen is None else _name(unseen),
        mine=mine,
        group_by=group_by or "",
        bootstrap=Bootstrap(bootstrap, seed),
        priors=priors or PRIORS,
    )
    seen = frozenset[str]() if unseen is None else _sites(unseen)
    own, rates = asyncio.run(_own(ctx.obj)) if mine else ([], ())
    with _progress("rows") as told:
        rows = iter(own) if mine else _rows(files, chat, group_by)
        evaluated = evaluate(rows, desk.judge, desk.lists, options, desk.now, seen=seen, judged=told)
    names = [NAME] if mine else [_name(file) for file in files]
    report = summarise(evaluated, options, desk.lists, desk.explainer, files=names, now=desk.now, mine=rates)
    if html is not None:
        _write(html, page(report))
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        for line in lines(report):
            click.echo(line)


async def _own(given: Given) -> tuple[list[Row], tuple[Mine, ...]]:
    async with given.open_data() as (database, sealer):
        return await own_rows(database, sealer), await own_rates(database, sealer)


def _sites(file: str) -> frozenset[str]:
    with _progress("rows whose sites are left out") as told:
        return sites_in(_counted(_rows([file]), told))


def _name(file: str) -> str:
    return STANDARD_INPUT if file == "-" else Path(file).name


def _rows(files: Sequence[str], chat: str = "chat", group_by: str | None = None) -> Iterator[Row]:
    for file in files:
        with _opened(file) as stream:
            yield from read(stream, _name(file), chat=chat, group_by=group_by)


def _opened(file: str) -> contextlib.AbstractContextManager[BinaryIO]:
    return contextlib.nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{path.name} cannot be written: {error.strerror}", hint="Choose another place.") from error
    click.echo(f"The report is in {path}", err=True)


def _counted(rows: Iterator[Row], told: Callable[[int], None]) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        yield row
        told(number)


@contextlib.contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    """Gives a function that is told how many are done, and shows it on stderr to people who wait at a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    started = time.monotonic()

    def told(done: int) -> None:
        if done % TOLD_EVERY == 0:
            pace = done / max(time.monotonic() - started, 0.001)
            click.echo(f"\r{done:,} {what}, {pace:,.0f} a second", err=True, nl=False)

    try:
        yield told
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)
