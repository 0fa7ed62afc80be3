"""The application `basics`, as the service registers it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from whinchat.apps.basics.commands import COMMANDS, Help, Language, Ping
from whinchat.core.app import App, AppContext, AppSpec
from whinchat.core.dispatch.help import Guide


class BasicsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """There is nothing to set."""


def build(given: AppContext, _settings: BasicsSettings) -> App:
    guide = Guide(given.commands, given.words, given.prefix)
    return App(
        "basics",
        commands=(
            Help(guide, given.roster),
            Ping(given.words),
            Language(given.words, given.chats, given.roster, given.prefix),
        ),
    )


APP = AppSpec(
    name="basics",
    settings=BasicsSettings,
    build=build,
    catalogues=Path(__file__).with_name("catalogues"),
    commands=COMMANDS,
)
