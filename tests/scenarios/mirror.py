"""A scenario upside down: what a BUY meets, a SELL meets in the mirror, exactly by the page.

The ask is mirrored into the bid: a bid of p with spread s becomes 2c - p - s, so that the mirrored ask is 2c - p. Every
row of the price table of execution.md then maps onto the other side's. What a plan compares with bar fields is bid in
both, so a scenario with a spread may not read them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from tests.scenarios.scenario import FILL, MOVE, Event, Row, Scenario, ScenarioError

FIELDS = re.compile(r"\b(?:open|high|low|close|ema|sma)\b")
LITERAL = re.compile(r"\b\d+\.\d\d\b(?!\s*(?:%|lots|ATR|R\b|USD))")
COMPARED = re.compile(r"\b(close|open|high|low)\s*([<>])(=?)")
SWAPPED = {"BUY": "SELL", "SELL": "BUY", "high": "low", "low": "high", "ABOVE": "BELOW", "BELOW": "ABOVE"}
WORDS = re.compile(r"\b(?:BUY|SELL|high|low|ABOVE|BELOW)\b")

Spread = Callable[[int, int], float]
"""The spread in price of a bar with a time and points."""


def mirrored(scenario: Scenario, spread: Spread) -> Scenario:
    """The scenario around its price, the prices of bars, plan and expectations turned."""
    if scenario.mirror is None:
        raise ScenarioError(f"{scenario.name}: no `mirror` line")
    twice = 2 * scenario.mirror
    spreads = [spread(row.time, row.spread) for rows in scenario.bars.values() for row in rows]
    if any(spreads) and FIELDS.search(scenario.plan):
        raise ScenarioError(f"{scenario.name}: a plan that reads bar fields can be mirrored without a spread only")

    def turn(price: float) -> float:
        return round(twice - price, 6)

    def bar(row: Row) -> Row:
        paid = spread(row.time, row.spread)
        opened, high, low, closed = (turn(p + paid) for p in (row.open, row.low, row.high, row.close))
        return replace(row, open=opened, high=high, low=low, close=closed)

    def words(text: str) -> str:
        text = COMPARED.sub(lambda m: f"{m[1]} {'<' if m[2] == '>' else '>'}{m[3]}", text)
        return LITERAL.sub(lambda m: f"{turn(float(m[0])):.2f}", WORDS.sub(lambda m: SWAPPED[m[0]], text))

    def line(text: str) -> str:
        if " unknown: " in text:
            return words(text)
        for pattern in (FILL, MOVE):
            match = pattern.fullmatch(text)
            if match:
                groups = ["price"] + (["better"] if pattern is FILL and match["better"] else [])
                for group in reversed(groups):
                    text = text[: match.start(group)] + f"{turn(float(match[group])):.6f}" + text[match.end(group) :]
        return text

    return replace(
        scenario,
        name=f"{scenario.name} (mirrored)",
        mirror=None,
        plan=words(scenario.plan),
        bars={key: [bar(row) for row in rows] for key, rows in scenario.bars.items()},
        events=[Event(e.time, line(e.text)) for e in scenario.events],
    )
