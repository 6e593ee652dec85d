"""The broker orders that an entry will become."""

from __future__ import annotations

from tradeplan.dsl.explain.spans import span_text
from tradeplan.dsl.graph import CheckedPlan, CheckedRule, EntryAction, Level, OrderType, SizeKind
from tradeplan.dsl.source import Source


def _size(entry: EntryAction) -> str:
    match entry.size_kind:
        case SizeKind.RISK_PERCENT:
            return f"so large that {entry.size:g}% of equity is lost at the stop, costs included"
        case SizeKind.RISK_MONEY:
            return f"so large that {entry.size:g} of account money is lost at the stop, costs included"
        case _:
            return f"{entry.size:g} lots"


def _order(entry: EntryAction) -> str:
    side = "buys" if entry.side > 0 else "sells"
    valid = f", valid for {span_text(entry.valid)}" if entry.valid is not None else ""
    match entry.order:
        case OrderType.MARKET:
            return f"{side} at the next available price"
        case OrderType.LIMIT:
            return f"{side} with a limit order{valid}"
        case _:
            return f"{side} with a stop order{valid}"


def leg_lines(plan: CheckedPlan, netting: bool) -> list[str]:
    """What every entry of a plan sends: size, order, one line a leg."""
    lines: list[str] = []
    for rule in plan.rules:
        if rule.entry is not None:
            lines += _entry_lines(rule, rule.entry, plan.source, netting)
    return lines or ["  none: no rule of this plan buys or sells"]


def _entry_lines(rule: CheckedRule, entry: EntryAction, source: Source, netting: bool) -> list[str]:
    def at(level: Level) -> str:
        return " ".join(source.slice(level.span).split())

    lines = [f"  rule {rule.number + 1} {_order(entry)}, {_size(entry)}"]
    target = f"target {at(entry.target)}" if entry.target is not None else "no target: rules or the stop close it"
    if not entry.takes:
        return [*lines, f"    one order for the whole position: stop {at(entry.stop)}, {target}"]
    rest = 100.0 - sum(take.percent for take in entry.takes)
    for number, take in enumerate(entry.takes, 1):
        how = "the program closes this part itself (netting)" if netting else "a broker order of its own"
        lines.append(f"    leg {number}: {take.percent:g}% (rounded up to the lot step), target {at(take.at)}: {how}")
    if rest > 1e-9:
        lines.append(f"    leg {len(entry.takes) + 1}: the rest, about {rest:g}%, {target}")
    if netting:
        lines.append(f"    one position with the stop {at(entry.stop)} from the moment it is sent")
    else:
        lines.append(f"    every leg has the stop {at(entry.stop)} from the moment it is sent")
    return lines
