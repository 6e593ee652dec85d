"""Puts the explanation of one block together."""

from __future__ import annotations

from tradeplan.dsl.check import Elaborated
from tradeplan.dsl.explain.certificate import certificate_rows
from tradeplan.dsl.explain.legs import leg_lines
from tradeplan.dsl.explain.names import definitions, name_rows
from tradeplan.dsl.explain.origins import origins
from tradeplan.dsl.explain.spans import last_day_text, span_text
from tradeplan.dsl.explain.table import table
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, CheckedRule, HaltAction, LimitKind, RuleAction
from tradeplan.dsl.nodes import Guard, Plan


def _limits(plan: CheckedPlan) -> list[str]:
    lines = []
    if plan.cooldown is not None:
        lines.append(f"  no entry within {span_text(plan.cooldown)} of the last exit")
    if plan.max_count and plan.max_span is not None:
        entries = "1 entry" if plan.max_count == 1 else f"{plan.max_count} entries"
        within = span_text(plan.max_span) if plan.max_span.calendar else f"any {span_text(plan.max_span)}"
        lines.append(f"  at most {entries} in {within}")
    if plan.once:
        lines.append("  one entry ever")
    if plan.expires is not None:
        lines.append(f"  no entry after {last_day_text(plan.expires)} (UTC), the last day")
    return lines


def _covered(guard: CheckedGuard) -> str:
    if guard.plans:
        return f"the plans {', '.join(guard.plans)}"
    return f"the plans that trade {' or '.join(guard.markets)}" if guard.markets else "every plan"


def _breaker(rule: CheckedRule, action: RuleAction) -> str:
    """How a HALT ends, in words."""
    if not isinstance(action, HaltAction):
        return ""
    line = f"  rule {rule.number + 1} is a breaker: "
    if action.duration is None:
        return line + "it holds until a person resumes"
    calendar = action.duration.calendar
    line += f"it ends with {span_text(action.duration)}" if calendar else f"it ends after {span_text(action.duration)}"
    if action.probe:
        line += f"; then one entry at {action.probe:g}% of its size decides: a profit closes it, a loss opens it again"
    return line


def _plan_lines(plan: CheckedPlan, netting: bool) -> list[str]:
    lines = [
        f"  trades {plan.market} on {plan.timeframe}: decides at each of its scheduled closes in the session",
        *_limits(plan),
        "",
        "Legs",
        *leg_lines(plan, netting),
        "",
        "Data and lookback (bars that must be stored before every value can be known)",
    ]
    needs = [[lane.market, lane.timeframe, f"{bars} bar{'s' * (bars != 1)}"] for lane, bars in plan.lookback]
    return lines + table(needs)


def _rule_lines(rule: CheckedRule) -> list[str]:
    lines = [f"  {rule.number + 1}. " + " ".join(rule.text.split())]
    for clause in rule.clauses:
        node = clause.inner if clause.inner is not None else clause.node
        optional = "; UNKNOWN counts as met" if clause.optional else ""
        lines.append(f"       {clause.text}  [{origins(node).short()}{optional}]")
    return lines


def _cap_lines(guard: CheckedGuard) -> list[str]:
    lines = []
    for limit in guard.limits:
        lines.append(f"  {limit.text}: an entry or ADD that would break it is refused, `limit`")
        if limit.kind is LimitKind.CORRELATED_RISK:
            lines.append(
                f"       risk on the same market and side, and on markets whose H1 returns of {limit.window} bars "
                f"correlate by {limit.threshold:g} or more with it, sides considered; an unknown correlation counts"
            )
        elif limit.kind is LimitKind.WORST_LOSS:
            lines.append("       every stop reached, less slippage and the profile's `gap`; orders count as filled")
        elif limit.target.startswith("currency:"):
            lines.append(f"       net of {limit.target.partition(':')[2]}, bought against sold, in percent of equity")
    return lines


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
        lines += [f"  its HALT and FLATTEN cover {_covered(block)}; positions that no plan opened are never touched"]
        lines += [text for rule in block.rules for action in rule.actions if (text := _breaker(rule, action))]
    if isinstance(block, CheckedGuard) and block.limits:
        lines += ["", "Limits (tested for each entry and ADD of a covered plan, with it included)", *_cap_lines(block)]
    lines += ["", "Rules", *(line for rule in block.rules for line in _rule_lines(rule))]
    names = name_rows(elaborated.uses, block.source, definitions(written))
    lines += ["", "Names (as written, read on, kind, what it is)", *table(names)]
    lines += ["", "Causality certificate (at a step at time t; no operation of the language can name a later bar)"]
    lines += table(certificate_rows(elaborated.uses, block.source))
    return "\n".join(lines) + "\n"
