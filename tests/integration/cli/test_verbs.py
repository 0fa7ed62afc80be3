from __future__ import annotations

import click

from whinchat.bootstrap import APPS
from whinchat.cli.main import VERBS, build


def test_every_verb_of_an_application_is_in_the_list() -> None:
    targets = {verb.name: verb.target for verb in VERBS}
    assert [(app.name, name) for app in APPS for name, target in app.verbs.items() if targets.get(name) != target] == []


def test_every_verb_can_be_imported() -> None:
    group = build(VERBS)
    for verb in VERBS:
        assert group.get_command(click.Context(group), verb.name) is not None, verb.name
