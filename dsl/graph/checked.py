"""A checked plan: everything a runtime needs, all names resolved, all literals in base units."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from tradeplan.dsl.graph.node import Lane, Node
from tradeplan.dsl.record import record
from tradeplan.dsl.source import Source, Span


class TimeSpan(NamedTuple):
    """A span of time: milliseconds, or up to the broker's `day` or `week` boundary (then `milliseconds` is 0)."""

    milliseconds: int = 0
    calendar: str = ""


class SizeKind(StrEnum):
    """How an entry is sized."""

    RISK_PERCENT = "risk_percent"  # percent of equity
    RISK_MONEY = "risk_money"  # account currency
    LOTS = "lots"


class LevelKind(StrEnum):
    """How a stop, target or take level is given."""

    PRICE = "price"
    DISTANCE = "distance"  # from the first fill, price units
    PERCENT = "percent"  # of the first fill's price
    R_MULTIPLE = "r"  # of the distance from first fill to first stop


class OrderType(StrEnum):
    """How an entry is sent."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"


@record
class Level:
    """A level; `value` is a non-positional value node on the step lane (or a constant)."""

    kind: LevelKind
    value: Node
    span: Span


@record
class TakeLeg:
    """One TAKE: percent of the first filled size, and where."""

    percent: float
    at: Level
    span: Span


@record
class EntryAction:
    """BUY or SELL; `size` in percent, account money or lots."""

    side: int  # +1 buy, -1 sell
    size_kind: SizeKind
    size: float
    order: OrderType
    price: Node | None  # of LIMIT and STOP orders
    valid: TimeSpan | None  # of LIMIT and STOP orders
    stop: Level
    target: Level | None
    takes: tuple[TakeLeg, ...]
    span: Span


@record
class CloseAction:
    """CLOSE; 100 percent closes everything and acts on every TRUE step, less acts once per rule and position."""

    percent: float
    span: Span


@record
class AddAction:
    """ADD percent of the first filled size, once per rule and position."""

    percent: float
    span: Span


@record
class MoveStopAction:
    """MOVE STOP TO a price; the node may be positional."""

    price: Node
    span: Span


@record
class CancelAction:
    """CANCEL the pending order."""

    span: Span


@record
class HaltAction:
    """HALT; None: until a person resumes. `probe`: percent of its size at which one entry is then tried; 0: none."""

    duration: TimeSpan | None
    span: Span
    probe: float = 0.0


@record
class FlattenAction:
    """FLATTEN: close and cancel, of this plan, or of all plans that a guard covers."""

    span: Span


@record
class AlertAction:
    """ALERT a text when the condition becomes TRUE."""

    text: str
    span: Span


RuleAction = (
    EntryAction | CloseAction | AddAction | MoveStopAction | CancelAction | HaltAction | FlattenAction | AlertAction
)


class Clause(NamedTuple):
    """A top-level AND part of a condition, on the step lane: what reports count and why-not names."""

    text: str  # canonical text
    node: Node
    span: Span
    optional: bool = False  # `node` is then already `c OR NOT known(c)`; `inner` is c
    inner: Node | None = None


class PositionBound(NamedTuple):
    """`name >= level`, or `<=` where it is not upwards; the level is a number or a multiple of R."""

    name: str  # profit, best or held
    upwards: bool
    level: float
    in_r: bool


class Gate(NamedTuple):
    """One way in which a rule can be TRUE: its bounds all hold and its column is TRUE (None: no column is asked)."""

    bounds: tuple[PositionBound, ...]
    column: Node | None


class Voice(NamedTuple):
    """A function of the rule that says which exit spoke, and its results on the step lane (they may be positional)."""

    function: str
    rank: Node
    strength: Node
    kind: Node
    timeframe: Node

    @property
    def nodes(self) -> tuple[Node, Node, Node, Node]:
        """Rank, strength, kind and timeframe."""
        return self.rank, self.strength, self.kind, self.timeframe


@record
class CheckedRule:
    """A rule: `condition` is the AND of the clauses, on the step lane.

    `hoisted` is the AND of the clauses that do not depend on the position (None: there is none, read it as TRUE);
    `residual` the AND of those that do (None likewise). While none of the `gates` is open the rule is not TRUE; None
    where it has to be looked at on every step. `voices` say which exit spoke when the rule acts: they decide nothing.
    """

    number: int  # from 0, order in the plan
    clauses: tuple[Clause, ...]
    condition: Node
    hoisted: Node | None
    residual: Node | None
    actions: tuple[RuleAction, ...]
    text: str
    span: Span
    gates: tuple[Gate, ...] | None = None
    voices: tuple[Voice, ...] = ()

    @property
    def entry(self) -> EntryAction | None:
        """The BUY or SELL among the actions."""
        return next((a for a in self.actions if isinstance(a, EntryAction)), None)


@record
class CheckedPlan:
    """A plan ready to be compiled. `version` is a digest of its canonical text (comments do not count)."""

    name: str
    title: str
    version: str
    market: str  # canonical name
    timeframe: str
    step_lane: Lane
    side: int  # +1 all entries buy, -1 all sell, 0 no entries
    rules: tuple[CheckedRule, ...]
    cooldown: TimeSpan | None
    max_count: int  # 0: unlimited
    max_span: TimeSpan | None
    once: bool
    expires: int | None  # UTC ms of the first instant after the last day
    lookback: tuple[tuple[Lane, int], ...]  # bars needed per bar lane, own lookback chains included
    source: Source
    span: Span
    currency: str = ""  # of the account that it was checked for: its money is in this unit; empty: not known


class LimitKind(StrEnum):
    """What a LIMIT of a guard reads, with the entry that is about to be sent."""

    WORST_LOSS = "worst_loss"
    EXPOSURE = "exposure"
    CORRELATED_RISK = "correlated_risk"
    MARGIN_LEVEL = "margin_level"  # the only one with a least instead of a most


class CheckedLimit(NamedTuple):
    """A LIMIT: refuses an entry or ADD after which the reading would be above `bound` (margin level: below), percent.

    `target` of an exposure: "" for all, `market:<canonical name>`, `currency:<code>`.
    """

    kind: LimitKind
    bound: float
    text: str  # canonical text
    span: Span
    target: str = ""
    threshold: float = 0.0  # of correlated risk
    window: int = 0  # likewise, in bars of H1


@record
class CheckedGuard:
    """A guard: rules on the account's step lane that know HALT, FLATTEN and ALERT.

    It covers the plans of `plans`, or those that trade one of `markets`; with both empty all.
    """

    name: str
    title: str
    version: str
    step_lane: Lane
    rules: tuple[CheckedRule, ...]
    source: Source
    span: Span
    currency: str = ""  # likewise
    limits: tuple[CheckedLimit, ...] = ()
    markets: tuple[str, ...] = ()  # canonical names
    plans: tuple[str, ...] = ()

    def covers(self, plan: str, market: str) -> bool:
        """Whether a plan that trades a market is covered."""
        return plan in self.plans or market in self.markets or not (self.plans or self.markets)
