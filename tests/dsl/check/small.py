"""A small catalog and a few markets, so that the checker is tested without the standard library."""

from __future__ import annotations

from tradeplan.dsl.catalog import (
    Calendar,
    Catalog,
    Companion,
    Field,
    Function,
    MarketFacts,
    Markets,
    Named,
    Output,
    Parameter,
    SameAs,
    Scale,
)
from tradeplan.dsl.graph import Graph, Lane, Node
from tradeplan.dsl.kinds import (
    CLOCK_TIME,
    CONDITION,
    COUNT,
    DISTANCE,
    NUMBER,
    PERCENT,
    PRICE,
    SPAN,
    ZONE,
    enumeration,
)
from tradeplan.dsl.pipeline import Checked, check_source
from tradeplan.dsl.source import Source

PRICES = Scale.PRICE
NONE = Scale.NONE


def _period(default: str | None) -> Parameter:
    return Parameter("period", COUNT, default, low=1, high=500, about="how many bars")


_SOURCE = Parameter("source", None, "close", series=True)
_DIRECTION = Parameter("direction", enumeration("direction"), "bull")
_CONDITION = Parameter("condition", CONDITION, series=True)

CATALOG = Catalog(
    [
        Function(
            "ema",
            "t",
            "",
            (_period("20"), _SOURCE),
            outputs=(Output("ema", SameAs("source"), PRICES),),
            lookback=lambda p: int(p[0]),
        ),
        Function(
            "rsi",
            "t",
            "",
            (_period("14"), _SOURCE),
            outputs=(Output("rsi", NUMBER, NONE),),
            lookback=lambda p: int(p[0]) + 1,
        ),
        Function(
            "slope",
            "t",
            "",
            (_period("20"), _SOURCE),
            outputs=(Output("slope", SameAs("source", as_distance=True), PRICES),),
            lookback=lambda p: int(p[0]),
        ),
        Function(
            "highest",
            "t",
            "",
            (_period("20"), Parameter("source", None, "high", series=True)),
            outputs=(Output("highest", SameAs("source"), PRICES),),
            lookback=lambda p: int(p[0]),
        ),
        Function(
            "atr",
            "t",
            "",
            (_period("14"),),
            (Field("high"), Field("low"), Field("close")),
            (Output("atr", DISTANCE, PRICES),),
            lambda p: int(p[0]) + 1,
        ),
        Function(
            "change",
            "t",
            "",
            (Parameter("window", SPAN, "1h", low=1, high=2000), _SOURCE),
            outputs=(Output("change", PERCENT, NONE),),
            lookback=lambda p: int(p[0]) + 1,
        ),
        Function(
            "support",
            "t",
            "",
            (Parameter("k", COUNT, "3"),),
            (Field("low"),),
            (Output("support", PRICE, PRICES),),
            lambda p: 2 * int(p[0]) + 1,
        ),
        Function(
            "resistance",
            "t",
            "",
            (Parameter("k", COUNT, "3"),),
            (Field("high"),),
            (Output("resistance", PRICE, PRICES),),
            lambda p: 2 * int(p[0]) + 1,
        ),
        Function(
            "holds",
            "t",
            "",
            (Parameter("level", PRICE, series=True), Parameter("bars", COUNT, "10", low=1)),
            (Field("close"), Named("atr", (14,))),
            (Output("holds", CONDITION, NONE),),
            lambda p: int(p[0]),
        ),
        Function(
            "double", "t", "", (_period("5"),), (Named("ema", ("{period}",)),), (Output("double", PRICE, PRICES),)
        ),
        Function(
            "bands",
            "t",
            "",
            (_period("20"), Parameter("deviations", NUMBER, "2", low=0), _SOURCE),
            outputs=(
                Output("upper", SameAs("source"), PRICES),
                Output("lower", SameAs("source"), PRICES),
                Output("width", PERCENT, NONE),
            ),
            lookback=lambda p: int(p[0]),
        ),
        Function(
            "gap",
            "t",
            "",
            (_DIRECTION,),
            (Field("high"), Field("low")),
            (
                Output("low", ZONE, PRICES),
                Output("high", ZONE, PRICES),
                Output("exists", ZONE, NONE),
                Output("filled", PERCENT, NONE),
            ),
            lambda p: 3,
        ),
        Function(
            "choch",
            "t",
            "",
            (_DIRECTION,),
            (Field("close"),),
            (Output("choch", CONDITION, NONE),),
            lambda p: 50,
            event=True,
            opposed="one close is not on both sides",
        ),
        Function(
            "cascade",
            "t",
            "",
            (_DIRECTION,),
            (Field("close"),),
            (Output("cascade", CONDITION, NONE), Output("blocks", COUNT, NONE)),
            lambda p: 50,
            companions=(Companion(("gap", "support"), "says that there is something, not where price is"),),
            opposed="this is a range",
        ),
        Function(
            "bias", "t", "", (_period("20"),), (Field("close"),), (Output("bias", enumeration("direction"), NONE),)
        ),
        Function(
            "structure_break",
            "t",
            "",
            (_DIRECTION,),
            (Field("close"),),
            (Output("structure_break", NUMBER, NONE),),
            lambda p: 21,
        ),
        Function(
            "momentum_loss",
            "t",
            "",
            (_DIRECTION,),
            (Field("close"),),
            (Output("momentum_loss", NUMBER, NONE),),
            lambda p: 11,
        ),
        Function(
            "imbalance",
            "t",
            "",
            (Parameter("levels", COUNT, "5", low=1, high=20),),
            (Field("tick_volume"),),
            (Output("imbalance", NUMBER, NONE),),
        ),
        Function(
            "time",
            "t",
            "",
            (Parameter("zone", enumeration("zone"), "utc"),),
            (Calendar("seconds", "{zone}"),),
            (Output("time", CLOCK_TIME, NONE),),
        ),
        Function(
            "weekday",
            "t",
            "",
            (Parameter("zone", enumeration("zone"), "utc"),),
            (Calendar("weekday", "{zone}"),),
            (Output("weekday", enumeration("weekday"), NONE),),
        ),
        Function(
            "day_open",
            "t",
            "",
            (),
            (Field("open"), Calendar("day", "broker", at_close=False)),
            (Output("day_open", PRICE, PRICES),),
        ),
        Function(
            "count",
            "t",
            "",
            (_CONDITION, Parameter("within", SPAN, "20 bars", low=1, high=5000)),
            outputs=(Output("count", COUNT, NONE),),
            lookback=lambda p: int(p[0]),
        ),
        Function("bars_since", "t", "", (_CONDITION,), outputs=(Output("bars_since", COUNT, NONE),)),
        Function(
            "at_least",
            "t",
            "",
            (Parameter("n", COUNT), Parameter("conditions", CONDITION, series=True, variadic=True)),
            outputs=(Output("at_least", CONDITION, NONE),),
        ),
        Function(
            "sequence",
            "t",
            "",
            (Parameter("steps", CONDITION, series=True, variadic=True), Parameter("within", SPAN, "12 bars")),
            outputs=(Output("sequence", CONDITION, NONE),),
        ),
        Function(
            "value_when",
            "t",
            "",
            (_CONDITION, Parameter("value", None, series=True)),
            outputs=(Output("value_when", SameAs("value"), PRICES),),
        ),
        Function(
            "corr",
            "t",
            "",
            (Parameter("other", None, series=True), Parameter("window", SPAN, "4h", low=2), _SOURCE),
            outputs=(Output("corr", NUMBER, NONE),),
            lookback=lambda p: int(p[0]) + 1,
        ),
        Function(
            "abs",
            "t",
            "",
            (Parameter("value", None, series=True),),
            outputs=(Output("abs", SameAs("value"), PRICES),),
            primitive="abs",
        ),
        Function(
            "min",
            "t",
            "",
            (Parameter("a", None, series=True), Parameter("b", None, series=True)),
            outputs=(Output("min", SameAs("a"), PRICES),),
            primitive="min",
        ),
        Function(
            "max",
            "t",
            "",
            (Parameter("a", None, series=True), Parameter("b", None, series=True)),
            outputs=(Output("max", SameAs("a"), PRICES),),
            primitive="max",
        ),
        Function(
            "known",
            "t",
            "",
            (Parameter("value", None, series=True),),
            outputs=(Output("known", CONDITION, NONE),),
            primitive="known",
        ),
        Function(
            "trail",
            "t",
            "",
            (Parameter("distance", DISTANCE, series=True),),
            outputs=(Output("trail", PRICE, PRICES),),
            expands="entry + side * (best - distance)",
            management=True,
        ),
        Function(
            "padded",
            "t",
            "",
            (Parameter("multiple", NUMBER, "profile.stops.atr", low=0.1, high=9),),
            outputs=(Output("padded", PRICE, PRICES),),
            expands="close - multiple * atr(14)",
        ),
        Function(
            "news.blackout",
            "t",
            "",
            (
                Parameter("impact", enumeration("impact"), "high"),
                Parameter("before", SPAN, "30m"),
                Parameter("after", SPAN, "15m"),
            ),
            (Calendar("seconds", "UTC"),),
            (Output("blackout", CONDITION, NONE),),
        ),
    ]
)
"""Enough functions for the big example of the language page; their steps are never run here."""


def _market(names: tuple[str, ...], pip: float, point: float, tradable: bool = True, **more: object) -> MarketFacts:
    digits = len(f"{point:.10f}".rstrip("0").split(".")[1])
    return MarketFacts(names, digits, point, pip, 1.0, "USD", "USD", 0.01, 50.0, 0.01, tradable, **more)  # type: ignore[arg-type]


MARKETS = Markets(
    [
        _market(("btc", "btcusd"), 1.0, 0.01),
        _market(("eurusd",), 0.0001, 0.00001),
        _market(("dxy",), 0.01, 0.001, tradable=False),
    ]
)
STORED = Markets(
    [
        _market(("btc",), 1.0, 0.01, timeframes=("M5", "H1")),
        _market(("dxy",), 0.01, 0.001, tradable=False, timeframes=("H1", "D1")),
    ]
)
HEADER = "PLAN p TRADE btc ON M5\n"
ENTRY = " THEN BUY RISK 0.5% STOP 2 ATR"


def check(text: str, markets: Markets = MARKETS, graph: Graph | None = None) -> Checked:
    """The text checked over the small catalog."""
    return check_source(Source("t.plan", text), CATALOG, markets, graph if graph is not None else Graph())


def codes(checked: Checked) -> list[str]:
    """The codes that were reported, in the order of the text."""
    return [d.code for d in checked.diagnostics]


def lane_text(lane: Lane | None) -> str:
    """A lane as `btc.M5`, a step lane with a star."""
    return "" if lane is None else f"{lane.market}.{lane.timeframe}" + "*" * lane.steps


def drawn(node: Node) -> str:
    """A node as text: `op data@lane(inputs)`; constants as their number alone."""
    if node.op == "const":
        return f"{node.data[0]:g}" if not node.condition else str(bool(node.data[0])).upper()
    data = " ".join(str(d) for d in node.data if node.op != "output" or d)
    if node.op == "call":
        name, *parameters, outputs = node.data
        data = f"{name} {'/'.join(f'{v:g}' for v in parameters)} {outputs}"
    head = f"{node.op.value} {data}".strip() + f"@{lane_text(node.lane)}"
    return head + (f"({', '.join(drawn(i) for i in node.inputs)})" if node.inputs else "")
