"""Everything about people and their sessions, put together for the application."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass

from whinchat.apps.wallet.accounts import Accounts
from whinchat.apps.wallet.attempts import Attempts
from whinchat.apps.wallet.backend import Backend
from whinchat.apps.wallet.codes import AskForCodes
from whinchat.apps.wallet.commands.limits import ChooseLimits
from whinchat.apps.wallet.commands.link import Link, Unlink, Verify
from whinchat.apps.wallet.commands.linked import ForMembers
from whinchat.apps.wallet.commands.pin import CHANGE, ChangePin, Pin
from whinchat.apps.wallet.commands.preferences import Currency, Settings, SetUsername, Username
from whinchat.apps.wallet.commands.start import Start
from whinchat.apps.wallet.guards import Guards
from whinchat.apps.wallet.identity import Identities
from whinchat.apps.wallet.intents import Intents
from whinchat.apps.wallet.limits import RAISE, Limits
from whinchat.apps.wallet.linking import Linking
from whinchat.apps.wallet.logins import Login, Open
from whinchat.apps.wallet.pin import Guarded, Hasher, Pins
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.sayings import Sayings
from whinchat.apps.wallet.sessions import SCHEDULE, Revoke, Sessions, Sweep
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.apps.wallet.users import Users
from whinchat.core.app import AppContext, HealthCheck, Schedule
from whinchat.core.dispatch.handler import CommandHandler, JobHandler


@dataclass(frozen=True, slots=True)
class Membership:
    """`guarded`: by purpose, what is done once a PIN was given; others add theirs."""

    accounts: Accounts
    pins: Pins
    guarded: MutableMapping[str, Guarded]
    commands: tuple[CommandHandler, ...]
    jobs: tuple[JobHandler, ...]
    schedules: tuple[Schedule, ...]
    health: tuple[HealthCheck, ...]

    @classmethod
    def of(
        cls, given: AppContext, settings: WalletSettings, backend: Backend, reads: Reads, hasher: Hasher | None = None
    ) -> Membership:
        name = backend.capabilities.name
        database, sealer, clock, random = given.database, given.sealer, given.clock, given.random
        sayings = Sayings(given.words, given.chats, sealer, name)
        identities = Identities(database, sealer, name)
        users, guards = Users(database, sealer, name), Guards(database, sealer, name)
        sessions, attempts = Sessions(users, random), Attempts(database, clock)
        accounts = Accounts(given, settings, identities, users, guards, sessions, sayings)
        linking = Linking(accounts, users, identities, sessions, attempts, sayings, sealer=sealer, random=random)
        limits = Limits(guards, settings, given.words, sayings)
        guarded: dict[str, Guarded] = {CHANGE: ChangePin(guards, sayings), RAISE: limits}
        pins = Pins(accounts, guards, sayings, given.conversations, given.workers, guarded, hasher or Hasher())
        members = (
            Settings(sayings),
            ChooseLimits(limits, pins, given.words, sayings),
            Pin(pins, sayings),
            Currency(accounts, reads, sayings),
            Username(reads, sayings),
        )
        return cls(
            accounts,
            pins,
            guarded,
            commands=(
                Start(accounts, reads, sayings),
                Link(linking),
                Verify(linking),
                Unlink(linking),
                *(ForMembers(accounts, each) for each in members),
            ),
            jobs=(
                AskForCodes(
                    backend,
                    users,
                    attempts,
                    sayings,
                    database=database,
                    sealer=sealer,
                    clock=clock,
                    metrics=given.metrics,
                ),
                Login(
                    backend,
                    users,
                    attempts,
                    sayings,
                    database=database,
                    sealer=sealer,
                    random=random,
                    metrics=given.metrics,
                ),
                Open(
                    backend,
                    users,
                    sessions,
                    Intents(database, sealer, clock, random),
                    sayings,
                    clock=clock,
                    random=random,
                    metrics=given.metrics,
                ),
                Revoke(backend, users, database, clock),
                Sweep(sessions, users, attempts, database, clock),
                SetUsername(accounts, backend, reads, sayings),
            ),
            schedules=(SCHEDULE,),
            health=(HealthCheck("wallet_codes", attempts.check),),
        )
