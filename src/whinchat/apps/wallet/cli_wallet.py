"""`whinchat wallet`: what the wallet understands, without a wallet, and what its operator decides."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from whinchat.apps.wallet.cli_operator import hold, rule, unresolved
from whinchat.apps.wallet.grammar import canonical
from whinchat.apps.wallet.interpreter import in_group, understand
from whinchat.core.dispatch.arguments import UsageProblem, Word
from whinchat.core.dispatch.command import Arguments, Command
from whinchat.core.dispatch.router import Route
from whinchat.core.formatting.i18n import Words
from whinchat.core.types import ChatKind

CATALOGUES = Path(__file__).with_name("catalogues")
REFUSED = ("wallet.refuse.", "core.access.")
"""Beginnings of the keys of sentences that refuse; the others ask."""
ONLY_DIRECT = "core.access.only_direct"

Result = dict[str, Any]


@click.group()
def wallet() -> None:
    """Look into the wallet's understanding of language; decide what only an operator can.

    \b
    Examples:
      whinchat wallet parse "can you send 10 to bob for lunch?"
      whinchat wallet unresolved
      whinchat wallet hold on
    """


for _verb in (unresolved, rule, hold):
    wallet.add_command(_verb)


@wallet.command()
@click.argument("text", metavar="TEXT|-")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--group", is_flag=True, help="As if said to the bot in a group, where money is no matter.")
@click.option("--language", default="en", show_default=True, metavar="CODE", help="Language of sentences.")
def parse(text: str, as_json: bool, group: bool, language: str) -> None:
    """Show what a text becomes: a command, a question, a refusal or nothing. Nothing is done.

    TEXT is what somebody says to the bot in a direct chat; with `-` every line of standard input is one, and every
    answer is a line of JSON. The objects have input, becomes (command, question, refusal, nothing), command, canonical
    (how the command is written without doubt), arguments, problem (key of the sentence), sentence and meant.

    \b
    Examples:
      whinchat wallet parse "send .5 to alice"
      whinchat wallet parse "send 1.000 to alice"
      whinchat wallet parse --group "tip @bob 5"
      whinchat wallet parse --json "bob owes me 10 for lunch"
      cut -f1 corpus.tsv | whinchat wallet parse - | grep '"question"'
    """
    words = Words((CATALOGUES,))
    if words.match(language) is None:
        raise click.BadParameter(f"there are {', '.join(words.languages)}", param_hint="--language")
    if text == "-":
        for line in _lines(sys.stdin.buffer):
            click.echo(_json(_result(line, words, language, group=group)))
        return
    # Bytes that are no text stand in arguments as halves of characters.
    result = _result(text.encode("utf-8", "replace").decode("utf-8"), words, language, group=group)
    click.echo(_json(result) if as_json else "\n".join(_told(result)))


def _result(text: str, words: Words, language: str, *, group: bool) -> Result:
    route = understand(text)
    if group:
        route = in_group(route)
    if route is None:
        return {"input": text, "becomes": "nothing"}
    result: Result = {"input": text, "becomes": "command"}
    if route.command is not None:
        result["command"] = route.command.name
    problem = _problem(route, group=group)
    if problem is not None:
        result["becomes"] = "refusal" if problem.problem.startswith(REFUSED) else "question"
        result |= {"problem": problem.problem, "sentence": words.say(problem.problem, language, **problem.values)}
        return result if problem.nearest is None else {**result, "meant": problem.nearest}
    if route.command is not None and isinstance(route.parsed, Arguments):
        result["canonical"] = canonical(route.command, route.parsed)
        result["arguments"] = _values(route.command, route.parsed)
    return result


def _problem(route: Route, *, group: bool) -> UsageProblem | None:
    if group and route.command is not None and not route.command.where.includes(ChatKind.GROUP):
        return UsageProblem(None, ONLY_DIRECT)
    return route.parsed if isinstance(route.parsed, UsageProblem) else None


def _values(command: Command, arguments: Arguments) -> Result:
    values = {arg.name: arguments[arg] for arg in command.args if not isinstance(arg, Word)}
    return {name: msgspec.to_builtins(value) for name, value in values.items() if value is not None}


def _told(result: Result) -> Iterator[str]:
    """For people: what it becomes, and why."""
    if "canonical" in result:
        yield result["canonical"]
        for name, value in result["arguments"].items():
            yield f"  {name}: {_json(value) if isinstance(value, dict) else value}"
        return
    about = f" ({result['command']})" if "command" in result else ""
    yield f"{result['becomes']}{about}" + (f": {result['sentence']}" if "sentence" in result else "")
    if "meant" in result:
        yield f"  meant: {result['meant']}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(file: Iterable[bytes]) -> Iterator[str]:
    for line in file:
        yield line.decode("utf-8", "replace").strip("\r\n")
