"""The states of a payment, and every way from one to another: SQL, refusals and the reference page come from here.

    drafted ──▶ shown ──▶ confirmed ──▶ submitting ──▶ paid | failed
       │          │           │             │            ▲      ▲
       └──────────┴───────────┴▶ cancelled  └▶ unknown ──┴──────┤
       └──────────┴▶ expired                      └▶ unresolved ┘   (by the operator's word)

A transition is one UPDATE that checks everything itself and has one winner. What it promises from `confirmed` on is on
the disk before anything else happens.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whinchat.core.ports import Statement, Value


class State(enum.StrEnum):
    DRAFTED = "drafted"
    SHOWN = "shown"
    CONFIRMED = "confirmed"
    SUBMITTING = "submitting"
    PAID = "paid"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNRESOLVED = "unresolved"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN = (State.DRAFTED, State.SHOWN)
"""What can still be confirmed."""
DOUBTFUL = (State.CONFIRMED, State.SUBMITTING, State.UNKNOWN, State.UNRESOLVED)
"""What may have been paid or may yet be."""
RESERVING = (*DOUBTFUL, State.PAID)
"""What counts against the limits."""

DAY = 24 * 3600 * 1000  # milliseconds
LATEST = 30_000  # milliseconds from confirming to submitting, and that a fee probe is good for

PAYOUTS = "payouts"
"""The hold that stops what is paid from custody, and nothing else."""


def listed(states: tuple[State, ...]) -> str:
    """For `IN (…)`. States are words of ours, never input."""
    return ", ".join(f"'{state.value}'" for state in states)


@dataclass(frozen=True, slots=True)
class Condition:
    """`name`: also of the sentence that refuses, `wallet.confirm.<name>`; `sql` is about the row `wallet_intents`."""

    name: str
    sql: str
    says: str
    """For the reference page."""


@dataclass(frozen=True, slots=True)
class Transition:
    name: str
    sources: tuple[State, ...]
    target: State
    says: str
    conditions: tuple[Condition, ...] = ()
    sets: str = ""

    @property
    def sql(self) -> str:
        """Without the WHERE that names the row or rows."""
        assignments = f"state = '{self.target.value}'" + (f", {self.sets}" if self.sets else "")
        checks = [f"state IN ({listed(self.sources)})", *(f"({each.sql})" for each in self.conditions)]
        return f"UPDATE wallet_intents SET {assignments} WHERE {' AND '.join(checks)}"  # noqa: S608 - words of ours


def _others(states: tuple[State, ...], *same: str) -> str:
    """FROM and WHERE of the account's other showings in one of `states` that have the same in these columns."""
    alike = " AND ".join(f"other.{column} = wallet_intents.{column}" for column in ("backend", "account", *same))
    return (
        f"FROM wallet_intents AS other WHERE {alike} AND other.showing <> wallet_intents.showing"
        f" AND other.state IN ({listed(states)})"
    )


def _none_of(states: tuple[State, ...], *same: str) -> str:
    return f"NOT EXISTS (SELECT 1 {_others(states, *same)})"


# --- conditions -----------------------------------------------------------------------------------------------------

_OWNER = Condition("owner", "owner = :owner AND chat = :chat", "it is its owner, in the direct chat where it was shown")
_CODE = Condition(
    "code",
    """:code = code OR (:code IS NULL AND state = 'shown' AND shown_at < :second AND NOT EXISTS (
        SELECT 1 FROM wallet_intents AS other
         WHERE other.owner = wallet_intents.owner AND other.showing <> wallet_intents.showing
           AND other.state IN ('drafted', 'shown') AND other.expires_at > :now))""",
    "with its code; or bare: nothing else is open, the network took the showing, the message is of a later second",
)
_ALIVE = Condition("expired", "expires_at > :now", "it has not expired")
_FREE = Condition(
    "held",
    "NOT EXISTS (SELECT 1 FROM wallet_holds WHERE name <> 'payouts' OR wallet_intents.owner = 'escrow')",
    "money is not held (lockdown, restored backup; what is paid from custody also by the check of its books)",
)
_PAYMENT = Condition("payment_limit", "total <= :payment_limit", "amount and fee are within the limit of a payment")
_TWIN = Condition(
    "twin",
    _none_of(DOUBTFUL, "payee", "currency", "minor"),
    "no payment of this amount to this payee is under way or in doubt",
)
_ONCE = Condition(
    "paid_before",
    f"payment_hash IS NULL OR {_none_of(RESERVING, 'payment_hash')}",
    "the account has no live or paid payment of the same invoice",
)
_DAY = Condition(
    "day_limit",
    f"total + (SELECT coalesce(sum(other.cents), 0) {_others(RESERVING)} AND other.confirmed_at > :now - :day)"
    " <= :day_limit",
    "with all that was or may be paid from the account in 24 hours they are within the limit of a day",
)
_PIN = Condition("pin", "pin = 0 OR :pin = 1", "the PIN was given, if the payment asks for it")
_FRESH = Condition(
    "stale", "rail = 'wallet' OR probed_at > :now - :latest", "its fee was asked for in the last 30 seconds"
)
BEFORE = (_FREE, _PAYMENT, _TWIN, _ONCE, _DAY)
"""What is looked at before a payment is shown, too: nobody is asked what they cannot confirm."""

_OVER = Condition("over", "expires_at <= :now", "its time is over")
_PROMPT = Condition("late", "confirmed_at > :now - :latest", "it was confirmed in the last 30 seconds")
_RESENDABLE = Condition(
    "resendable",
    "resend_until > :now",
    "the backend refuses a second payment of the invoice, fewer than 23 hours are over, and nobody said no",
)
_LONG = Condition("long", "submitting_at <= :now - :day", "24 hours are over")

# --- transitions ----------------------------------------------------------------------------------------------------

SHOW = Transition(
    "show", (State.DRAFTED,), State.SHOWN, "the network took the message that asks", sets="shown_at = :now"
)
CONFIRM = Transition(
    "confirm",
    OPEN,
    State.CONFIRMED,
    "a person says yes",
    (_OWNER, _CODE, _ALIVE, *BEFORE, _PIN, _FRESH),
    "confirmed_at = :now",
)
CANCEL = Transition(
    "cancel",
    (*OPEN, State.CONFIRMED),
    State.CANCELLED,
    "a person says no, or something newer takes its place",
    sets="settled_at = :now",
)
DISMISS = Transition(
    "dismiss",
    (State.CONFIRMED,),
    State.CANCELLED,
    "it was confirmed more than 30 seconds ago, the invoice expired, money is held, or the person is unlinked",
    sets="settled_at = :now, error = :error",
)
EXPIRE = Transition("expire", OPEN, State.EXPIRED, "every minute", (_OVER,), "settled_at = :now")
SUBMIT = Transition(
    "submit", (State.CONFIRMED,), State.SUBMITTING, "before a byte leaves", (_PROMPT, _FREE), "submitting_at = :now"
)
DOUBT = Transition(
    "doubt",
    (State.SUBMITTING,),
    State.UNKNOWN,
    "the answer is unclear or there is none; a start finds it submitting",
    sets="error = :error, look_at = :look_at, resend_until = :resend_until",
)
LOOK = Transition(
    "look",
    (State.UNKNOWN,),
    State.UNKNOWN,
    "it was looked for and not found: that proves nothing",
    sets="looks = looks + 1, look_at = :look_at",
)
RESEND = Transition(
    "resend",
    (State.UNKNOWN,),
    State.UNKNOWN,
    "the invoice is sent once more, with the same key",
    (_RESENDABLE, _FREE),
    "resend_until = NULL",
)
PAY = Transition(
    "pay",
    (State.SUBMITTING, State.UNKNOWN, State.UNRESOLVED),
    State.PAID,
    "the backend says so, or the account's own debit is found",
    sets="settled_at = :now, fee = :fee, error = NULL",
)
FAIL = Transition(
    "fail",
    (State.SUBMITTING, State.UNKNOWN),
    State.FAILED,
    "it is known that nothing left",
    sets="settled_at = :now, error = :error",
)
RECORD = Transition("record", (State.PAID,), State.PAID, "its record at the backend is read", sets="fee = :fee")
FIND = Transition(
    "find",
    (State.EXPIRED,),
    State.PAID,
    "a restored backup knew no better: the account's own debit is found",
    sets="confirmed_at = :now, settled_at = :now, fee = :fee",
)
GIVE_UP = Transition(
    "give_up", (State.UNKNOWN,), State.UNRESOLVED, "nothing was found; the operator is asked", (_LONG,)
)
RULE_PAID = Transition(
    "rule_paid", (State.UNRESOLVED,), State.PAID, "the operator says so", sets="settled_at = :now, error = 'operator'"
)
RULE_FAILED = Transition(
    "rule_failed",
    (State.UNRESOLVED,),
    State.FAILED,
    "the operator says so",
    sets="settled_at = :now, error = 'operator'",
)

TRANSITIONS = (
    SHOW,
    CONFIRM,
    CANCEL,
    DISMISS,
    EXPIRE,
    SUBMIT,
    DOUBT,
    LOOK,
    RESEND,
    PAY,
    FAIL,
    RECORD,
    FIND,
    GIVE_UP,
    RULE_PAID,
    RULE_FAILED,
)

_SPANS: Mapping[str, Value] = {"latest": LATEST, "day": DAY}
"""What conditions name besides the arguments."""


def given(sql: str, args: Mapping[str, Value]) -> Mapping[str, Value]:
    """`args` and the spans that `sql` names."""
    return {**{name: span for name, span in _SPANS.items() if f":{name} " in f"{sql} ".replace(")", " ")}, **args}


def change(transition: Transition, intent_id: str, **args: Value) -> Statement:
    """One intent; Conflict when it is in another state, or a condition does not hold."""
    sql = f"{transition.sql} AND id = :id"
    return Statement(sql, given(sql, {"id": intent_id, **args}), rows=1)


def change_where(transition: Transition, where: str, **args: Value) -> Statement:
    """As many as there are. `where`: SQL of ours about `wallet_intents`."""
    sql = f"{transition.sql} AND {where}"
    return Statement(sql, given(sql, args))


def checks(conditions: Sequence[Condition]) -> str:
    """A column of 1 or 0 for each, in their order."""
    return ", ".join(f"coalesce(({each.sql}), 0)" for each in conditions)


def table() -> str:
    """Every transition, as Markdown."""
    lines = ["| from | to | when | only if |", "|---|---|---|---|"]
    for each in TRANSITIONS:
        sources = ", ".join(f"`{state.value}`" for state in each.sources)
        conditions = "; ".join(condition.says for condition in each.conditions) or "–"
        lines.append(f"| {sources} | `{each.target.value}` | {each.says} | {conditions} |")
    return "\n".join(lines)
