"""What plans may lose at the most, worked out from their text at the prices and the equity of now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tradeplan.dsl.graph import AddAction, CheckedPlan, EntryAction, LevelKind, Op, SizeKind
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.market_table import TradedMarket, traded_market
from tradeplan.runtime.kernels.orders import layout as at

UNITS = {SizeKind.RISK_PERCENT: "% of equity", SizeKind.RISK_MONEY: " of account money", SizeKind.LOTS: " lots"}


class Worst(NamedTuple):
    """Account money that a position loses when its stop is reached, all ADDs made; None where nobody can say.

    `gap`: with a gap of the market's allowance beyond the stop. `adds`: percent of the entry that ADDs may add, each
    counted as if it were made at the entry's price. `unknown` says why there is no number.
    """

    stop: float | None
    gap: float | None
    adds: float
    unknown: str = ""


NOTHING = Worst(0.0, 0.0, 0.0)


class _Now(NamedTuple):
    """A market at this moment: `fill` is what an entry would be filled at, `rate` to the account's currency."""

    market: TradedMarket
    fill: float
    rate: float


def worst_of(plan: CheckedPlan | None, engine: Engine) -> Worst:
    """The worst of all entries of a plan, of which it holds one at a time."""
    entries = [] if plan is None else [r.entry for r in plan.rules if r.entry is not None]
    if plan is None or not entries:
        return NOTHING
    adds = sum(a.percent for r in plan.rules for a in r.actions if isinstance(a, AddAction))
    now = _now(plan, engine)
    found = [_entry(e, engine.equity, now) for e in entries]
    why = next((text for _, _, text in found if text), "")
    stops = [stop for stop, _, _ in found]
    gaps = [gap for _, gap, _ in found]
    factor = 1.0 + adds / 100.0
    return Worst(_most(stops, factor), _most(gaps, factor), adds, why)


def total(plans: Iterable[CheckedPlan], engine: Engine) -> tuple[float, tuple[str, ...]]:
    """What all plans lose that hold a position at once when every stop is reached, and those of which nobody knows."""
    found = {p.name: worst_of(p, engine).stop for p in plans}
    return sum(x for x in found.values() if x is not None), tuple(n for n, x in sorted(found.items()) if x is None)


def risk_text(plan: CheckedPlan | None) -> str:
    """What one entry of a plan risks at the most as it is written, and with all of its ADDs."""
    entries = [] if plan is None else [rule.entry for rule in plan.rules if rule.entry is not None]
    if plan is None or not entries:
        return "nothing"
    adds = sum(a.percent for rule in plan.rules for a in rule.actions if isinstance(a, AddAction))
    largest: dict[SizeKind, float] = {}
    for entry in entries:
        largest[entry.size_kind] = max(largest.get(entry.size_kind, 0.0), entry.size)
    told = " or ".join(f"{size:g}{UNITS[kind]}" for kind, size in largest.items())
    return f"{told}, {100 + adds:g}% of that with every ADD" if adds else told


def _most(found: list[float | None], factor: float) -> float | None:
    known = [x for x in found if x is not None]
    return None if len(known) < len(found) else max(known) * factor


def _now(plan: CheckedPlan, engine: Engine) -> _Now | None:
    loop, market = engine.standing, traded_market(engine.dataset.profile(plan.market))
    if loop is None or plan.market not in loop.program.markets:
        return None
    m, f = loop.program.markets[plan.market], loop.f
    fill = float(f[m + (at.N_ASK if plan.side > 0 else at.N_CLOSE)]) + plan.side * market.slip
    rate = float(f[m + at.N_RATE])
    return _Now(market, fill, rate) if fill == fill and rate == rate else None


def _entry(entry: EntryAction, equity: float, now: _Now | None) -> tuple[float | None, float | None, str]:
    """Money lost at the stop, with the gap allowance, and why the first is not known."""
    distance = None if now is None else _distance(entry, now.fill)
    each = None
    if now is not None and distance is not None:
        m = now.market
        each = ((distance + m.slip) * m.contract * now.rate + 2.0 * m.commission) * m.lot_step
    if entry.size_kind is SizeKind.LOTS:
        if now is None:
            return None, None, f"{entry.size:g} lots of a market that has no price here yet"
        if each is None:
            return None, None, f"{entry.size:g} lots with a stop that is worked out at the entry"
        units = min(float(int(entry.size / now.market.lot_step + 1e-9)), now.market.units_max)
        money = units * each
    else:
        money = equity * entry.size / 100.0 if entry.size_kind is SizeKind.RISK_PERCENT else entry.size
        if each is None or now is None:
            return money, None, ""
        units = min(float(int(money / each + 1e-9)), now.market.units_max)
    m = now.market
    beyond = max(now.fill, now.fill - entry.side * (distance or 0.0)) * m.gap / 100.0
    return money, money + units * m.lot_step * m.contract * now.rate * beyond, ""


def _distance(entry: EntryAction, fill: float) -> float | None:
    """How far from the fill the stop will lie, where the plan says it by a number."""
    level = entry.stop
    if level.value.op is not Op.CONST or level.kind is LevelKind.PRICE:
        return None
    number = float(str(level.value.data[0]))
    return fill * number / 100.0 if level.kind is LevelKind.PERCENT else number
