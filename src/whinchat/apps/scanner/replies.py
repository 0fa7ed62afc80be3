"""Everything the scanner says in a chat, as replies. A host is always written so that nobody can tap it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from whinchat.apps.scanner.attachments import Attachment
from whinchat.apps.scanner.commands import COMMANDS
from whinchat.apps.scanner.enforcement import Measures
from whinchat.apps.scanner.explain import Explainer, shown_host
from whinchat.apps.scanner.labels import Truth
from whinchat.apps.scanner.learning import NOTICEABLE
from whinchat.apps.scanner.notices import called
from whinchat.apps.scanner.repository import ChatState
from whinchat.apps.scanner.rules import Effect, Pattern, Rule, Scope
from whinchat.apps.scanner.sources.asked import Standing, State
from whinchat.apps.scanner.verdict import DecidedBy, Level, Verdict
from whinchat.core.dispatch.context import Call, Context
from whinchat.core.formatting.defang import defang
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup
from whinchat.core.types import MessageReceived, MessageRef, OnUnknown, React, Reply, SendText, Urgency

EMOJI = {Level.MALICIOUS: "⛔", Level.SUSPICIOUS: "⚠️", Level.UNKNOWN: "❔", Level.BENIGN: "✅"}
_SOURCES = (
    (State.UP, "status.sources_up"),
    (State.DOWN, "status.sources_down"),
    (State.MISCONFIGURED, "status.sources_refused"),
)
_RULES = {Scope.HERE: "rule", Scope.EVERYWHERE: "everywhere"}
SHOWN = 3  # links told apart in one warning; the others are counted


class Replies:
    """Sentences come from the catalogues; what is put into them is escaped. They name commands as `{consent}`."""

    def __init__(self, words: Words, explainer: Explainer, prefix: str) -> None:
        self._words = words
        self._explainer = explainer
        # As one value each, so that a command stays in one piece where its sentence runs from right to left.
        self._commands = {command.name: Markup(f"{prefix}{command.path}") for command in COMMANDS}

    # --- warnings ------------------------------------------------------------------------------------------------

    def warning(
        self, context: Context, message: MessageRef, verdicts: Sequence[Verdict], worst: Level | None = None
    ) -> tuple[Reply, ...]:
        """A reply that quotes the message, worst link first, and a reaction: to the worst link of the message."""
        return self._danger(context, message, worst or verdicts[0].level, self.warning_text(context, verdicts))

    def warning_text(self, context: Context, verdicts: Sequence[Verdict]) -> str:
        """Of dangerous links, worst first."""
        blocks = [self._block(verdict, context.language) for verdict in verdicts[:SHOWN]]
        if len(verdicts) > 1:
            blocks.insert(0, self._say(context, "warning.several"))
        return self._in_blocks(context, blocks, verdicts)

    def _in_blocks(self, context: Context, blocks: Sequence[str], verdicts: Sequence[Verdict]) -> str:
        """A block for each of the first links, how many more there are, and what to do."""
        more = [self._say(context, "warning.more", count=len(verdicts) - SHOWN)] if len(verdicts) > SHOWN else []
        return "\n\n".join([*blocks, *more, self._say(context, f"advice.{verdicts[0].level.value}")])

    def again(self, context: Context, message: MessageRef, verdict: Verdict, worst: Level) -> tuple[Reply, ...]:
        """The same link once more: short. The reaction is to the worst link of the message."""
        text = self._say(context, f"warning.again_{verdict.level.value}", host=shown_host(verdict))
        return self._danger(context, message, worst, text)

    def correction_text(self, context: Context, verdicts: Sequence[Verdict]) -> str:
        """Of links that were thought better of for a while, worst first."""
        blocks = [
            "\n".join(
                [
                    self._say(context, f"worse.{verdict.level.value}", host=shown_host(verdict)),
                    *self._reasons(verdict, context.language),
                ]
            )
            for verdict in verdicts[:SHOWN]
        ]
        return self._in_blocks(context, blocks, verdicts)

    def better_text(self, context: Context, verdicts: Sequence[Verdict]) -> str:
        """Of links that were thought worse of, worst first."""
        lines = []
        for verdict in verdicts[:SHOWN]:
            why = "allowed" if verdict.decided_by is DecidedBy.OVERRIDE else verdict.level.value
            lines.append(self._say(context, f"better.{why}", host=shown_host(verdict)))
        return "\n".join([*lines, "", self._say(context, f"advice.{verdicts[0].level.value}")])

    def reaction(self, context: Context, message: MessageRef, level: Level) -> Reply:
        return context.reply(React(message, EMOJI[level]), on_unknown=OnUnknown.RESEND_ONCE, urgency=Urgency.DANGER)

    def harmless(
        self, context: Context, message: MessageRef, worst: Verdict, *, text: bool, reaction: bool
    ) -> tuple[Reply, ...]:
        """About links of which none is dangerous."""
        level = worst.level.value
        said = "\n".join(
            [self._say(context, f"answer.{level}", host=shown_host(worst)), self._say(context, f"advice.{level}")]
        )
        replies = []
        if text:
            replies.append(context.reply(SendText(said, quote=message)))
        if reaction:
            replies.append(context.reply(React(message, EMOJI[worst.level]), urgency=Urgency.COURTESY))
        return tuple(replies)

    def file(
        self, context: Context, message: MessageRef, found: Attachment, shown: str, *, text: bool
    ) -> tuple[Reply, ...]:
        """About an attached file that can run as a program. `text`: besides the reaction."""
        level = Level.MALICIOUS if found.disguised else Level.SUSPICIOUS
        lines = [
            self._say(context, f"file.{level.value}", file=shown),
            self._say(context, "file.packed" if found.packed else "file.type", type=self._type(context, found)),
        ]
        if found.disguised:
            lines.append(self._say(context, "file.disguised"))
        both = self._danger(context, message, level, "\n".join([*lines, "", self._say(context, "file.advice")]))
        return both if text else both[1:]

    def _type(self, context: Context, found: Attachment) -> Markup:
        return self._say(context, f"file.{found.type.value}")

    def invite(self, context: Context, message: MessageRef) -> tuple[Reply, ...]:
        """To a member who posted an invitation where admins do not want any."""
        return (context.reply(SendText(self._say(context, "invite.unwanted"), quote=message)),)

    def after(self, context: Context, replies: Sequence[Reply], measures: Measures) -> tuple[Reply, ...]:
        """What is said of a message about which something was done.

        One that is deleted is neither quoted, which would show it again, nor reacted to.
        """
        who = called(context.event.sender)
        done = [
            replace(reply, action=self._with_measures(context, reply.action, measures, who))
            if isinstance(reply.action, SendText)
            else reply
            for reply in replies
            if not (measures.deleted and isinstance(reply.action, React))
        ]
        if measures.locked_until is not None:
            until = self._words.moment(measures.locked_until, context.language)
            text = SendText(self._say(context, "policy.locked", time=until))
            done.append(context.reply(text, on_unknown=OnUnknown.RESEND_ONCE))
        return tuple(done)

    def _with_measures(self, context: Context, said: SendText, measures: Measures, who: str) -> SendText:
        lines: list[str] = [said.text]
        if measures.deleted:
            lines.insert(0, self._say(context, "policy.deleted", who=who))
        if measures.strike is not None:
            number, most = measures.strike
            lines.append(self._say(context, "policy.strike", who=who, number=number, most=most))
        if len(lines) == 1:
            return said
        quote = None if measures.deleted else said.quote
        return SendText("\n\n".join(lines), quote, (*said.mentions, context.event.sender.id))

    def _danger(self, context: Context, message: MessageRef, level: Level, text: str) -> tuple[Reply, ...]:
        warning = context.reply(SendText(text, quote=message), on_unknown=OnUnknown.RESEND_ONCE, urgency=Urgency.DANGER)
        return (warning, self.reaction(context, message, level))

    def _block(self, verdict: Verdict, language: str) -> str:
        head = self._words.say(f"scanner.warning.{verdict.level.value}", language, host=shown_host(verdict))
        lines: list[str] = [head]
        if verdict.final is not None:
            lines.append(self._explainer.leads(verdict.final, language))
        if verdict.pretends:
            lines.append(self._words.say("scanner.warning.pretends", language, brand=verdict.pretends))
        return "\n".join([*lines, *self._reasons(verdict, language)])

    def _reasons(self, verdict: Verdict, language: str) -> list[str]:
        return [
            self._words.say("scanner.warning.reason", language, reason=sentence)
            for sentence in self._explainer.reasons(verdict, language)
        ]

    # --- answers -------------------------------------------------------------------------------------------------

    def checked(
        self, context: Context, verdicts: Sequence[Verdict], *, looking: bool = False, anew: bool = False
    ) -> Reply:
        """What is thought of links that somebody asked about, worst first, with the whole explanation of each.

        `looking`: a deeper look at them is under way, and this answer not the last one. `anew`: nothing that was
        thought before was used.
        """
        blocks = [self._explained(verdict, context.language) for verdict in verdicts[:SHOWN]]
        if anew:
            blocks.insert(0, self._say(context, "answer.rescanned"))
        if len(verdicts) > SHOWN:
            blocks.append(self._say(context, "warning.more", count=len(verdicts) - SHOWN))
        if looking:
            blocks.append(self._say(context, "answer.looking"))
        return self._answer(context, "\n\n".join(blocks))

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
        """`key`: decided_safe, decided_dangerous, ruled, ruled_everywhere."""
        return self._answer(call, self._say(call, f"report.{key}", host=shown_host(verdict)))

    def report_refused(self, call: Call, key: str) -> Reply:
        """`key`: nothing, which, no_consent."""
        return self._answer(call, self._say(call, f"report.{key}"))

    # --- joining, consent, status --------------------------------------------------------------------------------

    def introduction(self, context: Context) -> Reply:
        lines = [
            self._say(context, "join.hello"),
            self._say(context, "join.keeps"),
            self._say(context, "join.leaves"),
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
        sources: Sequence[Standing],
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
        lines += [*self._sources(call, sources), self._say(call, "status.warnings", count=warned)]
        if abs(leniency) >= NOTICEABLE:
            lines.append(self._say(call, "status.surer" if leniency > 0 else "status.sooner"))
        return self._answer(call, "\n".join(lines))

    def _sources(self, call: Call, sources: Sequence[Standing]) -> Iterator[Markup]:
        """Who is asked besides us, and who does not answer at present."""
        for state, key in _SOURCES:
            titles = [each.about.title for each in sources if each.state is state]
            if titles:
                yield self._say(call, key, sources=self._words.listing(titles, call.language))
        if all(each.state is State.OFF for each in sources):
            yield self._say(call, "status.sources")

    # --- rules, mute ---------------------------------------------------------------------------------------------

    def rule_added(
        self, call: Call, effect: Effect, pattern: Pattern, number: int, until: int | None, scope: Scope
    ) -> Reply:
        key = "allowed" if effect is Effect.ALLOW else "denied"
        lines = [self._say(call, f"{_RULES[scope]}.{key}", rule=_rule(pattern), number=number)]
        if until is not None:
            lines.append(self._say(call, "rule.until", time=self._words.moment(until, call.language)))
        return self._answer(call, "\n".join(lines))

    def rules(self, call: Call, rules: Sequence[Rule], scope: Scope) -> Reply:
        if not rules:
            return self._answer(call, self._say(call, f"{_RULES[scope]}.none"))
        head = self._say(call, f"{_RULES[scope]}.list")
        return self._answer(call, "\n".join([head, *(self._rule(call, rule) for rule in rules)]))

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

    def no_such_rule(self, call: Call, number: int, scope: Scope) -> Reply:
        return self._answer(call, self._say(call, f"{_RULES[scope]}.unknown", number=number))

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
