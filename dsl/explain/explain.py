"""Puts the explanation of one block together."""

from __future__ import annotations

from tradeplan.dsl.check import Elaborated
from tradeplan.dsl.explain.certificate import certificate_rows
from tradeplan.dsl.explain.legs import leg_lines
from tradeplan.dsl.explain.names import name_rows
from tradeplan.dsl.explain.table import table
from tradeplan.dsl.format import expression_text
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, TimeSpan
from tradeplan.dsl.nodes import Guard, Let, Param, Plan


def _span(span: TimeSpan) -> str:
    if span.calendar:
        return f"the {span.calendar}"
    seconds = span.milliseconds / 1000
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        if seconds >= size:
            return f"{seconds / size:g}{word}"
    return f"{span.milliseconds}ms"


def _limits(plan: CheckedPlan) -> list[str]:
    lines = []
    if plan.cooldown is not None:
        lines.append(f"  no entry within {_span(plan.cooldown)} of the last exit")
    if plan.max_count and plan.max_span is not None:
        lines.append(f"  at most {plan.max_count} entries in {_span(plan.max_span)}")
    if plan.once:
        lines.append("  one entry ever")
    if plan.expires is not None:
        lines.append("  no entry after its EXPIRES day (UTC)")
    return lines


def _plan_lines(plan: CheckedPlan, netting: bool) -> list[str]:
    lines = [
        f"  trades {plan.market} on {plan.timeframe}: decides at each of its scheduled closes in the session",
        *_limits(plan),
        "",
        "Legs",
    ]
    for rule in plan.rules:
        if rule.entry is not None:
            lines += leg_lines(rule, rule.entry, plan.source, netting)
    lines += ["", "Data and lookback (bars that must be stored before every value can be known)"]
    lines += table([[lane.market, lane.timeframe, f"{bars} bars"] for lane, bars in plan.lookback])
    return lines


def _definitions(written: Plan | Guard) -> dict[str, str]:
    found = {}
    for item in written.items:
        if isinstance(item, Let):
            found[item.name.text] = f"LET: {expression_text(item.value)}"
        elif isinstance(item, Param):
            found[item.name.text] = f"PARAM: {expression_text(item.value)}"
    return found


def explain_text(elaborated: Elaborated, written: Plan | Guard, netting: bool = False) -> str:
    """The explanation of a checked block beside its syntax tree; empty if it had a mistake."""
    block = elaborated.block
    if block is None:
        return ""
    word = "PLAN" if isinstance(block, CheckedPlan) else "GUARD"
    title = f' "{block.title}"' if block.title else ""
    lines = [f"{word} {block.name}{title}, version {block.version}"]
    if isinstance(block, CheckedPlan):
        lines += _plan_lines(block, netting)
    elif isinstance(block, CheckedGuard):
        lines += ["  stands above all plans: decides every minute while a traded market is open"]
    lines += ["", "Rules"]
    for rule in block.rules:
        lines.append(f"  {rule.number + 1}. " + " ".join(rule.text.split()))
        for clause in rule.clauses:
            part = "the position" if clause.node.positional else "the market"
            optional = "; UNKNOWN counts as met" if clause.optional else ""
            lines.append(f"       {clause.text}  [{part}{optional}]")
    names = name_rows(elaborated.uses, block.source, _definitions(written))
    lines += ["", "Names (as written, read on, kind, what it is)", *table(names)]
    certificate = certificate_rows(elaborated.uses, block.source)
    lines += ["", "Causality certificate (at a step at time t; no operation of the language can name a later bar)"]
    lines += table(certificate)
    return "\n".join(lines) + "\n"
