"""Everything that the wallet is made of, put together."""

from __future__ import annotations

from whinchat.apps.wallet import custody, escrow, grammar, held, jobs, notifications, reconcile, restore
from whinchat.apps.wallet.asking import Asking, RequestPaid
from whinchat.apps.wallet.backend import Backend
from whinchat.apps.wallet.commands import confirm
from whinchat.apps.wallet.commands.balance import Balance, Refresh
from whinchat.apps.wallet.commands.confirm import Cancel, Confirm
from whinchat.apps.wallet.commands.contacts import ManageContacts
from whinchat.apps.wallet.commands.history import History
from whinchat.apps.wallet.commands.linked import ForMembers, Linked
from whinchat.apps.wallet.commands.pending import Pending, WaitingPayments
from whinchat.apps.wallet.commands.price import ShowPrice
from whinchat.apps.wallet.commands.receive import MakeInvoice, Receive
from whinchat.apps.wallet.commands.request import Ask
from whinchat.apps.wallet.commands.send import Pay as PayCommand
from whinchat.apps.wallet.commands.send import Send
from whinchat.apps.wallet.commands.templates import ManageTemplates
from whinchat.apps.wallet.commands.tip import Tip
from whinchat.apps.wallet.commands.undo import Undo
from whinchat.apps.wallet.contacts import open_contacts
from whinchat.apps.wallet.custody_restore import CustodyRestored
from whinchat.apps.wallet.drafting import Drafting
from whinchat.apps.wallet.escrow import Escrows
from whinchat.apps.wallet.followers import Followers
from whinchat.apps.wallet.funding import Purse
from whinchat.apps.wallet.holds import Holds
from whinchat.apps.wallet.inside import Inside
from whinchat.apps.wallet.intents import RECEIPTS, Intents
from whinchat.apps.wallet.interpreter import WalletInterpreter
from whinchat.apps.wallet.known import KnownPayees
from whinchat.apps.wallet.labels import Labels
from whinchat.apps.wallet.listings import Listings
from whinchat.apps.wallet.lnurl import Services
from whinchat.apps.wallet.membership import Membership
from whinchat.apps.wallet.notices import Notices
from whinchat.apps.wallet.outside import Outside
from whinchat.apps.wallet.payees import Payees
from whinchat.apps.wallet.payments import Pay, Payers, Payments, Till
from whinchat.apps.wallet.pendings import Pendings
from whinchat.apps.wallet.reads import Reads
from whinchat.apps.wallet.requests import Requests
from whinchat.apps.wallet.returning import Returning
from whinchat.apps.wallet.sessions import SessionBegan, SessionEnded
from whinchat.apps.wallet.settings import WalletSettings
from whinchat.apps.wallet.settling import Settled, Settling
from whinchat.apps.wallet.templates import open_templates
from whinchat.apps.wallet.tipping import Tipping
from whinchat.core.app import App, AppContext, HealthCheck, Schedule, Subscription
from whinchat.core.dispatch.handler import JobHandler


class Assembly:
    """Everything that the wallet is made of, from the backend upwards."""

    def __init__(self, given: AppContext, settings: WalletSettings, backend: Backend) -> None:
        database, sealer, clock, words = given.database, given.sealer, given.clock, given.words
        self._given = given
        self._backend = backend
        self.reads = Reads(backend, clock, given.random, given.metrics)
        self.members = Membership.of(given, settings, backend, self.reads)
        self.intents = Intents(database, sealer, clock, given.random)
        self.requests = Requests(database, sealer, clock, given.random)
        self.escrows = Escrows(database, sealer, clock, given.random)
        self.contacts = open_contacts(database, sealer, clock)
        self.templates = open_templates(database, sealer, clock)
        self.listings = Listings(database, sealer, clock)
        self.notices = Notices(database, sealer, clock)
        self.holds = Holds(database)
        known = KnownPayees(database, sealer)
        labels, purse = Labels(words, backend.capabilities.name), Purse(self.reads, clock)
        accounts = self.members.accounts
        inside = Inside(accounts, backend, self.contacts, labels)
        outside = Outside(backend, Services(given.fetcher), purse, labels, clock)
        payees = Payees(inside, outside, purse, known, words, pin_above=settings.pin_above)
        token = settings.custody_token
        hooks: list[Settled] = [RequestPaid(self.requests)]
        if token is not None:
            hooks += [
                held.Funding(self.escrows, words),
                held.PayingOut(escrow.CLAIM, self.escrows, accounts, words),
                held.PayingOut(escrow.REFUND, self.escrows, accounts, words),
            ]
        self.settling = Settling(self.intents, known, hooks, words, backend.capabilities, clock)
        self.payments = Payments(self.intents, known, words, pin_above=settings.pin_above)
        self.payers = Payers(accounts, token)
        self.till = Till(backend, self.reads.moved, self.reads.moved_into)
        self.custody = None if token is None else custody.Custody(backend, token, sealer)
        self.held = None
        if self.custody is not None:
            self.held = held.Held(
                self.escrows,
                self.intents,
                self.payments,
                self.custody,
                purse,
                self.holds,
                words,
                days=settings.escrow_days,
            )
        self.drafting = Drafting(payees, self.payments, self.held if _holds_money(settings) else None, words)
        cancel = Cancel(self.intents, self.settling, words)
        self.confirm = Confirm(self.intents, self.payments, self.settling, cancel, backend, self.members.pins, words)
        self.members.guarded[confirm.PURPOSE] = self.confirm
        self.asking = Asking(
            self.requests,
            self.intents,
            self.payments,
            self.settling,
            accounts,
            inside,
            payees,
            self.reads,
            self.confirm,
            words,
        )
        self.tipping = Tipping(accounts, backend, purse, self.payments, given.roster, words)
        self.followers = Followers(
            accounts, backend, self.reads, database, given.queue, clock, given.random, given.metrics
        )
        self._cancel = cancel

    def app(self) -> App:
        return App(
            "wallet",
            grammar.APP,
            commands=(
                *self.members.commands,
                *(ForMembers(self.members.accounts, each) for each in self._linked()),
            ),
            answerers=(self.members.pins,),
            interpreter=WalletInterpreter(),
            receipts=RECEIPTS,
            jobs=(*self.members.jobs, *self._jobs()),
            schedules=(
                *self.members.schedules,
                *notifications.SCHEDULES,
                reconcile.SCHEDULE,
                restore.SCHEDULE,
                jobs.SCHEDULE,
                *self._custody_schedules(),
            ),
            subscriptions=(
                Subscription(SessionBegan, self.followers.began),
                Subscription(SessionEnded, self.followers.ended),
            ),
            health=(
                *self.members.health,
                HealthCheck("wallet_payments", jobs.Unresolved(self.intents).check),
                *self._custody_health(),
            ),
            parts=(self.followers.part,),
            close=self.reads.close,
        )

    def _linked(self) -> tuple[Linked, ...]:
        words, reads = self._given.words, self.reads
        returning = Returning(self.requests, self.members.accounts, reads, words)
        pendings = Pendings(self.requests, self.asking, self.held, words)
        return (
            Balance(reads, words),
            Refresh(reads, words),
            ShowPrice(reads, words),
            History(self._backend, reads, self.listings, words),
            Receive(),
            Send(self.drafting),
            PayCommand(self.drafting, self.templates, self.asking, words),
            Ask(self.asking),
            Tip(self.tipping, self.drafting, words),
            self.confirm,
            self._cancel,
            Undo(self.intents, self.settling, returning, words),
            ManageContacts(self.contacts, self.intents, words),
            ManageTemplates(self.templates, words),
            Pending([WaitingPayments(self.intents, words), pendings], pendings, words),
        )

    def _jobs(self) -> tuple[JobHandler, ...]:
        given, backend, accounts = self._given, self._backend, self.members.accounts
        return (
            Pay(self.intents, self.settling, self.payers, self.till, self.holds, given.database, given.clock),
            reconcile.Reconcile(
                reconcile.Finder(backend, self.intents),
                self.intents,
                self.settling,
                self.payers,
                self.till,
                capabilities=backend.capabilities,
                database=given.database,
                clock=given.clock,
            ),
            reconcile.Rule(self.intents, self.settling),
            reconcile.Sweep(self.intents),
            restore.Restored(backend, self.intents, self.settling, self.holds, accounts, self._vault(), given.database),
            MakeInvoice(accounts, backend, self.reads, given.words, workers=given.workers, clock=given.clock),
            notifications.Notify(accounts, backend, self.reads, self.notices, self.intents, given.words, given.clock),
            notifications.Poll(self.notices),
            jobs.Retention(self.notices, self.listings, self.requests),
            *self._custody_jobs(),
        )

    def _custody_jobs(self) -> tuple[JobHandler, ...]:
        if self.custody is None or self.held is None:
            return ()
        return (self._check(), held.Expiry(self.held, self.escrows, self.holds))

    def _vault(self) -> CustodyRestored | None:
        if self.custody is None:
            return None
        return CustodyRestored(self._backend, self.custody, self.escrows, self.intents)

    def _custody_schedules(self) -> tuple[Schedule, ...]:
        return () if self.custody is None else (custody.SCHEDULE, held.SCHEDULE)

    def _custody_health(self) -> tuple[HealthCheck, ...]:
        return () if self.custody is None else (HealthCheck("wallet_custody", self._check().health),)

    def _check(self) -> custody.CheckCustody:
        if self.custody is None:
            raise TypeError("there is no custody")
        return custody.CheckCustody(self.custody, self.escrows, self.holds, self._given.clock, self._given.metrics)


def _holds_money(settings: WalletSettings) -> bool:
    """At a real backend money of others is taken only if the operator says so; what is held always has a way out."""
    return settings.custody_token is not None and (settings.escrow or settings.backend == "sandbox")
