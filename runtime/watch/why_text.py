"""An answer to `why not` in words, the same for a running instance and for a backtest, and as plain data."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from tradeplan.runtime.live.words import time_text
from tradeplan.runtime.watch.blocks import Block
from tradeplan.runtime.watch.figures import Figure, number_text
from tradeplan.runtime.watch.why_not import ClauseState, RuleState, WhyNot

_STATES = {
    "armed": "armed: nothing blocks an entry",
    "WARMING": "WARMING: values that its entries need are not there yet",
    "blocked": "blocked",
    "position": "in the market",
    "order": "its order waits",
    "retired": "retired: it manages what it has and opens nothing",
    "put aside": "put aside: it failed",
}
OUTCOMES = {
    "sent": "became TRUE and was sent",
    "expired": "became TRUE; refused: the plan has expired",
    "halted": "became TRUE; refused: halted",
    "once": "became TRUE; refused: it had its one entry",
    "cooldown": "became TRUE; refused: COOLDOWN",
    "max_count": "became TRUE; refused: MAX is reached",
    "unknown_level": "became TRUE; refused: the stop, target or price was UNKNOWN",
    "no_rate": "became TRUE; refused: no rate into the account's currency was known",
    "stop_wrong_side": "became TRUE; refused: the stop was on the wrong side of the price",
    "target_wrong_side": "became TRUE; refused: a target was on the wrong side of the price",
    "too_small": "became TRUE; refused: the size came out below the smallest lot",
    "margin": "became TRUE; refused: not enough free margin",
    "in_position": "became TRUE; refused: a position or order is there already",
    "closing": "became TRUE; refused: a close was requested at this step",
    "retired": "became TRUE; refused: the plan opens nothing any more",
    "stop_too_near": "became TRUE; refused: the stop was nearer than the broker takes",
    "target_too_near": "became TRUE; refused: a target was nearer than the broker takes",
    "price_too_near": "became TRUE; refused: the order's price was nearer than the broker takes",
    "price_passed": "became TRUE; refused: the order's price was passed already",
    "limit": "became TRUE; refused by a limit",
    "part": "not TRUE",
    "open": "depends on steps before this one",
    "true": "TRUE",
    "held": "TRUE, as at the step before: an entry is taken when its rule becomes TRUE",
    "was unknown": "TRUE, but UNKNOWN at the step before: an entry is taken when its rule was FALSE before",
    "first": "TRUE, at the first step of the run: an entry is taken when its rule was FALSE before",
}
"""What became of a rule at a step."""


def why_lines(why: WhyNot) -> list[str]:
    """The answer line by line: where the plan stands, what blocks it, then its rules; those in question first."""
    at = "it has not stepped yet" if why.step is None else f"step at {time_text(why.step)} UTC"
    lines = [f"{why.plan} on {why.market} {why.timeframe}, {at}: {_STATES[why.state]}"]
    lines += [f"  {block_text(b)}" for b in why.blocks]
    manages = why.state == "position"
    for rule in sorted(why.rules, key=lambda r: r.entry == manages):
        if rule.entry or manages or rule.outcome not in ("part", "open"):
            lines += ["", *_rule_lines(rule)]
    return lines


def block_text(block: Block) -> str:
    """A block with its end."""
    return block.text if block.until is None else f"{block.text} until {time_text(block.until)} UTC"


def clause_line(clause: ClauseState) -> str:
    """A part of a rule with why it stands as it does, on one line."""
    if clause.truth == "UNKNOWN":
        return f"{clause.text}: UNKNOWN, {clause.reason}" + (" (counts as met)" if clause.lets_pass else "")
    if len(clause.parts) == 1:
        return f"{clause.text}: {clause.truth}, {_figure(clause.parts[0])}"
    return f"{clause.text}: {clause.truth}"


def failing(why: WhyNot) -> ClauseState | None:
    """The first part that keeps an entry from being TRUE, for a line in a table; None: none does."""
    entries = [r for r in why.rules if r.entry and r.outcome == "part"]
    return next((c for r in entries for c in r.clauses if not c.lets_pass), None)


def _rule_lines(rule: RuleState) -> list[str]:
    detail = f" ({rule.detail})" if rule.detail else ""
    lines = [f"rule {rule.number + 1}: {OUTCOMES.get(rule.outcome, rule.outcome)}{detail}"]
    for clause in sorted(rule.clauses, key=lambda c: c.lets_pass):
        lines.append(f"  {' ' if clause.lets_pass else 'x'} {clause_line(clause)}")
        if len(clause.parts) > 1:
            lines += [f"      {p.text}: {p.truth}, {_figure(p)}" for p in clause.parts]
    return lines


def _figure(figure: Figure) -> str:
    value, threshold = number_text(figure.value, figure.unit), number_text(figure.threshold, figure.unit)
    asked = f"{value} {figure.sign} {threshold}"
    if math.isnan(figure.distance):
        return asked
    by = number_text(figure.distance, figure.unit, True)
    note = f"; {figure.note}" if figure.note else ""
    return f"{asked} {'holds' if figure.truth == 'TRUE' else 'fails'} by {by}{note}"


def why_dict(why: WhyNot) -> dict[str, Any]:
    """The answer as JSON takes it: UNKNOWN numbers are null."""

    def plain(x: Any) -> Any:
        match x:
            case dict():
                return {key: plain(value) for key, value in x.items()}
            case list() | tuple():
                return [plain(value) for value in x]
            case float():
                return None if math.isnan(x) else x
            case _:
                return x

    found = plain(asdict(why))
    assert isinstance(found, dict)
    return found
