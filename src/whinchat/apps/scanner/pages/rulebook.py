"""Rules as forms: what was typed, what is wrong with it, and the change that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from whinchat.apps.scanner.commands import LONGEST_REASON
from whinchat.apps.scanner.handlers import MOST_RULES
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.rules import EVERYWHERE, Effect, Pattern, parse_pattern, too_wide
from whinchat.core.dispatch.handler import Outcome
from whinchat.core.formatting.defang import defang
from whinchat.core.pages import Done, Notice, PageRequest, Redirect
from whinchat.core.ports import Batch

HOUR = 3_600_000  # milliseconds
SPANS = {"": None, "1d": 24 * HOUR, "1w": 7 * 24 * HOUR, "30d": 30 * 24 * HOUR, "365d": 365 * 24 * HOUR}
"""How long a rule can be made to hold; the first one is for ever."""


@dataclass(frozen=True, slots=True)
class RuleForm:
    """`fault`: the end of the sentence's key, `scanner.pages.rules.fault_<fault>`; `example` belongs to it."""

    rule: str = ""
    effect: str = Effect.DENY.value
    span: str = ""
    reason: str = ""
    fault: str = ""
    example: str = ""

    @classmethod
    def read(cls, form: Mapping[str, str]) -> RuleForm:
        return cls(
            rule=form.get("rule", "").strip().replace("[.]", ".").replace("hxxp", "http"),
            effect=form.get("effect", ""),
            span=form.get("span", ""),
            reason=" ".join(form.get("reason", "").split())[:LONGEST_REASON],
        )


class Rulebook:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def add(self, form: RuleForm, chat: bytes, request: PageRequest, *, then: str) -> Done | RuleForm:
        """What makes the rule, or the form with its fault."""
        pattern = parse_pattern(form.rule)
        if pattern is None:
            return replace(form, fault="unreadable")
        if form.effect not in set(Effect) or form.span not in SPANS:
            return replace(form, fault="incomplete")
        effect, span = Effect(form.effect), SPANS[form.span]
        example = too_wide(pattern)
        if example is not None and effect is Effect.ALLOW:
            return replace(form, fault="too_wide", example=defang(example))
        rules = await self._repository.rules(chat)
        known = next((rule.number for rule in rules if rule.pattern == pattern), None)
        if known is None and len(rules) >= MOST_RULES:
            return replace(form, fault="too_many")
        change = self._repository.add_rule(
            chat,
            known or await self._repository.free_number(chat),
            effect,
            pattern,
            reason=form.reason,
            author=request.actor,
            expires_at=None if span is None else request.now + span,
        )
        notice = Notice(f"scanner.pages.rules.added_{effect.value}", {"rule": str(pattern)})
        return Done(
            "scanner.rule.add",
            f"{effect.value} {pattern}" + (f" for {form.span}" if form.span else ""),
            Redirect(then, notice),
            Outcome(changes=Batch((change,))),
            chat or None,
        )

    async def remove(self, number: int, chat: bytes, *, then: str) -> Done | None:
        """None: there is no such rule, or no longer."""
        rule = next((each for each in await self._repository.rules(chat) if each.number == number), None)
        if rule is None:
            return None
        return Done(
            "scanner.rule.remove",
            f"{rule.effect.value} {rule.pattern}",
            Redirect(then, Notice("scanner.pages.rules.removed", {"rule": str(rule.pattern)})),
            Outcome(changes=Batch((self._repository.remove_rule(chat, number),))),
            chat or None,
        )


def shown(pattern: Pattern) -> str:
    """So that nobody can open it."""
    return defang(str(pattern))


def scope_of(chat: bytes) -> str:
    """In an address: empty for everywhere."""
    return "" if chat == EVERYWHERE else chat.hex()
