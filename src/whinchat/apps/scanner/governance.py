"""Everything that follows a chat's policy, put together: what it is, who is who, and what is done besides warning."""

from __future__ import annotations

from dataclasses import dataclass

from whinchat.apps.scanner import policy_commands as commands
from whinchat.apps.scanner.enforcement import Enforce, Enforcement
from whinchat.apps.scanner.locks import Locks, Unlock, WatchLocks
from whinchat.apps.scanner.members import Members, WatchMembers
from whinchat.apps.scanner.notices import Notices, TellAdmins
from whinchat.apps.scanner.policies import Policies
from whinchat.apps.scanner.policy import DAY, LONGEST_STRIKE
from whinchat.apps.scanner.policy_replies import PolicyReplies
from whinchat.apps.scanner.repository import Repository
from whinchat.apps.scanner.strikes import Strikes
from whinchat.core.app import AppContext
from whinchat.core.dispatch.handler import CommandHandler, JobHandler, Observer
from whinchat.core.ports import Statement

NEWS = 30 * DAY
"""How long it is remembered when somebody came: more than any evidence asks."""


@dataclass(frozen=True, slots=True)
class Governance:
    policies: Policies
    members: Members
    strikes: Strikes
    notices: Notices
    enforcement: Enforcement
    observers: tuple[Observer, ...]
    commands: tuple[CommandHandler, ...]
    jobs: tuple[JobHandler, ...]

    @classmethod
    def of(cls, given: AppContext, repository: Repository) -> Governance:
        policies = Policies(given.database)
        members = Members(given.database, given.sealer, given.clock)
        strikes = Strikes(given.database, given.clock)
        notices = Notices(given.database, given.sealer, given.clock)
        locks = Locks(given.database, given.clock)
        replies = PolicyReplies(given.words, given.prefix)
        enforcement = Enforcement(
            repository,
            policies,
            members,
            strikes,
            locks,
            notices,
            roster=given.roster,
            capabilities=given.capabilities,
            audit=given.audit,
            sealer=given.sealer,
            clock=given.clock,
        )
        return cls(
            policies,
            members,
            strikes,
            notices,
            enforcement,
            observers=(
                WatchMembers(members, repository, given.sealer),
                WatchLocks(locks, given.roster, given.sealer),
            ),
            commands=(
                commands.SetPolicy(policies, given.roster, replies),
                commands.SetQuiet(policies, replies),
                commands.ShowStrikes(policies, strikes, members, given.roster, replies),
                commands.Pardon(strikes, members, given.roster, replies),
                commands.SwitchNotices(notices, members, replies),
            ),
            jobs=(
                Enforce(enforcement, repository),
                TellAdmins(notices, given.roster, given.chats, given.words, given.clock),
                Unlock(locks, given.audit, given.chats, given.words, given.sealer, given.clock),
            ),
        )

    def retention(self) -> tuple[Statement, ...]:
        """What is over, so many rows of each at a time."""
        return (self.strikes.retention(LONGEST_STRIKE * DAY), self.members.retention(NEWS))
