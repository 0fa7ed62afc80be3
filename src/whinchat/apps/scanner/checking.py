"""`!scan check` and `!scan rescan`: an answer at once, and a better one in its place when the deep look is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from whinchat.apps.scanner import commands
from whinchat.apps.scanner.deep import DeepScan, Why
from whinchat.apps.scanner.delivery import ASKED, about
from whinchat.apps.scanner.links.collect import QUOTED, Text, beginning, texts
from whinchat.apps.scanner.links.link import LinkKind
from whinchat.apps.scanner.links.parse import parse_link
from whinchat.apps.scanner.moderation import Moderation
from whinchat.apps.scanner.privacy import PrivacyLevels
from whinchat.apps.scanner.replies import Replies
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.service import Found, Scanner, links_in
from whinchat.core.dispatch.context import Call, Context
from whinchat.core.dispatch.conversation import Conversations, Turn
from whinchat.core.dispatch.handler import NOTHING, Outcome
from whinchat.core.ports import Batch
from whinchat.core.types import MessageReceived

QUESTION = "scanner.check"
PATIENCE = 120.0  # seconds that the question "which link?" stays open


def kept(found: Sequence[Found]) -> Batch:
    """Stores what is new of the verdicts."""
    return Batch(tuple(each.keep for each in found if each.keep is not None))


def quoted(call: Call) -> list[Text]:
    """What the message that the command answers says, by the word of who sent the command."""
    return [text for text in texts(call.message) if text.part == QUOTED]


class Answers:
    """What is said to somebody who asked about links."""

    def __init__(
        self,
        moderation: Moderation,
        deep: DeepScan,
        privacy: PrivacyLevels,
        repository: Repository,
        replies: Replies,
    ) -> None:
        self._moderation = moderation
        self._deep = deep
        self._privacy = privacy
        self._repository = repository
        self._replies = replies

    async def about(self, context: Context, found: Sequence[Found], *, anew: bool = False) -> Outcome:
        """`anew`: a deep look passes over all that is remembered.

        Where the chat may be read, it has seen these links: it hears of it when they turn out to be worse.
        """
        message, verdicts = context.event, [each.verdict for each in found]
        if not isinstance(message, MessageReceived) or not await self._repository.may_read(
            message.chat, context.chat_key
        ):
            return Outcome((self._replies.checked(context, verdicts, anew=anew),), kept(found))
        why = Why.ANEW if anew else Why.SEEN
        jobs = self._deep.jobs(found, await self._privacy.of(context.chat_key), asked=True, why=why)
        reply = self._replies.checked(context, verdicts, looking=bool(jobs), anew=anew)
        subject = self._repository.message_key(message.account, message.ref).hex()
        asked = [replace(each, part=ASKED) for each in found]
        changes = self._moderation.answered(context, message.ref, asked)
        return Outcome(about(subject, message.ref, (reply,)), changes, jobs)


class Check:
    """`check LINK`, or as a reply to a message, or alone: then it asks which link, where it may read the answer."""

    spec = commands.CHECK
    topic = QUESTION

    def __init__(
        self,
        scanner: Scanner,
        answers: Answers,
        repository: Repository,
        replies: Replies,
        conversations: Conversations,
    ) -> None:
        self._scanner = scanner
        self._answers = answers
        self._repository = repository
        self._replies = replies
        self._conversations = conversations

    async def handle(self, call: Call) -> Outcome:
        given = call.args[commands.LINK]
        if given is not None:
            return await self._check(call, [Text(ASKED, given)], typed=given)
        if call.message.quoted is not None:
            return await self._check(call, quoted(call))
        if not await self._repository.may_read(call.event.chat, call.chat_key):
            return Outcome(replies=(self._replies.no_link(call),))
        asking = self._conversations.open(call.chat_key, call.user_key, QUESTION, b"", seconds=PATIENCE)
        return Outcome(replies=(self._replies.which_link(call),), changes=Batch((asking,)))

    async def answer(self, context: Context, turn: Turn) -> Outcome:
        """The next message after the question; one without a link is no answer."""
        message = context.event
        said = [Text("body", message.content.text)] if isinstance(message, MessageReceived) else []
        return await self._check(context, said) if links_in(beginning(said)) else NOTHING

    async def _check(self, context: Context, said: list[Text], typed: str | None = None) -> Outcome:
        parts = beginning(said)
        # A link in a command stands in no message.
        found = await self._scanner.judge_all(links_in(parts), context.chat_key, parts if typed is None else ())
        if not found and typed is not None:
            link = parse_link(typed)
            if link is not None and link.kind is LinkKind.WEB:
                found = [await self._scanner.look(link, context.chat_key)]
        if not found:
            reply = self._replies.no_link(context) if typed is None else self._replies.not_a_link(context)
            return Outcome(replies=(reply,))
        return await self._answers.about(context, found)


class Rescan:
    """Passes over everything that is remembered of a link, and stores what is found now."""

    spec = commands.RESCAN

    def __init__(self, scanner: Scanner, answers: Answers, replies: Replies) -> None:
        self._scanner = scanner
        self._answers = answers
        self._replies = replies

    async def handle(self, call: Call) -> Outcome:
        link = parse_link(call.args[commands.TARGET])
        if link is None or link.kind is not LinkKind.WEB:
            return Outcome(replies=(self._replies.not_a_link(call),))
        return await self._answers.about(call, [await self._scanner.look(link, call.chat_key, anew=True)], anew=True)
