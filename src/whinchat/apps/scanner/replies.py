"""Everything the scanner says in a chat, as replies. A host is always written so that nobody can tap it."""

from __future__ import annotations

from collections.abc import Sequence

from whinchat.apps.scanner.commands import COMMANDS
from whinchat.apps.scanner.explain import Explainer, shown_host
from whinchat.apps.scanner.labels import Truth
from whinchat.apps.scanner.learning import NOTICEABLE
from whinchat.apps.scanner.repository import ChatState
from whinchat.apps.scanner.rules import Effect, Pattern, Rule
from whinchat.apps.scanner.verdict import Level, Verdict
from whinchat.core.dispatch.context import Call, Context
from whinchat.core.formatting.defang import defang
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup
from whinchat.core.types import MessageReceived, MessageRef, OnUnknown, React, Reply, SendText, Urgency

EMOJI = {Level.MALICIOUS: "⛔", Level.SUSPICIOUS: "⚠️", Level.UNKNOWN: "❔", Level.BENIGN: "✅"}
SHOWN = 3  # links told apart in one warning; the others are counted


class Replies:
    """Sentences come from the catalogues; what is put into them is escaped. They name commands as `{consent}`."""

    def __init__(self, words: Words, explainer: Explainer, prefix: str) -> None:
        self._words = words
        self._explainer = explainer
        # As one value each, so that a command stays in one piece where its sentence runs from right to left.
        self._commands = {command.name: Markup(f"{prefix}{command.path}") for command in COMMANDS}

    # --- warnings ------------------------------------------------------------------------------------------------

    def warning(self, context: Context, message: MessageRef, verdicts: Sequence[Verdict]) -> tuple[Reply, ...]:
        """A reply that quotes the message, and a reaction: worst link first."""
        blocks = [self._block(verdict, context.language) for verdict in verdicts[:SHOWN]]
        if len(verdicts) > 1:
            blocks.insert(0, self._say(context, "warning.several"))
        if len(verdicts) > SHOWN:
            blocks.append(self._say(context, "warning.more", count=len(verdicts) - SHOWN))
        blocks.append(self._say(context, f"advice.{verdicts[0].level.value}"))
        return self._danger(context, message, verdicts[0].level, "\n\n".join(blocks))

    def again(self, context: Context, message: MessageRef, verdict: Verdict, worst: Level) -> tuple[Reply, ...]:
        """The same link once more: short. The reaction is to the worst link of the message."""
        text = self._say(context, f"warning.again_{verdict.level.value}", host=shown_host(verdict))
        return self._danger(context, message, worst, text)

    def correction(self, context: Context, message: MessageRef, verdict: Verdict) -> tuple[Reply, ...]:
        """A link that was thought better of when it was posted."""
        head = self._say(context, f"worse.{verdict.level.value}", host=shown_host(verdict))
        advice = self._say(context, f"advice.{verdict.level.value}")
        text = "\n".join([head, *self._reasons(verdict, context.language), "", advice])
        return self._danger(context, message, verdict.level, text)

    def reaction(self, context: Context, message: MessageRef, level: Level) -> Reply:
        return context.reply(React(message, EMOJI[level]), on_unknown=OnUnknown.RESEND_ONCE, urgency=Urgency.DANGER)

    def direct(self, context: Context, message: MessageRef, worst: Verdict) -> tuple[Reply, ...]:
        """Who sends a link to the bot alone asks about it: harmless gets a reaction, unknown a sentence."""
        reaction = context.reply(React(message, EMOJI[worst.level]), urgency=Urgency.COURTESY)
        if worst.level is Level.BENIGN:
            return (reaction,)
        text = "\n".join(
            [self._say(context, "answer.unknown", host=shown_host(worst)), self._say(context, "advice.unknown")]
        )
        return (context.reply(SendText(text, quote=message)), reaction)

    def _danger(self, context: Context, message: MessageRef, level: Level, text: str) -> tuple[Reply, ...]:
        warning = context.reply(SendText(text, quote=message), on_unknown=OnUnknown.RESEND_ONCE, urgency=Urgency.DANGER)
        return (warning, self.reaction(context, message, level))

    def _block(self, verdict: Verdict, language: str) -> str:
        head = self._words.say(f"scanner.warning.{verdict.level.value}", language, host=shown_host(verdict))
        lines: list[str] = [head]
        if verdict.pretends:
            lines.append(self._words.say("scanner.warning.pretends", language, brand=verdict.pretends))
        return "\n".join([*lines, *self._reasons(verdict, language)])

    def _reasons(self, verdict: Verdict, language: str) -> list[str]:
        return [
            self._words.say("scanner.warning.reason", language, reason=sentence)
            for sentence in self._explainer.reasons(verdict, language)
        ]

    # --- answers -------------------------------------------------------------------------------------------------

    def checked(self, context: Context, verdicts: Sequence[Verdict]) -> Reply:
        """What is thought of links that somebody asked about, worst first, with the whole explanation of each."""
        blocks = [self._explained(verdict, context.language) for verdict in verdicts[:SHOWN]]
        if len(verdicts) > SHOWN:
            blocks.append(self._say(context, "warning.more", count=len(verdicts) - SHOWN))
        return self._answer(context, "\n\n".join(blocks))

    def rescanned(self, context: Context, verdict: Verdict) -> Reply:
        head = self._say(context, "answer.rescanned")
        return self._answer(context, f"{head}\n\n{self._explained(verdict, context.language)}")

    def _explained(self, verdict: Verdict, language: str) -> str:
        return "\n".join(self._explainer.lines(verdict, language))

    def which_link(self, context: Context) -> Reply:
        return self._answer(context, self._say(context, "answer.which_link"))

    def no_link(self, context: Context) -> Reply:
        return self._answer(context, self._say(context, "answer.no_link"))

    def not_a_link(self, context: Context) -> Reply:
        return self._answer(context, self._say(context, "answer.not_a_link"))

    def nothing_to_explain(self, context: Context) -> Reply:
        return self._answer(context, self._say(context, "answer.nothing_to_explain"))

    # --- reports -------------------------------------------------------------------------------------------------

    def report_confirmed(self, call: Call, truth: Truth, verdicts: Sequence[Verdict], moved: float) -> Reply:
        """An admin's word. `moved`: log-odds by which it moves the chat's threshold."""
        lines = [self._say(call, f"report.confirmed_{truth.value}", host=_hosts(verdicts))]
        if abs(moved) >= NOTICEABLE:
            lines.append(self._say(call, "report.surer" if moved > 0 else "report.sooner"))
        lines.append(self._say(call, f"report.always_{truth.value}"))
        return self._answer(call, "\n".join(lines))

    def reported(self, call: Call, truth: Truth, verdicts: Sequence[Verdict]) -> Reply:
        """A member's word, which waits for an admin's."""
        lines = [
            self._say(call, f"report.reported_{truth.value}", host=_hosts(verdicts)),
            self._say(call, "report.waiting"),
        ]
        return self._answer(call, "\n".join(lines))

    def report_settled(self, call: Call, key: str, verdict: Verdict) -> Reply:
        """`key`: decided_safe, decided_dangerous, ruled."""
        return self._answer(call, self._say(call, f"report.{key}", host=shown_host(verdict)))

    def report_refused(self, call: Call, key: str) -> Reply:
        """`key`: nothing, which, no_consent."""
        return self._answer(call, self._say(call, f"report.{key}"))

    # --- joining, consent, status --------------------------------------------------------------------------------

    def introduction(self, context: Context) -> Reply:
        lines = [
            self._say(context, "join.hello"),
            self._say(context, "join.keeps"),
            self._say(context, "join.waiting"),
        ]
        return context.reply(SendText("\n".join(lines)), on_unknown=OnUnknown.RESEND_ONCE)

    def consent(self, context: Context, key: str) -> Reply:
        """`key`: granted, already, revoked, not_given."""
        return self._answer(context, self._say(context, f"consent.{key}"))

    def status(
        self,
        call: Call,
        state: ChatState,
        *,
        group: bool,
        rules: int,
        warned: int,
        lists: tuple[str, float] | None,
        model: tuple[str, float],
        model_fresh_days: float,
        leniency: float,
    ) -> Reply:
        """`lists`, `model`: version and age in days; None when none are loaded. `leniency`: log-odds (`learning`)."""
        reading = "direct" if not group else "on" if state.consent_at is not None else "off"
        lines = [
            self._say(call, "status.title"),
            self._say(call, f"status.{reading}"),
        ]
        if state.muted_until > call.now:
            lines.append(self._say(call, "status.muted", time=self._words.moment(state.muted_until, call.language)))
        lines.append(self._say(call, "status.rules", count=rules) if rules else self._say(call, "status.no_rules"))
        if lists is None:
            lines.append(self._say(call, "status.no_lists"))
        else:
            age = self._words.duration(int(lists[1] * 86_400) * 1000, call.language)
            lines.append(self._say(call, "status.lists", version=lists[0], age=age))
        version, days = model
        age = self._words.duration(max(1, int(days)) * 86_400_000, call.language)  # it is known to the day
        lines.append(self._say(call, "status.model", version=version, age=age))
        if days > model_fresh_days:
            lines.append(self._say(call, "status.old_model"))
        lines += [self._say(call, "status.sources"), self._say(call, "status.warnings", count=warned)]
        if abs(leniency) >= NOTICEABLE:
            lines.append(self._say(call, "status.surer" if leniency > 0 else "status.sooner"))
        return self._answer(call, "\n".join(lines))

    # --- rules, mute ---------------------------------------------------------------------------------------------

    def rule_added(self, call: Call, effect: Effect, pattern: Pattern, number: int, until: int | None) -> Reply:
        key = "rule.allowed" if effect is Effect.ALLOW else "rule.denied"
        lines = [self._say(call, key, rule=_rule(pattern), number=number)]
        if until is not None:
            lines.append(self._say(call, "rule.until", time=self._words.moment(until, call.language)))
        return self._answer(call, "\n".join(lines))

    def rules(self, call: Call, rules: Sequence[Rule]) -> Reply:
        if not rules:
            return self._answer(call, self._say(call, "rule.none"))
        return self._answer(
            call, "\n".join([self._say(call, "rule.list"), *(self._rule(call, rule) for rule in rules)])
        )

    def _rule(self, call: Call, rule: Rule) -> str:
        key = "rule.line_allow" if rule.effect is Effect.ALLOW else "rule.line_deny"
        parts = [self._say(call, key, number=rule.number, rule=_rule(rule.pattern))]
        if rule.expires_at is not None:
            parts.append(self._say(call, "rule.ends", time=self._words.moment(rule.expires_at, call.language)))
        if rule.reason:
            parts.append(self._say(call, "rule.reason", reason=defang(rule.reason)))
        return " · ".join(parts)

    def rule_removed(self, call: Call, rule: Rule) -> Reply:
        return self._answer(call, self._say(call, "rule.removed", number=rule.number, rule=_rule(rule.pattern)))

    def no_such_rule(self, call: Call, number: int) -> Reply:
        return self._answer(call, self._say(call, "rule.unknown", number=number))

    def unreadable_rule(self, call: Call) -> Reply:
        return self._answer(call, self._say(call, "rule.unreadable"))

    def too_wide(self, call: Call, example: str) -> Reply:
        return self._answer(call, self._say(call, "rule.too_wide", example=Markup(defang(example))))

    def too_many_rules(self, call: Call, count: int) -> Reply:
        return self._answer(call, self._say(call, "rule.too_many", count=count))

    def muted(self, call: Call, until: int) -> Reply:
        time = self._words.moment(until, call.language)
        return self._answer(call, self._say(call, "mute.on", time=time))

    def unmuted(self, call: Call, *, was_muted: bool) -> Reply:
        return self._answer(call, self._say(call, "mute.off" if was_muted else "mute.not_muted"))

    # -------------------------------------------------------------------------------------------------------------

    def _say(self, context: Context, key: str, **values: str | int) -> Markup:
        return self._words.say(f"scanner.{key}", context.language, **self._commands, **values)

    def _answer(self, context: Context, text: str) -> Reply:
        quote = None
        event = context.event
        if isinstance(event, MessageReceived):
            quote = event.ref
        return context.reply(SendText(text, quote=quote))


def _hosts(verdicts: Sequence[Verdict]) -> Markup:
    hosts = dict.fromkeys(shown_host(verdict) for verdict in verdicts)
    return Markup(", ".join(hosts))


def _rule(pattern: Pattern) -> Markup:
    return Markup(defang(str(pattern)))
