"""A chat's settings as a form: language, privacy, silence and every key of its policy, each read as its command reads
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from whinchat.apps.scanner.pages.rulebook import HOUR
from whinchat.apps.scanner.policies import Policies
from whinchat.apps.scanner.policy import KEYS, Key, Policy
from whinchat.apps.scanner.privacy import PrivacyLevels
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.sources.about import Privacy
from whinchat.apps.scanner.values import NOTHING, Number, Percent, SomeOf, Unfit
from whinchat.core.dispatch.chats import Chats
from whinchat.core.formatting.i18n import Words
from whinchat.core.pages import PageRequest
from whinchat.core.ports import Batch, Statement

MUTES = {"1h": HOUR, "8h": 8 * HOUR, "1d": 24 * HOUR, "1w": 7 * 24 * HOUR}


@dataclass(frozen=True, slots=True)
class Field:
    """`form`: `choices`, `select`, `number` or `text`. `value`: as written. `fault`: a sentence."""

    name: str
    form: str
    label: str
    options: tuple[str, ...]
    value: str
    chosen: frozenset[str]
    expects: str
    usual: bool
    fault: str


class ChatSettings:
    def __init__(
        self, repository: Repository, chats: Chats, privacy: PrivacyLevels, policies: Policies, words: Words
    ) -> None:
        self._repository = repository
        self._chats = chats
        self._privacy = privacy
        self._policies = policies
        self._words = words

    async def shown(self, chat: bytes, request: PageRequest, faults: Mapping[str, str]) -> dict[str, object]:
        """What the template needs; after a fault, the values as they were typed."""
        policy = await self._policies.of(chat)
        typed = request.form if faults else {}
        return {
            "language_chosen": typed.get("language") or await self._chats.language(chat),
            "languages": self._words.languages,
            "privacy": typed.get("privacy") or (await self._privacy.of(chat)).value,
            "privacies": [level.value for level in Privacy],
            "mutes": list(MUTES),
            "fields": [self._field(key, policy, typed, faults, request.language) for key in KEYS],
            "faults": faults,
        }

    def _field(
        self, key: Key, policy: Policy, typed: Mapping[str, str], faults: Mapping[str, str], language: str
    ) -> Field:
        value = _typed(key, typed) if typed else key.shown(policy)
        return Field(
            name=key.name,
            form=_form(key),
            label=str(self._words.say(key.sentence, language)),
            options=key.kind.options,
            value=value,
            chosen=frozenset(value.split(",")),
            expects=key.kind.expects,
            usual=key.is_default(policy),
            fault=faults.get(key.name, ""),
        )

    async def read(self, chat: bytes, request: PageRequest) -> tuple[Batch, list[str], dict[str, str]]:
        """The changes, what changed in words for the audit, and faults by field: with a fault nothing is to be done."""
        seen = await self._policies.stored(chat)
        policy, faults = seen.policy, dict[str, str]()
        for key in KEYS:
            try:
                policy = key.set(policy, _typed(key, request.form))
            except Unfit as unfit:
                sentence = f"scanner.policy.unfit.{unfit.problem.value}"
                faults[key.name] = str(self._words.say(sentence, request.language, name=key.name, **unfit.values))
        told = [f"{key.name}={key.shown(policy)}" for key in KEYS if key.shown(policy) != key.shown(seen.policy)]
        changes = [self._policies.keep(chat, policy, seen)] if told else []
        for change, what in [*await self._language(chat, request), *await self._level(chat, request)]:
            changes.append(change)
            told.append(what)
        if request.form.get("mute") in {*MUTES, "off"}:
            wanted = request.form["mute"]
            changes.append(self._repository.mute(chat, request.now + MUTES[wanted] if wanted != "off" else 0))
            told.append(f"mute={wanted}")
        return Batch(tuple(changes)), told, faults

    async def _language(self, chat: bytes, request: PageRequest) -> list[tuple[Statement, str]]:
        wanted = request.form.get("language", "")
        if wanted not in self._words.languages or wanted == await self._chats.language(chat):
            return []
        return [(self._chats.speak(chat, wanted), f"language={wanted}")]

    async def _level(self, chat: bytes, request: PageRequest) -> list[tuple[Statement, str]]:
        wanted = request.form.get("privacy", "")
        if wanted not in set(Privacy) or wanted == await self._privacy.of(chat):
            return []
        return [(self._privacy.choose(chat, Privacy(wanted)), f"privacy={wanted}")]


def _form(key: Key) -> str:
    kind = key.kind
    if isinstance(kind, SomeOf):
        return "text" if kind.ordered else "choices"
    if kind.options:
        return "select"
    return "number" if isinstance(kind, Number | Percent) else "text"


def _typed(key: Key, form: Mapping[str, str]) -> str:
    """As the command would be given it. Boxes are fields of their own: `malicious.warn`."""
    if _form(key) != "choices":
        return form.get(key.name, "")
    ticked = [option for option in key.kind.options if f"{key.name}.{option}" in form]
    return ",".join(ticked) or NOTHING
