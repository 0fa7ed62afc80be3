"""From what people say of a verdict to labels: `report`, and what an admin's allow or deny says besides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from whinchat.apps.scanner import commands
from whinchat.apps.scanner.explain import shown_host
from whinchat.apps.scanner.labels import WARNED, Example, Label, Labels, Source, Truth
from whinchat.apps.scanner.learning import LabelsChanged, Learning
from whinchat.apps.scanner.links.collect import QUOTED, Text, beginning, texts
from whinchat.apps.scanner.links.link import Link, LinkKind
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.notices import Line, Notice, Notices
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository, Sighting
from whinchat.apps.scanner.rules import Effect, Pattern, Rule, RuleKind, Scope, deciding
from whinchat.apps.scanner.service import Scanner, links_in
from whinchat.apps.scanner.strikes import Strikes
from whinchat.apps.scanner.verdict import Verdict
from whinchat.core.dispatch.context import Call
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.dispatch.roster import Roster
from whinchat.core.errors import TransportError
from whinchat.core.ports import Batch, Job
from whinchat.core.types import ChatKind, MessageRef, Quoted, Role

MOST = 20  # links that one word is about
NAMED = 3  # of them, in a notice

Opinion = tuple["Case", Truth]


@dataclass(frozen=True, slots=True)
class Case:
    """A link that somebody means."""

    link: Link
    url_key: bytes
    said: Verdict
    """What the scanner thinks of it, at the level that this chat was told."""
    evidence: tuple[str, ...]
    """Names of what it found in the link and around it."""
    known: Label | None
    """What people have said of it here."""
    ruled: Scope | None
    """Whose rule decides, when the scanner does not."""

    @property
    def warned(self) -> bool:
        return self.said.level in WARNED

    @property
    def reported(self) -> Truth | None:
        """A member's word, which waits for an admin's."""
        return self.known.truth if self.known and self.known.source is Source.REPORT else None

    @property
    def decided(self) -> Truth | None:
        """An admin's word."""
        return self.known.truth if self.known and self.known.source is not Source.REPORT else None


class Corrections:
    """Finds the links that people mean, and makes labels of what they say."""

    def __init__(
        self,
        scanner: Scanner,
        repository: Repository,
        labels: Labels,
        learning: Learning,
        strikes: Strikes,
    ) -> None:
        self._scanner = scanner
        self._repository = repository
        self._labels = labels
        self._learning = learning
        self._strikes = strikes

    async def may_keep(self, call: Call) -> bool:
        """Nothing is kept where nobody consented."""
        return await self._repository.may_read(call.event.chat, call.chat_key)

    # --- which links ---------------------------------------------------------------------------------------------

    async def meant(self, call: Call, typed: str | None) -> list[Case] | None:
        """The links that are typed, or in the message that the command answers; None when it is not clear which."""
        seen = await self._repository.newest_sightings(call.chat_key)
        quoted = call.message.quoted
        if typed is not None:
            return await self._cases(call, _links([Text("command", typed)]) or _web(typed), seen)
        if quoted is None:
            return []
        links = _links(beginning([text for text in texts(call.message) if text.part == QUOTED]))
        if quoted.from_me:
            named = _named(links, seen)
            unclear = len({sighting.seen.message for sighting in named}) > 1
            return None if unclear else await self._cases(call, _parsed(named), [*named, *seen])
        told = await self._seen_in(call, quoted)
        return await self._cases(call, _parsed(told) or links, [*told, *seen])

    async def _seen_in(self, call: Call, quoted: Quoted) -> list[Sighting]:
        ref = MessageRef(call.event.chat, quoted.id, quoted.sender, quoted.from_me)
        return await self._repository.sightings_of(self._repository.message_key(call.event.account, ref))

    async def _cases(self, call: Call, links: Sequence[Link], seen: Sequence[Sighting]) -> list[Case]:
        """`seen`: where levels come from; of a link that was seen more than once, the first one counts."""
        rules = await self._repository.in_force(call.chat_key)
        told = {sighting.url_key: sighting for sighting in reversed(seen)}
        cases = {}
        for link in links[:MOST]:
            key = self._repository.url_key(link.key)
            verdict, _ = await self._scanner.judge(link)
            known = await self._labels.one(call.chat_key, key)
            ruled = rules.deciding(link, call.now)
            evidence = [reason.name for reason in verdict.reasons]
            sighting = told.get(key)
            if sighting is not None and ruled is None:
                verdict = msgspec.structs.replace(verdict, level=sighting.shown)
                evidence += (noticed.name for noticed in sighting.seen.around)
            cases[key] = Case(link, key, verdict, tuple(evidence), known, ruled and ruled[1])
        return list(cases.values())

    # --- labels --------------------------------------------------------------------------------------------------

    async def keep(self, call: Call, opinions: Sequence[Opinion], source: Source) -> tuple[Outcome, float]:
        """The labels, and log-odds by which they move the chat's threshold."""
        labels = [self._label(call, case, truth, source) for case, truth in opinions]
        statements = [
            statement
            for (case, _), label in zip(opinions, labels, strict=True)
            for statement in self._labels.keep(call.chat_key, call.user_key, label, self._example(case))
        ]
        if source is Source.REPORT:
            return Outcome(changes=Batch(tuple(statements))), 0.0
        statements += [
            self._strikes.take_back(call.chat_key, case.url_key) for case, truth in opinions if truth is Truth.SAFE
        ]
        moved = await self._learning.moved_by(call.chat_key, labels)
        return Outcome(changes=Batch(tuple(statements)), facts=(LabelsChanged(call.chat_key),)), moved

    def _label(self, call: Call, case: Case, truth: Truth, source: Source) -> Label:
        if case.known is not None:
            return replace(case.known, truth=truth, source=source, at=call.now)
        return self._labels.label(case.link, case.url_key, truth, source, call.now, case.said)

    def _example(self, case: Case) -> Example:
        said = case.said
        return Example(said.url, said.score, case.evidence, said.judge_version, said.lists_version)

    async def by_rule(self, call: Call, effect: Effect, pattern: Pattern) -> Outcome:
        """An admin's rule says what the links are that the chat has seen and it decides, the newest first.

        A link that nobody posted is labelled only where the rule names it itself.
        """
        if not await self.may_keep(call):
            return NOTHING
        rule = Rule(0, effect, pattern, "", call.now, None)
        seen = await self._repository.newest_sightings(call.chat_key)
        links = [link for link in _parsed(seen) if deciding([rule], link, call.now)]
        if not links and pattern.kind is RuleKind.URL:
            links = _web(call.args[commands.RULE])
        truth = Truth.SAFE if effect is Effect.ALLOW else Truth.DANGEROUS
        cases = await self._cases(call, links, seen)
        if not cases:
            return NOTHING
        outcome, _ = await self.keep(call, [(case, truth) for case in cases], Source.RULE)
        return outcome


def _links(parts: Sequence[Text]) -> list[Link]:
    return [link for link, _ in links_in(parts)]


def _web(typed: str) -> list[Link]:
    """A link that prose would not show, but somebody typed."""
    link = parse_link(typed)
    return [link] if link is not None and link.kind is LinkKind.WEB else []


def _parsed(seen: Iterable[Sighting]) -> list[Link]:
    links = {sighting.url_key: parse_link(sighting.seen.url) for sighting in seen}
    return [link for link in links.values() if link is not None]


def _named(links: Iterable[Link], seen: Sequence[Sighting]) -> list[Sighting]:
    """The sightings that a text of ours is about: it names hosts, and what it names was warned of, or else seen.

    Those of the newest message; those of others as well where they are of other sites: then nobody can tell.
    """
    hosts = {link.host for link in links}
    named = [(sighting, link) for sighting in seen if (link := parse_link(sighting.seen.url)) and link.host in hosts]
    named = [(sighting, link) for sighting, link in named if sighting.warned_at is not None] or named
    if not named:
        return []
    newest = named[0][0].seen.message
    sites = {link.site.name for sighting, link in named if sighting.seen.message == newest}
    return [sighting for sighting, link in named if sighting.seen.message == newest or link.site.name not in sites]


def opinions(cases: Sequence[Case], given: Truth | None, *, admin: bool) -> list[Opinion] | None:
    """Which of the links of a message are said to be what; None when that is not clear.

    Without a word an admin agrees with what members reported; else the scanner was wrong: what was warned of is safe,
    or what was not is dangerous. With a word it is about the links of which the scanner said otherwise, if any.
    """
    reported = [(case, truth) for case in cases if (truth := case.reported)]
    if reported and admin and given is None:
        return [(case, truth) for case, truth in reported if truth is reported[0][1]]
    truth = given or (Truth.SAFE if any(case.warned for case in cases) else Truth.DANGEROUS)
    wrong = [case for case in cases if case.warned is (truth is Truth.SAFE)] or list(cases)
    if truth is Truth.DANGEROUS and len(wrong) > 1:
        return None
    return [(case, truth) for case in wrong]


class Report:
    """`report LINK`, or as a reply: what the scanner said was wrong. An admin's word counts at once."""

    spec = commands.REPORT

    def __init__(self, corrections: Corrections, notices: Notices, roster: Roster, replies: Replies) -> None:
        self._corrections = corrections
        self._notices = notices
        self._roster = roster
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        if not await self._corrections.may_keep(call):
            return Outcome((self._replies.report_refused(call, "no_consent"),))
        cases = await self._corrections.meant(call, call.args[commands.REPORTED])
        if not cases:
            return Outcome((self._replies.report_refused(call, "which" if cases is None else "nothing"),))
        free = [case for case in cases if not case.ruled]
        if not free:
            key = "ruled" if cases[0].ruled is Scope.HERE else "ruled_everywhere"
            return Outcome((self._replies.report_settled(call, key, cases[0].said),))
        admin = await self._is_admin(call)
        said = opinions(free, call.args[commands.OPINION], admin=admin)
        if said is None:
            return Outcome((self._replies.report_refused(call, "which"),))
        return await (self._confirm(call, said) if admin else self._report(call, said))

    async def _is_admin(self, call: Call) -> bool:
        """Asked here, because anybody may give the command: the role in the call is only as high as it needs."""
        message = call.message
        try:
            return await self._roster.role(message.account, message.chat, message.sender) >= Role.ADMIN
        except TransportError:
            return False  # a right that cannot be checked is not granted

    async def _confirm(self, call: Call, said: Sequence[Opinion]) -> Outcome:
        outcome, moved = await self._corrections.keep(call, said, Source.ADMIN)
        reply = self._replies.report_confirmed(call, said[0][1], [case.said for case, _ in said], moved)
        return Outcome((reply,)) + outcome

    async def _report(self, call: Call, said: Sequence[Opinion]) -> Outcome:
        """A member's word, which an admin can confirm; not where one has spoken."""
        for case, _ in said:
            if case.decided is not None:
                return Outcome((self._replies.report_settled(call, f"decided_{case.decided.value}", case.said),))
        outcome, _ = await self._corrections.keep(call, said, Source.REPORT)
        reply = self._replies.reported(call, said[0][1], [case.said for case, _ in said])
        return Outcome((reply,), jobs=self._notice(call, said)) + outcome

    def _notice(self, call: Call, said: Sequence[Opinion]) -> tuple[Job, ...]:
        """For the admins of a group who want to know."""
        if call.event.chat.kind is not ChatKind.GROUP:
            return ()
        lines = tuple(
            Line(f"report_{truth.value}", {"shown": str(shown_host(case.said))}) for case, truth in said[:NAMED]
        )
        notice = Notice(call.event.account, call.event.chat, call.chat_key, lines, call.event.sender)
        return (self._notices.job(notice, f"report-{call.event_id}".encode()),)
