"""Rules: the parts of a condition on the plan's steps, and what the rule does."""

from __future__ import annotations

from tradeplan.dsl.check.actions import check_actions
from tradeplan.dsl.check.company import check_company
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.elaborate import OPTIONAL_PLACE
from tradeplan.dsl.check.gates import gates
from tradeplan.dsl.check.logic import condition
from tradeplan.dsl.check.lookback import reachable
from tradeplan.dsl.check.value import Mode
from tradeplan.dsl.check.voices import voices
from tradeplan.dsl.diagnostic import Severity, diagnostic_kind
from tradeplan.dsl.format import action_text, expression_text
from tradeplan.dsl.graph import CheckedRule, Clause, Node, Op
from tradeplan.dsl.nodes import And, Enter, Expression, Group, Optional, Rule

ALL_OPTIONAL = diagnostic_kind(
    "all-optional", "a rule whose parts are all OPTIONAL may fire knowing nothing", Severity.WARNING
)


def check_rule(ctx: Context, rule: Rule, number: int) -> CheckedRule | None:
    """A rule; None if something in it is broken, which was reported."""
    # what a rule does whose actions could not be read is not known: OPTIONAL tells that it was to enter
    unread = not rule.actions
    enters = any(isinstance(a, Enter) for a in rule.actions) or (unread and _has_optional(rule.condition))
    ctx.mode = Mode.GUARD if ctx.home is None else Mode.ENTRY if enters else Mode.MANAGE
    whole = rule.condition
    while isinstance(whole, Group):
        whole = whole.inner
    parts = whole.parts if isinstance(whole, And) else (whole,)
    clauses = [_clause(ctx, part, enters and len(parts) > 1) for part in parts]
    if len(parts) > 1 and all(isinstance(p, Optional) for p in parts) and enters:
        ctx.error(
            ALL_OPTIONAL,
            rule.condition.span,
            "every part of this condition is OPTIONAL: the rule fires when nothing is known",
            found=ctx.text(rule.condition.span),
            help="leave at least one part without OPTIONAL",
        )
    if all(c is not None for c in clauses):
        check_company(ctx, rule.condition, enters=enters)
    actions = check_actions(ctx, rule.actions)
    good = tuple(c for c in clauses if c is not None)
    if actions is None or unread or len(good) < len(clauses):
        return None
    nodes = tuple(c.node for c in good)
    # a clause that is an AND itself is taken apart, so that its market half can spare the look at the position
    parts_of_all = tuple(p for n in nodes for p in (n.inputs if n.op is Op.AND and n.positional else (n,)))
    free = tuple(n for n in parts_of_all if not n.positional)
    # the short ones first: where one is FALSE the order loop does not look at the others
    bound = tuple(sorted((n for n in parts_of_all if n.positional), key=_size))
    hoisted = _all_of(ctx, free) if free else None
    residual = _all_of(ctx, bound) if bound else None
    return CheckedRule(
        number,
        good,
        _all_of(ctx, nodes),
        hoisted,
        residual,
        actions,
        _text(ctx, rule, whole, good),
        rule.span,
        None if enters or ctx.home is None else gates(ctx.graph, hoisted, residual),
        () if enters or ctx.home is None else voices(ctx, nodes),
    )


def _text(ctx: Context, rule: Rule, whole: Expression, clauses: tuple[Clause, ...]) -> str:
    if not ctx.spelled:
        return ""
    condition = " AND ".join(c.text for c in clauses) if whole is rule.condition else expression_text(rule.condition)
    return f"WHEN {condition} THEN {', '.join(map(action_text, rule.actions))}"


def _clause_text(ctx: Context, part: Expression) -> str:
    return expression_text(part) if ctx.spelled else ""


def _has_optional(expression: Expression) -> bool:
    while isinstance(expression, Group):
        expression = expression.inner
    return isinstance(expression, And) and any(isinstance(part, Optional) for part in expression.parts)


def _size(node: Node) -> int:
    """How many operations on the position a part has."""
    return len([n for n in reachable((node,)) if n.positional])


def _all_of(ctx: Context, nodes: tuple[Node, ...]) -> Node:
    return nodes[0] if len(nodes) == 1 else ctx.graph.node(Op.AND, nodes, lane=ctx.step_lane)


def _clause(ctx: Context, part: Expression, may_be_optional: bool) -> Clause | None:
    if isinstance(part, Optional) and may_be_optional:
        value = condition(ctx, part.operand, ctx.home)
        if value is None:
            return None
        inner = ctx.on(value.node, ctx.step_lane)
        known = ctx.graph.node(Op.KNOWN, (inner,), lane=ctx.step_lane)
        unknown = ctx.graph.node(Op.NOT, (known,))
        node = ctx.graph.node(Op.OR, (inner, unknown), lane=ctx.step_lane)
        return Clause(_clause_text(ctx, part), node, part.span, True, inner)
    if isinstance(part, Optional):
        enters = ctx.mode is Mode.ENTRY
        ctx.error(
            OPTIONAL_PLACE,
            part.span,
            "OPTIONAL needs another part beside it" if enters else f"OPTIONAL does not fit into {ctx.mode.value}",
            found=ctx.text(part.span),
            expected=("another part joined by AND",) if enters else ("the condition without OPTIONAL",),
            help="add a part that must be TRUE" if enters else "leave OPTIONAL out: such a rule acts on TRUE only",
        )
        condition(ctx, part.operand, ctx.home)
        return None
    value = condition(ctx, part, ctx.home)
    if value is None:
        return None
    node = ctx.on(value.node, ctx.step_lane)
    if node.lane is None:
        # a constant has no lane, and whoever runs the rule asks on the steps
        node = ctx.graph.node(Op.AND, (node, node), lane=ctx.step_lane)
    return Clause(_clause_text(ctx, part), node, part.span)
