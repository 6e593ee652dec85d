"""Small worlds and plans made by hand, for cases whose result is worked out on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import (
    CheckedGuard,
    CheckedPlan,
    CheckedRule,
    EntryAction,
    Graph,
    Lane,
    Level,
    LevelKind,
    Node,
    Op,
    OrderType,
    RuleAction,
    SizeKind,
    TakeLeg,
    TimeSpan,
)
from tradeplan.dsl.source import Source, Span
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.profile import Costs, Margin, Sessions, Spread, SymbolProfile

from tests.oracle.simulate import simulate
from tests.oracle.world import OracleAccount, OracleBars, OracleMarket
from tests.oracle.writer import Writer

M5 = 300_000
START = 1_704_067_200_000  # Monday 2024-01-01 00:00 UTC
NOWHERE = Span(0, 0)
STEPS, BARS = Lane("red", "M5", True), Lane("red", "M5")

Row = tuple[float, float, float, float]


def profile(**changes: object) -> SymbolProfile:
    """A market that never closes: tick 0.1, contract 10, lot step 0.1."""
    given: dict[str, object] = {
        "names": ("red",),
        "symbols": ("RED",),
        "digits": 1,
        "point": 0.1,
        "pip": 1.0,
        "tick_size": 0.1,
        "contract_size": 10.0,
        "base_currency": "RED",
        "profit_currency": "USD",
        "lot_min": 0.1,
        "lot_step": 0.1,
        "lot_max": 100.0,
        "margin": Margin(rate=0.1),
        "spread": Spread(by_hour=(2.0,) * 24),
        "costs": Costs(),
        "sessions": Sessions(always=True),
    }
    return SymbolProfile.model_validate(given | changes)


def market(rows: Sequence[Row], spread: float = 0.2, **changes: object) -> OracleMarket:
    """The market `red` with one M5 bar after the other (None in `rows` is a missing bar)."""
    times = [START + i * M5 for i in range(len(rows))]
    bars = OracleBars(
        "M5",
        times,
        [t + M5 for t in times],
        *([float(r[c]) for r in rows] for c in range(4)),
        spread=[spread] * len(rows),
        tick_volume=[1.0] * len(rows),
        real_volume=[1.0] * len(rows),
        swap_days=[0] * len(rows),
    )
    made = OracleMarket(
        name="red",
        tick=0.1,
        slip=0.0,
        contract=10.0,
        lot_step=0.1,
        lot_min=0.1,
        lot_max=100.0,
        commission=0.0,
        margin_rate=0.1,
        calendar=MarketCalendar(profile()),
        day_boundary=(0, "UTC"),
        bars={"M5": bars},
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # the names of the fields come as words


class Hand:
    """Writes plans node by node."""

    def __init__(self) -> None:
        self.graph = Graph()

    def field(self, name: str = "close") -> Node:
        """A bar field at the step."""
        return self.graph.node(Op.JOIN, (self.graph.node(Op.FIELD, data=(name,), lane=BARS),), lane=STEPS)

    def position(self, name: str) -> Node:
        """A position value."""
        return self.graph.node(Op.POSITION, data=(name,), lane=STEPS)

    def compare(self, op: Op, left: Node, right: float | Node) -> Node:
        """A comparison."""
        other = right if isinstance(right, Node) else self.graph.constant(right)
        return self.graph.node(op, (left, other), lane=STEPS)

    def close_is(self, value: float) -> Node:
        """TRUE on the steps where the newest close is a value."""
        return self.compare(Op.EQ, self.field(), value)

    def level(self, kind: LevelKind, value: float) -> Level:
        """A level with a constant."""
        return Level(kind, self.graph.constant(value), NOWHERE)

    def entry(
        self,
        side: int = 1,
        size: float = 0.3,
        stop: Level | None = None,
        target: Level | None = None,
        takes: Sequence[tuple[float, Level]] = (),
        order: OrderType = OrderType.MARKET,
        price: float | None = None,
        valid: int = 10 * M5,
        size_kind: SizeKind = SizeKind.LOTS,
    ) -> EntryAction:
        """An entry of 0.3 lots (3 units) with a stop 5 away, unless told otherwise."""
        pending = order is not OrderType.MARKET
        return EntryAction(
            side=side,
            size_kind=size_kind,
            size=size,
            order=order,
            price=self.graph.constant(price) if price is not None else None,
            valid=TimeSpan(valid) if pending else None,
            stop=stop or self.level(LevelKind.DISTANCE, 5.0),
            target=target,
            takes=tuple(TakeLeg(p, at, NOWHERE) for p, at in takes),
            span=NOWHERE,
        )

    def plan(self, *rules: tuple[Node, Sequence[RuleAction]], **changes: object) -> CheckedPlan:
        """A plan `p` on red M5."""
        entry = next((a for _, actions in rules for a in actions if isinstance(a, EntryAction)), None)
        made = CheckedPlan(
            name="p",
            title="",
            version="1",
            market="red",
            timeframe="M5",
            step_lane=STEPS,
            side=entry.side if entry else 0,
            rules=tuple(
                CheckedRule(i, (), condition, None, condition, tuple(actions), "", NOWHERE)
                for i, (condition, actions) in enumerate(rules)
            ),
            cooldown=None,
            max_count=0,
            max_span=None,
            once=False,
            expires=None,
            lookback=(),
            source=Source("hand", ""),
            span=NOWHERE,
        )
        return replace(made, **changes)  # type: ignore[arg-type]  # as above


def run(
    plan: CheckedPlan,
    made: OracleMarket,
    *,
    netting: bool = False,
    balance: int = 1_000_000,
    stop_out: float = 50.0,
    guards: Sequence[CheckedGuard] = (),
    live_from: int = 0,
) -> Writer:
    """Simulate with 10,000.00 on the account and a step at every bar's close."""
    bars = made.bars["M5"]
    times = {STEPS: [START + (i + 1) * M5 for i in range((bars.close_time[-1] - START) // M5)]}
    account = OracleAccount(balance, stop_out, netting)
    return simulate([plan], guards, {"red": made}, account, Catalog(()), times, live_from)
