"""What is said about policies, strikes and notices."""

from __future__ import annotations

from collections.abc import Sequence

from whinchat.apps.scanner.commands import APP
from whinchat.apps.scanner.notices import called
from whinchat.apps.scanner.policy import KEYS, Key, Policy
from whinchat.apps.scanner.values import Unfit
from whinchat.core.dispatch.context import Call
from whinchat.core.formatting.graphemes import clip
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, code
from whinchat.core.types import Reply, SendText, UserRef

LONGEST_QUOTE = 40  # code points of what somebody typed, when it is said back


class PolicyReplies:
    def __init__(self, words: Words, prefix: str) -> None:
        self._words = words
        # As one value each, so that a command stays in one piece where its sentence runs from right to left.
        names = ("policy", "pardon", "notices", "quiet")
        self._commands = {name: Markup(f"{prefix}{APP} {name}") for name in names}

    # --- policy ---

    def overview(self, call: Call, policy: Policy) -> Reply:
        lines = [self._say(call, "title")]
        for key in KEYS:
            line = "line" if key.is_default(policy) else "line_changed"
            lines.append(self._say(call, line, name=Markup(key.name), value=code(Markup(key.shown(policy)))))
        return call.answer("\n".join([*lines, self._say(call, "how")]))

    def about(self, call: Call, key: Key, policy: Policy) -> Reply:
        lines = [
            self._words.say(key.sentence, call.language),
            self._say(call, "now", value=code(Markup(key.shown(policy)))),
            self._say(call, "possible", name=Markup(key.name), expects=code(Markup(key.kind.expects))),
        ]
        return call.answer("\n".join(lines))

    def changed(self, call: Call, key: Key, policy: Policy, *, powerless: bool) -> Reply:
        """`powerless`: it needs rights in the group that the bot does not have."""
        lines = [self._say(call, "set", name=Markup(key.name), value=code(Markup(key.shown(policy))))]
        if powerless:
            lines.append(self._say(call, "powerless"))
        return call.answer("\n".join(lines))

    def unknown_key(self, call: Call, given: str, near: str | None) -> Reply:
        lines = [self._say(call, "unknown_key", given=clip(given, LONGEST_QUOTE))]
        return call.answer("\n".join([*lines, *self._did_you_mean(call, near), self._say(call, "list")]))

    def unfit(self, call: Call, key: Key, unfit: Unfit) -> Reply:
        values = {
            name: clip(value, LONGEST_QUOTE) if name == "given" and isinstance(value, str) else value
            for name, value in unfit.values.items()
        }
        lines = [self._say(call, f"unfit.{unfit.problem.value}", name=Markup(key.name), **values)]
        return call.answer("\n".join([*lines, *self._did_you_mean(call, unfit.near)]))

    def quiet(self, call: Call, policy: Policy) -> Reply:
        if policy.quiet is None:
            return call.answer(self._say(call, "not_quiet"))
        hours = [Markup(f"{hour:02}:00") for hour in (policy.quiet.start, policy.quiet.end)]
        return call.answer(self._say(call, "quiet", start=hours[0], end=hours[1], timezone=Markup(policy.timezone)))

    # --- strikes ---

    def strikes(self, call: Call, policy: Policy, counted: Sequence[tuple[UserRef, int]], gone: int) -> Reply:
        """`gone`: strikes of people who are in the group no more."""
        if not (counted or gone):
            return call.answer(self._say(call, "strikes_none" if policy.strikes else "strikes_off"))
        lines = [self._say(call, "strikes_title", count=policy.strike_days)]
        lines += [self._say(call, "strikes_line", who=called(user), count=count) for user, count in counted]
        if gone:
            lines.append(self._say(call, "strikes_gone", count=gone))
        return self._naming(call, "\n".join(lines), [user for user, _ in counted])

    def strikes_of(self, call: Call, policy: Policy, member: UserRef, count: int) -> Reply:
        key = "strikes_of" if policy.strikes else "strikes_off"
        text = self._say(call, key, who=called(member), number=count, most=policy.strikes)
        return self._naming(call, text, [member])

    def pardoned(self, call: Call, member: UserRef, count: int) -> Reply:
        text = self._say(call, "pardoned" if count else "nothing_to_pardon", who=called(member))
        return self._naming(call, text, [member])

    def who(self, call: Call) -> Reply:
        return call.answer(self._say(call, "who"))

    # --- notices ---

    def notices(self, call: Call, key: str) -> Reply:
        """`key`: on, off, are_on, are_off."""
        return call.answer(self._say(call, f"notices_{key}"))

    # ---

    def _did_you_mean(self, call: Call, near: str | None) -> list[str]:
        if near is None:
            return []
        return [self._words.say("core.usage.did_you_mean", call.language, suggestion=code(Markup(near)))]

    def _naming(self, call: Call, text: str, people: Sequence[UserRef]) -> Reply:
        return call.reply(SendText(text, quote=call.message.ref, mentions=tuple(user.id for user in people)))

    def _say(self, call: Call, key: str, **values: str | int) -> Markup:
        return self._words.say(f"scanner.policy.{key}", call.language, **self._commands, **values)
