"""Plans and guards as a whole: header, definitions in order, rules, limits, and what must hold between them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Set
from datetime import date

from tradeplan.dsl.catalog import Catalog, MarketFacts, Markets
from tradeplan.dsl.check.context import Use
from tradeplan.dsl.check.covering import check_covers
from tradeplan.dsl.check.definitions import PARAM_BOUNDS, collect, define, may_change_lookback, warn_unused
from tradeplan.dsl.check.elaborate import Elaborator
from tradeplan.dsl.check.limits import Limits, check_limit
from tradeplan.dsl.check.lookback import depth, lookback, merged, reachable
from tradeplan.dsl.check.missing import report_missing
from tradeplan.dsl.check.portfolio import check_cap
from tradeplan.dsl.check.rules import check_rule
from tradeplan.dsl.check.sources import account_currency
from tradeplan.dsl.check.value import View
from tradeplan.dsl.check.views import timeframe_of, unknown_market
from tradeplan.dsl.diagnostic import Report, Severity, diagnostic_kind
from tradeplan.dsl.format import canonical_text
from tradeplan.dsl.graph import (
    ACCOUNT_MARKET,
    CheckedGuard,
    CheckedPlan,
    CheckedRule,
    EntryAction,
    Graph,
    Lane,
    MoveStopAction,
    Node,
)
from tradeplan.dsl.nodes import Cap, Cooldown, Enter, Expires, Guard, Let, MaxPer, Once, Param, Plan, Rule
from tradeplan.dsl.record import mutable_record
from tradeplan.dsl.source import Span

NOT_TRADABLE = diagnostic_kind("not-tradable", "the market gives context but cannot be traded")
NO_RULES = diagnostic_kind("no-rules", "a block without rules does nothing")
NO_ENTRY = diagnostic_kind("no-entry", "a plan without BUY or SELL never opens a position", Severity.WARNING)
TWO_SIDES = diagnostic_kind("two-sides", "all entries of a plan are BUY, or all are SELL")
TOO_MANY_RULES = diagnostic_kind("too-many-rules", "a block has a bounded number of rules and definitions")
TOO_LARGE = diagnostic_kind("too-large", "a plan needs a bounded number of values and of stored bars")

MOST_RULES = 200
MOST_DEFINITIONS = 300
DEEPEST = 200
MOST_NODES = 20_000
LONGEST_LOOKBACK = 500_000


@mutable_record
class Elaborated:
    """A checked block, with what explanations need; `block` is None if a mistake was reported."""

    block: CheckedPlan | CheckedGuard | None
    uses: list[Use]


def check_plan(
    plan: Plan,
    report: Report,
    catalog: Catalog,
    markets: Markets,
    graph: Graph,
    today: date | None = None,
    lost: Set[str] | None = None,
    holes: tuple[Span, ...] = (),
    spelled: bool = True,
) -> Elaborated:
    """Check a plan; all its mistakes go into the report.

    `lost`: there was a syntax error in it, which kept these LETs and PARAMs out of the tree; `holes`: and these parts.
    `spelled`: the result carries texts and the version, which only a run or a report asks for.
    """
    before = len(report.diagnostics)
    home, step_lane = _header(plan, report, catalog, markets, graph)
    ctx = Elaborator(report, catalog, markets, graph, home, step_lane)
    ctx.side = _side(plan)
    ctx.lost, ctx.holes, ctx.spelled = lost, holes, spelled
    limits = Limits()
    rules = _items(ctx, plan, limits, today)
    ctx.missing.pop(home.lane, None)  # the header has said it
    report_missing(ctx, rules)
    _check_sides(ctx, plan)
    roots = _roots(rules)
    needs = [lookback(roots, catalog)]
    if lost is None and not _failed(report, before):
        for bound in (-1, 1) if any(may_change_lookback(i) for i in plan.items) else ():
            needs.append(_needs_at_bound(plan, bound, report, catalog, markets, home, step_lane))
        bars = merged(needs)
        _check_size(ctx, plan, roots, bars)
        if not _failed(report, before):
            warn_unused(ctx)
    if lost is not None or _failed(report, before):
        return Elaborated(None, ctx.uses)
    side = next((r.entry.side for r in rules if r.entry is not None), 0)
    checked = CheckedPlan(
        plan.name.text,
        plan.title.text if plan.title is not None else "",
        version(plan) if spelled else "",
        home.facts.name,
        home.timeframe,
        step_lane,
        side,
        tuple(rules),
        limits.cooldown,
        limits.max_count,
        limits.max_span,
        limits.once,
        limits.expires,
        tuple(sorted(bars.items())),
        report.source,
        plan.span,
        account_currency(ctx),
    )
    return Elaborated(checked, ctx.uses)


def check_guard(
    guard: Guard,
    report: Report,
    catalog: Catalog,
    markets: Markets,
    graph: Graph,
    lost: Set[str] | None = None,
    plans: Collection[str] = (),
    holes: tuple[Span, ...] = (),
    spelled: bool = True,
) -> Elaborated:
    """Check a guard; `plans` are the names of the plans in its file."""
    before = len(report.diagnostics)
    step_lane = Lane(ACCOUNT_MARKET, "M1", steps=True)
    ctx = Elaborator(report, catalog, markets, graph, None, step_lane)
    ctx.lost, ctx.holes, ctx.spelled = lost, holes, spelled
    limits = Limits()
    covered = check_covers(ctx, guard.covers, plans)
    rules = _items(ctx, guard, limits, None)
    report_missing(ctx, rules)
    _check_size(ctx, guard, _roots(rules), {})
    if lost is not None or _failed(report, before):
        return Elaborated(None, ctx.uses)
    warn_unused(ctx)
    title = guard.title.text if guard.title is not None else ""
    checked = CheckedGuard(
        guard.name.text,
        title,
        version(guard) if spelled else "",
        step_lane,
        tuple(rules),
        report.source,
        guard.span,
        account_currency(ctx),
        tuple(limits.caps),
        *covered,
    )
    return Elaborated(checked, ctx.uses)


def version(block: Plan | Guard) -> str:
    """The digest of a block's canonical text: comments and layout do not count."""
    return hashlib.sha256(canonical_text(block).encode()).hexdigest()[:12]


def _side(plan: Plan) -> int:
    """1 for a plan that buys, -1 for one that sells; of two sides, a mistake reported elsewhere, the first."""
    sides = (a.side for i in plan.items if isinstance(i, Rule) for a in i.actions if isinstance(a, Enter))
    return {"BUY": 1, "SELL": -1}.get(next(sides, ""), 0)


def _failed(report: Report, before: int) -> bool:
    return any(d.severity is Severity.ERROR for d in report.diagnostics[before:])


def _header(plan: Plan, report: Report, catalog: Catalog, markets: Markets, graph: Graph) -> tuple[View, Lane]:
    """The plan's own view; a market or timeframe that does not exist is reported and a stand-in checks the rest."""
    name = plan.market.text
    unplaced = Elaborator(report, catalog, markets, graph, None, Lane(name, "M1", steps=True))
    facts = markets.get(name)
    if facts is None:
        unknown_market(unplaced, name, plan.market.span)
        currency = next((f.account_currency for f in markets), "USD")
        facts = MarketFacts((name,), 5, 0.00001, 0.0001, 100_000.0, "USD", currency, 0.01, 100.0, 0.01)
    elif not facts.tradable:
        tradable = tuple(f.name for f in markets if f.tradable)
        unplaced.error(
            NOT_TRADABLE,
            plan.market.span,
            f"`{name}` cannot be traded: it is context for other markets",
            found=name,
            expected=tradable,
            help=f"trade another market and read `{name}.close` in its conditions",
        )
    code = timeframe_of(unplaced, plan.timeframe.text, plan.timeframe.span)
    if code is not None:
        unplaced.view(facts, code, plan.timeframe.span)
        report_missing(unplaced)
    timeframe = code or "M5"
    home = View(facts, timeframe, False, Lane(facts.name, timeframe))
    return home, Lane(facts.name, timeframe, steps=True)


def _items(ctx: Elaborator, block: Plan | Guard, limits: Limits, today: date | None) -> list[CheckedRule]:
    rules: list[CheckedRule] = []
    if sum(isinstance(i, Let | Param) for i in block.items) > MOST_DEFINITIONS:
        ctx.error(
            TOO_MANY_RULES,
            block.name.span,
            f"`{block.name.text}` has more than {MOST_DEFINITIONS} LETs and PARAMs",
            found=str(sum(isinstance(i, Let | Param) for i in block.items)),
            expected=(f"at most {MOST_DEFINITIONS}",),
            help="split it into several plans",
        )
        return rules
    collect(ctx, block.items)
    number = 0
    for item in block.items:
        match item:
            case Let() | Param():
                define(ctx, item)
            case Rule():
                if number < MOST_RULES:
                    rule = check_rule(ctx, item, number)
                    if rule is not None:
                        rules.append(rule)
                elif number == MOST_RULES:
                    ctx.error(
                        TOO_MANY_RULES,
                        item.span,
                        f"`{block.name.text}` has more than {MOST_RULES} rules",
                        found=str(sum(isinstance(i, Rule) for i in block.items)),
                        expected=(f"at most {MOST_RULES}",),
                        help="split it into several plans",
                    )
                number += 1
            case Cap():
                cap = check_cap(ctx, item)
                limits.caps += [cap] if cap is not None else []
            case Cooldown() | MaxPer() | Once() | Expires():
                check_limit(ctx, item, limits, today)
    if number == 0 and not limits.caps and ctx.report.ok:
        word = "plan" if isinstance(block, Plan) else "guard"
        ctx.error(
            NO_RULES,
            block.name.span,
            f"the {word} `{block.name.text}` has no rules",
            found=block.name.text,
            expected=("WHEN ... THEN ...",),
            help="add a rule: `WHEN condition THEN "
            + ("BUY RISK 0.5% STOP 2 ATR`" if word == "plan" else "HALT FOR 1h`"),
        )
    return rules


def _check_sides(ctx: Elaborator, plan: Plan) -> None:
    entries = [a for i in plan.items if isinstance(i, Rule) for a in i.actions if isinstance(a, Enter)]
    if not entries:
        if any(isinstance(i, Rule) for i in plan.items) and ctx.report.ok:
            ctx.error(
                NO_ENTRY,
                plan.name.span,
                f"the plan `{plan.name.text}` never enters: it has no BUY and no SELL",
                found=plan.name.text,
                expected=("BUY", "SELL"),
                help="add a rule such as `WHEN condition THEN BUY RISK 0.5% STOP 2 ATR`",
            )
        return
    first = entries[0]
    other = next((e for e in entries if e.side != first.side), None)
    if other is not None:
        ctx.error(
            TWO_SIDES,
            other.span,
            f"this plan has {first.side} and {other.side}",
            found=other.side,
            expected=(first.side,),
            help=f"put the {other.side} rules into a plan of their own",
            related=((first.span, f"{first.side} here"),),
        )


def _roots(rules: Iterable[CheckedRule]) -> list[Node]:
    roots: list[Node] = []
    for rule in rules:
        roots.append(rule.condition)
        for action in rule.actions:
            if isinstance(action, EntryAction):
                roots.append(action.stop.value)
                roots.extend(t.at.value for t in action.takes)
                roots.extend([action.target.value] if action.target is not None else [])
                roots.extend([action.price] if action.price is not None else [])
            elif isinstance(action, MoveStopAction):
                roots.append(action.price)
    return roots


def _needs_at_bound(
    plan: Plan, bound: int, report: Report, catalog: Catalog, markets: Markets, home: View, step_lane: Lane
) -> dict[Lane, int]:
    """The lookback with every PARAM at its FROM (-1) or TO (1)."""
    ctx = Elaborator(Report(report.source), catalog, markets, Graph(), home, step_lane, bound)
    ctx.side, ctx.spelled = _side(plan), False
    rules = _items(ctx, plan, Limits(), None)
    broken = next((d for d in ctx.report.diagnostics if d.severity is Severity.ERROR), None)
    if broken is not None:
        report.add(
            PARAM_BOUNDS,
            broken.span,
            f"with the PARAMs at their {'FROM' if bound < 0 else 'TO'}: {broken.message}",
            found=broken.found,
            expected=broken.expected,
            help="make the range of the PARAM narrower",
        )
    return lookback(_roots(rules), catalog)


def _check_size(ctx: Elaborator, block: Plan | Guard, roots: list[Node], bars: dict[Lane, int]) -> None:
    nodes = reachable(roots)
    count = len(nodes)
    deepest = depth(nodes)
    if deepest > DEEPEST:
        ctx.error(
            TOO_LARGE,
            block.name.span,
            f"a value of `{block.name.text}` is made of {deepest} operations, one upon the other",
            found=str(deepest),
            expected=(f"at most {DEEPEST}",),
            help="shorten the chain of LETs or the expression",
        )
    if count > MOST_NODES:
        ctx.error(
            TOO_LARGE,
            block.name.span,
            f"`{block.name.text}` needs {count} values at every step",
            found=str(count),
            expected=(f"at most {MOST_NODES}",),
            help="split it into several plans",
        )
    for lane, needed in bars.items():
        if needed > LONGEST_LOOKBACK:
            ctx.error(
                TOO_LARGE,
                block.name.span,
                f"`{block.name.text}` looks back over {needed} bars of {lane.market}.{lane.timeframe}",
                found=f"{needed} bars",
                expected=(f"at most {LONGEST_LOOKBACK} bars",),
                help="use shorter spans or a coarser view",
            )
