"""Links that were seen: searched for, and one of them with everything that is known about its verdict."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from whinchat.apps.scanner.explain import BAD, Explainer, percent
from whinchat.apps.scanner.pages.lines import Lines, chat_key, host_of, number, sentence
from whinchat.apps.scanner.pages.queries import Queries, SeenLink
from whinchat.apps.scanner.pages.rulebook import Rulebook, RuleForm
from whinchat.apps.scanner.rules import EVERYWHERE, Effect, Scope
from whinchat.apps.scanner.service import Scanner
from whinchat.apps.scanner.sources.about import About
from whinchat.apps.scanner.sources.answers import Listed, NoAnswer
from whinchat.apps.scanner.sources.urlscan.evidence import Kind
from whinchat.apps.scanner.verdict import Level, Reason, Verdict
from whinchat.core.formatting.defang import defang_url
from whinchat.core.pages import Acted, Download, Nav, NotFound, PageRequest, Shown, View

SeenAt = Callable[[str], Awaitable[Mapping[Kind, str]]]
"""From a link to the keys of what a source saw there, for `KeptEvidence`."""

PAGE = 50
CHUNK = 200
MOST = 4000
"""Sightings that one search looks at: hosts are sealed, so each one has to be opened. The reader can look on."""
STRONGEST = 6.0  # log-odds that fill a reason's bar


class Sightings:
    """Query: `host` (a part of it, broken or not), `level`, `chat` (its key), `before` (numbers below)."""

    path = "/scanner/sightings"
    title = "scanner.pages.sightings.title"
    nav = Nav(1, "search")

    def __init__(self, queries: Queries, lines: Lines) -> None:
        self._queries = queries
        self._lines = lines

    async def show(self, request: PageRequest) -> View:
        host = request.query.get("host", "").strip().lower().replace("[.]", ".").replace("[:]", ":")
        level = _level(request.query.get("level", ""))
        chat = chat_key(request.query.get("chat", ""))
        before = number(request.query.get("before", ""))
        found, older = await self._search(host, level, chat, before)
        lines = await self._lines.of(found, request.language)
        data = {
            "lines": lines,
            "host": request.query.get("host", "").strip(),
            "level": level.value if level else "",
            "levels": [each.value for each in Level],
            "chat": chat.hex() if chat else "",
            "chat_name": lines[0].chat if chat and lines else None,
            "older": older,
            "first": before is None,
            "all_looked_at": older is None,
        }
        return View("scanner/sightings.html", data)

    async def _search(
        self, host: str, level: Level | None, chat: bytes | None, before: int | None
    ) -> tuple[list[SeenLink], int | None]:
        """A page, and the number below which to look on; None when that was all."""
        found: list[SeenLink] = []
        looked = 0
        size = CHUNK if host else PAGE + 1
        while looked < MOST:
            chunk = await self._queries.newest(size, before=before, level=level, chat=chat)
            for each in chunk:
                if host in host_of(each.seen.url) or not host:
                    found.append(each)
                if len(found) > PAGE:
                    return found[:PAGE], found[PAGE - 1].id
            if len(chunk) < size:
                return found, None
            looked += size
            before = chunk[-1].id
        return found, before


@dataclass(frozen=True, slots=True)
class ReasonLine:
    sentence: str
    weight: float

    @property
    def width(self) -> int:
        """Of its bar, 0 to 100."""
        return round(100 * min(1.0, abs(self.weight) / STRONGEST))


class SightingDetail:
    """One link in one message: what was said of it, what is thought now and why, and how to decide otherwise."""

    path = "/scanner/sightings/{id}"
    title = "scanner.pages.sighting.title"
    nav = None

    def __init__(
        self,
        queries: Queries,
        lines: Lines,
        scanner: Scanner,
        explainer: Explainer,
        rulebook: Rulebook,
        abouts: Mapping[str, About],
        seen_at: SeenAt,
    ) -> None:
        self._queries = queries
        self._lines = lines
        self._scanner = scanner
        self._explainer = explainer
        self._rulebook = rulebook
        self._abouts = abouts
        self._seen_at = seen_at

    async def show(self, request: PageRequest) -> Shown:
        shown = await self._asked_for(request)
        return NotFound() if shown is None else await self._view(shown, request, None)

    async def act(self, request: PageRequest) -> Acted:
        """`effect` and `scope` make a rule of the link (`what`: `url`) or of its host (`host`)."""
        shown = await self._asked_for(request)
        if shown is None:
            return NotFound()
        here = request.form.get("scope") == Scope.HERE
        target = shown.seen.url if request.form.get("what") == "url" else host_of(shown.seen.url)
        form = RuleForm.read({**request.form, "rule": target})
        done = await self._rulebook.add(
            form, shown.chat if here else EVERYWHERE, request, then=f"/scanner/sightings/{shown.id}"
        )
        return await self._view(shown, request, done, status=422) if isinstance(done, RuleForm) else done

    async def _asked_for(self, request: PageRequest) -> SeenLink | None:
        row = number(request.parts["id"])
        return None if row is None else await self._queries.sighting(row)

    async def _view(self, shown: SeenLink, request: PageRequest, form: RuleForm | None, status: int = 200) -> View:
        (line,) = await self._lines.of([shown], request.language)
        found = await self._scanner.recall([shown.seen], shown.chat)
        verdict = found[0].verdict if found else shown.verdict
        kept = {} if verdict is None else await self._seen_at(verdict.final or verdict.url)
        data = {
            "line": line,
            "kept": {kind.value: key for kind, key in kept.items()},
            "form": form or RuleForm(effect=_otherwise(verdict).value),
            "effects": [each.value for each in Effect],
            "verdict": None if verdict is None else self._verdict(verdict, request.language),
        }
        return View("scanner/sighting.html", data, status=status)

    def _verdict(self, verdict: Verdict, language: str) -> dict[str, object]:
        against = [self._reason(reason, language) for reason in verdict.reasons if reason.weight >= 0]
        favour = [self._reason(reason, language) for reason in verdict.reasons if reason.weight < 0]
        explained = self._explainer.explain(verdict, language)
        look = verdict.look
        return {
            "level": verdict.level.value,
            "title": explained.title,
            "pretends": explained.pretends or "",
            "advice": explained.advice,
            "percent": percent(verdict.probability),
            "decided_by": verdict.decided_by.value,
            "against": against,
            "favour": favour,
            "wrapper": defang_url(verdict.wrapper) if verdict.wrapper else "",
            "chain": [defang_url(url) for url in verdict.chain],
            "final": defang_url(verdict.final) if verdict.final else "",
            "fault": look.fault.value if look is not None and look.fault is not None else "",
            "sources": [] if look is None else self._sources(verdict),
            "depth": verdict.depth.value,
            "privacy": "" if look is None else look.privacy.value,
            "checked_at": verdict.checked_at,
            "lists_version": verdict.lists_version,
            "judge_version": verdict.judge_version,
        }

    def _reason(self, reason: Reason, language: str) -> ReasonLine:
        return ReasonLine(sentence(self._explainer, reason, language), reason.weight)

    def _sources(self, verdict: Verdict) -> list[dict[str, str]]:
        if verdict.look is None:
            return []
        asked = verdict.look.asked
        told = []
        for name, answer in asked.answers.items():
            kind = str(answer.__struct_config__.tag)
            more = answer.reason.value if isinstance(answer, NoAnswer) else ""
            more = answer.threat.value if isinstance(answer, Listed) else more
            told.append({"title": self._title(name), "answer": kind, "more": more})
        skipped = [
            {"title": self._title(name), "answer": "skipped", "more": why.value} for name, why in asked.skipped.items()
        ]
        return [*told, *skipped]

    def _title(self, name: str) -> str:
        about = self._abouts.get(name)
        return name if about is None else about.title


class KeptEvidence:
    """What a source saw at a link, as a file to be saved."""

    path = "/scanner/evidence/{key}"
    title = "scanner.pages.sighting.title"
    nav = None

    def __init__(self, download: Callable[[str], Awaitable[Download | NotFound]]) -> None:
        self._download = download

    async def show(self, request: PageRequest) -> Shown:
        return await self._download(request.parts["key"])


def _otherwise(verdict: Verdict | None) -> Effect:
    """What somebody who disagrees would choose."""
    return Effect.ALLOW if verdict is not None and verdict.level in BAD else Effect.DENY


def _level(text: str) -> Level | None:
    return Level(text) if text in set(Level) else None
