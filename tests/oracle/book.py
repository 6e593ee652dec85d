"""What the simulation keeps: orders, legs, positions, and the records that it writes."""

from __future__ import annotations

from dataclasses import dataclass, field

from tradeplan.dsl.graph import CheckedPlan, EntryAction

Voiced = tuple[str, float, float, float, float]
"""What an exit function said: its name, then rank, strength, kind and timeframe as numbers."""


@dataclass(frozen=True)
class Decision:
    """One thing decided at a step: sent, or the reason why not. `rule` is -1 where no rule is behind it."""

    time: int
    plan: str
    rule: int
    what: str  # entry close add stop cancel alert halt
    outcome: str  # `sent`, or the reason
    units: int = 0
    price: float | None = None
    unknown: tuple[str, ...] = ()  # OPTIONAL parts that counted as met
    limit: tuple[str, str, float | None] | None = None  # guard, text and reading of the limit that was broken
    spoken: Voiced | None = None


@dataclass(frozen=True)
class MarginCall:
    """Equity and used margin when the call came; equity in cents."""

    time: int
    equity: int
    margin: float


@dataclass(frozen=True)
class Numbers:
    """What a leg or order means for all plans together: worst and risk in cents."""

    notional: float
    worst: int
    risk: int


@dataclass(frozen=True)
class Fill:
    """One leg's fill; money in cents, commission as a positive cost."""

    time: int
    plan: str
    leg: int
    side: int  # of the position
    units: int
    price: float
    reason: str  # entry add stop target take close stop_out
    profit: int
    commission: int
    better: float | None = None  # the fill of the target, where the bar was ambiguous


@dataclass(frozen=True)
class Trade:
    """A position from its first fill to its last; `net` in cents: profits, commissions and swaps."""

    plan: str
    side: int
    opened: int
    closed: int
    units: int  # first filled size
    entry: float
    net: int
    reason: str  # of the last fill
    ambiguous: int


@dataclass
class Leg:
    """A part of a position with its own target."""

    number: int
    units: int
    price: float
    rate: float  # profit currency to account currency at the entry fill
    target: float | None
    take: bool
    requested: int = 0  # units whose close is requested and not filled
    requested_from: int = 0
    requested_reason: str = ""


@dataclass
class EntryOrder:
    """An entry that was sent and has not filled."""

    rule: int
    action: EntryAction
    decided: int
    tick: int
    active_from: int
    units: int
    price: float | None  # rounded; of LIMIT and STOP orders
    valid_until: int | None
    stop: float  # the values of the levels at the decision, as their kinds read them
    target: float | None
    takes: list[float]
    margin: float
    numbers: Numbers
    met: bool = False  # a bar has opened at or after `active_from`


@dataclass
class AddOrder:
    """An ADD that was sent and has not filled."""

    rule: int
    action: int
    decided: int
    active_from: int
    units: int
    margin: float
    numbers: Numbers


@dataclass
class Position:
    """An open position; all its legs share one stop."""

    side: int
    size: int  # units of the first fill
    entry: float
    entered: int  # units entered so far, ADDs included
    stop: float
    risk: float  # |F - S|: 1R
    target: float | None
    opened: int
    tick: int  # the step that sent the entry
    legs: list[Leg] = field(default_factory=list)
    moves: list[tuple[int, float]] = field(default_factory=list)  # requested stops: active from, price
    adds: list[AddOrder] = field(default_factory=list)
    used: set[tuple[int, int]] = field(default_factory=set)  # (rule, action) of part closes and ADDs
    passed: set[tuple[int, int]] = field(default_factory=set)  # (rule, action) of stop moves found passed
    best: float = 0.0
    next_leg: int = 0
    net: int = 0
    ambiguous: int = 0
    closing: bool = False  # a full close is requested
    closing_from: int = 0

    @property
    def requested_stop(self) -> float:
        """The stop last requested."""
        return self.moves[-1][1] if self.moves else self.stop

    @property
    def units(self) -> int:
        """What is open."""
        return sum(leg.units for leg in self.legs)


@dataclass(frozen=True)
class Snapshot:
    """What positional nodes saw at one step."""

    time: int
    values: dict[str, float] | None
    entry_tick: int | None


@dataclass
class PlanState:
    """One plan at work."""

    plan: CheckedPlan
    pending: EntryOrder | None = None
    position: Position | None = None
    first_fills: list[int] = field(default_factory=list)
    last_exit: int | None = None
    halts: dict[int, int] = field(default_factory=dict)  # rule -> until
    snapshots: dict[int, Snapshot] = field(default_factory=dict)
