"""Switches for everything that goes wrong at a backend. What a call will meet is decided before it runs."""

from __future__ import annotations

import enum

from msgspec import Struct
from msgspec.structs import replace

from whinchat.core.ports import Random


class Fault(enum.StrEnum):
    SLOW = enum.auto()
    """The answer comes `seconds` later; what was asked is done after the wait."""
    STALL = enum.auto()
    """… and what was asked is done before the wait."""
    ERROR = enum.auto()
    """GraphQL answers with an error of `code` and does nothing."""
    GARBAGE = enum.auto()
    """Done, and answered with what is no JSON."""
    DROP_BEFORE = enum.auto()
    """The connection is cut and nothing was done."""
    DROP_AFTER = enum.auto()
    """… after it was done."""
    EXPIRED_TOKEN = enum.auto()
    """The session ends with this call."""
    CODE_LIMIT = enum.auto()
    """Too many codes were asked for."""
    PRICE_DOWN = enum.auto()
    EMPTY_LIST = enum.auto()
    """The list of transactions is empty, as when what is behind it fails."""
    NO_MEMOS = enum.auto()
    """The list of transactions has neither memos nor hashes."""
    FAILED_AFTER_DEBIT = enum.auto()
    """Paid, and answered as failed with an error that says nothing."""
    FAILURE = enum.auto()
    """Nothing left; answered as failed without any error."""
    REJECTED = enum.auto()
    """Nothing left; answered as failed with an error of `code`."""
    BUSY = enum.auto()
    """Nothing left; answered as failed because the key's lock is held."""
    ALREADY_PAID = enum.auto()
    """Nothing left; answered as paid before."""
    PENDING_SETTLES = enum.auto()
    """Debited, answered PENDING, and paid `seconds` later."""
    PENDING_FAILS = enum.auto()
    """Debited, answered PENDING, and given back `seconds` later."""
    REEXECUTE = enum.auto()
    """The idempotency key is forgotten: the payment runs again."""


OF_PAYMENTS = frozenset(
    {
        Fault.FAILED_AFTER_DEBIT,
        Fault.FAILURE,
        Fault.REJECTED,
        Fault.BUSY,
        Fault.ALREADY_PAID,
        Fault.PENDING_SETTLES,
        Fault.PENDING_FAILS,
    }
)
"""How a payment ends; of these a call meets at most one."""


class Switch(Struct, frozen=True, kw_only=True):
    """`operation` is a field of Query or Mutation such as `intraLedgerUsdPaymentSend`; None for all of them."""

    fault: Fault
    operation: str | None = None
    probability: float = 1.0
    count: int | None = None
    """How often it still happens; None for always."""
    seconds: float = 0.0
    code: str = "UNKNOWN_CLIENT_ERROR"
    message: str = "Something went wrong on our side. Please try again later."


class Plan(Struct, frozen=True, kw_only=True):
    """What one call meets. The layer that carries calls obeys the first part, the bank the second."""

    slow: float = 0.0
    stall: float = 0.0
    error: Switch | None = None
    garbage: bool = False
    drop_before: bool = False
    drop_after: bool = False

    expired_token: bool = False
    code_limit: bool = False
    price_down: bool = False
    empty_list: bool = False
    no_memos: bool = False
    reexecute: bool = False
    payment: Switch | None = None
    """Its `fault` is one of OF_PAYMENTS."""


CLEAR = Plan()
"""Nothing goes wrong."""


class Faults:
    """The switches of one bank. They are not kept on disk."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._switches: dict[int, Switch] = {}
        self._numbered = 0

    @property
    def switches(self) -> dict[int, Switch]:
        """By number, the oldest first."""
        return dict(self._switches)

    def set(self, switch: Switch) -> int:
        """Turn on, beside those that are on already; gives its number."""
        self._numbered += 1
        self._switches[self._numbered] = switch
        return self._numbered

    def remove(self, number: int) -> None:
        self._switches.pop(number, None)

    def clear(self) -> None:
        self._switches.clear()

    def plan(self, operation: str) -> Plan:
        """What this call meets; uses up switches that have a count. Ask once for each call."""
        met: dict[Fault, Switch] = {}
        for number, switch in self.switches.items():
            if switch.operation in {None, operation} and not _met(switch.fault, met) and self._happens(switch):
                met[switch.fault] = switch
                self._use_up(number, switch)
        return _plan(met)

    def _happens(self, switch: Switch) -> bool:
        return switch.probability >= 1 or self._random.random() < switch.probability

    def _use_up(self, number: int, switch: Switch) -> None:
        if switch.count is None:
            return
        if switch.count > 1:
            self._switches[number] = replace(switch, count=switch.count - 1)
        else:
            del self._switches[number]


def _met(fault: Fault, met: dict[Fault, Switch]) -> bool:
    """One of a kind is enough, and a payment ends in one way."""
    return fault in met or (fault in OF_PAYMENTS and any(each in OF_PAYMENTS for each in met))


def _plan(met: dict[Fault, Switch]) -> Plan:
    return Plan(
        slow=met[Fault.SLOW].seconds if Fault.SLOW in met else 0.0,
        stall=met[Fault.STALL].seconds if Fault.STALL in met else 0.0,
        error=met.get(Fault.ERROR),
        garbage=Fault.GARBAGE in met,
        drop_before=Fault.DROP_BEFORE in met,
        drop_after=Fault.DROP_AFTER in met,
        expired_token=Fault.EXPIRED_TOKEN in met,
        code_limit=Fault.CODE_LIMIT in met,
        price_down=Fault.PRICE_DOWN in met,
        empty_list=Fault.EMPTY_LIST in met,
        no_memos=Fault.NO_MEMOS in met,
        reexecute=Fault.REEXECUTE in met,
        payment=next((switch for switch in met.values() if switch.fault in OF_PAYMENTS), None),
    )
