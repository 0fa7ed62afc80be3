"""`whinchat scan export-labels`: what people said of links, for measuring and for training."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import click

from whinchat.apps.scanner.labels import Labelled, Source, Truth, labelled
from whinchat.core.errors import Refused
from whinchat.core.ports import Database, Sealer

COLUMNS = (
    "label",
    "url",
    "source",
    "chat",
    "date",
    "said",
    "decided_by",
    "score",
    "evidence",
    "weights",
    "lists",
)
WARNING = "These are links that people posted, dangerous ones among them: keep them to yourself, and open none."

Put = Callable[[str], object]


class Given(Protocol):
    """What `ctx.obj` must have for this verb."""

    def open_data(self) -> AbstractAsyncContextManager[tuple[Database, Sealer]]:
        """The service's database and what opens its sealed values. Raises Refused."""
        ...


@click.command("export-labels")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was said on this day (UTC) or later.")
@click.option("--format", "form", type=click.Choice(["tsv", "jsonl"]), default="tsv", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A new file, for you alone (0600).")
@click.option("--reports", is_flag=True, help="Members' reports too, which no admin has confirmed.")
@click.pass_obj
def export_labels(given: Given, since: datetime | None, form: str, output: Path | None, reports: bool) -> None:
    """Write down every link that an admin called safe or dangerous, once for each chat.

    They come from `report`, `allow` and `deny` in the chats. Chats have pseudonyms that mean nothing without this
    installation's key; people are not named at all. The columns fit `whinchat scan eval`: label (1 dangerous, 0
    safe), url, source (admin, rule, report), chat, date; then what the scanner said, what decided it, the link's raw
    score, the evidence, and the versions of weights and lists.

    \b
    Examples:
      whinchat scan export-labels --output labels.tsv
      whinchat scan export-labels --since 2026-01-01 --format jsonl | wc -l
    """
    start = 0 if since is None else round(since.replace(tzinfo=UTC).timestamp() * 1000)
    sources = tuple(Source) if reports else (Source.RULE, Source.ADMIN)
    with _written(output) as put:
        count = asyncio.run(_export(given, start, sources, form, put))
    click.echo(f"{count:,} labels. {WARNING}", err=True)


async def _export(given: Given, since: int, sources: tuple[Source, ...], form: str, put: Put) -> int:
    count = 0
    async with given.open_data() as (database, sealer):
        if form == "tsv":
            put("\t".join(COLUMNS) + "\n")
        async for each in labelled(database, sealer, since=since, sources=sources):
            values = _values(each)
            put(json.dumps(values) + "\n" if form == "jsonl" else "\t".join(map(str, values.values())) + "\n")
            count += 1
    return count


def _values(each: Labelled) -> dict[str, str | int | float]:
    example = each.example
    values: tuple[str | int | float, ...] = (
        int(each.truth is Truth.DANGEROUS),
        example.url,
        each.source.value,
        each.chat,
        datetime.fromtimestamp(each.at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        each.level.value,
        each.decided_by.value,
        round(example.score, 4),
        ",".join(example.evidence),
        example.judge_version,
        example.lists_version,
    )
    return dict(zip(COLUMNS, values, strict=True))


@contextlib.contextmanager
def _written(output: Path | None) -> Iterator[Put]:
    """Where the rows go: standard output, or a new file, which is taken away again when it is not finished."""
    if output is None:
        yield sys.stdout.write
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Refused(f"{output} cannot be written: {error.strerror}", hint="Choose another name or folder.") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file.write
    except BaseException:
        output.unlink(missing_ok=True)
        raise
