"""The pages put together: the service's own and those of every application. Imported with the first page."""

from __future__ import annotations

from whinchat.admin.pages.accounts import AccountsPage
from whinchat.admin.pages.audit import AuditLog
from whinchat.admin.pages.dead import DeadLetters
from whinchat.admin.pages.overview import Numbers, Overview
from whinchat.admin.pages.people import SignedIn
from whinchat.admin.sessions import Sessions
from whinchat.admin.site import HERE, Section, Site, Tools
from whinchat.admin.whole import Whole
from whinchat.core.dispatch.inbox import EventState
from whinchat.core.ports import JobState


def build(whole: Whole, sessions: Sessions, started: int) -> Site:
    """`started`: the service, in milliseconds UTC."""
    given, engine = whole.given, whole.engine
    shown = [(spec, app.pages()) for spec, app in whole.apps if app.pages is not None]
    own = (
        Overview(
            whole.report,
            lambda: _numbers(whole, started),
            [panel for _, pages in shown for panel in pages.panels],
            whole.version,
        ),
        AccountsPage(whole.accounts, lambda: list(engine.sink.told.values())),
        DeadLetters(whole.jobs, engine.inbox),
        AuditLog(given.audit),
        SignedIn(sessions),
    )
    sections = [
        Section(spec.name, pages.pages, spec.templates, spec.page_words)
        for spec, pages in shown
        if spec.templates is not None and spec.page_words is not None
    ]
    tools = Tools(
        sessions, given.audit, engine.settlement.settle, given.sealer, given.clock, given.random, given.limiter
    )
    return Site([*sections, Section("admin", own, HERE / "templates", HERE / "catalogues")], tools)


async def _numbers(whole: Whole, started: int) -> Numbers:
    events, work = await whole.engine.inbox.depths(), await whole.jobs.depths()
    count = {state: sum(found for (_, each), found in work.items() if each is state) for state in JobState}
    return Numbers(
        started_at=started,
        memory=whole.memory(),
        events_waiting=events[EventState.WAITING],
        replies_waiting=await whole.engine.outbox.depth(),
        jobs_waiting=count[JobState.WAITING],
        jobs_running=count[JobState.RUNNING],
        given_up=count[JobState.DEAD] + events[EventState.ASIDE],
    )
