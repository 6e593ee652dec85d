"""Views that the stored data lacks: an error, or a warning where OPTIONAL or known() expects it, as in a backtest."""

from __future__ import annotations

from collections.abc import Sequence

from tradeplan.dsl.check.context import Context
from tradeplan.dsl.diagnostic import Severity, diagnostic_kind
from tradeplan.dsl.graph import CheckedRule, Lane
from tradeplan.dsl.graph.parts import lanes_below, parts_of
from tradeplan.dsl.source import Span
from tradeplan.dsl.timeframe import TIMEFRAMES

NO_DATA = diagnostic_kind("no-data", "the stored data has no bars of a view that the plan reads")
NO_OPTIONAL_DATA = diagnostic_kind(
    "no-optional-data", "the stored data has no bars of a view under OPTIONAL or known()", Severity.WARNING
)


def report_missing(ctx: Context, rules: Sequence[CheckedRule] = ()) -> None:
    """One complaint per view that lacks, where it is written first; a view that no good rule reads is an error."""
    if not ctx.missing:
        return
    needed: dict[Lane, bool] = {}
    for node, _, part_needed in parts_of(rules):
        for lane, lane_needed in lanes_below(node, part_needed):
            needed[lane] = needed.get(lane, False) or lane_needed
    for lane, span in ctx.missing.items():
        _report(ctx, lane, span, needed.get(lane, True))


def _report(ctx: Context, lane: Lane, span: Span, needed: bool) -> None:
    facts = ctx.markets.get(lane.market)
    timeframes = () if facts is None or facts.timeframes is None else facts.timeframes
    having = sorted(timeframes, key=lambda t: TIMEFRAMES.get(t, 0))
    view = f"{lane.market}.{lane.timeframe}"
    ctx.error(
        NO_DATA if needed else NO_OPTIONAL_DATA,
        span,
        f"there is no data for `{view}`" + ("" if needed else ": the part under OPTIONAL or known() is never known"),
        found=view,
        expected=tuple(f"{lane.market}.{t}" for t in having),
        help=("read one of the views that have data, or " if having else "")
        + f"import `{lane.market}` on {lane.timeframe}: `plan data import`",
    )
