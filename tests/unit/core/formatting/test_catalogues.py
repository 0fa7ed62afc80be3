"""Every catalogue in the tree is complete in every language, and every sentence that the code says is in one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from whinchat.core.formatting.catalogue import PLACEHOLDER, Sentence, load
from whinchat.core.formatting.i18n import CORE, Words

SOURCE = Path(__file__).parents[4] / "src" / "whinchat"
FOLDERS = sorted(folder for folder in SOURCE.rglob("catalogues") if folder != CORE)
LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "id", "pt")


def said() -> Iterator[tuple[str, str, set[str] | None]]:
    """Calls of `say` with a literal key: where, key, names of the values (None when they are passed on)."""
    for path in sorted(SOURCE.rglob("*.py")):
        code = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(code)) if "say(" in code else ():
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "say":
                continue
            key = node.args[0] if node.args else None
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                names = {keyword.arg for keyword in node.keywords if keyword.arg is not None}
                passed_on = len(names) < len(node.keywords)
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", key.value, None if passed_on else names


def placeholders(sentence: Sentence) -> set[str]:
    forms = [sentence] if isinstance(sentence, str) else ["{count}", *sentence.values()]
    return {name for form in forms for name in PLACEHOLDER.findall(form)}


def test_all_languages_are_there_and_complete() -> None:
    words = Words(FOLDERS)
    assert words.languages == LANGUAGES
    assert words.problems() == []


def test_every_sentence_that_is_said_exists_and_gets_its_values() -> None:
    english = load([CORE, *FOLDERS], "en")
    calls = list(said())
    assert len(calls) > 10
    assert [f"{place} {key}" for place, key, _ in calls if key not in english] == []
    assert [
        f"{place} {key} lacks {sorted(placeholders(english[key]) - names)}"
        for place, key, names in calls
        if names is not None and not placeholders(english[key]) <= names
    ] == []
