"""The broker orders that an entry will become."""

from __future__ import annotations

from tradeplan.dsl.graph import CheckedRule, EntryAction, Level, OrderType, SizeKind
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
    match entry.order:
        case OrderType.MARKET:
            return f"{side} at the next available price"
        case OrderType.LIMIT:
            return f"{side} with a limit order"
        case _:
            return f"{side} with a stop order"


def leg_lines(rule: CheckedRule, entry: EntryAction, source: Source, netting: bool) -> list[str]:
    """What rule `rule` sends: size, order, one line a leg."""

    def at(level: Level) -> str:
        return " ".join(source.slice(level.span).split())

    lines = [f"  rule {rule.number + 1} {_order(entry)}, {_size(entry)}"]
    rest = 100.0 - sum(take.percent for take in entry.takes)
    for number, take in enumerate(entry.takes, 1):
        how = "the program closes this part itself (netting)" if netting else "a broker order of its own"
        lines.append(f"    leg {number}: {take.percent:g}% (rounded up to the lot step), target {at(take.at)}: {how}")
    if rest > 0:
        target = f"target {at(entry.target)}" if entry.target is not None else "no target"
        lines.append(f"    leg {len(entry.takes) + 1}: the rest, about {rest:g}%, {target}")
    lines.append(f"    every leg has the stop {at(entry.stop)} from the moment it is sent")
    return lines
